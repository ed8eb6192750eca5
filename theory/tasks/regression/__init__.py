"""Linear regression by least squares."""

from .task import LinearRegression as LinearRegression
from .unequal_pools import UnequalLaw as UnequalLaw, unequal as unequal
