"""Linear regression by least squares."""

from .task import LinearRegression as LinearRegression
from .unequal import UnequalLaw as UnequalLaw, unequal as unequal
