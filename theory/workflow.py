"""Workflows: which real and model-generated data each model is fitted to.

A *pool* is a data set. Pool 1 is `real(1)`, the T real rows that the first model is fitted to; pool
j >= 2 is `synthetic(j - 1)`, sampled from model j - 1. Real data collected later, at iteration j, are
`real(j)`. A `Workflow` names, for each model-fitting iteration, the pools of its training set and how
much each counts. It holds no numerics, so theory, sim and neural read the same object.

The same method is read twice: with an integer, to list the training set of one iteration; and with a
symbolic integer, to prove a statement for all of them. So write index arithmetic (`iteration - 1`), and
branch on an iteration only where there is no other way: theory then answers for each n, not for all n.
"""

import abc
import math
import numbers
import re
from collections.abc import Mapping
from dataclasses import dataclass, fields, is_dataclass
from decimal import Decimal
from fractions import Fraction
from typing import Any

Index = Any  # an int, or in a proof a symbolic integer
Number = Any  # an exact number: int or Fraction, or a symbol of SymPy's


@dataclass(frozen=True)
class Pools:
    """The pools numbered `first` to `last`, both included.

    With `fresh_real` they are the real data collected at those iterations; without it, the chain's own
    pools: 1 for `real(1)` and j for `synthetic(j - 1)`.
    """

    first: Index
    last: Index
    fresh_real: bool = False

    def __hash__(self) -> int:
        """Alike for all: at a symbolic iteration equality must be decided, and a hash would pass it by."""
        return hash(Pools)


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


def pools(first: Index, last: Index) -> Pools:
    """Pools `first` to `last` of the chain: real(1), synthetic(1), synthetic(2), …"""
    return Pools(first, last)


def real(iteration: Index) -> Pools:
    """The real data collected at `iteration`; `real(1)` is what model 1 is fitted to."""
    return Pools(1, 1) if iteration == 1 else Pools(iteration, iteration, fresh_real=True)


def synthetic(model: Index) -> Pools:
    """The data sampled from model number `model`."""
    return Pools(model + 1, model + 1)


@dataclass(frozen=True)
class TrainingSet:
    """The pools of one training set, and the share of the total loss that each run of pools has.

    Attributes:
        parts: runs of pools; each pool is in one of them at most.
        shares: one share a run, adding up to one, the same for each row within the run; `None` where
            every row of the training set counts alike.
        drawn: rows, in multiples of T, drawn from the pools without replacement, anew at this iteration;
            `None` where the pools are used whole.
    """

    parts: tuple[Pools, ...]
    shares: tuple[Number, ...] | None = None
    drawn: Number | None = None

    def __post_init__(self) -> None:
        """Check that there is a share for each part."""
        if self.shares is not None and len(self.shares) != len(self.parts):
            raise ValueError(f"a training set needs one share a part; got {self.parts} and {self.shares}.")


def by_count(*parts: Pools) -> TrainingSet:
    """All rows of these pools, each counting alike."""
    return TrainingSet(parts)


def by_weight(shares: Mapping[Pools, Number]) -> TrainingSet:
    """These pools used whole, each with a share of the total loss: weighted least squares."""
    return TrainingSet(tuple(shares), tuple(exact(share) for share in shares.values()))


def subsample(*parts: Pools, rows: Number = 1) -> TrainingSet:
    """`rows` times T rows drawn without replacement from the union of these pools."""
    return TrainingSet(parts, drawn=exact(rows))


class Workflow(abc.ABC):
    """A rule that names every iteration's training set.

    Iteration 1 is always fitted to the T rows of `real(1)`. A workflow is a frozen dataclass whose
    fields are its parameters::

        @dataclass(frozen=True)
        class Anchored(Workflow):
            weight: Fraction = Fraction(1, 2)

            def training_set(self, iteration):
                return by_weight({real(1): self.weight, synthetic(iteration - 1): 1 - self.weight})
    """

    @abc.abstractmethod
    def training_set(self, iteration: Index) -> TrainingSet:
        """The training set of `iteration` >= 2."""

    def pool_size(self, pool: Index) -> Number:
        """Rows of the chain's pool number `pool` >= 2, in multiples of T. Real pools have T rows."""
        return 1

    def size(self, pool: Pool) -> Fraction:
        """Rows of `pool`, in multiples of T."""
        if pool.labelled_by == 0:
            return Fraction(1)
        size = exact(self.pool_size(pool.index))
        if not size > 0:
            raise ValueError(f"{self}: {pool} must have more than 0 rows; got {size} times T.")
        return size

    def drawn(self, iteration: int) -> Fraction | None:
        """Rows, in multiples of T, drawn at `iteration`; `None` where the pools are used whole."""
        rows = None if iteration == 1 else self.training_set(iteration).drawn
        if rows is None:
            return None
        available = sum(self.size(pool) for pool in self.shares(iteration))
        if not 0 < rows <= available:
            raise ValueError(
                f"{self}: iteration {iteration} draws {rows} times T rows without replacement, "
                f"but its pools hold {available} times T. Draw at least one row and at most all."
            )
        return rows

    def shares(self, iteration: int) -> dict[Pool, Fraction]:
        """Each pool's share of the loss at `iteration`, in the order named; the shares add up to one.

        Raises:
            ValueError: the training set looks into the future, names a pool twice, or its shares are
                negative or do not add up to one.
        """
        if self.is_symbolic:
            raise ValueError(f"{self} has symbolic parameters; pools, gains and numbers need numbers for them.")
        if iteration == 1:
            return {Pool(1): Fraction(1)}
        training_set = self.training_set(iteration)
        if not isinstance(training_set, TrainingSet):
            raise ValueError(
                f"{self}: training_set({iteration}) must return by_count(…), by_weight({{…}}) or subsample(…); "
                f"got {training_set!r}."
            )
        # real data of iteration 1 are the chain's pool 1, whichever way they are named
        runs = [
            [Pool(j, part.fresh_real and j > 1) for j in range(part.first, part.last + 1)]
            for part in training_set.parts
        ]
        members = [pool for run in runs for pool in run]
        for pool in members:
            if not 1 <= pool.index <= iteration:
                raise ValueError(
                    f"{self}: iteration {iteration} uses {pool}, which does not exist by then. "
                    f"It can use real(1) to real({iteration}) and synthetic(1) to synthetic({iteration - 1})."
                )
        if len(set(members)) < len(members) or not members:
            raise ValueError(
                f"{self}: iteration {iteration} names {', '.join(map(str, members)) or 'no pool'}; "
                "it must name at least one pool, and each pool once."
            )
        # Weights of the runs; within a run, and between runs counted alike, rows share equally.
        runs_and_shares = (
            [(members, Fraction(1))]
            if training_set.shares is None
            else list(zip(runs, training_set.shares, strict=True))
        )
        result: dict[Pool, Fraction] = {}
        for run, share in runs_and_shares:
            rows = sum(self.size(pool) for pool in run)
            result |= {pool: share * self.size(pool) / rows for pool in run}
        if sum(result.values()) != 1 or any(share < 0 for share in result.values()):
            listing = ", ".join(f"{pool}: {share}" for pool, share in result.items())
            raise ValueError(
                f"{self}: the shares of iteration {iteration} must be at least 0 and add up to 1; "
                f"got {listing}, in all {sum(result.values())}. Give fractions, as Fraction(1, 3) or '1/3'."
            )
        return result

    @property
    def parameters(self) -> dict[str, Number]:
        """The workflow's fields by name."""
        if not is_dataclass(self):
            raise ValueError(f"{type(self).__name__} must be a dataclass: put @dataclass(frozen=True) above it.")
        return {f.name: getattr(self, f.name) for f in fields(self)}

    @property
    def is_symbolic(self) -> bool:
        """Whether a parameter is a symbol, so that the workflow is a family and has no list of pools."""
        return any(getattr(value, "free_symbols", None) for value in self.parameters.values())

    @classmethod
    def command(cls) -> str:
        """The workflow's name on the command line: `SlidingWindow` is `sliding-window`."""
        return re.sub(r"(?<!^)(?=[A-Z])", "-", cls.__name__).lower()

    def __str__(self) -> str:
        """`SlidingWindow(k=3)`."""
        arguments = ", ".join(f"{name}={value}" for name, value in self.parameters.items() if value is not None)
        return f"{type(self).__name__}({arguments})"


def exact(value: Number) -> Number:
    """The number as a Fraction, a float as the simple fraction that it stands for; symbols pass as they are."""
    if isinstance(value, (numbers.Rational, str, Decimal)):
        return Fraction(value)
    if isinstance(value, numbers.Real) and type(value).__module__ != "sympy.core.numbers":
        simple = Fraction(float(value)).limit_denominator(10**6)
        # 1 - 0.9 is 0.09999999999999998: within rounding of 1/10
        return simple if math.isclose(simple, value, rel_tol=1e-15 * 4) else Fraction(repr(float(value)))
    return value


def check_workflow(workflow: object) -> None:
    """Refuse anything but a workflow, the class of one included.

    Raises:
        ValueError: it is none.
    """
    if not isinstance(workflow, Workflow):
        raise ValueError(f"a workflow is needed, an object such as Accumulate() or SlidingWindow(3); got {workflow!r}.")
