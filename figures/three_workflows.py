"""2410.16713: Replace, Accumulate and AccumulateSubsample side by side, with the values read off the paper's plot."""

from collections.abc import Mapping, Sequence

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.ticker import StrMethodFormatter

import theory
from paper_repro.kazdan2024.published import PUBLISHED
from paper_repro.kazdan2024.simulations import GAUSSIAN, GAUSSIANS, LINEAR, WORKFLOWS
from paper_repro.kazdan2024.subsampled import SUBSAMPLED
from paper_repro.recorded import Row
from theory import AccumulateSubsample, Gaussian
from theory.linear import test_error

from .estimates import estimates
from .laws import label
from .style import CIRCLES, COLOUR, DOTTED, NORMAL, caption

#: How a simulation of so many rows is drawn.
_LINES = {32: "-", 100: "--"}

#: Where the names of the left panel begin.
_NAMED = {"replace": (33, 24), "accumulate": (33, 1.2), "accumulate-subsample": (9, 5.6)}

Tables = Mapping[str, Sequence[Row]]


def plot(tables: Tables) -> Figure:
    """Left least squares for few rows and more, right the variance of a Gaussian."""
    figure = Figure(figsize=(5.5, 3.4))
    left, right = figure.subplots(1, 2, width_ratios=(1.35, 1))
    _least_squares(left, tables)
    apart = _gaussian(right, tables[GAUSSIAN.name])
    plateau = {rows: _simulated(tables, AccumulateSubsample(), rows)[0][-20:].mean() for rows in _LINES}
    replicates = {sweep.name: int(tables[sweep.name][0]["replicates"]) for sweep in (LINEAR, SUBSAMPLED, GAUSSIAN)}
    caption(
        figure,
        f"""Left: test error of least squares at d = 10, one X labelled anew, for T = 32 (solid) and T = 100 (dashed):
        mean of {replicates[LINEAR.name]:,} replicates, of AccumulateSubsample {replicates[SUBSAMPLED.name]:,} (bands:
        95 % intervals). Dotted: the law for T → ∞, which is exact for Replace and Accumulate; thin and black, for the
        third: the limit d/T → γ with d + 1 for d, an approximation. Crosses: read off the
        paper's plot, T = 32 and T = 100. AccumulateSubsample ends at {plateau[32]:.1f} and {plateau[100]:.1f} times the
        error of one fit, in the paper at 5.0 and 3.3, for T → ∞ at 2.93. Right: variance of a Gaussian refitted to
        {GAUSSIANS[0][0]} rows, {replicates[GAUSSIAN.name]:,} replicates (circles, with 95 % intervals), on exact laws,
        at most {apart:.1f} standard errors away.""",
    )
    return figure


def _simulated(tables: Tables, workflow: theory.Workflow, rows: int) -> tuple[np.ndarray, np.ndarray]:
    """Mean and standard error in units of one fit."""
    table = tables[SUBSAMPLED.name if workflow == AccumulateSubsample() else LINEAR.name]
    mean, error = estimates(table, workflow=workflow.command(), design="fixed", T=rows)
    one_fit = 10 / (rows - 11)
    return mean / one_fit, error / one_fit


def _least_squares(axes: Axes, tables: Tables) -> None:
    n = np.arange(1, LINEAR.iterations + 1)
    for workflow in WORKFLOWS:
        colour = COLOUR[workflow.command()]
        gains = [float(gain) for gain in test_error(workflow, design="fixed").gain(len(n))]
        axes.plot(n, gains, color=colour, **DOTTED)
        for rows, line in _LINES.items():
            mean, error = _simulated(tables, workflow, rows)
            axes.plot(n, mean, color=colour, linestyle=line)
            axes.fill_between(n, mean - NORMAL * error, mean + NORMAL * error, color=colour, alpha=0.2, linewidth=0)
            theirs = PUBLISHED.value(figure="linear_regression", setting=f"T={rows}", workflow=workflow.command())
            axes.plot(n[-1], theirs, "x", color="black", markersize=5, clip_on=False, zorder=5)
            if workflow == AccumulateSubsample():
                law = test_error(workflow, design="fixed")
                values = law.evaluate(T=rows, d=10, sigma=1, n=n, validity="approximation")
                axes.plot(n, values / (10 / (rows - 11)), color="black", linewidth=0.6, linestyle=line)
        axes.annotate(label(workflow), _NAMED[workflow.command()], fontsize=6.5, color=colour)
    axes.set(title="least squares, d = 10", xlabel="model-fitting iteration n", xscale="log", yscale="log")
    axes.set(xticks=(1, 2, 5, 10, 20, 50, 100), yticks=(1, 2, 5, 10, 20, 50, 100))
    axes.set_ylabel("test error over that of one fit")
    for axis in (axes.xaxis, axes.yaxis):
        axis.set_major_formatter(StrMethodFormatter("{x:g}"))
    axes.minorticks_off()


def _gaussian(axes: Axes, rows: Sequence[Row]) -> float:
    """Draws; how many standard errors simulation and law are apart at most."""
    T, d = GAUSSIANS[0]
    n, task, apart = np.arange(1, GAUSSIAN.iterations + 1), Gaussian(T=T, d=d), []
    for workflow in WORKFLOWS:
        colour, law = COLOUR[workflow.command()], theory.law(task, workflow).evaluate(n=n)
        mean, error = estimates(rows, task=task, workflow=workflow)
        axes.plot(n, law, color=colour)
        axes.errorbar(n, mean, NORMAL * error, color=colour, **CIRCLES)
        apart.append(float(np.abs((mean - law) / error).max()))
    axes.set(title=f"Gaussian, {T} rows", xlabel="model-fitting iteration n", xticks=(1, 5, 10, 15, 20), ylim=(0, None))
    axes.set_ylabel("variance over the truth's")
    return max(apart)
