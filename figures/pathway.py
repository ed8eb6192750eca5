"""2410.22812: one ratio to generation 1 for five estimators, and the laws of discard, augment and subsample."""

from collections.abc import Sequence

import numpy as np
from matplotlib.figure import Figure

import theory
from paper_repro.dey2024.claims import PUBLISHED
from paper_repro.dey2024.estimators import ESTIMATORS, RATIOS
from paper_repro.recorded import Row
from theory import Accumulate, AccumulateSubsample, Replace

from .estimates import estimates
from .laws import label
from .style import COLOUR, DOTTED, NORMAL, caption, note

#: One an estimator.
_MARKERS = "osD^v"

#: The last generation of the laws, as in the paper.
_LAST = 100


def plot(rows: Sequence[Row]) -> Figure:
    """Left five estimators under Accumulate, right the three workflows' laws."""
    figure = Figure(figsize=(5.5, 3.2))
    left, right = figure.subplots(1, 2)
    shown = np.unique(np.geomspace(1, RATIOS.iterations, 12).round().astype(int)) - 1
    gains = np.array([float(gain) for gain in theory.gain(Accumulate(), RATIOS.iterations)])
    colour = COLOUR["accumulate"]
    left.plot(np.arange(1, len(gains) + 1), gains, color=colour)
    for k, (known, marker) in enumerate(zip(ESTIMATORS, _MARKERS, strict=True)):
        mean, error = estimates(rows, task=known.label, workflow=Accumulate())
        ratio = mean / mean[0]
        half = NORMAL * ratio * np.hypot(error / mean, error[0] / mean[0]) * (np.arange(len(mean)) > 0)
        at = (shown + 1) * 1.04 ** (k - 2)  # side by side
        bars = {"color": f"C{k}", "markerfacecolor": "white", "markersize": 3, "elinewidth": 0.8, "linestyle": "none"}
        left.errorbar(at, ratio[shown], half[shown], marker=marker, label=known.label, **bars)
    left.axhline(np.pi**2 / 6, color="black", **DOTTED)
    note(left, "π²/6", (1, np.pi**2 / 6), (0, 3))
    left.set(title="five estimators under Accumulate", xlabel="generation G", xscale="log", ylim=(0.8, 1.9))
    left.set(xticks=(1, 2, 5, 10, 20, 50), xticklabels=("1", "2", "5", "10", "20", "50"))
    left.legend(loc="lower right", fontsize=6.5, labelspacing=0.3)
    left.set_ylabel("risk over that of generation 1")
    generations = np.arange(1, _LAST + 1)
    for workflow, limit, text in (
        (Replace(), None, ""),
        (AccumulateSubsample(), np.pi**2 / 2 - 2, "π²/2 − 2"),
        (Accumulate(), np.pi**2 / 6, "π²/6"),
    ):
        law = [float(gain) for gain in theory.gain(workflow, _LAST)]
        right.plot(generations, law, color=COLOUR[workflow.command()], label=label(workflow))
        if limit is not None:
            right.axhline(limit, color="black", **DOTTED)
            note(right, text, (1, limit), (0, 3))
    right.plot(_LAST, PUBLISHED.value(figure="ratio"), "x", color="black", markersize=5, zorder=5, clip_on=False)
    right.set(title="the laws of three workflows", xlabel="generation G", xscale="log", ylim=(0.8, 4.2))
    right.set(xticks=(1, 2, 5, 10, 20, 50, 100), xticklabels=("1", "2", "5", "10", "20", "50", "100"))
    right.legend(loc="upper right")
    subsampled = float(theory.gain(AccumulateSubsample(), _LAST)[-1])
    tasks = "; ".join(f"{known.label}, T = {known.task.numbers['T']}" for known in ESTIMATORS)
    caption(
        figure,
        f"""Left: mean of up to {int(rows[0]["replicates"]):,} replicates, with 95 % intervals, on the law for T → ∞,
        the sum of 1/g² (line). {tasks[0].upper() + tasks[1:]}. Right: laws for T → ∞; under Replace the ratio is G.
        Cross: read off the authors' plot of augment-subsample, 2.90 at G = 100, where the law has {subsampled:.3f}.""",
    )
    for axes in (left, right):
        axes.minorticks_off()
    return figure
