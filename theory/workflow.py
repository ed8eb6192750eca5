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
import copy
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, fields, is_dataclass, replace
from fractions import Fraction
from typing import Any, ClassVar

from .exact import Whole, exact, parameter, required
from .pools import Composition, Pool, Pools, compose
from .ranges import Range

Index = Any  # an int, or in a proof a symbolic integer
Number = Any  # an exact number: int or Fraction, or a symbol of SymPy's


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
    fields are its parameters. Whatever numbers they are given as, its methods find exact ones in them: 0.1, "1/10" and
    NumPy's and SymPy's numbers are Fraction(1, 10), and quotients of whole numbers are fractions::

        @dataclass(frozen=True)
        class Anchored(Workflow):
            weight: Fraction = Fraction(1, 2)

            def training_set(self, iteration):
                return by_weight({real(1): self.weight, synthetic(iteration - 1): 1 - self.weight})

    Class attributes:
        ranges: of the parameters, by name: over which a bound on a law with a symbol in their place has to hold.
    """

    ranges: ClassVar[Mapping[str, Range]] = {}

    @abc.abstractmethod
    def training_set(self, iteration: Index) -> TrainingSet:
        """The training set of `iteration` >= 2."""

    def pool_size(self, pool: Index) -> Number:
        """Rows of the chain's pool number `pool` >= 2, in multiples of T."""
        return 1

    def real_size(self, iteration: Index) -> Number:
        """Rows of the real data collected at `iteration` >= 2, in multiples of T; those of iteration 1 are T rows."""
        return 1

    def size(self, pool: Pool) -> Fraction:
        """Rows of `pool`, in multiples of T."""
        if pool.index == 1:
            return Fraction(1)
        methods = self.exactly()
        rows = methods.real_size if pool.fresh_real else methods.pool_size
        size = required(rows(Whole(pool.index)), f"{self}: the size of {pool}")
        if not size > 0:
            raise ValueError(f"{self}: {pool} must have more than 0 rows; got {size} times T.")
        return size

    def composition(
        self, iteration: int, rows: Callable[[int, int, bool], Fraction] | None = None, said: TrainingSet | None = None
    ) -> Composition:
        """The training set of `iteration` in numbers, checked.

        Args:
            iteration: counted from 1.
            rows: (first, last, fresh_real) -> rows of these pools together, for who has added them up already.
            said: what `training_set` said, for who has asked already.

        Raises:
            ValueError: the training set looks into the future, names a pool twice, its shares are negative or do not
                add up to one, or it draws more rows than there are.
        """
        said = self.said(iteration) if said is None else said
        shares = None
        if said.shares is not None:
            shares = tuple(required(share, f"{self}: a share of iteration {iteration}") for share in said.shares)
        runs = compose(said.parts, shares, iteration, name=str(self), rows=rows or self._rows)
        if said.drawn is None:
            return Composition(runs, None)
        drawn = required(said.drawn, f"{self}: the rows drawn at iteration {iteration}")
        available = sum((run.rows for run in runs), Fraction(0))
        if not 0 < drawn <= available:
            raise ValueError(
                f"{self}: iteration {iteration} draws {drawn} times T rows without replacement, "
                f"but its pools hold {available} times T. Draw at least one row and at most all."
            )
        return Composition(runs, drawn)

    def _rows(self, first: int, last: int, fresh_real: bool) -> Fraction:
        return sum((self.size(Pool(j, fresh_real)) for j in range(first, last + 1)), Fraction(0))

    def said(self, iteration: int) -> TrainingSet:
        """What `training_set` says of an iteration >= 2, and real(1) for the first; pools numbered, nothing checked.

        Raises:
            ValueError: it says nothing that is a training set, or the workflow has symbolic parameters.
        """
        if self.is_symbolic:
            raise ValueError(f"{self} has symbolic parameters; pools, gains and numbers need numbers for them.")
        if iteration == 1:
            return by_count(real(1))
        said = self.exactly().training_set(Whole(iteration))
        if not isinstance(said, TrainingSet):
            raise ValueError(
                f"{self}: training_set({iteration}) must return by_count(…), by_weight({{…}}) or subsample(…); "
                f"got {said!r}."
            )
        for part in said.parts:
            if not (isinstance(part, Pools) and type(part.first) is int and type(part.last) is int):
                raise ValueError(f"{self}: iteration {iteration} must name numbered pools; got {part!r}.")
        return said

    def drawn(self, iteration: int) -> Fraction | None:
        """Rows, in multiples of T, drawn at `iteration`; `None` where the pools are used whole.

        Raises:
            ValueError: as `composition`.
        """
        return self.composition(iteration).drawn

    def shares(self, iteration: int) -> dict[Pool, Fraction]:
        """Each pool's share of the loss at `iteration`, in the order named; the shares add up to one.

        Raises:
            ValueError: as `composition`.
        """
        return {
            pool: run.share * self.size(pool) / run.rows
            for run in self.composition(iteration).runs
            for pool in run.pools()
        }

    def exactly(self) -> "Workflow":
        """The workflow whose methods are asked: this one, with its parameters as exact numbers of Python's."""
        own = self.parameters
        changed = {name: parameter(value) for name, value in own.items()}
        changed |= {name: value.exactly() for name, value in own.items() if isinstance(value, Workflow)}
        if all(changed[name] is value for name, value in own.items()):
            return self
        twin = copy.copy(self)
        for name, value in changed.items():
            object.__setattr__(twin, name, value)  # of a copy that nobody else has
        return twin

    @property
    def parameters(self) -> dict[str, Number]:
        """The workflow's fields by name."""
        if not is_dataclass(self):
            raise ValueError(f"{type(self).__name__} must be a dataclass: put @dataclass(frozen=True) above it.")
        return {f.name: getattr(self, f.name) for f in fields(self)}

    def at(self, numbers: Mapping[Any, Number]) -> "Workflow":
        """The workflow with numbers in the place of symbols that are parameters by themselves."""
        changed: dict[str, Any] = {}
        for name, value in self.parameters.items():
            if isinstance(value, Workflow):
                changed[name] = value.at(numbers)
            elif getattr(value, "free_symbols", ()) and value in numbers:
                changed[name] = numbers[value]
        return replace(self, **changed) if changed else self  # pyright: ignore[reportArgumentType]: a dataclass

    @property
    def is_symbolic(self) -> bool:
        """Whether a parameter is a symbol, so that the workflow is a family and has no list of pools."""
        return bool(self.symbols)

    @property
    def symbols(self) -> frozenset[Any]:
        """The symbols in its parameters."""
        return frozenset().union(*map(_symbols, self.parameters.values()))

    @classmethod
    def command(cls) -> str:
        """The workflow's name on the command line: `SlidingWindow` is `sliding-window`."""
        return re.sub(r"(?<!^)(?=[A-Z])", "-", cls.__name__).lower()

    def __str__(self) -> str:
        """`SlidingWindow(k=3)`."""
        arguments = ", ".join(f"{name}={value}" for name, value in self.parameters.items() if value is not None)
        return f"{type(self).__name__}({arguments})"


def _symbols(value: Any) -> frozenset[Any]:
    if isinstance(value, Workflow):
        return value.symbols
    if isinstance(value, (tuple, list)):
        return frozenset().union(*map(_symbols, value))
    if isinstance(value, dict):
        return frozenset().union(*map(_symbols, value.values()))
    return frozenset(getattr(value, "free_symbols", ()))


def check_workflow(workflow: object) -> None:
    """Refuse anything but a workflow, the class of one included.

    Raises:
        ValueError: it is none.
    """
    if not isinstance(workflow, Workflow):
        raise ValueError(f"a workflow is needed, an object such as Accumulate() or SlidingWindow(3); got {workflow!r}.")
