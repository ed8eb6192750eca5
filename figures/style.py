"""What all figures share: the style of all pictures, captions, and the files that a figure is written to."""

import re
import textwrap
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from theory.style import COLOUR as COLOUR, save_picture, shade as shade, style as style

#: Where a figure tells the two designs of one workflow apart.
MARKER = {"fixed": "s", "fresh": "o"}

#: Standard errors to a side of a 95 % interval where there are hundreds or thousands of replicates. Student's t, as in
#: all other figures, would be longer by half a per cent at 256 and by a ten-thousandth at 20,000. Nobody sees that, but
#: the files of the pictures would be others.
NORMAL = 1.96

#: Circles on a law, with 95 % intervals.
CIRCLES: dict[str, Any] = {"fmt": "o", "markerfacecolor": "white", "markersize": 3, "elinewidth": 0.8}

#: What others are held against: a level, or a law in a limit.
DOTTED: dict[str, Any] = {"linestyle": (0, (1, 2)), "linewidth": 0.9}


def note(axes: Axes, text: str, place: tuple[Any, Any], offset: tuple[int, int], **looks: Any) -> None:
    """Write a word on a place of a panel, so many points away from it."""
    axes.annotate(text, place, offset, textcoords="offset points", fontsize=6.5, **looks)


def beside(axes: Axes, text: str, x: Sequence[Any] | np.ndarray, y: Sequence[Any] | np.ndarray, **looks: Any) -> None:
    """Write what a curve is called beside its last point."""
    note(axes, text, (x[-1], y[-1]), (5, 0), **{"va": "center", **looks})


def caption(figure: Figure, text: str) -> None:
    """Set the caption below the panels, so that it goes wherever the picture goes; wrapped for 5.5 inches."""
    text = re.sub(r"\s+", " ", text)
    text = re.sub(" ([=+]) ", "\N{NO-BREAK SPACE}\\1\N{NO-BREAK SPACE}", text)  # no line ends within a formula
    text = re.sub(r"(?<=\d) (?=%)|(?<=ln) ", "\N{NO-BREAK SPACE}", text)
    lines = textwrap.fill(text, width=108)
    figure.supxlabel(lines, x=0.01, ha="left", fontsize=6.5, linespacing=1.35)


def save(folder: Path, name: str, plot: Callable[[], Figure]) -> list[Path]:
    """Draw in the project's style and write NAME.pdf and NAME.png, the same bytes each time."""
    with style():
        figure = plot()
    paths = [folder / f"{name}{suffix}" for suffix in (".pdf", ".png")]
    for path in paths:
        save_picture(path, figure)
    return paths
