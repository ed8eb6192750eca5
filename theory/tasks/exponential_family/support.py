"""How many of the truth's categories a model has lost.

A model has the categories of its training set. Where real(1) is a part of every training set, and no later real data
are, these are the categories of real(1), at every iteration. Where the newest T rows are all there is, the count of a
category is a Markov chain, binomial with the last count over T as its probability, and all categories but one are lost
in the end (Wright and Fisher's genetic drift).
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import sympy as sp

from ...asymptotics import Growth
from ...derivation import EXACT, Derivation, Derived, Step
from ...recursion import nested_rows
from ...symbolic_workflow import SymbolicWorkflow
from ...symbols import T, n
from ...sympy_types import added, as_expression
from ...workflow import Workflow

#: The chain of counts needs a matrix of T + 1 rows and columns.
_MOST_ROWS = 4000


@dataclass(frozen=True)
class SupportLost:
    """The mean number of categories lost.

    Attributes:
        workflow: what each model is fitted to.
        probabilities: of the truth's categories, those that are 0 left out.
        symbols: in the probabilities.
    """

    workflow: Workflow
    probabilities: tuple[sp.Expr, ...]
    symbols: tuple[sp.Symbol, ...] = ()

    def objection(self) -> str | None:
        """Why there is no law; `None` where there is one."""
        if self._keeps_first() or self._is_chain():
            return None
        return (
            f"the support lost is known where real(1) is part of every training set, or the newest T rows are all, and "
            f"no other real data enter; not under {self.workflow}."
        )

    def derived(self) -> Derived:
        """The law, where there is no objection."""
        return self._constant() if self._keeps_first() else self._chain()

    def _constant(self) -> Derived:
        lost = added((1 - p) ** T for p in self.probabilities)
        step = Step(
            "absent from real(1)", f"S_n = {sp.latex(lost)}", "models have the categories of real(1), no others"
        )
        growth = Growth("bounded", lost)
        return Derived(lost, Derivation((step,)), "new here", EXACT, growth=growth, own_gain=False)

    def _chain(self) -> Derived:
        because = "a count is a bounded martingale that stops at 0 and T alone, so that one category is left"
        step = Step("absorption", r"S_n \to \text{all but one}", because)
        return Derived(
            as_expression(sp.Function("support_lost")(n)),
            Derivation((step,)),
            "Wright and Fisher's chain, textbooks of population genetics",
            EXACT,
            growth=Growth("bounded", sp.Integer(len(self.probabilities) - 1)),
            own_gain=False,
            values=self._values,
        )

    def _values(self, numbers: Mapping[str, Any], iterations: np.ndarray) -> np.ndarray:
        rows, most = numbers["T"], int(iterations.max())
        if rows > _MOST_ROWS:
            raise ValueError(f"the chain of counts is followed for T <= {_MOST_ROWS}; got T={rows}.")
        at = {symbol: numbers[symbol.name] for symbol in self.symbols}
        given = [float(p.subs(list(at.items()))) for p in self.probabilities]
        return _lost(rows, given, most)[iterations - 1]

    def _keeps_first(self) -> bool:
        read = SymbolicWorkflow(self.workflow).training_set
        if read is None or read.drawn is not None or any(fresh for *_, fresh in read.parts):
            return False
        shares = read.shares or (sp.S.One,) * len(read.parts)
        return any(first == 1 and share.is_positive for (first, *_), share in zip(read.parts, shares, strict=True))

    def _is_chain(self) -> bool:
        rows = nested_rows(SymbolicWorkflow(self.workflow))
        return rows is not None and rows.first == n and rows.rows == 1 and rows.drawn is None


def _lost(rows: int, probabilities: Sequence[float], iterations: int) -> np.ndarray:
    """The sum over categories of P(count = 0) at each iteration."""
    from scipy.stats import binom  # not at the top, for it doubles what `import theory` costs

    counts = np.arange(rows + 1)
    # absent[k]: the probability that a category is absent so many fits after it had k of the T rows
    step = binom.pmf(counts[np.newaxis, :], rows, counts[:, np.newaxis] / rows)
    absent, found = (counts == 0).astype(np.float64), []
    start = np.array([binom.pmf(counts, rows, p) for p in probabilities])
    for _ in range(iterations):
        found.append(float((start @ absent).sum()))
        absent = step @ absent
    return np.array(found)
