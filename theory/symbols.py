"""The symbols that every law is written in: the paper's letters.

`T` samples an iteration, `d` features, `n` the model-fitting iteration (the first is 1), `sigma` the noise
standard deviation, `i` the index of sums over iterations.
"""

import sympy as sp

T, d, n, i, k = sp.symbols("T d n i k", integer=True, positive=True)
sigma = sp.symbols("sigma", positive=True)


def tidy(expression: sp.Expr) -> sp.Expr:
    """The expression with powers of sums turned so that T counts positive: d/(T - d - 1), not -d/(-T + d + 1)."""

    def turn(base: sp.Expr, exponent: sp.Expr) -> sp.Expr:
        backward = base.is_Add and exponent.is_Integer and sp.sympify(base.coeff(T)).could_extract_minus_sign()
        return (-1) ** exponent * (-base) ** exponent if backward else base**exponent

    return expression.replace(sp.Pow, turn)
