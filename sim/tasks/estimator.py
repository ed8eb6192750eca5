"""A user's own estimator: its sampler."""

from ..samplers.estimate_rows import EstimateRows

SAMPLERS = (EstimateRows,)
