"""Squares that a polynomial holds: what the search subtracts so that only non-negative coefficients are left."""

from collections.abc import Iterator
from typing import Any

import sympy as sp

from ..symbols import n
from ..sympy_types import as_expression, replaced, symbols
from .deadline import checkpoint
from .powers import Square
from .quotients import ratio
from .region import Region
from .size import MOST_TERMS, multiplied_out

#: Polynomials with more terms are left alone.
_MOST_TERMS = 60
_MOST_DEPTH = 4


def squares(remains: sp.Expr, region: Region) -> tuple[Square, ...] | None:
    """Squares without which the expression should have coefficients >= 0; `None` where none are found."""
    slacks = {x: sp.S.Zero for x in symbols(remains) if isinstance(x, sp.Dummy)}
    quotient = replaced(remains, slacks)
    found = ratio(quotient) if multiplied_out(quotient) <= MOST_TERMS else None
    if found is None or not 1 < len(found.numerator) <= _MOST_TERMS:
        return None
    squared = _decomposed(as_expression(found.numerator.as_expr()), region, _MOST_DEPTH)
    denominator = found.denominator()
    return None if squared is None else tuple(Square(weight / denominator, root) for weight, root in squared)


def _decomposed(p: sp.Expr, region: Region, depth: int) -> list[tuple[sp.Expr, sp.Expr]] | None:
    """(weight, root) of squares that add up to p, but for what is plainly >= 0; `None` where none are found."""
    checkpoint()
    if region.is_nonnegative(p):
        return []
    if depth == 0:
        return None
    factored: Any = sp.factor_list(p)
    content, factors = factored
    odd = []
    for base in (base for base, power in factors if power % 2):
        turned = not region.is_nonnegative(base) and region.is_nonnegative(-base)
        odd.append(-base if turned else base)
        content *= -1 if turned else 1
    if content > 0 and len(factors) + (len(odd) != 1) > 1:
        even = as_expression(sp.Mul(*(base ** (power // 2) for base, power in factors)))
        weight = as_expression(content * sp.Mul(*odd))
        if even != 1 and region.is_nonnegative(weight):
            return [(weight, even)]
        return None
    for found in (*_completions(p, region, depth), *_collections(p, region, depth)):
        return found
    return None


def _completions(p: sp.Expr, region: Region, depth: int) -> Iterator[list[tuple[sp.Expr, sp.Expr]]]:
    """A x^2k + B x^k + C = (2A x^k + B)^2/(4A) + (C - B^2/(4A))."""
    for x in sorted(symbols(p), key=lambda x: (x == n, str(x))):
        form = sp.Poly(p, x)
        degree = form.degree()
        if degree % 2 or any(power not in (0, degree // 2, degree) for (power,) in form.monoms()):
            continue
        a, b, c = (as_expression(form.coeff_monomial(x ** (degree * j // 2))) for j in (2, 1, 0))
        if not region.is_positive(a):
            continue
        inside = _decomposed(as_expression(sp.expand(4 * a * c - b**2)), region, depth - 1)
        if inside is not None:
            square = (1 / (4 * a), as_expression(sp.expand(2 * a * x ** (degree // 2) + b)))
            yield [square, *((weight / (4 * a), root) for weight, root in inside)]


def _collections(p: sp.Expr, region: Region, depth: int) -> Iterator[list[tuple[sp.Expr, sp.Expr]]]:
    """The coefficients of the powers of one variable, each by itself."""
    for x in sorted(symbols(p), key=str):
        form = sp.Poly(p, x)
        if len(form.terms()) < 2:
            continue
        found: list[tuple[sp.Expr, sp.Expr]] = []
        for (power,), coefficient in form.terms():
            inside = _decomposed(as_expression(coefficient), region, depth - 1)
            if inside is None:
                break
            found += [(weight * x**power, root) for weight, root in inside]
        else:
            yield found
