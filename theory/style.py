"""How pictures look: the style sheet, one colour a workflow, shades, and saving without half a file."""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import matplotlib
import numpy as np
from matplotlib.colors import to_rgb
from matplotlib.figure import Figure

from .files import write_whole

#: Okabe and Ito's palette, told apart by colour-blind readers. A workflow has the same colour in every figure.
COLOUR = {
    "replace": "#D55E00",
    "replace-growing": "#E69F00",
    "accumulate": "#0072B2",
    "accumulate-subsample": "#56B4E9",
    "accumulate-fresh": "#332288",
    "sliding-window": "#CC79A7",
    "fixed-real": "#8C6D1F",
    "fresh-real": "#009E73",
}

#: What a picture's file says of itself, by its suffix: nothing that would make it other bytes the next time.
_METADATA: dict[str, dict[str, Any]] = {".pdf": {"CreationDate": None}, ".png": {}, ".svg": {"Date": None}}

_SHEET = Path(__file__).with_name("style.mplstyle")


@contextmanager
def style() -> Iterator[None]:
    """The project's style sheet on top of Matplotlib's defaults, whatever the user's own settings are."""
    with matplotlib.rc_context():
        matplotlib.rcdefaults()
        matplotlib.rc_file(_SHEET, use_default_template=False)
        yield


def shade(colour: str, strength: float) -> tuple[float, float, float]:
    """The colour mixed with white; `strength` 1 leaves it as it is."""
    return tuple(1 - strength * (1 - np.array(to_rgb(colour))))


def save_picture(path: Path, figure: Figure) -> None:
    """Write a figure as its suffix says, `.pdf`, `.png` or `.svg`: the same bytes each time."""
    metadata = _METADATA[path.suffix]
    with style():
        write_whole(path, lambda partial: figure.savefig(partial, metadata=metadata))
