"""The schematic: an arrow from each pool to each model that is fitted to it, names in their boxes, and the gains."""

from typing import Any

import numpy as np
import pytest
from matplotlib.colors import to_hex
from matplotlib.patches import Ellipse, FancyArrowPatch, FancyBboxPatch

from figures import schematic
from figures.style import style

#: The pools that each model's training set has.
FITTED = {"Replace": {(1, 1), (2, 2), (3, 3)}, "Accumulate": {(1, 1), (1, 2), (2, 2), (1, 3), (2, 3), (3, 3)}}


@pytest.fixture(scope="module")
def panels():
    with style():
        return schematic.plot().axes


def extents(patch):
    found = patch.get_path().transformed(patch.get_patch_transform()).get_extents()
    return found.x0, found.x1, found.y0, found.y1


def sorted_by_x(axes, kind):
    return sorted((patch for patch in axes.patches if isinstance(patch, kind)), key=lambda patch: extents(patch)[0])


@pytest.mark.parametrize("column", [0, 1])
def test_arrows_go_from_the_pools_that_a_model_is_fitted_to(panels, column):
    axes = panels[column]
    boxes, models = sorted_by_x(axes, FancyBboxPatch), sorted_by_x(axes, Ellipse)
    pools, ellipses = [extents(box) for box in boxes], [extents(model) for model in models]
    assert len(pools) == len(ellipses) == 3
    # pools in one row, models above them in another, nothing in another's place or out of the panel
    for row in (pools, ellipses):
        assert {(low, high) for *_, low, high in row} == {row[0][2:]}
        assert all(left[1] < right[0] for left, right in zip(row, row[1:], strict=False))
        assert axes.get_xlim()[0] < row[0][0] < row[-1][1] < axes.get_xlim()[1]
    assert axes.get_ylim()[0] < pools[0][2] < pools[0][3] < ellipses[0][2] < ellipses[0][3] < axes.get_ylim()[1]
    fitted, sampled = set(), set()
    arrows: list[Any] = [patch for patch in axes.patches if isinstance(patch, FancyArrowPatch)]
    for arrow in arrows:
        (x0, y0), (x1, y1) = arrow._posA_posB
        if arrow.get_linestyle() in ("-", "solid"):
            start = next(k for k, box in enumerate(pools, 1) if box[0] < x0 < box[1])
            end = next(k for k, model in enumerate(ellipses, 1) if model[0] + 0.1 < x1 < model[1] - 0.1)
            assert (x0, 0 < y0 - pools[0][3] < 0.05) == (sum(pools[start - 1][:2]) / 2, True)
            fitted.add((start, end))
            assert 0 < ellipses[0][2] - y1 < 0.05
        else:
            start = next(k for k, model in enumerate(ellipses, 1) if abs(x0 - model[1]) < 0.05)
            end = next(k for k, box in enumerate(pools, 1) if box[0] < x1 < box[1])
            assert ellipses[0][2] < y0 < ellipses[0][3]
            assert 0 < y1 - pools[0][3] < 0.05
            sampled.add((start, end))
            assert to_hex(arrow.get_edgecolor()) == to_hex(boxes[1].get_facecolor()) == "#cc79a7"
        assert 0.5 < arrow.get_linewidth() < 1
    assert fitted == FITTED[axes.get_title()]
    assert sampled == {(1, 2), (2, 3)}
    assert to_hex(boxes[0].get_facecolor()) == "#009e73"
    assert {box.get_alpha() < 0.5 for box in boxes} == {True}
    assert {model.get_linewidth() < 1 for model in models} == {True}


@pytest.mark.parametrize("column", [0, 1])
def test_names_stand_in_their_boxes(panels, column):
    axes = panels[column]
    pools, models = ([extents(one) for one in sorted_by_x(axes, kind)] for kind in (FancyBboxPatch, Ellipse))
    names = {text.get_text(): text for text in axes.texts}
    for k in (1, 2, 3):
        for name, (left, right, low, high) in ((f"data {k}", pools[k - 1]), (f"model {k}", models[k - 1])):
            assert names[name].get_position() == pytest.approx(((left + right) / 2, (low + high) / 2))
            assert (names[name].get_ha(), names[name].get_va()) == ("center", "center")
        below = names["real" if k == 1 else f"sampled\nfrom model {k - 1}"]
        assert (below.get_ha(), below.get_va()) == ("center", "top")
        x, y = below.get_position()
        assert x == pytest.approx(sum(pools[k - 1][:2]) / 2)
        assert 0 < pools[0][2] - y < 0.1
    assert len(names) == 9


def test_the_errors_are_the_gains_on_one_scale(panels):
    n = np.arange(1, 11)
    for axes, gains, colour in ((panels[2], n, "#D55E00"), (panels[3], np.cumsum(1 / n**2), "#0072B2")):
        curve = axes.lines[0]
        assert curve.get_color() == colour
        np.testing.assert_array_equal(curve.get_xdata(), n)
        np.testing.assert_allclose(np.asarray(curve.get_ydata()), gains)
    assert panels[2].get_ylim() == panels[3].get_ylim()
    assert panels[2].get_ylim()[0] == 0
    assert 10 < panels[2].get_ylim()[1] < 11
    (bound,) = panels[3].lines[1:]
    np.testing.assert_allclose(np.asarray(bound.get_ydata()), np.pi**2 / 6)
    assert len(panels[2].lines) == 1
