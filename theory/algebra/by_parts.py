"""Moments of a Wishart matrix A = Z'Z, Z of `rows` independent rows N(0, I_d), by Gaussian integration by parts.

Stein's identity is E tr(Z'Y) = E sum_ij dY_ij/dZ_ij. For Y = Z A^m f, with f a product of traces, it gives

    E[tr A^(m+1) f] = E[D_m f] + sum over the factors tr A^q of f of 2q E[tr A^(m+q) f / tr A^q],

for the derivative of tr A^q is 2q Z A^(q-1). D_m is the divergence of Z A^m. From dA = dZ'Z + Z'dZ, each A at place l
gives tr A^m and tr A^l tr A^(m-l), and from dA^-1 = -A^-1 dA A^-1 each A^-1 the same with a minus sign:

    D_m  = (rows + m) tr A^m + sum_{l=1..m} tr A^l tr A^(m-l),                         m >= 0,
    D_-m = (rows - m) tr A^-m - sum_{l=1..m} tr A^(1-l) tr A^-(m-l+1),                 m >= 1,

where tr A^0 is d: the trace of Z A^-1 Z' is that of a projection of rank d. Facts to test against: Letac and Massam
(2004); Muirhead (1982), Thm 3.2.12 for E A^-1.
"""

from functools import cache

import sympy as sp

from ..sympy_types import factored, replaced
from .indices import FEATURES

_MANY = sp.Dummy("rows", integer=True, positive=True)

#: Powers p, q, … of a product tr A^p · tr A^q · …, in order.
Powers = tuple[int, ...]


def rows_needed(powers: Powers) -> sp.Expr:
    """The least number of rows at which the moment is finite and the identities hold."""
    inverses = -sum(p for p in powers if p < 0)
    return FEATURES + 2 * inverses if inverses else sp.S.Zero


def trace_moment(powers: Powers, rows: sp.Expr) -> sp.Expr | None:
    """E[tr A^p · tr A^q · …], where `rows` >= `rows_needed(powers)`; `None` beyond two inverses.

    >>> from theory.algebra.indices import FEATURES
    >>> trace_moment((-1, 1), sp.Integer(10)).subs(FEATURES, 2)
    36/7
    """
    return _moment(tuple(sorted(p for p in powers if p != 0)), rows, powers.count(0))


def moment_of_nonzero(powers: Powers, few: sp.Expr, many: sp.Expr) -> sp.Expr | None:
    """E[tr A^p · tr A^q · …] over the nonzero eigenvalues, `few` and `many` the smaller and the larger of rows and d.

    Where rows are fewer, Z Z' has these eigenvalues too: it is Wishart in so many dimensions, of d rows.

    >>> rows, d = sp.symbols("rows d")
    >>> moment_of_nonzero((0,), rows, d), moment_of_nonzero((-1,), rows, d)
    (rows, rows/(d - rows - 1))
    """
    found = trace_moment(powers, _MANY)
    return None if found is None else replaced(found, {FEATURES: few, _MANY: many})


def positive_moment(powers: Powers, rows: sp.Expr) -> sp.Expr:
    """The same without inverses, which is known for every number of rows."""
    found = trace_moment(powers, rows)
    assert found is not None
    return found


@cache
def _moment(powers: Powers, rows: sp.Expr, dimensions: int = 0) -> sp.Expr | None:
    if dimensions:
        found = _moment(powers, rows)
        return None if found is None else FEATURES**dimensions * found
    if not powers:
        return sp.S.One
    *others, largest = powers
    if largest > 0:
        return _identity(largest - 1, tuple(others), rows)
    d = FEATURES
    if powers == (-1,):
        return d / (rows - d - 1)
    if sum(powers) != -2:
        return None
    # tr(Z'Z A^-2) and tr(Z'Z A^-1) tr A^-1: two equations for x = E tr A^-2 and y = E (tr A^-1)^2
    x, y = sp.symbols("x y", cls=sp.Dummy)
    one = d / (rows - d - 1)
    solved = sp.solve([(rows - d - 2) * x - y - one, -2 * x + (rows - d - 1) * y - d * one], [x, y])
    return factored(solved[x if powers == (-2,) else y])


def _identity(m: int, others: Powers, rows: sp.Expr) -> sp.Expr | None:
    """E[tr A^(m+1) · the others] for m >= 0."""
    terms: list[tuple[sp.Expr, Powers]] = [(rows + m, (m,))]
    terms += [(sp.S.One, (place, m - place)) for place in range(1, m + 1)]
    found = sp.S.Zero
    for coefficient, powers in terms:
        moment = trace_moment((*powers, *others), rows)
        if moment is None:
            return None
        found += coefficient * moment
    for place, q in enumerate(others):
        moment = trace_moment((m + q, *others[:place], *others[place + 1 :]), rows)
        if moment is None:
            return None
        found += 2 * q * moment
    return factored(found)
