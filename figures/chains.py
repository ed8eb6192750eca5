"""What the figures of networks share: curves out of recorded tables, bands over seeds, losses above what is lost."""

from collections.abc import Mapping, Sequence
from typing import NamedTuple

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from paper_repro.recorded import Row
from theory.measurement import errors_to_a_side

from .style import COLOUR

NAMES = {"replace": "Replace", "accumulate": "Accumulate"}


class Curve(NamedTuple):
    """A metric by iteration: its mean over seeds and the standard error of that."""

    mean: np.ndarray
    standard_error: np.ndarray
    seeds: int

    @property
    def half(self) -> np.ndarray:
        """Half of the 95 % interval of the mean."""
        return errors_to_a_side(self.seeds - 1) * self.standard_error


def curve(rows: Sequence[Row], variant: str, workflow: str, metric: str) -> Curve:
    """A metric of one variant under one workflow.

    Args:
        rows: a table of metrics.
        variant: its name in the experiment.
        workflow: its name, as on the command line.
        metric: its name, as in the table.
    """
    found = [row for row in rows if (row["variant"], row["workflow"], row["metric"]) == (variant, workflow, metric)]
    found.sort(key=lambda row: int(row["iteration"]))
    mean, error = np.array([[float(row[name]) for row in found] for name in ("mean", "standard_error")])
    return Curve(mean, error, int(found[0]["replicates"]))


def band(
    axes: Axes,
    rows: Sequence[Row],
    workflow: str,
    metric: str,
    colour: str,
    *,
    label: str,
    variant: str = "cpu",
    times: int = 1,
    add: int = 0,
) -> None:
    """A metric of one variant, and its 95 % interval over seeds, by iteration.

    Args:
        axes: where it is drawn.
        rows: a table of metrics.
        workflow: its name, as on the command line.
        metric: its name, as in the table.
        colour: the colour of line and band.
        label: its text in the legend.
        variant: its name in the experiment.
        times: what the metric is multiplied by.
        add: what is added to that.
    """
    drawn = curve(rows, variant, workflow, metric)
    mean, half, n = times * drawn.mean, times * drawn.half, np.arange(1, len(drawn.mean) + 1)
    axes.fill_between(n, add + mean - half, add + mean + half, color=colour, alpha=0.18, linewidth=0)
    axes.plot(n, add + mean, "o-", color=colour, markersize=2.2, linewidth=0.9, label=label)


def losses_and_lost(rows: Sequence[Row], lost: Sequence[tuple[str, str, str]]) -> tuple[Figure, np.ndarray]:
    """A figure with room for the losses above, Replace | Accumulate, and below bands of (metric, shade, label)."""
    figure = Figure(figsize=(5.5, 3.9))
    grid = figure.subplots(2, 2, sharex=True, sharey="row", height_ratios=(1.25, 1))
    for column, workflow in enumerate(NAMES):
        top, bottom = grid[:, column]
        top.set_title(NAMES[workflow])
        for metric, shade, label in lost:
            band(bottom, rows, workflow, metric, shade, label=label)
        iterations = len(curve(rows, "cpu", workflow, lost[0][0]).mean)
        bottom.set(xlabel="model-fitting iteration n", xticks=range(1, iterations + 1))
    return figure, grid


def ladder(axes: Axes, rungs: Sequence[tuple[str, Mapping[str, Curve]]], last: int) -> None:
    """The rise of the test loss up to model `last` in per cent: a rung a label, with the curves of its workflows."""
    offset = 0.13 if any(len(curves) > 1 for _, curves in rungs) else 0.0
    named = set()
    for place, (_, curves) in enumerate(rungs):
        for workflow, rise in curves.items():
            axes.errorbar(
                100 * rise.mean[last - 1],
                place + (offset if workflow == "accumulate" else -offset),
                xerr=100 * rise.half[last - 1],
                fmt="o",
                color=COLOUR[workflow],
                elinewidth=0.8,
                label=None if workflow in named else NAMES[workflow],
            )
            named.add(workflow)
    axes.set_yticks(range(len(rungs)), [label for label, _ in rungs])
    axes.set_ylim(len(rungs) - 0.4, -0.6)
    axes.axvline(0, color="0.5", linewidth=0.6)
    axes.set_xlabel(f"rise of the test loss from model 1 to model {last}, %")
    axes.legend(loc="lower right")
