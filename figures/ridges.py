"""What the figures of ridge regression share: a simulation's estimates by iteration, and its law."""

from collections.abc import Sequence
from typing import Any

import numpy as np

import theory
from paper_repro.recorded import Row
from paper_repro.sweep import Simulation

from .estimates import estimates as by_iteration


def estimates(rows: Sequence[Row], one: Simulation[Any]) -> tuple[np.ndarray, np.ndarray]:
    """Mean and standard error of the test errors of models 1, 2, …"""
    return by_iteration(rows, workflow=one.name, T=one.T, d=one.d, ridge=one.ridge)


def law(one: Simulation[Any], iterations: int) -> np.ndarray:
    """The law of models 1, 2, …: exact where it is, else for d/T -> gamma."""
    return theory.law(one.task, one.workflow).evaluate(n=range(1, iterations + 1))
