"""Where the search splits a cell in which it finds no proof."""

from fractions import Fraction
from itertools import pairwise

import sympy as sp

from ..symbols import n
from ..sympy_types import as_expression, parts, polynomial, rational, replaced, substituted, symbols
from .domain import Domain
from .enclosure import Enclosure, NotReal, OutOfReach
from .splits import Cell, Split, is_whole, variables

#: Where the goal is looked at along one variable.
_GRID = tuple(Fraction(2**power, 16) for power in range(9))
#: Whole numbers and halves between them at which the goal is looked at along a whole variable.
_FIRST_HALVES = 16
#: The other variables are looked at here.
_OTHERS = (Fraction(1), Fraction(0), Fraction(50))
_HALVINGS = 24
#: Splits are at fractions with denominators up to this, where one is near enough.
_LARGEST_DENOMINATOR = 12


def split_of(goal: sp.Expr, number: int, cell: Cell, domain: Domain) -> Split | None:
    """The split of this cell that is the most hopeful; `None` where none is.

    A real variable is split where the factor of a power changes its sign, or where the goal is least along it; a whole
    one along which it falls, at its least value.
    """
    mattering = symbols(substituted(goal, cell))
    candidates = [x for x in variables(domain, cell) if x in mattering]
    whole = [x for x in candidates if is_whole(domain, cell, x)]
    for x in candidates:
        if x in whole:
            continue
        turn = _turn(goal, cell, x)
        if turn is not None:
            return Split(number, x, turn)
        lowest = _lowest(goal, cell, domain, x)
        if lowest is not None:
            return Split(number, x, rational(lowest))
    falling = [x for x in whole if _falls(goal, cell, domain, x)]
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


def _falls(goal: sp.Expr, cell: Cell, domain: Domain, x: sp.Symbol) -> bool:
    """Whether the goal falls along the first values of x; the other variables are at several values."""
    for others in _OTHERS:
        point = _point(cell, domain, others)
        heights = [_height(goal, cell, point | {x: Fraction(value, 2)}, domain) for value in range(_FIRST_HALVES)]
        known = [height for height in heights if height is not None]
        if any(after < before for before, after in pairwise(known)):
            return True
    return False


def _point(cell: Cell, domain: Domain, value: Fraction) -> dict[sp.Symbol, Fraction]:
    return {y: value or Fraction(int(bool(y.is_positive))) for y in variables(domain, cell)}


def _lowest(goal: sp.Expr, cell: Cell, domain: Domain, x: sp.Symbol) -> Fraction | None:
    """Where the goal has a minimum along x, inside; the other variables are at several values."""
    for others in _OTHERS:
        point = _point(cell, domain, others)
        heights = [_height(goal, cell, point | {x: value}, domain) for value in _GRID]
        known = [(height, value) for height, value in zip(heights, _GRID, strict=True) if height is not None]
        if len(known) < 3:
            continue
        best = min(known)[1]
        if best in (known[0][1], known[-1][1]):
            continue
        low, high = best / 2, best * 2
        for _ in range(_HALVINGS):
            left, right = low + (high - low) / 3, high - (high - low) / 3
            pair = [_height(goal, cell, point | {x: value}, domain) for value in (left, right)]
            if pair[0] is None or pair[1] is None:
                break
            low, high = (low, right) if pair[0] <= pair[1] else (left, high)
        return ((low + high) / 2).limit_denominator(_LARGEST_DENOMINATOR) or None
    return None


def _height(goal: sp.Expr, cell: Cell, point: dict[sp.Symbol, Fraction], domain: Domain) -> float | None:
    enclosure = Enclosure(120)
    try:
        values = {symbol: enclosure.value(expression, point) for symbol, expression in cell.items()}
        at = point | values | {n: Fraction(domain.least_n)}
        return float(enclosure.interval(enclosure.value(goal, at)).mid)
    except (NotReal, OutOfReach, OverflowError):
        return None
