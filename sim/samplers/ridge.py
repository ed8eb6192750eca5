"""The Wishart sampler with a ridge: draws a pool's X'X and X'noise, not its rows; exact, at a cost free of T.

A pool of m rows is what Bartlett's factor L says of it (`wishart`), with the square roots of the covariance's
eigenvalues before L. At fixed design all pools share X, and along its singular vectors every coordinate goes by itself.
"""

from dataclasses import replace
from typing import ClassVar

import jax
import jax.numpy as jnp
import jax.random as jr
import numpy as np
from jaxtyping import Array, Float, Int, PRNGKeyArray

from theory import LinearRegression, Workflow

from .least_squares import features, is_fixed, whole_pools_objection
from .penalty import AbstractRidge, RidgeNumbers, root_of, totals, truth_of
from .recursion import Recursion, Sums, cholesky, solvable, solve
from .schedule import Schedule, whole_rows
from .wishart import Bartlett


def weighed(
    task: LinearRegression, workflow: Workflow, iterations: int
) -> tuple[Schedule, Int[np.ndarray, "iterations 2"]]:
    """The schedule whose weights add up as the ridge wants it, and the rows of the pools."""
    schedule, rows = whole_rows(task, workflow, iterations)
    return replace(schedule, weights=schedule.weights * totals(task, workflow, iterations)[:, None]), rows


class RidgeWishart(AbstractRidge):
    """One chain of fits at fresh design; call it with a key for the test error of each iteration."""

    name: ClassVar[str] = "wishart"

    recursion: Recursion
    pools: Bartlett

    def __init__(self, task: LinearRegression, workflow: Workflow, iterations: int, dtype: np.dtype) -> None:
        schedule, rows = weighed(task, workflow, iterations)
        self.numbers = RidgeNumbers.of(task, workflow, iterations)
        self.root, self.truth = root_of(task, dtype), truth_of(task, dtype)
        self.recursion = Recursion(schedule, dtype)
        self.pools = Bartlett(rows, self.numbers.d, dtype)

    @classmethod
    def is_meant(cls, task: LinearRegression, workflow: Workflow, iterations: int) -> bool:
        """At fresh design."""
        return not is_fixed(task)

    @classmethod
    def objection(cls, task: LinearRegression, workflow: Workflow, iterations: int) -> str | None:
        """Pools must be used whole, and the normal equations must have one solution."""
        found = whole_pools_objection(task, workflow, iterations)
        if found is None and not RidgeNumbers.of(task, workflow, iterations).full_rank:
            return (
                f"{workflow} fits a model to fewer rows than its {features(task)} features without a ridge, and the "
                "wishart sampler keeps no rows to find the least norm by. Use the literal sampler."
            )
        return found

    @property
    def bytes_per_replicate(self) -> int:
        """An upper estimate of what one replicate holds in memory."""
        d, iterations = self.numbers.d, len(self.recursion.weights)
        return self.root.dtype.itemsize * ((3 * self.recursion.slots + 6) * d**2 + (d + 4) * iterations)

    @property
    def lapack_work(self) -> int:
        """Operations of the largest LAPACK call that one replicate makes."""
        return self.numbers.d**3 // 3

    def __call__(self, key: PRNGKeyArray) -> Float[Array, " iterations"]:
        """The excess risk of the models of iterations 1, 2, … of one chain, in units of the noise variance."""
        pull = self.numbers.strength * self.truth
        penalty = self.numbers.strength * jnp.eye(len(pull), dtype=pull.dtype)

        def pool(error: Float[Array, " d"], iteration: Int[Array, ""], real: bool) -> Sums:
            # Models are written as their errors, so real data are labelled by nought.
            bartlett, noise = self.pools(key, iteration, real)
            factor = self.root[:, None] * bartlett
            return factor @ factor.T, factor @ (factor.T @ error + noise)

        errors = self.recursion(
            jnp.zeros_like(self.truth),
            pool=pool,
            fit=lambda gram, moment: solve(cholesky(gram + penalty), moment - pull),
            gram_shape=penalty.shape,
        )
        return jax.vmap(self.squared)(errors)


class RidgeFixed(AbstractRidge):
    """One chain of fits at fixed design; call it with a key for the test error of each iteration.

    With X' = U S V' a model is U c: of any pool the coordinates of X'y / S are c S and standard normal noises.
    Without a ridge U c is the solution of least norm.
    """

    name: ClassVar[str] = "wishart"

    recursion: Recursion
    size: Float[Array, "iterations 2"]
    pools: Bartlett

    def __init__(self, task: LinearRegression, workflow: Workflow, iterations: int, dtype: np.dtype) -> None:
        schedule, _ = weighed(task, workflow, iterations)
        self.numbers = RidgeNumbers.of(task, workflow, iterations)
        self.root, self.truth = root_of(task, dtype), truth_of(task, dtype)
        self.recursion = Recursion(schedule, dtype)
        self.size = jnp.asarray(np.array([schedule.size, schedule.real_size], float).T, dtype)
        self.pools = Bartlett(np.array([[self.numbers.T]]), self.numbers.d, dtype)

    @classmethod
    def is_meant(cls, task: LinearRegression, workflow: Workflow, iterations: int) -> bool:
        """At fixed design."""
        return is_fixed(task)

    @classmethod
    def objection(cls, task: LinearRegression, workflow: Workflow, iterations: int) -> str | None:
        """Pools must be used whole, as copies of X."""
        return whole_pools_objection(task, workflow, iterations)

    @property
    def rank(self) -> int:
        """Of X."""
        return min(self.numbers.T, self.numbers.d)

    @property
    def bytes_per_replicate(self) -> int:
        """An upper estimate of what one replicate holds in memory."""
        d, iterations = self.numbers.d, len(self.size)
        return self.root.dtype.itemsize * (12 * d**2 + (8 * d + 4) * iterations)

    @property
    def lapack_work(self) -> int:
        """Operations of the largest LAPACK call that one replicate makes."""
        return 20 * self.numbers.d * self.rank**2

    def __call__(self, key: PRNGKeyArray) -> Float[Array, " iterations"]:
        """The excess risk of the models of iterations 1, 2, … of one chain, in units of the noise variance."""
        noise_key, design_key = jr.split(key)
        bartlett, _ = self.pools(design_key, jnp.asarray(0), False)
        factor = self.root[:, None] * bartlett[:, : self.rank]  # with fewer rows than features the others are nought
        basis, singular, _ = jnp.linalg.svd(factor, full_matrices=False)
        # the least that a coordinate is divided by, beside what rounding leaves of the largest
        least = jnp.sqrt(singular.min() ** 2 + self.numbers.strength)
        singular = jnp.where(solvable(least / singular.max()), singular, jnp.nan)

        def pool(model: Float[Array, " rank"], iteration: Int[Array, ""], real: bool) -> Sums:
            size = self.size[iteration, int(real)]
            noise = jr.normal(jr.fold_in(noise_key, 2 * iteration + int(real)), model.shape, model.dtype)
            return size, singular * (size * singular * model + jnp.sqrt(size) * noise)

        models = self.recursion(
            basis.T @ self.truth,
            pool=pool,
            fit=lambda size, moment: moment / (size * singular**2 + self.numbers.strength),
            gram_shape=(),
        )
        return jax.vmap(lambda model: self.squared(basis @ model - self.truth))(models)
