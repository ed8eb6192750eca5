"""Is a polynomial non-negative on the whole domain of the laws? A sufficient, exact test."""

import sympy as sp

from .symbols import T, d, i, n

#: T >= d + 2, d >= 1, n >= 1, i >= 1, each written as its least value plus something non-negative.
_u, _v, _m, _l = sp.symbols("u v m l", nonnegative=True)
SHIFT = {T: _u + _v + 3, d: _v + 1, n: _m + 1, i: _l + 1}


def is_nonnegative(expression: sp.Expr) -> bool:
    """Whether `expression` >= 0 for all integers T >= d + 2, d, n, i >= 1; False means not shown.

    The polynomial is written in the shifted variables T = d + 2 + u, d = 1 + v, n = 1 + m, i = 1 + l; where
    every coefficient is non-negative, so is the polynomial.
    """
    shifted = sp.expand(expression.subs(SHIFT, simultaneous=True))
    if not shifted.is_polynomial(_u, _v, _m, _l) or shifted.free_symbols - {_u, _v, _m, _l}:
        return False
    return all(c.is_nonnegative for c in sp.Poly(shifted, _u, _v, _m, _l).coeffs())
