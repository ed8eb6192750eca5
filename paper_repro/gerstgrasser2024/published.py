"""The paper's published numbers: `published_curves.csv`, by figure, dataset, model and workflow."""

from pathlib import Path

import numpy as np
from jaxtyping import Float

from ..published import Published
from ..recorded import Row

_CURVES = Published(Path(__file__).with_name("published_curves.csv"))


def rows() -> list[Row]:
    """The whole table."""
    return _CURVES.rows


def values(figure: str, model: str, workflow: str) -> dict[int, float]:
    """Value by iteration."""
    return _CURVES.values(figure=figure, model=model, workflow=workflow)


def curve(figure: str, model: str, workflow: str) -> Float[np.ndarray, " iterations"]:
    """Values from iteration 1 on, of a figure that has them all."""
    return _CURVES.curve(figure=figure, model=model, workflow=workflow)


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
