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

from theory import LinearRegression, Workflow

from .least_squares import (
    AbstractLeastSquares,
    Numbers,
    covariance_root,
    draws,
    noises,
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
    noise: Float[Array, " iterations"]

    def __init__(self, task: LinearRegression, workflow: Workflow, iterations: int, dtype: np.dtype) -> None:
        schedule, rows = whole_rows(task, workflow, iterations)
        self.numbers = Numbers.of(task, workflow, iterations)
        self.recursion = Recursion(schedule, dtype)
        self.root = covariance_root(task, dtype)
        self.rows = jnp.asarray(rows)
        self.noise = jnp.asarray(noises(task, iterations), dtype)

    @classmethod
    def serves(cls, task: LinearRegression, workflow: Workflow, iterations: int) -> bool:
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
        return self.noise.dtype.itemsize * (draws + sums + 4 * self.d**2 + (self.d + 4) * self.noise.shape[0])

    @property
    def lapack_work(self) -> int:
        """Operations of the largest LAPACK call that one replicate makes."""
        return self.d**3 // 3

    def __call__(self, key: PRNGKeyArray) -> Float[Array, " iterations"]:
        """The excess risk of the models of iterations 1, 2, … of one chain, in units of real(1)'s noise variance."""
        truth_key, design_key, pools_key = jr.split(key, 3)
        truth = jr.normal(truth_key, (self.d,), self.noise.dtype)
        shared = draw_design(design_key, self.T, self.d, self.root, self.noise.dtype) if self.fixed else None
        # At fixed design W = X'X is every pool's, and the weights of a fit add up to one: its Gram matrix is W.
        factor = None if shared is None else cholesky(shared.T @ shared)

        def pool(model: Float[Array, " d"], iteration: Int[Array, ""], real: bool) -> Sums:
            pool_key = jr.split(jr.fold_in(pools_key, iteration))[int(real)]
            return self._pool(pool_key, model, self.rows[iteration, int(real)], self.noise[iteration], shared)

        models = self.recursion(
            truth,
            pool=pool,
            fit=lambda gram, moment: solve(cholesky(gram) if factor is None else factor, moment),
            gram_shape=() if self.fixed else (self.d, self.d),
        )
        errors = models - truth[None]
        errors = errors if self.root is None else errors @ self.root
        return (errors**2).sum(1)

    def _pool(
        self,
        key: PRNGKeyArray,
        model: Float[Array, " d"],
        rows: Int[Array, ""],
        scale: Float[Array, ""],
        shared: Float[Array, "T d"] | None,
    ) -> Sums:
        """X'X (0 at fixed design, where it is known) and X'y of `rows` new rows labelled by `model`, T at a time."""
        dtype = model.dtype

        def add(chunk: Int[Array, ""], sums: Sums) -> Sums:
            gram, moment = sums
            noise_key, design_key = jr.split(jr.fold_in(key, chunk))
            noise = scale * jr.normal(noise_key, (self.T,), dtype)
            if shared is not None:
                return gram, moment + shared.T @ (shared @ model + noise)
            present = jnp.arange(self.T) < rows - chunk * self.T
            x = jnp.where(present[:, None], draw_design(design_key, self.T, self.d, self.root, dtype), 0)
            return gram + x.T @ x, moment + x.T @ (x @ model + noise)

        nothing = (jnp.zeros(() if self.fixed else (self.d, self.d), dtype), jnp.zeros(self.d, dtype))
        return jax.lax.fori_loop(0, -(-rows // self.T), add, nothing)


def draw_design(
    key: PRNGKeyArray, T: int, d: int, root: Float[Array, "d d"] | None, dtype: np.dtype
) -> Float[Array, "T d"]:
    """T rows N(0, root root'); the identity where `root` is `None`."""
    x = jr.normal(key, (T, d), dtype)
    return x if root is None else x @ root.T
