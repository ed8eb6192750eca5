"""Linear regression by least squares, or with a ridge."""

from .downstream import (
    Rate as Rate,
    best_rate as best_rate,
    downstream_error as downstream_error,
    mixture_error as mixture_error,
)
from .generated import GeneratedLaw as GeneratedLaw
from .ridge_optimum import BestRidge as BestRidge, best_ridge as best_ridge
from .spectrum import Spectrum as Spectrum
from .task import LinearRegression as LinearRegression
from .unequal_pools import UnequalLaw as UnequalLaw, unequal as unequal
