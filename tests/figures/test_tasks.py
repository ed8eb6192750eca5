"""The figure of tasks: what it draws, read off the drawing against the recorded table, and against laws."""

import csv

import jax.numpy as jnp
import numpy as np
import pytest
from matplotlib.container import ErrorbarContainer

import theory
from figures import tasks
from figures.style import COLOUR, style
from paper_repro.recorded import RECORDED
from paper_repro.tasks import TASKS, median

pytestmark = pytest.mark.slow


@pytest.fixture(scope="module")
def rows():
    with (RECORDED / "tasks.csv").open(newline="") as file:
        return list(csv.DictReader(file))


@pytest.fixture(scope="module")
def drawn(rows):
    with style():
        return tasks.plot(rows)


def test_every_task_has_a_panel_with_laws_and_means(rows, drawn):
    assert len(drawn.axes) == len(TASKS.refitted) == 9
    for axes, refitted in zip(drawn.axes, TASKS.refitted, strict=True):
        bars = [each for each in axes.containers if isinstance(each, ErrorbarContainer)]
        lines = [line for line in axes.lines if line.get_linestyle() == "-"]
        for workflow, line, bar in zip(TASKS.workflows, lines, bars, strict=True):
            mine = [r for r in rows if (r["task"], r["workflow"]) == (refitted.task.name, str(workflow))]
            assert [int(row["iteration"]) for row in mine] == list(range(1, 11))
            assert {int(row["replicates"]) for row in mine} == {refitted.replicates}
            law = theory.law(refitted.task, workflow, refitted.of).evaluate(n=range(1, 11))
            np.testing.assert_array_equal(line.get_ydata(), law)
            np.testing.assert_array_equal(bar.lines[0].get_ydata(), [float(row["mean"]) for row in mine])
            (spans,) = bar.lines[2]
            halves = [(end[1] - start[1]) / 2 for start, end in spans.get_segments()]
            np.testing.assert_allclose(halves, [1.96 * float(row["standard_error"]) for row in mine], rtol=1e-6)
            assert line.get_color() == bar.lines[0].get_color() == COLOUR[workflow.command()]


def test_what_is_recorded_is_what_laws_say(rows, drawn):
    """Exact ones within chance; those for T -> oo within a third, where they are of 500 or 101 rows."""
    caption = " ".join(drawn._supxlabel.get_text().split())
    largest = 0.0
    for refitted in TASKS.refitted:
        for workflow in TASKS.workflows:
            found = tasks.curve(rows, refitted, workflow)
            if theory.law(refitted.task, workflow, refitted.of).exact:
                largest = max(largest, found.z)
                assert (found.standard_error < 0.05 * found.law).all()
            else:
                assert (np.abs(found.mean / found.law - 1) < 1 / 3).all()
    assert largest < 5
    assert f"280 means that have an exact law are within {largest:.1f} standard errors" in caption
    assert "All fits exist" in caption
    assert {row["unconverged"] for row in rows} == {"0"}


@pytest.mark.parametrize("numbers", [[3.0, 1.0, 2.0], [4.0, 1.0, 3.0, 2.0], [5.0]])
def test_the_median(numbers):
    found = median(jnp.array(numbers), jnp.full(len(numbers), 1 / len(numbers)))
    assert found == pytest.approx(np.median(numbers))
    without = median(jnp.array([*numbers, 99.0]), jnp.array([*len(numbers) * [1 / len(numbers)], 0.0]))
    assert without == pytest.approx(np.median(numbers))
