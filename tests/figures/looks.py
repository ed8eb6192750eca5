"""How every picture looks, artist by artist, as text: `python -m tests.figures.looks` writes `looks/` anew.

So after a picture or its recorded table was changed, and looked at. What it shows is tested elsewhere, against tables
and by other formulas. Here nothing changes unseen: a width, a dash, a limit of an axis, the place of a name.
"""

import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
from matplotlib.collections import Collection, PathCollection
from matplotlib.colors import to_hex
from matplotlib.figure import Figure
from matplotlib.image import AxesImage
from matplotlib.lines import Line2D
from matplotlib.patches import FancyArrowPatch, Patch
from matplotlib.text import Annotation

FOLDER = Path(__file__).with_name("looks")

NUMBER = re.compile(r"(?<![\w.#])-?\d+(?:\.\d+)?(?:e[+-]?\d+)?(?![\w.])")


def numbers(values: Any) -> str:
    """Six digits of each."""
    return " ".join(f"{value:.6g}" for value in np.asarray(values, float).ravel())


def colour(value: Any) -> str:
    """In hexadecimal, with how opaque it is."""
    return to_hex(value, keep_alpha=True)


def dash(part: Any) -> str:
    """Lengths of dashes and gaps, which `get_linestyle` leaves out."""
    return str(part._unscaled_dash_pattern)


def ends(arrow: Any) -> np.ndarray:
    """Where it begins and ends; its path depends on the layout."""
    return np.array(arrow._posA_posB, float)


def points(values: np.ndarray) -> str:
    """How many there are, the first and the last, the ends of either coordinate, and a sum that knows their order."""
    seen = values[np.isfinite(values).all(1)]
    if not len(seen):
        return "no points"
    sums = np.arange(1, len(seen) + 1) @ seen
    return f"{len(values)} points " + ", ".join(map(numbers, (seen[0], seen[-1], seen.min(0), seen.max(0), sums)))


def described(figure: Figure) -> str:
    """A line each; one for those in a panel that look alike, with the points of all."""
    lines = [f"figure {numbers(figure.get_size_inches())}", *map(text, figure.texts)]
    lines += [line for legend in figure.legends for line in of_legend(legend)]
    for number, axes in enumerate(figure.axes, 1):
        lines += ["", f"axes {number}", *of_axes(axes)]
        shown = [artist for artist in (*axes.lines, *axes.patches, *axes.collections) if artist.get_visible()]
        alike: dict[str, list[np.ndarray]] = {}
        for artist in shown:
            alike.setdefault(look(artist), []).append(outline(artist))
        lines += [f"{len(every)} {words}; {points(np.concatenate(every))}" for words, every in alike.items()]
        lines += [*map(image, axes.images), *map(text, axes.texts)]
        legend = axes.get_legend()
        lines += of_legend(legend) if legend else []
    return "\n".join(lines) + "\n"


def of_axes(axes: Any) -> Iterator[str]:
    """Their place in the figure, limits, ticks and names."""
    spec = axes.get_subplotspec()
    grid = spec.get_gridspec()
    yield f"place {spec.rowspan} {spec.colspan} of {grid.get_geometry()}"
    yield f"ratios {grid.get_width_ratios()} {grid.get_height_ratios()}"
    if axes.axison:
        spines = " ".join(name for name, spine in axes.spines.items() if spine.get_visible())
        yield f"spines {spines}; aspect {axes.get_aspect()}"
        for name in ("x", "y"):
            axis, limits = getattr(axes, f"{name}axis"), getattr(axes, f"get_{name}lim")()
            lined = any(line.get_visible() for line in axis.get_gridlines())
            yield f"{name} {axis.get_scale()} {numbers(limits)} {'with' if lined else 'without'} a grid"
            yield text(axis.label)
            labels = [label for label in axis.get_ticklabels() if label.get_text() and label.get_visible()]
            sizes = sorted({label.get_fontsize() for label in labels})
            yield f"ticks {[label.get_text() for label in labels]!r} {numbers(sizes)}"
    yield from (text(each) for each in (axes.title, axes._left_title, axes._right_title) if each.get_text())


def image(part: AxesImage) -> str:
    """Its colours, and numbers."""
    shown = np.asarray(part.get_array(), float)
    places = (shown.min(), shown.max(), shown.sum(), *part.get_clim(), *part.get_extent())
    return f"image {shown.shape} {part.get_cmap().name} {part.get_interpolation()}; {numbers(places)}"


def look(part: Any) -> str:
    """Of a curve or an area, without its points."""
    match part:
        case Line2D():
            return of_line(part)
        case Patch():
            edge = f"{colour(part.get_edgecolor())} {part.get_linewidth():g} {dash(part)}"
            fill = colour(part.get_facecolor()) if part.get_fill() else "no"
            return f"{type(part).__name__} {fill} {edge} {part.get_zorder():g}"
        case Collection():
            colours = [
                sorted({colour(each) for each in np.reshape(every, (-1, 4))})
                for every in (part.get_facecolor(), part.get_edgecolor())
            ]
            return f"{type(part).__name__} {colours} {numbers(part.get_linewidth())} {part.get_zorder():g}"
        case _:
            raise TypeError(f"{part} is an artist that no picture had: say how it looks")


def outline(part: Any) -> np.ndarray:
    """Its points, in the units that they are given in."""
    match part:
        case Line2D():
            return np.asarray(part.get_xydata(), float)
        case FancyArrowPatch():
            return ends(part)
        case Patch():
            return np.asarray(part.get_patch_transform().transform_path(part.get_path()).vertices)
        case PathCollection():
            return np.asarray(part.get_offsets(), float)
        case Collection():
            return np.concatenate([np.zeros((0, 2)), *(path.vertices for path in part.get_paths())])
        case _:
            raise TypeError(f"{part} has no points that are known")


def of_line(line: Any) -> str:
    """Its own look, without its points."""
    marker = line.get_marker()
    of_marker = f"{line.get_markersize():g} {colour(line.get_markerfacecolor())} {colour(line.get_markeredgecolor())}"
    marks = f"{marker} {of_marker} {line.get_markeredgewidth():g}" if marker not in ("None", "", None) else "no marks"
    joined = line.get_linestyle() not in ("None", "")
    stroke = f"{line.get_linewidth():g} {dash(line)}" if joined else "not joined"
    label = line.get_label()
    named = "" if str(label).startswith("_") else f" {label!r}"
    alpha = "" if line.get_alpha() is None else f" alpha {line.get_alpha():g}"
    return f"line{named} {colour(line.get_color())}{alpha} {stroke}; {marks}; {line.get_zorder():g}"


def text(part: Any) -> str:
    """Its words, look and place; of an annotation also what it is about."""
    side = f"{part.get_ha()} {part.get_va()} {part.get_rotation():g}"
    font = f"{colour(part.get_color())} {part.get_fontsize():g} {part.get_fontweight()} {part.get_fontstyle()} {side}"
    if not isinstance(part, Annotation):
        return f"text {part.get_text()!r} {font}" + (f"; {numbers(part.get_position())}" if part.axes else "")
    arrow = ""
    if part.arrow_patch is not None:
        style, scale = part.arrow_patch.get_arrowstyle(), part.arrow_patch.get_mutation_scale()
        arrow = f"; {type(style).__name__} {look(part.arrow_patch)} {scale:g}"
    places = f"{numbers(part.xy)} {part.xycoords}, {numbers(part.xyann)} {part.anncoords}"
    return f"note {part.get_text()!r} {font}; {places}{arrow}"


def of_legend(legend: Any) -> list[str]:
    """Its place, title, and each entry with its mark."""
    size = numbers(sorted({each.get_fontsize() for each in legend.get_texts()}))
    lines = [f"legend at {legend._loc} in {legend._ncols} columns, {size}, {legend.get_title().get_text()!r}"]
    for handle, words in zip(legend.legend_handles, legend.get_texts(), strict=True):
        lines.append(f"entry {words.get_text()!r} {look(handle)}")
    return lines


def differs(found: str, kept: str) -> str | None:
    """The first line that is another, or a number of which is off by more than a ten-thousandth; what it was."""
    lines, before = found.splitlines(), kept.splitlines()
    for line, old in zip(lines, before, strict=False):
        if NUMBER.sub("#", line) != NUMBER.sub("#", old):
            return f"{line}\nbefore: {old}"
        pairs = np.array([[*map(float, NUMBER.findall(each))] for each in (line, old)])
        if not np.allclose(*pairs, rtol=1e-4, atol=1e-9):
            return f"{line}\nbefore: {old}"
    return None if len(lines) == len(before) else f"{len(lines)} lines\nbefore: {len(before)}"


def main() -> None:
    """Write what there is of each picture."""
    from figures.catalogue import PICTURES
    from tests.figures.test_pictures import drawn

    FOLDER.mkdir(exist_ok=True)
    for path in FOLDER.glob("*.txt"):
        path.unlink()
    for picture in PICTURES:
        (FOLDER / f"{picture.name}.txt").write_text(described(drawn(picture.name)))


if __name__ == "__main__":
    main()
