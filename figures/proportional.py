"""Fresh design at finite d/T: where the law for T -> oo is far off, and what takes its place."""

from collections.abc import Sequence

import numpy as np
from matplotlib.figure import Figure
from matplotlib.ticker import NullFormatter, StrMethodFormatter

from paper_repro.recorded import Row, matching
from paper_repro.regression import PROPORTIONAL
from theory import SlidingWindow, Workflow
from theory.linear import test_error

from .laws import label
from .style import CIRCLES, COLOUR, DOTTED, NORMAL, beside, caption

SWEEP = PROPORTIONAL

#: d of the left panel, T being 200.
HALF = 100

#: Iterations after which a window's growth stays the same to four digits.
_STEADY = 16


def law(workflow: Workflow, T: int, d: int, iterations: int) -> np.ndarray:
    """The law of models 1, 2, … at fresh design, of model 1 = 1: exact where it is, else for d/T -> gamma."""
    found = test_error(workflow, design="fresh")
    values = found.evaluate(T=T, d=d, n=range(1, iterations + 1), validity="exact" if found.exact else "proportional")
    return values / values[0]


def plot(rows: Sequence[Row]) -> Figure:
    """Left by iteration at d/T = 1/2, right model 10 by d/T."""
    figure = Figure(figsize=(5.5, 3.4))
    left, right = figure.subplots(1, 2, width_ratios=(1.5, 1))
    workflows = {one.name: one.workflow for one in SWEEP.simulations}
    T, n = SWEEP.simulations[0].T, np.arange(1, SWEEP.iterations + 1)
    features = sorted({one.d for one in SWEEP.simulations})
    apart = []
    for name, workflow in workflows.items():
        colour = COLOUR[workflow.command()]
        simulated = {d: _relative(rows, name, T, d) for d in features}
        laws = {d: law(workflow, T, d, SWEEP.iterations) for d in features}
        apart += [np.abs(simulated[d][0] / laws[d] - 1).max() for d in features]
        large_T = [float(c) for c in test_error(workflow, design="fixed").gain(SWEEP.iterations)]
        left.plot(n, laws[HALF], color=colour)
        left.plot(n, large_T, color=colour, **DOTTED)
        left.errorbar(n, simulated[HALF][0], NORMAL * simulated[HALF][1], color=colour, **CIRCLES)
        beside(left, label(workflow), n, laws[HALF])
        ratios = np.array(features) / T
        right.plot(ratios, [laws[d][-1] for d in features], color=colour)
        right.axhline(large_T[-1], color=colour, **DOTTED)
        mean, error = np.array([[part[-1] for part in simulated[d]] for d in features]).T
        right.errorbar(ratios, mean, NORMAL * error, color=colour, **CIRCLES)
    left.set(title=f"d/T = {HALF / T:g}", xlabel="model-fitting iteration n", xticks=n, yscale="log", xlim=(0.8, 14))
    right.set(title=f"model {n[-1]}", xlabel="d/T", yscale="log", xlim=(0, 0.85))
    for axes, ticks in ((left, (0.5, 1, 2, 5, 10)), (right, (0.25, 0.5, 1, 2, 5, 10))):
        axes.set_yticks(ticks)
        axes.yaxis.set_major_formatter(StrMethodFormatter("{x:g}"))
        axes.yaxis.set_minor_formatter(NullFormatter())
    left.set_ylabel("test error (of model 1 = 1)")
    window = law(SlidingWindow(2), T, HALF, _STEADY)
    caption(
        figure,
        f"""Fresh design, T = {T}: mean of {rows[0]["replicates"]} replicates (circles; bars, smaller than these, are
        95 % intervals), the law (lines) and the law for T → ∞ (dotted). A window and FixedReal have the limit in which
        d grows with T, the others exact laws. Simulation and law differ by at most {100 * max(apart):.1f} %.
        A window of two pools grows by {window[-1] - window[-2]:.3f} of one fit's error an iteration at
        d/T = {HALF / T:g}, not by 4/9.""",
    )
    return figure


def _relative(rows: Sequence[Row], name: str, T: int, d: int) -> tuple[np.ndarray, np.ndarray]:
    """Mean and standard error of models 1, 2, … in units of the exact error of one fit."""
    found = list(matching(rows, {"workflow": name, "T": str(T), "d": str(d)}))
    found.sort(key=lambda row: int(row["iteration"]))
    one_fit = d / (T - d - 1)
    mean, error = (np.array([float(row[column]) for row in found]) for column in ("mean", "standard_error"))
    return mean / one_fit, error / one_fit
