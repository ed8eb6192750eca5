"""The figure of tasks: what it draws, read off the drawing against the recorded table, and against laws."""

import csv

import numpy as np
import pytest
from matplotlib.container import ErrorbarContainer

import theory
from figures import tasks
from figures.style import COLOUR, style
from paper_repro.recorded import RECORDED
from paper_repro.tasks import TASKS


@pytest.fixture(scope="module")
def rows():
    with (RECORDED / "tasks.csv").open(newline="") as file:
        return list(csv.DictReader(file))


class Planted:
    """A law that only this file has; those of the last two tasks are no exact ones."""

    def __init__(self, task, workflow, of):
        self.level = 1 + TASKS.workflows.index(workflow) + len(of)
        self.exact = task.name not in ("generalised-linear", "estimator")

    def evaluate(self, n):
        return self.level * np.sqrt(n)


def test_every_task_has_a_panel_with_laws_and_means(rows, monkeypatch):
    """In the order of iterations whatever that of the table is."""
    monkeypatch.setattr(theory, "law", Planted)
    rows = [{**row, "unconverged": "7" if row["iteration"] == "9" else "0"} for row in rows]
    with style():
        drawn = tasks.plot(rows[::-1])
    caption, z = " ".join(drawn.get_supxlabel().split()), []
    assert len(drawn.axes) == len(TASKS.refitted) == 9
    for axes, refitted in zip(drawn.axes, TASKS.refitted, strict=True):
        bars = [each for each in axes.containers if isinstance(each, ErrorbarContainer)]
        lines = [line for line in axes.lines if line.get_linestyle() == "-"]
        for workflow, line, bar in zip(TASKS.workflows, lines, bars, strict=True):
            mine = [r for r in rows if (r["task"], r["workflow"]) == (refitted.task.name, str(workflow))]
            assert [int(row["iteration"]) for row in mine] == list(range(1, 11))
            assert {int(row["replicates"]) for row in mine} == {refitted.replicates}
            law = Planted(refitted.task, workflow, refitted.of).evaluate(np.arange(1, 11))
            if refitted.task not in [each.task for each in TASKS.refitted[-2:]]:
                z += [
                    abs(float(row["mean"]) - at) / float(row["standard_error"])
                    for row, at in zip(mine, law, strict=True)
                ]
            np.testing.assert_array_equal(line.get_ydata(), law)
            np.testing.assert_array_equal(bar.lines[0].get_ydata(), [float(row["mean"]) for row in mine])
            (spans,) = bar.lines[2]
            halves = [(end[1] - start[1]) / 2 for start, end in spans.get_segments()]
            np.testing.assert_allclose(halves, [1.96 * float(row["standard_error"]) for row in mine], rtol=1e-6)
            assert line.get_color() == bar.lines[0].get_color() == COLOUR[workflow.command()]
    assert f"The {len(z)} means that have an exact law are within {max(z):.1f} standard errors of it" in caption
    assert "Up to 7 logistic fits of an iteration do not exist" in caption


@pytest.mark.slow
def test_what_is_recorded_is_what_laws_say(rows):
    """Exact ones within chance; those for T -> oo within a third, where they are of 500 or 101 rows."""
    largest = 0.0
    for refitted in TASKS.refitted:
        for workflow in TASKS.workflows:
            found, law = tasks.curve(rows, refitted, workflow), theory.law(refitted.task, workflow, refitted.of)
            np.testing.assert_array_equal(found.law, law.evaluate(n=range(1, 11)))
            if law.exact:
                largest = max(largest, found.z)
                assert (found.standard_error < 0.05 * found.law).all()
            else:
                assert (np.abs(found.mean / found.law - 1) < 1 / 3).all()
    assert largest < 5
    assert {row["unconverged"] for row in rows} == {"0"}
