"""What all figures share: the style of all pictures, captions, and the files that a figure is written to."""

import re
import textwrap
from collections.abc import Callable
from pathlib import Path

from matplotlib.figure import Figure

from theory.style import COLOUR as COLOUR, save_picture, shade as shade, style as style

#: Where a figure tells the two designs of one workflow apart.
MARKER = {"fixed": "s", "fresh": "o"}

#: Standard errors to a side of a 95 % interval where there are hundreds or thousands of replicates. Student's t, as in
#: all other figures, would be longer by half a per cent at 256 and by a ten-thousandth at 20,000. Nobody sees that, but
#: the files of the pictures would be others.
NORMAL = 1.96


def caption(figure: Figure, text: str) -> None:
    """Set the caption below the panels, so that it goes wherever the picture goes; wrapped for 5.5 inches."""
    text = re.sub(r"\s+", " ", text)
    text = re.sub(" ([=+]) ", "\N{NO-BREAK SPACE}\\1\N{NO-BREAK SPACE}", text)  # no line ends within a formula
    text = re.sub(r"(?<=\d) (?=%)|(?<=ln) ", "\N{NO-BREAK SPACE}", text)
    lines = textwrap.fill(text, width=110)
    figure.supxlabel(lines, x=0.01, ha="left", fontsize=6.5, linespacing=1.35)


def save(folder: Path, name: str, plot: Callable[[], Figure]) -> list[Path]:
    """Draw in the project's style and write NAME.pdf and NAME.png, the same bytes each time."""
    with style():
        figure = plot()
    paths = [folder / f"{name}{suffix}" for suffix in (".pdf", ".png")]
    for path in paths:
        save_picture(path, figure)
    return paths
