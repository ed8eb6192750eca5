"""The training set that a workflow names, out of pools on disk: which row a step reads, and what it weighs."""

from collections.abc import Mapping, Sequence
from fractions import Fraction

import numpy as np
from jaxtyping import Int

from theory import Pool, Workflow


def rows_of(share: Fraction, T: int, what: str) -> int:
    """`share` times T as a number of rows."""
    rows = share * T
    if rows.denominator != 1:
        raise ValueError(f"{what} has {share} times T = {T} rows, which is not a whole number; choose another T.")
    return int(rows)


class TrainingRows:
    """The rows of one iteration's training set, for each of several seeds.

    Rows are numbered through the pools in the order that the workflow names them. A subsample keeps some of the
    numbers; a weighted workflow gives each row a weight, one on average.
    """

    def __init__(
        self,
        workflow: Workflow,
        iteration: int,
        T: int,
        pools: Mapping[Pool, np.ndarray],
        seeds: Sequence[Sequence[int]],
    ) -> None:
        """Number the rows, and draw a subsample if the workflow has one.

        Args:
            workflow: names the pools and their shares.
            iteration: whose training set it is.
            T: rows of real(1).
            pools: (seeds, rows, ...) each, perhaps memory maps.
            seeds: of the random numbers of each chain.

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
        self.rows = total if drawn is None else rows_of(drawn, T, f"the subsample of iteration {iteration}")
        self._kept = (
            None if drawn is None else [np.sort(generator(seed, 0).permutation(total)[: self.rows]) for seed in seeds]
        )

    def batches(self, start: int, end: int, batch_size: int) -> tuple[np.ndarray, np.ndarray]:
        """Rows (steps, seeds, batch, ...) and weights (steps, seeds, batch) of steps `start` to `end` - 1.

        The rows come in a new order in every pass, and a batch may reach over the end of a pass.
        """
        rows, weights = [], []
        for seed in range(len(self._seeds)):
            numbers = self._order(seed, start * batch_size, end * batch_size)
            which = np.searchsorted(self._starts, numbers, side="right") - 1
            first = self._pools[0]
            taken = np.empty((len(numbers), *first.shape[2:]), first.dtype)
            for index, pool in enumerate(self._pools):
                here = which == index
                taken[here] = pool[seed][numbers[here] - self._starts[index]]
            rows.append(taken.reshape(end - start, batch_size, *taken.shape[1:]))
            weights.append(self._weights[which].reshape(end - start, batch_size))
        return np.stack(rows, axis=1), np.stack(weights, axis=1)

    def _order(self, seed: int, start: int, end: int) -> Int[np.ndarray, " numbers"]:
        """The row numbers that one seed's fit reads at places `start` to `end` - 1 of its endless sequence."""
        passes = range(start // self.rows, (end - 1) // self.rows + 1)
        orders = [generator(self._seeds[seed], 1 + number).permutation(self.rows) for number in passes]
        numbers = np.concatenate(orders)[start - passes[0] * self.rows : end - passes[0] * self.rows]
        return numbers if self._kept is None else self._kept[seed][numbers]


def generator(seed: Sequence[int], stream: int) -> np.random.Generator:
    """A stream of its own for each seed and purpose."""
    return np.random.Generator(np.random.Philox(np.random.SeedSequence([*seed, stream])))
