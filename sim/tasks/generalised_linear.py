"""Generalised linear models: their quantities and their sampler."""

import jax.numpy as jnp
from jaxtyping import Array, Float

from ..samplers.generalised_linear_rows import GeneralisedLinearRows
from ..samplers.measured import measured


def _test_error(sampler: GeneralisedLinearRows, model: Float[Array, " d"]) -> Float[Array, ""]:
    along, across = sampler.link.information(sampler.signal)
    return along * (model[0] - sampler.signal) ** 2 + across * (model[1:] ** 2).sum()


def _excess_risk(sampler: GeneralisedLinearRows, model: Float[Array, " d"]) -> Float[Array, ""]:
    risk = sampler.link.risk(model[0], jnp.linalg.norm(model), sampler.signal)
    return jnp.maximum(risk, 0)  # below by rounding alone


SAMPLERS = measured(GeneralisedLinearRows, {"test_error": _test_error, "excess_risk": _excess_risk})
