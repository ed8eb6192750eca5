"""Linear regression by least squares."""

from .generated import GeneratedLaw as GeneratedLaw
from .task import LinearRegression as LinearRegression
from .unequal_pools import UnequalLaw as UnequalLaw, unequal as unequal
