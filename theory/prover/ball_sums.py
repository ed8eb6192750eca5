"""Long sums and products of rational functions as balls, by digamma, Hurwitz zeta and gamma functions.

sum_{i = a}^b (i - r)^-p is psi(b + 1 - r) - psi(a - r) for p = 1, and zeta(p, a - r) - zeta(p, b + 1 - r) for p >= 2
(DLMF 5.5.2, 25.11.3); prod_{i = a}^b (i - r) is Gamma(b + 1 - r)/Gamma(a - r). The poles and zeros r may be complex.
"""

from collections.abc import Iterator, Mapping
from typing import Any, cast

import flint
import sympy as sp
from flint import acb, acb_poly, arb, fmpq, fmpq_poly, fmpz_poly

from ..sympy_types import operands

Pole = fmpq | acb


class NoValue(ArithmeticError):
    """The expression has no real value at the point."""


def unknown() -> arb:
    """A ball that says nothing."""
    return arb("nan")


class RationalSum:
    """Sums over a range of one term.

    Attributes:
        is_rational: whether the term is a rational function with rational numbers; only then it can be called.
    """

    def __init__(self, term: sp.Expr, index: sp.Symbol) -> None:
        self._term, self._index = term, index
        self._symbols = sorted((x for x in term.free_symbols - {index} if isinstance(x, sp.Symbol)), key=str)
        self.is_rational = _is_rational(term)
        self._known: dict[tuple[int, ...], tuple[list[fmpq], _Fractions]] = {}

    def __call__(self, first: int, last: int, values: Mapping[sp.Symbol, fmpq]) -> arb:
        """The sum over first..last, both included.

        Raises:
            NoValue: a term is divided by zero, also where that would cancel.
        """
        numbers = [values[symbol] for symbol in self._symbols]
        key = (flint.ctx.prec, first, *map(id, numbers))
        if key not in self._known:
            self._known[key] = numbers, _Fractions(self._term, self._index, first, values)
        return self._known[key][1].upto(last)


class RationalProduct:
    """Products over a range of one factor that tends to 1.

    Attributes:
        is_rational: whether the factor is a rational function with rational numbers; only then it can be called.
    """

    def __init__(self, factor: sp.Expr, index: sp.Symbol) -> None:
        self._factor, self._index = factor, index
        self.is_rational = _is_rational(factor)

    def __call__(self, first: int, last: int, values: Mapping[sp.Symbol, fmpq]) -> arb:
        """The product over first..last, both included; a ball that says nothing where the factor does not tend to 1.

        Raises:
            NoValue: a factor is divided by zero, also where that would cancel.
        """
        divisors: list[fmpq_poly] = []
        above, below = _quotient(self._factor, self._index, values, divisors)
        if below == 0 or any(first <= zero <= last for divisor in divisors for zero in _whole_zeros(divisor)):
            raise NoValue("a division by zero in a product")
        if any(first <= zero <= last for zero in _whole_zeros(above)):
            return arb(0)
        if above.degree() != below.degree() or above[above.degree()] != below[below.degree()]:
            return unknown()
        logarithm = acb(0)
        for polynomial, sign in ((above, 1), (below, -1)):
            for zero, order in _zeros(polynomial) if polynomial.degree() > 0 else ():
                logarithm += sign * order * (acb(last + 1 - zero).lgamma() - acb(first - zero).lgamma())
        return logarithm.exp().real


def _is_rational(term: sp.Expr) -> bool:
    if isinstance(term, sp.Pow):
        return isinstance(term.exp, sp.Integer) and _is_rational(term.base)
    return isinstance(term, (sp.Rational, sp.Symbol)) or (
        isinstance(term, (sp.Add, sp.Mul)) and all(map(_is_rational, term.args))
    )


class _Fractions:
    """The partial fractions of a term at one point, and what their sums from `first` on begin with."""

    def __init__(self, term: sp.Expr, index: sp.Symbol, first: int, values: Mapping[sp.Symbol, fmpq]) -> None:
        divisors: list[fmpq_poly] = []
        numerator, denominator = _quotient(term, index, values, divisors)
        if denominator == 0:
            raise NoValue("a division by zero in a sum")
        self._first = first
        self._poles = sorted(pole for divisor in divisors for pole in _whole_zeros(divisor) if pole >= first)
        common = numerator.gcd(denominator)
        numerator, denominator = _divided(numerator, common), _divided(denominator, common)
        self._whole, rest = divmod(numerator, denominator)
        self._parts: list[tuple[Pole, int, Pole, arb | acb]] = []
        for pole, order in _zeros(denominator):
            part = _principal_part(rest, denominator, pole, order)
            for power, coefficient in enumerate(reversed(part), start=1):
                self._parts.append((pole, power, coefficient, _antidifference(first - pole, power)))

    def upto(self, last: int) -> arb:
        """The sum over first..last."""
        if self._poles and self._poles[0] <= last:
            raise NoValue(f"a division by zero in a sum, at i = {self._poles[0]}")
        result = arb(_polynomial_sum(self._whole, last) - _polynomial_sum(self._whole, self._first - 1))
        for pole, power, coefficient, start in self._parts:
            total = coefficient * (_antidifference(last + 1 - pole, power) - start)
            result += total.real if isinstance(total, acb) else total
        return result


def _quotient(
    term: sp.Expr, index: sp.Symbol, values: Mapping[sp.Symbol, fmpq], divisors: list[fmpq_poly]
) -> tuple[fmpq_poly, fmpq_poly]:
    """Numerator and denominator of a rational term in the index; what is divided by is added to `divisors`."""
    one = fmpq_poly([1])
    if term == index:
        return fmpq_poly([0, 1]), one
    if isinstance(term, sp.Rational):
        return fmpq_poly([fmpq(int(term.p), int(term.q))]), one
    if isinstance(term, sp.Symbol):
        return fmpq_poly([values[term]]), one
    if isinstance(term, sp.Pow):
        (above, below), exponent = _quotient(term.base, index, values, divisors), int(term.exp)
        if exponent >= 0:
            return above**exponent, below**exponent
        divisors.append(above)
        return below**-exponent, above**-exponent
    above, below = fmpq_poly([int(isinstance(term, sp.Mul))]), one
    for part in operands(term):
        part_above, part_below = _quotient(part, index, values, divisors)
        above = above * part_above if isinstance(term, sp.Mul) else above * part_below + part_above * below
        below = below * part_below
    return above, below


def _divided(polynomial: fmpq_poly, by: fmpq_poly) -> fmpq_poly:
    quotient, _ = divmod(polynomial, by)
    return quotient


def _whole_zeros(divisor: fmpq_poly) -> list[int]:
    if divisor.degree() < 1:
        return []
    return [int(zero.p) for zero, _ in _zeros(divisor) if isinstance(zero, fmpq) and zero.q == 1]


def _zeros(polynomial: fmpq_poly) -> Iterator[tuple[Pole, int]]:
    """The zeros, each with its order: exact where rational."""
    if polynomial.degree() == 1:
        yield -polynomial[0] / polynomial[1], 1
        return
    _, factors = fmpz_poly((polynomial * polynomial.denom()).numer()).factor()
    for factor, order in factors:
        if factor.degree() == 1:
            yield fmpq(-factor[0], factor[1]), int(order)
        elif factor.degree() > 1:
            yield from ((zero, int(order)) for zero, _ in cast(Any, factor.complex_roots()))


def _principal_part(numerator: fmpq_poly, denominator: fmpq_poly, pole: Pole, order: int) -> list[Pole]:
    """c_0, …, c_{order - 1} with numerator/denominator = sum_k c_k (i - pole)^(k - order) + what has no pole there."""
    above, below = (_around(polynomial, pole) for polynomial in (numerator, denominator))
    found: list[Pole] = []
    for k in range(order):
        known = sum((found[j] * below[order + k - j] for j in range(k) if order + k - j < len(below)), fmpq(0))
        found.append(((above[k] if k < len(above) else fmpq(0)) - known) / below[order])
    return found


def _around(polynomial: fmpq_poly, point: Pole) -> list[Pole]:
    """The coefficients in powers of (i - point)."""
    if isinstance(point, fmpq):
        return list(polynomial(fmpq_poly([point, 1])))
    return list(cast(Any, acb_poly(polynomial)(acb_poly([point, 1]))))


def _antidifference(x: Pole, power: int) -> arb | acb:
    """A function whose step from x to x + 1 is x^-power."""
    if isinstance(x, fmpq) and x > 0:
        return arb(x).digamma() if power == 1 else -arb(power).zeta(arb(x))
    # Left of zero by reflection, which Arb does for complex numbers.
    return acb(x).digamma() if power == 1 else -acb(power).zeta(acb(x))


def _polynomial_sum(polynomial: fmpq_poly, last: int) -> fmpq:
    """The sum over i = 1..last, by Newton's series: sum_i C(i, k) = C(last + 1, k + 1)."""
    degree = polynomial.degree()
    differences = [polynomial(k) for k in range(degree + 1)]
    result, binomial = fmpq(0), fmpq(last + 1)
    for k in range(degree + 1):
        result += differences[0] * binomial
        differences = [b - a for a, b in zip(differences, differences[1:], strict=False)]
        binomial = binomial * (last - k) / (k + 2)
    return result - polynomial(0) if degree >= 0 else result
