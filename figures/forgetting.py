"""A ridge under Accumulate: added to the mean of the squares it makes models forget, added to their sum it does not."""

from collections.abc import Sequence

import numpy as np
from matplotlib.figure import Figure

from paper_repro.recorded import Row
from paper_repro.regression import FORGETTING

from .ridges import estimates, law
from .style import CIRCLES, COLOUR, DOTTED, NORMAL, beside, caption, shade

SWEEP = FORGETTING

#: Iterations with a simulation drawn on them.
_SHOWN = (1, 2, 3, 5, 8, 13, 22, 36, 60, 100, 170, 300)

_STYLES = {"mean": "-", "sum": (0, (4, 2))}


def plot(rows: Sequence[Row]) -> Figure:
    """The test error by iteration, for two ridges added in two ways."""
    figure = Figure(figsize=(5.5, 3.6))
    axes = figure.subplots()
    apart = []
    for one in SWEEP.simulations:
        mean, error = estimates(rows, one)
        n = np.arange(1, len(mean) + 1)
        expected = law(one, len(n))
        apart.append(float(np.abs((mean - expected) / error).max()))
        ridge = float(one.ridge or 0) / (1 if one.scaled else one.T)
        colour = shade(COLOUR["accumulate"], 0.55 if ridge < 1 else 1.0)
        axes.plot(n, expected, color=colour, linestyle=_STYLES[one.name])
        shown = np.array(_SHOWN) - 1
        axes.errorbar(n[shown], mean[shown], NORMAL * error[shown], color=colour, **CIRCLES)
        beside(axes, f"λ = {ridge:g}" if one.scaled else f"λ = {ridge:g}·T", n, expected)
    axes.axhline(1, color="black", **DOTTED)
    axes.set(xscale="log", xlim=(0.9, 900), ylim=(0, None), xlabel="model-fitting iteration n", ylabel="test error")
    first = SWEEP.simulations[0]
    caption(
        figure,
        f"""Accumulate at fixed design, T = {first.T}, d = {first.d}, σ = {first.sigma:g} and |w*| = 1: mean of
        {int(rows[0]["replicates"])} replicates (circles, with 95 % intervals) on the exact law (lines). Solid: λ|w|² is
        added to the mean of the squares, so that the ridge grows with the data; every fit shrinks what the data before
        still say of w*, and the error tends to that of predicting 0 (dotted). Dashed: it is added to their sum, with
        the same first fit; the error settles and nothing is forgotten. The simulation is at most {max(apart):.1f}
        standard errors from the law.""",
    )
    return figure
