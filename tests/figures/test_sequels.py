"""What the figures of the sequels show, against made-up tables, and laws and published values written a second time."""

import math
from typing import Any

import numpy as np
import pytest
from matplotlib.colors import to_hex

from figures import pathway, three_workflows, weights
from paper_repro.dey2024.estimators import RATIOS
from paper_repro.he2025.simulations import LIMITS
from paper_repro.kazdan2024.simulations import GAUSSIAN, LINEAR
from paper_repro.sweep import Sweep, grid
from tests.figures.test_drawn import COLOURS, bars, caption, curve, draw, has_band, has_circles, has_line
from theory import AccumulateSubsample

PI = pytest.approx(math.pi**2 / 6)
NAMES = ("replace", "accumulate", "accumulate-subsample")


def made_up(sweep, seed=0):
    """A table of a sweep of any task, of numbers that no law has, all different."""
    random, rows = np.random.default_rng(seed), []
    for one in sweep.simulations:
        for n in range(1, sweep.iterations + 1):
            row = {**one.place, "iteration": n, "replicates": 7}
            row |= {"mean": random.uniform(1, 2), "standard_error": random.uniform(0.01, 0.1)}
            rows.append({name: str(value) for name, value in row.items()})
    return rows


def sums(n):
    return np.cumsum(1 / np.arange(1, n + 1) ** 2)


@pytest.fixture(scope="module")
def three():
    tables = {sweep.name: made_up(sweep, seed) for seed, sweep in enumerate((GAUSSIAN, LINEAR))}
    places = grid(designs=("fixed",), T=(32, 100), d=(10,), workflows=(AccumulateSubsample(),))
    tables["kazdan_subsampled"] = made_up(Sweep("kazdan_subsampled", places, 100, 7, seed=0), 2)
    return tables, draw(three_workflows.plot, tables)


def test_three_workflows_of_least_squares_beside_the_published_values(three):
    tables, figure = three
    left, _ = figure.axes
    published = {
        32: {"replace": 99.7, "accumulate": 1.65, "accumulate-subsample": 5.0},
        100: {"replace": 99.6, "accumulate": 1.78, "accumulate-subsample": 3.3},
    }
    gains = dict(zip(NAMES, (np.arange(1, 101), sums(100), 3 * sums(100) - 2), strict=True))
    crosses = [tuple(np.asarray(line.get_data()).ravel()) for line in left.lines if line.get_marker() == "x"]
    for workflow in NAMES:
        colour = COLOURS[workflow]
        assert has_line(left, colour, gains[workflow])
        table = tables["kazdan_subsampled" if workflow == "accumulate-subsample" else "kazdan_linear"]
        for T, line in ((32, "-"), (100, "--")):
            place = {"workflow": workflow, "design": "fixed", "T": str(T)}
            mean, error = (curve(table, column, **place) * (T - 11) / 10 for column in ("mean", "standard_error"))
            assert has_line(left, colour, mean, linestyle=line)
            assert has_band(left, colour, mean - 1.96 * error, mean + 1.96 * error)
            assert (100, published[T][workflow]) in crosses
    assert len(crosses) == 6
    assert {line.get_markersize() for line in left.lines if line.get_marker() == "x"} == {5}
    # the approximations begin with one fit, in its units, and are the larger the fewer the rows
    thin = [np.asarray(x.get_ydata()) for x in left.lines if x.get_color() == "black" and np.size(x.get_xdata()) == 100]
    np.testing.assert_allclose([law[0] for law in thin], 1, rtol=1e-9)
    assert thin[0][-1] > 1.2 * thin[1][-1] > 3
    ends = [
        curve(tables["kazdan_subsampled"], design="fixed", T=str(T))[-20:].mean() * (T - 11) / 10 for T in (32, 100)
    ]
    assert f"ends at {ends[0]:.1f} and {ends[1]:.1f} times" in caption(figure)


def test_a_gaussian_under_three_workflows_on_its_laws(three):
    tables, figure = three
    _, right = figure.axes
    n = np.arange(1, 21)
    laws = {"replace": 0.9**n, "accumulate": np.cumprod(1 - 1 / (10 * n**2))}
    printed = dict(zip(NAMES, ("Replace()", "Accumulate()", "AccumulateSubsample()"), strict=True))
    for workflow in NAMES:
        if workflow in laws:
            assert has_line(right, COLOURS[workflow], laws[workflow])
        place = {"task": "Gaussian(T=10, d=1, estimator=mle)", "workflow": printed[workflow]}
        means, errors = (curve(tables["kazdan_gaussian"], column, **place) for column in ("mean", "standard_error"))
        assert has_circles(right, COLOURS[workflow], n, means, errors)


def test_five_estimators_on_one_pathway():
    rows = made_up(RATIOS)
    figure = draw(pathway.plot, rows)
    left, right = figure.axes
    assert has_line(left, COLOURS["accumulate"], sums(50))
    shown = bars(left)
    labels = ["median of N(θ, 1)", "logistic regression", "Poisson regression", "mean of a Gaussian", "least squares"]
    assert [text.get_text() for text in left.get_legend().get_texts()] == labels
    for label, (_, at, ratio, ends) in zip(labels, shown, strict=True):
        means, errors = (curve(rows, column, task=label) for column in ("mean", "standard_error"))
        places = np.round(at).astype(int) - 1
        assert (places[0], places[-1]) == (0, 49) or abs(at[-1] - 50) < 5
        generations = np.unique(np.geomspace(1, 50, 12).round().astype(int)) - 1
        np.testing.assert_allclose(ratio, (means / means[0])[generations])
        relative = np.hypot(errors / means, errors[0] / means[0])[generations]
        relative[0] = 0  # to itself
        np.testing.assert_allclose(ends[:, 1, 1] - ratio, 1.96 * ratio * relative, atol=1e-12)
    for workflow, law in zip(NAMES, (np.arange(1, 101), sums(100), 3 * sums(100) - 2), strict=True):
        assert has_line(right, COLOURS[workflow], law)
    levels = sorted(np.asarray(line.get_ydata())[0] for line in right.lines if to_hex(line.get_color()) == "#000000")
    np.testing.assert_allclose(levels, [math.pi**2 / 6, 2.90, math.pi**2 / 2 - 2])
    assert "where the law has 2.905" in caption(figure)
    # levels are named where they begin
    texts: list[list[Any]] = [list(axes.texts) for axes in (left, right)]
    notes = [{note.get_text(): note.xy for note in each} for each in texts]
    assert notes == [{"π²/6": (1, PI)}, {"π²/6": (1, PI), "π²/2 − 2": (1, pytest.approx(math.pi**2 / 2 - 2))}]
    (cross,) = (line for line in right.lines if line.get_marker() == "x")
    assert tuple(np.asarray(cross.get_data()).ravel()) == (100, 2.90)
    assert cross.get_markersize() == 5  # as in the figure of the other sequel


def test_weights_and_where_the_least_is():
    rows = made_up(LIMITS)
    (axes,) = draw(weights.plot, rows).axes
    lines = {line.get_label(): line for line in axes.lines}
    for k, name in ((0.25, "k = 1/4"), (1, "k = 1"), (4, "k = 4")):
        w = np.asarray(lines[name].get_xdata())
        np.testing.assert_allclose(np.asarray(lines[name].get_ydata()), (w**2 + k * (1 - w) ** 2) / (w * (2 - w)))
        best = (math.sqrt(k**2 + 4 * k) - k) / 2
        own = [line for line in axes.lines if line.get_color() == lines[name].get_color()]  # 1/4 and 4 are not swapped
        (mark,), (square,) = (
            [np.asarray(line.get_data()) for line in own if line.get_marker() == marker] for marker in "vs"
        )
        np.testing.assert_allclose(mark.ravel(), (best, best))
        naive = k / (1 + k)
        value = (naive**2 + k * (1 - naive) ** 2) / (naive * (2 - naive))
        np.testing.assert_allclose(square.ravel(), (naive, value))
    shown = bars(axes)
    tasks = ("least squares", "logistic regression", "Poisson regression", "mean of a Gaussian")
    places = [(task, weight) for task in tasks for weight in ("3/10", "309/500", "9/10")]
    for (task, weight), (_, at, ratio, ends) in zip(places, shown, strict=True):
        place = {"task": task, "workflow": f"FreshReal(synthetic_ratio=1, weight={weight})"}
        means, errors = (curve(rows, column, **place) for column in ("mean", "standard_error"))
        np.testing.assert_allclose(np.asarray(ratio, float), means[-1] / means[0])
        relative = math.hypot(errors[-1] / means[-1], errors[0] / means[0])
        np.testing.assert_allclose(np.diff(ends[0, :, 1]), 2 * 1.96 * relative * means[-1] / means[0])
        above, below = map(int, weight.split("/"))
        assert abs(float(at[0]) - above / below) < 0.02
