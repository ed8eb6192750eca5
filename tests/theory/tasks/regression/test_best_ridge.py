"""The best ridge at each iteration: falls with n under Accumulate, and predicting 0 wins in the end under Replace."""

from math import inf

import numpy as np
import pytest

import theory
from tests.helpers import thinned
from theory import Accumulate, FixedReal, LinearRegression, Replace, Spectrum, best_ridge
from theory.tasks.regression import ridge_optimum

#: d/T = 1/2, sigma = |w*| = 1: (lambda, error) at n = 1, 2, 4, 8, 16.
BEST = [
    ("fixed", Accumulate(), 2, 0.400, 0.4831),
    ("fresh", Accumulate(), 4, 0.327, 0.5281),
    ("fresh", Replace(), 2, 0.475, 0.7423),
    ("fixed", Accumulate(), 1, 0.5, 0.4142),
    ("fixed", Accumulate(), 4, 0.312, 0.5266),
    ("fixed", Accumulate(), 8, 0.244, 0.5497),
    ("fixed", Accumulate(), 16, 0.194, 0.5594),
    ("fresh", Accumulate(), 2, 0.408, 0.4839),
    ("fresh", Accumulate(), 8, 0.265, 0.5519),
    ("fresh", Accumulate(), 16, 0.220, 0.5627),
    ("fixed", FixedReal("3/10"), 2, 0.419, 0.5557),
    ("fixed", FixedReal("3/10"), 4, 0.384, 0.6284),
    ("fixed", FixedReal("3/10"), 8, 0.377, 0.6456),
    ("fixed", FixedReal("3/10"), 16, 0.377, 0.6469),
    ("fixed", Replace(), 2, 0.5, 0.7097),
    ("fixed", Replace(), 8, inf, 1.0),
    ("fresh", Replace(), 4, inf, 1.0),
]


@pytest.mark.parametrize(("design", "workflow", "n", "ridge", "error"), [*BEST[:3], *thinned(BEST[3:], 100)])
def test_known_values(design, workflow, n, ridge, error):
    found = best_ridge(LinearRegression(200, 100, 1.0, design=design, ridge=1.0), workflow, n)
    if ridge == inf:
        assert found.ridge == inf
        assert found.error == 1
    else:
        assert abs(found.ridge - ridge) < 6e-4
        assert abs(found.error - error) < 6e-5


def test_it_is_the_least():
    """Among 400 ridges none is better; units: an unscaled ridge is T times a scaled one, and features may be scaled."""
    spectrum = Spectrum((3.0,), (40,), (1.0,))
    task = LinearRegression(60, 40, 1.0, design="fresh", ridge=1.0, spectrum=spectrum)
    found = best_ridge(task, Replace(), 2)
    tried = [
        theory.law(LinearRegression(60, 40, 1.0, design="fresh", ridge=ridge, spectrum=spectrum), Replace()).evaluate(
            n=2
        )
        for ridge in np.geomspace(0.02, 200, 60)
    ]
    assert found.error <= min(tried)
    assert min(tried) == pytest.approx(found.error, rel=1e-2)
    unscaled = LinearRegression(60, 40, 1.0, design="fresh", ridge=1.0, spectrum=spectrum, scaled=False)
    assert best_ridge(unscaled, Replace(), 2).ridge == pytest.approx(60 * found.ridge, rel=1e-4)


@pytest.mark.parametrize("validity", ["exact", "proportional"])
def test_it_is_the_best_of_the_values_that_are_asked_for(validity, monkeypatch):
    """Where features are few, exact values and those of the limit are least at different ridges."""
    monkeypatch.setattr(ridge_optimum, "_STEPS", 11)
    found = best_ridge(LinearRegression(8, 3, 1.0, design="fixed", ridge=1.0), Accumulate(), 2, validity=validity)

    def error(ridge):
        law = theory.law(LinearRegression(8, 3, 1.0, design="fixed", ridge=ridge), Accumulate())
        return law.evaluate(n=2, validity=validity)

    assert error(found.ridge) == pytest.approx(found.error, rel=1e-9)
    assert found.error < min(error(0.99 * found.ridge), error(1.01 * found.ridge))


def test_what_it_needs():
    for task in (LinearRegression(9, 3, 1.0, design="fresh"), LinearRegression(design="fresh", ridge=1.0)):
        with pytest.raises(ValueError, match=r"with numbers T and d and a ridge to start from; got .* Give ridge=1.0"):
            best_ridge(task, Accumulate(), 2)
