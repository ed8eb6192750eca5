"""Molecules in the figure of diffusion models: the recorded atoms, turned as a whole, and the bonds between them."""

import numpy as np
import pytest
from matplotlib.colors import to_hex
from scipy.spatial.distance import pdist

from figures import diffusion
from tests.figures.test_drawn import COLOURS, draw, rows_of

ELEMENTS = {"C": "#4d4d4d", "N": "#0072b2", "O": "#d55e00", "S": "#f0e442"}


@pytest.fixture(scope="module")
def figure():
    return draw(diffusion.plot_samples, rows_of("diffusion_samples"))


def positions(row):
    return np.reshape([float(word) for word in row["positions"].split()], (-1, 3))


def cells(axes):
    """Of each cell (column, row) of a panel its balls, (x, y, depth) and colour, and its sticks."""
    across = dict(zip(axes.get_xticks(), (int(label.get_text()) for label in axes.get_xticklabels()), strict=True))
    down = dict(zip(axes.get_yticks(), (label.get_text() for label in axes.get_yticklabels()), strict=True))
    found = {}
    for line in axes.lines:
        x, y = (np.asarray(values, float) for values in line.get_data())
        if len(x):
            column, row = (
                min(places, key=lambda at, v=v: abs(at - v.mean())) for places, v in ((across, x), (down, y))
            )
            balls, sticks = found.setdefault((across[column], down[row]), ([], []))
            if len(x) == 1:
                # what is nearer is in front, by a hundredth an angstrom
                depth = 100 * (line.get_zorder() - 2.005)
                balls.append(((x[0] - column, y[0] - row, depth), to_hex(line.get_color()), line.get_markersize()))
            else:
                sticks.append((np.stack([x - column, y - row], 1), line.get_zorder()))
    return found


def test_each_molecule_is_the_recorded_one_in_its_cell(figure):
    table = rows_of("diffusion_samples")
    for axes, workflow in zip(figure.axes, ("replace", "accumulate"), strict=True):
        found = cells(axes)
        assert axes.get_title() == workflow.capitalize()
        assert to_hex(axes.title.get_color()) == to_hex(COLOURS[workflow])
        assert sorted({n for n, _ in found}) == [1, 2, 3, 4, 5, 6]
        names = {name for _, name in found}
        assert len(found) == 6 * len(names) >= 12
        # those that every model draws
        drawn = [row["molecule"] for row in table]
        assert names == {name for name in drawn if drawn.count(name) == 12}
        for (n, name), (balls, sticks) in found.items():
            place = {"workflow": workflow, "iteration": str(n), "molecule": name}
            (row,) = (row for row in table if place.items() <= row.items())
            shown = np.array([at for at, *_ in balls])
            np.testing.assert_allclose(pdist(shown), pdist(positions(row)), rtol=1e-6, atol=1e-6)
            np.testing.assert_allclose(shown.mean(0), 0, atol=1e-6)
            assert [colour for _, colour, _ in balls] == [ELEMENTS.get(a, "#cc79a7") for a in row["atoms"].split()]
            sizes = np.array([size for *_, size in balls])
            assert (np.diff(sizes[np.argsort(shown[:, 2])]) >= -1e-9).all()  # the nearer, the larger
            bonds = [tuple(int(atom) for atom in bond.split("-")) for bond in row["bonds"].split()]
            for (one, other), (ends, order) in zip(bonds, sticks, strict=True):
                np.testing.assert_allclose(ends, shown[[one, other], :2], atol=1e-9)
                assert order == pytest.approx(2 + shown[[one, other], 2].mean() / 100)


def test_molecules_are_laid_flat_and_turned_onto_the_first(figure):
    """No turn or mirror image has more in common: the trace is the sum of the singular values."""
    first = cells(figure.axes[0])
    for axes in figure.axes:
        for (_, name), (balls, _) in cells(axes).items():
            x, onto = (np.array([at for at, *_ in drawn]) for drawn in (balls, first[1, name][0]))
            width, height, depth = onto.std(0)
            assert width > height > depth
            np.testing.assert_allclose(np.trace(x.T @ onto), np.linalg.svd(x.T @ onto)[1].sum(), rtol=1e-6)


def test_a_sheet_without_axes_says_what_its_colours_mean(figure):
    for axes in figure.axes:
        assert not any(spine.get_visible() for spine in axes.spines.values())
        ticks = [*axes.xaxis.get_major_ticks(), *axes.yaxis.get_major_ticks()]
        assert {tick.tick1line.get_markersize() for tick in ticks} == {0}
        assert not any(tick.gridline.get_visible() for tick in ticks)
        assert axes.get_aspect() == 1
        # each cell is in view, and half a cell about it
        (across, *_, last), down = axes.get_xticks(), axes.get_yticks()
        step = axes.get_xticks()[1] - across
        assert axes.get_xlim() == pytest.approx((across - step / 2, last + step / 2))
        assert axes.get_ylim()[0] < down.min() - 3
        assert axes.get_ylim()[1] > down.max() + 3
    legend = figure.axes[0].get_legend()
    shown = zip(legend.get_texts(), legend.legend_handles, strict=True)
    assert {text.get_text(): to_hex(handle.get_color()) for text, handle in shown} == ELEMENTS
    assert figure.axes[1].get_legend() is None
