"""Networks' runs in a picture: a metric by iteration over seeds, the gain's law beside it, and paired differences."""

import json
from collections.abc import Sequence
from functools import reduce
from operator import add

import numpy as np
from matplotlib.figure import Figure

from theory import Frame, gain
from theory.by_iteration import LAW, by_iteration
from theory.derivation import APPROXIMATION
from theory.plotting import WIDTH, draw
from theory.style import style

from .outcome import Outcome, differences, differing

#: What of a configuration may differ between runs whose fits have one excess loss.
_OF_THE_WORKFLOW = ("workflow", "parameters", "iterations", "seeds")

#: What the lines are, in the title.
_LINES = "lines: $L_1 + e\\,(c_n - 1)$, with the gain $c_n$ and a fitted $e$"


def plot(*runs: Outcome, metric: str = "test_loss", measured: str = "") -> Figure:
    """A metric by iteration, points with 95 % intervals of Student's t over seeds; below, differences from the first.

    Beside test losses of models that were fitted until converged stands the law of their gain, for workflows that have
    one: the mean of model 1, and e (c_n - 1) more at model n, with one number e, the excess loss of one fit, for all
    runs that differ in the workflow alone. Differences are paired by seeds, and are there for runs that are measured as
    the first one is.

    Args:
        runs: as `read_run` gives them.
        metric: its name.
        measured: what the metric is, for the axis; by default its name.

    Raises:
        ValueError: no run, or one has no such metric.
    """
    if not runs:
        raise ValueError("there is nothing to draw: give a run.")
    compared = [run for run in runs[1:] if differing(runs[0], run) is None]
    law = _law(runs, metric) if metric == "test_loss" else Frame({})
    frame = _told_apart(law + reduce(add, (run.table(metric) for run in runs)), runs)
    with style():
        figure = Figure(figsize=(WIDTH, 5.6 if compared else 3.4))
        above, *below = figure.subplots(2 if compared else 1, 1, squeeze=False, sharex=True)[:, 0]
        figure.set_figwidth(WIDTH + draw(above, frame))
        if len(law):
            above.set_title(f"{above.get_title()}\n{_LINES}")
        above.set_ylabel(measured or metric.replace("_", " "))
        for axes in below:
            shifts = reduce(add, (_difference(run, runs[0], metric) for run in compared))
            draw(axes, _told_apart(shifts, runs), among=frame)
            axes.axhline(0, color="0.5", linewidth=0.6)
            axes.set(title=f"difference from {runs[0].path}, paired by seeds")
            axes.set_ylabel(f"difference of {metric.replace('_', ' ')}")
            above.set_xlabel("")
    return figure


def _told_apart(frame: Frame, runs: Sequence[Outcome]) -> Frame:
    """Without the runs' folders, where their workflows tell them apart."""
    names = {(run.alike["workflow"], run.alike["parameters"]) for run in runs}
    if len(names) < len(runs):
        return frame
    return Frame({name: column for name, column in frame.columns.items() if name != "run"})


def _difference(run: Outcome, first: Outcome, metric: str) -> Frame:
    """A run less the first one, as a table."""
    found = differences(run, first, metric)
    mean, error = (np.array([getattr(each, name) for each in found]) for name in ("mean", "standard_error"))
    alike = run.alike | {"quantity": metric}
    return by_iteration(alike, mean, standard_error=error, replicates=min(run.seeds, first.seeds))


def _law(runs: Sequence[Outcome], metric: str) -> Frame:
    """Loss of model 1 + e (c_n - 1) of the runs that are near their best fit: one e for all that differ in workflow."""
    groups: dict[str, list[tuple[Outcome, np.ndarray]]] = {}
    for run in runs:
        workflow = run.workflow
        if workflow is not None and run.configuration.get("until") == "converged":
            told = {name: value for name, value in run.configuration.items() if name not in _OF_THE_WORKFLOW}
            gains = np.array(gain(workflow, run.iterations), float)
            groups.setdefault(json.dumps(told, sort_keys=True), []).append((run, gains))
    return reduce(add, (_fitted(group, metric) for group in groups.values()), Frame({}))


def _fitted(group: Sequence[tuple[Outcome, np.ndarray]], metric: str) -> Frame:
    """The law of runs that share the excess loss of one fit, e, which is that of least squares."""
    means = [run.by_seed(metric).mean(0) for run, _ in group]
    rises = np.concatenate([mean - mean[0] for mean in means])
    grown = np.concatenate([gains - 1 for _, gains in group])
    if not grown.any():  # one iteration tells nothing of it
        return Frame({})
    excess = float(rises @ grown / (grown @ grown))
    return reduce(
        add,
        (
            by_iteration(
                run.alike | {"source": LAW, "quantity": metric},
                mean[0] + excess * (gains - 1),
                validity=APPROXIMATION,
            )
            for (run, gains), mean in zip(group, means, strict=True)
        ),
    )
