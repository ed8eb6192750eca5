"""Where the search splits a cell: where the goal is least along a real variable or turns, or at 0 along a whole one."""

from fractions import Fraction

import pytest
import sympy as sp

from theory.prover.domain import Domain
from theory.prover.pieces import split_of
from theory.prover.splits import Split
from theory.symbols import T, n
from theory.sympy_types import rational
from theory.tasks.regression.symbols import DOMAIN, d, sigma

CELL = DOMAIN.cells()[0]  # T = u + v + 3, d = v + 1
u, v = DOMAIN.slacks[T], DOMAIN.slacks[d]
THIRD = Fraction(1, 3)


@pytest.mark.parametrize(
    ("goal", "variable", "at"),
    [
        ((sigma - 1) ** 2, sigma, 1),
        (n + (sigma - rational(THIRD)) ** 2, sigma, THIRD),
        (sigma + 4 / sigma, sigma, 2),
        (sp.exp(sigma) / sigma**2 + n, sigma, 2),
        ((sigma - rational(Fraction(4, 5))) ** 2, sigma, Fraction(4, 5)),  # between 1/2 and 1, which is nearer
        ((T - 8) ** 2 * (sigma - 2) ** 2, sigma, 2),  # a real variable before a whole one
        # the factor of a power changes its sign: the least such place
        ((3 - sigma) * (1 + d) ** n, sigma, 3),
        ((sigma - 1) ** 3 * (2 - sigma) * sigma**n, sigma, 1),
        ((sigma - 1) ** 2 * (5 - sigma) ** 3 * (1 + d) ** n, sigma, 5),  # at 1 it does not
        # no rational number is such a place
        ((sigma - sp.pi) * (1 + d) ** n, v, None),
        ((sigma - d) * (1 + d) ** n, v, None),
        ((sp.exp(sigma) - 2) * (1 + d) ** n, None, None),
        # whole variables, where the goal falls at first
        (n + (d - 3) * (d - 4), v, None),
        ((T - d - 5) ** 2, u, None),
        (d * n - T, u, None),
        # nothing falls, or it falls to the end
        (T - d, None, None),
        (T + d * n + sigma, None, None),
        (1 / sigma, None, None),
        (sigma**2 - 40 * sigma, None, None),
        (sp.S.One, None, None),
    ],
    ids=str,
)
def test_splits(goal: sp.Expr, variable: sp.Symbol | None, at: Fraction | int | None) -> None:
    place = None if at is None else rational(Fraction(at))
    expected = None if variable is None else Split(4, variable, place)
    assert split_of(goal, 4, CELL, DOMAIN) == expected


def test_the_goal_is_looked_at_where_n_begins() -> None:
    goal = (sigma - n) ** 2
    assert split_of(goal, 0, CELL, DOMAIN) == Split(0, sigma, rational(Fraction(1)))
    assert split_of(goal, 0, CELL, Domain(DOMAIN.variables, least_n=6)) == Split(0, sigma, rational(Fraction(6)))
