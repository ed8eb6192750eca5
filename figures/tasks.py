"""Beyond regression: one panel a task, a quantity of its models by iteration, law and simulation of four workflows."""

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np
from matplotlib.figure import Figure
from matplotlib.ticker import MaxNLocator, NullLocator, StrMethodFormatter

import theory
from paper_repro.recorded import Row, matching
from paper_repro.tasks import TASKS, Refitted
from theory import Workflow

from .laws import label
from .style import COLOUR, NORMAL, caption

REFITS = TASKS

#: What a panel is called, and what is on its axis.
_TITLES = {
    "gaussian": "Gaussian, variance",
    "bernoulli": "Bernoulli, mean error",
    "categorical": "Categories, diversity",
    "poisson": "Poisson, mean error",
    "gamma": "Exponential, variance",
    "negative-binomial": "Negative binomial, mean error",
    "kernel-density": "Kernel density, variance",
    "generalised-linear": "Logistic regression, test error",
    "estimator": "Median, variance ratio",
}


class Curve(NamedTuple):
    """What becomes of a task's quantity under a workflow.

    Attributes:
        law: by iteration.
        mean: simulated.
        standard_error: of that.
        exact: whether the law is.
    """

    law: np.ndarray
    mean: np.ndarray
    standard_error: np.ndarray
    exact: bool

    @property
    def z(self) -> float:
        """How far the mean is from the law in standard errors, where it is furthest."""
        return float(np.abs((self.mean - self.law) / self.standard_error).max())


def curve(rows: Sequence[Row], refitted: Refitted, workflow: Workflow) -> Curve:
    """That of one task under one workflow."""
    found = list(matching(rows, {"task": refitted.task.name, "workflow": str(workflow)}))
    found.sort(key=lambda row: int(row["iteration"]))
    law = theory.law(refitted.task, workflow, refitted.of)
    mean, error = (np.array([float(row[name]) for row in found]) for name in ("mean", "standard_error"))
    return Curve(law.evaluate(n=range(1, len(found) + 1)), mean, error, law.exact)


def plot(rows: Sequence[Row]) -> Figure:
    """Nine panels, three in a row."""
    figure = Figure(figsize=(5.5, 5.4))
    n, exact = np.arange(1, REFITS.iterations + 1), []
    for axes, refitted in zip(figure.subplots(3, 3).flat, REFITS.refitted, strict=True):
        for workflow in REFITS.workflows:
            drawn, colour = curve(rows, refitted, workflow), COLOUR[workflow.command()]
            bars = {"fmt": "o", "color": colour, "markerfacecolor": "white", "markersize": 2.2, "elinewidth": 0.7}
            axes.plot(n, drawn.law, color=colour, linewidth=0.9, label=label(workflow))
            axes.errorbar(n, drawn.mean, NORMAL * drawn.standard_error, **bars)
            if drawn.exact:
                exact.append(drawn.z)
        axes.set_title(f"{_TITLES[refitted.task.name]}\nT = {refitted.task.numbers['T']}", fontsize=7)
        axes.set(yscale="log", xticks=(1, 4, 7, 10))
        axes.yaxis.set_major_locator(MaxNLocator(4, steps=[1, 2, 5, 10]))
        axes.yaxis.set_minor_locator(NullLocator())
        axes.yaxis.set_major_formatter(StrMethodFormatter("{x:g}"))
    for axes in figure.axes[-3:]:
        axes.set_xlabel("model-fitting iteration n")
    figure.legend(*figure.axes[0].get_legend_handles_labels(), loc="outside upper center", ncols=4)
    replicates = sorted({int(row["replicates"]) for row in rows})
    lost = max(int(row["unconverged"]) for row in rows)
    fits = f"Up to {lost} logistic fits of an iteration do not exist, and are in no mean" if lost else "All fits exist"
    caption(
        figure,
        f"""Mean of {replicates[0]:,} to {replicates[-1]:,} replicates (circles; bars are 95 % intervals)
        and the law (lines): exact at finite T but for the last two panels, where it is that of T → ∞. The
        {len(exact) * REFITS.iterations} means that have an exact law are within {max(exact):.1f} standard errors of it.
        {fits}.""",
    )
    return figure
