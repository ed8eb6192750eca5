"""Expectations over Gaussian designs by quadrature, at d = 1 and d = 2, or of few rows of more features.

W = LL' by Bartlett: squared diagonal entries chi-square with m, m - 1, … degrees of freedom, normal entries below.
Only X'X and X'noise matter, so L' stands for the design, whatever the number of rows. Where few rows are fewer than
features, XX' = LL' likewise, and L beside zeros stands for X, up to a rotation of all designs.
"""

from collections.abc import Sequence
from dataclasses import dataclass, field
from itertools import product
from typing import Any

import numpy as np

from ...workflow import Pool
from ..terms import Expectation, Expression
from . import instances
from .averages import squared_error
from .coefficients import Amount, at_iteration
from .instances import Instance
from .values import Averages, Binding, bindings, expectation
from .worlds import Array, World, swapped

#: What stands for L' where a pool is not averaged over.
_FIXED = np.array([[1.25, 0.5], [0.0, 0.75]])

#: So many rows are averaged over where features are more, together with noises or without.
MOST_FEW, _MOST_WITHOUT_NOISE = 2, 3

#: More points than this are too many.
_MOST_POINTS = 50_000


def nodes(d: int, dimensions: int) -> int:
    """So many a dimension."""
    return {1: 16 if dimensions <= 3 else 9, 2: 8 if dimensions <= 3 else 6, 3: 4}[d]


@dataclass(frozen=True, eq=False)
class Grid(Averages):
    """Expectations of what depends on few pools' Gram matrices alone.

    Attributes:
        case: the instance.
        squared: values that stand for E_m, of which a step says nothing.
        worlds: by the pools that are averaged over, and whether their rows are stacked.
    """

    case: Instance
    squared: Sequence[Any]
    worlds: dict[tuple[frozenset[Pool], bool], World | None] = field(default_factory=dict)

    def of(self, traces: Expectation, index: Binding) -> Amount:
        """The expectation of a product of traces, where the grid covers it."""
        error = squared_error(traces)
        if error is not None:
            return self.squared[self.case.numbers.index(error, index)]
        world = self._world_of(traces, index)
        assert world is not None  # else it is not covered
        return expectation(world, traces, index)

    def covers(self, world: World, expression: Expression, n: int) -> bool:
        """Whether each expectation is over few enough pools."""
        return all(
            squared_error(traces) is not None or self._world_of(traces, index) is not None
            for monomial in expression.monomials
            for index in bindings(world, monomial, at_iteration(n))
            for traces in monomial.expectations
        )

    def _pools(self, traces: Expectation, index: Binding) -> frozenset[Pool]:
        """Those that the letters depend on."""
        found: set[Pool] = set()
        for word in traces:
            for x in word:
                k = self.case.numbers.index(x.index, index)
                known = {"W": [Pool(k)], "Wr": [Pool(k, True)], "common": [Pool(1)], "shift": []}
                members = known.get(x.family.name)
                found |= set(self.case.workflow.shares(k) if members is None else members)
        return frozenset(found)

    def _world_of(self, traces: Expectation, index: Binding) -> World | None:
        """With what the traces depend on averaged over; `None` where that is too much."""
        pools = self._pools(traces, index)
        one = len({(x.family, x.index) for word in traces for x in word}) == 1
        stacked = self.case.is_fresh and one and traces[0][0].family.name == "G"
        if (pools, stacked) not in self.worlds:
            self.worlds[pools, stacked] = world_over(self.case, pools, stacked=stacked)
        return self.worlds[pools, stacked]


def world_over(case: Instance, pools: frozenset[Pool], *, noisy: bool = False, stacked: bool = False) -> World | None:
    """A world in which these pools run over the points of a grid; the others are as they are.

    Args:
        case: the instance.
        pools: to average over; at fixed design the first one stands for all.
        noisy: whether noises are averaged over too.
        stacked: whether the first pool has the rows of all of these, which serves where only their sum matters.
    """
    d = case.numbers.d
    chosen = sorted(pools) if case.is_fresh else [Pool(1)]
    rows = {pool: case.rows(pool) for pool in chosen}
    emptied: list[Pool] = []
    if stacked:
        chosen, emptied = chosen[:1], chosen[1:]
        rows = {chosen[0]: sum(rows.values())}
    if case.numbers.least_norm:
        return _with_few_rows(case, rows, sorted(pools) if noisy else None)
    each = d * (d + 1) // 2
    count = nodes(d, each * len(chosen))
    if count ** (each * len(chosen)) > _MOST_POINTS:
        return None
    rules = [_points(d, rows[pool], count) for pool in chosen]
    sizes = [len(weights) for _, weights in rules]
    places = np.array(list(product(*map(range, sizes)))) if len(sizes) > 1 else np.arange(sizes[0])[:, None]
    weights = np.prod([rule[1][places[:, c]] for c, rule in enumerate(rules)], 0)
    averaged = {pool: rules[c][0][places[:, c]][:, None] for c, pool in enumerate(chosen)}
    designs = {}
    for pool in case.pools():
        if case.is_fresh:
            designs[pool] = averaged.get(pool, _FIXED[:d, :d][None, None] * (pool not in emptied))
        else:
            designs[pool] = averaged[Pool(1)] * np.sqrt(case.rows(pool) / case.numbers.T)
    if noisy:
        return instances.all_noises(case, designs, weights, sorted(pools))
    return instances.without_noise(case, designs, weights)


def _with_few_rows(case: Instance, rows: dict[Pool, int], noisy: Sequence[Pool] | None) -> World | None:
    """The same where these pools have few rows in all, fewer than features; `None` where they have more.

    Args:
        case: the instance.
        rows: of the pools that are averaged over.
        noisy: the pools whose noises are averaged over too, if there are any.
    """
    d, few = case.numbers.d, sum(rows.values())
    if few > (_MOST_WITHOUT_NOISE if noisy is None else MOST_FEW):
        return None
    factors, weights = _points(few, d, nodes(few, few * (few + 1) // 2))
    stacked = np.concatenate([swapped(factors), np.zeros((len(factors), few, d - few))], -1)
    # w* meets the span of the rows in a random direction: every turn of the features counts alike
    turned = np.concatenate([np.roll(stacked, step, -1) for step in range(d)])
    averaged = dict(zip(rows, np.split(turned[:, None], np.cumsum(list(rows.values()))[:-1], -2), strict=True))
    designs = {}
    for pool in case.pools():
        if case.is_fresh:
            designs[pool] = averaged.get(pool, np.zeros((1, 1, case.rows(pool), d)))
        else:
            designs[pool] = averaged[Pool(1)] * np.sqrt(case.rows(pool) / case.numbers.T)
    weights = np.tile(weights, d) / d
    if noisy is None:
        return instances.without_noise(case, designs, weights)
    return instances.all_noises(case, designs, weights, noisy)


def _points(d: int, rows: int, count: int) -> tuple[Array, Array]:
    """Values of L' and their weights."""
    from scipy.special import roots_genlaguerre, roots_hermitenorm  # not at the top: it takes long to import

    def chi_square(degrees: int) -> tuple[Array, Array]:
        # two powers of the density are left to the integrand, so that inverse moments have no pole
        power = degrees / 2 - 1
        kept = min(2, power // 1)
        x, w = roots_genlaguerre(count, power - kept)
        w = w * x**kept
        return 2 * x, w / w.sum()

    below, below_weights = roots_hermitenorm(count)
    places = [(i, j) for i in range(d) for j in range(i, d)]
    rules = [chi_square(rows - i) if i == j else (below, below_weights / below_weights.sum()) for i, j in places]
    values = np.meshgrid(*(values for values, _ in rules), indexing="ij")
    weights = np.prod(np.meshgrid(*(weights for _, weights in rules), indexing="ij"), 0).ravel()
    found = np.zeros((len(weights), d, d))
    for (i, j), value in zip(places, values, strict=True):
        found[:, i, j] = np.sqrt(value.ravel()) if i == j else value.ravel()
    return found, weights
