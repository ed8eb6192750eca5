"""Generalised linear models: their quantities and their samplers, of normal rows and of a table's."""

from typing import Any

import jax.numpy as jnp
from jaxtyping import Array, Float

from ..samplers.base import AbstractSampler
from ..samplers.generalised_linear_rows import HELD_OUT_LOSS, GeneralisedLinearRows, TableRows
from ..samplers.measured import measured


def _test_error(sampler: GeneralisedLinearRows, model: Float[Array, " d"]) -> Float[Array, ""]:
    along, across = sampler.link.information(sampler.signal)
    return along * (model[0] - sampler.signal) ** 2 + across * (model[1:] ** 2).sum()


def _excess_risk(sampler: GeneralisedLinearRows, model: Float[Array, " d"]) -> Float[Array, ""]:
    risk = sampler.link.risk(model[0], jnp.linalg.norm(model), sampler.signal)
    return jnp.maximum(risk, 0)  # below by rounding alone


def _test_error_of_table(sampler: TableRows, model: Float[Array, " d"]) -> Float[Array, ""]:
    predictors = sampler.x @ sampler.truth
    _, information = sampler.link.slopes(predictors, jnp.zeros_like(predictors))
    return information @ (sampler.x @ model - predictors) ** 2 / len(predictors)


def _excess_risk_of_table(sampler: TableRows, model: Float[Array, " d"]) -> Float[Array, ""]:
    truth, found = sampler.held_out @ sampler.truth, sampler.held_out @ model
    ones, zeros = jnp.ones_like(truth), jnp.zeros_like(truth)
    share = jnp.exp(-sampler.link.loss(truth, ones))
    risk = share * (sampler.link.loss(found, ones) - sampler.link.loss(truth, ones))
    risk += (1 - share) * (sampler.link.loss(found, zeros) - sampler.link.loss(truth, zeros))
    return jnp.maximum(risk.mean(), 0)  # below by rounding alone


def _held_out_loss(sampler: TableRows, model: Float[Array, " d"]) -> Float[Array, ""]:
    found, least = (sampler.link.loss(sampler.held_out @ each, sampler.recorded) for each in (model, sampler.truth))
    return (found - least).mean()


_OF_NORMAL = {"test_error": _test_error, "excess_risk": _excess_risk}
_OF_TABLE = {
    "test_error": _test_error_of_table,
    "excess_risk": _excess_risk_of_table,
    HELD_OUT_LOSS: _held_out_loss,
}

#: A model may do better than the fit to the recorded labels on rows held out.
_SIGNED = {"is_signed": {HELD_OUT_LOSS: True}, "has_quantiles": {HELD_OUT_LOSS: False}}

SAMPLERS: tuple[type[AbstractSampler[Any]], ...] = (
    *measured(GeneralisedLinearRows, _OF_NORMAL),
    *measured(TableRows, _OF_TABLE, **_SIGNED),
)
