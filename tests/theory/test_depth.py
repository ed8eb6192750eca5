"""Depths against every line of descent, walked row by row, and formulas against numbers."""

import math
from fractions import Fraction

import mpmath
import pytest
import sympy as sp

from tests.helpers import Made
from theory import (
    Accumulate,
    AccumulateSubsample,
    FixedReal,
    FreshReal,
    Replace,
    ReplaceGrowing,
    SlidingWindow,
    by_count,
    by_weight,
    depth,
    pools,
    real,
    synthetic,
)
from theory.asymptotics import Growth
from theory.depth import z
from theory.symbols import n

HALF = Fraction(1, 2)
SIZED = Made(lambda i: by_count(pools(1, i)), lambda k: k)
#: The first pool has T rows, whatever the others have: the formula of sizes that begin otherwise is another one.
LARGER, SMALLER = (Made(lambda i: by_count(pools(1, i)), lambda k, size=size: size) for size in (3, "1/2"))
OLD = Made(lambda i: by_weight({synthetic(i - 1 - i % 2): "1/3", real(i): "2/3"}) if i > 3 else by_count(real(1)))
#: From the second model on as many pools at the same distances, but more than one of them.
TWO = Made(lambda i: by_weight({real(i): "1/4", pools(i - 1, i): "3/4"}))
WORKFLOWS = [
    Replace(),
    ReplaceGrowing(),
    Accumulate(),
    AccumulateSubsample(),
    SlidingWindow(2),
    SlidingWindow(3),
    FixedReal("1/5"),
    FixedReal(1),
    FreshReal(2),
    FreshReal(3, "2/5"),
    SIZED,
    LARGER,
    SMALLER,
    OLD,
    TWO,
]


def walked(workflow, model):
    """P(depth = l) of a row of training set `model`, by following every line of descent."""
    found = {}
    for pool, share in workflow.shares(model).items():
        for older, chance in (walked(workflow, pool.labelled_by) if pool.labelled_by else {0: 1}).items():
            found[older + 1] = found.get(older + 1, 0) + share * chance
    return found


@pytest.mark.parametrize("workflow", WORKFLOWS, ids=str)
def test_against_every_line_of_descent(workflow):
    found = depth(workflow)
    expected = [walked(workflow, m) for m in range(1, 7)]
    assert found.distribution(6) == [[chances.get(length, 0) for length in range(1, 7)] for chances in expected]
    assert found.mean(6) == [sum(length * chance for length, chance in row.items()) for row in expected]
    at = Fraction(3, 7)
    assert found.generating(at, 6) == [sum(at**length * chance for length, chance in row.items()) for row in expected]


@pytest.mark.parametrize("workflow", WORKFLOWS, ids=str)
def test_formulas_give_the_numbers(workflow):
    found = depth(workflow)
    numbers, means = found.generating(HALF, 9), found.mean(9)
    for m in range(1, 10):
        if found.expr is not None:
            assert sp.gammasimp(found.expr.subs({z: sp.Rational(1, 2), n: m})) == sp.Rational(numbers[m - 1])
        if found.mean_expr is not None:
            assert sp.simplify(found.mean_expr.subs(n, m)) == sp.Rational(means[m - 1])


def test_what_has_a_formula():
    with_formula = [workflow for workflow in WORKFLOWS if depth(workflow).expr is not None]
    without = (SlidingWindow(2), SlidingWindow(3), LARGER, SMALLER, OLD, TWO)
    assert with_formula == [w for w in WORKFLOWS if w not in without]


def test_accumulate():
    """Γ(n + z)/(Γ(z) n!) and the harmonic numbers."""
    found = depth(Accumulate())
    value = mpmath.gamma(mpmath.mpf(40) + 0.8) / (mpmath.gamma(0.8) * mpmath.factorial(40))
    assert abs(float(found.generating("4/5", 40)[-1]) - value) < 1e-14
    # the bias of a row-scaled ridge at h = 0.8 is one less these
    assert found.generating("4/5", 5) == [Fraction(s) for s in ("0.8", "0.72", "0.672", "0.6384", "0.612864")]
    assert (found.growth().kind, found.growth().constant) == ("logarithmic", 1)


@pytest.mark.parametrize("k", [1, 2, 3, 5])
def test_windows_grow_by_their_mean_lag(k):
    growth, means = depth(SlidingWindow(k)).growth(), depth(SlidingWindow(k)).mean(301)
    assert (growth.kind, growth.constant) == ("linear", sp.Rational(2, k + 1))
    assert abs(float(means[300] - means[200]) / 100 - 2 / (k + 1)) < 1e-12


def test_a_family_of_windows():
    k = sp.Symbol("k", integer=True, positive=True)
    growth = depth(SlidingWindow(k)).growth()
    assert growth.kind == "linear"
    assert sp.simplify(growth.constant - 2 / (k + 1)) == 0


def test_lags_with_a_common_factor_grow_by_their_mean_too():
    """Every second pool: there the gain has no slope, but the depth has, n/2."""
    skips = Made(lambda i: by_count(synthetic(i - 2)) if i > 2 else by_count(real(1)))
    assert depth(skips).mean(6) == [1, 1, 2, 2, 3, 3]
    lagged = Made(lambda i: by_count(pools(i - 1, i - 1)))
    growth = depth(lagged).growth()
    assert (growth.kind, growth.constant) == ("linear", sp.Rational(1, 2))


@pytest.mark.parametrize(
    ("workflow", "weight"),
    [(FixedReal("3/10"), "3/10"), (FreshReal(2), "1/3"), (FreshReal(1, "7/10"), "7/10")],
    ids=str,
)
def test_real_data_bound_the_depth(workflow, weight):
    found, w = depth(workflow), Fraction(weight)
    assert found.mean(5) == [(1 - (1 - w) ** m) / w for m in range(1, 6)]
    assert (found.growth().kind, found.growth().constant) == ("bounded", sp.Rational(1 / w))
    far = found.generating("4/5", 200)[-1]
    limit = found.law.limit.subs(z, sp.Rational(4, 5))
    assert abs(float(far) - float(limit)) < 1e-14
    assert abs(float(limit) - 0.8 * float(w) / (1 - 0.8 * (1 - float(w)))) < 1e-14


def test_real_data_and_two_older_models():
    two = Made(
        lambda i: by_weight(
            {real(1): "1/2", synthetic(i - 1): "1/4", synthetic(i - 2): "1/4"} if i > 2 else {real(1): 1}
        )
    )
    found = depth(two)
    limit = found.law.limit
    assert limit is not None
    # g = z (1/2 z + 1/2 g), since real(1) has depth 1
    assert abs(float(limit.subs(z, sp.Rational(4, 5))) - 0.4 / 0.6) < 1e-14
    assert abs(float(found.generating("4/5", 200)[-1]) - 0.4 / 0.6) < 1e-14


@pytest.mark.slow
def test_pools_that_shrink_fast_bound_the_depth():
    """In all 2 n/(n + 1) times T rows, of which the newest pool has the share 1/n^2: these add up to the mean depth.

    g_n(z) ends in the product of 1 - (1 - z)/i^2, which is sin(a)/a with a^2 = pi^2 (1 - z).
    """
    found = depth(Made(lambda i: by_count(pools(1, i)), lambda k: 2 / (k * (k + 1))))
    assert found.growth() == Growth("bounded", sp.pi**2 / 6)
    limit, end = found.law.limit, math.sin(math.pi * math.sqrt(0.2)) / (math.pi * math.sqrt(0.2))
    assert float(found.generating("4/5", 400)[-1]) == pytest.approx(end, rel=1e-3)
    assert limit is None or float(limit.subs(z, sp.Rational(4, 5))) == pytest.approx(end, rel=1e-12)


def test_families():
    w = sp.Symbol("w", positive=True)
    found = depth(FixedReal(w))
    for m in range(1, 5):
        assert sp.simplify(found.expr.subs({n: m, w: sp.Rational(1, 5), z: sp.Rational(1, 3)})) == sp.Rational(
            depth(FixedReal("1/5")).generating("1/3", m)[-1]
        )
    with pytest.raises(ValueError, match="has symbolic parameters"):
        found.mean(3)


def test_mistakes():
    with pytest.raises(ValueError, match="a workflow is needed"):
        depth(Accumulate)  # pyright: ignore[reportArgumentType]: the mistake
    with pytest.raises(ValueError, match="needs a rational number z"):
        depth(Accumulate()).generating(z, 3)
    with pytest.raises(ValueError, match="the symbol z has another meaning"):
        depth(FixedReal(sp.Symbol("z", positive=True)))
    with pytest.raises(ValueError, match="Ask for at least one"):
        depth(Accumulate()).mean(0)
