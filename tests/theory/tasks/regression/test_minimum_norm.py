"""Fits of least norm, rows fewer than features: published numbers, the peak, and the fits themselves."""

from dataclasses import dataclass
from math import inf

import numpy as np
import pytest
import sympy as sp

import theory
from tests.theory.tasks.regression.literal_ridge import Literal, master
from theory import (
    Accumulate,
    AccumulateSubsample,
    FixedReal,
    FreshReal,
    LinearRegression,
    Replace,
    ReplaceGrowing,
    SlidingWindow,
    Spectrum,
    Workflow,
    by_count,
    pools,
)
from theory.symbols import n
from theory.tasks.regression import ridge_fit
from theory.tasks.regression.equivalents import Equivalent
from theory.tasks.regression.ridge import Ridge


def law(workflow, design, T, d, **options):
    return theory.law(LinearRegression(T, d, 0.5, design=design, ridge=0, **options), workflow)


@pytest.mark.parametrize(
    ("T", "d", "expected"),
    [
        (8, 20, [0.78182, 1.44848, 2.00404, 2.11768, 2.17031, 2.20117]),
        (12, 40, [0.81111, 1.01111, 2.01111, 2.36825, 2.47352, 2.52728]),
    ],
)
def test_all_pools_across_the_peak(T, d, expected):
    found = law(Accumulate(), "fresh", T, d)
    assert found.exact
    np.testing.assert_allclose(found.evaluate(n=range(1, 7)), expected, atol=5.1e-6)
    # (1 - T/d)|w*|^2 + sigma^2 (sum T/(d - iT - 1) before the peak + sum d/(i(iT - d - 1)) beyond), term by term
    by_hand, whole = 1 - T / d, []
    for i in range(1, 7):
        by_hand += 0.25 * (T / (d - i * T - 1) if i * T < d else d / (i * (i * T - d - 1)))
        whole.append(by_hand)
    np.testing.assert_allclose(found.evaluate(n=range(1, 7)), whole, rtol=1e-13)


@pytest.mark.parametrize(("T", "d", "peak"), [(5, 9, 2), (5, 10, 2), (5, 11, 2), (4, 13, 3), (4, 12, 3)])
def test_it_is_infinite_from_the_peak_on(T, d, peak):
    found = law(Accumulate(), "fresh", T, d).evaluate(n=range(1, 7))
    assert np.isfinite(found[: peak - 1]).all()
    assert np.isinf(found[peak - 1 :]).all()
    grows = law(ReplaceGrowing(), "fresh", T, d).evaluate(n=range(1, 7))
    assert (np.isinf(grows) == np.isinf(found)).all()
    limit = law(FixedReal("1/2"), "fresh", T, d).evaluate(n=range(1, 7))
    assert np.isfinite(limit[0])
    assert np.isfinite(law(FixedReal(1), "fresh", T, d).evaluate(n=range(1, 7))).all()  # the others count nothing
    assert (np.isinf(limit[1:]) == (abs(2 * T - d) < 2)).all()
    assert law(FixedReal("1/2"), "fresh", T, d).evaluate(n=2) == limit[1]  # of the last that is asked for too
    assert law(Accumulate(), "fresh", T, d).moments_exist() == 0
    assert law(Accumulate(), "fixed", T, d).moments_exist() == (d - T) // 2


@dataclass(frozen=True)
class Table(Workflow):
    """Two training sets, and no more."""

    def training_set(self, iteration):
        return {2: by_count(pools(1, 2)), 3: by_count(pools(2, 3))}[int(iteration)]


@pytest.mark.parametrize(
    ("workflow", "d", "rows"),
    [
        (AccumulateSubsample(), 10, [5, 5]),
        (FixedReal(1), 10, [5, 5]),
        (FixedReal("1/2"), 10, [5, 10]),
        (FixedReal("1/2"), 14, [5, 10]),
        (ReplaceGrowing(), 17, [5, 10, 15, 20]),
        (Table(), 12, [5, 10, 10]),
    ],
    ids=str,
)
def test_the_rows_that_are_fitted_decide_which_moments_exist(workflow, d, rows):
    """E (1/chi^2 of |m - d| + 1)^q is finite for 2 q < |m - d| + 1: for the rows that are drawn, and that count."""
    expected = min(max(q for q in range(9) if q == 0 or 2 * q < abs(m - d) + 1) for m in rows)
    assert law(workflow, "fresh", 5, d).moments_exist() == expected


@pytest.mark.parametrize("workflow", [AccumulateSubsample(), FreshReal("1/2"), FreshReal("3/2", "1/3")], ids=str)
def test_where_rows_of_one_design_are_no_whole_pools(workflow):
    """A draw repeats some rows of X and lacks others, and half a pool has half of them: no law is known of either."""
    with pytest.raises(ValueError, match="there is no law at fixed design for"):
        law(workflow, "fixed", 5, 9)


def test_fixed_design():
    found = law(Accumulate(), "fixed", 10, 30)
    expected = [0.7982, 0.8311, 0.8458, 0.8540, 0.8592]
    np.testing.assert_allclose(found.evaluate(n=range(1, 6)), expected, atol=5.1e-5)
    for workflow in (Accumulate(), SlidingWindow(2), FixedReal("3/10")):
        gains = np.array([float(c) for c in theory.gain(workflow, 6)])
        found = law(workflow, "fixed", 10, 30)
        np.testing.assert_allclose(found.evaluate(n=range(1, 7)), 2 / 3 + gains * 0.25 * 10 / 19, rtol=1e-13)
        assert found.exact
    assert law(Accumulate(), "fixed", 10, 30).limit() == sp.Rational(2, 3) + sp.pi**2 / 6 * sp.Rational(10, 76)
    assert law(SlidingWindow(2), "fixed", 10, 30).growth().kind == "linear"


def test_the_newest_pool_alone():
    """|w*|^2 (1 - q^n) + sigma^2 V (1 - q^n)/(1 - q), q = T/d (2402.07712)."""
    found = law(Replace(), "fresh", 10, 30, signal=2.0)
    q, powers = 1 / 3, 1 - (1 / 3) ** np.arange(1, 7)
    expected = 4 * powers + 0.25 * 10 / 19 * powers / (1 - q)
    np.testing.assert_allclose(found.evaluate(n=range(1, 7)), expected, rtol=1e-13)
    formula = [float(sp.Float(found.expr.subs(n, m))) for m in range(1, 7)]
    np.testing.assert_allclose(formula, expected, rtol=1e-12)


def test_later_pools_may_have_more_rows_than_features():
    """Rows fewer than features keep a share of what model n - 1 was, more rows all of it: 5, 10, 15, … for d = 13."""
    found = law(ReplaceGrowing(), "fresh", 5, 13).evaluate(n=range(1, 6))
    one, two = 8 / 13 + 0.25 * 5 / 7, 10 / 13 * (8 / 13 + 0.25 * 5 / 7) + 3 / 13 + 0.25 * 10 / 2
    three = two + 0.25 * 13 / 1
    four = three + 0.25 * 13 / 6
    np.testing.assert_allclose(found, [one, two, three, four, four + 0.25 * 13 / 11], rtol=1e-13)


@pytest.mark.parametrize(("rows", "variance"), [(10, 10 / 2), (11, inf), (12, inf), (13, inf), (14, 12 / 2)])
def test_a_variance_is_finite_from_two_rows_apart_on(rows, variance):
    """In the limit T/(d - T), or d/(T - d), and infinite where it is so at finite T."""
    assert Equivalent(Spectrum.isotropic(12), rows, 0.0).variance == pytest.approx(variance)
    _, found = ridge_fit.bias_and_variance(Ridge(0.0, True, 1.0, None), rows, 12)
    assert np.isinf(found) == np.isinf(variance)


@pytest.mark.parametrize("design", ["fixed", "fresh"])
@pytest.mark.parametrize("workflow", [Accumulate(), FixedReal("3/10")], ids=str)
def test_with_rows_enough_it_is_least_squares(workflow, design):
    """From T = d + 2 on: the same formula, as valid, with the same moments."""
    least_squares = theory.law(LinearRegression(9, 7, 0.5, design=design), workflow)
    found = law(workflow, design, 9, 7)
    assert found.expr == least_squares.expr
    assert (found.validity, found.gain_expr) == (least_squares.validity, least_squares.gain_expr)
    assert found.moments_exist() == least_squares.moments_exist()
    assert (found.evaluate(n=[1, 4]) == least_squares.evaluate(n=[1, 4])).all()


FITS = [
    ("fresh", Accumulate(), 2, 7),
    ("fresh", Replace(), 3, 7),
    ("fresh", ReplaceGrowing(), 2, 7),
    ("fixed", FixedReal("3/10"), 3, 7),
    ("fixed", SlidingWindow(2), 2, 8),
]


@pytest.mark.parametrize(("design", "workflow", "T", "d"), FITS, ids=str)
def test_against_fits_of_least_norm(design, workflow, T, d):
    iterations = 2 if (design, T) == ("fresh", 2) else 4  # as far as the variance is finite
    literal = Literal(T, (2.0,) * d, (1.2 / d,) * d, design, 0.0, replicates=20_000)
    spectrum = Spectrum((2.0,), (d,), (1.2,))
    found = law(workflow, design, T, d, spectrum=spectrum, signal=1.2**0.5)
    assert found.exact
    literal.agrees(workflow, found.evaluate(n=range(1, iterations + 1)))


@pytest.mark.parametrize("scaled", [True, False])
def test_the_limit_of_a_vanishing_ridge(scaled):
    """The master equation with next to no ridge agrees with the exact laws up to O(1/d), and does not see `scaled`."""
    task = LinearRegression(120, 400, 0.5, design="fresh", ridge=0, scaled=scaled)
    for workflow in (Accumulate(), Replace()):
        exact = theory.law(task, workflow).evaluate(n=range(1, 7))
        limit = master(task, workflow, 6)
        assert (abs(limit / exact - 1) < 0.03).all()
    task = LinearRegression(120, 400, 0.5, design="fixed", ridge=0, scaled=scaled)
    exact = theory.law(task, SlidingWindow(2)).evaluate(n=range(1, 7))
    assert (abs(master(task, SlidingWindow(2), 6) / exact - 1) < 0.01).all()


def test_a_spectrum_without_a_ridge():
    """Other features than alike: fixed design is B + c_n V in the limit, and the rest the master equation."""
    spectrum = Spectrum.power_law(60, 1.0, 0.5)
    for workflow, design in ((SlidingWindow(2), "fixed"), (Replace(), "fresh"), (Accumulate(), "fresh")):
        task = LinearRegression(20, 60, 0.5, design=design, ridge=0, spectrum=spectrum)
        found = theory.law(task, workflow)
        assert found.validity == "proportional"
        last = 2 if workflow == Accumulate() else 5
        expected = master(task, workflow, last)
        np.testing.assert_allclose(found.evaluate(n=range(1, last + 1)), expected, rtol=2e-5)
    for workflow in (Accumulate(), ReplaceGrowing()):
        for d, peak in ((59, 3), (60, 3), (61, 3)):
            near = Spectrum.power_law(d, 1.0, 0.5)
            task = LinearRegression(20, d, 0.5, design="fresh", ridge=0, spectrum=near)
            found = theory.law(task, workflow).evaluate(n=range(1, 6))
            assert np.isfinite(found[: peak - 1]).all()
            assert np.isinf(found[peak - 1 :]).all()


@pytest.mark.parametrize(
    ("workflow", "design", "rules"),
    [
        (Replace(), "fresh", ["least norm", "rotation", "inverse wishart mean", "first order recursion"]),
        (ReplaceGrowing(), "fresh", ["least norm", "rotation", "inverse wishart mean"]),
        (
            Accumulate(),
            "fresh",
            ["least norm", "growing span", "exchangeability", "least norm fits", "least norm moments"],
        ),
        (SlidingWindow(2), "fixed", ["resolvent", "least norm", "inverse wishart mean", "characteristic roots"]),
    ],
    ids=str,
)
def test_what_is_shown_is_what_is_replayed(workflow, design, rules):
    derivation = law(workflow, design, 8, 20).derivation
    names = [step.rule for step in derivation]
    assert names[:3] == ["normal equations", "labels", "errors"]
    assert [name for name in names if name in rules] == rules
    assert all(step.state is not None for step in derivation)
    assert derivation.checker is not None


@pytest.mark.slow
@pytest.mark.parametrize(("workflow", "design"), [(Accumulate(), "fixed"), (Replace(), "fresh")], ids=str)
def test_laws_are_replayed(workflow, design):
    assert law(workflow, design, 8, 20).derivation.replay() == []
