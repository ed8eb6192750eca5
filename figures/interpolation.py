"""Least squares across the peak: under Accumulate a model that has as many rows as features leaves its error behind."""

from collections.abc import Sequence
from dataclasses import replace
from typing import Any

import numpy as np
from matplotlib.figure import Figure

from paper_repro.recorded import Row
from paper_repro.regression import INTERPOLATION
from paper_repro.sweep import Simulation

from .ridges import estimates, law
from .style import CIRCLES, COLOUR, NORMAL, caption, shade

SWEEP = INTERPOLATION


def plot(rows: Sequence[Row]) -> Figure:
    """The test error of models 1, 2 and 3 by d/T."""
    figure = Figure(figsize=(5.5, 3.6))
    axes = figure.subplots()
    first = SWEEP.simulations[0]
    T, iterations = first.T, len(estimates(rows, first)[0])
    found = {one.d: estimates(rows, one) for one in SWEEP.simulations}
    expected = {one.d: law(one, iterations) for one in SWEEP.simulations}
    features = range(min(found), max(found) + 1)
    lines = np.array([_finite(replace(first, d=d), iterations) for d in features])
    apart = max(float(np.abs((found[d][0] - expected[d]) / found[d][1]).max()) for d in found)
    for model in range(1, iterations + 1):
        colour = shade(COLOUR["accumulate"], 0.3 + 0.7 * model / iterations)
        axes.plot(np.array(features) / T, lines[:, model - 1], color=colour, label=f"model {model}")
        mean, error = np.array([[part[model - 1] for part in found[d]] for d in found]).T
        axes.errorbar(np.array(list(found)) / T, mean, NORMAL * error, color=colour, **CIRCLES)
    axes.set(xlabel="features to rows of one pool, d/T", ylabel="test error", yscale="log", ylim=(0.03, 20))
    axes.legend(loc="lower right", fontsize=6.5)
    caption(
        figure,
        f"""Accumulate at fresh design without a ridge, T = {T}, σ = {first.sigma:g} and |w*| = 1; fits to fewer rows
        than features are those of least norm. Mean of {int(rows[0]["replicates"])} replicates (circles, with 95 %
        intervals) on the exact law (lines). Model n has nT rows. Where these are d, give or take one, its error has no
        mean, and neither have those of all later models: a model's error is never undone, so later models meet the
        peaks of earlier ones too. The simulation is at most {apart:.1f} standard errors from the law.""",
    )
    return figure


def _finite(one: Simulation[Any], iterations: int) -> np.ndarray:
    """The law where it is finite, NaN elsewhere."""
    if abs(one.T - one.d) < 2:
        return np.full(iterations, np.nan)
    values = law(one, iterations)
    return np.where(np.isfinite(values), values, np.nan)
