"""Runs as tables and pictures: the numbers of the estimate, beside the law that a run is held against."""

import math
from dataclasses import replace

import jax.random as jr
import numpy as np
import pytest

import sim
import theory
from sim.comparison import law_table
from sim.statistics import Estimate
from theory import Accumulate, Frame, Generator, LinearRegression, Population, SlidingWindow
from theory.by_iteration import LEADING, TRAILING

pytestmark = pytest.mark.usefixtures("quickly_compiled")  # few replicates, of many programs

TASK = LinearRegression(T=20, d=3, design="fixed")


@pytest.fixture(scope="module")
def run():
    return sim.run(TASK, Accumulate(), iterations=4, replicates=50, key=jr.key(0))


def test_a_run_has_the_columns_of_its_law(run):
    found, law = run.table(), theory.law(TASK, Accumulate()).table(4)
    assert tuple(found.columns) == tuple(law.columns) == (*LEADING, "design", "T", "d", "sigma", *TRAILING)
    told = ("source", "value", "standard_error", "replicates")
    assert [found[name] for name in found.columns if name not in told] == [law[n] for n in law.columns if n not in told]
    assert found["value"] == run.estimate.mean.tolist()
    assert found["standard_error"] == run.estimate.standard_error.tolist()
    assert (found["replicates"], found["source"]) == ([50] * 4, ["simulation"] * 4)


def test_one_replicate_has_no_standard_error(run):
    lonely = replace(run, estimate=replace(run.estimate, standard_error=np.full(4, math.nan)), replicates=1)
    assert lonely.table()["standard_error"] == [None] * 4


def test_means_are_of_the_replicates_that_have_a_model(run):
    assert replace(run, unconverged=(0, 0, 2, 3)).table()["replicates"] == [50, 50, 48, 47]


def test_a_limit_is_told_as_one(run):
    limit = replace(run, is_limit=True)
    assert set(limit.table()["validity"]) == {"large-T"}
    told = law_table(limit, theory.law(TASK, Accumulate()))
    assert set(told["validity"]) == {"large-T"}
    np.testing.assert_allclose(told["value"], [float(c) * 3 / 20 for c in theory.gain(Accumulate(), 4)])


def test_a_population_has_a_row_a_model():
    pair = Population([[0, 1], ["1/2", 0]], [0, "1/2"])
    found = sim.run(TASK, pair, iterations=3, replicates=20, key=jr.key(0))
    table = found.table()
    assert (table["model"], table["iteration"]) == ([1, 1, 1, 2, 2, 2], [1, 2, 3, 1, 2, 3])
    for model in (1, 2):
        own = table.where(model=model)
        assert own["value"] == found.estimate.mean[:, model - 1].tolist()
        assert own["standard_error"] == found.estimate.standard_error[:, model - 1].tolist()
    assert law_table(found, pair).where(model=2)["value"] == sim.compare(found, pair).law[:, 1].tolist()
    mean, error = found.estimate.mean[0], found.estimate.standard_error[0]
    both = ", ".join(f"{each:.6g} ± {of:.2g}" for each, of in zip(mean, error, strict=True))
    assert f"  iteration 1: {both}" in str(found).splitlines()
    # gains are exact where one X serves whole copies of itself
    fresh = replace(found, task=LinearRegression(T=20, d=3, sigma=1.0, design="fresh"))
    halves = replace(pair, sizes=("1/2", 1))
    for run, law, validity in (
        (found, pair, "exact"),
        (fresh, pair, "large-T"),
        (replace(found, workflow=halves), halves, "large-T"),
    ):
        assert set(law_table(run, law)["validity"]) == {validity}


def test_a_plot_overlays_a_run_with_its_law(run):
    figure = sim.plot(run, theory.law(LinearRegression(design="fixed"), Accumulate()))
    (axes,) = figure.axes
    np.testing.assert_array_equal(axes.lines[0].get_ydata(), theory.law(TASK, Accumulate()).evaluate(n=range(1, 5)))
    ((points, _, _),) = axes.containers
    np.testing.assert_array_equal(points.get_ydata(), run.estimate.mean)
    labels = [text.get_text() for text in axes.get_legend().get_texts()]
    assert labels == ["accumulate: law, exact", "accumulate: 50 replicates"]


def test_a_law_of_another_workflow_takes_the_runs_numbers(run):
    cut = Estimate(run.estimate.mean[:2], run.estimate.standard_error[:2], {}, {})
    short = replace(run, iterations=2, estimate=cut)
    figure = sim.plot(short, run, theory.law(LinearRegression(design="fixed"), SlidingWindow(2)))
    expected = theory.law(TASK, SlidingWindow(2)).evaluate(n=range(1, 5))
    np.testing.assert_array_equal(figure.axes[0].lines[0].get_ydata(), expected)


def test_of_several_runs_a_law_of_another_workflow_takes_the_firsts_numbers(run):
    other = replace(run, task=LinearRegression(T=40, d=5, design="fixed"))
    figure = sim.plot(run, other, theory.law(LinearRegression(design="fixed"), SlidingWindow(2)))
    expected = theory.law(TASK, SlidingWindow(2)).evaluate(n=range(1, 5))
    np.testing.assert_array_equal(figure.axes[0].lines[0].get_ydata(), expected)


def test_a_law_is_drawn_for_as_many_iterations_as_are_asked_for(run):
    line = sim.plot(run, theory.law(TASK, SlidingWindow(2)), iterations=7).axes[0].lines[0]
    np.testing.assert_array_equal(line.get_ydata(), theory.law(TASK, SlidingWindow(2)).evaluate(n=range(1, 8)))


def test_a_law_of_another_workflow_keeps_its_own_numbers(run):
    task = LinearRegression(design="fixed", T=40, d=2)
    figure = sim.plot(run, theory.law(task, SlidingWindow(2)))
    expected = theory.law(task, SlidingWindow(2)).evaluate(n=range(1, 5))
    np.testing.assert_array_equal(figure.axes[0].lines[0].get_ydata(), expected)


def test_a_law_under_a_generator_is_drawn_too(run):
    shifted = theory.generated(Accumulate(), Generator(bias=1), design="fixed")
    labels = [text.get_text() for text in sim.plot(run, shifted).axes[0].get_legend().get_texts()]
    assert labels[0] == "accumulate, Generator(bias=1): law, exact"


def test_a_law_of_other_numbers_is_refused(run):
    with pytest.raises(ValueError, match="Compare a run with the law of its own"):
        sim.plot(run, theory.law(LinearRegression(design="fixed", T=30, d=3), Accumulate()))


def test_several_runs_are_one_table(run):
    other = replace(run, task=LinearRegression(T=40, d=3, design="fixed"))
    sweep = sum((each.table() for each in (run, other)), Frame({}))
    assert sweep["T"] == [20] * 4 + [40] * 4


def test_a_run_in_a_few_lines(run):
    mean, error = run.estimate.mean, run.estimate.standard_error
    assert str(run).splitlines() == [
        f"Accumulate() for {run.task}: 50 replicates, {run.sampler} sampler in {run.precision}",
        TASK.quantity(None).meaning,
        f"  iteration 1: {mean[0]:.6g} ± {error[0]:.2g}",
        f"  iteration 4: {mean[3]:.6g} ± {error[3]:.2g}",
    ]
    html = run._repr_html_()
    assert html.startswith("<pre>Accumulate() for ")
    assert html.count("<tr>") == 5
    unknown = replace(run.estimate, standard_error=np.full(4, math.nan))
    lonely = replace(run, estimate=unknown, replicates=1, note="Why.")
    assert [line.split(" ± ")[0] for line in str(lonely).splitlines()[2:]] == [
        f"  iteration 1: {mean[0]:.6g}",
        f"  iteration 4: {mean[3]:.6g}",
        "Why.",
    ]
    assert "±" not in str(lonely)
    assert str(lonely).startswith(f"Accumulate() for {run.task}: 1 replicate, {run.sampler} sampler in ")
    cold = replace(run, replicates=5000, generator=Generator(temperature="1/2"))
    assert str(cold).startswith(f"Accumulate() and Generator(temperature=1/2) for {run.task}: 5,000 replicates, ")
    assert str(sim.compare(run, theory.law(TASK, Accumulate()))).startswith(("agree: ", "not comparable: "))
