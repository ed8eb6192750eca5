"""Where the search splits a cell in which it finds no proof."""

from fractions import Fraction
from itertools import pairwise
from typing import cast

import flint
import sympy as sp
from flint import arb, fmpq

from ..symbols import n
from ..sympy_types import as_expression, parts, polynomial, rational, replaced, substituted, symbols
from .ball_sums import NoValue
from .balls import compiled
from .deadline import checkpoint
from .domain import Domain
from .splits import Cell, Split, is_whole, variables

#: Where the goal is looked at along one variable.
_GRID = tuple(fmpq(2**power, 16) for power in range(9))
#: Whole numbers and halves between them at which the goal is looked at along a whole variable.
_FIRST_HALVES = 16
#: The other variables are looked at here.
_OTHERS = (fmpq(1), fmpq(0), fmpq(50))
_HALVINGS = 24
#: Splits are at fractions with denominators up to this, where one is near enough.
_LARGEST_DENOMINATOR = 12
#: Bits, and units of work at one point.
_PRECISION, _POINT = 120, 10

#: Values of a cell's variables.
Point = dict[sp.Symbol, fmpq]


def split_of(goal: sp.Expr, number: int, cell: Cell, domain: Domain) -> Split | None:
    """The split of this cell that is the most hopeful; `None` where none is.

    A real variable is split where the factor of a power changes its sign, or where the goal is least along it; a whole
    one along which it falls, at its least value.
    """
    mattering, height = symbols(substituted(goal, cell)), _Height(goal, cell, domain)
    candidates = [x for x in variables(domain, cell) if x in mattering]
    whole = [x for x in candidates if is_whole(domain, cell, x)]
    for x in candidates:
        if x in whole:
            continue
        turn = _turn(goal, cell, x)
        if turn is not None:
            return Split(number, x, turn)
        lowest = _lowest(height, _points(cell, domain), x)
        if lowest is not None:
            return Split(number, x, rational(lowest))
    falling = [x for x in whole if _falls(height, _points(cell, domain), x)]
    return Split(number, falling[0]) if falling else None


def _turn(goal: sp.Expr, cell: Cell, x: sp.Symbol) -> sp.Rational | None:
    """The least x > 0 at which the factor of a power with n in its exponent changes its sign."""
    turns = []
    for power in (power for power in parts(goal, sp.Pow) if power.exp.has(n) and symbols(power.base)):
        stand_in = sp.Dummy()
        slope = as_expression(sp.diff(replaced(goal, {power: stand_in}), stand_in))
        form = polynomial(as_expression(sp.fraction(sp.together(substituted(slope, cell)))[0]), x)
        if form is not None and form.gens == (x,) and all(c.is_Rational for c in form.coeffs()):
            turns += [
                root for root, times in sp.Poly(form, domain="QQ").ground_roots().items() if root > 0 and times % 2
            ]
    return min(turns, default=None)


def _points(cell: Cell, domain: Domain) -> list[Point]:
    """The variables of the cell at several values."""
    slacks = variables(domain, cell)
    return [{y: value or fmpq(int(bool(y.is_positive))) for y in slacks} for value in _OTHERS]


def _falls(height: "_Height", points: list[Point], x: sp.Symbol) -> bool:
    """Whether the goal falls along the first values of x."""
    for point in points:
        heights = [height.at(point | {x: fmpq(value, 2)}) for value in range(_FIRST_HALVES)]
        known = [each for each in heights if each is not None]
        if any(after < before for before, after in pairwise(known)):
            return True
    return False


def _lowest(height: "_Height", points: list[Point], x: sp.Symbol) -> Fraction | None:
    """Where the goal has a minimum along x, inside."""
    for point in points:
        heights = [height.at(point | {x: value}) for value in _GRID]
        known = [(each, value) for each, value in zip(heights, _GRID, strict=True) if each is not None]
        if len(known) < 3:
            continue
        best = min(known)[1]
        if best in (known[0][1], known[-1][1]):
            continue
        low, high = best / 2, best * 2
        for _ in range(_HALVINGS):
            left, right = low + (high - low) / 3, high - (high - low) / 3
            pair = height.at(point | {x: left}), height.at(point | {x: right})
            if pair[0] is None or pair[1] is None:
                break
            low, high = (low, right) if pair[0] <= pair[1] else (left, high)
        middle = (low + high) / 2
        return Fraction(int(middle.p), int(middle.q)).limit_denominator(_LARGEST_DENOMINATOR) or None
    return None


class _Height:
    """The goal at the least n, roughly, as a function of the cell's variables."""

    def __init__(self, goal: sp.Expr, cell: Cell, domain: Domain) -> None:
        self._goal, self._least_n = compiled(goal), fmpq(domain.least_n)
        self._cell = {symbol: compiled(expression) for symbol, expression in cell.items()}

    def at(self, point: Point) -> float | None:
        """Its value; `None` where none is known."""
        checkpoint(_POINT)
        with flint.ctx.workprec(_PRECISION):
            try:
                values = {symbol: cast(fmpq, function(point)) for symbol, function in self._cell.items()}
                height = arb(self._goal({**point, **values, n: self._least_n}))
            except NoValue:
                return None
            return float(height.mid()) if height.is_finite() else None
