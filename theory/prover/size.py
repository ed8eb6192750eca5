"""How large an expression becomes when it is multiplied out: to be known before a call that cannot be ended is made."""

import math
from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, field

import sympy as sp

from ..sympy_types import as_expression, operands

#: Multiplying out more terms takes seconds.
MOST_TERMS = 20_000

#: How often a variable, or a part that is no quotient of polynomials, is a factor.
Degrees = Mapping[sp.Expr, int]


@dataclass(frozen=True)
class _Quotient:
    """Over one denominator: degrees above, and the factors below with their exponents.

    Attributes:
        above: degrees of the numerator.
        below: the denominator's factors, as they stand, with exponents.
        widest: the most terms that a part inside a root, function or sum has.
    """

    above: Degrees = field(default_factory=dict)
    below: Mapping[sp.Expr, int] = field(default_factory=dict)
    widest: int = 1


def multiplied_out(expression: sp.Expr) -> int:
    """At least as many as numerator and denominator have when they are multiplied out over one denominator."""
    quotient = _quotient(expression)
    below = Counter[sp.Expr]()
    for factor, exponent in quotient.below.items():
        below.update({x: degree * exponent for x, degree in _quotient(factor).above.items()})
    return max(_dense(quotient.above), _dense(below), quotient.widest)


def _dense(degrees: Degrees) -> int:
    return math.prod(degree + 1 for degree in degrees.values())


def _quotient(expression: sp.Expr) -> _Quotient:
    match expression:
        case sp.Rational():
            return _Quotient()
        case sp.Mul():
            return _product([_quotient(factor) for factor in operands(expression)])
        case sp.Add():
            return _sum([_quotient(addend) for addend in operands(expression)])
        case sp.Pow() if expression.exp.is_Integer:
            return _power(operands(expression)[0], int(expression.exp))
    inside = max((multiplied_out(part) for part in _inside(expression)), default=1)
    return _Quotient({expression: 1}, {}, inside)


def _inside(part: sp.Expr) -> tuple[sp.Expr, ...]:
    """What may be multiplied out within a part that is no quotient of polynomials."""
    match part:
        case sp.Sum() | sp.Product():
            return (as_expression(part.function),)
        case sp.Pow() if isinstance(part.exp, sp.Rational):  # the power of a root
            return (operands(part)[0] ** abs(part.exp.p),)
    return operands(part)


def _product(factors: list[_Quotient]) -> _Quotient:
    above, below = Counter[sp.Expr](), Counter[sp.Expr]()
    for factor in factors:
        above.update(factor.above)
        below.update(factor.below)
    return _Quotient(above, below, max(factor.widest for factor in factors))


def _sum(addends: list[_Quotient]) -> _Quotient:
    below: Counter[sp.Expr] = Counter()
    for addend in addends:
        below |= Counter(addend.below)  # the larger exponent of each factor
    above: Counter[sp.Expr] = Counter()
    for addend in addends:
        degrees = Counter(addend.above)
        for factor, exponent in (below - Counter(addend.below)).items():
            degrees.update({x: degree * exponent for x, degree in _quotient(factor).above.items()})
        above |= degrees
    return _Quotient(above, below, max(addend.widest for addend in addends))


def _power(base: sp.Expr, exponent: int) -> _Quotient:
    inside = _quotient(base)
    if exponent > 0:
        return _Quotient(
            {x: degree * exponent for x, degree in inside.above.items()},
            {factor: times * exponent for factor, times in inside.below.items()},
            inside.widest,
        )
    above = Counter[sp.Expr]()
    for factor, times in inside.below.items():
        above.update({x: degree * times * -exponent for x, degree in _quotient(factor).above.items()})
    return _Quotient(above, {base: -exponent}, inside.widest)
