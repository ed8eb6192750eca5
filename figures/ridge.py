"""How much of a ridge is best: less of it the longer a chain that accumulates, and more where data are replaced."""

from collections.abc import Sequence
from dataclasses import replace

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.ticker import NullFormatter, StrMethodFormatter

from paper_repro.recorded import Row
from paper_repro.regression import RIDGE
from paper_repro.sweep import Simulation
from theory import Accumulate, Replace, Workflow, best_ridge

from .laws import label
from .ridges import estimates, law
from .style import CIRCLES, COLOUR, DOTTED, NORMAL, caption, note, shade

SWEEP = RIDGE

#: Models that are shown, and how strong their colours are.
_SHOWN = {1: 0.4, 4: 0.7, 16: 1.0}

#: Ridges at which the law is drawn.
_GRID = np.geomspace(0.05, 3, 25)


def plot(rows: Sequence[Row]) -> Figure:
    """Left Replace, right Accumulate: the test error of three models by the ridge."""
    figure = Figure(figsize=(5.5, 3.4))
    panels = dict(zip((Replace(), Accumulate()), figure.subplots(1, 2, sharey=True), strict=True))
    apart = [_draw(axes, workflow, rows) for workflow, axes in panels.items()]
    first = SWEEP.simulations[0]
    best = {model: best_ridge(first.task, Accumulate(), model).ridge for model in _SHOWN}
    panels[Replace()].set_ylabel("test error")
    caption(
        figure,
        f"""Fresh design, T = {first.T}, d = {first.d}, σ = 1 and |w*| = 1, with a ridge λ|w|² added to the mean of the
        squares: mean of {int(rows[0]["replicates"])} replicates (circles, with 95 % intervals) on the law for
        d/T = {first.d / first.T:g} (lines; triangles where it is least). Dotted: the error of predicting 0. Under
        Accumulate the best λ falls with n, from {best[1]:.2g} over {best[4]:.2g} to {best[16]:.2g}; under Replace there
        is soon nothing better than a large one, which predicts 0. Simulation and law differ by at most
        {100 * max(apart):.1f} %.""",
    )
    return figure


def _draw(axes: Axes, workflow: Workflow, rows: Sequence[Row]) -> float:
    """The curves of a workflow; how far simulation and law are apart at most, relatively."""
    mine = [one for one in SWEEP.simulations if one.workflow == workflow]
    found = {one.ridge: estimates(rows, one) for one in mine}
    there = np.array([law(one, max(_SHOWN)) for one in mine])
    lines = _lines(mine[0])
    apart = []
    for model, strength in _SHOWN.items():
        colour = shade(COLOUR[workflow.command()], strength)
        mean, error = np.array([[part[model - 1] for part in each] for each in found.values()]).T
        apart.append(np.abs(mean / there[:, model - 1] - 1).max())
        axes.plot(_GRID, lines[:, model - 1], color=colour)
        axes.errorbar(np.array(list(found), float), mean, NORMAL * error, color=colour, **CIRCLES)
        best = best_ridge(mine[0].task, workflow, model)
        if best.ridge < _GRID[-1]:
            axes.plot(best.ridge, best.error, "v", color=colour, markersize=5)
        end, offset = (0, (-4, 5)) if workflow == Replace() else (-1, (5, -2))  # where the curves are apart
        place = _GRID[end], lines[end, model - 1]
        note(axes, f"n = {model}", place, offset)
    axes.axhline(1, color="black", **DOTTED)
    axes.set(title=label(workflow), xlabel="ridge λ", xscale="log", yscale="log")
    axes.set(xticks=(0.05, 0.15, 0.4, 1, 3), yticks=(0.5, 1, 2, 4), xlim=(0.04, 7))
    for axis in (axes.xaxis, axes.yaxis):
        axis.set_major_formatter(StrMethodFormatter("{x:g}"))
        axis.set_minor_formatter(NullFormatter())
    return max(apart)


def _lines(one: Simulation[Workflow]) -> np.ndarray:
    """The law of all models (second axis) at the ridges of the grid."""
    return np.array([law(replace(one, ridge=float(ridge)), max(_SHOWN)) for ridge in _GRID])
