"""Expressions as quotients of polynomials with rational coefficients, denominators kept in factors and never cancelled.

A pole stays a pole: (x - 1)/(x - 1) is the quotient of two polynomials, and not 1.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from functools import reduce
from typing import Any

import sympy as sp
from sympy.polys.orderings import lex
from sympy.polys.rings import PolyRing

from ..sympy_types import as_expression, fraction, operands, symbols
from .deadline import checkpoint

Polynomial = Any  # an element of SymPy's PolyRing


@dataclass(frozen=True)
class Ratio:
    """numerator / product of base ** power.

    Attributes:
        numerator: a polynomial.
        denominators: the monic bases with their powers > 0.
    """

    numerator: Polynomial
    denominators: Mapping[Polynomial, int]

    def denominator(self) -> sp.Expr:
        """The product, in factors."""
        return as_expression(sp.Mul(*(base.as_expr() ** power for base, power in self.denominators.items())))


def ratio(expression: sp.Expr) -> Ratio | None:
    """The expression in its symbols; `None` where it is no such quotient, or divides by zero."""
    ring = PolyRing(sorted(symbols(expression), key=sp.default_sort_key) or [sp.Dummy()], sp.QQ, lex)
    return _ratio(expression, ring, dict(zip(ring.symbols, ring.gens, strict=True)))


def _ratio(expression: sp.Expr, ring: PolyRing, generators: Mapping[Any, Polynomial]) -> Ratio | None:
    match expression:
        case sp.Rational():
            value = fraction(expression)
            return Ratio(ring(sp.QQ(value.numerator, value.denominator)), {})
        case sp.Symbol():
            return Ratio(generators[expression], {})
        case sp.Add() | sp.Mul():
            checkpoint()
            found = []
            for part in operands(expression):
                each = _ratio(part, ring, generators)
                if each is None:
                    return None
                found.append(each)
            return _added(found, ring) if isinstance(expression, sp.Add) else _multiplied(found, ring)
        case sp.Pow():
            base, exponent = operands(expression)
            inside = _ratio(base, ring, generators) if exponent.is_Integer else None
            return None if inside is None else _raised(inside, int(exponent), ring)
    return None


def _added(parts: list[Ratio], ring: PolyRing) -> Ratio:
    common: dict[Polynomial, int] = {}
    for part in parts:
        for base, power in part.denominators.items():
            common[base] = max(power, common.get(base, 0))
    total = ring.zero
    for part in parts:
        missing = (base ** (power - part.denominators.get(base, 0)) for base, power in common.items())
        total += _product([part.numerator, *missing], ring)
    return Ratio(total, common)


def _multiplied(parts: list[Ratio], ring: PolyRing) -> Ratio:
    denominators: dict[Polynomial, int] = {}
    for part in parts:
        for base, power in part.denominators.items():
            denominators[base] = denominators.get(base, 0) + power
    return Ratio(_product((part.numerator for part in parts), ring), denominators)


def _raised(inside: Ratio, power: int, ring: PolyRing) -> Ratio | None:
    if power >= 0:
        return Ratio(inside.numerator**power, {base: k * power for base, k in inside.denominators.items()})
    if inside.numerator == 0:
        return None
    lead = inside.numerator.LC
    turned = _product((base ** (-power * k) for base, k in inside.denominators.items()), ring)
    base = inside.numerator.monic()
    return Ratio(turned * lead**power, {} if base == 1 else {base: -power})


def _product(factors: Iterable[Polynomial], ring: PolyRing) -> Polynomial:
    return reduce(lambda a, b: a * b, factors, ring.one)
