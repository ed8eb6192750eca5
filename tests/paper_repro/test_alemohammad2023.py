"""Self-Consuming Generative Models: the laws behind the claims by hand, and their bounds."""

import math
from fractions import Fraction

import pytest

from paper_repro.alemohammad2023.claims import TEMPERATURE, UNBIASED, value
from paper_repro.alemohammad2023.paper import PAPER
from paper_repro.claim import IN_SHAPE, REFUTED
from paper_repro.verdicts import recorded
from theory import FixedReal, FreshReal, Replace

from .transcribed import check, check_cells

INF = math.inf
LESS, MORE = (-INF, 1.0), (1.0, INF)


def test_claims_are_those_decided_before_looking():
    check(
        PAPER,
        {
            "mad-synthetic": (None, [(-INF, 0.05), None, None], None),
            "mad-bias-diversity": (None, [LESS, LESS], None),
            "mad-bias-quality": (None, [(-INF, 0.5), (-INF, 1.05), (1.5, INF)], None),
            "mad-augmentation-delays": (None, [(0.0, INF), MORE], None),
            "mad-augmentation-doomed": (None, [(1.01, INF), (1.01, INF)], None),
            "mad-fresh": (None, [(0.9, INF), (-INF, 0.5)], None),
        },
    )


def test_the_one_that_is_refuted_says_both_and_none_is_more_than_in_shape():
    verdicts = {claim.id: claim.judge(recorded()) for claim in PAPER.claims}
    refuted = {name for name, row in verdicts.items() if row["verdict"] == REFUTED}
    assert refuted == {"mad-augmentation-doomed"}
    assert {row["verdict"] for name, row in verdicts.items() if name not in refuted} == {IN_SHAPE}
    assert verdicts["mad-augmentation-doomed"]["ours"] == pytest.approx(1, abs=1e-6)
    assert "to be above 1.01" in verdicts["mad-augmentation-doomed"]["differs"]


@pytest.mark.parametrize("temperature", [UNBIASED, TEMPERATURE])
@pytest.mark.parametrize(
    ("loop", "real", "size"), [(Replace(), 0.0, 1), (FreshReal(1, "9/10"), 0.9, 1), (FreshReal(1, "1/10"), 0.1, 1)]
)
def test_the_variance_by_a_recursion_of_moments(loop, real, size, temperature):
    """m, the mean's error, and v: with w on new real data m' = w^2/T + (1-w)^2 (m + t v/T), t = temperature^2.

    The whole second moment is w + (1-w)(m + t v), of which v' is what m' leaves.
    """
    t, rows, w = float(temperature) ** 2, 50, real
    m, v = 1 / rows, 1 - 1 / rows
    for n in range(1, 9):
        assert value("variance", loop, n, temperature) == pytest.approx(v, rel=1e-12), n
        assert value("mean_error", loop, n, temperature) == pytest.approx(m, rel=1e-12), n
        error = w**2 / rows + (1 - w) ** 2 * (m + t * v / rows)
        v, m = w + (1 - w) * (m + t * v) - error, error


def test_a_fixed_real_set_ends_where_it_should():
    """(1 + r)/(T + r) with r = (1-w)^2/(w(2-w)) = 1/3 at w = 1/2: bounded, a third above model 1."""
    limit = Fraction(4, 3) / (50 + Fraction(1, 3))
    assert value("mean_error", FixedReal("1/2"), 60) == pytest.approx(float(limit), rel=1e-9)
    assert value("mean_error", FixedReal("1/2"), 1) == pytest.approx(1 / 50)


def moments(iteration, temperature=1.0, *, fixed=0.0, new=0.0):
    """The squared error of the mean and the variance, 50 rows, with such a weight on real rows, the same or new ones.

    A mean is what it was and its own error; real rows that are the same each time go with it ever more.
    """
    rows, w, t = 50, fixed + new, temperature**2
    m, v, shared = 1 / rows, 1 - 1 / rows, (1 / rows if fixed else 0.0)
    for _ in range(iteration - 1):
        error = w**2 / rows + 2 * w * (1 - w) * shared + (1 - w) ** 2 * (m + t * v / rows)
        shared = fixed / rows + (1 - w) * shared
        v, m = w + (1 - w) * (m + t * v) - error, error
    return m, v


def test_each_quantity_is_of_the_loops_and_models_that_it_names():
    (m20, _), (m100, _), (_, v200) = moments(20), moments(100), moments(200)
    biased = {n: moments(n, 0.9) for n in (5, 10, 20, 100)}
    with_set = {n: moments(n, fixed=0.5) for n in (1, 50, 100)}
    less = {n: biased[n][1] / moments(n)[1] for n in (5, 10)}
    check_cells(
        PAPER,
        {},
        {
            "mad-synthetic": [v200],
            "mad-bias-diversity": [less[5], less[10] / less[5]],
            "mad-bias-quality": [biased[100][0] / m100, biased[100][0] / biased[20][0], m100 / m20],
            "mad-augmentation-delays": [with_set[100][1] - moments(100)[1], with_set[100][0] / with_set[1][0]],
            "mad-augmentation-doomed": [with_set[100][0] / with_set[50][0], with_set[50][1] / with_set[100][1]],
            "mad-fresh": [moments(100, 0.9, new=0.9)[1], moments(100, 0.9, new=0.1)[1]],
        },
    )
