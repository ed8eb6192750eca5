"""A Gaussian fitted by mean and covariance: its quantities and samplers, the fastest first."""

from typing import Any

import jax.numpy as jnp
import jax.scipy.linalg as jsl
from jaxtyping import Array, Float

from ..samplers.base import AbstractSampler
from ..samplers.gaussian_rows import Fitted, GaussianRows
from ..samplers.measured import Measure, measured
from ..samplers.scatter import GaussianScatter, Model


def _variance(sampler: Any, model: Model) -> Float[Array, ""]:
    return (model.root**2).sum() / sampler.d


def _mean_error(sampler: Any, model: Model) -> Float[Array, ""]:
    del sampler
    return (model.error**2).sum()


def _divergence(sampler: Any, model: Model) -> Float[Array, ""]:
    """From the truth to the model, in nats."""
    beside = jnp.concatenate([jnp.eye(sampler.d, dtype=model.error.dtype), model.error[:, None]], 1)
    solved = beside / model.root if sampler.d == 1 else jsl.solve_triangular(model.root, beside, lower=True)
    return ((solved**2).sum() - sampler.d + _log_determinant(sampler, model)) / 2


def _log_determinant(sampler: Any, model: Model) -> Float[Array, ""]:
    del sampler
    return 2 * jnp.log(jnp.diagonal(model.root)).sum()


def _variance_of_rows(sampler: Any, model: Fitted) -> Float[Array, ""]:
    return (model.deviations**2).sum() / sampler.d


def _mean_error_of_rows(sampler: Any, model: Fitted) -> Float[Array, ""]:
    del sampler
    return (model.mean**2).sum()


def _divergence_of_rows(sampler: Any, model: Fitted) -> Float[Array, ""]:
    inverse = jnp.linalg.inv(model.covariance)
    distance = jnp.trace(inverse) + model.mean @ inverse @ model.mean
    return (distance - sampler.d + _log_determinant_of_rows(sampler, model)) / 2


def _log_determinant_of_rows(sampler: Any, model: Fitted) -> Float[Array, ""]:
    del sampler
    return jnp.linalg.slogdet(model.covariance)[1]


_OF_SCATTER: dict[str, Measure] = {
    "variance": _variance,
    "mean_error": _mean_error,
    "kl": _divergence,
    "log_determinant": _log_determinant,
}
_OF_ROWS: dict[str, Measure] = {
    "variance": _variance_of_rows,
    "mean_error": _mean_error_of_rows,
    "kl": _divergence_of_rows,
    "log_determinant": _log_determinant_of_rows,
}

#: A logarithm may be below 0, where no quantiles are kept.
_SIGNED = {"is_signed": {"log_determinant": True}, "has_quantiles": {"log_determinant": False}}

SAMPLERS: tuple[type[AbstractSampler[Any]], ...] = (
    *measured(GaussianScatter, _OF_SCATTER, **_SIGNED),
    *measured(GaussianRows, _OF_ROWS, **_SIGNED),
)
