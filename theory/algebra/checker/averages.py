"""Expectations that leave E_m to a number, and those over the ways to deal the rows of a training set to its pools."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from ...workflow import Pool
from ..terms import Expectation
from . import instances
from .instances import Instance
from .values import Averages, Binding, expectation
from .worlds import Array, World


def squared_error(traces: Expectation) -> Any:
    """The m of E tr(delta_m delta_m')."""
    if len(traces) == 1 and len(traces[0]) == 2 and all(x.family.name == "error" for x in traces[0]):
        first, second = traces[0]
        return first.index if first.index == second.index and first.transposed != second.transposed else None
    return None


@dataclass(frozen=True, eq=False)
class SquaredGiven(Averages):
    """Over the designs and noises of one world.

    Attributes:
        world: the world.
        squared: values that stand for E_m, of which a step says nothing.
    """

    world: World
    squared: Sequence[Any]

    def of(self, traces: Expectation, index: Binding) -> Any:
        """The expectation of a product of traces."""
        error = squared_error(traces)
        if error is not None:
            return self.squared[self.world.numbers.index(error, index)]
        return expectation(self.world, traces, index)


@dataclass(frozen=True, eq=False)
class Deals(Averages):
    """Over all turns of the rows of the one training set that is in an expectation.

    Each row is then in each pool as often as the pool has rows, so that what is linear in one pool's Gram matrix and
    otherwise a function of the training set's is averaged as over all ways to deal the rows.

    Attributes:
        case: the instance.
        designs: of each pool, (1, 1, rows, d).
        squared: values that stand for E_m.
        worlds: by the iteration of the training set; 0 for none.
    """

    case: Instance
    designs: dict[Pool, Array]
    squared: Sequence[Any]
    worlds: dict[int, World] = field(default_factory=dict)

    def of(self, traces: Expectation, index: Binding) -> Any:
        """The expectation of a product of traces."""
        error = squared_error(traces)
        if error is not None:
            return self.squared[self.case.numbers.index(error, index)]
        sets = (self.case.numbers.index(x.index, index) for word in traces for x in word if x.family.name == "G")
        return expectation(self._world(max(sets, default=0)), traces, index)

    def _world(self, iteration: int) -> World:
        if iteration not in self.worlds:
            designs = dict(self.designs)
            if iteration:
                pools = sorted(self.case.workflow.shares(iteration))
                rows = np.concatenate([designs[pool] for pool in pools], -2)
                turned = np.concatenate([np.roll(rows, step, -2) for step in range(rows.shape[-2])])
                ends = np.cumsum([designs[pool].shape[-2] for pool in pools])
                designs |= dict(zip(pools, np.split(turned, ends[:-1], -2), strict=True))
            self.worlds[iteration] = instances.without_noise(self.case, designs, None)
        return self.worlds[iteration]
