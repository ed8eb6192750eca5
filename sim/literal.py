"""The literal sampler: draws every row of X and y, and solves least squares, as the paper describes.

The rows of a pool are summed to X'X and X'y as soon as they are drawn and the fit solves the normal equations of the
training set, which has the same solution as least squares on all its rows stacked.
"""

import equinox as eqx
import jax
import jax.numpy as jnp
import jax.random as jr
import jax.scipy.linalg as jsl
import numpy as np
from jaxtyping import Array, Float, Int, PRNGKeyArray

from theory import Workflow

from .model import LinearRegression
from .plan import plan


class Literal(eqx.Module):
    """One chain of fits; call it with a key for the test error of each iteration.

    Raises:
        ValueError: a pool's size is not a whole number of rows (fresh design) or of copies of X (fixed design), or the
            workflow draws subsamples.
    """

    name = "literal"

    T: int = eqx.field(static=True)
    d: int = eqx.field(static=True)
    fixed: bool = eqx.field(static=True)
    fresh_real: bool = eqx.field(static=True)
    root: Float[Array, "d d"] | None
    weights: Float[Array, "iterations slots"]
    destination: Int[Array, "iterations slots+2"]
    rows: Int[Array, " iterations"]

    def __init__(self, model: LinearRegression, workflow: Workflow, iterations: int) -> None:
        compiled = plan(workflow, iterations)
        rows = [size * model.T for size in compiled.size]
        unit = model.T if model.design == "fixed" else 1
        for iteration, count in enumerate(rows, 1):
            if count % unit:
                kind = f"copies of the {model.T} rows of X" if unit > 1 else "rows"
                raise ValueError(
                    f"{workflow}: the pool of iteration {iteration} has {count} rows at T={model.T}, not a whole "
                    f"number of {kind}. Choose T or the workflow's sizes so that it is."
                )
        self.T, self.d, self.fixed = model.T, model.d, model.design == "fixed"
        self.fresh_real = compiled.fresh_real
        self.root = None if model.covariance is None else jnp.linalg.cholesky(jnp.asarray(model.covariance))
        self.weights = jnp.asarray(compiled.weights)
        self.destination = jnp.asarray(compiled.destination)
        self.rows = jnp.asarray(np.array(rows, np.int64))

    @property
    def bytes_per_replicate(self) -> int:
        """An upper estimate of what one replicate holds in memory."""
        slots = self.weights.shape[1]
        draws = self.T * (7 * self.d + 8)  # X, its random bits and copies on the way, measured; noise and labels
        sums = 4 * (slots + 3) * self.d * (1 if self.fixed else self.d)
        return 8 * (draws + sums + 4 * self.d**2 + 4 * self.weights.shape[0])

    def __call__(self, key: PRNGKeyArray) -> Float[Array, " iterations"]:
        """The excess risk of the models of iterations 1, 2, … of one chain, in units of sigma^2."""
        truth_key, design_key, pools_key = jr.split(key, 3)
        truth = jr.normal(truth_key, (self.d,))
        shared = draw_design(design_key, self.T, self.d, self.root) if self.fixed else None
        slots = self.weights.shape[1]
        gram_shape = () if self.fixed else (self.d, self.d)
        # At fixed design W = X'X is every pool's, and the weights of a fit add up to one: its Gram matrix is W.
        factor = None if shared is None else jsl.cho_factor(shared.T @ shared)

        def iterate(carry: tuple, now: tuple) -> tuple:
            model, grams, moments = carry
            weights, destination, rows, iteration = now
            chain_key, real_key = jr.split(jr.fold_in(pools_key, iteration))
            drawn = [self._pool(chain_key, model, rows, shared), (jnp.zeros(gram_shape), jnp.zeros(self.d))]
            if self.fresh_real:
                drawn[1] = self._pool(real_key, truth, jnp.asarray(self.T), shared)
            grams = _move(grams, jnp.stack([gram for gram, _ in drawn]), destination)
            moments = _move(moments, jnp.stack([moment for _, moment in drawn]), destination)
            solver = factor or jsl.cho_factor(jnp.tensordot(weights, grams, 1))
            model = jsl.cho_solve(solver, weights @ moments)
            error = model - truth
            error = error if self.root is None else self.root.T @ error
            return (model, grams, moments), error @ error

        start = (truth, jnp.zeros((slots, *gram_shape)), jnp.zeros((slots, self.d)))
        now = (self.weights, self.destination, self.rows, jnp.arange(self.weights.shape[0]))
        return jax.lax.scan(iterate, start, now)[1]

    def _pool(
        self,
        key: PRNGKeyArray,
        model: Float[Array, " d"],
        rows: Int[Array, ""],
        shared: Float[Array, "T d"] | None,
    ) -> tuple[Float[Array, "..."], Float[Array, " d"]]:
        """X'X (0 at fixed design, where it is known) and X'y of `rows` new rows labelled by `model`, T at a time."""

        def add(chunk: Int[Array, ""], sums: tuple) -> tuple:
            gram, moment = sums
            noise_key, design_key = jr.split(jr.fold_in(key, chunk))
            noise = jr.normal(noise_key, (self.T,))
            if shared is not None:
                return gram, moment + shared.T @ (shared @ model + noise)
            present = jnp.arange(self.T) < rows - chunk * self.T
            x = jnp.where(present[:, None], draw_design(design_key, self.T, self.d, self.root), 0)
            return gram + x.T @ x, moment + x.T @ (x @ model + noise)

        nothing = (jnp.zeros(() if self.fixed else (self.d, self.d)), jnp.zeros(self.d))
        return jax.lax.fori_loop(0, -(-rows // self.T), add, nothing)


def draw_design(key: PRNGKeyArray, T: int, d: int, root: Float[Array, "d d"] | None) -> Float[Array, "T d"]:
    """T rows N(0, root root'); the identity where `root` is `None`."""
    x = jr.normal(key, (T, d))
    return x if root is None else x @ root.T


def _move(
    kept: Float[Array, "slots *shape"],
    new: Float[Array, "2 *shape"],
    destination: Int[Array, " slots+2"],
) -> Float[Array, "slots *shape"]:
    """Add the kept sums and the new ones up in their destinations; what goes to the last is dropped."""
    slots = kept.shape[0]
    empty = jnp.zeros((slots + 1, *kept.shape[1:]))
    return empty.at[destination].add(jnp.concatenate([kept, new]))[:slots]
