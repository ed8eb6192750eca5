"""Simulations of models refitted on the data that earlier models generated, vectorised over replicates."""

from .model import LinearRegression as LinearRegression
from .run import Run as Run, run as run
from .samplers import SAMPLERS as SAMPLERS
from .statistics import Comparison as Comparison, Estimate as Estimate, compare as compare
