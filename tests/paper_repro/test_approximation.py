"""The recorded errors of the approximation at fresh design: what they show, and that they could show it."""

import numpy as np
import pytest

from paper_repro.recorded import matching
from paper_repro.regression import APPROXIMATION
from sim.comparison import Z
from tests.helpers import recorded
from theory import linear
from theory.workflow import Workflow

T = 40
#: How far it may be off, by workflow and d, where that is over 1 %: a pool of fewer rows than features, drawn rows.
WORST = {("FreshReal(synthetic_ratio=1/2, weight=7/10)", 32): 0.02, ("accumulate-subsample", 32): 0.08}
NAMES = {one.name: one.workflow for one in APPROXIMATION.simulations}


def off_by(rows, name: str, workflow: Workflow, d: int, validity: str) -> tuple[np.ndarray, np.ndarray]:
    """By iteration: a law's values less the simulated means, as shares of these, and the standard error of that."""
    found = list(matching(rows, {"workflow": name, "T": str(T), "d": str(d)}))
    found.sort(key=lambda row: int(row["iteration"]))
    mean, error = (np.array([float(row[column]) for row in found]) for column in ("mean", "standard_error"))
    law = linear.test_error(workflow, design="fresh")
    values = law.evaluate(T=T, d=d, n=range(1, len(mean) + 1), validity=None if validity == "large-T" else validity)
    return values / mean - 1, values * error / mean**2


@pytest.fixture(scope="module")
def rows():
    return recorded(APPROXIMATION)


def test_it_is_of_six_workflows_without_an_exact_law():
    assert len(NAMES) == 6
    assert not any(linear.test_error(workflow, design="fresh").exact for workflow in NAMES.values())
    assert sorted({one.d / one.T for one in APPROXIMATION.simulations}) == [0.05, 0.2, 0.5, 0.8]


@pytest.mark.parametrize("name", NAMES)
def test_the_approximation_is_within_a_few_per_cent(rows, name):
    for d in (2, 8, 20, 32):
        off, error = off_by(rows, name, NAMES[name], d, "approximation")
        assert abs(off[0]) < Z * error[0]  # model 1 has an exact law, which this is
        assert (np.abs(off) < WORST.get((name, d), 0.01) + Z * error).all()


def test_the_errors_are_seen_where_they_are_large(rows):
    """Those listed, and that of the law for T -> oo: it is five times as large at d/T = 0.8."""
    for name, d in WORST:
        off, error = off_by(rows, name, NAMES[name], d, "approximation")
        assert off[-1] > Z * error[-1]
    for name, workflow in NAMES.items():
        off, error = off_by(rows, name, workflow, 32, "large-T")
        assert abs(off[-1]) > max(Z * error[-1], 5 * WORST.get((name, 32), 0.01))
