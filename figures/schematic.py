"""The schematic: what Replace and Accumulate fit each model to, and what becomes of the error."""

import math

from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.patches import Ellipse, FancyArrowPatch, FancyBboxPatch

from theory import Accumulate, Replace, Workflow, gain

from .linear_a import TITLES
from .style import COLOUR, caption

_STEPS = 3
_REAL, _SYNTHETIC, _MODEL = "#009E73", "#CC79A7", "#F0F0F0"
_POOL_Y, _MODEL_Y = 0.25, 1.35


def plot() -> Figure:
    """Left Replace, right Accumulate: pools, fits and samples above, the error below."""
    figure = Figure(figsize=(5.5, 3.6))
    panels = figure.subplots(2, 2, sharey="row", height_ratios=(1.25, 1))
    for column, workflow in enumerate((Replace(), Accumulate())):
        _chain(panels[0][column], workflow)
        _error(panels[1][column], workflow)
    panels[1][0].set_ylim(0, None)
    caption(
        figure,
        """Each model is fitted to the pools that its solid arrows come from and then samples the next pool (dashed).
        Below: the test error of least squares at fixed design over that of one fit, exact: n under Replace, and under
        Accumulate the sum of 1/i² up to n, which stays below π²/6 (dotted).""",
    )
    return figure


def _chain(axes: Axes, workflow: Workflow) -> None:
    axes.set(title=TITLES[workflow.command()], xlim=(0.45, _STEPS + 0.55), ylim=(-0.45, 1.8))
    axes.axis("off")
    for step in range(1, _STEPS + 1):
        colour, name = (_REAL, "real") if step == 1 else (_SYNTHETIC, f"sampled\nfrom model {step - 1}")
        box = FancyBboxPatch(
            (step - 0.26, _POOL_Y - 0.2), 0.52, 0.4, boxstyle="round,pad=0,rounding_size=0.06", color=colour, alpha=0.35
        )
        axes.add_patch(box)
        axes.text(step, _POOL_Y, f"data {step}", ha="center", va="center", fontsize=7)
        axes.text(step, _POOL_Y - 0.27, name, ha="center", va="top", fontsize=6.5, color="0.3")
        axes.add_patch(Ellipse((step, _MODEL_Y), 0.58, 0.42, facecolor=_MODEL, edgecolor="0.3", linewidth=0.8))
        axes.text(step, _MODEL_Y, f"model {step}", ha="center", va="center", fontsize=7)
        for pool in workflow.shares(step):
            _arrow(axes, (float(pool.index), _POOL_Y + 0.22), (step - 0.06 * (step - pool.index), _MODEL_Y - 0.22))
        if step < _STEPS:
            _arrow(axes, (step + 0.27, _MODEL_Y - 0.1), (step + 0.9, _POOL_Y + 0.22), sampling=True)


def _arrow(axes: Axes, start: tuple[float, float], end: tuple[float, float], *, sampling: bool = False) -> None:
    axes.add_patch(
        FancyArrowPatch(
            start,
            end,
            arrowstyle="-|>",
            mutation_scale=6,
            shrinkA=0,
            shrinkB=0,
            linewidth=0.8,
            linestyle=(0, (3, 2)) if sampling else "-",
            color=_SYNTHETIC if sampling else "0.3",
        )
    )


def _error(axes: Axes, workflow: Workflow) -> None:
    name = workflow.command()
    iterations = range(1, 11)
    gains = [float(c) for c in gain(workflow, iterations[-1])]
    axes.plot(iterations, gains, color=COLOUR[name], marker="o")
    if name == "accumulate":
        axes.axhline(math.pi**2 / 6, color="0.35", linestyle=":")
    axes.set(xlabel="model-fitting iteration n", xticks=(1, 5, 10))
    if name == "replace":
        axes.set_ylabel("test error\n(of one fit = 1)")
