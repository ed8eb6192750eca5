"""Proofs by induction, for a law that has a recursion: f_n = A_n f_{n-1} + B_n with A_n >= 0.

Where f_{n-1} <= g_{n-1}, f_n <= A_n g_{n-1} + B_n: what is to be shown is that this is at most g_n, which is a formula,
and that A_n >= 0. For lower bounds likewise.
"""

from dataclasses import replace

import sympy as sp

from ..symbols import i, n
from ..sympy_types import as_expression, at, cancelled, parts, replaced, slope, symbols
from . import search
from .canonical import before, factor_of, sums_are_plain
from .parts import Part, Parts
from .statement import Recursion, Statement
from .stretches import certified

#: How hard each part of a proof is tried.
_ROUNDS = (*search.QUICK, search.Round(5, 2))


def recursion_of(statement: Statement) -> Recursion | None:
    """What is known, or that of a formula which is linear in one product over i = 1..n; `None` for another formula."""
    if statement.recursion is not None or statement.at is not None:
        return statement.recursion
    products, stand_in = parts(statement.expr, sp.Product), sp.Dummy()
    if len(products) != 1 or not sums_are_plain(statement.expr):
        return None
    linear = replaced(statement.expr, {products[0]: stand_in})
    times = slope(linear, stand_in)
    rest = as_expression(sp.expand_mul(linear - times * stand_in))
    if stand_in in symbols(times) | symbols(rest) or not (times.is_rational_function() and rest.is_rational_function()):
        return None
    factor = cancelled(times * at(factor_of(products[0]), i, n) / at(times, n, n - 1))
    return Recursion(factor, cancelled(rest - factor * at(rest, n, n - 1)))


def by_induction(statement: Statement, other: Statement, lower: bool) -> Parts | None:
    """A proof for the first n, and for the step from n - 1 to n; `None` where none is found.

    Args:
        statement: with values at single n, or with a formula, that has a recursion.
        other: the bound, with a formula in n.
        lower: whether the statement's expression is to be at least the bound.
    """
    recursion, domain = recursion_of(statement), statement.domain
    if recursion is None or other.at is not None or not sums_are_plain(other.expr):
        return None
    first = domain.least_n
    there = statement.expr if statement.at is None else statement.at(first, {})
    here = replace(statement, domain=replace(domain, most_n=first))
    sides = [(f"n = {first}", _ordered(there, other.expr, lower), here)]
    if domain.most_n is None or domain.most_n > first:
        later = replace(statement, domain=replace(domain, least_n=first + 1))
        reached = recursion.factor * before(other.expr) + recursion.added
        how = "least" if lower else "most"
        sides += [
            (
                f"n >= {first + 1}, for the factor before n - 1",
                (sp.S.Zero, recursion.factor),
                replace(later, unit=sp.S.One),
            ),
            (
                f"n >= {first + 1}, where {statement.name} is at {how} {reached} by induction",
                _ordered(reached, other.expr, lower),
                later,
            ),
        ]
    shown = []
    for where, (smaller, larger), at_these in sides:
        found = certified(smaller, larger, at_these, lower, _ROUNDS)
        if found is None:
            return None
        shown.append(Part(where, (smaller, larger), found))
    return Parts(tuple(shown))


def _ordered(law: sp.Expr, bound: sp.Expr, lower: bool) -> tuple[sp.Expr, sp.Expr]:
    return (bound, law) if lower else (law, bound)
