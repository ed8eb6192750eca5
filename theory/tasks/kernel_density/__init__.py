"""A kernel density refitted on its own samples."""

from .task import KernelDensity as KernelDensity
