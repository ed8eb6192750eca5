"""The training set that a workflow names, out of pools on disk: which row a step reads, and what it weighs."""

from collections.abc import Mapping, Sequence
from fractions import Fraction

import numpy as np
from jaxtyping import Int

from theory import Pool, Workflow

#: The stream of random numbers that says which rows are held out; 0 is the subsample's, n that of pass n.
HELD_OUT = 2**32 - 1


def rows_of(share: Fraction, T: int, what: str) -> int:
    """`share` times T as a number of rows."""
    rows = share * T
    if rows.denominator != 1:
        raise ValueError(f"{what} has {share} times T = {T} rows, which is not a whole number; choose another T.")
    return int(rows)


class TrainingRows:
    """The rows of one iteration's training set, for each of several seeds.

    Rows are numbered through the pools in the order that the workflow names them. A subsample keeps some of the
    numbers; a weighted workflow gives each row a weight, one on average. Rows that are held out are in no batch.
    """

    def __init__(
        self,
        workflow: Workflow,
        iteration: int,
        T: int,
        pools: Mapping[Pool, np.ndarray],
        seeds: Sequence[Sequence[int]],
        *,
        held_out: int = 0,
    ) -> None:
        """Number the rows, draw a subsample if the workflow has one, and hold some out.

        Args:
            workflow: names the pools and their shares.
            iteration: whose training set it is.
            T: rows of real(1).
            pools: (seeds, rows, ...) each, perhaps memory maps.
            seeds: of the random numbers of each chain.
            held_out: rows that are held out, drawn from all pools alike, each chain's own.

        Raises:
            ValueError: a subsample is no whole number of rows.
        """
        shares = workflow.shares(iteration)
        self._pools = [pools[pool] for pool in shares]
        self._seeds = seeds
        sizes = [pool.shape[1] for pool in self._pools]
        self._starts = np.cumsum([0, *sizes])
        total = int(self._starts[-1])
        self._weights = np.array(
            [float(share * total / size) for share, size in zip(shares.values(), sizes, strict=True)], np.float32
        )
        drawn = workflow.drawn(iteration)
        size = total if drawn is None else rows_of(drawn, T, f"the subsample of iteration {iteration}")
        self.rows = size - held_out
        self._kept = None if drawn is None else [np.sort(_some(seed, 0, total, size)) for seed in seeds]
        if held_out:
            every = self._kept or [np.arange(total)] * len(seeds)
            orders = [_some(seed, HELD_OUT, size, size) for seed in seeds]
            self._held_out = [numbers[order[:held_out]] for numbers, order in zip(every, orders, strict=True)]
            self._kept = [np.sort(numbers[order[held_out:]]) for numbers, order in zip(every, orders, strict=True)]

    def batches(self, start: int, end: int, batch_size: int) -> tuple[np.ndarray, np.ndarray]:
        """Rows (steps, seeds, batch, ...) and weights (steps, seeds, batch) of steps `start` to `end` - 1.

        The rows come in a new order in every pass, and a batch may reach over the end of a pass.
        """
        size = end - start
        taken = [self._taken(seed, self._order(seed, start * batch_size, end * batch_size)) for seed in self._all]
        rows, weights = (np.stack(parts) for parts in zip(*taken, strict=True))

        def by_step(part: np.ndarray) -> np.ndarray:
            return part.reshape(len(part), size, batch_size, *part.shape[2:]).swapaxes(0, 1)

        return by_step(rows), by_step(weights)

    def held_out(self) -> tuple[np.ndarray, np.ndarray]:
        """The rows (seeds, rows, ...) that are held out, and their weights (seeds, rows)."""
        rows, weights = zip(*(self._taken(seed, self._held_out[seed]) for seed in self._all), strict=True)
        return np.stack(rows), np.stack(weights)

    @property
    def _all(self) -> range:
        return range(len(self._seeds))

    def _taken(self, seed: int, numbers: Int[np.ndarray, " numbers"]) -> tuple[np.ndarray, np.ndarray]:
        """Rows of one seed by their numbers, and their weights."""
        which = np.searchsorted(self._starts, numbers, side="right") - 1
        first = self._pools[0]
        taken = np.empty((len(numbers), *first.shape[2:]), first.dtype)
        for index, pool in enumerate(self._pools):
            here = which == index
            taken[here] = pool[seed][numbers[here] - self._starts[index]]
        return taken, self._weights[which]

    def _order(self, seed: int, start: int, end: int) -> Int[np.ndarray, " numbers"]:
        """The row numbers that one seed's fit reads at places `start` to `end` - 1 of its endless sequence."""
        passes = range(start // self.rows, (end - 1) // self.rows + 1)
        orders = [generator(self._seeds[seed], 1 + number).permutation(self.rows) for number in passes]
        numbers = np.concatenate(orders)[start - passes[0] * self.rows : end - passes[0] * self.rows]
        return numbers if self._kept is None else self._kept[seed][numbers]


def _some(seed: Sequence[int], stream: int, total: int, count: int) -> Int[np.ndarray, " count"]:
    """So many of the numbers below `total`, in an order of chance."""
    return generator(seed, stream).permutation(total)[:count]


def generator(seed: Sequence[int], stream: int) -> np.random.Generator:
    """A stream of its own for each seed and purpose."""
    return np.random.Generator(np.random.Philox(np.random.SeedSequence([*seed, stream])))
