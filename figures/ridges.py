"""What the figures of ridge regression share: a simulation's estimates by iteration, and its law."""

from collections.abc import Sequence
from typing import Any

import numpy as np

import theory
from paper_repro.recorded import Row, matching
from paper_repro.sweep import Simulation

#: Circles on a law, with 95 % intervals.
CIRCLES: dict[str, Any] = {"fmt": "o", "markerfacecolor": "white", "markersize": 3, "elinewidth": 0.8}


def estimates(rows: Sequence[Row], one: Simulation[Any]) -> tuple[np.ndarray, np.ndarray]:
    """Mean and standard error of the test errors of models 1, 2, …"""
    place = {"workflow": one.name, "T": str(one.T), "d": str(one.d), "ridge": str(one.ridge)}
    found = sorted(matching(rows, place), key=lambda row: int(row["iteration"]))
    mean, error = (np.array([float(row[column]) for row in found]) for column in ("mean", "standard_error"))
    return mean, error


def law(one: Simulation[Any], iterations: int) -> np.ndarray:
    """The law of models 1, 2, …: exact where it is, else for d/T -> gamma."""
    return theory.law(one.task, one.workflow).evaluate(n=range(1, iterations + 1))
