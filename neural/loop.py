"""The one outer loop: fit a new model to the training set that a workflow names, sample the next pool, measure, go on.

It knows nothing of the model or the kind of data: a `Learner` does. Whatever is finished lies in the run directory, so
a run that was killed, in the middle of a fit or of sampling too, goes on from there and ends with the same numbers.
"""

import abc
import time
from dataclasses import dataclass
from fractions import Fraction
from itertools import product
from typing import Any

import equinox as eqx
import jax
import jax.numpy as jnp
import jax.random as jr
import numpy as np
from jaxtyping import Array, Float, Key, PyTree
from tqdm import tqdm

from sim.keys import key_of, same_bits
from sim.seals import damaged
from theory import Pool, Workflow

from .directory import RunDirectory
from .train import Fit, Training, train
from .training_set import TrainingRows, rows_of

#: Sampled rows of each iteration and seed that are written out to be looked at.
SHOWN = 20

#: Beyond, only to list a run would take the memory or hours.
MOST = {"iterations": 1000, "seeds": 10_000}


class Learner(abc.ABC):
    """A kind of data and the model of it, as the loop needs them. Rows are NumPy arrays, one entry a row."""

    @abc.abstractmethod
    def real(self, iteration: int, rows: int, *, key: Key[Array, ""]) -> np.ndarray:
        """The real data collected at an iteration; the key is the seed's, the same at every iteration."""

    def check_real(self, iteration: int, rows: int) -> None:  # noqa: B027 - real data may never end
        """Refuse, before anything is trained, what `real` will refuse at this iteration."""

    @abc.abstractmethod
    def model(self, *, key: Key[Array, ""]) -> PyTree:
        """A newly initialised model."""

    @abc.abstractmethod
    def loss(
        self, model: PyTree, rows: Array, weights: Float[Array, " rows"], *, key: Key[Array, ""]
    ) -> Float[Array, ""]:
        """The training loss of one model.

        Args:
            model: one, not stacked.
            rows: of a batch.
            weights: by which the rows count; 1 on average over a training set.
            key: of what is random in the loss.
        """

    @abc.abstractmethod
    def sample(self, models: PyTree, *, keys: Key[Array, "seeds rows"]) -> np.ndarray:
        """A row for each key, from models stacked along their arrays' leading axis; a row depends on its key alone."""

    @abc.abstractmethod
    def test(self, models: PyTree) -> dict[str, Float[np.ndarray, " seeds"]]:
        """The models on held-out data: "test_loss", and what is measured with it."""

    @abc.abstractmethod
    def evaluate(self, models: PyTree, samples: np.ndarray) -> dict[str, Float[np.ndarray, " seeds"]]:
        """Further metrics, of the models and of what they sampled."""

    @abc.abstractmethod
    def show(self, samples: np.ndarray) -> tuple[str, bytes]:
        """Some rows of each seed as a person can look at them: a file's suffix and content."""


@dataclass(frozen=True)
class Plan:
    """What is run.

    Attributes:
        iterations: model-fitting iterations.
        T: rows of real(1), and the unit of the workflow's sizes.
        seeds: independent chains, trained side by side.
        seed: of all random numbers; a chain's depend on it and the chain's index alone.
        sample_batch: rows sampled at once, for all seeds together.
        first_steps: optimiser steps of iteration 1, if other than the training's: it sets the quality of the first
            sampled data and nothing else.
    """

    iterations: int
    T: int
    seeds: int
    seed: int
    sample_batch: int
    first_steps: int | None = None

    def __post_init__(self) -> None:
        """Check the numbers."""
        for name in ("iterations", "T", "seeds", "sample_batch", "first_steps"):
            if getattr(self, name) is not None and getattr(self, name) < 1:
                raise ValueError(f"{name} must be at least 1; got {getattr(self, name)}.")
        for name, most in MOST.items():
            if getattr(self, name) > most:
                raise ValueError(f"{name} must be at most {most:,}; got {getattr(self, name):,}.")

    @property
    def keys(self) -> Key[Array, " seeds"]:
        """One key a chain."""
        return jax.vmap(lambda index: jr.fold_in(self._root, index))(jnp.arange(self.seeds))

    @property
    def held_out_key(self) -> Key[Array, ""]:
        """The key of held-out data, which is no chain's."""
        return jr.fold_in(self._root, 2**32 - 1)

    @property
    def _root(self) -> Key[Array, ""]:
        return key_of(self.seed)

    def keys_for(self, iteration: int, purpose: str) -> Key[Array, " seeds"]:
        """One key a chain, for this purpose alone."""
        number = 4 * iteration + ("initialise", "fit", "sample", "order").index(purpose)
        return jax.vmap(lambda key: jr.fold_in(key, number))(self.keys)


def run(
    learner: Learner,
    workflow: Workflow,
    plan: Plan,
    training: Training,
    directory: RunDirectory,
    *,
    checkpoint_seconds: float = 30.0,
    watch: bool = False,
    progress: bool = False,
) -> dict[str, Float[np.ndarray, "seeds iterations"]]:
    """Run the workflow, or what is left of it, and return each metric by seed and iteration.

    The digits depend on nothing in the environment but the kind of device and the versions.

    Args:
        learner: the kind of data, and the model of it.
        workflow: names the training set of each iteration.
        plan: iterations, sizes and seeds.
        training: how each model is fitted.
        directory: of the run; whatever is finished there is not done again.
        checkpoint_seconds: between checkpoints of a fit.
        watch: whether the test loss is measured after each chunk of steps too, for `directory.training`.
        progress: whether a bar on standard error shows the steps done.

    Raises:
        ValueError: a training set of the workflow is not valid, or there is not enough real data; another process is
            at this directory, or a file in it is damaged.
        FloatingPointError: a loss is not finite.
    """
    with directory.held(), same_bits():
        return _run(learner, workflow, plan, training, directory, checkpoint_seconds, watch, progress)


def _run(
    learner: Learner,
    workflow: Workflow,
    plan: Plan,
    training: Training,
    directory: RunDirectory,
    checkpoint_seconds: float,
    watch: bool,
    progress: bool,
) -> dict[str, Float[np.ndarray, "seeds iterations"]]:
    steps = [training.budget(_rows(workflow, iteration, plan.T)) for iteration in range(1, plan.iterations + 1)]
    steps[0] = plan.first_steps or steps[0]
    _check_pools(learner, workflow, plan)
    done = _iterations_measured(directory, plan)
    with tqdm(total=sum(steps), initial=sum(steps[:done]), unit="step", disable=not progress, leave=False) as bar:
        for iteration in range(done + 1, plan.iterations + 1):
            chain = _Chain(learner, workflow, plan, training, directory, iteration, bar, checkpoint_seconds, watch)
            models = chain.fit(steps[iteration - 1])
            samples = chain.sample(models)
            suffix, content = learner.show(samples[:, :SHOWN])
            directory.write_sample(f"model-{iteration}.{suffix}", content)
            bar.set_description(f"iteration {iteration}/{plan.iterations}, measuring")
            directory.record(iteration, learner.test(models) | learner.evaluate(models, samples))
    return _table(directory.metrics(), plan)


def _iterations_measured(directory: RunDirectory, plan: Plan) -> int:
    """How many iterations the run's table of metrics holds: whole, for each metric and seed.

    Raises:
        ValueError: it has gaps, or what this run does not have.
    """
    places = {(int(row["iteration"]), int(row["seed"]), row["metric"]) for row in directory.metrics()}
    done = max((iteration for iteration, _, _ in places), default=0)
    names = {name for _, _, name in places}
    if done > plan.iterations or places != set(product(range(1, done + 1), range(plan.seeds), names)):
        reason = f"it does not hold a number for each metric, iteration and seed (0 to {plan.seeds - 1}), and no other"
        raise damaged(directory.path / "metrics.csv", reason)
    return done


def _table(rows: list[dict[str, str]], plan: Plan) -> dict[str, Float[np.ndarray, "seeds iterations"]]:
    result: dict[str, np.ndarray] = {}
    for row in rows:
        values = result.setdefault(row["metric"], np.full((plan.seeds, plan.iterations), np.nan))
        values[int(row["seed"]), int(row["iteration"]) - 1] = float(row["value"])
    return result


def _check_pools(learner: Learner, workflow: Workflow, plan: Plan) -> None:
    """Refuse now what would be refused when a pool is needed, after hours."""
    for pool in map(Pool, range(1, plan.iterations + 2)):
        rows_of(workflow.size(pool), plan.T, str(pool))
    named = (part for iteration in range(1, plan.iterations + 1) for part in workflow.said(iteration).parts)
    learner.check_real(max((part.last for part in named if part.fresh_real), default=1), plan.T)


def _rows(workflow: Workflow, iteration: int, T: int) -> int:
    drawn = workflow.drawn(iteration)
    if drawn is None:
        drawn = sum((workflow.size(pool) for pool in workflow.shares(iteration)), Fraction(0))
    return rows_of(drawn, T, f"the training set of iteration {iteration}")


@dataclass(frozen=True)
class _Chain:
    """One iteration of a run."""

    learner: Learner
    workflow: Workflow
    plan: Plan
    training: Training
    directory: RunDirectory
    iteration: int
    bar: Any
    checkpoint_seconds: float
    watch: bool

    def pool(self, pool: Pool) -> np.ndarray:
        """A pool of the training set: sampled at an earlier iteration, or real and collected now."""
        rows = rows_of(self.workflow.size(pool), self.plan.T, str(pool))

        def collect() -> np.ndarray:
            return np.stack([self.learner.real(pool.index, rows, key=key) for key in self.plan.keys])

        name = f"synthetic-{pool.labelled_by}" if pool.labelled_by else f"real-{pool.index}"
        found = self.directory.pool(name, self._missing if pool.labelled_by else collect)
        if found.shape[:2] != (self.plan.seeds, rows):
            raise damaged(
                self.directory.path / "pools" / f"{name}.npy",
                f"it has shape {found.shape}, and {self.plan.seeds} seeds of {rows} rows are needed",
            )
        return found

    def _missing(self) -> np.ndarray:
        raise ValueError(
            f"{self.directory.path} lacks a pool that was sampled before; start anew in another --run-dir."
        )

    def fit(self, steps: int) -> PyTree:
        """The models of this iteration: read, or trained on from the last checkpoint."""
        start = self._initial()
        finished = self.directory.load(f"model-{self.iteration}", start.models)
        if finished is not None and finished[0].get("iteration") != self.iteration:
            raise damaged(self.directory.path / "models" / f"model-{self.iteration}.eqx", "it is of another iteration")
        if finished is not None:
            self.directory.rewind(self.iteration, steps)
            self.bar.update(steps)
            return finished[1]
        header, fit = self.directory.load("checkpoint", start) or ({}, start)
        step = header.get("step", 0)
        if header.get("iteration") != self.iteration:
            step, fit = 0, start
        seeds = [tuple(map(int, key)) for key in jr.key_data(self.plan.keys_for(self.iteration, "order"))]
        pools = {pool: self.pool(pool) for pool in self.workflow.shares(self.iteration)}
        self.directory.rewind(self.iteration, step)
        self.bar.update(step)
        training_rows = TrainingRows(self.workflow, self.iteration, self.plan.T, pools, seeds)
        chunks = train(
            fit,
            self.learner.loss,
            lambda first, end: training_rows.batches(first, end, self.training.batch_size),
            self.training,
            start=step,
            steps=steps,
            keys=self.plan.keys_for(self.iteration, "fit"),
        )
        self.bar.set_description(f"iteration {self.iteration}/{self.plan.iterations}, fitting")
        saved = time.monotonic()
        for done, fit, losses in chunks:
            tested = self.learner.test(fit.models)["test_loss"] if self.watch else None
            self.directory.log(self.iteration, done, losses.mean(0), tested)
            self.bar.set_postfix(loss=f"{losses.mean():.4f}", refresh=False)
            self.bar.update(len(losses))
            if time.monotonic() - saved >= self.checkpoint_seconds:
                self.directory.save("checkpoint", {"iteration": self.iteration, "step": done}, fit)
                saved = time.monotonic()
        self.directory.save(f"model-{self.iteration}", {"iteration": self.iteration, "step": steps}, fit.models)
        self.directory.remove("checkpoint")
        return fit.models

    def _initial(self) -> Fit:
        return begin(self.plan.keys_for(self.iteration, "initialise"), self.learner, self.training)

    def sample(self, models: PyTree) -> np.ndarray:
        """What this iteration's models sample: the next pool, in parts that are kept as they come."""
        rows = rows_of(self.workflow.size(Pool(self.iteration + 1)), self.plan.T, str(Pool(self.iteration + 1)))
        per_seed = max(1, min(self.plan.T, self.plan.sample_batch // self.plan.seeds))
        parts = range(0, rows, per_seed)
        keys = self.plan.keys_for(self.iteration, "sample")

        def part(start: int) -> np.ndarray:
            self.bar.set_description(
                f"iteration {self.iteration}/{self.plan.iterations}, sampling {start + 1}-{start + per_seed} of {rows}"
            )
            # Rows beyond the last are sampled too and dropped: every part has one shape and is compiled once.
            numbers = start + jnp.arange(per_seed)
            row_keys = jax.vmap(lambda key: jax.vmap(lambda number: jr.fold_in(key, number))(numbers))(keys)
            return self.learner.sample(models, keys=row_keys)[:, : rows - start]

        def whole() -> np.ndarray:
            name = f"part-{self.iteration}"
            return np.concatenate([self.directory.pool(f"{name}-{s}", lambda s=s: part(s)) for s in parts], axis=1)

        samples = self.directory.pool(f"synthetic-{self.iteration}", whole)
        self.directory.remove_pools(f"part-{self.iteration}-*")
        return samples


@eqx.filter_jit
def begin(keys: Key[Array, " seeds"], learner: Learner, training: Training) -> Fit:
    """New models, one a key, at step 0."""
    return Fit.begin(eqx.filter_vmap(lambda key: learner.model(key=key))(keys), training)
