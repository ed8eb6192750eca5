"""The Gaussian's laws of a chain: divergence and determinant."""

from fractions import Fraction

import numpy as np
import pytest
import sympy as sp

import theory
from tests.helpers import Made
from theory import (
    Accumulate,
    FixedReal,
    Gaussian,
    Generator,
    Replace,
    ReplaceGrowing,
    by_count,
    by_weight,
    pools,
    real,
    subsample,
    synthetic,
)
from theory.symbols import T, n
from theory.sympy_types import as_expression
from theory.tasks.gaussian.chain import DigammaSum

HALVED = Generator(temperature="1/2")

#: Each model fitted to T/2 of the T rows sampled from the one before.
HALF_OF_IT = Made(lambda i: subsample(synthetic(i - 1), rows="1/2"))


@pytest.mark.parametrize(
    ("numbers", "values"),
    [
        ({"T": 12, "d": 1}, [0.13189, 0.33785, 0.64258, 1.07900]),
        ({"T": 20, "d": 2}, [0.17910, 0.43633, 0.79122, 1.26818]),
    ],
)
def test_numbers_of_the_divergence(numbers, values):
    """Simulated elsewhere with 200,000 and 20,000 chains."""
    law = theory.law(Gaussian(), Replace(), "kl")
    assert law.evaluate(n=range(1, 5), **numbers) == pytest.approx(values, abs=6e-6)
    at_numbers = theory.law(Gaussian(**numbers), Replace(), "kl")
    exactly = [float(sp.N(at_numbers.expr.subs(sp.Symbol("n", integer=True, positive=True), m))) for m in range(1, 5)]
    assert at_numbers.evaluate(n=range(1, 5)) == pytest.approx(exactly, rel=1e-12)
    assert law.growth().kind == "exponential"


@pytest.mark.parametrize(("numbers", "drift"), [({"T": 12, "d": 1}, -0.180666), ({"T": 20, "d": 2}, -0.266791)])
def test_numbers_of_the_determinant(numbers, drift):
    law = theory.law(Gaussian(), Replace(), "log_determinant")
    assert law.evaluate(n=[1, 7], **numbers) == pytest.approx([drift, 7 * drift], abs=7e-6)
    assert law.growth().kind == "falling"
    assert law.limit() == -sp.oo


@pytest.mark.parametrize("estimator", ["mle", "unbiased"])
@pytest.mark.parametrize("dimension", [1, 3])
def test_against_wishart_matrices(estimator, dimension):
    """Two fits in NumPy, by the row, and the same seed for both quantities."""
    rows, chains, generator = 14, 40_000, np.random.default_rng(5)
    divisor = rows - (estimator == "unbiased")
    factor, mean = np.tile(np.eye(dimension), (chains, 1, 1)), np.zeros((chains, dimension))
    covariance = np.empty(0)
    for _ in range(2):
        x = mean[:, None] + generator.standard_normal((chains, rows, dimension)) @ factor.transpose(0, 2, 1)
        mean, centred = x.mean(1), x - x.mean(1, keepdims=True)
        covariance = centred.transpose(0, 2, 1) @ centred / divisor
        factor = np.linalg.cholesky(covariance)
    logarithm = np.linalg.slogdet(covariance)[1]
    inverse = np.linalg.inv(covariance)
    divergence = (
        np.trace(inverse, axis1=1, axis2=2) - dimension + logarithm + np.einsum("ci,cij,cj->c", mean, inverse, mean)
    ) / 2
    task = Gaussian(T=rows, d=dimension, estimator=estimator)
    for name, found in (("log_determinant", logarithm), ("kl", divergence)):
        law = float(theory.law(task, Replace(), name).evaluate(n=2))
        error = found.std() / chains**0.5
        assert abs(found.mean() - law) < 5 * error
        assert error < 0.1 * abs(law) / 5


def test_the_drift_is_negative():
    """Whatever the estimator: psi(x) < log x."""
    for estimator in ("mle", "unbiased"):
        law = theory.law(Gaussian(estimator=estimator), Replace(), "log_determinant")
        values = [law.evaluate(n=1, T=rows, d=k) for k in (1, 2, 7) for rows in (k + 1, k + 2, 50, 10**6)]
        assert max(values) < 0


def test_a_sum_of_digammas():
    assert DigammaSum(T, sp.Integer(2)) == sp.digamma((T - 1) / 2) + sp.digamma((T - 2) / 2)


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (lambda: theory.law(Gaussian(), Accumulate(), "kl"), r"of the kl it is known under Replace\(\)"),
        (lambda: theory.law(Gaussian(), ReplaceGrowing(), "log_determinant"), r"not under ReplaceGrowing\(\)"),
        (lambda: theory.law(Gaussian(), FixedReal(1), "kl"), "not under FixedReal"),
        (lambda: theory.law(Gaussian(), HALF_OF_IT, "kl"), "not under Made"),
        (lambda: theory.law(Gaussian(), HALF_OF_IT, "log_determinant"), "not under Made"),
        (
            lambda: theory.law(Gaussian(), Replace(), "kl").evaluate(n=1, T=4, d=2),
            r"kl needs T >= d \+ 3, or the divergence",
        ),
        (lambda: theory.law(Gaussian(T=4, d=2), Replace(), "kl"), r"kl needs T >= d \+ 3, .*; got T=4, d=2"),
        (
            lambda: theory.law(Gaussian(T=4, d=4), Replace(), "log_determinant"),
            r"needs T >= d \+ 1, or a covariance is sing",
        ),
        (lambda: Gaussian(T=1), "gaussian needs T >= 2; got T=1"),
        (lambda: Gaussian(T=Fraction(5, 2)), "T must be a whole number"),  # pyright: ignore[reportArgumentType]: a mistake
        (lambda: Gaussian(T="many"), "T must be a number"),  # pyright: ignore[reportArgumentType]: a mistake
        (lambda: Gaussian(estimator="best"), "estimator must be one of mle, unbiased; got 'best'"),
    ],
)
def test_mistakes(call, message):
    with pytest.raises(ValueError, match=message):
        call()


@pytest.mark.parametrize("estimator", ["mle", "unbiased"])
def test_no_gain_is_told_of_other_samples_than_those_of_the_models(estimator):
    """The error of the mean at half the temperature goes to another number than the workflow's gain."""
    task = Gaussian(estimator=estimator)
    usual, cold = theory.law(task, Replace(), "mean_error"), task.generated(Replace(), HALVED, "mean_error")
    many = 10**9
    assert usual.gain_expr == n
    assert usual.evaluate(n=5, T=many, d=1) * many == pytest.approx(5, rel=1e-6)
    assert cold.evaluate(n=5, T=many, d=1) * many == pytest.approx(1 + sum(4.0**-k for k in range(1, 5)), rel=1e-6)
    assert cold.gain_expr is None


@pytest.mark.parametrize("late", [2, 4, 5])
@pytest.mark.parametrize("of", ["variance", "mean_error"])
def test_an_unbiased_covariance_ends_where_some_rows_count_more(late, of):
    """Where the first training sets count all rows alike, the law has values up to the first that does not."""
    shares = {real(1): "1/3", synthetic(1): "2/3"}
    workflow = Made(lambda i: by_weight(shares) if i == late else by_count(pools(1, i)))
    if late == 2:
        with pytest.raises(ValueError, match="an unbiased covariance is defined where every row counts alike"):
            theory.law(Gaussian(estimator="unbiased"), workflow, of)
        return
    law, usual = (theory.law(Gaussian(estimator="unbiased"), each, of) for each in (workflow, Accumulate()))
    before = range(1, late)
    np.testing.assert_allclose(law.evaluate(n=before, T=5), usual.evaluate(n=before, T=5), rtol=1e-12)
    each = law.derived.each
    assert each is not None
    for found in (lambda: law.evaluate(n=late, T=5), lambda: each(late)):
        with pytest.raises(ValueError, match=f"at iteration {late} some rows count more than others"):
            found()
    assert theory.law(Gaussian(), workflow, of).evaluate(n=late, T=5) > 0


def test_needs_are_assumptions():
    law = theory.law(Gaussian(), Replace(), "kl")
    assert [str(relation) for relation in law.assumptions] == ["T >= d + 3", "T >= 2", "d >= 1", "n >= 1"]
    assert theory.law(Gaussian(T=12, d=1), Replace(), "kl").exact


def test_numbers_at_a_temperature():
    """Samples at 0.7 times the model's standard deviation: simulated elsewhere; without it the variance would stay."""
    cold = Generator(temperature=Fraction(7, 10))
    law = Gaussian().generated(Accumulate(), cold)
    values = law.evaluate(n=range(1, 7), T=5)
    assert values == pytest.approx([0.8, 0.5764, 0.47214, 0.40905, 0.36572, 0.33364], abs=6e-6)
    exactly = [float(sp.N(law.expr.subs(T, 5).subs(n, m).doit())) for m in range(1, 7)]
    assert values == pytest.approx(exactly, rel=1e-13)
    assert law.growth().kind == "vanishing"
    assert law.evaluate(n=1000, T=5) == pytest.approx(
        float(sp.N((as_expression(law.growth().constant) * law.growth().scale).subs({T: 5, n: 1000}))), rel=1e-2
    )
    assert theory.law(Gaussian(), Accumulate()).growth().kind == "bounded"
    # the mean's error by the recursion alone, and windows of weights too
    error = Gaussian().generated(FixedReal(Fraction(1, 2)), cold, of="mean_error")
    assert error.evaluate(n=[1, 2], T=5) == pytest.approx([0.2, 0.2 + 0.25 * 0.49 * 0.8 / 5], rel=1e-13)


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (
            lambda: Gaussian().generated(Accumulate(), Generator(temperature=0)),
            "a law under a temperature above 0 alone",
        ),
        (lambda: Gaussian().generated(Accumulate(), Generator(bias=1)), "a law under a temperature above 0 alone"),
        (lambda: Gaussian().generated(Replace(), Generator(temperature=2), of="kl"), "of the kl no law under"),
        (
            lambda: Gaussian(estimator="unbiased").generated(FixedReal(Fraction(1, 2)), Generator(temperature=2)),
            "where every row counts alike",
        ),
    ],
)
def test_generators_without_a_law(call, message):
    with pytest.raises(ValueError, match=message):
        call()
