"""Every sampler against the literal one, in distribution and at all iterations, and against the exact laws.

Two-sample Kolmogorov-Smirnov tests and z-tests of means; `FALSE_ALARM` is the chance that one of them rejects a
correct sampler. Each has the power to see an error of 1 %, shown by planting one.
"""

import functools
from dataclasses import replace

import jax.random as jr
import numpy as np
import pytest
from scipy import stats

import sim
import theory
from sim.blocks import Blocks
from sim.tasks import samplers_of
from tests.helpers import Made, anisotropic, thinned
from tests.sim.build import build
from theory import (
    Accumulate,
    AccumulateSubsample,
    FixedReal,
    FreshReal,
    Replace,
    ReplaceGrowing,
    SlidingWindow,
    by_count,
    by_weight,
    pools,
    real,
)

FALSE_ALARM = 1e-6
ITERATIONS = 3
DESIGNS = ("fixed", "fresh")

#: Draws of a cheap sampler: a factor of 1.05 moves each distribution by more than the threshold.
MANY = 200_000

WORKFLOWS = {
    "replace": Replace(),
    "replace-growing": ReplaceGrowing(),
    "accumulate": Accumulate(),
    "window": SlidingWindow(2),
    "fixed-real": FixedReal("1/3"),
    "fresh-real": FreshReal(),
    "fresh-real-2": FreshReal(2, "1/2"),
    "own": Made(lambda i: by_weight({real(i): "1/4", pools(max(1, i - 1), i): "3/4"})),
}


@functools.cache  # the same chains of the literal sampler are the measure of several others
def draw(sampler, task, workflow, count, seed, precision="float64"):
    """Test errors of `count` chains, (count, iterations)."""
    chain, _ = build(sampler, task, workflow, ITERATIONS, precision)
    blocks = Blocks(chain, jr.key(seed))
    return np.concatenate(list(blocks(0, -(-count // blocks.size))))[:count]


def distance(one, other):
    """The largest two-sample Kolmogorov-Smirnov statistic over iterations, in units of its threshold."""
    counts = len(one) * len(other) / (len(one) + len(other))
    threshold = np.sqrt(np.log(2 * ITERATIONS / FALSE_ALARM) / 2 / counts)
    # the statistic is the first of a pair, whose type SciPy does not tell
    statistics = [
        float(np.asarray(stats.ks_2samp(a, b, method="asymp"))[0]) for a, b in zip(one.T, other.T, strict=True)
    ]
    return max(statistics) / threshold


def is_exact(name, task, workflow):
    """Whether a sampler of the name has no objection."""
    return any(
        sampler.name == name
        and sampler.serves(task, workflow, ITERATIONS)
        and sampler.objection(task, workflow, ITERATIONS) is None
        for sampler in samplers_of(type(task))
    )


def applicable():
    """Each workflow at one design, with all samplers that are exact there; tests of means have the other."""
    for k, (name, workflow) in enumerate(WORKFLOWS.items()):
        for sampler in ("wishart", "radial"):
            design = DESIGNS[::-1][k % 2]
            if is_exact(sampler, sim.LinearRegression(T=12, d=3, design=design), workflow):
                yield pytest.param(sampler, workflow, design, id=f"{sampler}-{name}-{design}")


#: One object a design: what is drawn of a task is kept by its identity.
SKEWED = {design: sim.LinearRegression(T=12, d=3, design=design, covariance=anisotropic(3)) for design in DESIGNS}


@pytest.mark.slow
@pytest.mark.parametrize(("sampler", "workflow", "design"), list(applicable()))
def test_same_distribution_as_the_literal_sampler(sampler, workflow, design):
    one = draw(sampler, SKEWED[design], workflow, 40_000, seed=1)
    other = draw("literal", SKEWED[design], workflow, 40_000, seed=2)
    assert distance(one, other) < 1
    assert distance(one * 1.05, other) > 1


@pytest.mark.slow
@pytest.mark.parametrize(
    ("d", "workflow", "design"),
    [
        # d = 1 and d = 2 leave no room across the last error, so they are cases of their own
        (1, Replace(), "fresh"),
        (2, Replace(), "fresh"),
        (5, FreshReal(), "fresh"),
        (1, Accumulate(), "fixed"),
        (5, Accumulate(), "fixed"),
    ],
    ids=str,
)
def test_the_radial_and_the_wishart_sampler_agree(d, workflow, design):
    task = sim.LinearRegression(T=9, d=d, design=design)
    one = draw("radial", task, workflow, MANY, seed=3)
    other = draw("wishart", task, workflow, MANY, seed=4)
    assert distance(one, other) < 1
    assert distance(one * 1.05, other) > 1


@pytest.mark.slow
def test_a_planted_error_of_one_percent_is_seen():
    task = sim.LinearRegression(T=60, d=5, design="fresh")
    one = draw("radial", task, Replace(), 5 * MANY, seed=3)
    other = draw("wishart", task, Replace(), 5 * MANY, seed=4)
    assert distance(one, other) < 1
    assert distance(one * 1.01, other) > 1
    wrong = draw("radial", replace(task, sigma=(1.0, 1.02, 1.0)), Replace(), 5 * MANY, seed=3)
    assert distance(wrong, other) > 1


#: With laws that are exact at both designs.
KNOWN = (Replace(), ReplaceGrowing(), Accumulate(), FreshReal(), FreshReal(2))


def test_which_samplers_are_exact():
    """All but those that are documented not to be: the radial one of old pools at fresh design, and conditional means
    at fixed design.
    """
    for sampler in ("wishart", "radial", "conditional"):
        for workflow in KNOWN:
            for design in DESIGNS:
                task = sim.LinearRegression(T=14, d=4, design=design)
                expected = (sampler, str(workflow), design) != ("radial", "Accumulate()", "fresh") and (
                    (sampler, design) != ("conditional", "fixed")
                )
                assert is_exact(sampler, task, workflow) is expected


#: Each sampler with each workflow at one design: `applicable` has the other.
EXACT = [
    ("wishart", Replace(), "fixed"),
    ("wishart", ReplaceGrowing(), "fresh"),
    ("wishart", Accumulate(), "fixed"),
    ("wishart", FreshReal(), "fresh"),
    ("wishart", FreshReal(2), "fixed"),
    ("radial", Replace(), "fresh"),
    ("radial", ReplaceGrowing(), "fixed"),
    ("radial", Accumulate(), "fixed"),
    ("radial", FreshReal(), "fixed"),
    ("radial", FreshReal(2), "fresh"),
    ("conditional", ReplaceGrowing(), "fresh"),
    ("conditional", FreshReal(2), "fresh"),
    ("conditional", Accumulate(), "fresh"),
]


@pytest.mark.parametrize(("sampler", "workflow", "design"), thinned(EXACT, every=6), ids=str)
def test_means_follow_the_exact_law_within_a_percent(sampler, workflow, design):
    task = sim.LinearRegression(T=14, d=4, design=design)
    law = theory.linear.test_error(workflow, design=design)
    run = sim.run(
        task,
        workflow,
        iterations=ITERATIONS,
        key=jr.key(5),
        sampler=sampler,
        precision="float64",
        relative_error=0.0014,
    )
    assert sim.compare(run, law).verdict == "agree"
    exact = law.evaluate(T=14, d=4, n=range(1, ITERATIONS + 1))
    for wrong in (exact * 1.01, exact * 0.99):
        assert (np.abs(run.test_error.mean - wrong) > 5 * run.test_error.standard_error).all()


@pytest.mark.parametrize(
    "workflow",
    thinned([AccumulateSubsample(), SlidingWindow(3), FixedReal("1/4"), FreshReal("1/2", "1/3")], every=4),
    ids=str,
)
@pytest.mark.parametrize("design", DESIGNS)
def test_the_gaussian_limit_has_the_gains_of_theory(workflow, design):
    task = sim.LinearRegression(T=30, d=6, sigma=0.5, design=design)
    run = sim.run(task, workflow, iterations=5, key=jr.key(6), sampler="gaussian", relative_error=0.001)
    law = theory.linear.test_error(workflow, design=design)
    assert sim.compare(run, law).verdict == "agree"
    limit = np.array([float(c) for c in law.gain(5)]) * 0.25 * 6 / 30
    assert (np.abs(run.test_error.mean - 1.01 * limit) > 5 * run.test_error.standard_error).all()


@pytest.mark.slow
def test_the_literal_subsample_tends_to_the_gaussian_limit():
    task = sim.LinearRegression(T=400, d=2, design="fresh")
    one = draw("literal", task, AccumulateSubsample(), 4000, seed=7)
    other = draw("gaussian", task, AccumulateSubsample(), 4000, seed=8)
    assert distance(one, other) < 1


@pytest.mark.slow
def test_a_pool_of_fewer_rows_than_features():
    small = Made(lambda i: by_count(pools(1, i)), lambda j: "1/6")
    task = sim.LinearRegression(T=12, d=4, design="fresh")  # pools of 2 rows
    one = draw("wishart", task, small, 60_000, seed=1)
    other = draw("literal", task, small, 60_000, seed=2)
    assert distance(one, other) < 1


@pytest.mark.slow
@pytest.mark.parametrize(
    "workflow", thinned([Accumulate(), Replace(), SlidingWindow(2), FreshReal(1, "1/3")], every=4), ids=str
)
def test_unequal_pools_at_fresh_design(workflow):
    task = sim.LinearRegression(T=(12, 20, 8), d=3, sigma=(1.0, 0.5, 2.0), design="fresh")
    one = draw("auto", task, workflow, 40_000, seed=1)
    other = draw("literal", task, workflow, 40_000, seed=2)
    assert distance(one, other) < 1


@pytest.mark.slow
def test_unequal_pools_at_fixed_design():
    task = sim.LinearRegression(T=(12, 24, 12), d=3, sigma=(1.0, 0.5, 2.0), design="fixed")
    literal = draw("literal", task, Accumulate(), 40_000, seed=1)
    for sampler in ("radial", "wishart"):
        assert distance(draw(sampler, task, Accumulate(), 40_000, seed=2), literal) < 1


@pytest.mark.slow
def test_the_conditional_expectation_has_the_same_mean_and_less_variance():
    task = sim.LinearRegression(T=40, d=8, design="fresh")
    for workflow in (Accumulate(), SlidingWindow(2), FreshReal(1, "1/3")):
        plain = draw("wishart", task, workflow, 60_000, seed=1)
        expected = draw("conditional", task, workflow, 20_000, seed=2)
        error = np.sqrt(plain.var(0) / len(plain) + expected.var(0) / len(expected))
        assert (np.abs(plain.mean(0) - expected.mean(0)) < 5 * error).all()
        assert (plain.var(0) > 4 * expected.var(0)).all()
