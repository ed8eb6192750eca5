"""2410.22812: published values and bounds written down a second time, the cells that claims read, the estimators."""

import math

import jax.numpy as jnp
import numpy as np
import pytest

import theory
from paper_repro.dey2024 import claims, estimators
from paper_repro.dey2024.paper import PAPER
from tests.paper_repro import transcribed
from tests.paper_repro.transcribed import cell
from theory import Accumulate, AccumulateSubsample, Replace

PI = math.pi**2 / 6
H = sum(1 / i**2 for i in range(1, 51))
H8 = sum(1 / i**2 for i in range(1, 9))
CLOSED = math.pi**2 / 2 - 2

#: The published value, bounds, chains.
WRITTEN = {
    "dey-discard": (100, [(99.9, 100.1), None], None),
    "dey-augment": (PI, [(0.999 * PI, PI), None], None),
    "dey-efficiency": (1 / PI, [(1 / PI, math.inf), None], None),
    **{
        f"dey-augment-{name}": (H, [(0.85 * H, 1.15 * H)], 1500)
        for name in ("median", "logistic", "poisson", "mean", "least")
    },
    "dey-subsample": (2.90, [(2.85, 2.95), None], None),
    "dey-subsample-limit": (None, [(0.998 * CLOSED, CLOSED)], None),
    "dey-logistic-discard": (8, [(0.85 * 8, 1.15 * 8)], 900),
    "dey-logistic-augment": (H8, [(0.85 * H8, 1.15 * H8)], 900),
    "dey-logistic-subsample": (3 * H8 - 2, [(0.85 * (3 * H8 - 2), 1.15 * (3 * H8 - 2))], 900),
    "dey-tables-discard": (1.475 - 0.102, [(0, math.inf)] * 3, 200),
    "dey-tables-augment": ((0.121 - 0.102) / (1.475 - 0.102), [(-math.inf, 0.1)] * 3, 200),
}


def test_bounds_and_published_values_are_those_decided_before_looking():
    transcribed.check(PAPER, WRITTEN)


#: First and last generation under discard and augment.
LOSSES = """
tables | Titanic | .463 1.133 .463 .462
tables | breast cancer | .102 1.475 .102 .121
tables | diabetes | .428 8.10 .428 .456
tables | heart | .519 7.45 .519 .553
features | BYOL | .390 1.114 .395 .745
features | SimCLR | .443 2.210 .440 1.138
features | SwAV | .393 1.683 .396 1.008
features | Barlow Twins | .505 2.546 .507 1.558
features | ViT-MAE | .716 .841 .729 .581
"""


def test_published_numbers_are_those_that_were_read():
    expected = {("ratio", "median", "accumulate-subsample", 100): 2.90}
    for line in LOSSES.strip().splitlines():
        figure, setting, values = line.split(" | ")
        last = {"tables": 50, "features": 10}[figure]
        places = [(w, n) for w in ("replace", "accumulate") for n in (1, last)]
        expected |= {(figure, setting, *place): float(v) for place, v in zip(places, values.split(), strict=True)}
    rows = claims.PUBLISHED.rows
    assert {
        (row["figure"], row["setting"], row["workflow"], int(row["iteration"])): float(row["value"]) for row in rows
    } == expected
    assert len(rows) == len(expected)
    assert {row["confidence"] for row in rows} == {"A"}
    assert all(float(row["value"]) > float(row["read_error"]) > 0 and row["source"] for row in rows)


LABELS = {
    "median": "median of N(θ, 1)",
    "logistic": "logistic regression",
    "poisson": "Poisson regression",
    "mean": "mean of a Gaussian",
    "least": "least squares",
}


def test_each_quantity_is_read_from_the_cells_that_it_names():
    places = [
        (task, workflow, n)
        for task in (*LABELS.values(), "breast-cancer", "haberman", "transfusion")
        for workflow in ("Replace()", "Accumulate()", "AccumulateSubsample()")
        for n in range(1, 51)
    ]
    columns = ("task", "workflow", "iteration")
    tables = {name: transcribed.table(name, columns, places) for name in PAPER.experiments}
    expected = {
        "dey-discard": 100,
        "dey-augment": sum(1 / i**2 for i in range(1, 1001)),
        "dey-efficiency": 1 / sum(1 / i**2 for i in range(1, 1001)),
        "dey-subsample": 3 * sum(1 / i**2 for i in range(1, 101)) - 2,
        "dey-subsample-limit": 3 * sum(1 / i**2 for i in range(1, 1001)) - 2,
    }
    for name, label in LABELS.items():
        of = "dey_ratios", label, "Accumulate()"
        expected[f"dey-augment-{name}"] = cell(*of, 50) / cell(*of, 1)
    for name, workflow in (("discard", "Replace"), ("augment", "Accumulate"), ("subsample", "AccumulateSubsample")):
        of = "dey_logistic", "logistic regression", f"{workflow}()"
        expected[f"dey-logistic-{name}"] = cell(*of, 8) / cell(*of, 1)
    names = ("breast-cancer", "haberman", "transfusion")
    lost, kept = (
        [cell("dey_tables", name, workflow, 15) - cell("dey_tables", name, workflow, 1) for name in names]
        for workflow in ("Replace()", "Accumulate()")
    )
    written = {name: [value] for name, value in expected.items()}
    written |= {"dey-tables-discard": lost, "dey-tables-augment": [k / of for k, of in zip(kept, lost, strict=True)]}
    transcribed.check_cells(PAPER, tables, written)


def test_there_are_five_estimators_and_none_has_another_law():
    assert [known.label for known in estimators.ESTIMATORS] == list(LABELS.values())
    for workflow in (Replace(), Accumulate(), AccumulateSubsample()):
        gains = [float(c) for c in theory.gain(workflow, 6)]
        for known in estimators.ESTIMATORS:
            law = theory.law(known.task, workflow, of=known.of)
            assert [float(c) for c in law.gain(6)] == pytest.approx(gains, rel=1e-12)


def test_a_wrong_gain_is_not_taken_for_the_law():
    from theory.symbols import n

    assert claims._all_have(Replace(), n)
    assert not claims._all_have(Replace(), n + 1)
    assert not claims._all_have(Accumulate(), n)
    assert not claims._same(None, n)


@pytest.mark.parametrize("odd", [0, -1])
def test_one_estimator_with_another_law_is_enough(odd, monkeypatch):
    from theory.symbols import n

    law = claims._law

    def another_of_one(known, workflow):
        return law(known, Accumulate() if known == estimators.ESTIMATORS[odd] else workflow)

    monkeypatch.setattr(claims, "_law", another_of_one)
    assert not claims._all_have(Replace(), n)


def test_the_weighted_median_is_a_median():
    random = np.random.default_rng(0)
    rows = random.normal(size=31)
    for repeats in (np.ones(31, int), random.integers(1, 5, size=31)):
        every = np.sort(np.repeat(rows, repeats))
        found = float(estimators.weighted_median(jnp.asarray(rows), jnp.asarray(repeats / repeats.sum())))
        assert found in every[[(len(every) - 1) // 2, len(every) // 2]]
    # where half of the weight is reached to the bit, it is there that the median lies
    for weights, expected in (([0.25] * 4, 2.0), ([0.125, 0.25, 0.125, 0.5], 3.0), ([0.5, 0.125, 0.125, 0.25], 1.0)):
        assert float(estimators.weighted_median(jnp.asarray([1.0, 2.0, 3.0, 4.0]), jnp.asarray(weights))) == expected
    # a row that counts for nothing is not seen, wherever it lies
    beside = jnp.asarray([-9.0, -8.0, 1.0, 2.0, 3.0, 9.0]), jnp.asarray([0.0, 0.0, 1 / 3, 1 / 3, 1 / 3, 0.0])
    assert float(estimators.weighted_median(*beside)) == 2.0
