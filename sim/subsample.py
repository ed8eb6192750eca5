"""The literal sampler of workflows that draw their rows anew at each iteration: it keeps every row."""

import equinox as eqx
import jax
import jax.numpy as jnp
import jax.random as jr
import jax.scipy.linalg as jsl
import numpy as np
from jaxtyping import Array, Float, PRNGKeyArray

from theory import Workflow

from .literal import draw_design
from .model import LinearRegression


class LiteralSubsample(eqx.Module):
    """One chain of fits, each to rows drawn without replacement; call it with a key for each iteration's test error.

    Raises:
        ValueError: a pool of other than T rows, or real data collected after iteration 1.
    """

    name = "literal"

    T: int = eqx.field(static=True)
    d: int = eqx.field(static=True)
    fixed: bool = eqx.field(static=True)
    root: Float[Array, "d d"] | None
    member: Float[Array, "iterations iterations"]
    rows: Float[Array, " iterations"]

    def __init__(self, model: LinearRegression, workflow: Workflow, iterations: int) -> None:
        member = np.zeros((iterations, iterations))
        rows = np.zeros(iterations)
        for iteration in range(1, iterations + 1):
            shares = workflow.shares(iteration)
            if len({share / workflow.size(pool) for pool, share in shares.items()}) > 1:
                raise ValueError(
                    f"{workflow} weights its rows and draws them; this sampler draws rows that count alike."
                )
            for pool in shares:
                if pool.fresh_real or workflow.size(pool) != 1:
                    raise ValueError(
                        f"{workflow} draws from {pool}; this sampler draws from chain pools of T rows each."
                    )
                member[iteration - 1, pool.index - 1] = 1
            drawn = workflow.drawn(iteration)
            rows[iteration - 1] = float((len(shares) if drawn is None else drawn) * model.T)
        if (rows % 1).any():
            raise ValueError(f"{workflow} draws no whole number of rows at T={model.T}. Choose another T.")
        self.T, self.d, self.fixed = model.T, model.d, model.design == "fixed"
        self.root = None if model.covariance is None else jnp.linalg.cholesky(jnp.asarray(model.covariance))
        self.member, self.rows = jnp.asarray(member), jnp.asarray(rows)

    @property
    def bytes_per_replicate(self) -> int:
        """An upper estimate of what one replicate holds in memory."""
        iterations = self.rows.shape[0]
        return 8 * (iterations * self.T * (7 * self.d + 8) + 8 * self.d**2)

    def __call__(self, key: PRNGKeyArray) -> Float[Array, " iterations"]:
        """The excess risk of the models of iterations 1, 2, … of one chain, in units of sigma^2."""
        iterations = self.rows.shape[0]
        truth_key, design_key, pools_key = jr.split(key, 3)
        truth = jr.normal(truth_key, (self.d,))
        shared = draw_design(design_key, self.T, self.d, self.root)

        def iterate(carry: tuple, now: tuple) -> tuple:
            model, x, y = carry
            member, rows, iteration = now
            noise_key, new_key, draw_key = jr.split(jr.fold_in(pools_key, iteration), 3)
            new = shared if self.fixed else draw_design(new_key, self.T, self.d, self.root)
            labels = new @ model + jr.normal(noise_key, (self.T,))
            x, y = x.at[iteration].set(new), y.at[iteration].set(labels)
            # The rows of the lowest scores among the members are a uniform draw without replacement.
            scores = jnp.where(member[:, None] > 0, jr.uniform(draw_key, (iterations, self.T)), 2.0).ravel()
            ranks = jnp.argsort(jnp.argsort(scores)).astype(y.dtype)
            taken = (ranks < rows).astype(y.dtype)
            flat = x.reshape(-1, self.d)
            weighted = flat * taken[:, None]
            model = jsl.cho_solve(jsl.cho_factor(weighted.T @ flat), weighted.T @ y.ravel())
            error = model - truth
            error = error if self.root is None else self.root.T @ error
            return (model, x, y), error @ error

        start = (truth, jnp.zeros((iterations, self.T, self.d)), jnp.zeros((iterations, self.T)))
        return jax.lax.scan(iterate, start, (self.member, self.rows, jnp.arange(iterations)))[1]
