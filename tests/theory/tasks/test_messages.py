"""What a refusal says, word by word: each number in it is another one, so that none stands for another."""

import re
from fractions import Fraction
from typing import Any

import numpy as np
import pytest
import sympy as sp

import theory
from tests.helpers import Made
from theory import (
    Accumulate,
    AccumulateSubsample,
    Categorical,
    Estimator,
    Gaussian,
    GeneralisedLinear,
    Generator,
    LinearRegression,
    Poisson,
    Replace,
    SlidingWindow,
    Spectrum,
    best_rate,
    by_count,
    downstream_error,
    mixture_error,
    synthetic,
    unequal,
)
from theory.tasks.estimator import x
from theory.tasks.regression import matrix_beta, proportional, repeated_rows, ridge_limit, wishart
from theory.tasks.regression.master import Groups, Space, second_moments

HALF = Fraction(1, 2)
ALIKE = Spectrum.isotropic(7)


def ridged(**given: Any) -> LinearRegression:
    return LinearRegression(**{"design": "fresh", "ridge": 1.0, **given})


def of_pools(workflow: Any, **numbers: Any) -> Any:
    """The law of a regression with one T an iteration."""
    return theory.law(LinearRegression(design="fresh"), workflow).evaluate(**numbers)


def unsolved() -> Any:
    one = np.ones((1, 1, 1))
    return second_moments(
        Groups(one, one, np.array([4.0])), Space(np.ones(1), np.array([10.0]), 0 * one, np.zeros(1)), corrected=False
    )


SAID = {
    "influence": (
        lambda: Estimator(x + 3),
        "an influence has mean 0 at N(0, 1); that of x + 3 is 3. Subtract it.",
    ),
    "table": (
        lambda: GeneralisedLinear(table="iris", d=5),
        "the table iris has d=3; got 5. Leave it out.",
    ),
    "link of a table": (
        lambda: GeneralisedLinear(table="iris", link="probit"),
        "a table's labels are fitted by the logistic link; got 'probit'.",
    ),
    "numbers": (
        lambda: GeneralisedLinear(T=5, d=9, signal=0.25),
        "generalised-linear needs T >= d + 1; got T=5, d=9, signal=0.25.",
    ),
    "whole": (lambda: Poisson(T=2.5), "T must be a whole number; got T=2.5."),  # pyright: ignore[reportArgumentType]
    "shares": (
        lambda: Categorical(p=(0.5, 0.25, 0.125)),
        "categorical needs probabilities p of at least 0 that add up to 1; got 0.5, 0.25, 0.125.",
    ),
    "moment": (
        lambda: theory.law(Gaussian(), SlidingWindow(sp.Symbol("k", integer=True, positive=True)), "mean_error"),
        "no formula is known for mean_error under SlidingWindow(k=k); give numbers for its parameters.",
    ),
    "generator": (
        lambda: Gaussian().generated(Replace(), Generator(bias=2)),
        "gaussian has a law under a temperature above 0 alone; got Generator(bias=2).",
    ),
    "design": (
        lambda: LinearRegression(design="loose"),
        "design must be 'fixed' (one X for all iterations) or 'fresh' (a new X each); got 'loose'.",
    ),
    "samples": (
        lambda: LinearRegression(9, 8, design="fresh"),
        "test error needs T >= d + 2 for a finite mean; got T=9, d=8. Use more samples or fewer features.",
    ),
    "noise": (
        lambda: LinearRegression(9, 2, -3, design="fresh"),
        "sigma is a noise standard deviation, a positive finite number between 1e-60 and 1e60; got sigma=-3.",
    ),
    "covariance": (
        lambda: LinearRegression(9, 2, design="fresh", covariance=np.eye(3)),
        "covariance must be a symmetric positive definite matrix of shape (2, 2); got shape (3, 3). "
        "Leave it out for the identity.",
    ),
    "features of a spectrum": (
        lambda: ridged(T=5, d=4, spectrum=ALIKE),
        "the multiplicities of the spectrum add up to 7, and must add up to d=4.",
    ),
    "length of a spectrum": (
        lambda: ridged(spectrum=Spectrum.isotropic(7, 2.0), signal=3.0),
        "the energies of w* add up to 4, and must add up to signal^2 = 9. Give signal=2.0, or other energies.",
    ),
    "counts of a spectrum": (
        lambda: Spectrum((1, 2), (1,), (1, 2, 3)),
        "a spectrum needs as many multiplicities and energies as eigenvalues, and one at least; got 2 eigenvalues, "
        "1 multiplicities and 3 energies.",
    ),
    "power law": (
        lambda: Spectrum.power_law(3, 2, -0.5),
        "a power law needs capacity > 0 and source >= 0; got capacity=2, source=-0.5.",
    ),
    "peak": (
        lambda: ridged(T=5, d=6, ridge=0),
        "without a ridge the test error has no finite mean where T is d - 1, d or d + 1; got T=5, d=6. "
        "Use T <= d - 2, T >= d + 2, or ridge > 0.",
    ),
    "iterations with a ridge": (
        lambda: theory.law(ridged(T=9, d=3, design="fixed"), SlidingWindow(2)).evaluate(n=203, sigma=1),
        "with a ridge SlidingWindow(k=2) is followed for at most 200 iterations; got 203.",
    ),
    "iterations in the limit": (
        lambda: theory.law(ridged(T=9, d=3), SlidingWindow(2)).evaluate(n=104, sigma=1),
        "with a ridge the limit d/T -> gamma of SlidingWindow(k=2) is found for 100 iterations; got 104.",
    ),
    "draws in the limit": (
        lambda: theory.law(ridged(T=9, d=3), AccumulateSubsample()).evaluate(n=12, sigma=1),
        "with a ridge the limit d/T -> gamma of AccumulateSubsample() is found for 10 iterations; got 12.",
    ),
    "rows that are different": (
        lambda: repeated_rows.errors(AccumulateSubsample(), 3, T=100, d=72),
        "without ridge the limit d/T -> gamma needs more than 72 different rows in every training set; iteration 3 of "
        "AccumulateSubsample() has 70.37. Use more samples or fewer features.",
    ),
    "rows in the limit": (
        lambda: proportional.errors(
            Made(lambda i: by_count(synthetic(i - 1)), lambda k: HALF if k > 1 else 1), 3, T=40, d=24, corrected=True
        ),
        "without ridge the limit d/T -> gamma needs more than 25 rows in every training set; iteration 2 of Made has "
        "20. Use more samples or fewer features.",
    ),
    "rows of the equation": (
        unsolved,
        "the limit d/T -> gamma needs more rows than features in every training set; one has 0.4 of what it must "
        "exceed. Use more samples or fewer features.",
    ),
    "rows of a matrix beta": (
        lambda: matrix_beta.agreed(lambda beta: np.ones(1), 3, 9_000_000, 2_000_000),
        "moments of a matrix beta are found for at most 1000 features and 10,000,000 rows; got d=3 and 11000000 rows. "
        "Use fewer.",
    ),
    "rows of a Gram matrix": (
        lambda: wishart.mean(np.ones_like, 400, 500),
        "means over X'X are found for at most 300 eigenvalues and 10,000,000 rows; got 400 rows of 500 features. Take "
        "the limit d/T -> gamma, validity='proportional'.",
    ),
    "a pool that is no multiple": (
        lambda: unequal(Accumulate(), design="fixed").evaluate(T=[20, 30], d=3),
        "pool 2 has 30 rows; at fixed design it needs a whole multiple of the 20 rows of X.",
    ),
    "a training set that is small": (
        lambda: unequal(Replace(), design="fresh").evaluate(T=[20, 4], d=3),
        "test error needs at least d + 2 rows in every training set; iteration 2 has 4 at d=3. Use more samples or "
        "fewer features.",
    ),
    "rows of all pools": (
        lambda: theory.law(LinearRegression((9, 9, 9), 3, 1.0, design="fresh"), Replace()).evaluate(n=5),
        "T names 3 iterations and 5 are asked for. Give one for each.",
    ),
    "half a row": (
        lambda: theory.law(
            LinearRegression((9, 11), 3, 1.0, design="fresh"),
            Made(lambda i: by_count(synthetic(i - 1)), lambda k: (k + 1) * HALF),
        ).evaluate(n=2),
        "Made: pool 2 has 33/2 rows, no whole number. Choose another T.",
    ),
    "generators": (
        lambda: downstream_error(ALIKE, 5, 0.5, generators=-2, T0=20),
        "generators must be at least 0, T at least 1 and ridge more than 0; got generators=-2, T=5, ridge=0.5.",
    ),
    "rows of generators": (
        lambda: downstream_error(ALIKE, 5, 0.5, generators=2, T0=8),
        "generators need T0 >= d + 2 rows for a finite mean; got T0=8, d=7. Use more rows.",
    ),
    "rates": (
        lambda: best_rate(2.0, 0.5, generator_rows=-1.5, features=0.25),
        "rates need capacity > 1, source > 0, generator_rows > 0 and features > 0; got 2.0, 0.5, -1.5 and 0.25.",
    ),
    "shares of a mixture": (
        lambda: mixture_error(9, 5, synthetic=1.5, shift=1),
        "T must be more than d, and synthetic a share from 0 to 1; got T=9, d=5, 1.5.",
    ),
}


@pytest.mark.parametrize("name", SAID)
def test_a_refusal_has_the_numbers_that_it_is_about(name):
    call, said = SAID[name]
    with pytest.raises(ValueError, match=f"^{re.escape(said)}$"):
        call()


def test_what_a_quadrature_is_of():
    """As the number of nodes grows this mean never settles."""
    values = iter(range(1, 100))
    with pytest.raises(ValueError, match="a matrix beta with 6 and 8 rows at d=2 were not found to 1e-12; choose a we"):
        matrix_beta.agreed(lambda beta: np.array([float(next(values))]), 2, 6, 8)


def test_so_much_memory_and_no_more(monkeypatch):
    """Two eigenvalues, a group an iteration, and matrices of as many rows and columns as iterations."""
    monkeypatch.setattr(ridge_limit, "_MOST_NUMBERS", 2 * 3 * 3**2)
    task = ridged(T=9, d=3, sigma=1, spectrum=Spectrum((1.0, 2.0), (2, 1), (1.0, 0.0)), scaled=False)
    law = theory.law(task, SlidingWindow(2))
    assert law.evaluate(n=3) > 0
    with pytest.raises(ValueError, match="too much memory for 4 iterations of 2 eigenvalues"):
        law.evaluate(n=4)
