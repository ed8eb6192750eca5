"""The radial samplers: chains reduced by their rotational invariance to a few numbers; exact, at a cost free of T.

At fresh design, where a training set is the newest pools alone (Replace, ReplaceGrowing, FreshReal with all rows
counting alike), only the length of a model's error is handed on, and the next one needs a fixed number of chi-square
and normal variables: O(1) an iteration, whatever T and d.

At fixed design all pools share one W, whose law depends on its eigenvalues alone: W is drawn as B'B with B upper
bidiagonal (Golub and Kahan's reduction; Dumitriu and Edelman, math-ph/0206043), and model n's error is B^-1 times a
walk: O(d) an iteration, for every workflow that uses its pools whole.
"""

from fractions import Fraction
from typing import ClassVar

import equinox as eqx
import jax
import jax.numpy as jnp
import jax.random as jr
import numpy as np
from jaxtyping import Array, Float, PRNGKeyArray

from theory import Generator, LinearRegression, Pool, Workflow

from .base import USUAL
from .chi_square import ChiSquare
from .gaussian_walk import GaussianWalk
from .labels import PoolLabels
from .least_squares import (
    AbstractLeastSquares,
    Numbers,
    draws,
    given_twice,
    is_fixed,
    replicates_needed,
    sized,
    whole_pools_objection,
)
from .schedule import whole_rows


class Radial(AbstractLeastSquares):
    """One chain of fits at fresh design, each to the newest pools alone; call it with a key for its test errors.

    Write the last error as r in direction 1. With m rows labelled by the last model, l real rows and N = m + l, the
    pooled Gram matrix A = R'R (R upper triangular) and B = R'^-1 W_m R^-1, the next error is R^-1 (r R_11 B e_1 + z), z
    normal given both. B, a matrix beta independent of R, has B_11 = b ~ beta(m/2, l/2), and the rest of its first
    column has squared length b (1 - b) beta((d - 1)/2, (N - d)/2) in a uniform direction. R_11^2 is chi-square of N
    degrees; the last d - 1 coordinates v give |R_22^-1 v|^2 = |v|^2 / chi^2_{N-d+1}; and the first row of R is normal
    beside R_11. Without real rows B is the identity, and this is a step of length chi_d / chi_{m-d+1} in a uniform
    direction.
    """

    name: ClassVar[str] = "radial"

    mixed: bool = eqx.field(static=True)
    carried: float | None = eqx.field(static=True)
    chi_square: ChiSquare
    noise: Float[Array, " iterations"]

    def __init__(
        self,
        task: LinearRegression,
        workflow: Workflow,
        iterations: int,
        dtype: np.dtype,
        generator: Generator = USUAL,
    ) -> None:
        _, rows = whole_rows(task, workflow, iterations)
        self.numbers = Numbers.of(task, workflow, iterations)
        used = []
        for iteration in range(1, iterations + 1):
            shares = _shares(workflow, iteration)
            used.append([int(rows[iteration - 1, k]) if _newest(iteration)[k] in shares else 0 for k in (0, 1)])
        d, degrees = self.numbers.d, []
        for m, l in used:
            N = m + l
            degrees.append((d - 1, N - d + 1, m, l, N, d - 1, N - d, max(d - 2, 0)))
        self.mixed = any(l for _, l in used)
        self.chi_square = ChiSquare(np.array(degrees)[:, : None if self.mixed else 2], dtype)
        labels = PoolLabels(task, generator, iterations, dtype)
        self.carried = labels.carried
        # beside real rows, sampled ones have the same noise
        self.noise = jnp.where(jnp.asarray(used)[:, 0] > 0, labels.noise[:, 0], labels.noise[:, 1])

    @classmethod
    def is_meant(cls, task: LinearRegression, workflow: Workflow, iterations: int) -> bool:
        """At fresh design."""
        return not is_fixed(task)

    @classmethod
    def objection(cls, task: LinearRegression, workflow: Workflow, iterations: int) -> str | None:
        """Training sets must be their newest pools, used whole, with all rows counting alike."""
        if draws(workflow, iterations):
            return whole_pools_objection(task, workflow, iterations)
        in_T_1 = sized(task, workflow, iterations)
        for iteration in range(1, iterations + 1):
            shares = _shares(in_T_1, iteration)
            weights = {share / in_T_1.size(pool) for pool, share in shares.items()}
            if not set(shares) <= set(_newest(iteration)) or len(weights) > 1:
                return (
                    f"{workflow}: the training set of iteration {iteration} is not its newest pools with all rows "
                    "counting alike, and the radial sampler is exact only there. Use the wishart sampler."
                )
        return whole_pools_objection(task, workflow, iterations)

    @classmethod
    def generator_objection(
        cls, generator: Generator, task: LinearRegression, workflow: Workflow, iterations: int
    ) -> str | None:
        """Labels must not be shifted, and all rows of a training set must have the same noise."""
        if generator.shift:
            return "labels are shifted, and the radial sampler follows lengths alone. Use the wishart sampler."
        for iteration in range(1, iterations + 1):
            if len({generator.labels(pool).variance for pool in _shares(workflow, iteration)}) > 1:
                return (
                    f"sampled labels and the real ones of iteration {iteration} have different noises, and the radial "
                    "sampler is exact only for one. Use the wishart sampler."
                )
        return given_twice(task, generator)

    @classmethod
    def work_to(
        cls, task: LinearRegression, workflow: Workflow, iterations: int, relative_error: float
    ) -> float | None:
        """In units of its own iterations; `None` where there is no standard error."""
        if Numbers.of(task, workflow, iterations).moments < 2:
            return None
        return replicates_needed(task, workflow, iterations, relative_error, averaged=False)

    @property
    def bytes_per_replicate(self) -> int:
        """An upper estimate of what one replicate holds in memory."""
        return self.noise.dtype.itemsize * 40 * self.chi_square.degrees.size // 2

    def __call__(self, key: PRNGKeyArray) -> Float[Array, " iterations"]:
        """The excess risk of the models of iterations 1, 2, … of one chain, in units of real(1)'s noise variance."""
        iterations, count = self.chi_square.degrees.shape
        normal = jr.normal(key, (iterations, count + 3), self.noise.dtype)
        squares = self.chi_square(normal[:, 3:])
        step = _mixed if self.mixed else _replaced

        def iterate(squared: Float[Array, ""], now: tuple) -> tuple:
            squared = step(squared if self.carried is None else self.carried**2 * squared, *now)
            return squared, squared

        return jax.lax.scan(iterate, jnp.zeros((), self.noise.dtype), (normal[:, :3], squares, self.noise))[1]


def _newest(iteration: int) -> tuple[Pool, Pool]:
    """The pools made at this iteration: the chain's and the fresh real one."""
    return Pool(iteration), Pool(iteration, fresh_real=True)


def _shares(workflow: Workflow, iteration: int) -> dict[Pool, Fraction]:
    """Of the pools that count at all."""
    return {pool: share for pool, share in workflow.shares(iteration).items() if share}


def _replaced(
    squared: Float[Array, ""], normal: Float[Array, " 3"], squares: Float[Array, " 2"], noise: Float[Array, ""]
) -> Float[Array, ""]:
    """The next squared error where the training set is sampled data alone."""
    across, down = squares[0], squares[1]
    scale = noise / jnp.sqrt(down)
    return (jnp.sqrt(squared) + scale * normal[0]) ** 2 + scale**2 * across


def _mixed(
    squared: Float[Array, ""], normal: Float[Array, " 3"], squares: Float[Array, " 8"], noise: Float[Array, ""]
) -> Float[Array, ""]:
    """The next squared error where real rows may come beside; the degrees of freedom are those of `Radial.__init__`."""
    _, down, m, l, first, span, rest, across = squares
    share = m / (m + l)
    along = jnp.sqrt(squared * first)  # r R_11
    lift = along * jnp.sqrt(share * (1 - share) * span / jnp.maximum(span + rest, 1e-30))
    # d = 1 has no other coordinates, and its span is nought
    others = jnp.where(span > 0, ((lift + noise * normal[1]) ** 2 + noise**2 * across) / down, 0)
    here = along * share + noise * normal[0] - jnp.sqrt(others) * normal[2]
    return here**2 / first + others


class RadialFixed(AbstractLeastSquares):
    """One chain of fits at fixed design; call it with a key for the test error of each iteration."""

    name: ClassVar[str] = "radial"

    walk: GaussianWalk
    diagonal: ChiSquare
    above: ChiSquare

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
        self.diagonal = ChiSquare(self.numbers.T - np.arange(self.numbers.d), dtype)
        self.above = ChiSquare(np.arange(self.numbers.d - 1, -1, -1), dtype)

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
        return self.walk.bytes_per_replicate + 12 * self.walk.dtype.itemsize * self.walk.d

    def __call__(self, key: PRNGKeyArray) -> Float[Array, " iterations"]:
        """The excess risk of the models of iterations 1, 2, … of one chain, in units of real(1)'s noise variance."""
        walk_key, design_key = jr.split(key)
        walk = self.walk(walk_key)
        normal = jr.normal(design_key, (2, self.walk.d), walk.dtype)
        diagonal, above = jnp.sqrt(self.diagonal(normal[0])), jnp.sqrt(self.above(normal[1]))

        # the reduction leaves the first direction as it is, and labels are shifted in that one
        shift = None if self.walk.shift is None else jnp.zeros_like(walk.T).at[0].set(self.walk.shift)

        def substitute(carry: tuple, now: tuple) -> tuple:
            after, total = carry
            u, on, beside, shifted = now
            x = (u - beside * after) / on
            return (x, total + (x if shifted is None else x + shifted) ** 2), None

        nought = jnp.zeros_like(walk[:, 0])
        return jax.lax.scan(substitute, (nought, nought), (walk.T, diagonal, above, shift), reverse=True)[0][1]
