"""The exact laws of tasks beside regression against simulation, with the power to see a law that is 2 % off.

Five rows a pool: there the laws for T -> oo are far off. Laws are held against the literal sampler, that draws all
rows; and the sampler of sufficient statistics is held against it under three workflows, of which one weights its pools.
"""

import pytest

import theory
from sim.tasks import samplers_of
from tests.helpers import thinned
from tests.sim.refits import agrees
from theory import (
    Accumulate,
    AccumulateSubsample,
    Bernoulli,
    Categorical,
    FixedReal,
    FreshReal,
    Gamma,
    Gaussian,
    KernelDensity,
    NegativeBinomial,
    Poisson,
    Replace,
    ReplaceGrowing,
    SlidingWindow,
)

#: What a law must be off by, relatively, to be seen for certain: 10 standard errors away.
EFFECT = 0.02

#: At three iterations no two of the workflows are alike.
ITERATIONS = 3

WORKFLOWS = (
    Accumulate(),
    Replace(),
    ReplaceGrowing(),
    SlidingWindow(2),
    FixedReal("3/10"),
    FreshReal(2, "3/10"),
    AccumulateSubsample(),
)

#: task -> its quantities that have a law under all of these workflows
TASKS = {
    Gaussian(5, 1): ("variance", "mean_error"),
    Gaussian(5, 3): ("variance", "mean_error"),
    Bernoulli(5, 0.3): ("mean_error", "diversity"),
    Categorical(5, (0.4, 0.2, 0.1, 0.1, 0.1, 0.1)): ("mean_error", "diversity"),
    Poisson(5, 1.7): ("mean_error", "variance"),
    Gamma(5, 2.0, 1.5): ("mean_error", "variance"),
    NegativeBinomial(5, 4.0, 1.5): ("mean_error", "variance"),
    KernelDensity(5, 0.5): ("variance", "mean_error"),
    KernelDensity(5, 0.3**0.5, "relative"): ("variance", "mean_error"),
    KernelDensity(5, 0.5, "silverman"): ("variance",),
}
#: Every second is run: of two quantities of a task each under other workflows, since these are seven.
LITERAL = [(task, of, workflow) for task, quantities in TASKS.items() for of in quantities for workflow in WORKFLOWS]

#: Those of one estimator, rule, workflow or law.
FURTHER = [
    *((Gaussian(5, 2, "unbiased"), "variance", workflow) for workflow in (Accumulate(), AccumulateSubsample())),
    *((KernelDensity(5, 2.0), "second_moment", workflow) for workflow in (Accumulate(), FreshReal(2, "3/10"))),
    (KernelDensity(5, 0.5, "scott"), "variance", Accumulate()),
    (Gaussian(25, 2), "kl", Replace()),
    (Gaussian(5, 2), "log_determinant", Replace()),
    (Categorical(5, (0.4, 0.2, 0.1, 0.1, 0.1, 0.1)), "support_lost", Accumulate()),
]


def agree(task, of, workflow, sampler, effect=EFFECT):
    law = theory.law(task, workflow, of)
    assert law.exact
    agrees(task, workflow, of, law.evaluate(n=range(1, ITERATIONS + 1)), effect=effect, sampler=sampler)


@pytest.mark.slow
@pytest.mark.parametrize(("task", "of", "workflow"), LITERAL[::2], ids=str)
def test_law_and_literal_simulation_agree(task, of, workflow):
    agree(task, of, workflow, "literal")


@pytest.mark.parametrize(("task", "of", "workflow"), LITERAL[:: 2 * len(WORKFLOWS) + 1], ids=str)
def test_a_law_that_is_far_off_is_seen_at_once(task, of, workflow):
    """One of each task with two quantities, under workflows in turn: 10 % off is seen in a 25th of the rows."""
    agree(task, of, workflow, "literal", effect=5 * EFFECT)


@pytest.mark.parametrize(("task", "of", "workflow"), thinned(FURTHER, every=8), ids=str)
def test_laws_of_one_workflow(task, of, workflow):
    agree(task, of, workflow, "literal")


def is_sufficient(task, workflow):
    sampler = samplers_of(type(task))[0]
    return sampler.name == "sufficient" and sampler.objection(task, workflow, ITERATIONS) is None


SUFFICIENT = [
    case
    for case in LITERAL
    if case[2] in (Replace(), FreshReal(2, "3/10"), AccumulateSubsample()) and is_sufficient(case[0], case[2])
]


@pytest.mark.slow
@pytest.mark.parametrize(("task", "of", "workflow"), SUFFICIENT, ids=str)
def test_law_and_sufficient_statistics_agree(task, of, workflow):
    agree(task, of, workflow, "sufficient")


@pytest.mark.parametrize(("task", "of", "workflow"), SUFFICIENT[::18], ids=str)
def test_sufficient_statistics_that_are_far_off_are_seen_at_once(task, of, workflow):
    agree(task, of, workflow, "sufficient", effect=5 * EFFECT)
