"""`run`: a task refitted under a workflow, many times over; and `Run`, what comes of it."""

import os
from contextlib import ExitStack
from dataclasses import dataclass
from html import escape
from pathlib import Path
from typing import Any

import jax
import numpy as np
from jaxtyping import PRNGKeyArray
from threadpoolctl import threadpool_limits

from theory import EXACT, LARGE_T, Frame, Generator, Population, Task, Workflow
from theory.by_iteration import SIMULATION
from theory.task import check_task
from theory.workflow import check_workflow

from .blocks import MOST_REPLICATES, Blocks
from .by_iteration import tabulated
from .checkpoint import Checkpoint, configuration
from .dispatch import Wish, chosen
from .hosts import agree
from .keys import same_bits
from .rounds import Stopped, Target, simulate
from .samplers.base import USUAL, AbstractSampler
from .statistics import MOST_LOST, Estimate, RunningStatistics

#: A workflow is read iteration by iteration; Accumulate names 2 million pools by then.
MOST_ITERATIONS = 2000


@dataclass(frozen=True, eq=False)
class Run:
    """A simulation's result, with what it was of.

    Attributes:
        task: what was refitted, with the numbers of all its parameters.
        workflow, iterations: what was asked for; a population in the workflow's place.
        of: the name of the quantity.
        replicates: so many there are; with a target precision as many as it took.
        sampler: the name of the sampler used.
        precision: of the chains, "float64" or "float32"; statistics are in float64.
        estimate: of the quantity at each iteration.
        moments: of the quantity that are finite, 0, 1 or 2 (or more): a standard error needs two.
        note: what a reader must know of the numbers; empty where there is nothing.
        is_limit: whether the sampler gives the limit T -> oo.
        generator: how data were sampled from a model.
        unconverged: replicates without a model, by iteration: its fit has failed, or one that labelled its data. They
            are in no mean: that of an iteration is over the others. Empty where every fit has a model.
    """

    task: Task
    workflow: Workflow | Population
    iterations: int
    of: str
    replicates: int
    sampler: str
    precision: str
    estimate: Estimate
    moments: int
    note: str
    is_limit: bool = False
    generator: Generator = USUAL
    unconverged: tuple[int, ...] = ()

    @property
    def test_error(self) -> Estimate:
        """The estimate, where it is of the test error: the excess risk of each iteration's model, noise left out."""
        if self.of != "test_error":
            raise AttributeError(f"this run is of the {self.of} of {self.task}; its numbers are in `estimate`.")
        return self.estimate

    def table(self) -> Frame:
        """One row an iteration, of a population one a model too; see `theory.by_iteration` for the columns."""
        found = self.estimate
        with_a_model = [self.replicates - lost for lost in self.unconverged]
        return tabulated(
            SIMULATION,
            self.task,
            self.of,
            self.workflow,
            self.generator,
            found.mean,
            standard_error=found.standard_error,
            replicates=with_a_model or [self.replicates] * self.iterations,
            validity=LARGE_T if self.is_limit else EXACT,
        )

    def __str__(self) -> str:
        """What was run, the quantity, its first and its last mean, and what to know of them."""
        sampled = "" if self.generator == USUAL else f" and {self.generator}"
        chains = f"{self.replicates:,} replicate{'s' * (self.replicates != 1)}"
        means = [self._mean(place) for place in dict.fromkeys((0, self.iterations - 1))]
        of = f"{self.workflow}{sampled} for {self.task}"
        told = [f"{of}: {chains}, {self.sampler} sampler in {self.precision}", self.task.quantity(self.of).meaning]
        return "\n".join([*told, *means, *filter(None, [self.note])])

    def _mean(self, place: int) -> str:
        """At one iteration; of a population for each model."""
        each = np.atleast_1d(self.estimate.mean[place]), np.atleast_1d(self.estimate.standard_error[place])
        means = [f"{mean:.6g} ± {error:.2g}".removesuffix(" ± nan") for mean, error in zip(*each, strict=True)]
        return f"  iteration {place + 1}: {', '.join(means)}"

    def _repr_html_(self) -> str:
        """For notebooks: what was run, and the table."""
        return f"<pre>{escape(str(self))}</pre>\n{self.table()._repr_html_()}"


class Interrupted(KeyboardInterrupt):
    """Somebody pressed Ctrl-C during a simulation.

    Attributes:
        run: of the replicates until then; `None` if there were none, or too many without a model.
    """

    def __init__(self, run: Run | None) -> None:
        self.run = run


def run(
    task: Task,
    workflow: Workflow | Population,
    *,
    of: str | None = None,
    iterations: int,
    replicates: int | None = None,
    key: PRNGKeyArray,
    sampler: str = "auto",
    precision: str | None = None,
    relative_error: float | None = None,
    generator: Generator = USUAL,
    quantiles: bool = False,
    checkpoint: str | Path | None = None,
    batch_size: int | None = None,
    progress: bool = False,
) -> Run:
    """Simulate independent chains of `iterations` fits each, on all local devices and all processes.

    A replicate's random numbers depend on (key, its index) alone, and the statistics are merged in index order: the
    result has the same digits whatever `batch_size`, the number of devices and of processes, interrupted or not.

    Args:
        task: what is refitted; parameters without a number have their default.
        workflow: what each model is fitted to; or a population of models that train on one another's data, of which
            the estimate's arrays are (iterations, models).
        of: the name of the quantity; by default the task's first.
        iterations: model-fitting iterations; the first is fitted to real data.
        replicates: independent chains; with `relative_error` the most there may be.
        key: a JAX key, as `jax.random.key(0)`.
        sampler: "auto" for the fastest exact one, or its name: see `sim.tasks`. With `relative_error` it is the one
            that gets there first, which may be of means alone; the same one whatever the machine.
        precision: of the chains, "float64" or "float32"; by default float32 where nothing is lost by it.
        relative_error: stop when every iteration's standard error is at most this share of its mean.
        generator: how data are sampled from a model; by default as they are.
        quantiles: whether they are needed, so that "auto" takes no sampler of means alone.
        checkpoint: a file that keeps the state; a run that finds its own there goes on from it.
        batch_size: replicates under way at once, rounded down to whole blocks, of which each device has one at least;
            bounds the memory.
        progress: show a bar on standard error.

    Raises:
        ValueError: counts below one, a sampler that is not exact for this, a checkpoint of other settings, damaged, in
            use or that cannot be written, one replicate does not fit in memory, processes with other settings, or more
            than `statistics.MOST_LOST` of the replicates without a model.
        FloatingPointError: a chain that the precision cannot carry.
        Lost: another process has stopped.
        Interrupted: by the user; it has what was found until then.

    >>> import jax.random as jr, sim
    >>> from theory import Accumulate
    >>> task = sim.LinearRegression(T=20, d=3, design="fresh")
    >>> found = sim.run(task, Accumulate(), iterations=4, replicates=100, key=jr.key(0))
    >>> found.sampler, found.replicates, found.test_error.mean.shape
    ('wishart', 100, (4,))
    """
    _check_counts(iterations=iterations, replicates=replicates, batch_size=batch_size)
    _check_sampled(workflow, generator)
    task = _completed(task)
    quantity = task.quantity(of)
    if relative_error is not None and not 0 < relative_error < 1:
        raise ValueError(f"relative_error is a share of the mean, as 0.001; got {relative_error!r}.")
    if relative_error is None and replicates is None:
        raise ValueError("a run needs replicates, a number of chains, or relative_error, a precision to stop at.")
    # Statistics and BLAS: float64 wherever the device has it; each device is one thread, and BLAS must not add its own.
    with (
        jax.enable_x64(jax.local_devices()[0].platform != "tpu"),
        same_bits(),
        threadpool_limits(1, user_api="blas"),
        ExitStack() as held,
    ):
        wish = Wish(sampler, precision, relative_error, quantiles)
        chain, precision = chosen(wish, task, workflow, iterations, quantity.name, generator)
        if relative_error is not None and chain.moments < 2:
            raise ValueError(
                f"relative_error needs a standard error, and there is none: {chain.note} Ask for a number of "
                "replicates."
            )
        _check_memory(chain, task)
        blocks = Blocks(chain, key)
        target = Target(iterations * (chain.side_by_side or 1), replicates, relative_error, chain.has_quantiles)
        settings = {
            "iterations": iterations,
            "key": np.asarray(jax.random.key_data(key)).tolist(),
            "sampler": chain.name,
            "precision": precision,
            "relative_error": relative_error,
            "replicates a block": blocks.size,
        }
        configured = configuration(task, quantity, workflow, settings, generator)
        if jax.process_count() > 1:
            agree(configured | {"replicates": replicates, "checkpoint": checkpoint is not None})
        state = None
        if checkpoint is not None:
            state = Checkpoint(Path(checkpoint), workflow, configured)
            held.enter_context(state.held())

        def measure(numbers: np.ndarray) -> np.ndarray:
            _check_numbers(numbers, chain, task, precision)
            return numbers * chain.scale

        def result(found: RunningStatistics, more: str = "") -> Run:
            if found.lost_share > MOST_LOST:
                raise ValueError(_too_many(found, chain, task))
            estimate = Estimate.of(
                found, has_variance=chain.moments == 2, has_quantiles=chain.has_quantiles, models=chain.side_by_side
            )
            return Run(
                task,
                workflow,
                iterations,
                quantity.name,
                found.count,
                chain.name,
                precision,
                estimate,
                chain.moments,
                " ".join(filter(None, (chain.note, _left_out(found, chain), more))),
                chain.is_limit,
                generator,
                tuple(found.lost.tolist()) if chain.may_fail else (),
            )

        try:
            found = simulate(blocks, target, measure, state=state, batch_size=batch_size, progress=progress)
        except Stopped as stopped:
            count = stopped.found.count
            of_use = count and stopped.found.lost_share <= MOST_LOST
            ended = result(stopped.found, f"Interrupted after {count:,} replicates.") if of_use else None
            raise Interrupted(ended) from stopped
    if relative_error is None or target.is_reached(found):
        return result(found)
    return result(
        found,
        f"After {found.count:,} replicates the standard error is still {found.relative_error:.2%} of the mean.",
    )


def _completed(task: Task) -> Task:
    """The task with a number for every parameter."""
    check_task(task)
    return type(task)(**(task.fields | task.values({})))


def _check_sampled(workflow: object, generator: object) -> None:
    """Refuse anything but a workflow and a generator, or a population."""
    if not isinstance(generator, Generator):
        raise ValueError(f"a generator is needed, an object such as Generator(temperature='1/2'); got {generator!r}.")
    if not isinstance(workflow, Population):
        check_workflow(workflow)
    elif generator != USUAL:
        raise ValueError("models of a population are sampled as they are: leave the generator out.")


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


def _whole_numbers(task: Task) -> dict[str, Any]:
    """Those of the parameters that are: they decide what a simulation costs and how well fits are conditioned."""
    return {p.name: task.numbers[p.name] for p in task.parameters if p.symbol.is_integer}


def _place(task: Task) -> str:
    """Where a run failed, in numbers, as T=100, d=32."""
    return ", ".join(f"{name}={value}" for name, value in _whole_numbers(task).items()) or str(task)


def _worst(found: RunningStatistics) -> str:
    """How many replicates have no model, at the iteration where they are most."""
    worst = int(found.lost.argmax())
    return f"{found.lost[worst]:,} of {found.count:,} replicates have no model {worst + 1}"


def _left_out(found: RunningStatistics, sampler: AbstractSampler[Any]) -> str:
    """What to know of replicates without a model; empty where there are none."""
    if not found.lost.any():
        return ""
    return (
        f"{_worst(found)} ({found.lost_share:.2%}): {sampler.may_fail}. They are left out, and each mean is "
        "over the replicates that have that model."
    )


def _too_many(found: RunningStatistics, sampler: AbstractSampler[Any], task: Task) -> str:
    """Why a run is refused."""
    return (
        f"{_worst(found)} at {_place(task)}: {sampler.may_fail}. A mean over the others is given where at most "
        f"{MOST_LOST:.0%} have none. {sampler.advice}"
    )


def _check_numbers(numbers: np.ndarray, sampler: AbstractSampler[Any], task: Task, precision: str) -> None:
    wrong = np.isinf(numbers) if sampler.may_fail else ~np.isfinite(numbers)
    lost = int(wrong.any(1).sum())
    if lost:
        raise FloatingPointError(
            f"{lost} of {len(numbers)} chains at {_place(task)} are too ill-conditioned for {precision}: "
            f"rounding could change a model by more than a ten-thousandth. {sampler.advice}"
        )
    if (numbers < 0).any() and not sampler.is_signed:
        raise FloatingPointError(
            f"a {sampler.name} chain gave {np.nanmin(numbers)}, and a sampler's numbers are at least 0."
        )


def _check_memory(sampler: AbstractSampler[Any], task: Task) -> None:
    """Refuse what cannot be held."""
    needed, memory = sampler.bytes_per_replicate, available_memory()
    if needed > 0.8 * memory:
        smaller = next(iter(_whole_numbers(task)), "task")
        raise ValueError(
            f"a {sampler.name} simulation at {_place(task)} needs about {needed / 1e9:,.0f} GB for one "
            f"replicate, and {memory / 1e9:,.0f} GB are free here. Use a smaller {smaller}, another sampler, or the "
            "exact law: python -m theory."
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
