"""Generators: sampling at another temperature leaves the kind of growth as it is, labels with a bias change it."""

from collections.abc import Sequence

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from paper_repro.recorded import Row
from paper_repro.regression import BIAS, TEMPERATURE_BIAS, TEMPERATURES
from paper_repro.sweep import Simulation
from theory import Workflow, generated

from .laws import label
from .style import CIRCLES, COLOUR, NORMAL, beside, caption, shade

SWEEP = TEMPERATURE_BIAS

#: Iterations with a simulation drawn on them.
_SHOWN = (1, 2, 3, 4, 6, 8, 11, 15, 20, 25, 30)


def plot(rows: Sequence[Row]) -> Figure:
    """Left temperatures under Replace and Accumulate, right one bias under four workflows."""
    figure = Figure(figsize=(5.5, 3.4))
    left, right = figure.subplots(1, 2)
    strengths = dict(zip(TEMPERATURES, (1.0, 0.65, 0.35), strict=True))
    apart = []
    for one in SWEEP.simulations:
        axes, strength = (left, strengths[one.generator]) if one.generator in strengths else (right, 1.0)
        apart.append(_draw(axes, one, rows, strength))
    for axes in (left, right):
        axes.set(xlabel="model-fitting iteration n", yscale="log")
    left.set(title="temperature", xlim=(0.5, 38), xticks=(1, 10, 20, 30))
    left.set_ylabel("test error (of model 1 = 1)")
    right.set(title=f"bias of length {float(BIAS.bias):g}", xscale="log", xlim=(0.9, 70))
    first = SWEEP.simulations[0]
    caption(
        figure,
        f"""Fixed design, T = {first.T}, d = {first.d}, σ = 1: mean of {int(rows[0]["replicates"]):,} replicates
        (circles, with 95 % intervals) on the exact law (lines). Left: noise of sampled labels times τ; Replace still
        grows linearly for every τ > 0. Right: labels sampled from a model are off by one vector of length
        {float(BIAS.bias):g}. Then Accumulate is not bounded either: it grows like (log n)², Replace and a window like
        n²; with a fifth of real data, always the same, the error stays bounded. The simulation is at most
        {max(apart):.1f} standard errors from the law.""",
    )
    return figure


def _draw(axes: Axes, one: Simulation[Workflow], rows: Sequence[Row], strength: float) -> float:
    """A law with its simulation, in units of one fit's error; how many standard errors they are apart at most."""
    found = sorted((row for row in rows if row["workflow"] == one.name), key=lambda row: int(row["iteration"]))
    one_fit = one.d / (one.T - one.d - 1)
    mean, error = np.array([[float(row[column]) for row in found] for column in ("mean", "standard_error")]) / one_fit
    n = np.arange(1, len(mean) + 1)
    law = generated(one.workflow, one.generator, design=one.design).evaluate(T=one.T, d=one.d, n=n) / one_fit
    colour = shade(COLOUR[one.workflow.command()], strength)
    axes.plot(n, law, color=colour)
    shown = np.array(_SHOWN) - 1
    axes.errorbar(n[shown], mean[shown], NORMAL * error[shown], color=colour, **CIRCLES)
    text = label(one.workflow)
    if one.generator != BIAS:
        text = f"{text}, τ = {one.generator.temperature}" if one.generator.temperature else "both, τ = 0"
    va = "center" if one.generator.temperature else "top"  # clear of the label above
    beside(axes, text, n, law, va=va)
    return float(np.abs((mean - law) / error).max())
