"""Every sampler against the literal one, in distribution and at all iterations, and against the exact laws.

Two-sample Kolmogorov-Smirnov tests and z-tests of means; `FALSE_ALARM` is the chance that one of them rejects a
correct sampler. Each has the power to see an error of 1 %, shown by planting one.
"""

import functools
from dataclasses import replace

import jax.numpy as jnp
import jax.random as jr
import numpy as np
import pytest
from scipy import stats

import sim
import theory
from sim.blocks import Blocks
from sim.samplers import build
from tests.agreement.test_linear import anisotropic
from tests.theory.test_workflow import Made
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
    synthetic,
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
def draw(sampler, model, workflow, count, seed, precision="float64"):
    """Test errors of `count` chains, (count, iterations)."""
    chain, _ = build(sampler, model, workflow, ITERATIONS, precision)
    blocks = Blocks(chain, jr.key(seed))
    return np.concatenate(list(blocks(0, -(-count // blocks.size))))[:count]


def distance(one, other):
    """The largest two-sample Kolmogorov-Smirnov statistic over iterations, in units of its threshold."""
    counts = len(one) * len(other) / (len(one) + len(other))
    threshold = np.sqrt(np.log(2 * ITERATIONS / FALSE_ALARM) / 2 / counts)
    statistics = [stats.ks_2samp(a, b, method="asymp").statistic for a, b in zip(one.T, other.T, strict=True)]
    return max(statistics) / threshold


def applicable():
    for name, workflow in WORKFLOWS.items():
        for design in DESIGNS:
            for sampler in ("wishart", "radial"):
                model = sim.LinearRegression(T=12, d=3, design=design)
                try:
                    build(sampler, model, workflow, ITERATIONS)
                except ValueError:
                    continue
                yield pytest.param(sampler, workflow, design, id=f"{sampler}-{name}-{design}")


#: One object a design: what is drawn of a model is kept by its identity.
SKEWED = {design: sim.LinearRegression(T=12, d=3, design=design, covariance=anisotropic(3)) for design in DESIGNS}


@pytest.mark.parametrize(("sampler", "workflow", "design"), list(applicable()))
def test_same_distribution_as_the_literal_sampler(sampler, workflow, design):
    one = draw(sampler, SKEWED[design], workflow, 40_000, seed=1)
    other = draw("literal", SKEWED[design], workflow, 40_000, seed=2)
    assert distance(one, other) < 1
    assert distance(one * 1.05, other) > 1


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
    model = sim.LinearRegression(T=9, d=d, design=design)
    one = draw("radial", model, workflow, MANY, seed=3)
    other = draw("wishart", model, workflow, MANY, seed=4)
    assert distance(one, other) < 1
    assert distance(one * 1.05, other) > 1


def test_a_planted_error_of_one_percent_is_seen():
    model = sim.LinearRegression(T=60, d=5, design="fresh")
    one = draw("radial", model, Replace(), 5 * MANY, seed=3)
    other = draw("wishart", model, Replace(), 5 * MANY, seed=4)
    assert distance(one, other) < 1
    assert distance(one * 1.01, other) > 1
    wrong = draw("radial", replace(model, sigma=(1.0, 1.02, 1.0)), Replace(), 5 * MANY, seed=3)
    assert distance(wrong, other) > 1


@pytest.mark.parametrize("sampler", ["wishart", "radial", "conditional"])
@pytest.mark.parametrize("workflow", [Replace(), ReplaceGrowing(), Accumulate(), FreshReal(), FreshReal(2)], ids=str)
@pytest.mark.parametrize("design", DESIGNS)
def test_means_follow_the_exact_law_within_a_percent(sampler, workflow, design):
    model = sim.LinearRegression(T=14, d=4, design=design)
    try:
        build(sampler, model, workflow, ITERATIONS)
    except ValueError:
        return
    law = theory.linear.test_error(workflow, design=design)
    run = sim.run(
        model,
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
    "workflow", [AccumulateSubsample(), SlidingWindow(3), FixedReal("1/4"), FreshReal("1/2", "1/3")], ids=str
)
@pytest.mark.parametrize("design", DESIGNS)
def test_the_gaussian_limit_has_the_gains_of_theory(workflow, design):
    model = sim.LinearRegression(T=30, d=6, sigma=0.5, design=design)
    run = sim.run(model, workflow, iterations=5, key=jr.key(6), sampler="gaussian", relative_error=0.001)
    law = theory.linear.test_error(workflow, design=design)
    assert sim.compare(run, law).verdict == "agree"
    limit = np.array([float(c) for c in law.gain(5)]) * 0.25 * 6 / 30
    assert (np.abs(run.test_error.mean - 1.01 * limit) > 5 * run.test_error.standard_error).all()


def test_the_literal_subsample_tends_to_the_gaussian_limit():
    model = sim.LinearRegression(T=400, d=2, design="fresh")
    one = draw("literal", model, AccumulateSubsample(), 4000, seed=7)
    other = draw("gaussian", model, AccumulateSubsample(), 4000, seed=8)
    assert distance(one, other) < 1


def test_a_pool_of_fewer_rows_than_features():
    small = Made(lambda i: by_count(pools(1, i)), lambda j: "1/6")
    model = sim.LinearRegression(T=12, d=4, design="fresh")  # pools of 2 rows
    one = draw("wishart", model, small, 60_000, seed=1)
    other = draw("literal", model, small, 60_000, seed=2)
    assert distance(one, other) < 1


@pytest.mark.parametrize("workflow", [Accumulate(), Replace(), SlidingWindow(2), FreshReal(1, "1/3")], ids=str)
def test_unequal_pools_at_fresh_design(workflow):
    model = sim.LinearRegression(T=(12, 20, 8), d=3, sigma=(1.0, 0.5, 2.0), design="fresh")
    one = draw("auto", model, workflow, 40_000, seed=1)
    other = draw("literal", model, workflow, 40_000, seed=2)
    assert distance(one, other) < 1


def test_unequal_pools_at_fixed_design():
    model = sim.LinearRegression(T=(12, 24, 12), d=3, sigma=(1.0, 0.5, 2.0), design="fixed")
    literal = draw("literal", model, Accumulate(), 40_000, seed=1)
    for sampler in ("radial", "wishart"):
        assert distance(draw(sampler, model, Accumulate(), 40_000, seed=2), literal) < 1


def test_the_conditional_expectation_has_the_same_mean_and_less_variance():
    model = sim.LinearRegression(T=40, d=8, design="fresh")
    for workflow in (Accumulate(), SlidingWindow(2), FreshReal(1, "1/3")):
        plain = draw("wishart", model, workflow, 60_000, seed=1)
        expected = draw("conditional", model, workflow, 20_000, seed=2)
        error = np.sqrt(plain.var(0) / len(plain) + expected.var(0) / len(expected))
        assert (np.abs(plain.mean(0) - expected.mean(0)) < 5 * error).all()
        assert (plain.var(0) > 4 * expected.var(0)).all()


def test_the_conditional_recursion_for_accumulate_is_the_sum_of_its_terms():
    model = sim.LinearRegression(T=20, d=3, design="fresh")
    chain, _ = build("conditional", model, Accumulate(), ITERATIONS, "float64")
    key = jr.key(9)
    total, gram, expected = np.zeros((3, 3)), np.zeros((3, 3)), []
    for iteration in range(ITERATIONS):
        factor = np.asarray(chain.pools(key, jnp.asarray(iteration), False)[0])
        W = factor @ factor.T
        gram = gram + W
        total = total + np.linalg.inv(gram) @ W @ np.linalg.inv(gram)
        expected.append(np.trace(total))
    np.testing.assert_allclose(chain(key), expected, rtol=1e-10)


@pytest.mark.parametrize(
    ("workflow", "design", "chosen"),
    [
        (Replace(), "fresh", "radial"),
        (Replace(), "fixed", "radial"),
        (ReplaceGrowing(), "fresh", "radial"),
        (Accumulate(), "fresh", "wishart"),
        (Accumulate(), "fixed", "radial"),
        (FreshReal(), "fresh", "radial"),
        (FreshReal(1, "1/3"), "fresh", "wishart"),
        (AccumulateSubsample(), "fresh", "literal"),
    ],
    ids=str,
)
def test_the_fastest_exact_one_is_chosen(workflow, design, chosen):
    sampler, _ = build("auto", sim.LinearRegression(T=12, d=2, design=design), workflow, 3)
    assert sampler.name == chosen


@pytest.mark.parametrize(
    ("sampler", "workflow", "design", "message"),
    [
        ("radial", Accumulate(), "fresh", "exact only there. Use the wishart sampler"),
        ("radial", FreshReal(1, "1/3"), "fresh", "with all rows counting alike"),
        ("wishart", AccumulateSubsample(), "fresh", "exact only for pools used whole"),
        ("radial", AccumulateSubsample(), "fixed", "exact only for pools used whole"),
        ("radial", FreshReal("1/2"), "fixed", "not a whole number of copies of the 12 rows of X"),
        ("wishart", Made(lambda i: by_count(synthetic(i - 1)), lambda j: "1/7"), "fresh", "not a whole number of rows"),
        ("conditional", Accumulate(), "fixed", "Use another sampler"),
    ],
)
def test_a_sampler_refuses_what_it_is_not_exact_for(sampler, workflow, design, message):
    model = sim.LinearRegression(T=12, d=2, design=design)
    with pytest.raises(ValueError, match=message):
        build(sampler, model, workflow, 3)
