"""The one outer loop: fit a new model to the training set that a workflow names, sample the next pool, measure, go on.

It knows nothing of the model or the kind of data: a `Learner` does. Whatever is finished lies in the run directory, so
a run that was killed, in the middle of a fit or of sampling too, goes on from there and ends with the same numbers.
"""

import abc
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any, NamedTuple

import equinox as eqx
import jax
import jax.numpy as jnp
import jax.random as jr
import numpy as np
from jaxtyping import Array, Float, Key, PyTree
from tqdm import tqdm

from sim.keys import same_bits
from sim.seals import damaged
from theory import Pool, Workflow

from .convergence import NEVER, HeldOut
from .directory import RunDirectory
from .generated import edited
from .hooks import NO_HOOKS, Accepted, Hooks, add
from .measured import by_seed, iterations_measured
from .plan import Plan
from .processes import ALONE, Processes
from .sizes import check_pools, last_collected, rows_fitted, rows_sampled, steps_planned
from .train import Fit, Training, train
from .training_set import TrainingRows, rows_of

#: Sampled rows of each iteration and seed that are written out to be looked at.
SHOWN = 20


class RealRows(NamedTuple):
    """How many real rows there are to train on, and held out to test on; `None` where that is not known or endless."""

    train: int | None = None
    test: int | None = None


class Learner(abc.ABC):
    """A kind of data and the model of it, as the loop needs them. Rows are NumPy arrays, one entry a row."""

    @abc.abstractmethod
    def real(self, iteration: int, rows: int, *, key: Key[Array, ""]) -> np.ndarray:
        """The real data collected at an iteration; the key is the seed's, the same at every iteration.

        Folded with a small number it is one of the loop's own keys. `jr.fold_in(key, 2**31 + iteration)` is none of
        these, and numbers of another generator, seeded with it, have nothing to do with them.
        """

    def real_rows(self) -> "RealRows":
        """How many real rows there are, where that is known and they end."""
        return RealRows()

    def check_real(self, iteration: int, rows: int) -> None:  # noqa: B027 - real data may never end
        """Refuse, before anything is trained, what `real` will refuse at this iteration."""

    def check_samples(self, rows: int) -> None:  # noqa: B027 - most metrics are of any samples
        """Refuse, before anything is trained, so many samples a model, if `evaluate` has nothing to measure them by."""

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
    hooks: Hooks = NO_HOOKS,
    processes: Processes = ALONE,
) -> dict[str, Float[np.ndarray, "seeds iterations"]]:
    """Run the workflow, or what is left of it, and return each metric by seed and iteration.

    On a CPU the digits depend on nothing in the environment but the versions; on a GPU they are others in each run.

    Args:
        learner: the kind of data, and the model of it.
        workflow: names the training set of each iteration.
        plan: iterations, sizes, seeds and the generator.
        training: how each model is fitted.
        directory: of the run; whatever is finished there is not done again.
        checkpoint_seconds: between checkpoints of a fit.
        watch: whether the test loss is measured after each chunk of steps too, for `directory.training`.
        progress: whether a bar on standard error shows the steps done.
        hooks: a verifier of samples, further metrics, loggers. A run that goes on needs the same verifier.
        processes: that the seeds are shared out over; this is the first of them.

    Raises:
        ValueError: a training set of the workflow is not valid, or there is not enough real data; another process is
            at this directory, or a file in it is damaged; a verifier accepts too little.
        FloatingPointError: a loss is not finite.
    """
    with directory.held(), same_bits():
        return _run(learner, workflow, plan, training, directory, checkpoint_seconds, watch, progress, hooks, processes)


def _run(
    learner: Learner,
    workflow: Workflow,
    plan: Plan,
    training: Training,
    directory: RunDirectory,
    checkpoint_seconds: float,
    watch: bool,
    progress: bool,
    hooks: Hooks,
    processes: Processes,
) -> dict[str, Float[np.ndarray, "seeds iterations"]]:
    workflow = plan.generator.sized(workflow)
    steps = checked_steps(learner, workflow, plan, training)
    done = iterations_measured(directory, plan)
    with tqdm(total=sum(steps), initial=sum(steps[:done]), unit="step", disable=not progress, leave=False) as bar:
        for iteration in range(done + 1, plan.iterations + 1):
            place = directory, iteration, bar, checkpoint_seconds
            chain = Chain(learner, workflow, plan, training, *place, watch, hooks, processes)
            models, fitted = chain.fit(steps[iteration - 1])
            samples, sampled = chain.sample(models)
            suffix, content = learner.show(samples[:, :SHOWN])
            directory.write_sample(f"model-{iteration}.{suffix}", content)
            bar.set_description(f"iteration {iteration}/{plan.iterations}, measuring")
            metrics = learner.test(models)
            for more in (learner.evaluate(models, samples), fitted, sampled, hooks.measure(models, samples)):
                add(metrics, more)
            directory.record(iteration, metrics)
            for logger in hooks.loggers:
                logger.measured(iteration, metrics)
    return by_seed(directory.metrics(), plan)


def checked_steps(learner: Learner, workflow: Workflow, plan: Plan, training: Training) -> list[int]:
    """The steps of each fit, or the most; what would be refused when a pool is needed, after hours, is refused now.

    Raises:
        ValueError: as `run`.
    """
    steps = steps_planned(workflow, plan, training)
    check_pools(workflow, plan)
    learner.check_real(last_collected(workflow, plan.iterations), plan.T)
    for rows in sorted({rows_sampled(workflow, iteration, plan.T) for iteration in range(1, plan.iterations + 1)}):
        learner.check_samples(rows)
    return steps


@dataclass(frozen=True)
class Chain:
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
    hooks: Hooks
    processes: Processes = ALONE

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

    def fit(self, steps: int) -> tuple[PyTree, dict[str, Float[np.ndarray, " seeds"]]]:
        """The models of this iteration, read or trained on from the last checkpoint, and how their fit went.

        Args:
            steps: of the fit, or the most.
        """
        start = self.begin()
        finished = self.directory.load(f"model-{self.iteration}", start.models)
        if finished is not None and finished[0].get("iteration") != self.iteration:
            raise damaged(self.directory.path / "models" / f"model-{self.iteration}.eqx", "it is of another iteration")
        if finished is not None:
            self.directory.rewind(self.iteration, steps)
            self.bar.update(steps)
            header, models = finished
            return models, {name: np.array(values) for name, values in header.get("fit", {}).items()}
        header, fit = self.directory.load("checkpoint", start) or ({}, start)
        step = header.get("step", 0)
        if header.get("iteration") != self.iteration:
            step, fit = 0, start
        chunks = self.chunks(fit, step, steps)  # first: a run that lacks data has not begun
        self.directory.rewind(self.iteration, step)
        self.bar.update(step)
        self.bar.set_description(f"iteration {self.iteration}/{self.plan.iterations}, fitting")
        saved = time.monotonic()
        for step, fit, losses in chunks:
            found = {"loss": losses.mean(0)}
            if self.watch:
                found["test_loss"] = self.learner.test(fit.latest)["test_loss"]
            if fit.patience is not None and self.training.until is not None and self.training.until.checks(step):
                found["held_out_loss"] = np.asarray(fit.patience.latest)
            self.directory.log(self.iteration, step, found)
            for logger in self.hooks.loggers:
                logger.fitted(self.iteration, step, found)
            self.bar.set_postfix(loss=f"{losses.mean():.4f}", refresh=False)
            self.bar.update(len(losses))
            if time.monotonic() - saved >= self.checkpoint_seconds:
                self.directory.save("checkpoint", {"iteration": self.iteration, "step": step}, fit)
                saved = time.monotonic()
        self.bar.update(steps - step)
        fitted = _of_fit(fit)
        header = {"iteration": self.iteration, "step": step}
        header |= {"fit": {name: values.tolist() for name, values in fitted.items()}} if fitted else {}
        self.directory.save(f"model-{self.iteration}", header, fit.result)
        self.directory.remove("checkpoint")
        return fit.result, fitted

    def chunks(self, fit: Fit, start: int, steps: int) -> Iterator[tuple[int, Fit, Float[np.ndarray, "steps seeds"]]]:
        """The training set is collected now, and the fit goes on as `train` has it.

        Args:
            fit: of all seeds, after `start` steps.
            start: steps done before.
            steps: of the fit, or the most.
        """
        training_rows, held_out = self._training_rows()
        return train(
            fit,
            self.learner.loss,
            lambda first, end: training_rows.batches(first, end, self.training.batch_size),
            self.training,
            start=start,
            steps=steps,
            keys=self.plan.keys_for(self.iteration, "fit"),
            held_out=held_out,
            processes=self.processes,
        )

    def _training_rows(self) -> tuple[TrainingRows, HeldOut | None]:
        """The training set of this iteration, and what is held out of it, if something is."""
        pools = {pool: self.pool(pool) for pool in self.workflow.shares(self.iteration)}
        until = self.training.until
        count = 0 if until is None else until.held_out(rows_fitted(self.workflow, self.iteration, self.plan.T))
        rows = TrainingRows(self.workflow, self.iteration, self.plan.T, pools, self._order_seeds(), held_out=count)
        if not count:
            return rows, None
        # No step has this number, so no batch of a step this key.
        keys = jax.vmap(lambda key: jr.fold_in(key, NEVER))(self.plan.keys_for(self.iteration, "fit"))
        held, weights = rows.held_out()
        return rows, HeldOut(jnp.asarray(held), jnp.asarray(weights), keys, self.training.batch_size)

    def _order_seeds(self) -> list[tuple[int, ...]]:
        return [tuple(map(int, key)) for key in jr.key_data(self.plan.keys_for(self.iteration, "order"))]

    def _edited(self, samples: np.ndarray) -> np.ndarray:
        share = self.plan.generator.edited_by(self.iteration)
        return edited(self.pool(Pool(self.iteration)), samples, share, self._order_seeds())

    def begin(self) -> Fit:
        """New models, before the first step."""
        return begin(self.plan.keys_for(self.iteration, "initialise"), self.learner, self.training)

    def sample(self, models: PyTree) -> tuple[np.ndarray, dict[str, Float[np.ndarray, " seeds"]]]:
        """The next pool, sampled from this iteration's models, and how that went; its parts are kept as they come."""
        rows, per_seed = rows_sampled(self.workflow, self.iteration, self.plan.T), self.plan.sampled_at_once

        def kept(start: int, end: int) -> np.ndarray:
            self.bar.set_description(
                f"iteration {self.iteration}/{self.plan.iterations}, sampling {start + 1}-{start + per_seed} of {rows}"
            )
            # Rows beyond the end are sampled too and dropped: every part has one shape and is compiled once.
            part = f"part-{self.iteration}-{start}"
            return self.directory.pool(part, lambda: self.sampled(models, start)[:, : end - start])

        def whole() -> np.ndarray:
            return np.concatenate([kept(start, rows) for start in range(0, rows, per_seed)], axis=1)

        edits = self.plan.generator.edits
        name = f"{'sampled' if edits else 'synthetic'}-{self.iteration}"
        found: dict[str, np.ndarray] = {}
        if self.hooks.accept is None:
            samples = self.directory.pool(name, whole)
        else:
            samples, found["accepted"] = self._verified(
                name, rows, lambda start: kept(start, start + per_seed), per_seed
            )
        if edits:
            self.directory.pool(f"synthetic-{self.iteration}", lambda: self._edited(samples))
        self.directory.remove_pools(f"part-{self.iteration}-*")
        return samples, found

    def sampled(self, models: PyTree, start: int) -> np.ndarray:
        """Rows `start` and following of an endless sequence, as many as are sampled at once."""
        keys, numbers = self.plan.keys_for(self.iteration, "sample"), start + jnp.arange(self.plan.sampled_at_once)
        row_keys = jax.vmap(lambda key: jax.vmap(lambda number: jr.fold_in(key, number))(numbers))(keys)
        return self.processes.sample(self.learner.sample, models, row_keys)

    def _verified(
        self, name: str, rows: int, part: Callable[[int], np.ndarray], size: int
    ) -> tuple[np.ndarray, Float[np.ndarray, " seeds"]]:
        """The pool of what the verifier accepts, and the share that it accepted, kept beside the pool.

        Args:
            name: of the pool.
            rows: of it, each seed's.
            part: the rows that start at a number.
            size: of a part.
        """
        assert self.hooks.accept is not None  # else nobody calls this
        accepted = Accepted(self.hooks.accept, rows, self.plan.seeds)

        def filled() -> Accepted:
            start = 0
            while not accepted.add(part(start)):
                start += size
            return accepted

        share = self.directory.pool(f"accepted-{self.iteration}", lambda: filled().share)
        # Killed between the two, the parts are still there, and the verifier looks at them again.
        return self.directory.pool(name, lambda: (accepted if accepted.full else filled()).rows), share


def _of_fit(fit: Fit) -> dict[str, Float[np.ndarray, " seeds"]]:
    """What is measured of a fit until converged: the held-out loss of what it gives, and the steps to it."""
    if fit.patience is None:
        return {}
    return {
        "held_out_loss": np.asarray(fit.patience.loss, np.float64),
        "fit_steps": np.asarray(fit.patience.step, np.float64),
    }


@eqx.filter_jit
def begin(keys: Key[Array, " seeds"], learner: Learner, training: Training) -> Fit:
    """New models, one a key, at step 0."""
    return Fit.begin(eqx.filter_vmap(lambda key: learner.model(key=key))(keys), training)
