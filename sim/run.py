"""The one loop over replicates: blocks of chains, their statistics merged in the order of their index."""

import hashlib
import json
import math
import os
import time
from dataclasses import dataclass
from pathlib import Path

import jax
import jax.random as jr
import numpy as np
from jaxtyping import PRNGKeyArray
from threadpoolctl import threadpool_limits
from tqdm import tqdm

from theory import Workflow
from theory.workflow import check_workflow

from .blocks import MOST_REPLICATES, Blocks
from .checkpoint import Checkpoint
from .hosts import gather
from .model import LinearRegression, fewest_rows
from .sampler import AbstractSampler
from .samplers import build
from .statistics import Estimate, Histogram, Moments, Stream

#: A workflow is read iteration by iteration; Accumulate names 2 million pools by then.
MOST_ITERATIONS = 2000

#: A relative error is looked at for the first time at so many replicates, and again whenever there are so much more.
_FIRST_LOOK, _NEXT_LOOK = 1000, 1.25

#: Seconds between two exchanges of processes, and between two checkpoints.
_ROUND_SECONDS = 5.0


@dataclass(frozen=True, eq=False)
class Run:
    """A simulation's result, with what it was of.

    Attributes:
        model, workflow, iterations: what was asked for.
        replicates: how many there are; with a target precision as many as it took.
        sampler: the name of the sampler used.
        precision: of the chains, "float64" or "float32"; statistics are in float64.
        test_error: the excess risk of each iteration's model, noise left out.
        moments: how many moments of the test error are finite, 0, 1 or 2 (or more): a standard error needs two.
        note: what a reader must know of the numbers; empty where there is nothing.
    """

    model: LinearRegression
    workflow: Workflow
    iterations: int
    replicates: int
    sampler: str
    precision: str
    test_error: Estimate
    moments: int
    note: str


def run(
    model: LinearRegression,
    workflow: Workflow,
    *,
    iterations: int,
    replicates: int | None = None,
    key: PRNGKeyArray,
    sampler: str = "auto",
    precision: str | None = None,
    relative_error: float | None = None,
    checkpoint: str | Path | None = None,
    batch_size: int | None = None,
    progress: bool = False,
) -> Run:
    """Simulate independent chains of `iterations` fits each, on all local devices and all processes.

    A replicate's random numbers depend on (key, its index) alone, and the statistics are merged in index order: the
    result has the same digits whatever `batch_size`, the number of devices and of processes, interrupted or not.

    Args:
        model: what is refitted.
        workflow: what each model is fitted to.
        iterations: model-fitting iterations; the first is fitted to real data.
        replicates: independent chains; with `relative_error` the most there may be.
        key: a JAX key, as `jax.random.key(0)`.
        sampler: "auto" for the fastest exact one, or its name: see `sim.samplers`.
        precision: of the chains, "float64" or "float32"; by default float32 where nothing is lost by it: where the
            rows are not drawn, and every training set has many.
        relative_error: stop when every iteration's standard error is at most this share of its mean.
        checkpoint: a file that keeps the state; a run that finds its own there goes on from it.
        batch_size: replicates under way at once, rounded up to whole blocks; bounds the memory.
        progress: show a bar on standard error.

    Raises:
        ValueError: counts below one, a sampler that is not exact for this, a checkpoint of other settings, or one
            replicate does not fit in memory.
        FloatingPointError: a chain that the precision cannot carry.
        Lost: another process has stopped.
    """
    _check_counts(iterations=iterations, replicates=replicates, batch_size=batch_size)
    check_workflow(workflow)
    rows = fewest_rows(model, workflow, iterations)
    moments = 2 if sampler == "gaussian" else max(0, min(2, (rows - model.d) // 2))
    if relative_error is not None:
        if not 0 < relative_error < 1:
            raise ValueError(f"relative_error is a share of the mean, as 0.001; got {relative_error!r}.")
        if moments < 2:
            raise ValueError(
                "relative_error needs a standard error, and the variance is infinite where a training set has fewer "
                f"than d + 4 rows; here {rows} at d={model.d}. Ask for a number of replicates."
            )
    elif replicates is None:
        raise ValueError("a run needs replicates, a number of chains, or relative_error, a precision to stop at.")
    # Statistics and BLAS: float64 wherever the device has it; each device is one thread, and BLAS must not add its own.
    with jax.enable_x64(jax.local_devices()[0].platform != "tpu"), threadpool_limits(1, user_api="blas"):
        chain, precision = build(sampler, model, workflow, iterations, precision)
        _check_memory(chain, model)
        blocks = Blocks(chain, key)
        target = Target(iterations, replicates, relative_error)
        configuration = {
            "workflow": _describe(workflow),
            "T": model.T,
            "d": model.d,
            "sigma": model.sigma,
            "design": model.design,
            "covariance": None if model.covariance is None else hashlib.sha256(model.covariance.tobytes()).hexdigest(),
            "iterations": iterations,
            "key": np.asarray(jr.key_data(key)).tolist(),
            "sampler": chain.name,
            "precision": precision,
            "relative_error": relative_error,
            "replicates a block": blocks.size,
            "platform": jax.local_devices()[0].platform,
            "jax": jax.__version__,
        }
        state = None if checkpoint is None else Checkpoint(Path(checkpoint), json.loads(json.dumps(configuration)))
        stream = _simulate(blocks, model, target, state, batch_size, progress, precision)
    estimate = Estimate.of(stream, has_variance=moments == 2, has_quantiles=chain.name != "conditional")
    note = _note(chain.name, model, rows, moments)
    if relative_error is not None and not target.is_reached(stream):
        note += (
            f" After {stream.count:,} replicates the standard error is still {stream.relative_error:.2%} of the mean."
        )
    return Run(model, workflow, iterations, stream.count, chain.name, precision, estimate, moments, note.strip())


@dataclass(frozen=True)
class Target:
    """When a run ends: at so many replicates, or before, at a relative standard error.

    The error is looked at only where the number of blocks is one of a fixed sequence: the same places whatever the
    devices, so that a run always stops at the same replicate.
    """

    iterations: int
    replicates: int | None
    relative_error: float | None

    @property
    def most(self) -> int:
        """Replicates at most."""
        return MOST_REPLICATES if self.replicates is None else self.replicates

    def next_stop(self, done: int, size: int) -> int:
        """How many blocks of `size` to have before looking up again, `done` being there."""
        whole = self.most // size
        stop = whole if done < whole else whole + 1
        if self.relative_error is not None:
            look = math.ceil(_FIRST_LOOK / size)
            while look <= done:
                look = math.ceil(look * _NEXT_LOOK)
            stop = min(stop, look)
        return stop

    def is_reached(self, stream: Stream) -> bool:
        """Whether the error is small enough."""
        return self.relative_error is not None and stream.relative_error <= self.relative_error


def _simulate(
    blocks: Blocks,
    model: LinearRegression,
    target: Target,
    state: Checkpoint | None,
    batch_size: int | None,
    progress: bool,
    precision: str,
) -> Stream:
    """Go on from the checkpoint, round by round: all processes compute their blocks and merge what they found."""
    size, processes = blocks.size, jax.process_count()
    stream = Stream(target.iterations) if state is None else state.load(target.iterations)
    if stream.count > target.most:
        raise ValueError(
            f"the checkpoint has {stream.count:,} replicates, more than the {target.most:,} asked for. Ask for as "
            "many, or name another file."
        )
    ahead = 2 if batch_size is None else max(1, batch_size // (size * blocks.devices))
    pace = blocks.devices  # blocks a process computes in a round
    total = None if target.relative_error is not None and target.replicates is None else target.most
    shown = progress and jax.process_index() == 0
    with tqdm(total=total, initial=stream.count, unit="replicate", disable=not shown) as bar:
        while stream.count < target.most:
            done = stream.count // size
            stop = target.next_stop(done, size)
            share = min(pace, -(-(stop - done) // processes))
            first = done + share * jax.process_index()
            started = time.monotonic()
            found, histogram = [], Histogram(target.iterations)
            for number, errors in enumerate(blocks(min(first, stop), min(first + share, stop), ahead), first):
                _check_finite(errors, model, precision)
                # Errors scale with sigma^2, and in its units no sigma is too small or too large to be carried.
                errors = errors[: target.most - number * size] * model.unit**2
                found.append(Moments.of(errors))
                histogram.add(errors)
                if bar.total is None or bar.n < bar.total:
                    bar.update(len(errors) * processes)
            _merge(stream, found, histogram, share)
            bar.update(stream.count - bar.n)
            reached = stream.count == size * stop and target.is_reached(stream)
            if state is not None and stream.count % size == 0:
                state.save(stream, at_once=reached or stream.count // size == target.most // size)
            if reached:
                break
            # the first rounds hold compilation, so the pace grows by degrees
            faster = min(8.0, _ROUND_SECONDS / max(time.monotonic() - started, 1e-3))
            pace = int(gather(np.array([max(1, round(share * faster))]))[0, 0])
    return stream


def _merge(stream: Stream, found: list[Moments], histogram: Histogram, share: int) -> None:
    """Merge what all processes found in a round, in the order of the blocks, into every process's stream."""
    columns = len(stream.mean)
    table = np.zeros((share, 2 * columns + 1))
    for row, moments in zip(table, found, strict=False):
        row[:] = moments.count, *moments.mean, *moments.squares
    for row in gather(table).reshape(-1, 2 * columns + 1):
        if row[0]:
            stream.moments += Moments(int(row[0]), row[1 : columns + 1], row[columns + 1 :])
    bounds = gather(np.array([histogram.lowest, histogram.counts.shape[1]]))
    padded = np.zeros((columns, int(bounds[:, 1].max())), np.int64)
    padded[:, : histogram.counts.shape[1]] = histogram.counts
    for (lowest, width), counts in zip(bounds, gather(padded), strict=True):
        stream.histogram.merge(int(lowest), counts[:, :width])


def _check_counts(**counts: int | None) -> None:
    for name, value in counts.items():
        if value is None and name != "iterations":
            continue
        if isinstance(value, bool) or not isinstance(value, (int, np.integer)) or value < 1:
            raise ValueError(f"{name} must be a whole number of at least 1; got {value!r}.")
    iterations, replicates = counts["iterations"], counts["replicates"]
    if iterations is not None and iterations > MOST_ITERATIONS:
        raise ValueError(
            f"a simulation has at most {MOST_ITERATIONS:,} iterations; got {iterations:,}. Beyond, ask the law."
        )
    if replicates is not None and replicates > MOST_REPLICATES:
        raise ValueError(f"a simulation has at most {MOST_REPLICATES:,} replicates; got {replicates:,}.")


def _check_finite(errors: np.ndarray, model: LinearRegression, precision: str) -> None:
    lost = int((~np.isfinite(errors).all(1)).sum())
    if lost:
        raise FloatingPointError(
            f"{lost} of {len(errors)} chains at T={model.T}, d={model.d} are too ill-conditioned for {precision}: "
            "rounding could change a model by more than a ten-thousandth. Use float64, more samples, fewer features, "
            "or leave the covariance out, which changes no law."
        )


def _describe(workflow: Workflow) -> str:
    """Which workflow this is, in text; a user's own by its module too."""
    return f"{type(workflow).__module__}.{workflow}"


def _note(sampler: str, model: LinearRegression, rows: int, moments: int) -> str:
    notes = []
    if moments == 1:
        notes.append(
            f"with {rows} rows in a training set at d={model.d} the test error has a mean but its variance is infinite "
            "(finite from d + 4 rows on): a standard error would mean nothing and is not given."
        )
    if moments == 0:
        notes.append(
            f"an unlucky subsample has {rows} different rows at d={model.d}, and a finite mean needs d + 2: the test "
            "error has no mean, and no standard error is given."
        )
    if sampler == "gaussian":
        notes.append("the limit T -> oo: test errors are sigma^2 / T times those of a Gaussian walk.")
    if sampler == "conditional":
        notes.append("each replicate is an expected test error given its designs: same mean, no quantiles.")
    return " ".join(notes)


def _check_memory(sampler: AbstractSampler, model: LinearRegression) -> None:
    """Refuse what cannot be held."""
    needed, memory = sampler.bytes_per_replicate, available_memory()
    if needed > 0.8 * memory:
        raise ValueError(
            f"a {sampler.name} simulation at T={model.T}, d={model.d} needs about {needed / 1e9:,.0f} GB for one "
            f"replicate, and {memory / 1e9:,.0f} GB are free here. Use a smaller T, another sampler, or the exact law: "
            "python -m theory."
        )


def available_memory() -> int:
    """Bytes of memory that the device says it has; on a CPU what is free on the machine or in its control group."""
    device = jax.local_devices()[0]
    if device.platform != "cpu":
        limit = (device.memory_stats() or {}).get("bytes_limit")
        if limit:
            return limit
    memory = os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES")
    for line in Path("/proc/meminfo").read_text().splitlines() if Path("/proc/meminfo").is_file() else []:
        if line.startswith("MemAvailable:"):
            memory = 1024 * int(line.split()[1])
    group = Path("/sys/fs/cgroup/memory.max")
    text = group.read_text().strip() if group.is_file() else "max"
    return min(memory, int(text)) if text.isdigit() else memory
