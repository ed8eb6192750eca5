"""2502.18049: what a weight on new real rows leads to, with its least at one over the golden ratio."""

from collections.abc import Sequence
from fractions import Fraction

import numpy as np
import sympy as sp
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from paper_repro.he2025.simulations import LIMITS, TASKS, WEIGHTS
from paper_repro.recorded import Row
from theory import FreshReal, optimise
from theory.linear import test_error
from theory.tasks.regression.symbols import ONE_FIT

from .estimates import estimates
from .style import COLOUR, DOTTED, NORMAL, caption, note, shade

#: Real rows over sampled ones, how strong their curves are, and the weight at which they have their names.
_RATIOS = {Fraction(1, 4): (0.45, 0.16), Fraction(1): (1.0, 0.22), Fraction(4): (0.7, 0.5)}

_MARKERS = "osD^"

_COLOUR = COLOUR["fresh-real"]


def plot(rows: Sequence[Row]) -> Figure:
    """The limiting variance by the weight, and four tasks on the curve of as many real rows as sampled ones."""
    figure = Figure(figsize=(5.5, 3.4))
    axes = figure.subplots()
    weight = sp.Symbol("weight", positive=True)
    grid = np.linspace(0.15, 1, 200)
    for k, (strength, named) in _RATIOS.items():
        limit = test_error(FreshReal(1 / k, weight), design="fixed").limit() / ONE_FIT
        values = np.array([float(limit.subs(weight, sp.Float(at))) for at in grid])
        best = optimise(FreshReal(1 / k))
        colour = shade(_COLOUR, strength)
        axes.plot(grid, values, color=colour, label=f"k = {k}")
        place = named, float(np.interp(named, grid, values))
        note(axes, f"k = {k}", place, (4, 2), color=colour)
        axes.plot(float(best.value), float(best.gain), "v", color=colour, markersize=6, zorder=4)
        naive = float(k / (1 + k))
        axes.plot(naive, float(limit.subs(weight, sp.Float(naive))), "s", color=colour, markersize=4, zorder=4)
    axes.plot((0.15, 1), (0.15, 1), color="black", **DOTTED)
    note(axes, "V = w", (0.3, 0.3), (4, -9))
    _tasks(axes, rows)
    axes.set(xlabel="weight w on the real rows", xlim=(0.15, 1), ylim=(0, 2.2))
    axes.set_ylabel("variance for n → ∞, of one real batch = 1")
    axes.legend(handles=[one for one in axes.containers if one.get_label() in TASKS], loc="upper right")
    first = next(iter(TASKS.values()))[0]
    caption(
        figure,
        f"""Each iteration has new real rows beside sampled ones, k real rows to a sampled one, with weight w on the
        real ones: the variance that the loop settles at (lines, exact at fixed design and else for T → ∞). Triangles:
        the least, where it is w itself (dotted): at k = 1 w = 0.618, 1 over the golden ratio. Squares: all rows
        counting alike. Marks at three weights: model {LIMITS.iterations} over model 1 in simulations of k = 1, T =
        {first.numbers["T"]}, up to {int(rows[0]["replicates"]):,} replicates, with 95 % intervals.""",
    )
    return figure


def _tasks(axes: Axes, rows: Sequence[Row]) -> None:
    for k, (name, marker) in enumerate(zip(TASKS, _MARKERS, strict=True)):
        for weight in WEIGHTS:
            mean, error = estimates(rows, task=name, workflow=FreshReal(weight=weight))
            ratio = mean[-1] / mean[0]
            half = NORMAL * ratio * np.hypot(error[-1] / mean[-1], error[0] / mean[0])
            bars = {"color": f"C{k}", "markerfacecolor": "white", "markersize": 4, "elinewidth": 0.8}
            named = name if weight == WEIGHTS[0] else None
            place = float(weight) + 0.008 * (k - 1.5)  # side by side
            axes.errorbar([place], [ratio], [half], fmt=marker, label=named, zorder=5, **bars)
