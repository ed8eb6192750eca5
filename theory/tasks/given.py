"""The numbers that a task is made with, checked and kept in one form: whole ones as int, others as float."""

import math
import numbers
from typing import Any

from ..exact import exact
from ..sympy_types import fraction, substituted, symbols
from ..task import Task


def keep_plain(task: Task) -> None:
    """Check the numbers that a task was made with, and keep them as plain ones; called by its `__post_init__`.

    Raises:
        ValueError: one is no number, or outside the domain, as far as the numbers that were given tell.
    """
    given = {p.name: getattr(task, p.name) for p in task.parameters if getattr(task, p.name) is not None}
    for name, value in given.items():
        if isinstance(value, bool) or not isinstance(value, numbers.Real) or not math.isfinite(value):
            raise ValueError(f"{name} must be a number; got {name}={value!r}.")
    at = {p.symbol: exact(given[p.name]) for p in task.parameters if p.name in given}
    for variable in task.domain.variables:
        symbol = variable.symbol
        if symbol not in at:
            continue
        value = at[symbol]
        if symbol.is_integer and value.denominator != 1:
            raise ValueError(f"{symbol} must be a whole number; got {symbol}={given[symbol.name]!r}.")
        floors = [fraction(f) for floor in variable.floors if not symbols(f := substituted(floor, at))]
        if value <= 0 or any(value < floor for floor in floors):
            needs = " and ".join(f">= {floor}" for floor in variable.floors) or "> 0"
            listed = ", ".join(f"{name}={number}" for name, number in given.items())
            raise ValueError(f"{task.name} needs {symbol} {needs}; got {listed}.")
        plain: Any = int(value) if symbol.is_integer else float(value)
        # a frozen dataclass has no other way to keep its fields in one form
        object.__setattr__(task, symbol.name, plain)


def check_option(task: Task) -> None:
    """Refuse words that are none of a task's options.

    Raises:
        ValueError: one is none.
    """
    for choice in task.choices:
        value = getattr(task, choice.name)
        if value not in choice.options:
            raise ValueError(f"{choice.name} must be one of {', '.join(choice.options)}; got {value!r}.")
