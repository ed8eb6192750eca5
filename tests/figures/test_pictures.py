"""What holds of every picture, read off the drawing: nothing is cut off or covered, and all is named and in place.

Each is drawn as `make figures` draws it, from the recorded tables or, where these are simulated, from numbers near the
law.
"""

import itertools
import re
from functools import cache
from typing import Any

import numpy as np
import pytest
from matplotlib.collections import LineCollection, PolyCollection
from matplotlib.colors import to_hex
from matplotlib.container import ErrorbarContainer
from matplotlib.lines import Line2D
from matplotlib.text import Annotation, Text
from matplotlib.transforms import Bbox

from figures import catalogue, designs, linear_a, linear_b
from figures.style import style
from tests.figures import looks
from tests.figures.test_figures import table

SIMULATED: dict[str, Any] = {"linear_a": linear_a, "linear_b": linear_b, "designs": designs}

#: Seconds of laws.
SLOW = {"proportional", "ridge", "interpolation"}

#: Pixels an inch.
DPI = 100


@cache
def drawn(name):
    """A picture, laid out."""
    (picture,) = (one for one in catalogue.PICTURES if one.name == name)
    with style():
        if name in SIMULATED:
            figure = picture.plot(table(SIMULATED[name].SWEEP))
        elif picture.source:
            assert picture.source.is_recorded
            figure = picture.plot(picture.source.load(picture.source.folder))
        else:
            figure = picture.plot()
        figure.draw_without_rendering()
    assert figure.dpi == DPI
    return figure


every = pytest.mark.parametrize(
    "name",
    [pytest.param(one.name, marks=[pytest.mark.slow] * (one.name in SLOW)) for one in catalogue.PICTURES],
)


def panels(figure):
    return [axes for axes in figure.axes if axes.axison]


def ticks(axis):
    """(place, label) of those within the limits."""
    low, high = sorted(axis.get_view_interval())
    slack = 1e-9 * max(abs(low), abs(high))
    shown = [(tick.get_loc(), tick.label1) for tick in axis.get_major_ticks()]
    is_seen = (label.get_visible() and label.get_text() and low - slack <= at <= high + slack for at, label in shown)
    return [each for each, seen in zip(shown, is_seen, strict=True) if seen]


def texts(figure):
    """Every text that is drawn, with its role."""
    for axes in figure.axes:
        yield "title", axes.title
        yield from (("note", text) for text in axes.texts)
        if axes.axison:
            yield from (("label", axis.label) for axis in (axes.xaxis, axes.yaxis))
            yield from (("tick", label) for axis in (axes.xaxis, axes.yaxis) for _, label in ticks(axis))
    for legend in legends(figure):
        yield "legend", legend.get_title()
        yield from (("legend", text) for text in legend.get_texts())
    yield "caption", figure._supxlabel


def legends(figure):
    return [*figure.legends, *filter(None, (axes.get_legend() for axes in figure.axes))]


def box(text):
    """Where the letters are, without the point that an annotation is about."""
    return Text.get_window_extent(text)


def path(line):
    return line.get_transform().transform_path(line.get_path())


def vertices(line):
    found = np.asarray(path(line).vertices)
    return found[np.isfinite(found).all(1)]


def is_joined(line):
    return line.get_linestyle() not in ("None", "") and np.size(line.get_xdata()) > 1


def is_marked(line):
    return line.get_marker() not in ("None", "", None) and np.size(line.get_xdata()) > 0


def crossing(axes, area):
    """What a panel has drawn in an area of the canvas."""
    found = [line for line in axes.lines if is_joined(line) and path(line).intersects_bbox(area, filled=False)]
    for line in filter(is_marked, axes.lines):
        wider = area.padded(line.get_markersize() / 2 * DPI / 72)
        found += [line] * any(wider.contains(x, y) for x, y in vertices(line))
    for collection in axes.collections:
        paths = [collection.get_transform().transform_path(one) for one in collection.get_paths()]
        found += [collection] * any(one.intersects_bbox(area, isinstance(collection, PolyCollection)) for one in paths)
    return found


@every
def test_nothing_is_cut_off_or_too_small_to_read(name):
    figure = drawn(name)
    width, height = figure.get_size_inches()
    assert width == 5.5  # of a column
    assert 2.7 < height < 5.5
    # a panel of curves is high and broad enough to read them
    assert all(min(axes.get_window_extent().size) > 0.9 * DPI for axes in panels(figure))
    sizes = {"title": (7, 8), "label": (7.5,), "tick": (7,), "note": (6.5, 7), "legend": (6.5, 7), "caption": (6.5,)}
    for role, text in texts(figure):
        if text.get_text():
            assert text.get_fontsize() in sizes[role], text
            inside, margin = box(text), figure.bbox.padded(1)
            assert margin.x0 <= inside.x0 <= inside.x1 <= margin.x1, text
            assert margin.y0 <= inside.y0 <= inside.y1 <= margin.y1, text
    for legend in legends(figure):
        inside = legend.get_window_extent()
        assert figure.bbox.containsx(inside.x0 + 1)
        assert figure.bbox.containsx(inside.x1 - 1)


@every
def test_no_text_covers_another_or_a_curve(name):
    figure = drawn(name)
    shown = [text for _, text in texts(figure) if text.get_text().strip()]
    for one, other in itertools.combinations(shown, 2):
        common = Bbox.intersection(box(one), box(other))
        same = one.get_text() == other.get_text() and np.allclose(box(one).extents, box(other).extents)
        assert same or common is None or min(common.width, common.height) < 2, (one, other)
    for axes in figure.axes:
        for text in axes.texts:
            assert not crossing(axes, box(text).padded(-0.5)), text
        if axes.get_legend():
            assert not crossing(axes, axes.get_legend().get_window_extent().padded(-0.5))


def distance(line, point):
    """In pixels."""
    found = vertices(line)
    start, along = found[:-1], np.diff(found, axis=0)
    share = ((point - start) * along).sum(1) / np.maximum((along**2).sum(1), 1e-12)
    return np.hypot(*(start + np.clip(share, 0, 1)[:, None] * along - point).T).min()


@every
def test_notes_stand_by_what_they_name(name):
    """On a curve, at its end or anywhere on a straight line; in a curve's colour, nearest to that curve."""
    for axes in drawn(name).axes:
        curves = [line for line in axes.lines if is_joined(line)]
        for note in axes.texts:
            if not isinstance(note, Annotation):
                continue
            black = to_hex(note.get_color()) == "#000000"
            point, middle = axes.transData.transform(note.xy), box(note).get_points().mean(0)
            nearest = min(curves, key=lambda line: distance(line, point))
            if not black:
                coloured = [line for line in curves if to_hex(line.get_color()) != "#000000"]
                by_text = min(coloured, key=lambda line: distance(line, middle))
                assert to_hex(by_text.get_color()) == to_hex(note.get_color()), note
                assert distance(nearest, point) < 15, note
                assert note.get_verticalalignment() != "center" or abs(middle[1] - point[1]) < 0.5, note
                continue
            found = vertices(nearest)
            assert distance(nearest, point) < 0.5, note
            assert len(found) == 2 or min(np.hypot(*(found[end] - point)) for end in (0, -1)) < 0.5, note
            away = [max(low - at, at - high, 0) for low, high, at in zip(*box(note).get_points(), point, strict=True)]
            assert 1 < np.hypot(*away) < 8, note
            if note.get_verticalalignment() == "center":
                assert abs(middle[1] - point[1]) < 0.5, note


def number(label):
    """As printed; None if it is no number."""
    text = label.get_text().replace("\N{MINUS SIGN}", "-").replace(",", "")
    power = re.fullmatch(r"\$\\mathdefault\{10\^\{(-?\d+)\}\}\$", text)
    try:
        return 10.0 ** int(power[1]) if power else float(text)
    except ValueError:
        return None


def is_round(at):
    return float(f"{at:.2g}") == pytest.approx(at)


def is_even(places):
    """Whether steps are alike, from 1 on to the first multiple too; or the ratios are, as of 1, 2, 5, 10."""
    step = places[-1] - places[-2]
    by_step = np.allclose(np.diff(places[1:]), step) and (
        np.isclose(places[1] - places[0], step) or (places[0] == 1 and places[1] in (step, step + 1) and places[1] > 1)
    )
    ratios = np.array(places[1:]) / places[:-1] if places[0] > 0 else np.array([1, 9])
    return by_step or ratios.max() / ratios.min() < 1.26


@every
def test_ticks_are_round_even_and_what_they_say(name):
    for axes in panels(drawn(name)):
        for axis in (axes.xaxis, axes.yaxis):
            shown = ticks(axis)
            assert shown or not axis.label.get_text(), axis
            labels = [label.get_text() for _, label in shown]
            assert len(set(labels)) == len(labels)
            places, printed = [float(at) for at, _ in shown], [number(label) for _, label in shown]
            if not shown or None in printed or axes.images or "samples" in name:
                continue  # shared with another panel, in words, or columns of a sheet
            np.testing.assert_allclose([at for at in printed if at is not None], places, rtol=1e-9, atol=1e-9)
            assert 2 <= len(places) <= 12
            assert all(is_round(at) or is_round(4 * at) for at in places), places
            assert len(places) == 2 or is_even(places), places
        if re.search("iteration n?$|generation", axes.get_xlabel()) and "samples" not in name:
            # the first model; 0 is the truth, which a Gaussian begins with
            assert min(at for at, _ in ticks(axes.xaxis)) == (0 if axes.get_title() == "Gaussian" else 1)


@every
def test_axes_are_labelled_at_the_edge(name):
    """At the foot of each column, or in the middle of all; at the left of each row, unless words or titles say it."""
    grid = {}
    for axes in panels(drawn(name)):
        place = axes.get_subplotspec()
        grid[place.rowspan.start, place.colspan.start] = axes
    feet = [axes for (row, column), axes in grid.items() if row == max(r for r, c in grid if c == column)]
    named = [bool(axes.get_xlabel()) for axes in feet]
    middle = [place == len(feet) // 2 for place in range(len(feet))]
    assert all(named) or named == middle
    assert not any(axes.get_xlabel() for axes in grid.values() if axes not in feet)
    for row in {row for row, _ in grid}:
        left = grid[row, min(column for r, column in grid if r == row)]
        said = all(number(label) is None for _, label in ticks(left.yaxis)) or name == "tasks"
        assert said or left.get_ylabel()


@every
def test_all_that_is_measured_is_in_view_and_fills_it(name):
    """Marks and bands' means lie within the limits, and leave no more than a fifth of a panel empty at an edge."""
    figure = drawn(name)
    for axes in panels(figure):
        frame = axes.get_window_extent()
        marks = [vertices(line) for line in axes.lines if is_marked(line)]
        for points in marks:
            assert all(frame.padded(1).contains(x, y) for x, y in points)
    for axes in panels(figure):
        if axes.images or "samples" in name:
            continue
        for side, shared in ((0, axes.get_shared_x_axes()), (1, axes.get_shared_y_axes())):
            shares = []
            for one in shared.get_siblings(axes):
                frame = one.get_window_extent().get_points()[:, side]
                boxes = [box(text) for text in one.texts]
                boxes += [legend.get_window_extent() for legend in filter(None, [one.get_legend()])]
                drawn_at = [vertices(line)[:, side] for line in one.lines if np.size(line.get_xdata())]
                drawn_at += [one.get_points()[:, side] for one in boxes]
                drawn_at += [
                    collection.get_transform().transform(part.vertices)[:, side]
                    for collection in one.collections
                    for part in collection.get_paths()
                ]
                shares.append((np.concatenate(drawn_at) - frame[0]) / (frame[1] - frame[0]))
            filled = np.concatenate(shares)
            low = (axes.get_xlim, axes.get_ylim)[side]()[0]
            assert low == 0 or filled.min() < 0.2
            assert filled.max() > 0.8


@every
def test_what_has_a_label_is_in_a_legend_or_has_its_name_beside(name):
    figure = drawn(name)
    shown = [text.get_text() for legend in legends(figure) for text in legend.get_texts()]
    for axes in figure.axes:
        for artist in (*axes.lines, *axes.collections, *axes.containers):
            label = str(artist.get_label())
            assert label.startswith("_") or label in [*shown, *(note.get_text() for note in axes.texts)]
    for legend in legends(figure):
        own = [text.get_text() for text in legend.get_texts()]
        assert len(set(own)) == len(own)


@every
def test_lines_are_as_strong_as_what_they_are(name):
    """Curves at most 1.8 points, what they are held against at most 1.2; bars below 1, bands without an edge."""
    for axes in panels(drawn(name)):
        points = [line for bars in axes.containers if isinstance(bars, ErrorbarContainer) for line in bars.lines[:1]]
        for line in axes.lines:
            against = (
                line.get_linestyle() != "-" or to_hex(line.get_color()) == "#000000" or np.size(line.get_xdata()) == 2
            )
            if is_joined(line):
                assert 0.5 <= line.get_linewidth() <= (1.2 if against and line.get_zorder() >= 2 else 1.8)
            if is_marked(line):
                # circles with bars are small, as there may be many; smaller still in small panels
                is_small = line in points and line.get_marker() == "o" and name != "weights"
                narrow = axes.get_window_extent().width < 1.5 * DPI
                assert 2 <= line.get_markersize() <= (2.5 if is_small and narrow else 3 if is_small else 6)
        if name != "recursion":  # the curves of the discrete chain have no law
            assert not any(is_joined(line) for line in points if line is not None)
        for collection in axes.collections:
            (width,) = set(np.atleast_1d(collection.get_linewidth()))
            if isinstance(collection, LineCollection):
                assert 0.5 <= width < 1
            else:
                assert width == 0
                alpha: Any = collection.get_alpha()
                assert 0.1 < alpha < 0.3


@every
def test_a_legend_shows_lines_as_they_are_drawn(name):
    """Marks alone, or with a line as strong and dashed as one in the picture."""
    figure = drawn(name)

    def look(line: Any):
        return line.get_linewidth(), line._unscaled_dash_pattern

    for legend in legends(figure):
        for handle in (one for one in legend.legend_handles if isinstance(one, Line2D)):
            lines = [line for axes in figure.axes for line in axes.lines]
            alike = [look(line) for line in lines if line.get_marker() == handle.get_marker()]
            assert alike
            if handle.get_linewidth() and is_joined(handle):
                assert look(handle) in alike, handle


@every
def test_nothing_changes_unseen(name):
    """Look at the picture, and keep how it looks by `python -m tests.figures.looks`."""
    assert looks.differs(looks.described(drawn(name)), (looks.FOLDER / f"{name}.txt").read_text()) is None


def test_what_is_not_simulated_is_recorded():
    assert {one.name for one in catalogue.PICTURES if one.source and not one.source.is_recorded} == SIMULATED.keys()


def test_every_picture_and_no_other_is_kept():
    assert {path.stem for path in looks.FOLDER.iterdir()} == {one.name for one in catalogue.PICTURES}


@pytest.mark.parametrize(
    ("found", "differs"),
    [
        ("line 'k = 1' #009e73ff 1.2 (0, (1, 2)); 0.5 -2.25\nnext 3\n", False),
        ("line 'k = 1' #009e73ff 1.2 (0, (1, 2)); 0.500001 -2.25\nnext 3\n", False),
        ("line 'k = 1' #009e73ff 1.2 (0, (1, 2)); 0.5 2.25\nnext 3\n", True),
        ("line 'k = 2' #009e73ff 1.2 (0, (1, 2)); 0.5 -2.25\nnext 3\n", True),
        ("line 'k = 1' #009e74ff 1.2 (0, (1, 2)); 0.5 -2.25\nnext 3\n", True),
        ("line 'k = 1' #009e73ff 1.2 (0, (1, 3)); 0.5 -2.25\nnext 3\n", True),
        ("line 'k = 1' #009e73ff 1.2 (0, (1, 2)); 0.5 -2.25\nnext 4\n", True),
        ("line 'k = 1' #009e73ff 1.2 (0, (1, 2)); 0.5 -2.25\n", True),
        ("line 'k = 1' #009e73ff 1.2 (0, (1, 2)); 0.5 -2.25\nnext 3\nmore\n", True),
    ],
)
def test_a_look_differs_by_its_words_or_by_a_number(found, differs):
    kept = "line 'k = 1' #009e73ff 1.2 (0, (1, 2)); 0.5 -2.25\nnext 3\n"
    assert (looks.differs(found, kept) is not None) == differs
