"""Simulations of models refitted on the data that earlier models generated, vectorised over replicates."""

from .comparison import Comparison as Comparison, compare as compare
from .run import Run as Run, run as run
from .samplers.base import AbstractSampler as AbstractSampler
from .statistics import Estimate as Estimate
from .tasks import SAMPLERS as SAMPLERS, register as register
from .tasks.regression import LinearRegression as LinearRegression
