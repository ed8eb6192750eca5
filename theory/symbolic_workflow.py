"""A workflow read at symbolic iterations, once: what is said of it then holds for every iteration."""

import math
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from fractions import Fraction
from functools import cached_property
from typing import Any

import sympy as sp

from . import finite_size, index
from .finite_size import BEYOND, Finding
from .index import Reader, expression, readers, turning_points
from .lags import Lags, SymbolicTrainingSet, lags
from .seasons import Seasons, seasons
from .symbols import i, k, n
from .workflow import Workflow

#: Iterations by which a workflow that treats its first ones apart may have settled, over its integer parameters.
_STARTS = (0, 1, 2, 4, 8)
#: Longer periods are not read.
_LONGEST_PERIOD = 60
#: A later change of the code's mind is not waited for: the gains before it would take too long.
_LATEST = 1000


@dataclass(frozen=True)
class SymbolicWorkflow:
    """A workflow with what can be read of it for all iterations; each reading is made once.

    Raises:
        ValueError: a parameter has the name of the iteration or of the index of sums.
    """

    workflow: Workflow

    def __post_init__(self) -> None:
        """Keep the parameters' symbols apart from those of every law."""
        check_names(self.workflow, (n.name, i.name))

    @cached_property
    def training_set(self) -> SymbolicTrainingSet | None:
        """That of every n >= 2; `None` where the workflow cannot be read so."""
        return self._read(sp.S.One)

    @cached_property
    def lags(self) -> Lags | None:
        """The training set of every n >= 2, if its pools keep their distance from n = 2 on."""
        return None if self.training_set is None else lags(self.training_set)

    @cached_property
    def settled(self) -> sp.Expr | None:
        """An iteration beyond which the training sets can be read: windows as long as its parameters are full then."""
        return next((start for start in self._starts if self._read(start) is not None), None)

    @cached_property
    def _starts(self) -> list[sp.Expr]:
        """Where it may have settled: the parameters and the comparisons in its code are hints, no more."""
        values = self.workflow.exactly().parameters.values()
        numbers = [expression(value) for value in values if isinstance(value, (int, Fraction, sp.Expr))]
        full = sum((value for value in numbers if value.is_integer), sp.S.One)
        last = sp.Integer(max((1 + point for point in turning_points(self._ways, BEYOND)), default=1))
        return [*(full + later for later in _STARTS), *([last] if 1 <= last <= _LATEST else [])]

    @cached_property
    def _ways(self) -> list[Reader]:
        """What the workflow's methods ask for on the ways through them, at the iterations after the first."""
        methods = self.workflow.exactly()
        asked = (methods.training_set, methods.pool_size, methods.real_size)
        return [reader for method in asked for reader in readers(method, 1 + BEYOND)]

    @cached_property
    def settled_training_set(self) -> SymbolicTrainingSet | None:
        """That of every n > `settled`."""
        return None if self.settled is None else self._read(self.settled)

    @cached_property
    def settled_lags(self) -> Lags | None:
        """The training set of every n > `settled`, if its pools keep their distance."""
        return None if self.settled_training_set is None else lags(self.settled_training_set)

    @property
    def latest_start(self) -> int | None:
        """By when it has settled, if it ever does, as far as its parameters and code tell; `None` for a family."""
        return None if self.workflow.is_symbolic else int(max(self._starts))

    @cached_property
    def seasons(self) -> Seasons | None:
        """The training sets where they repeat with a period; `None` where that is not shown."""
        period = math.lcm(*(number for way in self._ways for number in way.divided_by))
        if period > _LONGEST_PERIOD or self.workflow.is_symbolic:
            return None
        for start in self._starts:
            first = int(start) + period
            # Each class of iterations with the same rest, and each of pools, is read by itself.
            read = [self._read(sp.Integer(first - period + rest), period) for rest in range(1, period + 1)]
            known = [training_set for training_set in read if training_set is not None]
            if len(known) == period:
                return seasons(known, first, self.workflow)
        return None

    @cached_property
    def _drawing(self) -> Finding:
        return finite_size.draws(self.workflow)

    @cached_property
    def _wholeness(self) -> Finding:
        return finite_size.in_whole_multiples(self.workflow)

    @property
    def draws(self) -> bool:
        """Whether any training set is a subsample, as far as `looked_at`; of a family, unless shown that none is."""
        return self._drawing.holds

    @property
    def in_whole_multiples(self) -> bool:
        """Whether every sampled pool is a whole multiple of T rows, as far as `looked_at`."""
        return self._wholeness.holds

    @property
    def looked_at(self) -> int | None:
        """The first iterations, for which `draws` and `in_whole_multiples` are known; `None` for all."""
        known = (self._drawing.looked, self._wholeness.looked)
        return min((looked for looked in known if looked is not None), default=None)

    @cached_property
    def fewest_rows(self) -> Fraction:
        """Rows that every training set has, in multiples of T and at most 1; 0 where that is not known."""
        return finite_size.fewest_rows(self.workflow)

    def _read(self, start: sp.Expr, period: int | None = None) -> SymbolicTrainingSet | None:
        """The training set of every n > start, and the sizes of all pools from pool 2 on.

        With a period, those of n = start + period, start + 2 period, … and of the pools of these numbers.
        """
        beyond = sp.Dummy("beyond", integer=True, positive=True)
        before, period = (sp.S.One, 1) if period is None else (start, period)

        def in_n(value: Any) -> sp.Expr:
            return sp.expand(expression(value).subs(beyond, (n - start) / period))

        def in_k(size: Callable[[Any], Any]) -> sp.Expr | None:
            return index.read(
                lambda pool: expression(size(pool)).subs(beyond, (k - before) / period), before + period * beyond
            )

        methods = self.workflow.exactly()
        size, real_size = in_k(methods.pool_size), in_k(methods.real_size)
        if size is None or real_size is None:
            return None

        def whole(iteration: Any) -> SymbolicTrainingSet:
            said = methods.training_set(iteration)
            parts = tuple((in_n(p.first), in_n(p.last), bool(p.fresh_real and p.last != 1)) for p in said.parts)
            shares = None if said.shares is None else tuple(map(in_n, said.shares))
            return SymbolicTrainingSet(parts, shares, None if said.drawn is None else in_n(said.drawn), size, real_size)

        return index.read(whole, start + period * beyond)


def check_names(workflow: Workflow, taken: Iterable[str]) -> None:
    """Refuse symbols in a workflow's parameters that are called as those of a law: its text would not tell them apart.

    Raises:
        ValueError: there is one.
    """
    clashing = sorted({symbol.name for symbol in workflow.symbols} & set(taken))
    if clashing:
        raise ValueError(
            f"{workflow}: the symbol {clashing[0]} has another meaning in the laws. Call the parameter's symbol "
            "otherwise, as Symbol('m', integer=True, positive=True)."
        )
