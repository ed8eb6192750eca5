"""What the figures of linear regression share: a curve of simulation with its exact law, and how well they agree."""

from collections.abc import Sequence
from fractions import Fraction

import numpy as np
from matplotlib.axes import Axes

from paper_repro.recorded import Row
from theory import WORKFLOWS
from theory.linear import test_error

_BUILD = {workflow.command(): workflow for workflow in WORKFLOWS}


class LinearCurve:
    """The rows of one simulation as arrays, with the exact law at the same iterations."""

    def __init__(self, rows: Sequence[Row]) -> None:
        first = rows[0]
        self.workflow, self.design = first["workflow"], first["design"]
        self.T, self.d, self.sigma2 = int(first["T"]), int(first["d"]), float(Fraction(first["sigma2"]))
        self.replicates = int(first["replicates"])
        self.iteration = np.array([int(row["iteration"]) for row in rows])
        columns = ("mean", "standard_error", "low", "high")
        self.mean, self.standard_error, self.low, self.high = np.array(
            [[float(row[c]) for row in rows] for c in columns]
        )
        self.law = test_error(_BUILD[self.workflow](), design=self.design)
        self.exact = self.law.evaluate(T=self.T, d=self.d, sigma=self.sigma2**0.5, n=self.iteration)

    @property
    def max_abs_z(self) -> float:
        """The largest distance of simulation and law, in standard errors."""
        return float(np.abs((self.mean - self.exact) / self.standard_error).max())


def curves(rows: Sequence[Row]) -> list[LinearCurve]:
    """One curve a simulation, in the order of the table."""
    simulations: dict[tuple[str, ...], list[Row]] = {}
    for row in rows:
        simulations.setdefault(tuple(row[c] for c in ("workflow", "design", "T", "d", "sigma2")), []).append(row)
    return [LinearCurve(group) for group in simulations.values()]


def draw(axes: Axes, curve: LinearCurve, colour: object) -> None:
    """Mean (solid) with the central 95 % of the replicates (band), and the exact law (dashed) on top."""
    axes.fill_between(curve.iteration, curve.low, curve.high, color=colour, alpha=0.2, linewidth=0)
    axes.plot(curve.iteration, curve.mean, color=colour, linewidth=1.8)
    axes.plot(curve.iteration, curve.exact, color="black", linewidth=0.8, linestyle=(0, (3, 2)))


def agreement(all_curves: Sequence[LinearCurve]) -> str:
    """The caption's sentence on how well simulation and law agree."""
    worst = max(curve.max_abs_z for curve in all_curves)
    points = sum(len(curve.iteration) for curve in all_curves)
    return (
        f"Over all {points} points the mean of {all_curves[0].replicates:,} replicates is at most {worst:.1f} standard "
        "errors from the law."
    )
