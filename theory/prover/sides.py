"""From which side a part of an expression has to be estimated, and what is least of it: what the search looks up."""

from collections.abc import Mapping
from fractions import Fraction

import sympy as sp

from ..sympy_types import fraction, replaced, slope, symbols
from .enclosure import Enclosure, NotReal, OutOfReach, sign
from .region import Region

#: A point of the domain: the values of its symbols, n and i.
Sample = Mapping[sp.Symbol, Fraction]


def corner_of(x: sp.Expr, region: Region) -> Fraction:
    """The value of x where all of the region's variables are 0: its least, if x rises in all of them."""
    written = region.write(x)
    value = replaced(written, dict.fromkeys(symbols(written), sp.S.Zero))
    return fraction(value) if value.is_Rational else Fraction(1)


def sides_of(goal: sp.Expr, part: sp.Expr, sample: Sample) -> tuple[bool, ...]:
    """Whether to estimate `part` from below: the side that keeps the goal small, and the other where unclear."""
    stand_in = sp.Dummy()
    change = replaced(slope(replaced(goal, {part: stand_in}), stand_in), {stand_in: part})
    slack = {symbol: Fraction(0) for symbol in symbols(change) - set(sample)}
    try:
        direction = sign(Enclosure(80).value(change, {**sample, **slack}))
    except (NotReal, OutOfReach):
        direction = None
    return (True, False) if direction in (None, 0) else (direction == 1,)
