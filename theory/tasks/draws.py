"""Spreads where each model is fitted to rows drawn from all data so far: a product, as where all rows are used.

Of N_n rows, a_n of them in the newest pool, t_n are drawn. What is within all of them on average, W_n in units of the
truth's variance, loses what the mean gains: N_n^2 W_n = (N_{n-1}^2 + 2 N_{n-1} a_n) W_{n-1} + a_n (a_n - 1) s_{n-1},
for the mean of a draw is on average that of what it is drawn from, and s_{n-1} and the mean's variance are 1 together.
A draw has s_n = W_n N_n (t_n - 1)/((N_n - 1) t_n).
"""

import sympy as sp

from ..recursion import NestedRows
from ..symbols import T, i, n
from ..sympy_types import at, factored
from .spreads import Curved, Scaled, Spread

#: Ways in which the spread and the mean's variance are 1 together.
_TOGETHER = (Scaled(sp.S.One), Curved(sp.S.NegativeOne))


def drawn_factor(nested: NestedRows, spread: Spread) -> sp.Expr | None:
    """s_i/s_{i-1} for i >= 2; `None` where the spread is no such product.

    Model 1 is fitted to all of real(1): where that stays a part of training sets, a draw of it has to be all too.

    Args:
        nested: training sets of which some rows are drawn.
        spread: how it follows from a fit.
    """
    if nested.drawn is None or spread not in _TOGETHER:
        return None
    rows, drawn = nested.rows * T, at(nested.drawn, n, i) * T
    newest = nested.share * rows
    before = rows - newest
    if before != 0 and at(nested.drawn, n, 1) != 1:
        return None
    of_a_draw = rows * (drawn - 1) / ((rows - 1) * drawn)
    earlier = at(of_a_draw, i, i - 1)
    within = (before**2 + 2 * before * newest + newest * (newest - 1) * earlier) / rows**2
    return factored(within * of_a_draw / earlier)


#: s_1, of all T rows.
FIRST = 1 - 1 / T
