"""The literal sampler of a Gaussian: each row is drawn, and a model keeps the weighted deviations of its rows.

Rows of a model are its mean plus a normal mixture of the deviations, so that a singular covariance is sampled too.
"""

from typing import NamedTuple

import equinox as eqx
import jax.numpy as jnp
import jax.random as jr
import numpy as np
from jaxtyping import Array, Bool, Float, PRNGKeyArray

from theory import Gaussian, Generator, Workflow

from .base import USUAL
from .pools import sizes_alone
from .rows import AbstractRows, Kept, literal_objection
from .scatter import finite_moments, gaussian_objection, moments_note


class Fitted(NamedTuple):
    """A Gaussian.

    Attributes:
        mean: of it; the truth's is 0.
        deviations: of the rows that it was fitted to, scaled: their sum of squares is the covariance.
    """

    mean: Float[Array, " d"]
    deviations: Float[Array, "held d"]

    @property
    def covariance(self) -> Float[Array, "d d"]:
        """The covariance."""
        return self.deviations.T @ self.deviations


class GaussianRows(AbstractRows[Gaussian]):
    """One chain of fits, in units of the truth; call it with a key for the quantity at each iteration."""

    kept: Kept
    d: int = eqx.field(static=True)
    truth: Fitted
    temperature: float = eqx.field(static=True)
    is_unbiased: bool = eqx.field(static=True)
    finite: int = eqx.field(static=True)

    def __init__(
        self, task: Gaussian, workflow: Workflow, iterations: int, dtype: np.dtype, generator: Generator = USUAL
    ) -> None:
        T, d = task.numbers["T"], task.numbers["d"]
        self.kept, self.d = Kept(workflow, T, iterations, dtype), d
        self.truth = Fitted(jnp.zeros(d, dtype), jnp.eye(max(self.kept.total, d), d, dtype=dtype))
        self.temperature, self.is_unbiased = float(generator.temperature), task.estimator == "unbiased"
        self.finite = finite_moments(workflow, T, d, iterations)

    @classmethod
    def objection(cls, task: Gaussian, workflow: Workflow, iterations: int) -> str | None:
        """As for all rows; and there must be enough of them."""
        found = literal_objection(task, workflow, iterations)
        return found or gaussian_objection(cls.of, task, workflow, iterations)

    @classmethod
    def generator_objection(
        cls, generator: Generator, task: Gaussian, workflow: Workflow, iterations: int
    ) -> str | None:
        """It may say sizes and a temperature."""
        del task, workflow, iterations
        return sizes_alone(generator, "temperature")

    @property
    def width(self) -> int:
        """The dimensions."""
        return self.d

    @property
    def moments(self) -> int:
        """All, but of the divergence."""
        return self.finite if self.of == "kl" else 2

    @property
    def note(self) -> str:
        """Which moments are missing, and why."""
        return moments_note(self.moments, self.d)

    @property
    def bytes_per_replicate(self) -> int:
        """An upper estimate of what one replicate holds in memory."""
        most, total, d = self.kept.most, self.kept.total, self.d
        return self.kept.weights.dtype.itemsize * (total * (10 * d + 12) + 3 * most * max(total, d))

    def sample(self, key: PRNGKeyArray, model: Fitted, real: Bool[Array, ""]) -> Float[Array, "most d"]:
        """Normal mixtures of deviations."""
        mixtures = jr.normal(key, (self.kept.most, len(model.deviations)), model.mean.dtype)
        return model.mean[None] + jnp.where(real, 1, self.temperature) * mixtures @ model.deviations

    def fit(self, rows: Float[Array, "total d"], weights: Float[Array, " total"]) -> Fitted:
        """The mean, and the deviations from it."""
        mean = weights @ rows
        deviations = jnp.sqrt(weights)[:, None] * (rows - mean[None])
        if self.is_unbiased:
            N = (weights > 0).astype(weights.dtype).sum()
            deviations = deviations * jnp.sqrt(N / (N - 1))
        fill = len(self.truth.deviations) - len(rows)
        return Fitted(mean, jnp.pad(deviations, ((0, fill), (0, 0))))
