"""The paper's published numbers, read off its figures and tables: `published_curves.csv`, each with its confidence.

Columns: figure, dataset, model, workflow, iteration, metric, value; `read_error`, how far the reading may be off; where
it was read; and the confidence: A, seen in the authors' own files; N, from a reading note whose writer says that it was
read off the paper.
"""

import csv
from functools import cache
from pathlib import Path

import numpy as np
from jaxtyping import Float

from ..recorded import Row, matching

CURVES = Path(__file__).with_name("published_curves.csv")


@cache
def rows() -> list[Row]:
    """The whole table."""
    with CURVES.open(newline="") as file:
        return list(csv.DictReader(file))


def values(figure: str, model: str, workflow: str) -> dict[int, float]:
    """Value by iteration."""
    place = {"figure": figure, "model": model, "workflow": workflow}
    found = {int(row["iteration"]): float(row["value"]) for row in matching(rows(), place)}
    if not found:
        raise KeyError(f"nothing is published of {place}")
    return found


def curve(figure: str, model: str, workflow: str) -> Float[np.ndarray, " iterations"]:
    """Values from iteration 1 on, of a figure that has them all."""
    found = values(figure, model, workflow)
    return np.array([found[iteration] for iteration in range(1, len(found) + 1)])


def rise(figure: str, model: str, workflow: str, iteration: int) -> float:
    """The value over that of model 1, less one.

    Args:
        figure: its name in the table.
        model: its name in the paper.
        workflow: its name, as on the command line.
        iteration: the one that has the value.

    Raises:
        KeyError: nothing is published there.
    """
    first = values(figure, model, "replace")[1]  # model 1 is fitted to real data, whatever the workflow
    return values(figure, model, workflow)[iteration] / first - 1
