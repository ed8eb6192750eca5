"""The literal sampler: draws every row of X and y, and solves least squares, as the paper describes.

The rows of a pool are summed to X'X and X'y as soon as they are drawn and the fit solves the normal equations of the
training set, which has the same solution as least squares on all its rows stacked.
"""

from typing import ClassVar

import jax
import jax.numpy as jnp
import jax.random as jr
import numpy as np
from jaxtyping import Array, Float, Int, PRNGKeyArray

from theory import Generator, LinearRegression, Workflow

from .base import USUAL
from .labels import PoolLabels
from .least_squares import (
    AbstractLeastSquares,
    Numbers,
    covariance_root,
    draws,
    whole_pools_objection,
)
from .recursion import Recursion, Sums, cholesky, solve
from .schedule import whole_rows


class Literal(AbstractLeastSquares):
    """One chain of fits; call it with a key for the test error of each iteration."""

    name: ClassVar[str] = "literal"

    recursion: Recursion
    root: Float[Array, "d d"] | None
    rows: Int[Array, "iterations 2"]
    labels: PoolLabels

    def __init__(
        self,
        task: LinearRegression,
        workflow: Workflow,
        iterations: int,
        dtype: np.dtype,
        generator: Generator = USUAL,
    ) -> None:
        schedule, rows = whole_rows(task, workflow, iterations)
        self.numbers = Numbers.of(task, workflow, iterations)
        self.recursion = Recursion(schedule, dtype)
        self.root = covariance_root(task, dtype)
        self.rows = jnp.asarray(rows)
        self.labels = PoolLabels(task, generator, iterations, dtype, self.root)

    @classmethod
    def is_meant(cls, task: LinearRegression, workflow: Workflow, iterations: int) -> bool:
        """Where no rows are drawn from pools."""
        return not draws(workflow, iterations)

    @classmethod
    def objection(cls, task: LinearRegression, workflow: Workflow, iterations: int) -> str | None:
        """Pools must be used whole, as rows or as copies of X."""
        return whole_pools_objection(task, workflow, iterations)

    @classmethod
    def suits_float32(cls, task: LinearRegression, workflow: Workflow, iterations: int) -> bool:
        """The literal sampler is what the others are held against."""
        del task, workflow, iterations
        return False

    @property
    def bytes_per_replicate(self) -> int:
        """An upper estimate of what one replicate holds in memory."""
        slots = self.recursion.slots
        draws = self.T * (7 * self.d + 8)  # X, its random bits and copies on the way, measured; noise and labels
        sums = 4 * (slots + 3) * self.d * (1 if self.fixed else self.d)
        return self.labels.noise.dtype.itemsize * (draws + sums + 4 * self.d**2 + (self.d + 4) * len(self.labels.noise))

    @property
    def lapack_work(self) -> int:
        """Operations of the largest LAPACK call that one replicate makes."""
        return self.d**3 // 3

    def __call__(self, key: PRNGKeyArray) -> Float[Array, " iterations"]:
        """The excess risk of the models of iterations 1, 2, … of one chain, in units of real(1)'s noise variance."""
        truth_key, design_key, pools_key = jr.split(key, 3)
        dtype = self.labels.noise.dtype
        truth = jr.normal(truth_key, (self.d,), dtype)
        shared = draw_design(design_key, self.T, self.d, self.root, dtype) if self.fixed else None
        # At fixed design W = X'X is every pool's, and the weights of a fit add up to one: its Gram matrix is W.
        factor = None if shared is None else cholesky(shared.T @ shared)

        def pool(model: Float[Array, " d"], iteration: Int[Array, ""], real: bool) -> Sums:
            pool_key = jr.split(jr.fold_in(pools_key, iteration))[int(real)]
            says = self.labels.says(model, iteration, real, truth)
            rows, noise = self.rows[iteration, int(real)], self.labels.noise[iteration, int(real)]
            return pool_sums(pool_key, says, rows, noise, T=self.T, root=self.root, shared=shared)

        models = self.recursion(
            truth,
            pool=pool,
            fit=lambda gram, moment: solve(cholesky(gram) if factor is None else factor, moment),
            gram_shape=() if self.fixed else (self.d, self.d),
        )
        errors = models - truth[None]
        errors = errors if self.root is None else errors @ self.root
        return (errors**2).sum(1)


def pool_sums(
    key: PRNGKeyArray,
    model: Float[Array, " d"],
    rows: Int[Array, ""],
    noise: Float[Array, ""],
    *,
    T: int,
    root: Float[Array, "d d"] | None,
    shared: Float[Array, "T d"] | None,
) -> Sums:
    """X'X (0 at fixed design, where it is known) and X'y of new rows, drawn T at a time.

    Args:
        key: of the pool.
        model: that its labels are centred at.
        rows: how many; at fixed design a multiple of T.
        noise: the labels' standard deviation.
        T: rows of X.
        root: of the covariance; `None` for the identity.
        shared: X at fixed design, `None` at fresh.
    """
    d, dtype = len(model), model.dtype

    def add(chunk: Int[Array, ""], sums: Sums) -> Sums:
        gram, moment = sums
        noise_key, design_key = jr.split(jr.fold_in(key, chunk))
        around = noise * jr.normal(noise_key, (T,), dtype)
        if shared is not None:
            return gram, moment + shared.T @ (shared @ model + around)
        present = jnp.arange(T) < rows - chunk * T
        x = jnp.where(present[:, None], draw_design(design_key, T, d, root, dtype), 0)
        return gram + x.T @ x, moment + x.T @ (x @ model + around)

    nothing = (jnp.zeros((d, d) if shared is None else (), dtype), jnp.zeros(d, dtype))
    return jax.lax.fori_loop(0, -(-rows // T), add, nothing)


def draw_design(
    key: PRNGKeyArray, T: int, d: int, root: Float[Array, "d d"] | None, dtype: np.dtype
) -> Float[Array, "T d"]:
    """T rows N(0, root root'); the identity where `root` is `None`."""
    x = jr.normal(key, (T, d), dtype)
    return x if root is None else x @ root.T
