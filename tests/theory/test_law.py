from fractions import Fraction
from typing import Any

import mpmath
import numpy as np
import pytest
import sympy as sp

import theory
from tests.helpers import Made
from theory import (
    Accumulate,
    AccumulateSubsample,
    FixedReal,
    FreshReal,
    Replace,
    ReplaceGrowing,
    by_count,
    gain,
    pools,
    synthetic,
)
from theory.linear import DESIGNS
from theory.symbols import T, n
from theory.sympy_types import as_expression, substituted
from theory.tasks.regression.symbols import d, sigma

FIXED = theory.LinearRegression(design="fixed")

ALL = [(w, design) for w in (Replace(), Accumulate(), ReplaceGrowing()) for design in DESIGNS]


@pytest.mark.parametrize(("workflow", "design"), ALL, ids=str)
def test_closed_form_is_the_law_free_of_sums(workflow, design):
    law = theory.linear.test_error(workflow, design=design)
    closed = law.closed_form()
    assert closed is not None
    assert not closed.has(sp.Sum)
    for iteration in (1, 2, 5, 17):
        at = {T: 23, d: 9, sigma: sp.Rational(3, 2)}
        exact = substituted(law.expr, at | {n: iteration}).doit()
        assert abs(sp.N(substituted(closed, at | {n: iteration}) - exact, 30)) < 1e-25


@pytest.mark.parametrize(("workflow", "design"), ALL, ids=str)
def test_gain_is_the_large_T_law(workflow, design):
    law = theory.linear.test_error(workflow, design=design)
    assert law.gain(12) == gain(workflow, 12)
    large = 10**9
    ratio = law.evaluate(T=large, d=3, n=range(1, 13)) / law.evaluate(T=large, d=3, n=1)
    np.testing.assert_allclose(ratio, [float(c) for c in gain(workflow, 12)], rtol=1e-7)


def test_limits_and_growth():
    scale = sigma**2 * d / (T - d - 1)
    assert sp.simplify(theory.linear.test_error(Accumulate(), design="fixed").limit() - scale * sp.pi**2 / 6) == 0
    assert theory.linear.test_error(Replace(), design="fresh").limit() is sp.oo
    assert theory.linear.test_error(Replace(), design="fresh").growth().kind == "linear"
    growing = theory.linear.test_error(ReplaceGrowing(), design="fresh").growth()
    assert (growing.kind, sp.simplify(growing.constant - sigma**2 * d / T)) == ("logarithmic", 0)
    a = (d + 1) / T
    plateau = -(sigma**2) * d / (d + 1) * (sp.digamma(1 - a) + sp.EulerGamma)
    difference = theory.linear.test_error(Accumulate(), design="fresh").limit() - plateau
    assert abs(sp.N(difference.subs({T: 41, d: 7, sigma: 2}), 30)) < 1e-25


def test_plateaus_of_both_designs():
    # T = 100, d = 32, sigma = 1: where the two designs settle.
    limits = {design: theory.linear.test_error(Accumulate(), design=design).limit() for design in DESIGNS}
    values = {design: float(limit.subs({T: 100, d: 32, sigma: 1})) for design, limit in limits.items()}
    assert round(values["fresh"], 4) == 0.7087
    assert round(values["fixed"], 4) == 0.7856


def test_a_limit_at_numbers_has_none_of_their_letters_and_is_where_the_law_goes():
    """Also where numbers decide whether there is one: a tenth of real data holds exponential ones from T = 5 on."""
    law = theory.linear.test_error(Accumulate(), design="fixed")
    assert float(as_expression(law.limit(T=100, d=32, sigma=1))) == pytest.approx(32 / 67 * np.pi**2 / 6)
    by_numbers = theory.law(theory.Gamma(), FixedReal("1/10"))
    assert (by_numbers.limit(), by_numbers.limit(T=4, shape=1)) == (None, sp.oo)
    numbers: dict[str, Any] = {"T": 50, "shape": 1, "mean": 2}
    far = by_numbers.evaluate(n=400, **numbers)
    assert float(as_expression(by_numbers.limit(**numbers))) == pytest.approx(far, rel=1e-9)


@pytest.mark.parametrize(("workflow", "design"), ALL, ids=str)
@pytest.mark.parametrize(("samples", "features"), [(3, 1), (100, 32), (10**6, 2)])
def test_evaluate_against_exact_rationals(workflow, design, samples, features):
    law = theory.linear.test_error(workflow, design=design)
    iterations = [1, 2, 3, 10, 40]
    found = law.evaluate(T=samples, d=features, sigma=0.5, n=iterations)
    at = {T: samples, d: features, sigma: sp.Rational(1, 2)}
    exact = [float(as_expression(substituted(law.expr, at | {n: m}).doit())) for m in iterations]
    np.testing.assert_allclose(found, exact, rtol=1e-14)
    assert found.dtype == np.float64
    assert found.shape == (5,)


@pytest.mark.parametrize(("samples", "features"), [(3, 1), (100, 32), (10**6, 2)])
def test_evaluate_far_out(samples, features):
    # Beyond a million iterations the closed form is used; the tail of the sum by Euler and Maclaurin is the oracle.
    law = theory.linear.test_error(Accumulate(), design="fresh")
    far = 3 * 10**6
    head = law.evaluate(T=samples, d=features, n=10**6)
    with mpmath.workdps(40):
        tail = features * mpmath.sumem(lambda x: 1 / (x * (x * samples - features - 1)), [10**6 + 1, far])
    np.testing.assert_allclose(law.evaluate(T=samples, d=features, n=far) - head, float(tail), rtol=1e-4)
    np.testing.assert_allclose(law.evaluate(T=samples, d=features, n=far), head + float(tail), rtol=1e-13)


def test_evaluate_takes_one_iteration_or_many():
    law = theory.linear.test_error(Replace(), design="fixed")
    assert law.evaluate(T=10, d=2, n=3).shape == ()
    assert law.evaluate(T=10, d=2, n=np.array([[1, 2], [3, 4]])).shape == (2, 2)
    assert law.gain(1) == [Fraction(1)]


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ({"T": 20, "d": 20}, r"test error needs T >= d \+ 2 for a finite mean; got T=20, d=20"),
        ({"T": 21, "d": 20}, r"T >= d \+ 2"),
        ({"d": 0}, "at least 1; got d=0"),
        ({"sigma": -1.0}, "sigma is a noise standard deviation, a positive finite number .*; got sigma=-1.0"),
        ({"sigma": 0.0}, "positive finite number"),
        ({"sigma": float("nan")}, "positive finite number"),
        ({"n": 0}, "n counts model-fitting iterations from 1; got n=0"),
        ({"n": np.array([1.5])}, "Use whole numbers"),
        ({"n": []}, "Use whole numbers"),
    ],
)
def test_evaluate_refuses(arguments, message):
    law = theory.linear.test_error(Replace(), design="fixed")
    given = {"T": 10, "d": 2, "sigma": 1.0, "n": 1} | arguments
    with pytest.raises(ValueError, match=message):
        law.evaluate(**given)


@pytest.mark.parametrize("wrong", [2, 3])
def test_a_training_set_that_is_not_valid_is_seen_at_once(wrong):
    rule = Made(lambda i: by_count(synthetic(i if i == wrong else i - 1)))
    with pytest.raises(ValueError, match=f"iteration {wrong} uses synthetic"):
        theory.linear.test_error(rule, design="fixed")


def test_a_next_order_that_is_not_known_is_said():
    law = theory.law(theory.Poisson(), Accumulate())
    with pytest.raises(ValueError, match=r"not known under Accumulate\(\) for Poisson\(\)\.$"):
        law.kappa(2)


def test_notebook_rendering():
    law = theory.linear.test_error(Accumulate(), design="fixed")
    assert law._repr_latex_().startswith("$\\displaystyle E_n = ")
    assert law.derivation._repr_latex_().startswith("\\begin{align*}")
    in_the_limit = theory.linear.test_error(AccumulateSubsample(), design="fresh")
    assert in_the_limit._repr_latex_().startswith("$\\displaystyle E_n \\simeq ")


@pytest.mark.parametrize(
    ("workflow", "gain"),
    [
        (FixedReal(1), "1"),
        (FreshReal(), r"\frac{4^{1 - n}}{3} + \frac{2}{3}"),
        (Made(lambda i: by_count(*[pools(j, j) for j in range(1, i + 1)])), r"\text{a rational number for each } n"),
    ],
    ids=["one", "fresh", "none"],
)
def test_the_last_step_says_the_gain(workflow, gain):
    *_, last = theory.linear.test_error(workflow, design="fixed").derivation
    assert last.statement == f"c_n = {gain}"


@pytest.mark.parametrize("samples", [10**12, 10**15])
def test_evaluate_far_out_with_many_samples(samples):
    """So many rows that fresh design is fixed design but for a part in T: the sum of 1/i^2 up to n is the oracle."""
    law, far = theory.linear.test_error(Accumulate(), design="fresh"), 10**7
    with mpmath.workdps(40):
        expected = float(2 * (mpmath.zeta(2) - mpmath.zeta(2, far + 1)) / samples)
    np.testing.assert_allclose(law.evaluate(T=samples, d=2, n=far), expected, rtol=1e-11)


@pytest.mark.parametrize(
    ("task", "of", "given", "message"),
    [
        (FIXED, None, {"rows": 3}, "regression has no parameter rows; it has T, d, sigma"),
        (FIXED, None, {"T": 0}, r"regression needs T >= d \+ 2; got T=0"),
        (FIXED, None, {"T": 2}, r"regression needs T >= d \+ 2; got T=2"),
        (FIXED, None, {"T": 3.5}, "T must be a whole number; got T=7/2"),
        (FIXED, None, {"sigma": -1}, "regression needs sigma > 0; got sigma=-1"),
        (FIXED, None, {"T": 9, "d": 8}, r"needs T >= d \+ 2 for a finite mean; got T=9, d=8"),
        (theory.LinearRegression(design="fixed", T=50), None, {"T": 60}, "T is 50 in .*; got T=60. Leave it out"),
        (theory.LinearRegression(design="fixed", T=5), None, {"d": 8}, r"needs T >= d \+ 2"),
        (theory.Gaussian(), "kl", {"T": 6, "d": 5}, r"kl needs T >= d \+ 3, or the divergence .*; got T=6, d=5"),
        (theory.Gaussian(), "kl", {"T": 3}, r"kl needs T >= d \+ 3, or the divergence has no finite mean; got T=3"),
    ],
)
def test_growth_and_limit_refuse_numbers_that_the_law_does_not_have(task, of, given, message):
    law = theory.law(task, Replace(), of)
    for asked in (law.growth, law.limit):
        with pytest.raises(ValueError, match=message):
            asked(**given)


def test_a_law_of_too_few_rows_for_any_number_of_features_is_refused():
    with pytest.raises(ValueError, match=r"kl needs T >= d \+ 3, or the divergence has no finite mean; got T=3"):
        theory.law(theory.Gaussian(T=3), Replace(), "kl")
    assert theory.law(theory.Gaussian(T=4), Replace(), "kl").growth(d=1).kind == "exponential"
