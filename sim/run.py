"""The one loop over replicates: chains vmapped in blocks, their statistics merged in the order of their index."""

import os
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import equinox as eqx
import jax
import jax.numpy as jnp
import jax.random as jr
import numpy as np
from jaxtyping import Array, Float, Int, PRNGKeyArray
from tqdm import tqdm

from theory import Workflow
from theory.workflow import check_workflow

from .literal import Literal
from .model import LinearRegression
from .statistics import LEVELS, Estimate, Stream
from .subsample import LiteralSubsample

#: A block of replicates computed at once is kept within this, which depends on nothing but the problem: a
#: replicate's digits could change with the shape of the block it is computed in, so that shape must never vary.
_BLOCK_BYTES = 32 * 2**20
_LARGEST_BLOCK = 1024

#: A workflow is read iteration by iteration; Accumulate names 2 million pools by then.
MOST_ITERATIONS = 2000


@dataclass(frozen=True, eq=False)
class Run:
    """A simulation's result, with what it was of.

    Attributes:
        model, workflow, iterations, replicates: what was asked for.
        sampler: the name of the sampler used.
        test_error: the excess risk of each iteration's model, noise left out.
        note: what a reader must know of the numbers; empty where there is nothing.
    """

    model: LinearRegression
    workflow: Workflow
    iterations: int
    replicates: int
    sampler: str
    test_error: Estimate
    note: str


def run(
    model: LinearRegression,
    workflow: Workflow,
    *,
    iterations: int,
    replicates: int,
    key: PRNGKeyArray,
    batch_size: int | None = None,
    progress: bool = False,
) -> Run:
    """Simulate independent chains of `iterations` fits each, in float64.

    A replicate's random numbers depend on (key, its index) alone, and the statistics are merged in index order: the
    result has the same digits whatever `batch_size`.

    Args:
        model: what is refitted.
        workflow: what each model is fitted to.
        iterations: model-fitting iterations; the first is fitted to real data.
        replicates: independent chains.
        key: a JAX key, as `jax.random.key(0)`.
        batch_size: replicates under way at once, rounded up to whole blocks; bounds the memory.
        progress: show a bar on standard error.

    Raises:
        ValueError: counts below one, or one replicate does not fit in memory.
        FloatingPointError: a chain that float64 cannot carry.
    """
    for name, value in (("iterations", iterations), ("replicates", replicates), ("batch_size", batch_size)):
        if value is None and name == "batch_size":
            continue
        if isinstance(value, bool) or not isinstance(value, (int, np.integer)) or value < 1:
            raise ValueError(f"{name} must be a whole number of at least 1; got {value!r}.")
    if iterations > MOST_ITERATIONS:
        raise ValueError(
            f"a simulation has at most {MOST_ITERATIONS:,} iterations; got {iterations:,}. Beyond, ask the law."
        )
    check_workflow(workflow)
    with jax.enable_x64(True):
        draws = any(workflow.drawn(iteration) is not None for iteration in range(1, iterations + 1))
        sampler = (LiteralSubsample if draws else Literal)(model, workflow, iterations)
        _check_memory(sampler.bytes_per_replicate, model)
        stream = Stream(iterations)
        with tqdm(total=replicates, unit="replicate", disable=not progress) as bar:
            for errors in _blocks(sampler, key, replicates, batch_size):
                if not np.isfinite(errors).all():
                    raise FloatingPointError(
                        f"a Gram matrix of {workflow} at T={model.T}, d={model.d} was not positive definite in "
                        "float64. Use more samples or fewer features."
                    )
                # Errors scale with sigma^2, and in its units no sigma is too small or too large to be carried.
                stream.add(errors * model.sigma**2)
                bar.update(len(errors))
    note = ""
    standard_error = stream.standard_error
    if not model.has_variance:
        note = (
            f"at T={model.T}, d={model.d} the test error has a mean but its variance is infinite (finite from "
            "T = d + 4 on): a standard error would mean nothing and is not given."
        )
        standard_error = np.full_like(standard_error, np.nan)
    quantiles = {level: stream.quantile(level) for level in LEVELS}
    estimate = Estimate(stream.mean, standard_error, quantiles)
    return Run(model, workflow, iterations, replicates, sampler.name, estimate, note)


@eqx.filter_jit
def _block(
    sampler: Literal | LiteralSubsample, key: PRNGKeyArray, indices: Int[Array, " block"]
) -> Float[Array, "block iterations"]:
    return jax.vmap(lambda index: sampler(jr.fold_in(key, index)))(indices)


def _blocks(
    sampler: Literal | LiteralSubsample, key: PRNGKeyArray, replicates: int, batch_size: int | None
) -> Iterator[np.ndarray]:
    """The test errors of replicates 0, 1, …, a block at a time; the last block is computed whole and cut."""
    fitting = max(1, _BLOCK_BYTES // sampler.bytes_per_replicate)
    size = min(_LARGEST_BLOCK, 1 << (fitting.bit_length() - 1))
    ahead = max(1, (batch_size or 2 * size) // size)
    starts = range(0, replicates, size)
    for first in range(0, len(starts), ahead):
        batch = starts[first : first + ahead]
        # Dispatched together: the device computes on while the host takes in what is ready.
        pending = [_block(sampler, key, jnp.arange(start, start + size)) for start in batch]
        for start, errors in zip(batch, pending, strict=True):
            yield np.asarray(errors, np.float64)[: replicates - start]


def _check_memory(needed: int, model: LinearRegression) -> None:
    """Refuse what cannot be held."""
    memory = available_memory()
    if needed > 0.8 * memory:
        raise ValueError(
            f"a literal simulation at T={model.T}, d={model.d} needs about {needed / 1e9:,.0f} GB for one replicate, "
            f"and {memory / 1e9:,.0f} GB are free here. Use a smaller T, or the exact law: python -m theory."
        )


def available_memory() -> int:
    """Bytes of memory that the device says it has; on a CPU what is free on the machine or in its control group."""
    device = jax.devices()[0]
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
