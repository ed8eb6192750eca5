"""One law, three worlds: the gain c_n in theory, in a simulation of least squares, and in a small transformer."""

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.lines import Line2D

from paper_repro.one_law import EXPERIMENT
from paper_repro.recorded import Row
from theory import Workflow, gain

from .style import COLOUR, NORMAL, beside, caption


class Excess(NamedTuple):
    """One workflow in one world: the excess loss over that of model 1, with the gain of theory."""

    world: str
    workflow: Workflow
    epochs: float | None
    ratio: np.ndarray
    standard_error: np.ndarray
    exact: np.ndarray
    replicates: int

    @property
    def max_abs_z(self) -> float:
        """The largest distance of measurement and law, in standard errors; model 1 is the unit and has none."""
        return float(np.abs((self.ratio - self.exact)[1:] / self.standard_error[1:]).max())


def excesses(rows: Sequence[Row]) -> list[Excess]:
    """One a (world, workflow, epochs), in the order of the table."""
    build = {workflow.command(): workflow for workflow in EXPERIMENT.workflows}
    groups: dict[tuple[str, str, str], list[Row]] = {}
    for row in rows:
        groups.setdefault((row["world"], row["workflow"], row["epochs"]), []).append(row)
    result = []
    for (world, name, epochs), group in groups.items():
        mean, error = np.array([[float(row[c]) for row in group] for c in ("mean", "standard_error")])
        exact = np.array([float(c) for c in gain(build[name], len(group))])
        replicates = int(group[0]["replicates"])
        result.append(Excess(world, build[name], float(epochs) if epochs else None, mean, error, exact, replicates))
    return result


def plot(rows: Sequence[Row]) -> Figure:
    """Left near the best fit, in all three worlds; right the network after few passes, which leaves the law."""
    figure = Figure(figsize=(5.5, 3.6))
    left, right = figure.subplots(1, 2, sharey=True, width_ratios=(1.6, 1))
    drawn = excesses(rows)
    simulated = [c for c in drawn if c.world == "simulation"]
    near = [c for c in drawn if c.epochs == EXPERIMENT.epochs]
    few = [c for c in drawn if c.epochs == EXPERIMENT.few_epochs]
    for curve in simulated:
        _law(left, curve)
        n = np.arange(1, len(curve.ratio) + 1)
        bars = {"fmt": "s", "markersize": 5.5, "markerfacecolor": "white", "elinewidth": 0.8}
        left.errorbar(
            n,
            curve.ratio,
            NORMAL * curve.standard_error,
            color=COLOUR[curve.workflow.command()],
            **bars,
        )
        beside(left, type(curve.workflow).__name__, n, curve.exact, color=COLOUR[curve.workflow.command()])
    for axes, group in ((left, near), (right, few)):
        for curve in group:
            _network(axes, curve)
    for curve in few:
        _law(right, curve)
    last = EXPERIMENT.iterations
    left.set(title=f"near the best fit: {EXPERIMENT.epochs:g} passes", xlim=(0.8, last + 1.6))
    right.set(title=f"far from it: {EXPERIMENT.few_epochs:g} passes", xlim=(0.8, last + 0.2))
    for axes in (left, right):
        axes.set(xlabel="model-fitting iteration n", xticks=range(1, last + 1))
    left.set_ylabel("excess loss of model n (of model 1 = 1)")
    left.set_ylim(0, None)
    left.legend(
        handles=[
            Line2D([], [], color="0.35", linewidth=0.9, label=r"theory, $c_n$"),
            Line2D([], [], color="0.35", marker="s", markersize=5.5, markerfacecolor="white", linewidth=0, label="sim"),
            Line2D([], [], color="0.35", marker="o", markersize=2.5, linewidth=0, label="transformer"),
        ],
        loc="upper left",
    )
    caption(
        figure,
        f"""Least squares at fixed design (squares, mean of {simulated[0].replicates:,} replicates) and a transformer
        trained on its own samples (circles, {near[0].replicates} seeds; exact KL divergence from the true distribution
        of its texts) follow the gain of theory (lines). Bars and bands: 95 % intervals. The simulation is at most
        {max(c.max_abs_z for c in simulated):.1f}, the transformer {max(c.max_abs_z for c in near):.1f} standard errors
        from the line. SlidingWindow has k = 2, FreshReal as many new real texts as sampled ones. Right: after too few
        passes the excess of model 1 is in part what training left undone, which refitting does not multiply.""",
    )
    return figure


def _law(axes: Axes, curve: Excess) -> None:
    axes.plot(np.arange(1, len(curve.exact) + 1), curve.exact, color=COLOUR[curve.workflow.command()], linewidth=0.9)


def _network(axes: Axes, curve: Excess) -> None:
    n, colour = np.arange(1, len(curve.ratio) + 1), COLOUR[curve.workflow.command()]
    half = NORMAL * curve.standard_error
    axes.fill_between(n, curve.ratio - half, curve.ratio + half, color=colour, alpha=0.2, linewidth=0)
    # Small and on top, so that it is seen inside the simulation's square.
    axes.plot(n, curve.ratio, "o", color=colour, markersize=2.5, zorder=4)
