"""Exact law against the literal simulation, on both designs, with the power to see a law that is 3 % off."""

import jax.random as jr
import numpy as np
import pytest

import sim
import theory
from sim.comparison import Z
from tests.helpers import anisotropic, thinned
from theory import (
    Accumulate,
    AccumulateSubsample,
    FixedReal,
    FreshReal,
    Replace,
    ReplaceGrowing,
    SlidingWindow,
)

#: What a law must be off by, relatively, to be seen for certain: 10 standard errors away.
EFFECT = 0.03


#: (T, d, sigma, iterations, anisotropic); T >= d + 8, so that the estimated variance has a finite variance too.
SETTINGS = [
    (9, 1, 1.0, 5, False),
    (12, 2, 0.3, 5, True),
    (20, 3, 2.0, 6, False),
    (16, 5, 1.0, 4, True),
    (40, 8, 10.0, 6, False),
    (30, 16, 0.1, 4, True),
]
#: ReplaceGrowing draws i·T rows at iteration i, so it gets the small ones.
SMALL = [(9, 1, 2.0, 3, False), (13, 3, 1.0, 3, True), (16, 5, 0.5, 3, False)]
DESIGNS = ("fixed", "fresh")
CASES = [(w, design, *s) for w in (Replace(), Accumulate()) for design in DESIGNS for s in SETTINGS]
CASES += [(ReplaceGrowing(), design, *s) for design in DESIGNS for s in SMALL]


def replicates_for(T, d, relative_error=0.0027):
    """Enough for this relative standard error, from the variance of one fit, d/(T-d+1) times an F variable."""
    m = T - d + 1
    return int(((d + 2) * (m - 2) / (d * (m - 4)) - 1) / relative_error**2) + 1


@pytest.mark.parametrize(
    ("workflow", "design", "T", "d", "sigma", "iterations", "skewed"), thinned(CASES, every=18), ids=str
)
def test_law_and_simulation_agree(workflow, design, T, d, sigma, iterations, skewed):
    covariance = anisotropic(d) if skewed else None
    task = sim.LinearRegression(T=T, d=d, sigma=sigma, design=design, covariance=covariance)
    key = jr.fold_in(jr.key(20260401), CASES.index((workflow, design, T, d, sigma, iterations, skewed)))
    run = sim.run(task, workflow, iterations=iterations, replicates=replicates_for(T, d), key=key)
    law = theory.linear.test_error(workflow, design=design)
    exact = law.evaluate(T=T, d=d, sigma=sigma, n=range(1, iterations + 1))
    error = run.test_error.standard_error
    assert (error < EFFECT / (2 * Z) * exact).all()  # the power that the test claims
    assert sim.compare(run, law).verdict == "agree"
    for wrong in (exact * (1 + EFFECT), exact * (1 - EFFECT)):
        assert (np.abs(run.test_error.mean - wrong) > Z * error).all()


def test_at_least_thirty_settings():
    assert len(CASES) >= 30


@pytest.mark.slow
def test_the_designs_are_told_apart():
    # Accumulate settles lower at fresh design: neither law passes for the other.
    for design, other in (("fixed", "fresh"), ("fresh", "fixed")):
        task = sim.LinearRegression(T=16, d=5, design=design)
        run = sim.run(task, Accumulate(), iterations=4, replicates=40_000, key=jr.key(8))
        exact = theory.linear.test_error(Accumulate(), design=other).evaluate(T=16, d=5, n=range(1, 5))
        z = (run.test_error.mean - exact) / run.test_error.standard_error
        assert (np.abs(z[1:]) > Z).all()


#: Exact at finite T beyond the three above, and those of `test_distributions`: (workflow, design, T, d), at a small T
#: where the large-T law is visibly off.
EXACT = [
    (SlidingWindow(2), "fixed", 12, 3),
    (SlidingWindow(3), "fixed", 12, 3),
    (FixedReal("1/3"), "fixed", 12, 3),
    (FreshReal(1, "2/3"), "fixed", 12, 3),
    (FreshReal(2), "fresh", 11, 3),
]


@pytest.mark.parametrize(("workflow", "design", "T", "d"), thinned(EXACT, every=8), ids=str)
def test_exact_laws_at_small_T(workflow, design, T, d):
    iterations = 5
    law = theory.linear.test_error(workflow, design=design)
    assert law.exact
    task = sim.LinearRegression(T=T, d=d, design=design)
    run = sim.run(task, workflow, iterations=iterations, replicates=replicates_for(T, d), key=jr.key(11))
    exact = law.evaluate(T=T, d=d, n=range(1, iterations + 1))
    error = run.test_error.standard_error
    assert (error < EFFECT / (2 * Z) * exact).all()
    assert sim.compare(run, law).verdict == "agree"
    for wrong in (exact * (1 + EFFECT), exact * (1 - EFFECT)):
        assert (np.abs(run.test_error.mean - wrong) > Z * error).all()
    large_T = exact[0] * np.array([float(c) for c in law.gain(iterations)])
    off = np.abs(run.test_error.mean - large_T) > Z * error
    assert off[1:].all() if design == "fresh" else not off.any()


#: Laws that hold for T -> oo, at a T so large that what they leave out, of the order of d/T, is far below the noise.
LARGE = [
    (SlidingWindow(2), "fresh"),
    (AccumulateSubsample(), "fresh"),
    (AccumulateSubsample(), "fixed"),
    (FixedReal("1/2"), "fresh"),
    (FreshReal("1/2", "1/3"), "fresh"),
    (FreshReal("1/2"), "fresh"),
]


@pytest.mark.parametrize(("workflow", "design"), thinned(LARGE, every=6), ids=str)
def test_large_T_laws(workflow, design):
    iterations = 4
    law = theory.linear.test_error(workflow, design=design)
    assert not law.exact
    task = sim.LinearRegression(T=200, d=1, design=design)
    run = sim.run(task, workflow, iterations=iterations, replicates=5_000, key=jr.key(12))
    assert sim.compare(run, law).verdict == "not comparable"
    assert sim.compare(run, law, asymptotic=True).verdict == "agree"
    # the power: the gain of any other workflow here is seen
    error = run.test_error.standard_error[-1] / run.test_error.mean[-1]
    assert error < 0.03


@pytest.mark.slow
def test_large_T_laws_fail_at_small_T():
    for workflow in (SlidingWindow(2), FixedReal("1/2")):
        task = sim.LinearRegression(T=9, d=3, design="fresh")
        run = sim.run(task, workflow, iterations=4, replicates=60_000, key=jr.key(13))
        law = theory.linear.test_error(workflow, design="fresh")
        assert sim.compare(run, law, asymptotic=True).verdict == "disagree"
