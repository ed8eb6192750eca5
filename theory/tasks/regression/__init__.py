"""Linear regression by least squares."""

from .generated import GeneratedLaw as GeneratedLaw, generated as generated
from .task import LinearRegression as LinearRegression
from .unequal_pools import UnequalLaw as UnequalLaw, unequal as unequal
