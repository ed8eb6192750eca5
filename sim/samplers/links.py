"""How a label depends on the linear predictor x·w of a generalised linear model, and what a model's predictors cost.

Rows are x ~ N(0, identity), so that predictors are normal numbers: expectations over a new row are integrals over one.
"""

import abc
from typing import ClassVar

import jax.numpy as jnp
import jax.random as jr
import numpy as np
from jax.scipy.special import log_ndtr
from jaxtyping import Array, Bool, Float, Float64, PRNGKeyArray
from scipy import special

#: Nodes of the trapezoidal rule and their weights under the normal density: exact to 1e-14 for all lengths of w that
#: a fit may have, for the losses are analytic within 0.25 of the real line at the largest.
_NODES: Float64[np.ndarray, " nodes"] = np.linspace(-9, 9, 361)
_WEIGHTS: Float64[np.ndarray, " nodes"] = np.exp(-(_NODES**2) / 2) / np.sqrt(2 * np.pi) * (_NODES[1] - _NODES[0])


class AbstractLink(abc.ABC):
    """A link; its functions are of arrays of any shape, element by element.

    Class attributes:
        reach: a fit whose weights are longer than the truth's by more than this is none. Nearly separated data have
            such fits, rarely, but no mean of squared errors would be finite with them.
        failure: why there is no fit, in a clause.
    """

    reach: ClassVar[float]
    failure: ClassVar[str]

    @abc.abstractmethod
    def sample(self, key: PRNGKeyArray, predictor: Float[Array, " rows"]) -> Float[Array, " rows"]:
        """Labels."""

    @abc.abstractmethod
    def loss(self, predictor: Float[Array, " rows"], label: Float[Array, " rows"]) -> Float[Array, " rows"]:
        """The negative log likelihood, up to what does not depend on the predictor."""

    @abc.abstractmethod
    def slopes(
        self, predictor: Float[Array, " rows"], label: Float[Array, " rows"]
    ) -> tuple[Float[Array, " rows"], Float[Array, " rows"]]:
        """The loss's first and second derivative by the predictor; the second is more than 0."""

    @abc.abstractmethod
    def is_parted(self, predictor: Float[Array, " rows"], label: Float[Array, " rows"]) -> Bool[Array, " rows"]:
        """Whether a label is on its side of the plane where the predictor is 0: if all are, there is no fit."""

    @abc.abstractmethod
    def information(self, signal: float) -> tuple[float, float]:
        """The Fisher information of a row at a truth of this length, along the truth and across it."""

    @abc.abstractmethod
    def risk(self, along: Float[Array, ""], length: Float[Array, ""], signal: float) -> Float[Array, ""]:
        """The expected loss on a new row, less that of the truth.

        Args:
            along: the weights' component along the truth.
            length: of the weights.
            signal: the length of the truth.
        """


class AbstractBinary(AbstractLink):
    """Labels are 1 and 0."""

    reach: ClassVar[float] = 10.0
    failure: ClassVar[str] = (
        "their labels are separated by a plane, or so nearly that the weights are longer than the truth's by 10 or more"
    )

    def is_parted(self, predictor: Float[Array, " rows"], label: Float[Array, " rows"]) -> Bool[Array, " rows"]:
        """Whether the predictor has the label's sign."""
        return _sign(label) * predictor > 0

    @abc.abstractmethod
    def variance(self, predictor: Float64[np.ndarray, " nodes"]) -> Float64[np.ndarray, " nodes"]:
        """The Fisher information of the predictor."""

    def information(self, signal: float) -> tuple[float, float]:
        """By quadrature."""
        weights = _WEIGHTS * self.variance(signal * _NODES)
        return float((weights * _NODES**2).sum()), float(weights.sum())


class Logistic(AbstractBinary):
    """A label is 1 with probability 1 / (1 + exp(-predictor))."""

    def sample(self, key: PRNGKeyArray, predictor: Float[Array, " rows"]) -> Float[Array, " rows"]:
        """Ones and zeros."""
        uniform = jr.uniform(key, predictor.shape, predictor.dtype)
        return (uniform < _expit(predictor)).astype(predictor.dtype)

    def loss(self, predictor: Float[Array, " rows"], label: Float[Array, " rows"]) -> Float[Array, " rows"]:
        """That of the label's probability."""
        return _softplus(-_sign(label) * predictor)

    def slopes(
        self, predictor: Float[Array, " rows"], label: Float[Array, " rows"]
    ) -> tuple[Float[Array, " rows"], Float[Array, " rows"]]:
        """Minus the residual, and the label's variance."""
        sign = _sign(label)
        wrong = _expit(-sign * predictor)
        return -sign * wrong, wrong * _expit(sign * predictor)

    def variance(self, predictor: Float64[np.ndarray, " nodes"]) -> Float64[np.ndarray, " nodes"]:
        """That of the label."""
        return special.expit(predictor) * special.expit(-predictor)

    def risk(self, along: Float[Array, ""], length: Float[Array, ""], signal: float) -> Float[Array, ""]:
        """E log(1 + exp(length z)) - along E z p(signal z), for the loss is linear in the label."""
        slope = float((_WEIGHTS * _NODES * special.expit(signal * _NODES)).sum())
        least = float((_WEIGHTS * np.logaddexp(0, signal * _NODES)).sum()) - signal * slope
        nodes, weights = _quadrature(length)
        return weights @ _softplus(length * nodes) - along * slope - least


class Probit(AbstractBinary):
    """A label is 1 with probability Phi(predictor)."""

    def sample(self, key: PRNGKeyArray, predictor: Float[Array, " rows"]) -> Float[Array, " rows"]:
        """The signs of the predictors plus normal noise."""
        return (predictor + jr.normal(key, predictor.shape, predictor.dtype) > 0).astype(predictor.dtype)

    def loss(self, predictor: Float[Array, " rows"], label: Float[Array, " rows"]) -> Float[Array, " rows"]:
        """That of the label's probability."""
        return -log_ndtr(_sign(label) * predictor)

    def slopes(
        self, predictor: Float[Array, " rows"], label: Float[Array, " rows"]
    ) -> tuple[Float[Array, " rows"], Float[Array, " rows"]]:
        """By the inverse Mills ratio phi/Phi."""
        sign = _sign(label)
        signed = sign * predictor
        ratio = jnp.exp(-(signed**2) / 2 - log_ndtr(signed)) / jnp.sqrt(2 * jnp.pi)
        return -sign * ratio, ratio * (ratio + signed)

    def variance(self, predictor: Float64[np.ndarray, " nodes"]) -> Float64[np.ndarray, " nodes"]:
        """phi^2 / (Phi (1 - Phi))."""
        both = special.log_ndtr(predictor) + special.log_ndtr(-predictor)
        return np.exp(-(predictor**2) - both) / (2 * np.pi)

    def risk(self, along: Float[Array, ""], length: Float[Array, ""], signal: float) -> Float[Array, ""]:
        """Given the model's predictor the truth's is normal, and so is a label's probability known."""
        truth = special.ndtr(signal * _NODES)
        least = -float((_WEIGHTS * 2 * truth * special.log_ndtr(signal * _NODES)).sum())  # both labels alike
        nodes, weights = _quadrature(length)
        share = along / length
        one = jnp.exp(log_ndtr(signal * share * nodes / jnp.sqrt(1 + signal**2 * (1 - share**2))))
        # of zeros the integral is the same, mirrored
        return -2 * weights @ (one * log_ndtr(length * nodes)) - least


class Poisson(AbstractLink):
    """A label is a count with mean exp(predictor)."""

    reach: ClassVar[float] = 3.0
    failure: ClassVar[str] = (
        "their likelihood has no maximum, or only where the weights are longer than the truth's by 3 or more"
    )

    def sample(self, key: PRNGKeyArray, predictor: Float[Array, " rows"]) -> Float[Array, " rows"]:
        """Counts."""
        return jr.poisson(key, jnp.exp(predictor)).astype(predictor.dtype)

    def loss(self, predictor: Float[Array, " rows"], label: Float[Array, " rows"]) -> Float[Array, " rows"]:
        """The mean less what the count gains; the count's factorial left out."""
        return jnp.exp(predictor) - label * predictor

    def slopes(
        self, predictor: Float[Array, " rows"], label: Float[Array, " rows"]
    ) -> tuple[Float[Array, " rows"], Float[Array, " rows"]]:
        """Minus the residual, and the label's variance."""
        mean = jnp.exp(predictor)
        return mean - label, mean

    def is_parted(self, predictor: Float[Array, " rows"], label: Float[Array, " rows"]) -> Bool[Array, " rows"]:
        """Counts have no sides."""
        del label
        return jnp.zeros_like(predictor, bool)

    def information(self, signal: float) -> tuple[float, float]:
        """Moments of a lognormal variable."""
        mean = float(np.exp(signal**2 / 2))
        return (1 + signal**2) * mean, mean

    def risk(self, along: Float[Array, ""], length: Float[Array, ""], signal: float) -> Float[Array, ""]:
        """Moments of lognormal variables."""
        mean = float(np.exp(signal**2 / 2))
        return jnp.exp(length**2 / 2) - along * signal * mean - (1 - signal**2) * mean


#: By the name of a task's option.
LINKS: dict[str, AbstractLink] = {"logistic": Logistic(), "probit": Probit(), "poisson": Poisson()}


def _sign(label: Float[Array, " rows"]) -> Float[Array, " rows"]:
    """1 and -1 of 1 and 0."""
    return 2 * label - 1


def _softplus(x: Float[Array, " rows"]) -> Float[Array, " rows"]:
    return jnp.logaddexp(x, 0)


def _expit(x: Float[Array, " rows"]) -> Float[Array, " rows"]:
    return jnp.exp(-_softplus(-x))


def _quadrature(like: Float[Array, ""]) -> tuple[Float[Array, " nodes"], Float[Array, " nodes"]]:
    return jnp.asarray(_NODES, like.dtype), jnp.asarray(_WEIGHTS, like.dtype)
