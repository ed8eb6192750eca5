"""A workflow read at symbolic iterations, once: what is said of it then holds for every iteration.

The workflow's own method is called with an `Index` in place of an integer. It takes part in arithmetic, answers a
comparison that is true (or false) for every iteration beyond `start`, and refuses everything else: so a workflow that
branches on the iteration, even by `if iteration % 2`, is not read at all, rather than read wrongly.
"""

from dataclasses import dataclass
from fractions import Fraction
from functools import cached_property
from typing import Any

import sympy as sp

from .symbols import k, n
from .workflow import Pool, Workflow

#: Iterations by which a workflow that treats its first ones apart may have settled, over its integer parameters.
_STARTS = (0, 1, 2, 4, 8)

#: How far a workflow is looked at where Python code alone says what it does.
_LOOK_AHEAD = 64


class Index:
    """A symbolic integer for the methods of a workflow."""

    def __init__(self, expr: sp.Expr) -> None:
        self.expr = expr

    def __add__(self, other: Any) -> "Index":
        return Index(self.expr + plain(other))

    def __sub__(self, other: Any) -> "Index":
        return Index(self.expr - plain(other))

    def __rsub__(self, other: Any) -> "Index":
        return Index(plain(other) - self.expr)

    def __mul__(self, other: Any) -> "Index":
        return Index(self.expr * plain(other))

    def __truediv__(self, other: Any) -> "Index":
        return Index(self.expr / plain(other))

    def __rtruediv__(self, other: Any) -> "Index":
        return Index(plain(other) / self.expr)

    def __pow__(self, other: Any) -> "Index":
        return Index(self.expr ** plain(other))

    def __neg__(self) -> "Index":
        return Index(-self.expr)

    __radd__, __rmul__ = __add__, __mul__

    def __lt__(self, other: Any) -> bool:
        return _decide((plain(other) - self.expr).is_positive)

    def __le__(self, other: Any) -> bool:
        return _decide((plain(other) - self.expr).is_nonnegative)

    def __gt__(self, other: Any) -> bool:
        return _decide((self.expr - plain(other)).is_positive)

    def __ge__(self, other: Any) -> bool:
        return _decide((self.expr - plain(other)).is_nonnegative)

    def __eq__(self, other: object) -> bool:
        return _decide((self.expr - plain(other)).is_zero)

    __hash__ = None  # pyright: ignore[reportAssignmentType]: `iteration in {3, 4}` would pass equality by

    def __bool__(self) -> bool:
        raise TypeError("the truth of a symbolic iteration is not known")


@dataclass(frozen=True)
class SymbolicTrainingSet:
    """A training set as expressions in n, for every n beyond some start.

    Attributes:
        parts: runs of pools as (first, last, fresh_real).
        shares: one a part; `None` where every row counts alike.
        drawn: rows drawn, in multiples of T; `None` for pools used whole.
        size: rows of the chain's pool k >= 2 in multiples of T, an expression in k.
    """

    parts: tuple[tuple[sp.Expr, sp.Expr, bool], ...]
    shares: tuple[sp.Expr, ...] | None
    drawn: sp.Expr | None
    size: sp.Expr


@dataclass(frozen=True)
class Lags:
    """A training set whose pools keep their distance to the iteration: the same shares at every iteration.

    Attributes:
        runs: (first lag, last lag, share, size); the pool labelled by model n - lag has lag `lag`.
        anchor: the share of real(1).
        fresh: the shares of real data collected later, with their ages: (youngest, oldest, share).
        thinning: variance of the subsampling noise.
        by_count: whether every row counts alike, so that shares come from the sizes.
    """

    runs: tuple[tuple[sp.Expr, sp.Expr, sp.Expr, sp.Expr], ...]
    anchor: sp.Expr
    fresh: tuple[tuple[sp.Expr, sp.Expr, sp.Expr], ...]
    thinning: sp.Expr
    by_count: bool

    @property
    def synthetic(self) -> sp.Expr:
        """The share of all sampled data."""
        return sp.simplify(sum((share for *_, share, _ in self.runs), sp.S.Zero))


@dataclass(frozen=True)
class SymbolicWorkflow:
    """A workflow with what can be read of it for all iterations; each reading is made once."""

    workflow: Workflow

    @cached_property
    def training_set(self) -> SymbolicTrainingSet | None:
        """That of every n >= 2; `None` where the workflow cannot be read so."""
        return self._read(sp.S.One)

    @cached_property
    def lags(self) -> Lags | None:
        """The training set of every n >= 2, if its pools keep their distance from n = 2 on."""
        return None if self.training_set is None else _lags(self.training_set)

    @cached_property
    def settled(self) -> sp.Expr | None:
        """An iteration beyond which the training sets can be read: windows as long as its parameters are full then."""
        numbers = [sp.sympify(v) for v in self.workflow.parameters.values() if isinstance(v, (int, Fraction, sp.Expr))]
        full = sum((value for value in numbers if value.is_integer), sp.S.One)
        return next((full + later for later in _STARTS if self._read(full + later) is not None), None)

    @cached_property
    def settled_training_set(self) -> SymbolicTrainingSet | None:
        """That of every n > `settled`."""
        return None if self.settled is None else self._read(self.settled)

    @cached_property
    def settled_lags(self) -> Lags | None:
        """The training set of every n > `settled`, if its pools keep their distance."""
        return None if self.settled_training_set is None else _lags(self.settled_training_set)

    @cached_property
    def draws(self) -> bool:
        """Whether any training set is a subsample; of a workflow with numbers the first `_LOOK_AHEAD` are looked at."""
        if self.workflow.is_symbolic:
            return self.settled_training_set is not None and self.settled_training_set.drawn is not None
        return any(self.workflow.training_set(m).drawn is not None for m in range(2, _LOOK_AHEAD + 1))

    @cached_property
    def in_whole_multiples(self) -> bool:
        """Whether every sampled pool is a whole multiple of T rows, as far as `draws` looks."""
        if self.workflow.is_symbolic:
            return bool(sp.sympify(self.workflow.pool_size(k)).is_integer)
        return all(self.workflow.size(Pool(m)).denominator == 1 for m in range(2, _LOOK_AHEAD + 1))

    def _read(self, start: sp.Expr) -> SymbolicTrainingSet | None:
        beyond = sp.Dummy("beyond", integer=True, positive=True)
        try:
            training_set = self.workflow.training_set(Index(start + beyond))
            size = plain(self.workflow.pool_size(Index(1 + beyond))).subs(beyond, k - 1)
            parts = tuple((plain(p.first), plain(p.last), p.fresh_real and p.last != 1) for p in training_set.parts)
            shares = None if training_set.shares is None else tuple(map(plain, training_set.shares))
            drawn = None if training_set.drawn is None else plain(training_set.drawn)
        except (ArithmeticError, AttributeError, LookupError, TypeError, ValueError):
            return None  # written for integers alone

        def in_n(value: Any) -> Any:
            return sp.expand(value.subs(beyond, n - start)) if isinstance(value, sp.Expr) else value

        return SymbolicTrainingSet(
            tuple(tuple(map(in_n, part)) for part in parts),
            None if shares is None else tuple(map(in_n, shares)),
            in_n(drawn),
            size,
        )


def _lags(training_set: SymbolicTrainingSet) -> Lags | None:
    """The training set by distances; `None` where a pool does not keep its own."""
    parts, drawn, size = training_set.parts, training_set.drawn, training_set.size
    if size.has(k):
        return None
    counts, rows = [], []
    for first, last, fresh in parts:
        counts.append(sp.simplify(last - first + 1))
        rows.append(counts[-1] * (1 if fresh or (first, last) == (1, 1) else size))
    total = sum(rows, sp.S.Zero)
    shares = [r / total for r in rows] if training_set.shares is None else training_set.shares
    runs, fresh_shares, anchor = [], [], sp.S.Zero
    for (first, last, fresh), share in zip(parts, shares, strict=True):
        if not fresh and (first, last) == (1, 1):
            anchor += share
            continue
        young, old = sp.simplify(n - last), sp.simplify(n - first)
        if fresh:
            fresh_shares.append((young, old, share))
        elif sp.simplify(share) != 0:
            runs.append((young + 1, old + 1, share, size))
    thinning = sp.S.Zero if drawn is None else 1 / drawn - 1 / total
    found = Lags(tuple(runs), anchor, tuple(fresh_shares), sp.simplify(thinning), training_set.shares is None)
    values = [x for run in (*found.runs, *found.fresh) for x in run] + [found.anchor, found.thinning]
    return None if any(sp.sympify(x).has(n) for x in values) else found


def plain(value: Any) -> sp.Expr:
    """The SymPy expression of an `Index`, a number or an expression."""
    return value.expr if isinstance(value, Index) else sp.sympify(value, strict=True)


def _decide(answer: bool | None) -> bool:
    if answer is None:
        raise TypeError("this comparison is not the same for every iteration")
    return answer
