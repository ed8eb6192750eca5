"""Cells in parts: a variable >= 0 of the proofs below and above a number, or one that is whole at 0 and above."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import sympy as sp

from ..sympy_types import at, expanded, substituted, symbols
from .domain import Domain
from .unsound import Unsound

Cell = Mapping[sp.Symbol, sp.Expr]


@dataclass(frozen=True)
class Split:
    """Takes the place of one cell by two.

    Attributes:
        cell: its number; the first part gets it, the second comes last.
        variable: of the proofs, >= 0 or positive.
        at: > 0, where it is split: into at * x/(1 + x) and at + x, x the variable of either part. `None` for one that
            takes whole numbers alone: into 0 and 1 + x.
    """

    cell: int
    variable: sp.Symbol
    at: sp.Rational | None = None


def refined(domain: Domain, splits: Sequence[Split]) -> tuple[Cell, ...]:
    """The domain's cells after the splits, one after the other; together they reach what the cells did.

    Raises:
        Unsound: a split is of no such cell or variable, or the variable is not shown to be whole.
    """
    cells: list[Cell] = [*domain.cells()]
    for split in splits:
        if type(split) is not Split or split.cell not in range(len(cells)):
            raise Unsound(f"{split} is of no cell.")
        cell, x = cells[split.cell], split.variable
        cells[split.cell], last = (_with(cell, x, value) for value in _parts(domain, cell, split))
        cells.append(last)
    return tuple(cells)


def variables(domain: Domain, cell: Cell) -> tuple[sp.Symbol, ...]:
    """The variables >= 0 or positive in which the cell is written, always in the same order."""
    found = set[sp.Symbol]().union(*map(symbols, cell.values())) | (set(domain.symbols) - set(cell))
    return tuple(sorted(found, key=sp.default_sort_key))


def is_whole(domain: Domain, cell: Cell, x: sp.Symbol) -> bool:
    """Whether an integer of the domain exceeds a floor that is whole by x and a number."""
    for variable in domain.integers:
        for floor in variable.floors:
            whole = floor.is_integer and all(symbol.is_integer for symbol in symbols(floor))
            if whole and expanded(substituted(variable.symbol - floor, cell) - x).is_Integer:
                return True
    return False


def _parts(domain: Domain, cell: Cell, split: Split) -> tuple[sp.Expr, sp.Expr]:
    x = split.variable
    if x not in variables(domain, cell):
        raise Unsound(f"{x} is no variable of the cell.")
    if split.at is None:
        if not is_whole(domain, cell, x):
            raise Unsound(f"{x} is not shown to take whole numbers alone.")
        return sp.S.Zero, 1 + x
    if not (isinstance(split.at, sp.Rational) and split.at > 0):
        raise Unsound(f"{x} is split at a rational number > 0; got {split.at}.")
    # Of a positive variable the second part has one that may be 0, so that it holds the border.
    rest = sp.Symbol(f"{x.name}'", nonnegative=True) if x.is_positive else x
    return split.at * x / (1 + x), split.at + rest


def _with(cell: Cell, x: sp.Symbol, value: sp.Expr) -> Cell:
    """The cell with another expression for one of its variables."""
    found = {symbol: at(expression, x, value) for symbol, expression in cell.items()}
    return found if x in symbols(sp.Tuple(*cell.values())) else found | {x: value}
