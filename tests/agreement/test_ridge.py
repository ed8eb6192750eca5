"""Laws with a ridge, and of least norm, against simulation; with the power to see a law that is a few percent off."""

import jax.random as jr
import numpy as np
import pytest

import sim
import theory
from sim.comparison import Z
from tests.helpers import thinned
from theory import Accumulate, FixedReal, FreshReal, Replace, SlidingWindow, Spectrum

#: Workflow, design, T, d, ridge, whether it is scaled, and how many replicates.
EXACT = [
    (Accumulate(), "fixed", 12, 5, 0.2, True, 20_000),
    (Accumulate(), "fresh", 6, 9, 0.5, False, 20_000),
    (FixedReal("1/3"), "fixed", 5, 9, 0.2, True, 20_000),
    (SlidingWindow(2), "fixed", 12, 5, 2.0, False, 20_000),
    (Accumulate(), "fresh", 8, 20, 0.0, True, 8_000),
    (Replace(), "fresh", 8, 20, 0.0, True, 8_000),
    (FixedReal("1/3"), "fixed", 10, 30, 0.0, True, 10_000),
]


@pytest.mark.parametrize(("workflow", "design", "T", "d", "ridge", "scaled", "replicates"), thinned(EXACT, 4), ids=str)
def test_exact_laws_and_simulation_agree(workflow, design, T, d, ridge, scaled, replicates):
    task = sim.LinearRegression(T=T, d=d, sigma=0.5, design=design, ridge=ridge, scaled=scaled, signal=0.8)
    run = sim.run(task, workflow, iterations=4, replicates=replicates, key=jr.key(T + d))
    law = theory.law(task, workflow)
    assert law.validity == "exact"
    found = sim.compare(run, law)
    assert found.verdict == "agree", found.reason
    error = run.test_error.standard_error
    assert (error < 0.1 / (2 * Z) * found.law).all(), error / found.law  # an error of 10 % would be seen
    assert (np.abs(run.test_error.mean - 1.1 * found.law) > Z * error).all()


@pytest.mark.slow
@pytest.mark.parametrize(
    ("workflow", "T", "ridge"),
    [(Replace(), 160, 0.3), (Accumulate(), 50, 0.1), (FreshReal(1, "3/5"), 30, 0.3)],
    ids=str,
)
def test_the_limit_is_near_at_a_hundred_features(workflow, T, ridge):
    """A power-law covariance; systematically off by the next order in 1/d, a few percent."""
    spectrum = Spectrum.power_law(100, capacity=1.2, source=0.5)
    task = sim.LinearRegression(T=T, d=100, sigma=0.5, design="fresh", ridge=ridge, spectrum=spectrum)
    found = sim.run(task, workflow, iterations=3, replicates=256, key=jr.key(T)).test_error
    expected = theory.law(task, workflow).evaluate(n=range(1, 4))
    away = np.abs(found.mean / expected - 1)
    assert (away < 0.031 + Z * found.standard_error / expected).all(), away
    assert (found.standard_error < 0.03 * expected).all()
