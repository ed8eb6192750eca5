"""The symbols that every law shares: the paper's letters.

`T` samples an iteration, `n` the model-fitting iteration (the first is 1), `i` the index of sums over iterations, `k` a
pool. Each task adds those of its own parameters.
"""

import sympy as sp

from .sympy_types import as_expression

T, n, i = sp.symbols("T n i", integer=True, positive=True)

#: Never part of a law, and a dummy, so that a user's symbol k is another one.
k = sp.Dummy("k", integer=True, positive=True)

#: Stands for the gain in the law of a workflow for which no formula in n was proved; `gain` gives its values.
GAIN = sp.Function("gain")


def tidy(expression: sp.Expr) -> sp.Expr:
    """The expression with sums in T turned so that T counts positive: d/(T - d - 1), not -d/(-T + d + 1)."""

    def turn(base: sp.Expr, exponent: sp.Expr) -> sp.Expr:
        backward = base.is_Add and base.is_polynomial(T) and exponent.is_Integer
        backward = backward and sp.Poly(base, T).LC().could_extract_minus_sign()
        return (-1) ** exponent * (-base) ** exponent if backward else base**exponent

    return as_expression(expression.replace(sp.Pow, turn))
