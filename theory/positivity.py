"""Is a polynomial non-negative on the whole domain of the laws? A sufficient, exact test."""

import sympy as sp

from .symbols import T, d


def is_nonnegative(expression: sp.Expr) -> bool:
    """Whether `expression` >= 0 for all integers T >= d + 2 and d, n, i >= 1; False means not shown.

    The polynomial is written in shifted variables, T = d + 2 + u, d = 1 + v and likewise any other symbol, each of
    which must be a positive integer; where every coefficient is non-negative, so is the polynomial.
    """
    others = expression.free_symbols - {T}
    if not all(symbol.is_integer and symbol.is_positive for symbol in others):
        return False
    shift = {symbol: 1 + sp.Dummy(str(symbol), nonnegative=True) for symbol in others | {d}}
    shift[T] = shift[d] + 2 + sp.Dummy("u", nonnegative=True)
    variables = sorted(set().union(*(value.free_symbols for value in shift.values())), key=str)
    shifted = expression.subs(shift, simultaneous=True)
    if not shifted.is_polynomial(*variables):
        return False
    return all(c.is_nonnegative for c in sp.Poly(shifted, *variables).coeffs())
