"""A pool of no weight is no part of a training set: neither its rows nor its size is in a sampler that is made."""

import re
from dataclasses import dataclass
from typing import Any

import equinox as eqx
import numpy as np
import pytest

from sim.dispatch import sampler_names
from sim.samplers.penalty import totals
from sim.samplers.pools import largest_pools
from sim.tasks import SAMPLERS
from tests.sim.build import build
from theory import (
    Bernoulli,
    Categorical,
    Estimator,
    FixedReal,
    FreshReal,
    Gamma,
    Gaussian,
    GeneralisedLinear,
    KernelDensity,
    LinearRegression,
    NegativeBinomial,
    Poisson,
    Workflow,
    by_count,
    real,
)
from theory.tasks.estimator.task import x

#: Rows of a pool; a third of them is no whole number.
T = 16


@dataclass(frozen=True)
class Anew(Workflow):
    """New real data alone at each iteration."""

    def training_set(self, iteration: Any) -> Any:
        """Of T rows."""
        return by_count(real(iteration))


@dataclass(frozen=True)
class First(Workflow):
    """The same real data alone at each iteration."""

    def training_set(self, iteration: Any) -> Any:
        """Of T rows."""
        return by_count(real(1))


#: With a pool of no weight beside the others, and without it.
PAIRS = {"a third of T": (FreshReal("1/3", 1), Anew()), "T": (FixedReal(1), First())}

TASKS = [
    *(LinearRegression(T=T, d=3, sigma=1.0, design=design) for design in ("fixed", "fresh")),
    *(LinearRegression(T=(T, T, T), d=3, sigma=(1.0, 2.0, 0.5), design=design) for design in ("fixed", "fresh")),
    *(
        LinearRegression(T=T, d=d, sigma=1.0, design=design, ridge=ridge, scaled=scaled)
        for d, ridge, scaled in ((3, 0.1, True), (3, 0.1, False), (20, 0.0, False))
        for design in ("fixed", "fresh")
    ),
    *(Gaussian(T=T, d=d, estimator=estimator) for d, estimator in ((1, "mle"), (2, "unbiased"))),
    Bernoulli(T=T, p=0.3),
    Categorical(T=T, p=(0.5, 0.3, 0.2)),
    Poisson(T=T, mean=2.0),
    Gamma(T=T, mean=2.0, shape=3.0),
    NegativeBinomial(T=T, mean=2.0, r=3.0),
    KernelDensity(T=T, bandwidth=0.5, rule="scott"),
    GeneralisedLinear(T=T, d=2, signal=1.0),
    Estimator(x, lambda rows, weights: weights @ rows, T=T),
]


def made(name: str, task: Any, workflow: Workflow) -> Any:
    try:
        return build(name, task, workflow, 3)
    except ValueError as objection:
        return str(objection).replace(str(workflow), "it")


def test_there_is_one_of_every_task():
    assert {type(task) for task in TASKS} == SAMPLERS.keys()


@pytest.mark.parametrize(("idle", "without"), PAIRS.values(), ids=PAIRS)
@pytest.mark.parametrize("task", TASKS, ids=lambda task: re.sub(" at 0x[0-9a-f]+", "", str(task)))  # as each worker has
def test_a_pool_of_no_weight_is_in_no_sampler(task, idle, without):
    built = 0
    for name in sampler_names(type(task))[1:]:
        one, other = (made(name, task, workflow) for workflow in (idle, without))
        if isinstance(one, str) or isinstance(other, str):
            assert one == other, name
            continue
        assert one[1] == other[1], name
        assert eqx.tree_equal(one[0], other[0]), name
        assert one[0].moments == other[0].moments
        built += 1
    assert built


def test_nor_is_it_the_largest_of_a_training_set():
    assert largest_pools(FreshReal(2, 1), 5, 3) == largest_pools(Anew(), 5, 3) == (5, 5, 5)
    assert largest_pools(FreshReal(2, "1/2"), 5, 3) == (5, 10, 10)


@pytest.mark.parametrize(("idle", "without"), PAIRS.values(), ids=PAIRS)
def test_nor_is_it_in_the_sum_that_a_ridge_is_added_to(idle, without):
    task = LinearRegression(T=T, d=3, sigma=1.0, design="fresh", ridge=0.1, scaled=False)
    np.testing.assert_array_equal(totals(task, idle, 4), totals(task, without, 4))
    np.testing.assert_array_equal(totals(task, idle, 4), 1)
