"""Every task under the workflows that matter most, on one screen: what becomes of each quantity."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import sympy as sp

from .law import Law, law as law_of
from .table import variants
from .task import Task
from .tasks import TASKS
from .workflow import Workflow
from .workflows import Accumulate, AccumulateSubsample, FixedReal, FreshReal, Replace, SlidingWindow

_W = sp.Symbol("w", positive=True)

#: A share of real data is a symbol, so that a column holds for every one.
COLUMNS: tuple[Workflow, ...] = (
    Replace(),
    SlidingWindow(2),
    Accumulate(),
    AccumulateSubsample(),
    FixedReal(_W),
    FreshReal(1, _W),
)

#: Where there is no law; a law whose growth is not proved; a law that grows or not according to its numbers.
NO_LAW, NOT_PROVED, BY_NUMBERS = "-", "exact numbers", "by T"


@dataclass(frozen=True)
class Line:
    """One quantity of one variant of a task.

    Attributes:
        task: with symbols for its parameters.
        quantity: its name.
        cells: a word or two for each of the columns.
    """

    task: Task
    quantity: str
    cells: tuple[str, ...]

    def entries(self) -> dict[str, str]:
        """By column."""
        chosen = [getattr(self.task, choice.name) for choice in self.task.choices]
        names = {"task": ", ".join([self.task.name, *chosen]), "quantity": self.quantity.replace("_", " ")}
        return names | {str(workflow): cell for workflow, cell in zip(COLUMNS, self.cells, strict=True)}


def lines(tasks: Sequence[type[Task]] = TASKS) -> list[Line]:
    """Every quantity of every variant that has a law under one of the columns at least."""
    found = [line for task in tasks for variant in variants(task) for line in _lines(variant)]
    return [line for line in found if set(line.cells) != {NO_LAW}]


def _lines(task: Task) -> Iterator[Line]:
    for quantity in task.quantities:
        cells = []
        for workflow in COLUMNS:
            known = task.objection(workflow, task.quantity(quantity.name)) is None
            cells.append(_cell(law_of(task, workflow, quantity.name)) if known else NO_LAW)
        yield Line(task, quantity.name, tuple(cells))


def _cell(law: Law) -> str:
    growth = law.growth()
    if growth is not None:
        return growth.kind if law.exact else f"{growth.kind} (large T)"
    if not law.exact:
        return law.validity
    has_formula = law.derived.each is None and law.derived.values is None
    return BY_NUMBERS if has_formula and law.derived.growth_at is not None else NOT_PROVED


def markdown(table: Sequence[Line]) -> str:
    """As a Markdown table, in which what goes on alike shares a row."""
    columns = ["task", "quantity", *map(str, COLUMNS)]
    rows = (
        "| " + " | ".join([name, ", ".join(quantities), *cells]) + " |" for name, quantities, cells in _alike(table)
    )
    return "\n".join(["| " + " | ".join(columns) + " |", "|" + "---|" * len(columns), *rows])


def _alike(table: Sequence[Line]) -> list[tuple[str, tuple[str, ...], tuple[str, ...]]]:
    """(a task, with its variants where these are not all alike; quantities; cells)."""
    alike: dict[tuple[type[Task], str, tuple[str, ...]], list[str]] = {}
    for line in table:
        chosen = ", ".join(getattr(line.task, choice.name) for choice in line.task.choices)
        alike.setdefault((type(line.task), line.quantity, line.cells), []).append(chosen)
    rows: dict[tuple[str, tuple[str, ...]], tuple[str, ...]] = {}
    for (task, quantity, cells), chosen in alike.items():
        told = [] if len(chosen) == len(variants(task)) else chosen
        name = ", ".join([task.name, *told])
        rows[name, cells] = (*rows.get((name, cells), ()), quantity.replace("_", " "))
    return [(name, quantities, cells) for (name, cells), quantities in rows.items()]


def values(table: Sequence[Line]) -> list[dict[str, str]]:
    """As JSON."""
    return [line.entries() for line in table]
