"""How a chain's losses may be read under a workflow: noise that adds up, and what is handed on from model to model.

The mean loss of model n is L + e c_n + b D_n: L of the best model, e the excess of one fit, c_n the workflow's gain
(`theory.gain`), and D_n by the depth of its training rows (`theory.depth`), with means L_n:

* noise: no D_n. Fits are unbiased.
* shift: D_n = (L_n - 1)^2. Every sampled label is shifted alike; b is the square of the shift.
* forgetting: D_n = (z - g_n(z))/(1 - z), and L_n - 1 for z = 1. Models keep a share z of what their data tell, and the
  loss goes up with what is lost (`forgotten`).

Neither e nor b is negative.
"""

import abc
from collections.abc import Sequence
from dataclasses import dataclass
from fractions import Fraction
from functools import cached_property
from typing import Generic, TypeVar

import flint
import numpy as np

from .depth import depth, inherited
from .gain import gain
from .prefix import linear_forms
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
    *(FreshReal(weight=Fraction(1, parts)) for parts in (10, 4)),
    FreshReal(),
)

#: The kinds of reading, in words.
KINDS = {
    "noise": "fits are unbiased: the excess of one fit times the gain",
    "shift": "besides, every sampled label is shifted alike: b (E depth - 1)^2",
    "forgetting": "besides, a model keeps a share of what its data tell: b (z - E z^depth)/(1 - z)",
}

#: Shares kept that forgetting is tried with; at the last, all, it is the mean depth.
KEPT = tuple(Fraction(tenths, 10) for tenths in range(1, 11))

Row = tuple[Fraction, ...]

#: A workflow, or one for each of several chains.
Of = TypeVar("Of")

#: Where a loss was measured: the model's number, or a chain and that.
Place = TypeVar("Place")


class Readings(abc.ABC, Generic[Of, Place]):
    """The columns that readings of measured losses are made of.

    Attributes:
        workflow: what each model is fitted to.
    """

    workflow: Of

    @abc.abstractmethod
    def rows(self, kind: str, kept: Fraction | None, iterations: Sequence[Place]) -> list[Row]:
        """(c_n) or (c_n, D_n) for each place of a loss."""


@dataclass(frozen=True)
class Shapes(Readings[Workflow, int]):
    """The columns of one workflow's readings, each computed once, as far as it was asked for.

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
        if len(self._made.get((kind, kept), ())) < upto:
            self._made.update(self._computed(kind, upto))
        return self._made[kind, kept]

    @cached_property
    def _made(self) -> dict[tuple[str, Fraction | None], list[Fraction]]:
        return {}

    def _computed(self, kind: str, upto: int) -> dict[tuple[str, Fraction | None], list[Fraction]]:
        """The columns of a kind; for forgetting those of all shares kept, at one reading of the workflow."""
        if kind == "gain":
            return {(kind, None): gain(self.workflow, upto)}
        if kind == "shift":
            return {(kind, None): [(mean - 1) ** 2 for mean in depth(self.workflow).mean(upto)]}
        return {(kind, z): column for z, column in zip(KEPT, forgotten(self.workflow, KEPT, upto), strict=True)}


def forgotten(workflow: Workflow, kept: Sequence[Fraction], upto: int) -> list[list[Fraction]]:
    """(z - E z^depth)/(1 - z) of models 1, 2, …, a list for each z; its limit E depth - 1 where all is kept.

    Args:
        workflow: what each model is fitted to.
        kept: z, the shares that a model keeps of what its data tell.
        upto: how many models.
    """
    shares = np.array([z for z in kept if z != 1], dtype=object)
    told = inherited(linear_forms(workflow, upto), shares**0, lambda mean: shares * mean)
    lost = iter([list(column) for column in np.array([(shares - row) / (1 - shares) for row in told]).T])
    whole = [mean - 1 for mean in depth(workflow).mean(upto)] if 1 in kept else []
    return [whole if z == 1 else next(lost) for z in kept]


#: Those of the candidates, for all chains that are held against them.
SHAPES = tuple(map(Shapes, CANDIDATES))


def rank(rows: Sequence[Row]) -> int:
    """Of a matrix, exactly."""
    entries = [flint.fmpq(*Fraction(entry).as_integer_ratio()) for row in rows for entry in row]
    return int(flint.fmpq_mat(len(rows), len(rows[0]), entries).rank())
