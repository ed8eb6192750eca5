"""One variable of a domain: its floors and its ceiling, and what those of one say of others."""

import math
from collections.abc import Iterable
from dataclasses import dataclass, replace
from fractions import Fraction

import sympy as sp

from ..sympy_types import as_expression, fraction, rational, symbols
from .floors import line


@dataclass(frozen=True)
class Variable:
    """One symbol, an integer or a real number as SymPy knows it.

    Attributes:
        symbol: of the expressions.
        floors: it is at least each of these, rational numbers or affine in one earlier variable of the domain; a real
            variable without any is positive.
        ceiling: it is at most this, a whole number for an integer; `None` where it has no end. The variables that its
            floors are written in have to end too, so that there is no point at which a floor is above it.
    """

    symbol: sp.Symbol
    floors: tuple[sp.Expr, ...] = ()
    ceiling: Fraction | None = None

    def __post_init__(self) -> None:
        """Take plain numbers for floors too."""
        object.__setattr__(self, "floors", tuple(as_expression(sp.sympify(floor)) for floor in self.floors))


def check_ceilings(variables: tuple[Variable, ...]) -> None:
    """Refuse ceilings below which nothing is left, or with a floor above them somewhere.

    Raises:
        ValueError: so it is.
    """
    for variable in variables:
        symbol, ceiling = variable.symbol, variable.ceiling
        if ceiling is None:
            continue
        if symbol.is_integer and ceiling.denominator != 1:
            raise ValueError(f"the ceiling of the integer {symbol} is a whole number; got {ceiling}.")
        numbers = [fraction(floor) for floor in variable.floors if floor.is_Rational]
        lowest = max(numbers, default=Fraction(0))
        if ceiling < lowest or ceiling == lowest and not (symbol.is_integer and numbers):
            floor = f">= {lowest}" if numbers else "> 0"
            raise ValueError(f"no {symbol} is left with {symbol} {floor} and {symbol} <= {ceiling}; give a larger end.")
    for variable, ended in zip(variables, bounded(variables), strict=True):
        if variable != ended:
            x = variable.symbol
            raise ValueError(f"at some {x} a floor of another variable is above its ceiling; give {x} an end too.")


def with_ceiling(variable: Variable, ceiling: Fraction) -> Variable:
    """The variable below the ceiling too."""
    end = Fraction(math.floor(ceiling)) if variable.symbol.is_integer else ceiling
    return replace(variable, ceiling=end if variable.ceiling is None else min(end, variable.ceiling))


def bounded(variables: Iterable[Variable]) -> tuple[Variable, ...]:
    """The variables with what floors below a ceiling say of the variables that they are written in."""
    found = {variable.symbol: variable for variable in variables}
    for symbol in reversed(found):
        ceiling = found[symbol].ceiling
        if ceiling is None:
            continue
        for floor in found[symbol].floors:
            each = line(symbol, floor, set(found))
            if each.of is None:
                continue
            end, earlier = (ceiling - each.intercept) / each.slope, found[each.of]
            if each.slope > 0:
                found[each.of] = with_ceiling(earlier, end)
            else:
                floors = merged(earlier.symbol, (*earlier.floors, rational(end)))
                found[each.of] = replace(earlier, floors=floors)
    return tuple(found.values())


def merged(symbol: sp.Symbol, floors: tuple[sp.Expr, ...]) -> tuple[sp.Expr, ...]:
    """One number in the place of several; every variable is positive."""
    if not floors or any(symbols(floor) for floor in floors):
        return floors
    highest = max(map(fraction, floors))
    if symbol.is_integer:
        return (rational(max(1, math.ceil(highest))),)
    return (rational(highest),) if highest > 0 else ()
