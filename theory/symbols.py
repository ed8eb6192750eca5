"""The symbols that every law is written in: the paper's letters.

`T` samples an iteration, `d` features, `n` the model-fitting iteration (the first is 1), `sigma` the noise
standard deviation, `i` the index of sums over iterations.
"""

import sympy as sp

T, d, n, i, k = sp.symbols("T d n i k", integer=True, positive=True)
sigma = sp.symbols("sigma", positive=True)

#: The error of one fit at T rows, in which gains are counted.
ONE_FIT = sigma**2 * d / (T - d - 1)


def tidy(expression: sp.Expr) -> sp.Expr:
    """The expression with sums in T turned so that T counts positive: d/(T - d - 1), not -d/(-T + d + 1)."""

    def turn(base: sp.Expr, exponent: sp.Expr) -> sp.Expr:
        backward = base.is_Add and base.is_polynomial(T) and exponent.is_Integer
        backward = backward and sp.Poly(base, T).LC().could_extract_minus_sign()
        return (-1) ** exponent * (-base) ** exponent if backward else base**exponent

    return expression.replace(sp.Pow, turn)
