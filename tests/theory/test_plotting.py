"""Plots are of the numbers in the tables: laws as lines, means as points with 95 % intervals."""

import subprocess
import sys

import numpy as np
import pytest
from matplotlib.colors import to_rgb

from tests.helpers import command
from theory import (
    Accumulate,
    AccumulateSubsample,
    Frame,
    Gaussian,
    Generator,
    LinearRegression,
    Poisson,
    Replace,
    SlidingWindow,
    generated,
    law,
    plot,
)
from theory.measurement import errors_to_a_side
from theory.style import COLOUR

TASK = LinearRegression(design="fixed", T=100, d=32)


def of_legend(figure):
    return [text.get_text() for text in figure.axes[0].get_legend().get_texts()]


def measured(of, *, replicates=4, standard_error: float | None = 0.1, source="simulation"):
    """A table of means around a law."""
    rows = [row | {"source": source, "replicates": replicates, "standard_error": standard_error} for row in of.table(5)]
    return Frame.of(rows)


def test_a_law_is_a_line_in_its_colour():
    figure = plot(law(TASK, Replace()), law(TASK, SlidingWindow(2)), iterations=7)
    axes = figure.axes[0]
    for line, workflow in zip(axes.lines, (Replace(), SlidingWindow(2)), strict=True):
        np.testing.assert_array_equal(line.get_xdata(), range(1, 8))
        np.testing.assert_array_equal(line.get_ydata(), law(TASK, workflow).evaluate(n=range(1, 8)))
        assert to_rgb(line.get_color()) == pytest.approx(to_rgb(COLOUR[workflow.command()]))
    assert of_legend(figure) == ["replace: law, exact", "sliding-window, k=2: law, exact"]
    assert axes.get_title() == "regression, fixed design, T=100, d=32, sigma=1"
    assert (axes.get_xlabel(), axes.get_ylabel()) == ("model-fitting iteration", "test error, noise left out")


def test_validity_is_in_the_label_and_in_the_line():
    of = law(LinearRegression(design="fresh", T=100, d=32), AccumulateSubsample())
    figure = plot(of, iterations=6)
    labels = [f"accumulate-subsample: law, {validity}" for validity in of.estimates(6)]
    assert of_legend(figure) == labels
    assert len({str(line._unscaled_dash_pattern) for line in figure.axes[0].lines}) == len(labels) == 3
    assert [line.get_linestyle() for line in figure.axes[0].lines[:2]] == ["--", ":"]
    (exact,) = plot(law(TASK, Replace())).axes[0].lines
    assert exact.get_linestyle() == "-"


def test_intervals_are_students():
    of = law(TASK, Accumulate())
    figure = plot(of, measured(of), iterations=5)
    (bars,) = figure.axes[0].containers
    (segments,) = bars[2][0].get_segments()[:1]
    assert np.ptp(segments[:, 1]) == pytest.approx(2 * 0.1 * errors_to_a_side(3))
    assert to_rgb(bars[0].get_color()) == pytest.approx(to_rgb(COLOUR["accumulate"]))
    assert of_legend(figure) == ["accumulate: law, exact", "accumulate: 4 replicates"]


def test_points_are_drawn_over_lines():
    of = law(TASK, Accumulate())
    for given in ((of, measured(of)), (measured(of), of)):
        line, points = plot(*given, iterations=5).axes[0].lines[:2]
        assert (line.get_linestyle(), points.get_marker()) == ("-", "o")


def test_what_falls_below_nought_is_seen():
    falling = law(Gaussian(T=9, d=2), Replace(), "log_determinant")
    assert plot(falling, iterations=5).axes[0].get_ylim()[0] < falling.evaluate(n=5) < 0


def test_one_seed_has_no_interval_and_says_so():
    figure = plot(measured(law(TASK, Replace()), replicates=1, standard_error=None, source="network"))
    assert of_legend(figure) == ["replace: 1 seed, no interval"]
    assert not figure.axes[0].containers


def test_of_unlike_counts_the_most_replicates_are_named():
    rows = measured(law(TASK, Replace())).rows()
    figure = plot(Frame.of([row | {"replicates": 9 - row["iteration"]} for row in rows]))
    assert of_legend(figure) == ["replace: 8 replicates"]


def test_errors_are_drawn_from_nought_on_and_those_of_networks_are_not():
    of = law(TASK, Accumulate())
    bottoms = [plot(measured(of, source=source)).axes[0].get_ylim()[0] for source in ("law", "simulation", "network")]
    assert bottoms[:2] == [0, 0]
    assert bottoms[2] > 0


def test_settings_that_differ_are_in_the_labels_and_not_in_the_title():
    figure = plot(*(law(LinearRegression(design="fixed", T=T, d=32), Replace()) for T in (50, 100)))
    assert of_legend(figure) == ["replace, T=50: law, exact", "replace, T=100: law, exact"]
    assert figure.axes[0].get_title() == "regression, fixed design, d=32, sigma=1"
    assert len({to_rgb(line.get_color()) for line in figure.axes[0].lines}) == 2


def test_how_data_are_sampled_is_told_in_the_title_or_where_it_differs_in_the_labels():
    warm, hot = (generated(Replace(), Generator(temperature=t), design="fixed").table(3, T=100, d=32) for t in (2, 3))
    alone, both = plot(warm), plot(warm, hot)
    assert alone.axes[0].get_title() == "regression, fixed design, T=100, d=32, sigma=1, Generator(temperature=2)"
    assert of_legend(alone) == ["replace: law, exact"]
    assert both.axes[0].get_title() == "regression, fixed design, T=100, d=32, sigma=1"
    assert of_legend(both) == [f"replace, Generator(temperature={t}): law, exact" for t in (2, 3)]


def test_workflows_of_ones_own_have_colours_of_their_own():
    curves = law(TASK, Replace()).table(3)
    named = [Frame.of([row | {"workflow": name} for row in curves]) for name in ("mine", "replace", "yours", "theirs")]
    colours = [to_rgb(line.get_color()) for line in plot(*named).axes[0].lines]
    assert len(set(colours)) == 4
    assert colours[1] == pytest.approx(to_rgb(COLOUR["replace"]))
    assert not {to_rgb(known) for known in COLOUR.values()} & {colours[0], *colours[2:]}


def test_many_curves_have_their_labels_beside_them():
    few, many = (plot(*(law(TASK, SlidingWindow(k)) for k in range(2, last)), iterations=5) for last in (8, 9))
    assert few.get_figwidth() == 5.5
    assert many.get_figwidth() > 6.5
    many.draw_without_rendering()
    (axes,) = many.axes
    assert axes.get_window_extent().x1 <= axes.get_legend().get_window_extent().x0
    assert axes.get_legend().get_window_extent().x1 <= many.bbox.x1 + 1
    assert axes.get_window_extent().width > 0.6 * 5.5 * many.dpi


def test_what_is_infinite_is_said():
    rows = law(TASK, Replace()).table(4).rows()
    figure = plot(Frame.of([row | {"value": np.inf if row["iteration"] > 2 else 1.0} for row in rows]))
    assert of_legend(figure) == ["replace: law, exact, infinite from iteration 3"]
    gap = plot(Frame.of([row | {"value": None if row["iteration"] == 2 else 1.0} for row in rows]))
    assert of_legend(gap) == ["replace: law, exact"]  # what is missing is not infinite


def test_a_users_workflow_has_a_colour():
    of = law(TASK, Replace()).table(3)
    own = Frame.of([row | {"workflow": "mine"} for row in of])
    colours = {to_rgb(line.get_color()) for line in plot(of, own).axes[0].lines}
    assert len(colours) == 2


@pytest.mark.parametrize(
    ("of", "message"),
    [
        ((), "nothing to draw"),
        ((3,), "plot draws laws, runs and their tables; got 3"),
        ((Frame({"n": [1]}),), "no column source, task"),
        (
            (law(TASK, Replace()), law(Poisson(T=9, mean=2), Replace())),
            "one quantity; got test_error, mean_error",
        ),
        ((law(LinearRegression(design="fixed"), Replace()),), "needs numbers for T, d"),
    ],
)
def test_mistakes(of, message):
    with pytest.raises(ValueError, match=message):
        plot(*of)


@pytest.mark.parametrize(("suffix", "start"), [("png", b"\x89PNG"), ("pdf", b"%PDF"), ("svg", b"<?xml")])
def test_the_command_draws_the_same_bytes_each_time(capsys, tmp_path, suffix, start):
    for name in ("one", "two"):
        line = f"accumulate --design fixed --T 20 --d 3 --json --plot {tmp_path / name}.{suffix}"
        ran = command(capsys, "theory", line)
        assert (ran.status, ran.err, ran.json["workflow"]) == (0, "", "accumulate")
    one, two = ((tmp_path / f"{name}.{suffix}").read_bytes() for name in ("one", "two"))
    assert one == two
    assert one.startswith(start)


def test_matplotlib_waits_until_it_is_needed():
    code = "import sys, theory; print([m for m in ('matplotlib', 'scipy', 'filelock') if m in sys.modules])"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"
