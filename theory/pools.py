"""Pools of data, and training sets as runs of pools at a whole-number iteration, checked once for all readers."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from fractions import Fraction
from itertools import pairwise
from typing import Any

from .exact import exact


@dataclass(frozen=True)
class Pools:
    """The pools numbered `first` to `last`, both included.

    With `fresh_real` they are the real data collected at those iterations; without it, the chain's own
    pools: 1 for `real(1)` and j for `synthetic(j - 1)`.
    """

    first: Any
    last: Any
    fresh_real: bool = False

    def __post_init__(self) -> None:
        """Take the numbers of the pools as whole ones, whatever their type."""
        # a frozen dataclass has no other way to keep its fields in one form
        object.__setattr__(self, "first", _whole(self.first))
        object.__setattr__(self, "last", _whole(self.last))

    def __hash__(self) -> int:
        """Alike for all: at a symbolic iteration equality must be decided, and a hash would pass it by."""
        return hash(Pools)


def _whole(number: Any) -> Any:
    if type(number) is int:
        return number
    value = exact(number)
    if not isinstance(value, Fraction):
        return value
    if value.denominator != 1:
        raise ValueError(f"pools are numbered 1, 2, 3, …; got pool {value}. Use whole numbers, as iteration // 2.")
    return int(value)


@dataclass(frozen=True, order=True)
class Pool:
    """One pool of the chain (`fresh_real` False) or of later real data (True)."""

    index: int
    fresh_real: bool = False

    @property
    def labelled_by(self) -> int:
        """The model whose predictions the labels are centred at; 0 is the truth."""
        return 0 if self.fresh_real else self.index - 1

    def __str__(self) -> str:
        """Name the pool as design and papers do: real(1), synthetic(3)."""
        return f"synthetic({self.labelled_by})" if self.labelled_by else f"real({self.index})"


@dataclass(frozen=True)
class Run:
    """Pools `first` to `last` of a training set; within a run every row counts alike.

    Attributes:
        first, last: the pools' numbers.
        fresh_real: whether they are later real data.
        share: of the loss.
        rows: in multiples of T.
    """

    first: int
    last: int
    fresh_real: bool
    share: Fraction
    rows: Fraction

    def pools(self) -> Iterator[Pool]:
        """Its pools in order."""
        return (Pool(j, self.fresh_real) for j in range(self.first, self.last + 1))


@dataclass(frozen=True)
class Composition:
    """The training set of one iteration: its runs, whose shares add up to one, and the rows drawn from them."""

    runs: tuple[Run, ...]
    drawn: Fraction | None

    @property
    def rows(self) -> Fraction:
        """Rows of all its pools, in multiples of T."""
        return sum((run.rows for run in self.runs), Fraction(0))

    @property
    def fitted(self) -> Fraction:
        """The rows that a fit depends on: those drawn, or those of the pools that count."""
        used = sum((run.rows for run in self.runs if run.share), Fraction(0))
        return used if self.drawn is None else self.drawn


def intervals(parts: tuple[Pools, ...]) -> list[list[tuple[int, int, bool]]]:
    """Each part's pools as (first, last, fresh_real); real data of iteration 1 are the chain's pool 1 in any case."""
    found = []
    for part in parts:
        pieces = [(part.first, part.last, part.fresh_real)]
        if part.fresh_real and part.first == 1:
            pieces = [(1, min(1, part.last), False), (2, part.last, True)]
        found.append([(first, last, fresh) for first, last, fresh in pieces if first <= last])
    return found


def compose(
    parts: tuple[Pools, ...],
    shares: tuple[Fraction, ...] | None,
    iteration: int,
    *,
    name: str,
    rows: Callable[[int, int, bool], Fraction],
) -> tuple[Run, ...]:
    """The runs of a training set.

    Args:
        parts: its runs of pools, in whole numbers.
        shares: one a part; `None` where every row counts alike.
        iteration: the one whose training set this is.
        name: of the workflow, for messages.
        rows: (first, last, fresh_real) -> rows of these pools together, in multiples of T.

    Raises:
        ValueError: the training set looks into the future, names a pool twice or none, or its shares are negative or
            do not add up to one.
    """
    pieces = intervals(parts)
    _check_named(pieces, iteration, name)
    counted = [[rows(*piece) for piece in run] for run in pieces]
    everything = sum((sum(counts, Fraction(0)) for counts in counted), Fraction(0))
    runs: list[Run] = []
    for number, (run, counts) in enumerate(zip(pieces, counted, strict=True)):
        whole = everything if shares is None else sum(counts, Fraction(0))
        share = Fraction(1) if shares is None else shares[number]
        runs += [Run(*piece, share * count / whole, count) for piece, count in zip(run, counts, strict=True)]
    total = sum((run.share for run in runs), Fraction(0))
    if total != 1 or any(run.share < 0 for run in runs):
        listing = ", ".join(f"{_listed(run.first, run.last, run.fresh_real)}: {run.share}" for run in runs)
        raise ValueError(
            f"{name}: the shares of iteration {iteration} must be at least 0 and add up to 1; "
            f"got {listing}, in all {total}. Give fractions, as Fraction(1, 3) or '1/3'."
        )
    return tuple(runs)


def _check_named(pieces: list[list[tuple[int, int, bool]]], iteration: int, name: str) -> None:
    """Refuse pools that do not exist yet, pools named twice, and none at all."""
    named = [piece for run in pieces for piece in run]
    for first, last, fresh in named:
        for index in (first, last):
            if not 1 <= index <= iteration:
                raise ValueError(
                    f"{name}: iteration {iteration} uses {Pool(index, fresh)}, which does not exist by then. "
                    f"It can use real(1) to real({iteration}) and synthetic(1) to synthetic({iteration - 1})."
                )
    in_order = sorted(named, key=lambda piece: (piece[2], piece[0]))
    twice = any(a[2] == b[2] and b[0] <= a[1] for a, b in pairwise(in_order))
    if twice or not named:
        raise ValueError(
            f"{name}: iteration {iteration} names {', '.join(_listed(*piece) for piece in named) or 'no pool'}; "
            "it must name at least one pool, and each pool once."
        )


def _listed(first: int, last: int, fresh_real: bool) -> str:
    start, end = str(Pool(first, fresh_real)), str(Pool(last, fresh_real))
    return start if first == last else f"{start} to {end}"
