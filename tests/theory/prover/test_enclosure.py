"""Enclosures hold the value: at poles, half-integers, negative and huge arguments, by mpmath's own functions."""

from collections.abc import Callable
from fractions import Fraction
from typing import Any

import mpmath
import pytest
import sympy as sp

from theory.prover.enclosure import Enclosure, NotReal, OutOfReach, sign
from theory.symbols import T, i, n
from theory.sympy_types import sum_of

NUMBERS = tuple(Fraction(text) for text in ("1/3", "1/2", "1", "3/2", "2", "5/2", "7", "41/2", "40001/4", "1e30"))
ORDERS = tuple(Fraction(text) for text in ("1/100", "1/2", "1001/1000", "6/5", "3/2", "2", "5/2", "7", "61/2", "90"))
#: Nearer to pi than 2^-200.
NEAR_PI = Fraction(int(sp.floor(sp.pi * 2**250)), 2**250)
p, x = sp.symbols("p x")


def _number(value: Fraction) -> Any:
    return mpmath.mpf(value.numerator) / value.denominator


def _holds(expression: sp.Expr, at: dict[sp.Symbol, Fraction], known: Callable[[], Any], precision: int = 200) -> None:
    enclosure = Enclosure(precision)
    value = enclosure.interval(enclosure.value(expression, at))
    with mpmath.workdps(120):
        low, high, exact = mpmath.mpf(value.a), mpmath.mpf(value.b), known()
        # the oracle has errors of its own, of 100 digits
        margin = (1 + abs(exact)) * mpmath.mpf(10) ** -100
        assert low - margin <= exact <= high + margin
        assert high - low <= (1 + abs(exact)) * mpmath.mpf(2) ** -(precision // 4)


@pytest.mark.parametrize("order", ORDERS, ids=str)
@pytest.mark.parametrize("at", NUMBERS, ids=str)
def test_hurwitz_zeta(order: Fraction, at: Fraction) -> None:
    _holds(sp.zeta(p, x), {p: order, x: at}, lambda: mpmath.zeta(_number(order), _number(at)))


@pytest.mark.parametrize("precision", [30, 53, 200])
@pytest.mark.parametrize(("order", "at"), [(90, 100), (Fraction(61, 2), 60), (40, 300), (Fraction(7, 2), 10**9)])
def test_small_values_hold_what_the_expansion_leaves_out(order: Fraction, at: Fraction, precision: int) -> None:
    """The expansion ends where its terms are small beside 1, and so may leave out what is large beside the value."""
    enclosure = Enclosure(precision)
    value = enclosure.interval(enclosure.value(sp.zeta(p, x), {p: Fraction(order), x: Fraction(at)}))
    with mpmath.workdps(150):
        low, high, exact = mpmath.mpf(value.a), mpmath.mpf(value.b), mpmath.zeta(_number(Fraction(order)), at)
        assert low < exact < high
        assert high - low <= mpmath.mpf(2) ** (20 - precision) + exact / 2


def test_signs_of_what_may_be_zero_are_not_known() -> None:
    mpf = Enclosure(60).context.mpf
    for low, high, known in ((0, 1, None), (-1, 0, None), (-1, 1, None), (1, 2, 1), (-2, -1, -1)):
        assert sign(mpf([low, high])) is known
    assert [sign(Fraction(k)) for k in (-1, 0, 1)] == [-1, 0, 1]
    with pytest.raises(OutOfReach):
        Enclosure(60).value(sp.log(x - sp.pi), {x: NEAR_PI})


def test_powers_of_zero() -> None:
    """0 ** p is 0 for p > 0, exact or not, 1 for p = 0, and nothing for p < 0."""
    enclosure = Enclosure(60)
    third = enclosure.interval(Fraction(1, 3))
    assert [enclosure.power(Fraction(0), p) for p in (Fraction(1, 2), third, Fraction(3), Fraction(0))] == [0, 0, 0, 1]
    for exponent in (Fraction(-1, 2), Fraction(-2), enclosure.interval(Fraction(-1, 3))):
        with pytest.raises(NotReal):
            enclosure.power(Fraction(0), exponent)


def test_exponentials_end_where_their_exponents_have_4096_bits() -> None:
    enclosure = Enclosure(60)
    for beyond in (Fraction(2**4096), Fraction(-(2**4096))):
        with pytest.raises(OutOfReach, match="an exponential of a huge number"):
            enclosure.exp(beyond)
    with mpmath.workprec(100):
        assert enclosure.exp(Fraction(2**60)).a <= mpmath.exp(2**60) <= enclosure.exp(Fraction(2**60)).b


@pytest.mark.parametrize("exponent", [10**5, 10**5 + 1, -(10**5), -(10**5) - 1])
def test_large_powers_of_negative_numbers(exponent: int) -> None:
    """These are no longer exact, and have a sign all the same."""
    value = Enclosure(80).value(x**p, {x: Fraction(-3, 2), p: Fraction(exponent)})
    assert not isinstance(value, Fraction)
    with mpmath.workdps(60):
        exact = mpmath.mpf(-1.5) ** exponent
        assert min(mpmath.mpf(value.a) / exact, mpmath.mpf(value.b) / exact) <= 1 + mpmath.mpf(10) ** -50
        assert max(mpmath.mpf(value.a) / exact, mpmath.mpf(value.b) / exact) >= 1 - mpmath.mpf(10) ** -50


@pytest.mark.parametrize("base", [Fraction(1, 3), Fraction(5, 3)], ids=str)
@pytest.mark.parametrize("exponent", [10**5, 10**5 + 1, -(10**5) - 1])
def test_large_powers_of_positive_numbers(base: Fraction, exponent: int) -> None:
    value = Enclosure(80).value(x**p, {x: base, p: Fraction(exponent)})
    assert not isinstance(value, Fraction)
    with mpmath.workdps(60):
        exact = _number(base) ** exponent
        assert 1 - mpmath.mpf(2) ** -50 <= mpmath.mpf(value.a) / exact <= mpmath.mpf(value.b) / exact
        assert mpmath.mpf(value.b) / exact <= 1 + mpmath.mpf(2) ** -50


def test_what_is_remembered_belongs_to_its_point() -> None:
    enclosure = Enclosure(80)
    total = sum_of(1 / (i + T), i, 1, n)
    for _ in range(2):
        for samples, count in ((2, 3), (5, 3), (2, 4), (5, 2)):
            exact = sum((Fraction(1, k + samples) for k in range(1, count + 1)), Fraction(0))
            assert enclosure.value(total, {T: Fraction(samples), n: Fraction(count)}) == exact
        for at in (Fraction(2), Fraction(3)):
            value = enclosure.value(sp.log(x), {x: at})
            assert mpmath.mpf(value.a) <= mpmath.log(_number(at)) * (1 + 1e-14)
            assert mpmath.mpf(value.b) >= mpmath.log(_number(at)) * (1 - 1e-14)


@pytest.mark.parametrize("order", ORDERS, ids=str)
def test_zeta(order: Fraction) -> None:
    _holds(sp.zeta(p), {p: order}, lambda: mpmath.zeta(_number(order)))


@pytest.mark.parametrize("order", [1, 2, 3, 20])
@pytest.mark.parametrize("at", NUMBERS, ids=str)
def test_polygamma(order: int, at: Fraction) -> None:
    _holds(sp.polygamma(order - 1, x), {x: at}, lambda: mpmath.polygamma(order - 1, _number(at)))


@pytest.mark.parametrize("order", [Fraction(-5, 2), Fraction(-2), Fraction(0), *ORDERS], ids=str)
@pytest.mark.parametrize("count", [0, 1, 7, 200])
def test_short_harmonic_numbers_of_any_order(order: Fraction, count: int) -> None:
    def known() -> Any:
        return mpmath.fsum(mpmath.mpf(k) ** -_number(order) for k in range(1, count + 1))

    _holds(sp.harmonic(n, p), {n: Fraction(count), p: order}, known)


@pytest.mark.parametrize("order", ORDERS, ids=str)
@pytest.mark.parametrize("upto", [Fraction(1, 2), Fraction(5, 2), Fraction(2001), Fraction(10**20)], ids=str)
def test_harmonic_numbers(order: Fraction, upto: Fraction) -> None:
    def known() -> Any:
        return mpmath.zeta(_number(order)) - mpmath.zeta(_number(order), _number(upto) + 1)

    _holds(sp.harmonic(n, p), {n: upto, p: order}, known)


@pytest.mark.parametrize(
    ("expression", "at"),
    [
        (sp.zeta(p), {p: Fraction(1)}),
        (sp.zeta(p, x), {p: Fraction(1), x: Fraction(1, 2)}),
        (sp.zeta(p, x), {p: Fraction(2), x: Fraction(0)}),
        (sp.polygamma(0, x), {x: Fraction(0)}),
        (sp.polygamma(3, x), {x: Fraction(-5)}),
        (sp.harmonic(x), {x: Fraction(-1)}),
        (sp.Sum(i / (i - 1000) - sp.Integer(1000) / (i - 1000), (i, 1, n)), {n: Fraction(1000)}),
        (sp.Sum(1 / (i - T), (i, 1, n)), {n: Fraction(10**9), T: Fraction(10**6)}),
        (sp.Sum(1 / (i**2 - T), (i, 1, n)), {n: Fraction(10**9), T: Fraction(10**6)}),
        (1 / x, {x: Fraction(0)}),
        (sp.log(x), {x: Fraction(0)}),
        (sp.sqrt(x), {x: Fraction(-1)}),
    ],
)
def test_poles_have_no_value(expression: sp.Expr, at: dict[sp.Symbol, Fraction]) -> None:
    with pytest.raises(NotReal):
        Enclosure(100).value(expression, at)


@pytest.mark.parametrize(
    ("expression", "at"),
    [
        (sp.zeta(p), {p: Fraction(-3, 2)}),
        (sp.zeta(p), {p: Fraction(0)}),
        (sp.zeta(p), {p: Fraction(10**9)}),
        (sp.zeta(sp.sqrt(p)), {p: Fraction(-1)}),
        (sp.polygamma(p, x), {p: Fraction(1, 2), x: Fraction(2)}),
        (sp.polygamma(0, x), {x: Fraction(-1, 2)}),
        (sp.harmonic(x, p), {x: Fraction(1001), p: Fraction(-1, 2)}),
        (sp.Sum(1 / (i - T + sp.Rational(1, 2)), (i, 1, n)), {n: Fraction(10**40), T: Fraction(10**30)}),
    ],
)
def test_what_is_not_known_is_said_so(expression: sp.Expr, at: dict[sp.Symbol, Fraction]) -> None:
    with pytest.raises((OutOfReach, NotReal)):
        Enclosure(100).value(expression, at)


def test_a_sum_that_ends_before_its_pole() -> None:
    def known() -> Any:
        return mpmath.harmonic(99_500) - mpmath.harmonic(99_999)

    _holds(sum_of(1 / (i - T), i, 1, n), {n: Fraction(499), T: Fraction(100_000)}, known)


@pytest.mark.parametrize(
    ("base", "exponent", "value"),
    [
        ("4/9", "1/2", "2/3"),
        ("8/27", "2/3", "4/9"),
        ("9/4", "-3/2", "8/27"),
        ("1/16", "3/4", "1/8"),
        ("25", "1/2", "5"),
    ],
)
def test_rational_powers_that_are_rational_are_exact(base: str, exponent: str, value: str) -> None:
    found = Enclosure(60).value(x ** sp.Rational(exponent), {x: Fraction(base)})
    assert found == Fraction(value)
    assert isinstance(found, Fraction)
