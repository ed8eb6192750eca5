"""The literal sampler of workflows that draw their rows anew at each iteration: it keeps every row."""

from fractions import Fraction
from typing import ClassVar

import jax
import jax.numpy as jnp
import jax.random as jr
import numpy as np
from jaxtyping import Array, Float, PRNGKeyArray

from theory import Generator, LinearRegression, Workflow

from .base import USUAL
from .labels import PoolLabels
from .least_squares import AbstractLeastSquares, Numbers, covariance_root, draws, first_rows
from .literal import draw_design
from .recursion import cholesky, solve
from .rows import lowest


class LiteralSubsample(AbstractLeastSquares):
    """One chain of fits, each to rows drawn without replacement; call it with a key for each iteration's test error."""

    name: ClassVar[str] = "literal"

    root: Float[Array, "d d"] | None
    member: Float[Array, "iterations iterations"]
    rows: Float[Array, " iterations"]
    labels: PoolLabels

    def __init__(
        self,
        task: LinearRegression,
        workflow: Workflow,
        iterations: int,
        dtype: np.dtype,
        generator: Generator = USUAL,
    ) -> None:
        member = np.zeros((iterations, iterations))
        for iteration in range(1, iterations + 1):
            for pool in workflow.shares(iteration):
                member[iteration - 1, pool.index - 1] = 1
        rows = _drawn(task, workflow, iterations)
        self.numbers = Numbers.of(task, workflow, iterations)
        self.root = covariance_root(task, dtype)
        self.labels = PoolLabels(task, generator, iterations, dtype, self.root)
        self.member, self.rows = jnp.asarray(member, dtype), jnp.asarray(list(map(float, rows)), dtype)

    @classmethod
    def is_meant(cls, task: LinearRegression, workflow: Workflow, iterations: int) -> bool:
        """Where rows are drawn from pools."""
        return draws(workflow, iterations)

    @classmethod
    def objection(cls, task: LinearRegression, workflow: Workflow, iterations: int) -> str | None:
        """Pools must be of the chain and of T rows each, and rows must count alike."""
        if task.is_unequal:
            return f"{workflow} draws subsamples, and its literal sampler needs one T and one sigma for all pools."
        for iteration in range(1, iterations + 1):
            shares = workflow.shares(iteration)
            if len({share / workflow.size(pool) for pool, share in shares.items()}) > 1:
                return f"{workflow} weights its rows and draws them; this sampler draws rows that count alike."
            for pool in shares:
                if pool.fresh_real or workflow.size(pool) != 1:
                    return f"{workflow} draws from {pool}; this sampler draws from chain pools of T rows each."
        if any(rows % 1 for rows in _drawn(task, workflow, iterations)):
            return f"{workflow} draws no whole number of rows at T={first_rows(task)}. Choose another T."
        return None

    @classmethod
    def suits_float32(cls, task: LinearRegression, workflow: Workflow, iterations: int) -> bool:
        """No: as for pools used whole."""
        del task, workflow, iterations
        return False

    @property
    def bytes_per_replicate(self) -> int:
        """An upper estimate of what one replicate holds in memory."""
        labels, designs = len(self.rows) * self.T, self.T * (1 if self.fixed else len(self.rows))
        return self.rows.dtype.itemsize * (8 * labels + 7 * designs * self.d + 8 * self.d**2)

    @property
    def lapack_work(self) -> int:
        """Operations of the largest LAPACK call that one replicate makes."""
        return self.d**3 // 3

    def __call__(self, key: PRNGKeyArray) -> Float[Array, " iterations"]:
        """The excess risk of the models of iterations 1, 2, … of one chain, in units of sigma^2."""
        iterations, dtype = len(self.rows), self.rows.dtype
        truth_key, design_key, pools_key = jr.split(key, 3)
        truth = jr.normal(truth_key, (self.d,), dtype)
        shared = draw_design(design_key, self.T, self.d, self.root, dtype)

        def iterate(carry: tuple, now: tuple) -> tuple:
            model, x, y = carry
            member, rows, iteration = now
            noise_key, new_key, draw_key = jr.split(jr.fold_in(pools_key, iteration), 3)
            new = shared if x is None else draw_design(new_key, self.T, self.d, self.root, dtype)
            says = self.labels.says(model, iteration, truth=truth)
            labels = new @ says + self.labels.noise[iteration, 0] * jr.normal(noise_key, (self.T,), dtype)
            y = y.at[iteration].set(labels)
            scores = jnp.where(member[:, None] > 0, jr.uniform(draw_key, (iterations, self.T), dtype), 2.0)
            taken = lowest(scores.ravel(), rows).reshape(iterations, self.T)
            if x is None:  # the pools have their rows in common: each counts as often as it is drawn
                flat, times, labelled = shared, taken.sum(0), (taken * y).sum(0)
            else:
                x = x.at[iteration].set(new)
                flat, times, labelled = x.reshape(-1, self.d), taken.ravel(), (taken * y).ravel()
            model = solve(cholesky((flat * times[:, None]).T @ flat), flat.T @ labelled)
            error = model - truth
            error = error if self.root is None else self.root.T @ error
            return (model, x, y), error @ error

        x = None if self.fixed else jnp.zeros((iterations, self.T, self.d), dtype)
        start = truth, x, jnp.zeros((iterations, self.T), dtype)
        return jax.lax.scan(iterate, start, (self.member, self.rows, jnp.arange(iterations)))[1]


def _drawn(task: LinearRegression, workflow: Workflow, iterations: int) -> list[Fraction]:
    """The rows that each iteration is fitted to."""
    drawn = ((workflow.drawn(iteration), workflow.shares(iteration)) for iteration in range(1, iterations + 1))
    return [Fraction(len(shares) if rows is None else rows) * first_rows(task) for rows, shares in drawn]
