"""A kernel density refitted on its own samples."""

from .density import (
    expected_characteristic as expected_characteristic,
    expected_density as expected_density,
)
from .task import KernelDensity as KernelDensity
