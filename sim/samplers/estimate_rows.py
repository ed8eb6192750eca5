"""The literal sampler of a user's own estimator of a location: rows are N(estimate, 1)."""

from collections.abc import Callable
from typing import Any

import equinox as eqx
import jax.numpy as jnp
import jax.random as jr
import numpy as np
from jaxtyping import Array, Bool, Float, PRNGKeyArray

from theory import Estimator, Generator, Workflow

from .base import USUAL
from .rows import AbstractRows, Kept, literal_objection


class EstimateRows(AbstractRows[Estimator]):
    """One chain of estimates; call it with a key for their squared errors, over the variance of one for T -> oo."""

    kept: Kept
    truth: Float[Array, ""]
    estimate: Callable[[Any, Any], Any] = eqx.field(static=True)
    unit: float = eqx.field(static=True)

    def __init__(
        self, task: Estimator, workflow: Workflow, iterations: int, dtype: np.dtype, generator: Generator = USUAL
    ) -> None:
        del generator  # its sizes are the workflow's
        if task.estimate is None:
            raise ValueError(_MISSING)
        T = task.numbers["T"]
        self.kept, self.truth = Kept(workflow, T, iterations, dtype), jnp.zeros((), dtype)
        self.estimate, self.unit = task.estimate, float(task.influence_variance) / T

    @classmethod
    def objection(cls, task: Estimator, workflow: Workflow, iterations: int) -> str | None:
        """There must be something to simulate."""
        return _MISSING if task.estimate is None else literal_objection(task, workflow, iterations)

    @property
    def scale(self) -> float:
        """Squared errors in units of the variance of one estimate."""
        return 1 / self.unit

    def sample(self, key: PRNGKeyArray, model: Float[Array, ""], real: Bool[Array, ""]) -> Float[Array, "most 1"]:
        """Normal numbers around the estimate."""
        del real
        return model + jr.normal(key, (self.kept.most, 1), model.dtype)

    def fit(self, rows: Float[Array, "total 1"], weights: Float[Array, " total"]) -> Float[Array, ""]:
        """The estimate."""
        return jnp.asarray(self.estimate(rows[:, 0], weights), weights.dtype).reshape(())

    def measure(self, model: Float[Array, ""]) -> Float[Array, ""]:
        """The squared error."""
        return model**2


_MISSING = "a simulation needs the estimator itself: give estimate=, a function of (rows, weights), in JAX."
