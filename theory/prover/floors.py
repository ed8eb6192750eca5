"""What bounds variables from below: lines, and cells of real points in which one line is the highest each."""

import math
from collections.abc import Mapping
from fractions import Fraction
from itertools import product
from typing import NamedTuple

import sympy as sp

from ..sympy_types import as_expression, fraction, polynomial, rational, symbols


class Line(NamedTuple):
    """A floor: slope * of + intercept, or the intercept alone where `of` is `None`."""

    of: sp.Symbol | None
    slope: Fraction
    intercept: Fraction

    def height(self, at: Mapping[sp.Symbol, Fraction]) -> Fraction:
        """Its value where the other variable has the given one."""
        return self.intercept if self.of is None else self.slope * at[self.of] + self.intercept


#: The lines that each variable is above, earlier variables first; none for a real variable that is only positive.
Lines = Mapping[sp.Symbol, tuple[Line, ...]]
Cell = dict[sp.Symbol, sp.Expr]
#: A range of real numbers: from, to; to infinity where that is `None`.
_Stretch = tuple[Fraction, Fraction | None]


def line(symbol: sp.Symbol, floor: sp.Expr, earlier: set[sp.Symbol]) -> Line:
    """The floor of a variable as a line.

    Raises:
        ValueError: the floor is neither a rational number nor affine in one earlier variable.
    """
    refusal = ValueError(f"a floor of {symbol} is a number or affine in one earlier variable; got {floor}.")
    if floor.is_Rational:
        return Line(None, Fraction(0), fraction(floor))
    if len(symbols(floor)) != 1 or not symbols(floor) <= earlier:
        raise refusal
    (of,) = symbols(floor)
    form = polynomial(floor, of)
    if form is None or form.degree() != 1 or not all(c.is_Rational for c in form.coeffs()):
        raise refusal
    slope, intercept = form.all_coeffs()
    return Line(of, fraction(slope), fraction(intercept))


def least(symbol: sp.Symbol, lines: tuple[Line, ...], at: Mapping[sp.Symbol, Fraction]) -> Fraction:
    """The least value of a variable above all lines; 0 where there is none."""
    height = max((each.height(at) for each in lines), default=Fraction(0))
    return Fraction(math.ceil(height)) if symbol.is_integer else height


def begins_at_a_number(lines: tuple[Line, ...]) -> bool:
    """Whether there is a least value, and it depends on no other variable."""
    return bool(lines) and all(each.of is None for each in lines)


def cells(
    lines: Lines, ceilings: Mapping[sp.Symbol, Fraction], slacks: Mapping[sp.Symbol, sp.Symbol]
) -> tuple[Cell, ...]:
    """The variables that have lines or a ceiling as functions of their slacks >= 0: see `Domain.cells`.

    Raises:
        ValueError: several lines of one variable are written in two others, or in one that begins at no number.
    """
    starts = {symbol for symbol in lines if begins_at_a_number(lines[symbol]) and symbol not in ceilings}
    for symbol, several in lines.items():
        others = {each.of for each in several if each.of is not None}
        if len(several) > 1 and (len(others) > 1 or not others <= starts):
            raise ValueError(
                f"several floors of {symbol} have to be numbers or affine in one and the same variable, which has to"
                f" begin at a number itself; got floors in {', '.join(sorted(other.name for other in others))}."
            )
    stretches = {symbol: _stretches(symbol, lines) for symbol in lines if symbol in starts}
    found = (dict(zip(stretches, choice, strict=True)) for choice in product(*stretches.values()))
    below = [_below(symbol, lines[symbol], ceiling, slacks[symbol]) for symbol, ceiling in ceilings.items()]
    capped = [dict(zip(ceilings, choice, strict=True)) for choice in product(*below)]
    return tuple(_cell(lines, chosen, slacks, dict(values)) for chosen in found for values in capped)


def _below(symbol: sp.Symbol, lines: tuple[Line, ...], ceiling: Fraction, slack: sp.Symbol) -> list[sp.Expr]:
    """Every number up to the ceiling, as functions of the slack: those above the floor, and the floor itself."""
    floor = least(symbol, lines, {})
    above = as_expression((rational(ceiling) + rational(floor) * slack) / (1 + slack))
    return [above, rational(floor)] if lines else [above]


def _stretches(symbol: sp.Symbol, lines: Lines) -> list[_Stretch]:
    """The range of a variable, split where two lines of another one are equally high."""
    start, crossings = least(symbol, lines[symbol], {}), set[Fraction]()
    for several in lines.values():
        if any(each.of == symbol for each in several):
            pairs = ((a, b) for a in several for b in several if a.slope != b.slope)
            crossings |= {(b.intercept - a.intercept) / (a.slope - b.slope) for a, b in pairs}
    ends = [start, *sorted(crossing for crossing in crossings if crossing > start)]
    return list(zip(ends, [*ends[1:], None], strict=True))


def _cell(
    lines: Lines, stretches: Mapping[sp.Symbol, _Stretch], slacks: Mapping[sp.Symbol, sp.Symbol], capped: Cell
) -> Cell:
    """The variables where those that begin at a number are in the given stretches; and those with a ceiling."""
    inside = {symbol: p + 1 if q is None else (p + q) / 2 for symbol, (p, q) in stretches.items()}
    cell: Cell = {}
    for symbol, several in lines.items():
        if symbol in capped:
            cell[symbol] = capped[symbol]
        elif symbol in stretches:
            cell[symbol] = _along(stretches[symbol], slacks[symbol])
        elif several:
            highest, *others = several
            if others:
                highest = max(several, key=lambda each: each.height(inside))
            earlier = sp.S.Zero if highest.of is None else cell.get(highest.of, highest.of)
            floor = sp.expand(rational(highest.slope) * earlier) + rational(highest.intercept)
            cell[symbol] = as_expression(floor + slacks[symbol])
    return cell


def _along(stretch: _Stretch, slack: sp.Symbol) -> sp.Expr:
    """Every number of the stretch, as a function of the slack."""
    p, q = stretch
    return rational(p) + slack if q is None else as_expression((rational(p) + rational(q) * slack) / (1 + slack))
