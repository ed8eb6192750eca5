"""The literal sampler of generalised linear models: rows and labels are drawn, and each model is fitted to them."""

from typing import ClassVar

import equinox as eqx
import jax.numpy as jnp
import jax.random as jr
import numpy as np
from jaxtyping import Array, Bool, Float, PRNGKeyArray

from theory import GeneralisedLinear, Generator, Workflow

from .base import USUAL
from .links import LINKS, AbstractLink
from .newton import fitted
from .rows import AbstractRows, Kept


class GeneralisedLinearRows(AbstractRows[GeneralisedLinear]):
    """One chain of fits, the truth along the first axis; call it with a key for the quantity at each iteration.

    A model without a fit is NaN, and so are all labels that it should have given: whatever is fitted to one of these is
    lost with it.
    """

    advice: ClassVar[str] = "Use more rows, fewer features or a smaller signal."

    kept: Kept
    truth: Float[Array, " d"]
    signal: float = eqx.field(static=True)
    link: AbstractLink = eqx.field(static=True)

    def __init__(
        self,
        task: GeneralisedLinear,
        workflow: Workflow,
        iterations: int,
        dtype: np.dtype,
        generator: Generator = USUAL,
    ) -> None:
        del generator  # its sizes are the workflow's
        numbers = task.numbers
        self.kept = Kept(workflow, numbers["T"], iterations, dtype)
        self.signal, self.link = numbers["signal"], LINKS[task.link]
        self.truth = jnp.zeros(numbers["d"], dtype).at[0].set(self.signal)

    @property
    def width(self) -> int:
        """The features, and the label."""
        return len(self.truth) + 1

    @property
    def may_fail(self) -> str:
        """Why there may be no fit, or none that is found."""
        if self.truth.dtype == np.float64:
            return self.link.failure
        return f"{self.link.failure}, or {self.truth.dtype} is too coarse for them"

    @property
    def lapack_work(self) -> int:
        """Operations of the largest LAPACK call that one replicate makes."""
        return len(self.truth) ** 3 // 3

    def sample(self, key: PRNGKeyArray, model: Float[Array, " d"], real: Bool[Array, ""]) -> Float[Array, "most width"]:
        """Standard normal features, and labels by the link."""
        del real
        x_key, label_key = jr.split(key)
        x = jr.normal(x_key, (self.kept.most, len(model)), model.dtype)
        predictors = x @ model
        lost = jnp.isnan(predictors)
        labels = self.link.sample(label_key, jnp.where(lost, 0, predictors))
        return jnp.concatenate([x, jnp.where(lost, jnp.nan, labels)[:, None]], 1)

    def fit(self, rows: Float[Array, "total width"], weights: Float[Array, " total"]) -> Float[Array, " d"]:
        """The maximum of the weighted likelihood; NaN where there is none within reach."""
        model = fitted(self.link, rows[:, :-1], rows[:, -1], weights, self.truth)
        return jnp.where(jnp.linalg.norm(model) <= self.signal + self.link.reach, model, jnp.nan)
