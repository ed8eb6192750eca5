"""A schedule keeps every pool's weight: unrolled, its slots give back the workflow's shares."""

from fractions import Fraction

import numpy as np
import pytest

import sim
from sim.samplers.least_squares import whole_pools_objection
from sim.samplers.schedule import schedule
from tests.helpers import Made
from theory import (
    Accumulate,
    Pool,
    Pools,
    Replace,
    ReplaceGrowing,
    by_count,
    by_weight,
    pools,
    real,
    subsample,
    synthetic,
)


def unroll(compiled):
    """Follow pools through the slots: iteration -> {pool: weight per row}."""
    slots = [[] for _ in range(compiled.slots)]
    for step, (weights, destination) in enumerate(zip(compiled.weights, compiled.destination, strict=True)):
        arriving = [[Pool(step + 1)], [Pool(step + 1, fresh_real=True)]]
        held = slots + arriving
        slots = [[] for _ in range(compiled.slots + 1)]
        for content, target in zip(held, destination, strict=True):
            slots[target] += content
        slots = slots[:-1]
        yield {pool: weight for content, weight in zip(slots, weights, strict=True) for pool in content if weight}


CASES = [
    (Replace(), 1),
    (ReplaceGrowing(), 1),
    (Accumulate(), 1),
    (Made(lambda i: by_count(pools(max(1, i - 2), i))), 3),
    (Made(lambda i: by_weight({real(1): "1/3", synthetic(i - 1): "2/3"})), 2),
    (Made(lambda i: by_weight({real(i): "1/4", synthetic(i - 1): "3/4"})), 2),
    (Made(lambda i: by_count(real(i), synthetic(i - 1))), 1),
    (Made(lambda i: by_weight({pools(1, i - 1): "1/2", pools(i, i): "1/2"}), lambda j: 2), 2),
    (Made(lambda i: by_count(pools(1, i)) if i % 2 else by_count(synthetic(i - 1))), 2),
    (Made(lambda i: by_count(Pools(1, i, fresh_real=True), synthetic(i - 1))), 2),
    (Made(lambda i: by_count(real(1)) if i % 3 == 0 else by_count(synthetic(i - 1))), 2),
]


@pytest.mark.parametrize(("workflow", "slots"), CASES, ids=[str(k) for k in range(len(CASES))])
def test_slots_hold_what_the_workflow_says(workflow, slots):
    iterations = 9
    compiled = schedule(workflow, iterations)
    assert compiled.slots == slots
    for iteration, held in enumerate(unroll(compiled), 1):
        shares = {pool: share for pool, share in workflow.shares(iteration).items() if share}
        assert held.keys() == shares.keys()
        for pool, weight in held.items():
            np.testing.assert_allclose(weight * float(workflow.size(pool)), float(shares[pool]), rtol=1e-15)


def test_slots_do_not_grow_with_the_iterations():
    assert schedule(Accumulate(), 40).slots == schedule(Replace(), 40).slots == 1


def test_sizes():
    assert schedule(ReplaceGrowing(), 4).size == (1, 2, 3, 4)
    assert schedule(Made(lambda i: by_count(synthetic(i - 1)), lambda j: Fraction(1, 2)), 2).size == (1, Fraction(1, 2))


def test_subsamples_are_refused():
    task = sim.LinearRegression(T=12, d=2, design="fresh")
    objection = whole_pools_objection(task, Made(lambda i: subsample(pools(1, i))), 3)
    assert objection is not None
    assert "draws subsamples, and this sampler is exact only for pools used whole" in objection
