"""What bounds variables: lines from below, numbers from above; and cells of real points with one highest line each."""

import math
from collections.abc import Iterator, Mapping
from fractions import Fraction
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
#: What a variable is in a cell, and a number among its values there.
_Way = tuple[sp.Expr, Fraction]


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
    starts = {symbol for symbol in lines if begins_at_a_number(lines[symbol])}
    for symbol, several in lines.items():
        others = {each.of for each in several if each.of is not None}
        if len(several) > 1 and (len(others) > 1 or not others <= starts):
            raise ValueError(
                f"several floors of {symbol} have to be numbers or affine in one and the same variable, which has to"
                f" begin at a number itself; got floors in {', '.join(sorted(other.name for other in others))}."
            )
    # Each with a point inside, at which the highest of several lines is looked up.
    found: list[tuple[Cell, dict[sp.Symbol, Fraction]]] = [({}, {})]
    for symbol, several in lines.items():
        if not several and symbol not in ceilings:
            continue
        slack, ceiling, longer = slacks[symbol], ceilings.get(symbol), []
        for cell, inside in found:
            if symbol in starts or not several:
                ways = _from_a_number(_starts(symbol, lines, ceiling), ceiling, slack, closed=bool(several))
            else:
                ways = _from_a_line(_highest(several, inside), ceiling, slack, cell)
            longer += [(cell | {symbol: value}, inside | {symbol: point}) for value, point in ways]
        found = longer
    return tuple(cell for cell, _ in found)


def _starts(symbol: sp.Symbol, lines: Lines, ceiling: Fraction | None) -> list[Fraction]:
    """Where the range of a variable begins, and where in it two lines of another one are equally high."""
    start, crossings = least(symbol, lines[symbol], {}), set[Fraction]()
    for several in lines.values():
        if any(each.of == symbol for each in several):
            pairs = ((a, b) for a in several for b in several if a.slope != b.slope)
            crossings |= {(b.intercept - a.intercept) / (a.slope - b.slope) for a, b in pairs}
    return [start, *sorted(each for each in crossings if start < each and (ceiling is None or each < ceiling))]


def _from_a_number(
    starts: list[Fraction], ceiling: Fraction | None, slack: sp.Symbol, *, closed: bool
) -> Iterator[_Way]:
    """All numbers from the first start on, as functions of the slack; `closed` with the start where there is an end."""
    for low, high in zip(starts, [*starts[1:], ceiling], strict=True):
        if high is None:
            yield rational(low) + slack, low + 1
        elif ceiling is None:  # low is inside, high is not
            yield as_expression((rational(low) + rational(high) * slack) / (1 + slack)), (low + high) / 2
        elif low < high:
            yield as_expression((rational(high) + rational(low) * slack) / (1 + slack)), (low + high) / 2
    if closed and ceiling is not None:
        yield rational(starts[0]), starts[0]


def _highest(several: tuple[Line, ...], inside: Mapping[sp.Symbol, Fraction]) -> Line:
    return several[0] if len(several) == 1 else max(several, key=lambda each: each.height(inside))


def _from_a_line(highest: Line, ceiling: Fraction | None, slack: sp.Symbol, cell: Cell) -> Iterator[_Way]:
    """All numbers above a line, as functions of the slack; no other variable's lines are looked up in the point."""
    earlier = sp.S.Zero if highest.of is None else cell.get(highest.of, highest.of)
    floor = as_expression(sp.expand(rational(highest.slope) * earlier) + rational(highest.intercept))
    if ceiling is None:
        yield as_expression(floor + slack), Fraction(0)
    else:
        yield as_expression((rational(ceiling) + floor * slack) / (1 + slack)), Fraction(0)
        yield floor, Fraction(0)
