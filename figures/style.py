"""What all figures share: the style sheet, one colour a workflow, shades, captions, and saving without half a file."""

import re
import textwrap
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import matplotlib
import numpy as np
from matplotlib.colors import to_rgb
from matplotlib.figure import Figure

from sim.results import write_whole

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

#: Where a figure tells the two designs of one workflow apart.
MARKER = {"fixed": "s", "fresh": "o"}

#: Standard errors to a side of a 95 % interval where there are hundreds or thousands of replicates. Student's t, as in
#: all other figures, would be longer by half a per cent at 256 and by a ten-thousandth at 20,000. Nobody sees that, but
#: the files of the pictures would be others.
NORMAL = 1.96

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
        paths = []
        for suffix, metadata in ((".pdf", {"CreationDate": None}), (".png", {})):
            path = folder / f"{name}{suffix}"
            write_whole(path, lambda partial, m=metadata: figure.savefig(partial, metadata=m))
            paths.append(path)
    return paths
