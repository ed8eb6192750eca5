"""The largest and the least numbers that are taken, and the next ones, which are refused in one line."""

from dataclasses import replace
from typing import Any

import numpy as np
import pytest

import theory
from theory import (
    Accumulate,
    AccumulateSubsample,
    Bernoulli,
    Gaussian,
    GeneralisedLinear,
    LinearRegression,
    Poisson,
    Replace,
    SlidingWindow,
    Spectrum,
    best_rate,
    downstream_error,
    mixture_error,
)
from theory.derivation import MOST_EXACT, estimated
from theory.tasks.exponential_family import support
from theory.tasks.regression import (
    checks,
    matrix_beta,
    proportional,
    repeated_rows,
    ridge_fixed,
    ridge_limit,
    wishart,
    wishart_balls,
)

ALIKE = Spectrum.isotropic(9)


def downstream(**given: Any) -> Any:
    return downstream_error(ALIKE, **{"T": 1, "ridge": 0.1, "generators": 0, "T0": 11, **given})


def mixture(T: int, synthetic: float) -> Any:
    return mixture_error(T, 5, synthetic=synthetic, shift=1.0)


def ridged(**given: Any) -> Any:
    return LinearRegression(design="fresh", **given)


#: What takes one argument, a number that it takes, the next one that it does not, and what it says then.
NUMBERS = [
    (checks.noise, 1.1e-60, 1e-60, "between 1e-60 and 1e60"),
    (checks.noise, 9e59, 1e60, "between 1e-60 and 1e60"),
    (checks.features, 1, 0, "must be at least 1"),
    (lambda T: checks.check_samples(T, 3), 5, 4, r"T >= d \+ 2"),
    (lambda T: checks.check_samples(T, 3), 2**53, 2**53 + 1, r"at most 2\^53"),
    (lambda T: ridged(T=T, d=3, ridge=1), 2**53, 2**53 + 1, "T must be"),
    (lambda T: ridged(T=T, d=3, ridge=1), 1, 0, "at least 1"),
    (lambda T: ridged(T=T, d=3, ridge=0), 1, 2, "where T is d - 1, d or d"),
    (lambda T: ridged(T=T, d=3, ridge=0), 5, 4, "where T is d - 1, d or d"),
    (lambda x: ridged(ridge=x), 1.1e-60, 1e-60, "must be 0 or between"),
    (lambda x: ridged(ridge=x), 9e59, 1e60, "must be 0 or between"),
    (lambda x: ridged(ridge=1, signal=x), 0, -1e-9, "must be 0 or between"),
    (lambda x: Spectrum((x,), (1,), (1.0,)), 9e59, 1e60, "below 1e60"),
    (lambda x: Spectrum((1.0,), (1,), (x,)), 0, -1e-9, "at least 0"),
    (lambda x: Spectrum.power_law(3, 1.0, x), 0, -1e-9, "source >= 0"),
    (lambda T: Gaussian(T), 2, 1, "T >= 2"),
    (lambda T: Poisson(T), 1, 0, "T >= 1"),
    (lambda T: GeneralisedLinear(T, 3), 4, 3, r"T >= d \+ 1"),
    (lambda p: Bernoulli(5, p), 0.999, 1, "0 < p < 1"),
    (lambda T: theory.law(Gaussian(d=2), Replace(), "kl").evaluate(n=1, T=T), 5, 4, r"T >= d \+ 3"),
    (lambda T: theory.law(Gaussian(T, 2), Replace(), "log_determinant"), 3, 2, r"T >= d \+ 1"),
    (lambda T0: downstream(T0=T0), 11, 10, r"T0 >= d \+ 2"),
    (lambda T: downstream(T=T), 1, 0, "T at least 1"),
    (lambda x: downstream(ridge=x), 1e-3, 0, "ridge more than 0"),
    (lambda x: downstream(ridge=x), 1e9, float("inf"), "ridge more than 0"),
    (lambda n: downstream(generators=n), 0, -1, "at least 0"),
    (lambda T: mixture(T, 0.5), 6, 5, "more than d"),
    (lambda x: mixture(9, x), 1, 1.001, "from 0 to 1"),
    (lambda x: mixture(9, x), 0, -0.001, "from 0 to 1"),
    (lambda x: best_rate(x, 1.0), 1.001, 1, "capacity > 1"),
    (lambda x: best_rate(2.0, x), 0.001, 0, "source > 0"),
    (lambda x: best_rate(2.0, 1.0, generator_rows=x), 0.001, 0, "generator_rows > 0"),
    (lambda x: best_rate(2.0, 1.0, features=x), 0.001, 0, "features > 0"),
]


@pytest.mark.parametrize(("takes", "last", "next_one", "message"), NUMBERS)
def test_one_number_is_taken_and_the_next_is_not(takes, last, next_one, message):
    takes(last)
    with pytest.raises(ValueError, match=message):
        takes(next_one)


#: What says why there are no values, or nothing; arguments for which there are, and for which there are none.
OBJECTIONS = [
    (wishart.objection, (300, 10**7), (301, 10**7), "at most 300 eigenvalues"),
    (wishart.objection, (10**7, 300), (10**7 + 1, 300), "10,000,000 rows"),
    (wishart_balls.objection, (400, 32), (401, 32), "400 rows"),
    (lambda n: proportional.objection(Accumulate(), n, T=9, d=3, corrected=False), (100,), (101,), "at most 100"),
    (lambda n: proportional.objection(AccumulateSubsample(), n, T=9, d=3, corrected=False), (10,), (11,), "at most 10"),
    (lambda d: proportional.objection(Replace(), 2, T=9, d=d, corrected=False), (8,), (9,), "more than 9 rows"),
    (lambda d: proportional.objection(Replace(), 2, T=9, d=d, corrected=True), (7,), (8,), "more than 9 rows"),
    (lambda n: repeated_rows.objection(Replace(), n, T=9, d=3, corrected=False), (300,), (301,), "at most 300"),
]


@pytest.mark.parametrize(("says", "known", "unknown", "message"), OBJECTIONS)
def test_one_number_is_known_and_the_next_is_not(says, known, unknown, message):
    assert says(*known) is None
    assert message in says(*unknown)


def test_so_many_iterations_and_no_more(monkeypatch):
    """Where so many would take long, fewer are the most."""
    monkeypatch.setattr(ridge_fixed, "MOST", 3)
    monkeypatch.setattr(ridge_limit, "MOST", 3)
    monkeypatch.setattr(ridge_limit, "MOST_DRAWS", 2)
    monkeypatch.setattr(support, "_MOST_ROWS", 4)
    fixed, fresh = (LinearRegression(9, 3, 1.0, design=design, ridge=1.0) for design in ("fixed", "fresh"))
    for law, last, message in (
        (theory.law(fixed, SlidingWindow(2)), 3, "followed for at most 3 iterations; got 4"),
        (theory.law(fresh, SlidingWindow(2)), 3, "found for 3 iterations; got 4"),
        (theory.law(fresh, AccumulateSubsample()), 2, "found for 2 iterations; got 3"),
    ):
        assert np.isfinite(law.evaluate(n=last))
        with pytest.raises(ValueError, match=message):
            law.evaluate(n=last + 1)
    lost = theory.law(Bernoulli(p=0.5), Replace(), "support_lost")
    assert lost.evaluate(n=1, T=4) == pytest.approx(1 / 8)
    with pytest.raises(ValueError, match="T <= 4; got T=5"):
        lost.evaluate(n=1, T=5)
    law = theory.linear.test_error(SlidingWindow(2), design="fresh")
    (next_order,) = (each for each in law.derived.estimates if each.validity == "next-order")
    assert next_order.objection({}, MOST_EXACT) is None
    assert f"at most {MOST_EXACT} iterations" in (next_order.objection({}, MOST_EXACT + 1) or "")
    with pytest.raises(ValueError, match=f"at most {MOST_EXACT} iterations; got {MOST_EXACT + 1}"):
        law.evaluate(n=[1, MOST_EXACT + 1], T=9, d=3, validity="next-order")
    named = replace(next_order, values=lambda numbers, iterations: np.zeros(iterations))
    assert list(estimated([named], {}, MOST_EXACT)) == ["next-order"]
    assert estimated([named], {}, MOST_EXACT + 1) == {}
    monkeypatch.setattr(matrix_beta, "MOST_FEATURES", 2)
    monkeypatch.setattr(matrix_beta, "MOST_ROWS", 12)
    for d, rows, others, taken in ((2, 6, 6, True), (3, 6, 6, False), (2, 6, 7, False)):
        if taken:
            matrix_beta.agreed(lambda beta: np.ones(1), d, rows, others)
            continue
        with pytest.raises(ValueError, match=r"at most 2 features and 12 rows; .* Use fewer"):
            matrix_beta.agreed(lambda beta: np.ones(1), d, rows, others)
