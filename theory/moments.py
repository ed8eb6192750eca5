"""Moments of Wishart matrices: one named identity a function, each refusing where it does not hold."""

import sympy as sp

from .positivity import is_nonnegative
from .symbols import d


class RuleDoesNotApply(ValueError):
    """A rule of a derivation was asked for where its condition does not hold."""


def inverse_wishart_trace(rows: sp.Expr) -> sp.Expr:
    """E tr A^-1 for A = X'X, X of `rows` rows N(0, I_d): d / (rows - d - 1).

    Holds for rows >= d + 2, which must follow from T >= d + 2, d >= 1 and n, i >= 1; for rows = d + 1 the
    mean is infinite and below that A is singular.

    Raises:
        RuleDoesNotApply: `rows` >= d + 2 does not follow.

    Source: Muirhead (1982), Aspects of Multivariate Statistical Theory, Thm 3.2.12 (E A^-1 = I/(rows - d - 1)).
    """
    if not is_nonnegative(rows - d - 2):
        raise RuleDoesNotApply(
            f"the inverse-Wishart mean needs rows >= d + 2; {rows} >= d + 2 does not follow from T >= d + 2."
        )
    return d / (rows - d - 1)
