"""What bias and variance of one fit with a ridge lie between, by formulas and by balls, against quadrature."""

import pytest

from theory import LinearRegression, Spectrum
from theory.tasks.regression import ridge_enclosed, ridge_fit, wishart_balls


@pytest.mark.parametrize("ridge", [0.02, 2.0, 14.0, 400.0])
@pytest.mark.parametrize("rows", [1, 3, 4, 5, 6, 8, 12, 40])
def test_one_fit_lies_between(rows, ridge, monkeypatch):
    """At d = 3, the ridge less and more than the rows beyond d + 1; the features' variance is 2."""
    spectrum = Spectrum((2.0,), (3,), (1.5,))
    penalty = LinearRegression(design="fresh", ridge=ridge, scaled=False, spectrum=spectrum, signal=1.5**0.5).penalty
    assert penalty is not None
    expected = ridge_fit.bias_and_variance(penalty, rows, 3)
    formulas = ridge_enclosed._variance(penalty, rows, 3, closely=False)
    balls = ridge_enclosed._bias(penalty, rows, 3), ridge_enclosed._variance(penalty, rows, 3, closely=True)
    monkeypatch.setattr(wishart_balls, "objection", lambda *_: "too many")
    ridge_enclosed._bias.cache_clear()
    found = (*balls, ridge_enclosed._bias(penalty, rows, 3), formulas)
    for value, (low, high) in zip((*expected, *expected), found, strict=True):
        assert float(low) <= value * (1 + 1e-9)
        assert value <= float(high) * (1 + 1e-9)
    ridge_enclosed._bias.cache_clear()
