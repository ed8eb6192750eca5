"""The literal samplers of tasks whose rows are arrays of numbers: every row is drawn, kept, weighted and fitted.

A task says how rows are sampled from a model and how a model is fitted to weighted rows. Pools that are still to be
used lie side by side, and a pool takes the place of one that is not: so a chain holds all rows that a training set can
need, and no more. A subsample is drawn by scores: the rows of the lowest of uniform numbers.
"""

import abc
from dataclasses import dataclass
from typing import Any, ClassVar

import equinox as eqx
import jax
import jax.numpy as jnp
import jax.random as jr
import numpy as np
from jaxtyping import Array, Bool, Float, Int, PRNGKeyArray, Real

from theory import Generator, Pool, Task, Workflow

from .base import AbstractSampler, AnyTask
from .pools import rows_objection, sizes_alone, weights_objection


@dataclass(frozen=True, eq=False)
class Layout:
    """Where pools lie, and how much each of their rows counts.

    Attributes:
        place: (iterations, 2), where this iteration's chain pool and its fresh real pool go; `places` means nowhere.
        weights: (iterations, places), of each row in a training set, which add up to one; 0 outside it.
        rows: (iterations, places), of the pools that lie there then.
        drawn: (iterations,), rows of a subsample; 0 where pools are used whole.
    """

    place: np.ndarray
    weights: np.ndarray
    rows: np.ndarray
    drawn: np.ndarray

    @property
    def places(self) -> int:
        """Pools that are kept side by side."""
        return self.weights.shape[1]


def layout(workflow: Workflow, T: int, iterations: int) -> Layout:
    """That of a workflow's pools."""
    shares = [
        {pool: share for pool, share in workflow.shares(iteration).items() if share}
        for iteration in range(1, iterations + 1)
    ]
    last = {pool: iteration for iteration, used in enumerate(shares) for pool in used}
    places: list[Pool | None] = []
    steps: list[tuple[list[int | None], list[Pool | None]]] = []
    for iteration in range(iterations):
        places = [pool if pool is not None and last[pool] >= iteration else None for pool in places]
        gone: list[int | None] = []
        for pool in (Pool(iteration + 1), Pool(iteration + 1, fresh_real=True)):
            if pool not in last:
                gone.append(None)
                continue
            places = places if None in places else [*places, None]
            gone.append(places.index(None))
            places[places.index(None)] = pool
        steps.append((gone, list(places)))
    shape = (iterations, len(places))
    place, weights, rows = np.full((iterations, 2), len(places)), np.zeros(shape), np.zeros(shape, int)
    drawn = np.zeros(iterations, int)
    for iteration, (gone, held) in enumerate(steps):
        place[iteration] = [len(places) if where is None else where for where in gone]
        drawn[iteration] = int((workflow.drawn(iteration + 1) or 0) * T)
        for where, pool in enumerate(held):
            if pool is None:
                continue
            count = workflow.size(pool) * T
            rows[iteration, where] = int(count)
            weights[iteration, where] = float(shares[iteration].get(pool, 0) / count)
    return Layout(place, weights, rows, drawn)


class Kept(eqx.Module):
    """A layout as arrays that a scan reads.

    Attributes:
        most: rows of the largest pool.
        draws: whether some training set is a subsample.
        fresh_real: whether real data collected after iteration 1 are used.
    """

    place: Int[Array, "iterations 2"]
    weights: Float[Array, "iterations places"]
    rows: Int[Array, "iterations places"]
    drawn: Int[Array, " iterations"]
    most: int = eqx.field(static=True)
    draws: bool = eqx.field(static=True)
    fresh_real: bool = eqx.field(static=True)

    def __init__(self, workflow: Workflow, T: int, iterations: int, dtype: np.dtype) -> None:
        made = layout(workflow, T, iterations)
        self.place = jnp.asarray(made.place)
        self.weights, self.rows, self.drawn = (
            jnp.asarray(made.weights, dtype),
            jnp.asarray(made.rows),
            jnp.asarray(made.drawn),
        )
        self.most, self.draws = int(made.rows.max()), bool(made.drawn.any())
        self.fresh_real = bool((made.place[:, 1] < made.places).any())

    @property
    def total(self) -> int:
        """Rows that a chain holds, those that count for nothing included."""
        return self.weights.shape[1] * self.most

    def counted(self, key: PRNGKeyArray, iteration: Int[Array, ""]) -> Float[Array, " total"]:
        """How much each row counts in the training set of an iteration; the key is that of a subsample."""
        present = jnp.arange(self.most)[None] < self.rows[iteration][:, None]
        weights = jnp.where(present, self.weights[iteration][:, None], 0).ravel()
        if not self.draws:
            return weights
        drawn = self.drawn[iteration]
        scores = jnp.where(weights > 0, jr.uniform(key, weights.shape, weights.dtype), 2)
        return jnp.where(drawn > 0, lowest(scores, drawn) / drawn.astype(weights.dtype), weights)


def lowest(scores: Float[Array, " rows"], count: Real[Array, ""]) -> Float[Array, " rows"]:
    """1 for each of the lowest scores, as many as wanted, and 0 for the others.

    Of uniform scores these are a uniform draw without replacement. Of equal ones the first count as lower.
    """
    taken = (jnp.arange(len(scores)) < count.astype(int)).astype(scores.dtype)
    return jnp.zeros_like(scores).at[jnp.argsort(scores)].set(taken, unique_indices=True)


class AbstractRows(AbstractSampler[AnyTask]):
    """One chain of fits to rows; call it with a key for the quantity at each iteration.

    A task's class says what its `truth` is as a model, how it `sample`s and how it `fit`s, and what is measured.
    """

    name: ClassVar[str] = "literal"

    kept: eqx.AbstractVar[Kept]
    truth: eqx.AbstractVar[Any]

    @property
    def width(self) -> int:
        """Numbers a row."""
        return 1

    @classmethod
    def objection(cls, task: AnyTask, workflow: Workflow, iterations: int) -> str | None:
        """Pools and draws must be whole numbers of rows, and rows that are drawn must count alike."""
        return literal_objection(task, workflow, iterations)

    @classmethod
    def generator_objection(
        cls, generator: Generator, task: AnyTask, workflow: Workflow, iterations: int
    ) -> str | None:
        """It may say sizes."""
        del task, workflow, iterations
        return sizes_alone(generator)

    @property
    def bytes_per_replicate(self) -> int:
        """An upper estimate of what one replicate holds in memory."""
        return self.kept.weights.dtype.itemsize * self.kept.total * (6 * self.width + 12)

    @abc.abstractmethod
    def sample(self, key: PRNGKeyArray, model: Any, real: Bool[Array, ""]) -> Float[Array, "most width"]:
        """As many rows as the largest pool has.

        Args:
            key: of the pool.
            model: that samples them.
            real: whether the model is the truth.
        """

    @abc.abstractmethod
    def fit(self, rows: Float[Array, "total width"], weights: Float[Array, " total"]) -> Any:
        """The model fitted to rows with weights that add up to 1; those of weight 0 are no part of the training set."""

    @abc.abstractmethod
    def measure(self, model: Any) -> Float[Array, ""]:
        """The quantity."""

    def __call__(self, key: PRNGKeyArray) -> Float[Array, " iterations"]:
        """The quantity of the models of iterations 1, 2, … of one chain."""
        kept = self.kept

        def iterate(carry: tuple, now: tuple) -> tuple:
            model, rows = carry
            iteration, place = now
            chain_key, real_key, draw_key = jr.split(jr.fold_in(key, iteration), 3)
            rows = rows.at[place[0]].set(self.sample(chain_key, model, iteration == 0), mode="drop")
            if kept.fresh_real:
                rows = rows.at[place[1]].set(self.sample(real_key, self.truth, jnp.array(True)), mode="drop")
            model = self.fit(rows.reshape(-1, self.width), kept.counted(draw_key, iteration))
            return (model, rows), self.measure(model)

        start = self.truth, jnp.zeros((kept.weights.shape[1], kept.most, self.width), kept.weights.dtype)
        return jax.lax.scan(iterate, start, (jnp.arange(len(kept.place)), kept.place))[1]


def literal_objection(task: Task, workflow: Workflow, iterations: int) -> str | None:
    """Why pools and draws are no whole numbers of rows, or rows that are drawn do not count alike; else `None`."""
    drawn = any(workflow.drawn(iteration) is not None for iteration in range(1, iterations + 1))
    alike = weights_objection(workflow, iterations) if drawn else None
    return alike or rows_objection(workflow, task.numbers["T"], iterations)
