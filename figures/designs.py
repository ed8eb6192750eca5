"""Accumulate at fixed and at fresh design: two exact laws, the simulation on each, and the bound of both."""

from collections.abc import Sequence

import numpy as np
from matplotlib.figure import Figure

from paper_repro.gerstgrasser2024.linear import DESIGNS
from paper_repro.recorded import Row

from .linear import agreement, curves
from .style import COLOUR, MARKER, NORMAL, caption, shade

SWEEP = DESIGNS
_STRENGTH = {"fixed": 1.0, "fresh": 0.6}


def plot(rows: Sequence[Row]) -> Figure:
    """One panel a T, the more different one first."""
    figure = Figure(figsize=(5.5, 2.9))
    drawn = curves(rows)
    samples = sorted({c.T for c in drawn})
    panels = dict(zip(samples, figure.subplots(1, len(samples)), strict=True))
    for curve in drawn:
        axes, colour = panels[curve.T], shade(COLOUR[curve.workflow], _STRENGTH[curve.design])
        axes.plot(curve.iteration, curve.exact, color=colour, label=f"exact law, {curve.design} design")
        axes.errorbar(
            curve.iteration,
            curve.mean,
            NORMAL * curve.standard_error,
            fmt=MARKER[curve.design],
            color=colour,
            markerfacecolor="white",
            elinewidth=0.8,
            label=f"simulation, {curve.design} design",
        )
    for T, axes in panels.items():
        per_fit = next(c.exact[0] for c in drawn if c.T == T)
        bound = per_fit * np.pi**2 / 6
        axes.axhline(bound, color="0.35", linestyle=":", label=r"bound $\frac{\pi^2}{6}\,\frac{\sigma^2d}{T-d-1}$")
        axes.set(title=f"T = {T}", xlabel="model-fitting iteration", xticks=(1, 5, 10, 15, 20))
        axes.set_ylim(0.94 * per_fit, 1.03 * bound)
    panels[samples[0]].set_ylabel("test error (noise left out)")
    panels[samples[-1]].legend(loc="lower right")
    caption(
        figure,
        f"""Accumulate at d = {drawn[0].d}, σ = 1. The paper relabels one X (fixed design); with a new X at every
        iteration (fresh design) the error settles lower, the more so the closer T is to d, and stays away from the
        bound, which fixed design approaches. Bars: 95 % intervals of the mean. {agreement(drawn)}""",
    )
    return figure
