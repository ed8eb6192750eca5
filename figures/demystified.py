"""2402.07712: ridge after generators, by the ridge and by the rows, brute force on the formulas."""

from collections.abc import Mapping, Sequence

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.ticker import NullFormatter, StrMethodFormatter

from paper_repro.dohmatob2024a.claims import isotropic_law, power_law
from paper_repro.dohmatob2024a.downstream import (
    CAPACITY,
    FEATURES,
    GENERATOR_ROWS,
    GENERATORS,
    ISOTROPIC,
    NOISE,
    POWER_FEATURES,
    POWER_LAW,
    POWER_ROWS,
    RIDGES,
    ROWS,
    SIGMA,
    SOURCE,
    ridges,
)
from paper_repro.recorded import Row, matching

from .style import CIRCLES, COLOUR, DOTTED, NORMAL, beside, caption, note, shade

#: Rows of the ridge fit on the left, and how many generators are shown there.
SHOWN, COUNTS = 400, (0, 1, 2, 5)

#: Name of the ridge, generators, colour and label, on the right.
CURVES = (
    ("clean", 0, "black", "real data"),
    ("clean", GENERATORS, COLOUR["replace"], f"{GENERATORS} generators"),
    ("adaptive", GENERATORS, COLOUR["fresh-real"], f"{GENERATORS} generators,\nadaptive ridge"),
)


def plot(tables: Mapping[str, Sequence[Row]]) -> Figure:
    """Left features that are all alike, right a power law."""
    figure = Figure(figsize=(5.5, 3.4))
    left, right = figure.subplots(1, 2)
    for axes in (left, right):
        axes.set(xscale="log", yscale="log")
    apart = [*_by_ridge(left, tables[ISOTROPIC.name]), *_by_rows(right, tables[POWER_LAW.name])]
    left.set_ylabel("test error")
    for axis, ticks in ((left.yaxis, (0.1, 0.2, 0.5, 1)), (right.yaxis, (0.002, 0.005, 0.01, 0.02, 0.05))):
        axis.set_ticks(ticks)
        axis.set_major_formatter(StrMethodFormatter("{x:g}"))
        axis.set_minor_formatter(NullFormatter())
    few, many = (int(tables[name][0]["replicates"]) for name in (POWER_LAW.name, ISOTROPIC.name))
    caption(
        figure,
        f"""A ridge fit to T rows of the last of n generators, each fitted by least squares to rows of the one before:
        mean of brute force (circles, with 95 % intervals) on the formula for many features (lines). Left: all features
        alike, d = {FEATURES}, T = {SHOWN}, generators of {GENERATOR_ROWS} rows, σ = {SIGMA:g}, {many} chains; dotted,
        the error of predicting 0. More generators want more ridge. Right: eigenvalues j^-{CAPACITY:g}, source
        {SOURCE:g}, d = {POWER_FEATURES}, generators of {POWER_ROWS} rows, σ = {NOISE:g}, {few} chains. The ridge that
        is best on real data, T^-0.6, gives {GENERATORS} generators' noise ever more room: the error crosses over and
        rises. With effective rows in the place of T, 1/T + n/(T₀ - d - 1) inverted, it does not. Brute force is at most
        {max(apart):.1f} standard errors from the formula.""",
    )
    return figure


def _by_ridge(axes: Axes, rows: Sequence[Row]) -> list[float]:
    """A curve for each number of generators; how far its circles are off the formula, in standard errors."""
    apart, grid = [], np.geomspace(RIDGES[0], RIDGES[-1], 40).tolist()
    for generators in COUNTS:
        colour = "black" if generators == 0 else shade(COLOUR["replace"], 0.3 + 0.7 * generators / COUNTS[-1])
        line = [isotropic_law(SHOWN, ridge, generators) for ridge in grid]
        place = {"variant": f"T = {SHOWN}", "iteration": str(generators + 1)}
        found = [_cell(rows, {**place, "metric": f"{ridge:g}"}) for ridge in RIDGES]
        apart += _draw(
            axes, (grid, line), (RIDGES, found), colour, [isotropic_law(SHOWN, r, generators) for r in RIDGES]
        )
        above = 4 if generators < COUNTS[-1] else -9  # the last one's is below, for there is the dotted line
        note(axes, f"n = {generators}", (grid[0], line[0]), (2, above))
    axes.axhline(1, color="black", **DOTTED)
    axes.set(title="all features alike", xlabel="ridge λ")
    return apart


def _by_rows(axes: Axes, rows: Sequence[Row]) -> list[float]:
    """A curve for each kind of ridge; how far its circles are off the formula, in standard errors."""
    apart, at = [], [float(count) for count in ROWS]
    for name, generators, colour, label in CURVES:
        line = [power_law(count, ridges(count)[name], generators) for count in ROWS]
        place = {"iteration": str(generators + 1), "metric": name}
        found = [_cell(rows, {**place, "variant": f"T = {count}"}) for count in ROWS]
        apart += _draw(axes, (at, line), (at, found), colour, line)
        beside(axes, label, at, line, color=colour)
    axes.set(title="a power law", xlabel="rows T", xlim=(40, 25_000), xticks=(50, 200, 800, 3200))
    axes.xaxis.set_major_formatter(StrMethodFormatter("{x:,.0f}"))
    axes.xaxis.set_minor_formatter(NullFormatter())
    return apart


def _cell(rows: Sequence[Row], place: Mapping[str, str]) -> tuple[float, float]:
    """Mean and standard error."""
    row = next(matching(rows, place))
    return float(row["mean"]), float(row["standard_error"])


def _draw(
    axes: Axes,
    line: tuple[Sequence[float], Sequence[float]],
    points: tuple[Sequence[float], Sequence[tuple[float, float]]],
    colour: object,
    expected: Sequence[float],
) -> list[float]:
    """A line, and circles with their intervals; how far these are off what is expected, in standard errors.

    Args:
        axes: where.
        line: x and y.
        points: x, and mean and standard error.
        colour: of both.
        expected: the line's y where the points are.
    """
    axes.plot(*line, color=colour)
    mean, error = np.array(points[1]).T
    axes.errorbar(points[0], mean, NORMAL * error, color=colour, **CIRCLES)
    return np.abs((mean - np.array(expected)) / error).tolist()
