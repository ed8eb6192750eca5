"""What laws of all tasks say of themselves: the gain that they claim, their growth at a temperature, their source."""

from fractions import Fraction

import numpy as np
import pytest
import sympy as sp

import theory
from theory import (
    Accumulate,
    Bernoulli,
    Estimator,
    FixedReal,
    FreshReal,
    Gamma,
    Gaussian,
    GeneralisedLinear,
    Generator,
    KernelDensity,
    LinearRegression,
    Replace,
    ReplaceGrowing,
    SlidingWindow,
)
from theory.symbols import n
from theory.tasks.estimator import x

MANY = 4000
TASKS = (
    Gaussian(MANY, 2),
    Gaussian(MANY, 2, "unbiased"),
    Bernoulli(MANY, 0.3),
    Gamma(MANY, 0.7, 2.5),
    KernelDensity(MANY, 0.6),
    KernelDensity(MANY, 0.6, "relative"),
    GeneralisedLinear(MANY, 3),
    Estimator(x, T=MANY),
    LinearRegression(MANY, 2, 0.5, design="fresh"),
    LinearRegression(MANY, 2, 0.5, design="fixed", ridge=0.1),
)


@pytest.mark.parametrize("task", TASKS, ids=str)
def test_a_gain_that_is_claimed_is_that_of_the_law_at_many_rows(task):
    """Of errors of kernel densities, and with a ridge, none is: what they go to is another one."""
    claimed = set()
    for quantity in (each for each in task.own_quantities if task.objection(Replace(), each) is None):
        law = theory.law(task, Replace(), quantity.name)
        if law.gain_expr is not None:
            claimed.add(quantity.name)
            values = law.evaluate(n=[1, 2, 3])
            np.testing.assert_allclose(values / values[0], [1, 2, 3], rtol=20 / MANY)
            assert [law.gain_expr.subs(n, m) for m in (1, 2, 3)] == [1, 2, 3]
    errors = {"mean_error", "test_error", "excess_risk", "variance_ratio"}
    no_gain = isinstance(task, KernelDensity) or getattr(task, "ridge", None)
    assert claimed == (set() if no_gain else errors & {quantity.name for quantity in task.own_quantities})


@pytest.mark.parametrize(
    ("workflow", "temperature", "kind"),
    [
        (Replace(), "3/2", "exponential"),
        (Accumulate(), "3/2", "power"),
    ],
    ids=str,
)
def test_growth_at_a_temperature_is_what_the_law_does(workflow, temperature, kind):
    """Its leading term against the law far out; on which side of 1 a rate is depends on T, given at once or then."""
    generator, far = Generator(temperature=temperature), 250
    law = Gaussian(7).generated(workflow, generator)
    for growth in (law.growth(), Gaussian().generated(workflow, generator).growth(T=7)):
        assert growth is not None
        assert growth.constant is not None
        assert growth.scale is not None
        assert growth.kind == kind
        leading = sp.N((growth.constant * growth.scale).subs(n, far), 20)
        assert float(law.evaluate(n=far) / leading) == pytest.approx(1, abs=0.01)


@pytest.mark.parametrize(("T", "temperature", "n"), [(2, Fraction(1, 10), 20), (7, Fraction(1, 2), 150)])
def test_what_cold_samples_leave_is_not_rounded_away(T, temperature, n):
    """(t^2 (1 - 1/T))^(n - 1) (1 - 1/T) under Replace, by fractions: far less than 2^-n."""
    left = 1 - Fraction(1, T)
    expected = left * (temperature**2 * left) ** (n - 1)
    law = Gaussian(T).generated(Replace(), Generator(temperature=temperature))
    assert law.evaluate(n=n) == pytest.approx(float(expected), rel=1e-12, abs=0)


LARGE = "Dey and Donoho 2410.22812 for estimators at large"


@pytest.mark.parametrize(
    ("task", "workflow", "source"),
    [
        *((GeneralisedLinear(), each, LARGE) for each in (Replace(), FreshReal(weight="1/3"), SlidingWindow(2))),
        *((Estimator(x), each, LARGE) for each in (Replace(), FixedReal("1/3"), SlidingWindow(2))),
        (LinearRegression(design="fixed"), FixedReal("1/3"), "new here"),
        (LinearRegression(design="fixed"), FreshReal(weight="1/3"), "weights and their optimum: He, Xu and Cheng 2502"),
        (LinearRegression(design="fixed"), Accumulate(), "Gerstgrasser et al. 2404.01413, Thm 2, eq. (3)"),
        (LinearRegression(design="fresh"), Replace(), "Dohmatob et al. 2402.07712; Gerstgrasser et al. 2404.01413"),
        (LinearRegression(design="fresh"), Accumulate(), "new here"),
        (LinearRegression(design="fixed"), Replace(), "Dohmatob et al. 2402.07712; Gerstgrasser et al. 2404.01413, eq"),
        (LinearRegression(design="fixed"), ReplaceGrowing(), "O(log n) in Gerstgrasser et al. 2404.01413, App. E"),
        (LinearRegression(design="fresh"), ReplaceGrowing(), "new here"),
    ],
    ids=str,
)
def test_where_a_law_is_from(task, workflow, source):
    assert theory.law(task, workflow).source.startswith(source)
