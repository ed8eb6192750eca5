"""The figures of the papers after the first show their tables' numbers, and laws by hand."""

import csv

import numpy as np
import pytest
from matplotlib.container import ErrorbarContainer
from matplotlib.figure import Figure

from figures import demystified, recursion
from figures.style import style
from paper_repro.recorded import RECORDED
from theory import Spectrum, downstream_error


def rows_of(name):
    with (RECORDED / f"{name}.csv").open(newline="") as file:
        return list(csv.DictReader(file))


def drawn(module, *names):
    with style():
        return module.plot({name: rows_of(name) for name in names})


def points(axes):
    """x, y and half of the interval of each set of circles."""
    found = []
    for bars in (each for each in axes.containers if isinstance(each, ErrorbarContainer)):
        (line, _, (spans,)) = bars.lines
        halves = [(end[1] - start[1]) / 2 for start, end in spans.get_segments()]
        found.append((np.asarray(line.get_xdata()), np.asarray(line.get_ydata()), np.array(halves)))
    return found


def heights(line):
    return np.asarray(line.get_ydata(), np.float64)


def table(rows, **place):
    found = [row for row in rows if place.items() <= row.items()]
    return np.array([[float(row["mean"]), 1.96 * float(row["standard_error"])] for row in found]).T


@pytest.fixture(scope="module")
def ridge():
    return drawn(demystified, "dohmatob_ridge", "dohmatob_power_law")


def test_circles_are_the_brute_force(ridge):
    left, right = ridge.axes
    rows = rows_of("dohmatob_ridge")
    for (x, y, half), iteration in zip(points(left), ("1", "2", "3", "6"), strict=True):
        mean, error = np.hstack(
            [table(rows, variant="T = 400", iteration=iteration, metric=f"{value:g}") for value in x]
        )
        np.testing.assert_allclose(y, mean)
        np.testing.assert_allclose(half, error, rtol=1e-6)
    rows = rows_of("dohmatob_power_law")
    shown = (("clean", "1"), ("clean", "6"), ("adaptive", "6"))
    for (x, y, half), (metric, iteration) in zip(points(right), shown, strict=True):
        assert list(x) == [50, 100, 200, 400, 800, 1600, 3200]
        found = [table(rows, variant=f"T = {value:g}", iteration=iteration, metric=metric) for value in x]
        mean, error = np.hstack(found)
        np.testing.assert_allclose(y, mean)
        np.testing.assert_allclose(half, error, rtol=1e-6)


def test_lines_are_the_formula(ridge):
    left, right = ridge.axes
    curves = [line for line in left.lines if len(line.get_xdata()) == 40]
    for line, generators in zip(curves, (0, 1, 2, 5), strict=True):
        for place in (0, 20, 39):
            at = float(line.get_xdata()[place])
            law = downstream_error(
                Spectrum.isotropic(100), 400, at, generators=generators, T0=250, sigma=0.5, sigma0=0.5
            )
            assert line.get_ydata()[place] == pytest.approx(law)
    law = downstream_error(
        Spectrum.power_law(200, 1.5, 0.5), 3200, 3200**-0.6, generators=5, T0=400, sigma=0.3, sigma0=0.3
    )
    ends = [line.get_ydata()[-1] for line in right.lines if line.get_linestyle() == "-"]
    assert min(abs(end / law - 1) for end in ends) < 1e-9
    assert "chains" in ridge.get_supxlabel()


def test_circles_are_as_far_off_below_the_formula_as_above():
    points = [1.0, 2.0, 3.0], [(2.0, 0.5), (4.5, 0.25), (5.0, 1.0)]
    found = demystified._draw(Figure().subplots(), ([1.0, 3.0], [3.0, 5.0]), points, "black", [3.0, 4.0, 5.0])
    assert found == [2, 2, 0]


def test_gaussians_and_states_are_the_tables():
    figure = drawn(recursion, "shumailov_gaussian", "shumailov_discrete")
    left, right = figure.axes
    for (x, y, half), metric in zip(points(left), ("variance_of_a_sample", "wasserstein"), strict=True):
        assert list(x) == [1, 2, 5, 10, 20, 30, 40, 50]
        mean, error = table(rows_of("shumailov_gaussian"), metric=metric)
        np.testing.assert_allclose(y, mean)
        np.testing.assert_allclose(half, error, rtol=1e-6)
    states = points(right)
    assert len(states) == 8
    for (x, y, half), p in zip(states, ("0.5", "0.25", "0.13", "0.06", "0.03", "0.015", "0.01", "0.005"), strict=True):
        assert list(x) == [1, 2, 5, 10, 20, 50, 100, 200, 500, 1000]
        mean, error = table(rows_of("shumailov_discrete"), metric=f"lost {p}")
        np.testing.assert_allclose(y, mean)
        np.testing.assert_allclose(half, error, rtol=1e-6, atol=1e-12)
    dashed = [heights(line) for line in left.lines if line.get_linestyle() == "--"]
    assert [line[9] for line in dashed] == pytest.approx([1.1, 0.15])
    (exact,) = [heights(line) for line in left.lines if line.get_linestyle() == "-" and len(heights(line)) == 50]
    c4 = 1 - 1 / 400 - 7 / 320_000  # its series
    assert exact[9] == pytest.approx(0.1 + 2 * (1 - c4**10), rel=1e-4)
    (lost,) = [heights(line) for line in right.lines if line.get_linestyle() == ":"]
    shares = (0.5, 0.25, 0.13, 0.06, 0.03, 0.015, 0.01, 0.005)
    assert lost[0] == pytest.approx(sum((1 - p) ** 100 for p in shares) / 7)
    assert lost[-1] == pytest.approx(1, rel=1e-3)
