"""The literal sampler of kernel densities: a model's row is one of its training set, picked by weight, plus noise."""

from collections.abc import Callable
from typing import NamedTuple

import equinox as eqx
import jax.numpy as jnp
import jax.random as jr
import numpy as np
from jaxtyping import Array, Bool, Float, PRNGKeyArray

from theory import Generator, KernelDensity, Workflow

from .base import USUAL
from .rows import AbstractRows, Kept

#: By the name of a rule: the rows of a training set, and their standard deviation, to what the bandwidth multiplies.
RULES: dict[str, Callable[[Array, Array], Array]] = {
    "fixed": lambda rows, deviation: jnp.ones_like(deviation),
    "relative": lambda rows, deviation: deviation,
    "scott": lambda rows, deviation: deviation * rows**-0.2,
    "silverman": lambda rows, deviation: deviation * (0.75 * rows) ** -0.2,
}


class Density(NamedTuple):
    """A kernel density.

    Attributes:
        rows: that it was fitted to, and others.
        reached: the sums of the rows' weights up to each row.
        mean: of the rows.
        squares: their variance.
        bandwidth: the kernel's standard deviation.
    """

    rows: Float[Array, " total"]
    reached: Float[Array, " total"]
    mean: Float[Array, ""]
    squares: Float[Array, ""]
    bandwidth: Float[Array, ""]


class DensityRows(AbstractRows[KernelDensity]):
    """One chain of fits, of which real rows are N(0, 1); call it with a key for the quantity at each iteration."""

    kept: Kept
    truth: Density
    factor: float = eqx.field(static=True)
    rule: str = eqx.field(static=True)

    def __init__(
        self, task: KernelDensity, workflow: Workflow, iterations: int, dtype: np.dtype, generator: Generator = USUAL
    ) -> None:
        del generator  # its sizes are the workflow's
        self.kept = Kept(workflow, task.numbers["T"], iterations, dtype)
        nothing, nought = jnp.zeros(self.kept.total, dtype), jnp.zeros((), dtype)
        self.truth = Density(nothing, nothing, nought, nought, nought)
        self.factor, self.rule = task.numbers["bandwidth"], task.rule

    def sample(self, key: PRNGKeyArray, model: Density, real: Bool[Array, ""]) -> Float[Array, "most 1"]:
        """Rows picked by weight plus noise; standard normal ones from the truth."""
        pick_key, noise_key = jr.split(key)
        normal = jr.normal(noise_key, (self.kept.most,), model.mean.dtype)
        places = jr.uniform(pick_key, (self.kept.most,), model.mean.dtype) * model.reached[-1]
        picked = model.rows[jnp.searchsorted(model.reached, places, side="right")]
        return jnp.where(real, normal, picked + model.bandwidth * normal)[:, None]

    def fit(self, rows: Float[Array, "total 1"], weights: Float[Array, " total"]) -> Density:
        """The rows with their weights, and a bandwidth."""
        mean = weights @ rows[:, 0]
        squares = weights @ (rows[:, 0] - mean) ** 2
        bandwidth = self.factor * RULES[self.rule]((weights > 0).astype(weights.dtype).sum(), jnp.sqrt(squares))
        return Density(rows[:, 0], jnp.cumsum(weights), mean, squares, bandwidth)
