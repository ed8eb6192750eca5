"""The Wishart sampler: draws a pool's X'X and X'noise, not its rows; exact in distribution, at a cost free of T.

Bartlett (1933): X'X of m rows N(0, I) is L L', L lower triangular with independent entries, normal below the diagonal
and chi with m, m - 1, … degrees of freedom on it; with m < d rows the last d - m columns are nought. Written as
X' = L Q with orthonormal rows Q, X'noise = L Q noise, and Q noise is normal: X'noise given X'X is L z.

The covariance of the rows does not matter: whitened, the chain is the same.
"""

from typing import ClassVar

import equinox as eqx
import jax
import jax.numpy as jnp
import jax.random as jr
import jax.scipy.linalg as jsl
import numpy as np
from jaxtyping import Array, Float, Int, PRNGKeyArray

from theory import Generator, LinearRegression, Workflow

from .base import USUAL
from .chi_square import ChiSquare
from .gaussian_walk import GaussianWalk
from .labels import PoolLabels
from .least_squares import (
    AbstractLeastSquares,
    Numbers,
    features,
    is_fixed,
    replicates_needed,
    whole_pools_objection,
)
from .recursion import Recursion, Sums, cholesky, solve
from .schedule import whole_rows


class AbstractFresh(AbstractLeastSquares):
    """What the samplers have in common that draw X'X of each pool at fresh design."""

    recursion: Recursion
    pools: "Bartlett"
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
        self.pools = Bartlett(rows, self.numbers.d, dtype)
        self.labels = PoolLabels(task, generator, iterations, dtype)


def iteration_work(d: int) -> float:
    """What an iteration takes, in units of the radial sampler's: measured, tests/benchmarks/simulation.json."""
    return 3 + d**2 / 20


class Wishart(AbstractFresh):
    """One chain of fits at fresh design; call it with a key for the test error of each iteration."""

    name: ClassVar[str] = "wishart"

    @classmethod
    def is_meant(cls, task: LinearRegression, workflow: Workflow, iterations: int) -> bool:
        """At fresh design."""
        return not is_fixed(task)

    @classmethod
    def objection(cls, task: LinearRegression, workflow: Workflow, iterations: int) -> str | None:
        """Pools must be used whole, as rows or as copies of X."""
        return whole_pools_objection(task, workflow, iterations)

    @classmethod
    def work_to(
        cls, task: LinearRegression, workflow: Workflow, iterations: int, relative_error: float
    ) -> float | None:
        """As the radial sampler's; `None` where there is no standard error."""
        if Numbers.of(task, workflow, iterations).moments < 2:
            return None
        needed = replicates_needed(task, workflow, iterations, relative_error, averaged=False)
        return needed * iteration_work(features(task))

    @property
    def bytes_per_replicate(self) -> int:
        """An upper estimate of what one replicate holds in memory."""
        matrices = 3 * self.recursion.slots + 6
        noise = self.labels.noise
        return noise.dtype.itemsize * (matrices * self.d**2 + (self.d + 4) * len(noise))

    @property
    def lapack_work(self) -> int:
        """Operations of the largest LAPACK call that one replicate makes."""
        return self.d**3 // 3

    def __call__(self, key: PRNGKeyArray) -> Float[Array, " iterations"]:
        """The excess risk of the models of iterations 1, 2, … of one chain, in units of real(1)'s noise variance."""

        def pool(error: Float[Array, " d"], iteration: Int[Array, ""], real: bool) -> Sums:
            # Models are written as their errors, so real data are labelled by nought.
            factor, noise = self.pools(key, iteration, real)
            gram = factor @ factor.T
            says = self.labels.says(error, iteration, real)
            return gram, gram @ says + self.labels.noise[iteration, int(real)] * (factor @ noise)

        errors = self.recursion(
            jnp.zeros(self.d, self.labels.noise.dtype),
            pool=pool,
            fit=lambda gram, moment: solve(cholesky(gram), moment),
            gram_shape=(self.d, self.d),
        )
        return (errors**2).sum(1)


class WishartFixed(AbstractLeastSquares):
    """The same at fixed design, where all pools share one X'X = L L': model n's error is L'^-1 times a walk."""

    name: ClassVar[str] = "wishart"

    walk: GaussianWalk
    pools: "Bartlett"

    def __init__(
        self,
        task: LinearRegression,
        workflow: Workflow,
        iterations: int,
        dtype: np.dtype,
        generator: Generator = USUAL,
    ) -> None:
        self.numbers = Numbers.of(task, workflow, iterations)
        self.walk = GaussianWalk(task, workflow, iterations, dtype, generator)
        self.pools = Bartlett(np.array([[self.numbers.T]]), self.numbers.d, dtype)

    @classmethod
    def is_meant(cls, task: LinearRegression, workflow: Workflow, iterations: int) -> bool:
        """At fixed design."""
        return is_fixed(task)

    @classmethod
    def objection(cls, task: LinearRegression, workflow: Workflow, iterations: int) -> str | None:
        """Pools must be used whole, as rows or as copies of X."""
        return whole_pools_objection(task, workflow, iterations)

    @property
    def bytes_per_replicate(self) -> int:
        """An upper estimate of what one replicate holds in memory."""
        return self.walk.bytes_per_replicate + 6 * self.walk.dtype.itemsize * self.walk.d**2

    @property
    def lapack_work(self) -> int:
        """Operations of the largest LAPACK call that one replicate makes."""
        return self.walk.d**2 * self.walk.iterations

    def __call__(self, key: PRNGKeyArray) -> Float[Array, " iterations"]:
        """The excess risk of the models of iterations 1, 2, … of one chain, in units of real(1)'s noise variance."""
        walk_key, design_key = jr.split(key)
        factor = self.pools(design_key, jnp.asarray(0), False)[0]
        errors = jsl.solve_triangular(factor, self.walk(walk_key).T, lower=True, trans=1)
        if self.walk.shift is not None:
            errors = errors.at[0].add(self.walk.shift)
        return (errors**2).sum(0)


class Bartlett(eqx.Module):
    """Draws the factor L of a pool's X'X, with normal variables z for X'noise = L z.

    Attributes:
        chi_square: of the degrees of freedom on the diagonal, by pool size.
        size: (iterations, 2), the index of the size of the chain's pool and of the fresh real one.
    """

    d: int = eqx.field(static=True)
    chi_square: ChiSquare
    size: Int[Array, "iterations kinds"]

    def __init__(self, rows: Int[np.ndarray, "iterations kinds"], d: int, dtype: np.dtype) -> None:
        sizes, index = np.unique(rows, return_inverse=True)
        self.d = d
        self.chi_square = ChiSquare(np.maximum(sizes[:, None] - np.arange(d), 0), dtype)
        self.size = jnp.asarray(index.reshape(rows.shape))

    def __call__(
        self, key: PRNGKeyArray, iteration: Int[Array, ""], real: bool
    ) -> tuple[Float[Array, "d d"], Float[Array, " d"]]:
        """L and z of the pool of `iteration`, counted from 0: random numbers of its own for each."""
        return self.draw(jr.fold_in(key, 2 * iteration + int(real)), self.size[iteration, int(real)])

    def draw(self, key: PRNGKeyArray, size: Int[Array, ""]) -> tuple[Float[Array, "d d"], Float[Array, " d"]]:
        """L and z of a pool whose number of rows has this index."""
        d = self.d
        table = self.chi_square.at(size)
        # the barrier keeps the compiler from drawing a number again for each place that it is copied to
        normal = jax.lax.optimization_barrier(jr.normal(key, (d * (d - 1) // 2 + 2 * d,), table.degrees.dtype))
        below, on, noise = jnp.split(normal, [d * (d - 1) // 2, d * (d - 1) // 2 + d])
        diagonal = jnp.sqrt(table(on))
        # a gather by indices known beforehand: much faster than to scatter into a triangle
        row, column = np.indices((d, d))
        inside = np.where(row > column, row * (row - 1) // 2 + column, 0)
        factor = jnp.where(row > column, jnp.append(below, 0).at[inside].get(mode="promise_in_bounds"), 0)
        factor = jnp.where(row == column, diagonal, factor)
        return jnp.where(diagonal > 0, factor, 0), noise
