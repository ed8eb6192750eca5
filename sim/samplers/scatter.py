"""A Gaussian fitted by mean and covariance, from what its pools scatter: at a cost that is free of T.

Of a pool of m rows the fit needs the mean and the squares about it, which are independent: a normal vector, and a
Wishart matrix of m - 1 degrees of freedom, drawn as the square of a triangular matrix (Bartlett 1933). Pools that lie
in one slot are merged with their means (Chan, Golub and LeVeque 1983): squares are only ever added up. All means are
relative to the last model's, so that a covariance that vanishes keeps its digits.
"""

from typing import ClassVar, NamedTuple

import equinox as eqx
import jax.numpy as jnp
import jax.random as jr
import numpy as np
from jaxtyping import Array, Float, Int, PRNGKeyArray

from theory import Gaussian, Generator, Workflow

from .base import USUAL, AbstractSampler
from .chi_square import ChiSquare
from .pools import (
    draws_objection,
    largest_pools,
    rows_objection,
    scheduled,
    sizes_alone,
    training_rows,
    weights_objection,
)
from .recursion import Recursion, cholesky, move


class Model(NamedTuple):
    """A Gaussian.

    Attributes:
        error: of its mean, from the truth's.
        step: of its mean, from the last model's.
        root: lower triangular, the covariance is root root'.
    """

    error: Float[Array, " d"]
    step: Float[Array, " d"]
    root: Float[Array, "d d"]


class Scatter(NamedTuple):
    """What some rows come to; with an axis of slots before, of each.

    Attributes:
        rows: how many.
        mean: of the rows, relative to that of the model before the next fit.
        squares: of the rows about their mean.
    """

    rows: Float[Array, "*slots"]
    mean: Float[Array, "*slots d"]
    squares: Float[Array, "*slots d d"]


class GaussianScatter(AbstractSampler[Gaussian]):
    """One chain of fits, in units of the truth; call it with a key for the quantity at each iteration."""

    name: ClassVar[str] = "sufficient"
    advice: ClassVar[str] = "Use float64, fewer iterations, or more samples than dimensions by far."

    d: int = eqx.field(static=True)
    T: int = eqx.field(static=True)
    temperature: float = eqx.field(static=True)
    finite: int = eqx.field(static=True)
    recursion: Recursion
    rows: Float[Array, "iterations 2"]
    unbiased: Float[Array, " iterations"]
    chi_square: tuple[ChiSquare, ChiSquare]

    def __init__(
        self, task: Gaussian, workflow: Workflow, iterations: int, dtype: np.dtype, generator: Generator = USUAL
    ) -> None:
        self.T, self.d = task.numbers["T"], task.numbers["d"]
        made, rows = scheduled(workflow, self.T, iterations)
        self.temperature = float(generator.temperature)
        self.finite = finite_moments(workflow, self.T, self.d, iterations)
        self.recursion, self.rows = Recursion(made, dtype), jnp.asarray(rows, dtype)
        self.unbiased = jnp.asarray(corrections(task, workflow, iterations), dtype)
        chain, real = (np.maximum(kind[:, None] - 1 - np.arange(self.d), 0) for kind in rows.T)
        self.chi_square = ChiSquare(chain, dtype), ChiSquare(real, dtype)

    @classmethod
    def objection(cls, task: Gaussian, workflow: Workflow, iterations: int) -> str | None:
        """Pools must be used whole; those of several dimensions must have more rows than these."""
        found = draws_objection(workflow, iterations) or gaussian_objection(cls.of, task, workflow, iterations)
        T, d = task.numbers["T"], task.numbers["d"]
        if found is None and d > 1:
            fewest = scheduled(workflow, T, iterations)[1].min()
            if fewest <= d:
                return f"a pool of {fewest:g} rows has a singular covariance at d={d}. Use the literal sampler."
        return found

    @classmethod
    def generator_objection(
        cls, generator: Generator, task: Gaussian, workflow: Workflow, iterations: int
    ) -> str | None:
        """It may say sizes and a temperature."""
        del task, workflow, iterations
        return sizes_alone(generator, "temperature")

    @property
    def moments(self) -> int:
        """All, but of the divergence."""
        return self.finite if self.of == "kl" else 2

    @property
    def note(self) -> str:
        """Which moments are missing, and why."""
        return moments_note(self.moments, self.d)

    @property
    def bytes_per_replicate(self) -> int:
        """An upper estimate of what one replicate holds in memory."""
        return self.rows.dtype.itemsize * (self.d**2 * (4 * self.recursion.slots + 16) + 2 * len(self.rows) + 16)

    @property
    def lapack_work(self) -> int:
        """Operations of the largest LAPACK call that one replicate makes."""
        return self.d**3 // 3 if self.d > 1 else 0

    def measure(self, model: Model) -> Float[Array, ""]:
        """The quantity."""
        raise NotImplementedError

    def __call__(self, key: PRNGKeyArray) -> Float[Array, " iterations"]:
        """The quantity of the models of iterations 1, 2, … of one chain."""
        dtype, slots = self.rows.dtype, self.recursion.slots
        nought = jnp.zeros(self.d, dtype)

        def pool(model: Model, iteration: Int[Array, ""], real: bool) -> Scatter:
            normal = jr.normal(jr.fold_in(key, 2 * iteration + int(real)), (self.d, self.d + 1), dtype)
            rows, root, mean = self.rows[iteration, int(real)], model.root, nought
            if real:
                root, mean = jnp.eye(self.d, dtype=dtype), -model.error
            elif self.temperature != 1:
                root = jnp.where(iteration == 0, 1, self.temperature) * root
            degrees = self.chi_square[int(real)].at(iteration)
            factor = root @ bartlett(normal[:, 1:], degrees)
            mean = mean + root @ normal[:, 0] / jnp.sqrt(rows)
            return Scatter(rows, mean, factor @ factor.T)

        def fit(weights: Float[Array, " slots"], kept: Scatter, model: Model, iteration: Int[Array, ""]) -> Model:
            counted = weights * kept.rows / self.T
            step = counted @ kept.mean
            apart = kept.mean - step[None]
            squares = jnp.tensordot(weights / self.T, kept.squares, 1) + (counted[None] * apart.T) @ apart
            covariance = self.unbiased[iteration] * squares
            root = cholesky(covariance) if self.d > 1 else jnp.sqrt(covariance)
            return Model(model.error + step, step, root)

        truth = Model(nought, nought, jnp.eye(self.d, dtype=dtype))
        nothing = Scatter(
            jnp.zeros(slots, dtype), jnp.zeros((slots, self.d), dtype), jnp.zeros((slots, self.d, self.d), dtype)
        )
        return self.recursion.scan(truth, nothing, pool=pool, fit=fit, measure=self.measure, merge=merge)


def merge(kept: Scatter, new: list[Scatter], destination: Int[Array, " held"], model: Model) -> Scatter:
    """What lies in each slot once new pools have come; all means are made relative to the last model's.

    Args:
        kept: by slot, with means relative to the model before.
        new: pools, with means relative to the last model's.
        destination: where the slots and the pools go.
        model: the last one.
    """
    kept = kept._replace(mean=kept.mean - model.step[None])
    rows = move(kept.rows, [pool.rows for pool in new], destination)
    moment = move(kept.rows[:, None] * kept.mean, [pool.rows * pool.mean for pool in new], destination)
    mean = moment / jnp.maximum(rows, 1)[:, None]
    there = mean[jnp.minimum(destination, len(rows) - 1)]
    old = len(kept.rows)
    apart = kept.mean - there[:old]
    squares = kept.squares + kept.rows[:, None, None] * apart[:, :, None] * apart[:, None, :]
    added = [
        pool.squares + pool.rows * jnp.outer(pool.mean - where, pool.mean - where)
        for pool, where in zip(new, there[old:], strict=True)
    ]
    return Scatter(rows, mean, move(squares, added, destination))


def bartlett(normal: Float[Array, "d d"], degrees: ChiSquare) -> Float[Array, "d d"]:
    """A lower triangular matrix whose square is a standard Wishart one.

    Args:
        normal: standard normal variables that it is made of.
        degrees: of the squares on the diagonal: those of the matrix, and one less each time.
    """
    return jnp.tril(normal, -1) + jnp.diag(jnp.sqrt(degrees(jnp.diagonal(normal))))


def corrections(task: Gaussian, workflow: Workflow, iterations: int) -> list[float]:
    """What each iteration's mean squares are multiplied by: N/(N - 1) for an unbiased covariance, else 1."""
    rows = training_rows(workflow, task.numbers["T"], iterations)
    return [N / (N - 1) if task.estimator == "unbiased" else 1.0 for N in rows]


def finite_moments(workflow: Workflow, T: int, d: int, iterations: int) -> int:
    """Those of an inverse covariance, at most 2: moment q needs, in each fit, a pool of more than d + 2 q rows."""
    return max(0, min(2, (min(largest_pools(workflow, T, iterations)) - d - 1) // 2))


def moments_note(moments: int, d: int) -> str:
    """What to know of the moments; empty where there are two."""
    if moments == 2:
        return ""
    lacking = "a mean but its variance may be infinite" if moments else "perhaps no mean"
    return f"with fewer than d + 5 = {d + 5} rows in the pools of a training set the divergence has {lacking}."


def gaussian_objection(of: str | None, task: Gaussian, workflow: Workflow, iterations: int) -> str | None:
    """Why rows are no whole numbers, or too few for the estimator or for the quantity; `None` where all is well."""
    found = rows_objection(workflow, task.numbers["T"], iterations)
    if found is not None:
        return found
    fewest, d = min(training_rows(workflow, task.numbers["T"], iterations)), task.numbers["d"]
    if of in ("kl", "log_determinant") and fewest <= d:
        return f"the {of} needs covariances that are not singular, from d + 1 = {d + 1} rows on; got a fit to {fewest}."
    if task.estimator == "mle":
        return None
    if fewest < 2:
        return f'an unbiased covariance needs 2 rows, and {workflow} fits {fewest}. Ask for the estimator "mle".'
    found = weights_objection(workflow, iterations)
    return None if found is None else f'{found} Ask for the estimator "mle".'
