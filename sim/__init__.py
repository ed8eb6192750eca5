"""Simulations of models refitted on the data that earlier models generated, vectorised over replicates."""

# ruff: noqa: E402 - what comes first has to come before the long imports
import sys

if sys.argv[:1] == ["-m"]:  # `python -m sim` begins here, with seconds of imports
    import theory.interruption  # noqa: F401 - for what its import does

from .comparison import Comparison as Comparison, compare as compare
from .plotting import plot as plot
from .run import Run as Run, run as run
from .samplers.base import AbstractSampler as AbstractSampler
from .statistics import Estimate as Estimate
from .table import Table as Table, table as table
from .tasks import SAMPLERS as SAMPLERS, register as register
from .tasks.regression import LinearRegression as LinearRegression
