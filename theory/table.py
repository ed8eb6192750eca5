"""Every named workflow in one table, in each variant of a task: gain, closed form, limit, growth and source.

Beside these what a law needs, and where it is known the next order in 1/T. Rows of generators are in `generator_table`.
"""

import abc
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import product
from types import MappingProxyType
from typing import Any

import sympy as sp

from .law import Law, law as law_of
from .task import Task
from .tasks import TASKS
from .workflow import Workflow
from .workflows import (
    Accumulate,
    AccumulateFresh,
    AccumulateSubsample,
    FixedReal,
    FreshReal,
    Replace,
    ReplaceGrowing,
    SlidingWindow,
)

_K = sp.Symbol("k", integer=True, positive=True)
_W = sp.Symbol("w", positive=True)
_S = sp.Symbol("s", integer=True, positive=True)

#: Parameters are symbols, so that a row holds for a whole family; a window of a given length shows a closed form, and a
#: family without a formula in n is shown at its usual parameters.
FAMILIES: tuple[Workflow, ...] = (
    Replace(),
    ReplaceGrowing(),
    Accumulate(),
    AccumulateSubsample(),
    AccumulateFresh(),
    SlidingWindow(2),
    SlidingWindow(_K),
    FixedReal(_W),
    FreshReal(_S),
    FreshReal(_S, _W),
)


#: So many kappa_n are shown.
_SHOWN = 4


#: What the fits of most rows are called.
USUAL = "as usual"


class Entry(abc.ABC):
    """One row of the table."""

    @abc.abstractmethod
    def cells(self) -> dict[str, object]:
        """The entries by column, as SymPy expressions or text; `None` where nothing was proved."""


@dataclass(frozen=True)
class Row(Entry):
    """The law of a workflow where data are sampled from the models as they are.

    Attributes:
        law: the law.
        fit: in words, where it is no usual one.
    """

    law: Law
    fit: str = USUAL

    def cells(self) -> dict[str, object]:
        """The entries by column, as SymPy expressions or text; `None` where nothing was proved."""
        law = self.law
        growth = law.growth()
        return {
            "workflow": str(law.workflow),
            "data": "sampled from the model as it is",
            **fitted(law.task, self.fit),
            **{choice.name: getattr(law.task, choice.name) for choice in law.task.choices},
            "gain": law.gain_expr,
            "closed_form": law.closed_form(),
            "limit": law.limit(),
            "growth": None if growth is None else str(growth),
            "next_order": self._next_order(),
            "validity": law.validity,
            "needs": str(law.assumptions[0]),
            "source": law.source,
        }

    def _next_order(self) -> str | None:
        """The first kappa_n, of the term after the gain in 1/T; `None` where it is not known, and for families."""
        if self.law.derived.kappa is None:
            return None
        return ", ".join(map(str, self.law.kappa(_SHOWN))) + ", …"


def fitted(task: Task, fit: str = USUAL) -> dict[str, str]:
    """The column that tells how models are fitted, of a task that has several ways."""
    return {"fit": fit} if task.fits else {}


def variants(task: type[Task], details: Mapping[str, Any] = MappingProxyType({})) -> list[Task]:
    """The task with symbols for its parameters, once for each way to choose what must be chosen."""
    options = product(*(choice.options for choice in task.choices))
    names = [choice.name for choice in task.choices]
    return [task(**dict(zip(names, chosen, strict=True)), **details) for chosen in options]


def rows(task: type[Task] = TASKS[0], of: str | None = None) -> list[Row]:
    """The table of a task: every family of workflows in every variant.

    Args:
        task: the class, regression where none is given.
        of: the quantity; by default the task's first.
    """
    usual = [
        Row(law_of(variant, workflow, of))
        for workflow in FAMILIES
        for variant in variants(task)
        if variant.objection(workflow, variant.quantity(of)) is None
    ]
    others = [
        Row(law_of(chosen, workflow, of), fit)
        for fit, details in task.fits.items()
        for workflow in FAMILIES
        for chosen in variants(task, details)
        if not workflow.is_symbolic and chosen.objection(workflow, chosen.quantity(of)) is None
    ]
    # of these no more than those of which something is proved for all n
    return usual + [row for row in others if row.law.growth() is not None]


def markdown(table: Sequence[Entry]) -> str:
    """As a Markdown table; formulas in SymPy's notation."""
    columns = list(table[0].cells())
    lines = ["| " + " | ".join(columns) + " |", "|" + "---|" * len(columns)]
    for row in table:
        cells = row.cells().values()
        lines.append("| " + " | ".join("-" if c is None else str(c).replace("|", "\\|") for c in cells) + " |")
    return "\n".join(lines)


def latex(table: Sequence[Entry]) -> str:
    """As a `tabular` environment."""
    columns = list(table[0].cells())
    lines = [
        r"\begin{tabular}{" + "l" * len(columns) + "}",
        " & ".join(c.replace("_", " ") for c in columns) + r" \\ \hline",
    ]
    for row in table:
        cells = row.cells().values()
        shown = [f"${sp.latex(c)}$" if isinstance(c, sp.Basic) else "--" if c is None else str(c) for c in cells]
        lines.append(" & ".join(c.replace(">=", r"$\ge$") for c in shown) + r" \\")
    return "\n".join([*lines, r"\end{tabular}"])


def values(table: Sequence[Entry]) -> list[dict[str, str | None]]:
    """As JSON: text in SymPy's notation, null where nothing was proved."""
    return [{name: None if c is None else str(c) for name, c in row.cells().items()} for row in table]
