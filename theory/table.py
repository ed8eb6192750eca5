"""Every named workflow at both designs in one table: gain, closed form, limit, growth, needs and source."""

from collections.abc import Sequence
from dataclasses import dataclass

import sympy as sp

from .law import Law
from .linear import DESIGNS, test_error
from .workflow import (
    Accumulate,
    AccumulateSubsample,
    FixedReal,
    FreshReal,
    Replace,
    ReplaceGrowing,
    SlidingWindow,
    Workflow,
)

_K = sp.Symbol("k", integer=True, positive=True)
_W = sp.Symbol("w", positive=True)
_S = sp.Symbol("s", integer=True, positive=True)

#: Parameters are symbols, so that a row holds for a whole family; two windows of a given length show a closed form.
FAMILIES: tuple[Workflow, ...] = (
    Replace(),
    ReplaceGrowing(),
    Accumulate(),
    AccumulateSubsample(),
    SlidingWindow(2),
    SlidingWindow(_K),
    FixedReal(_W),
    FreshReal(_S),
    FreshReal(_S, _W),
)

COLUMNS = ("workflow", "design", "gain", "closed_form", "limit", "growth", "validity", "needs", "source")


@dataclass(frozen=True)
class Row:
    """One law of the table."""

    law: Law

    def cells(self) -> dict[str, object]:
        """The entries as SymPy expressions or text; `None` where nothing was proved."""
        law = self.law
        growth = law.growth()
        return {
            "workflow": str(law.workflow),
            "design": law.design,
            "gain": law.gain_expr,
            "closed_form": law.closed_form(),
            "limit": law.limit(),
            "growth": None if growth is None else str(growth),
            "validity": "exact" if law.exact else "large-T",
            "needs": str(law.assumptions[0]),
            "source": law.source,
        }


def rows() -> list[Row]:
    """The table."""
    return [Row(test_error(workflow, design=design)) for workflow in FAMILIES for design in DESIGNS]


def markdown(table: Sequence[Row]) -> str:
    """As a Markdown table; formulas in SymPy's notation."""
    lines = ["| " + " | ".join(COLUMNS) + " |", "|" + "---|" * len(COLUMNS)]
    for row in table:
        cells = row.cells().values()
        lines.append("| " + " | ".join("-" if c is None else str(c).replace("|", "\\|") for c in cells) + " |")
    return "\n".join(lines)


def latex(table: Sequence[Row]) -> str:
    """As a `tabular` environment."""
    lines = [
        r"\begin{tabular}{" + "l" * len(COLUMNS) + "}",
        " & ".join(c.replace("_", " ") for c in COLUMNS) + r" \\ \hline",
    ]
    for row in table:
        cells = row.cells().values()
        shown = [f"${sp.latex(c)}$" if isinstance(c, sp.Basic) else "--" if c is None else str(c) for c in cells]
        lines.append(" & ".join(c.replace(">=", r"$\ge$") for c in shown) + r" \\")
    return "\n".join([*lines, r"\end{tabular}"])


def values(table: Sequence[Row]) -> list[dict[str, str | None]]:
    """As JSON: text in SymPy's notation, null where nothing was proved."""
    return [{name: None if c is None else str(c) for name, c in row.cells().items()} for row in table]
