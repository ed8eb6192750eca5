"""How a chain's losses may be read under a workflow: noise that adds up, and what is handed on from model to model.

The mean loss of model n is L + e c_n + b D_n: L of the best model, e the excess of one fit, c_n the workflow's gain
(`theory.gain`), and D_n by the depth of its training rows (`theory.depth`), with means L_n:

* noise: no D_n. Fits are unbiased.
* shift: D_n = (L_n - 1)^2. Every sampled label is shifted alike; b is the square of the shift.
* forgetting: D_n = (z - g_n(z))/(1 - z), and L_n - 1 for z = 1. Models keep a share z of what their data tell, and the
  loss goes up with what is lost (`paper_repro.gerstgrasser2024.forgetting`).

Neither e nor b is negative.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from fractions import Fraction
from functools import cached_property

import flint

from .depth import depth
from .gain import gain
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

#: The workflows that a chain is held against where none is named.
CANDIDATES: tuple[Workflow, ...] = (
    Replace(),
    ReplaceGrowing(),
    Accumulate(),
    AccumulateSubsample(),
    AccumulateFresh(),
    *(SlidingWindow(k) for k in (2, 3, 5)),
    *(FixedReal(Fraction(1, parts)) for parts in (10, 4, 2)),
    *(FreshReal(weight=Fraction(1, parts)) for parts in (10, 4, 2)),
)

#: The kinds of reading, in words.
KINDS = {
    "noise": "fits are unbiased: the excess of one fit times the gain",
    "shift": "besides, every sampled label is shifted alike: b (E depth - 1)^2",
    "forgetting": "besides, a model keeps a share of what its data tell: b (z - E z^depth)/(1 - z)",
}

#: Shares kept that forgetting is tried with.
KEPT = tuple(Fraction(tenths, 10) for tenths in range(1, 11))

Row = tuple[Fraction, ...]


@dataclass(frozen=True)
class Shapes:
    """The columns that a workflow's readings are made of, each computed once, as far as it was asked for.

    Attributes:
        workflow: what each model is fitted to.
    """

    workflow: Workflow

    def rows(self, kind: str, kept: Fraction | None, iterations: Sequence[int]) -> list[Row]:
        """(c_n) or (c_n, D_n) for these iterations.

        Args:
            kind: a key of `KINDS`.
            kept: z, of forgetting.
            iterations: the n.
        """
        columns = [self._column("gain", None, max(iterations))]
        if kind != "noise":
            columns.append(self._column(kind, kept, max(iterations)))
        return [tuple(column[n - 1] for column in columns) for n in iterations]

    def _column(self, kind: str, kept: Fraction | None, upto: int) -> list[Fraction]:
        found = self._made.get((kind, kept), [])
        if len(found) < upto:
            found = self._made[kind, kept] = self._computed(kind, kept, upto)
        return found

    @cached_property
    def _made(self) -> dict[tuple[str, Fraction | None], list[Fraction]]:
        return {}

    def _computed(self, kind: str, kept: Fraction | None, upto: int) -> list[Fraction]:
        of = depth(self.workflow)
        if kind == "gain":
            return gain(self.workflow, upto)
        if kind == "shift":
            return [(mean - 1) ** 2 for mean in of.mean(upto)]
        if kept == 1:
            return [mean - 1 for mean in of.mean(upto)]
        kept = Fraction(0) if kept is None else kept
        return [(kept - told) / (1 - kept) for told in of.generating(kept, upto)]


#: Those of the candidates, for all chains that are held against them.
SHAPES = tuple(map(Shapes, CANDIDATES))


def rank(rows: Sequence[Row]) -> int:
    """Of a matrix, exactly."""
    entries = [flint.fmpq(*Fraction(entry).as_integer_ratio()) for row in rows for entry in row]
    return int(flint.fmpq_mat(len(rows), len(rows[0]), entries).rank())
