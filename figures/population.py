"""Populations: models that train on one another's data collapse slower, and not at all where real data reach them."""

from collections.abc import Sequence

import numpy as np
from matplotlib.figure import Figure

from paper_repro.recorded import Row, matching
from paper_repro.regression import POPULATION, POPULATIONS

from .style import CIRCLES, NORMAL, beside, caption

SWEEP = POPULATION

#: Okabe and Ito's palette; a population is no workflow and has none of a workflow's looks.
_COLOURS = ("#000000", "#0072B2", "#009E73", "#D55E00")


def plot(rows: Sequence[Row]) -> Figure:
    """Left populations in which all train on all, right a line of models, the last one with real data."""
    figure = Figure(figsize=(5.5, 3.2))
    left, right = figure.subplots(1, 2)
    everyone = [name for name in POPULATIONS if name != "line"]
    first = SWEEP.simulations[0]
    n, one_fit = np.arange(1, SWEEP.iterations + 1), first.d / (first.T - first.d - 1)
    apart = []
    curves = [(left, name, 1, name) for name in everyone]
    curves += [(right, "line", model, f"model {model}") for model in (1, 2, 3, 4)]
    for (axes, name, model, text), colour in zip(curves, 2 * _COLOURS, strict=True):
        gain = np.array([float(gains[model - 1]) for gains in POPULATIONS[name].gains(SWEEP.iterations)])
        found = sorted(matching(rows, {"workflow": name, "model": str(model)}), key=lambda row: int(row["iteration"]))
        mean, error = (np.array([float(row[column]) for row in found]) for column in ("mean", "standard_error"))
        mean, error = mean / one_fit, error / one_fit
        apart.append(float(np.abs((mean - gain) / error).max()))
        axes.plot(n, gain, color=colour)
        axes.errorbar(n[::2], mean[::2], NORMAL * error[::2], color=colour, **CIRCLES)
        beside(axes, text, n, gain)
    left.set(title="all train on all", xlim=(0.5, 27), ylim=(0, None))
    right.set(title="a line, real data at its end", xlim=(0.5, 25), ylim=(0, None))
    left.set_ylabel("test error (of model 1 at n = 1: 1)")
    for axes in (left, right):
        axes.set(xlabel="model-fitting iteration n", xticks=(1, 5, 10, 15, 20))
    caption(
        figure,
        f"""Fixed design, T = {first.T}, d = {first.d}: mean of {int(rows[0]["replicates"]):,} replicates (circles, with
        95 % intervals) on the exact gain (lines). Left: M models, each trained on the newest pools of all; without real
        data the error grows by 1/M of one fit's error an iteration, with a fifth of real data in each it does not.
        Right: models 1 to 3 train on the newest pool of the next one alone, model 4 on its own and on a fifth of real
        data: this bounds them all. The simulation is at most {max(apart):.1f} standard errors from the gain.""",
    )
    return figure
