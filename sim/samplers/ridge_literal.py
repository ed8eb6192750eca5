"""The literal sampler with a ridge: it draws and keeps every row, and solves each training set by orthogonal factors.

It serves all that a ridge regression can be: pools used whole or rows drawn from them, and without a ridge the solution
of least norm where rows are fewer than features.
"""

from typing import ClassVar

import equinox as eqx
import jax
import jax.numpy as jnp
import jax.random as jr
import jax.scipy.linalg as jsl
import numpy as np
from jaxtyping import Array, Float, Int, PRNGKeyArray

from theory import LinearRegression, Workflow

from .least_squares import draws, first_rows, whole_pools_objection
from .penalty import AbstractRidge, RidgeNumbers, root_of, rows_of, totals, truth_of
from .recursion import solvable


class RidgeLiteral(AbstractRidge):
    """One chain of fits; call it with a key for the test error of each iteration."""

    name: ClassVar[str] = "literal"

    sets: "TrainingSets"
    draws: bool = eqx.field(static=True)
    kinds: int = eqx.field(static=True)

    def __init__(self, task: LinearRegression, workflow: Workflow, iterations: int, dtype: np.dtype) -> None:
        self.numbers = RidgeNumbers.of(task, workflow, iterations)
        self.root, self.truth = root_of(task, dtype), truth_of(task, dtype)
        self.draws = draws(workflow, iterations)
        self.kinds = 1 + any(pool.fresh_real for n in range(1, iterations + 1) for pool in workflow.shares(n))
        self.sets = TrainingSets.of(task, workflow, iterations, dtype)

    @classmethod
    def objection(cls, task: LinearRegression, workflow: Workflow, iterations: int) -> str | None:
        """Pools must have whole numbers of rows, or of copies of X; and rows that are drawn must count alike."""
        if not draws(workflow, iterations):
            return whole_pools_objection(task, workflow, iterations)
        T = first_rows(task)
        for iteration in range(1, iterations + 1):
            shares = {pool: share for pool, share in workflow.shares(iteration).items() if share}
            if len({share / workflow.size(pool) for pool, share in shares.items()}) > 1:
                return f"{workflow} weights its rows and draws them; this sampler draws rows that count alike."
            if any(workflow.size(pool) != 1 for pool in shares):
                return f"{workflow} draws from pools of several sizes; this sampler draws from pools of T rows each."
            if rows_of(workflow, iteration) * T % 1:
                return f"{workflow} draws no whole number of rows at T={T}. Choose another T."
        return None

    @property
    def bytes_per_replicate(self) -> int:
        """An upper estimate of what one replicate holds in memory."""
        pools, largest, d = self.kinds * len(self.sets.taken), self.sets.largest, self.numbers.d
        fitted = self.sets.pools.shape[1] * largest + 2 * d
        return self.root.dtype.itemsize * (8 * pools * largest * (d + 1) + 6 * fitted * (d + 1))

    @property
    def lapack_work(self) -> int:
        """Operations of the largest LAPACK call that one replicate makes."""
        rows, d = self.sets.pools.shape[1] * self.sets.largest, self.numbers.d
        return 2 * (rows + d) * d * min(rows + d, d)

    def __call__(self, key: PRNGKeyArray) -> Float[Array, " iterations"]:
        """The excess risk of the models of iterations 1, 2, … of one chain, in units of the noise variance."""
        sets, truth, dtype = self.sets, self.truth, self.root.dtype
        iterations, d, largest = len(sets.taken), len(truth), sets.largest
        design_key, pools_key = jr.split(key)
        shared = jr.normal(design_key, (self.numbers.T, d), dtype) * self.root[None]
        repeated = jnp.arange(largest) % self.numbers.T

        def iterate(carry: tuple, now: tuple) -> tuple:
            model, x, y = carry
            taken, used, weights, iteration = now
            for kind in range(self.kinds):
                noise_key, new_key = jr.split(jr.fold_in(pools_key, 2 * iteration + kind))
                new = (
                    shared[repeated]
                    if self.numbers.fixed
                    else jr.normal(new_key, (largest, d), dtype) * self.root[None]
                )
                labels = new @ (truth if kind else model) + jr.normal(noise_key, (largest,), dtype)
                place = iteration + kind * iterations
                x, y = x.at[place].set(new), y.at[place].set(labels)
            present = jnp.arange(largest)[None] < sets.rows[used][:, None]
            weight = jnp.where(present, weights[:, None], 0)
            if self.draws:
                # The rows of the lowest scores are a uniform draw without replacement.
                scores = jr.uniform(jr.fold_in(pools_key, 2 * iterations + iteration), weight.shape, dtype)
                order = jnp.argsort(jnp.where(weight > 0, scores, 2.0).ravel())
                ranks = jnp.argsort(order).reshape(weight.shape)
                weight = jnp.where(ranks < taken, weight, 0)
            among = (weight > 0).reshape(-1, self.numbers.T) if self.numbers.fixed else (weight > 0).ravel()[None]
            different = among.any(0).sum()
            root = jnp.sqrt(weight).ravel()
            model = self.fitted(root[:, None] * x[used].reshape(-1, d), root * y[used].ravel(), different)
            return (model, x, y), self.squared(model - truth)

        pools = self.kinds * iterations
        start = (truth, jnp.zeros((pools, largest, d), dtype), jnp.zeros((pools, largest), dtype))
        return jax.lax.scan(iterate, start, (sets.taken, sets.pools, sets.weights, jnp.arange(iterations)))[1]

    def fitted(
        self, x: Float[Array, "rows d"], y: Float[Array, " rows"], different: Int[Array, ""]
    ) -> Float[Array, " d"]:
        """The w that minimises |x w - y|^2 + strength |w|^2, of these the one of least norm.

        Args:
            x: rows, some of which may be nought or there twice.
            y: labels.
            different: how many rows of x are different, and not nought.
        """
        strength = jnp.asarray(self.numbers.strength, x.dtype)
        rows, d = x.shape
        if self.numbers.strength and rows < d:
            return least_norm(x, y, jnp.full(rows, jnp.sqrt(strength)))
        tall = jnp.column_stack([x, y])
        if self.numbers.strength:
            tall = jnp.concatenate([tall, jnp.sqrt(strength) * jnp.eye(d, d + 1, dtype=x.dtype)])
        factor = jnp.linalg.qr(tall, mode="r")[:d]
        factor, y = factor[:, :d], factor[:, d]
        if self.numbers.full_rank:
            return jsl.solve_triangular(checked(factor), y)
        # Of a matrix of this rank the factor has as many rows, and rounding errors below them.
        inside = jnp.arange(len(factor)) < different
        well = jnp.where(inside, unexplained(factor), 1).min()
        factor = jnp.where(inside[:, None], factor, 0)
        found = least_norm(factor, jnp.where(inside, y, 0), jnp.where(inside, 0, 1).astype(x.dtype))
        return jnp.where(solvable(well), found, jnp.nan)


def least_norm(
    x: Float[Array, "rows d"], y: Float[Array, " rows"], beside: Float[Array, " rows"]
) -> Float[Array, " d"]:
    """The vector x'(x x' + beside^2)^-1 y: by one factor of [x' above beside], as exact as x is well-conditioned."""
    factor = checked(jnp.linalg.qr(jnp.concatenate([x.T, jnp.diag(beside)]), mode="r"))
    return x.T @ jsl.solve_triangular(factor, jsl.solve_triangular(factor, y, trans=1))


def unexplained(factor: Float[Array, "rows d"]) -> Float[Array, " rows"]:
    """The part of each column's length that the columns before leave unexplained, of an upper triangular factor."""
    rows = len(factor)
    return jnp.abs(jnp.diagonal(factor)) / jnp.linalg.norm(factor[:, :rows], axis=0)


def checked(factor: Float[Array, "d d"]) -> Float[Array, "d d"]:
    """The factor; NaN where solving with it would lose too many digits."""
    return jnp.where(solvable(unexplained(factor).min()), factor, jnp.nan)


class TrainingSets(eqx.Module):
    """Every iteration's training set, as a scan reads it. The chain's pools come first, then the fresh real ones.

    Attributes:
        pools: the places of the pools that each set is made of, filled up by pools of no weight.
        weights: of each row of these.
        taken: how many rows are drawn, all of them where none are drawn.
        rows: of every pool.
        largest: the most of these.
    """

    pools: Int[Array, "iterations held"]
    weights: Float[Array, "iterations held"]
    taken: Int[Array, " iterations"]
    rows: Int[Array, " places"]
    largest: int = eqx.field(static=True)

    @classmethod
    def of(cls, task: LinearRegression, workflow: Workflow, iterations: int, dtype: np.dtype) -> "TrainingSets":
        """Those of a workflow."""
        T, whole = first_rows(task), totals(task, workflow, iterations)
        sizes = np.full(2 * iterations, T)
        held: list[list[tuple[int, float]]] = []  # the place of a pool, and the weight of each of its rows
        for n in range(1, iterations + 1):
            shares = {pool: share for pool, share in workflow.shares(n).items() if share}
            drawn, total = workflow.drawn(n), whole[n - 1]
            now = []
            for pool, share in shares.items():
                place = pool.index - 1 + iterations * pool.fresh_real
                sizes[place] = workflow.size(pool) * T
                each = share / workflow.size(pool) if drawn is None else 1 / drawn
                now.append((place, float(each) * total))
            held.append(now)
        most = max(map(len, held))
        padded = [now + [(0, 0.0)] * (most - len(now)) for now in held]
        taken = [int(rows_of(workflow, n) * T) for n in range(1, iterations + 1)]
        return cls(
            jnp.asarray([[place for place, _ in now] for now in padded]),
            jnp.asarray([[weight for _, weight in now] for now in padded], dtype),
            jnp.asarray(taken),
            jnp.asarray(sizes),
            int(max(sizes)),
        )
