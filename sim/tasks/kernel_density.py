"""Kernel densities: their quantities and their sampler."""

from typing import Any

from jaxtyping import Array, Float

from ..samplers.density_rows import Density, DensityRows
from ..samplers.measured import measured


def _variance(sampler: Any, model: Density) -> Float[Array, ""]:
    del sampler
    return model.squares + model.bandwidth**2


def _mean_error(sampler: Any, model: Density) -> Float[Array, ""]:
    del sampler
    return model.mean**2


def _second_moment(sampler: Any, model: Density) -> Float[Array, ""]:
    return _mean_error(sampler, model) + _variance(sampler, model)


SAMPLERS = measured(DensityRows, {"variance": _variance, "mean_error": _mean_error, "second_moment": _second_moment})
