"""The literal samplers of exponential families: each row is drawn, and a model is the weighted mean of rows."""

from typing import Any, ClassVar

import equinox as eqx
import jax.numpy as jnp
import jax.random as jr
import numpy as np
from jaxtyping import Array, Bool, Float, PRNGKeyArray

from theory import Bernoulli, Categorical, Gamma, Generator, NegativeBinomial, Poisson, Workflow

from .base import USUAL, AnyTask
from .rows import AbstractRows, Kept


class AbstractCategoryRows(AbstractRows[AnyTask]):
    """The shares of categories among rows that are numbers of categories."""

    kept: Kept
    truth: Float[Array, " categories"]

    def sample(
        self, key: PRNGKeyArray, model: Float[Array, " categories"], real: Bool[Array, ""]
    ) -> Float[Array, "most 1"]:
        """The categories of all rows."""
        del real
        drawn = jr.categorical(key, jnp.log(model), shape=(self.kept.most, 1))
        return drawn.astype(model.dtype)

    def fit(self, rows: Float[Array, "total 1"], weights: Float[Array, " total"]) -> Float[Array, " categories"]:
        """The weights of each category's rows."""
        categories = jnp.arange(len(self.truth), dtype=rows.dtype)
        return weights @ (rows == categories[None]).astype(weights.dtype)


class BernoulliRows(AbstractCategoryRows[Bernoulli]):
    """Ones are category 0, zeros category 1."""

    def __init__(
        self, task: Bernoulli, workflow: Workflow, iterations: int, dtype: np.dtype, generator: Generator = USUAL
    ) -> None:
        del generator  # its sizes are the workflow's
        self.kept = Kept(workflow, task.numbers["T"], iterations, dtype)
        self.truth = jnp.asarray([task.numbers["p"], 1 - task.numbers["p"]], dtype)


class CategoricalRows(AbstractCategoryRows[Categorical]):
    """As many categories as probabilities."""

    def __init__(
        self, task: Categorical, workflow: Workflow, iterations: int, dtype: np.dtype, generator: Generator = USUAL
    ) -> None:
        del generator
        self.kept = Kept(workflow, task.numbers["T"], iterations, dtype)
        self.truth = jnp.asarray(np.array(task.p) / sum(task.p), dtype)


class AbstractMeanRows(AbstractRows[AnyTask]):
    """The mean of rows that are numbers."""

    kept: Kept
    truth: Float[Array, ""]
    known: float = eqx.field(static=True)

    #: The name of the parameter that every model keeps; empty where there is none.
    kept_name: ClassVar[str] = ""

    def __init__(
        self, task: Any, workflow: Workflow, iterations: int, dtype: np.dtype, generator: Generator = USUAL
    ) -> None:
        del generator
        self.kept = Kept(workflow, task.numbers["T"], iterations, dtype)
        self.truth = jnp.asarray(task.numbers["mean"], dtype)
        self.known = task.numbers.get(self.kept_name, 0.0)

    def fit(self, rows: Float[Array, "total 1"], weights: Float[Array, " total"]) -> Float[Array, ""]:
        """The weighted mean."""
        return weights @ rows[:, 0]


class PoissonRows(AbstractMeanRows[Poisson]):
    """Poisson numbers."""

    def sample(self, key: PRNGKeyArray, model: Float[Array, ""], real: Bool[Array, ""]) -> Float[Array, "most 1"]:
        """At the model's mean."""
        del real
        return jr.poisson(key, model, (self.kept.most, 1)).astype(model.dtype)


class GammaRows(AbstractMeanRows[Gamma]):
    """Gamma variables."""

    kept_name: ClassVar[str] = "shape"

    def sample(self, key: PRNGKeyArray, model: Float[Array, ""], real: Bool[Array, ""]) -> Float[Array, "most 1"]:
        """At the model's mean."""
        del real
        return model / self.known * jr.gamma(key, self.known, (self.kept.most, 1), model.dtype)


class NegativeBinomialRows(AbstractMeanRows[NegativeBinomial]):
    """Poisson numbers with gamma means."""

    kept_name: ClassVar[str] = "r"

    def sample(self, key: PRNGKeyArray, model: Float[Array, ""], real: Bool[Array, ""]) -> Float[Array, "most 1"]:
        """At the model's mean."""
        del real
        mean_key, count_key = jr.split(key)
        means = model / self.known * jr.gamma(mean_key, self.known, (self.kept.most, 1), model.dtype)
        return jr.poisson(count_key, means).astype(model.dtype)
