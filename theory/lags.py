"""Training sets whose pools keep their distance to the iteration."""

from dataclasses import dataclass
from functools import reduce
from math import gcd

import sympy as sp

from .symbols import k, n


@dataclass(frozen=True)
class SymbolicTrainingSet:
    """A training set as expressions in n, for every n beyond some start.

    Attributes:
        parts: runs of pools as (first, last, fresh_real).
        shares: one a part; `None` where every row counts alike.
        drawn: rows drawn, in multiples of T; `None` for pools used whole.
        size: rows of the chain's pool k >= 2 in multiples of T, an expression in k.
        real_size: likewise of the real data of iteration k >= 2.
    """

    parts: tuple[tuple[sp.Expr, sp.Expr, bool], ...]
    shares: tuple[sp.Expr, ...] | None
    drawn: sp.Expr | None
    size: sp.Expr
    real_size: sp.Expr = sp.S.One


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

    @property
    def have_no_common_factor(self) -> bool:
        """Whether the lags in use are shown to have none, whatever the parameters: a condition of renewal theory."""
        certain = [(first, last) for first, last, share, _ in self.runs if share.is_positive]
        if any(first == 1 or (last - first).is_positive for first, last in certain):
            return True
        return reduce(gcd, (int(lag) for run in certain for lag in run if lag.is_Integer), 0) == 1


def lags(training_set: SymbolicTrainingSet) -> Lags | None:
    """The training set by distances; `None` where a pool does not keep its own, or a run may be empty.

    Later real data are of T rows each.
    """
    parts, drawn, size = training_set.parts, training_set.drawn, training_set.size
    if size.has(k) or (training_set.real_size != 1 and any(fresh for *_, fresh in parts)):
        return None
    counts, rows = [], []
    for first, last, fresh in parts:
        counts.append(sp.simplify(last - first + 1))
        rows.append(counts[-1] * (1 if fresh or (first, last) == (1, 1) else size))
    if not all(count.is_positive for count in counts):
        return None
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
