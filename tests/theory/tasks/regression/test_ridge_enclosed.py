"""What bias and variance of one fit with a ridge lie between, by formulas and by balls, against quadrature.

And what all pools of T rows lie between without a ridge, by fractions.
"""

from fractions import Fraction

import pytest
import sympy as sp

from theory import LinearRegression, Spectrum
from theory.tasks.regression import ridge_enclosed, ridge_fit, wishart_balls
from theory.tasks.regression.symbols import sigma


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


@pytest.mark.parametrize("T", [1, 2, 3, 4, 5, 7])
def test_without_a_ridge_it_is_a_fraction_up_to_the_peak(T):
    """At any d: a sum of V(iT)/i, infinite from rows within one of d on, and never more than is said of the rest."""
    penalty = LinearRegression(design="fresh", ridge=0, signal=2.0).penalty
    assert penalty is not None
    for d in (d for d in range(1, 17) if abs(T - d) >= 2):
        found = ridge_enclosed.nested(penalty, {"T": T, "d": d})
        peak = next((i for i in range(1, d + 2) if abs(i * T - d) < 2), None)
        assert found.infinite == peak, d
        lost, noise, values = max(Fraction(0), 4 * (1 - Fraction(T, d))), Fraction(0), []
        for i in range(1, 61 if peak is None else peak):
            noise += Fraction(min(i * T, d), abs(i * T - d) - 1) / i
            values.append(sp.Rational(lost) + sp.Rational(noise) * sigma**2)
            assert found.at(i) == (values[-1], values[-1]), (d, i)
        known = found.later(1)
        assert (known is None) == (peak is not None), d
        if known is None:
            continue
        first, least, most = known
        assert first == -(-(d + 2) // T)  # from there on bounds of V hold
        assert least == values[first - 1]
        # of what follows each is more than d/(i^2 T), and the sum of these over i > 60 more than d/(61 T)
        assert values[-1].subs(sigma, 1) + sp.Rational(d, 61 * T) < most.subs(sigma, 1), d
