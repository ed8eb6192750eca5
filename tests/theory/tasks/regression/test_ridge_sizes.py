"""Laws with a ridge where pools have other than T rows: the limit d/T -> gamma beside the exact law at fixed design."""

import numpy as np
import pytest

import theory
from tests.helpers import Made
from theory import AccumulateFresh, LinearRegression, ReplaceGrowing, by_count, by_weight, pools, real, synthetic

WORKFLOWS = [
    ReplaceGrowing(),
    Made(lambda i: by_count(pools(1, i)), lambda k: k),
    Made(lambda i: by_count(synthetic(i - 1)), lambda k: 2),
    Made(lambda i: by_weight({real(1): "1/3", synthetic(i - 1): "2/3"}), lambda k: 3),
    AccumulateFresh(2, 3),
]


@pytest.mark.parametrize("scaled", [True, False])
@pytest.mark.parametrize("workflow", WORKFLOWS, ids=[f"{k}-{each}" for k, each in enumerate(WORKFLOWS)])
def test_the_limit_is_near_the_exact_law(workflow, scaled):
    """Within 2 % at d = 40, an O(1/d); most of the error is noise, half of which other sizes would change."""
    task = LinearRegression(60, 40, 3.0, design="fixed", ridge=0.2 if scaled else 12.0, scaled=scaled)
    law = theory.law(task, workflow)
    assert law.exact
    exact, limit = (law.evaluate(n=range(1, 5), validity=each) for each in ("exact", "proportional"))
    np.testing.assert_allclose(limit, exact, rtol=0.02)
