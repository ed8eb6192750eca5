"""The one loop over replicates: rounds of blocks, whose statistics all processes merge in the order of the blocks."""

import math
import time
from collections.abc import Callable
from dataclasses import dataclass

import jax
import numpy as np
from tqdm import tqdm

from .blocks import MOST_REPLICATES, Blocks
from .checkpoint import Checkpoint
from .hosts import gather
from .samplers.base import FIRST_LOOK
from .statistics import MOST_LOST, Histogram, Moments, RunningStatistics

#: A relative error is looked at again whenever there are so much more replicates.
_NEXT_LOOK = 1.25

#: Seconds between two exchanges of processes, and between two checkpoints.
_ROUND_SECONDS = 5.0


@dataclass(frozen=True)
class Target:
    """When a run ends: at so many replicates, or before, at a relative standard error.

    A replicate has so many columns of numbers, one an iteration and model. Where they have quantiles, these are kept.

    The error is looked at only where the number of blocks is one of a fixed sequence: the same places whatever the
    devices, so that a run always stops at the same replicate.
    """

    columns: int
    replicates: int | None
    relative_error: float | None
    has_quantiles: bool = True

    @property
    def most(self) -> int:
        """Replicates at most."""
        return MOST_REPLICATES if self.replicates is None else self.replicates

    def next_stop(self, done: int, size: int) -> int:
        """The number of blocks of `size` to have before looking up again, `done` being there."""
        whole = self.most // size
        stop = whole if done < whole else whole + 1
        if self.relative_error is not None:
            look = math.ceil(FIRST_LOOK / size)
            while look <= done:
                look = math.ceil(look * _NEXT_LOOK)
            stop = min(stop, look)
        return stop

    def is_reached(self, found: RunningStatistics) -> bool:
        """Whether the error is small enough."""
        return self.relative_error is not None and found.relative_error <= self.relative_error

    def is_over(self, found: RunningStatistics) -> bool:
        """Whether more replicates are of no use: the error is small enough, or too many of them are lost."""
        return found.lost_share > MOST_LOST or self.is_reached(found)


class Stopped(KeyboardInterrupt):
    """Somebody pressed Ctrl-C.

    Attributes:
        found: the statistics of the replicates until then.
    """

    def __init__(self, found: RunningStatistics) -> None:
        self.found = found


def simulate(
    blocks: Blocks,
    target: Target,
    measure: Callable[[np.ndarray], np.ndarray],
    *,
    state: Checkpoint | None = None,
    batch_size: int | None = None,
    progress: bool = False,
) -> RunningStatistics:
    """Go on from the checkpoint, round by round: all processes compute their blocks and merge what they found.

    Args:
        blocks: of chains.
        target: when to stop.
        measure: a block of chains' numbers to the quantity itself, (replicates, columns), NaN where a number is lost;
            it refuses what is none.
        state: where the statistics are kept.
        batch_size: replicates under way at once, rounded down to whole blocks, of which each device has one at least.
        progress: show a bar on standard error.

    Raises:
        ValueError: the checkpoint has more replicates than there may be, or is not of this run.
        FloatingPointError: from `measure`.
        Lost: another process has stopped.
        Stopped: by the user; what was found is in the checkpoint and in the error.
    """
    size = blocks.size
    total = RunningStatistics(target.columns) if state is None else state.load(target.columns, target.has_quantiles)
    if total.count > target.most:
        raise ValueError(
            f"the checkpoint has {total.count:,} replicates, more than the {target.most:,} asked for. Ask for as "
            "many, or name another file."
        )
    if state is not None and total.count < target.most:
        state.try_out(total)
    try:
        _rounds(blocks, target, measure, total, state, batch_size, progress)
    except KeyboardInterrupt as interrupt:
        if state is not None and total.count % size == 0:
            state.save(total, at_once=True)
        raise Stopped(total) from interrupt
    return total


def _rounds(
    blocks: Blocks,
    target: Target,
    measure: Callable[[np.ndarray], np.ndarray],
    total: RunningStatistics,
    state: Checkpoint | None,
    batch_size: int | None,
    progress: bool,
) -> None:
    """Add to `total`, by whole rounds, until the target is reached."""
    size, processes = blocks.size, jax.process_count()
    ahead = 2 if batch_size is None else max(1, batch_size // (size * blocks.devices))
    pace = blocks.devices  # blocks a process computes in a round
    known = None if target.relative_error is not None and target.replicates is None else target.most
    shown = progress and jax.process_index() == 0
    with tqdm(total=known, initial=total.count, unit="replicate", disable=not shown) as bar:
        while total.count < target.most:
            done = total.count // size
            stop = target.next_stop(done, size)
            share = min(pace, -(-(stop - done) // processes))
            first = done + share * jax.process_index()
            started = time.monotonic()
            found, histogram = [], Histogram(target.columns)
            for number, numbers in enumerate(blocks(min(first, stop), min(first + share, stop), ahead), first):
                measured = measure(numbers)[: target.most - number * size]
                found.append(Moments.of(measured))
                if target.has_quantiles:
                    histogram.add(measured)
                if bar.total is None or bar.n < bar.total:
                    bar.update(len(measured) * processes)
            _merge(total, found, histogram, share)
            bar.update(total.count - bar.n)
            reached = total.count == size * stop and target.is_over(total)
            if state is not None and total.count % size == 0:
                state.save(total, at_once=reached or total.count // size == target.most // size)
            if reached:
                break
            # the first rounds hold compilation, so the pace grows by degrees
            faster = min(8.0, _ROUND_SECONDS / max(time.monotonic() - started, 1e-3))
            pace = int(gather(np.array([max(1, round(share * faster))]))[0, 0])


def _merge(total: RunningStatistics, found: list[Moments], histogram: Histogram, share: int) -> None:
    """Merge what all processes found in a round, in the order of the blocks, into every process's total.

    All of it or, interrupted, nothing: moments and histogram are of the same replicates at any time.
    """
    columns = len(total.mean)
    table = np.zeros((share, 3 * columns + 1))
    for row, moments in zip(table, found, strict=False):
        row[:] = moments.count, *moments.mean, *moments.squares, *moments.lost
    merged, counted = total.moments, Histogram(columns)
    counted.merge(total.histogram)
    for row in gather(table).reshape(-1, 3 * columns + 1):
        if row[0]:
            mean, squares, lost = np.split(row[1:], 3)
            merged += Moments(int(row[0]), mean, squares, lost.astype(np.int64))
    lowest, counts = histogram.arrays()
    bounds = gather(np.array([lowest, counts.shape[1]]))
    padded = np.zeros((columns, int(bounds[:, 1].max())), np.int64)
    padded[:, : counts.shape[1]] = counts
    for (lowest, width), counts in zip(bounds.tolist(), gather(padded), strict=True):
        counted.merge(Histogram.of(lowest, counts[:, :width]))
    total.moments, total.histogram = merged, counted
