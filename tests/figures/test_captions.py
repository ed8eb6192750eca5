"""What captions say in numbers, and the names beside curves, worked out from the tables and the drawn laws.

That these laws are the laws is held in `test_drawn.py` and `test_sequels.py`.
"""

import re
from typing import Any

import numpy as np
import pytest
from matplotlib.colors import to_hex
from scipy import stats

from figures import (
    demystified,
    designs,
    diffusion,
    forgetting,
    interpolation,
    linear_a,
    linear_b,
    one_law,
    population,
    proportional,
    recursion,
    ridge,
    temperature_bias,
    three_workflows,
    vae,
)
from tests.figures.test_drawn import (
    COLOURS,
    WORKFLOWS,
    caption,
    curve,
    draw,
    has_line,
    law,
    made_up,
    mixed,
    planted,
    rows_of,
)
from theory import BestRidge


def named(axes):
    """Of each note the colour of the curve at whose first or last point it is."""
    found = {}
    for note in axes.texts:
        for line in axes.lines:
            x, y = (np.asarray(values, float) for values in line.get_data())
            if len(x) > 2 and any(np.allclose(note.xy, (x[end], y[end])) for end in (0, -1)):
                found[note.get_text()] = to_hex(line.get_color())
    return found


def drawn_law(axes, colour):
    """The y of the solid curve without marks in a colour."""
    found = [line for line in axes.lines if to_hex(line.get_color()) == to_hex(colour)]
    (line,) = (line for line in found if (line.get_marker(), line.get_linestyle()) == ("None", "-"))
    return np.asarray(line.get_ydata(), float)


def z_of(rows, law, unit=1.0, **place):
    """Standard errors between a law in some unit and a table's means."""
    return abs(curve(rows, **place) / unit - law) / (curve(rows, "standard_error", **place) / unit)


def standard_errors(figure):
    """How many the caption says at most."""
    return re.findall(r"at most ([\d.]+) standard errors", caption(figure))


@pytest.mark.parametrize("module", [linear_a, linear_b, designs], ids=["a", "b", "designs"])
def test_agreement_of_least_squares_is_that_of_all_points(module):
    rows = made_up(module.SWEEP)
    figure = draw(module.plot, rows)
    columns = ("workflow", "design", "T", "d", "sigma2")
    places = {tuple(row[column] for column in columns) for row in rows}
    z = []
    for workflow, design, T, d, sigma2 in places:
        above, _, below = sigma2.partition("/")
        exact = law(workflow, design, int(T), int(d), float(above) / float(below or 1), module.SWEEP.iterations)
        z.append(z_of(rows, exact, **dict(zip(columns, (workflow, design, T, d, sigma2), strict=True))))
    said = f"Over all {np.size(z)} points the mean of 7 replicates is at most {np.max(z):.1f} standard errors"
    assert said in caption(figure)
    if module is linear_b:
        for axes, workflow in zip(figure.axes[2::3], WORKFLOWS, strict=True):
            ends = {note.get_text(): note.xy for note in axes.texts}
            assert ends == {
                rf"$\sigma^2={sigma2:g}$": pytest.approx((50, law(workflow, "fixed", 1000, 32, sigma2, 50)[-1]))
                for sigma2 in (0.01, 0.1, 1, 10, 100)
            }
        assert not any(axes.texts for k, axes in enumerate(figure.axes) if k not in (2, 5))


def test_generators():
    rows = made_up(temperature_bias.SWEEP)
    figure = draw(temperature_bias.plot, rows)
    left, right = figure.axes
    colours = {
        (left, workflow, given): mixed(COLOURS[workflow], strength)
        for workflow in WORKFLOWS
        for given, strength in (("", 1.0), ("temperature=1/2", 0.65), ("temperature=0", 0.35))
    }
    biased = {"replace": "", "accumulate": "", "fixed-real": "FixedReal(weight=1/5)", "sliding-window": "SlidingWindow"}
    colours |= {(right, workflow, "bias=1/5"): COLOURS[workflow] for workflow in biased}
    z = []
    for (axes, workflow, given), colour in colours.items():
        start = biased[workflow] or workflow if axes is right else workflow
        names = {
            row["workflow"] for row in rows if re.match(rf"{re.escape(start)}.* Generator\({given}\)", row["workflow"])
        }
        (name,) = names
        z.append(z_of(rows, drawn_law(axes, colour), 32 / 67, workflow=name))
    assert standard_errors(figure) == [f"{np.max(z):.1f}"]
    assert named(left) == {
        "Replace, τ = 1": to_hex(COLOURS["replace"]),
        "Accumulate, τ = 1": to_hex(COLOURS["accumulate"]),
        "Replace, τ = 1/2": to_hex(mixed(COLOURS["replace"], 0.65)),
        "Accumulate, τ = 1/2": to_hex(mixed(COLOURS["accumulate"], 0.65)),
        "both, τ = 0": to_hex(mixed(COLOURS["accumulate"], 0.35)),
    }
    assert named(right) == {
        "Replace": to_hex(COLOURS["replace"]),
        "SlidingWindow(2)": to_hex(COLOURS["sliding-window"]),
        "Accumulate": to_hex(COLOURS["accumulate"]),
        "FixedReal(1/5)": to_hex(COLOURS["fixed-real"]),
    }


def test_populations():
    rows = [{**row, "model": str(model)} for model in (1, 2, 3, 4) for row in made_up(population.SWEEP, seed=model)]
    figure = draw(population.plot, rows)
    colours = ("#000000", "#0072b2", "#009e73", "#d55e00")
    alike = ("M = 1", "M = 2", "M = 4", "M = 4, real data in all")
    left, right = figure.axes
    z = [
        z_of(rows, drawn_law(axes, colour), 32 / 67, workflow=name, model=model)
        for axes, places in ((left, [(name, "1") for name in alike]), (right, [("line", str(k)) for k in (1, 2, 3, 4)]))
        for (name, model), colour in zip(places, colours, strict=True)
    ]
    assert standard_errors(figure) == [f"{np.max(z):.1f}"]
    assert named(left) == dict(zip(alike, colours, strict=True))
    assert named(right) == {f"model {k}": colour for k, colour in enumerate(colours, 1)}


def test_forgetting(monkeypatch):
    monkeypatch.setattr(forgetting, "law", planted)
    rows = made_up(forgetting.SWEEP)
    figure = draw(forgetting.plot, rows)
    line = 2 + np.arange(1, 301) / 300
    places = {"λ = 0.1": ("mean", 0.1), "λ = 1": ("mean", 1.0), "λ = 0.1·T": ("sum", 6.4), "λ = 1·T": ("sum", 64.0)}
    z = [z_of(rows, line + given, workflow=name, ridge=str(given)) for name, given in places.values()]
    assert standard_errors(figure) == [f"{np.max(z):.1f}"]
    (axes,) = figure.axes
    notes: list[Any] = list(axes.texts)
    assert {note.get_text(): note.xy for note in notes} == {
        text: pytest.approx((300, 3 + given)) for text, (_, given) in places.items()
    }
    # levels: the error of predicting 0
    assert [float(np.asarray(one.get_ydata())[0]) for one in axes.lines if np.size(one.get_xdata()) == 2] == [1]
    dashed = [
        np.asarray(one.get_ydata())[0]
        for one in axes.lines
        if one.get_linestyle() == "--" and np.size(one.get_xdata()) > 2
    ]
    np.testing.assert_allclose(dashed, [line[0] + 6.4, line[0] + 64])


@pytest.mark.slow
def test_the_peak():
    rows = made_up(interpolation.SWEEP)
    figure = draw(interpolation.plot, rows)
    (axes,) = figure.axes
    legend: Any = axes.get_legend()
    assert [text.get_text() for text in legend.get_texts()] == ["model 1", "model 2", "model 3"]
    z = []
    for model in (1, 2, 3):
        colour = mixed(COLOURS["accumulate"], 0.3 + 0.7 * model / 3)
        line = drawn_law(axes, colour)
        assert to_hex(legend.legend_handles[model - 1].get_color()) == to_hex(colour)
        z += [z_of(rows, line[int(d) - 5], d=d)[model - 1] for d in sorted({row["d"] for row in rows})]
    assert standard_errors(figure) == [f"{np.max(z):.1f}"]


def test_one_law():
    rows = rows_of("one_law")
    figure = draw(one_law.plot, rows)
    left, right = figure.axes
    workflows = dict.fromkeys(row["workflow"] for row in rows)
    worst = []
    for world, epochs in (("simulation", ""), ("neural", "20.0")):
        z = []
        for name in workflows:
            place = {"world": world, "workflow": name, "epochs": epochs}
            found, error = (curve(rows, column, **place)[1:] for column in ("mean", "standard_error"))
            z.append(abs(found - drawn_law(left, COLOURS[name])[1:]) / error)  # model 1 is the unit
        worst.append(f"{np.max(z):.1f}")
    assert f"The simulation is at most {worst[0]}, the transformer {worst[1]} standard errors" in caption(figure)
    assert f"(squares, mean of {int(rows[0]['replicates']):,} replicates)" in caption(figure)
    assert {to_hex(note.get_color()) for note in left.texts} == set(named(left).values())
    assert {text.lower().replace("-", ""): colour for text, colour in named(left).items()} == {
        name.replace("-", ""): to_hex(COLOURS[name]) for name in workflows
    }
    looks: dict[str, Any] = {
        text.get_text(): handle
        for text, handle in zip(left.get_legend().get_texts(), left.get_legend().legend_handles, strict=True)
    }
    assert {name: (handle.get_marker(), handle.get_linewidth() > 0) for name, handle in looks.items()} == {
        "theory, $c_n$": ("None", True),
        "sim": ("s", False),
        "transformer": ("o", False),
    }
    # the small circle inside the square, and seen on it
    (square, *_), (circle, *_) = ([x for x in left.lines if x.get_marker() == marker] for marker in "so")
    assert circle.get_markersize() < 0.6 * square.get_markersize()
    assert circle.get_zorder() > square.get_zorder()
    assert looks["sim"].get_markersize() == square.get_markersize()
    assert looks["transformer"].get_markersize() == circle.get_markersize()
    assert [axes.get_title() for axes in (left, right)] == ["near the best fit: 20 passes", "far from it: 2 passes"]


def test_ridges(monkeypatch):
    monkeypatch.setattr(ridge, "law", planted)
    monkeypatch.setattr(ridge, "best_ridge", lambda task, workflow, n: BestRidge(0.5 + n / 10, 0.25 * n))
    rows = made_up(ridge.SWEEP)
    figure = draw(ridge.plot, rows)
    apart = [
        abs(curve(rows, workflow=workflow, ridge=given)[model - 1] / (2 + model / 16 + float(given)) - 1)
        for workflow in WORKFLOWS
        for given in ("0.05", "0.15", "0.4", "1.0", "3.0")
        for model in (1, 4, 16)
    ]
    assert f"Simulation and law differ by at most {100 * max(apart):.1f} %." in caption(figure)
    for axes, workflow in zip(figure.axes, WORKFLOWS, strict=True):
        strengths = {"n = 1": 0.4, "n = 4": 0.7, "n = 16": 1.0}
        assert named(axes) == {text: to_hex(mixed(COLOURS[workflow], by)) for text, by in strengths.items()}
        x = np.asarray(axes.lines[0].get_xdata())
        np.testing.assert_allclose(x, np.geomspace(0.05, 3, 25))
        assert [float(np.asarray(one.get_ydata())[0]) for one in axes.lines if np.size(one.get_xdata()) == 2] == [1]


@pytest.mark.slow
def test_finite_ratios():
    rows = made_up(proportional.SWEEP)
    for row in rows:  # far from all laws, so that nothing else is further
        if (row["workflow"], row["d"], row["iteration"]) == ("replace", "40", "5"):
            row["mean"] = str(5 * 40 / 159 * 1234.56)
    figure = draw(proportional.plot, rows)
    assert "differ by at most 123356.0 %" in caption(figure)
    left, right = figure.axes
    assert named(left) == {
        "Replace": to_hex(COLOURS["replace"]),
        "SlidingWindow(2)": to_hex(COLOURS["sliding-window"]),
        "FixedReal(1/5)": to_hex(COLOURS["fixed-real"]),
        "Accumulate": to_hex(COLOURS["accumulate"]),
        "FreshReal(1, 7/10)": to_hex(COLOURS["fresh-real"]),
    }
    assert [axes.get_title() for axes in (left, right)] == ["d/T = 0.5", "model 10"]
    # Replace: n at any ratio; the law for T -> oo of Accumulate is the sum of the inverse squares
    assert drawn_law(right, COLOURS["replace"]) == pytest.approx([10] * 4)
    levels = {to_hex(one.get_color()): one for one in right.lines if np.size(one.get_xdata()) == 2}
    squares = sum(1 / n**2 for n in range(1, 11))
    np.testing.assert_allclose(np.asarray(levels[to_hex(COLOURS["accumulate"])].get_ydata()), squares)


def test_three_workflows_and_a_gaussian():
    tables = {name: rows_of(name) for name in ("kazdan_gaussian", "kazdan_linear", "kazdan_subsampled")}
    figure = draw(three_workflows.plot, tables)
    left, right = figure.axes
    n = np.arange(1, 21)
    task = "Gaussian(T=10, d=1, estimator=mle)"
    laws = {"Replace()": 0.9**n, "Accumulate()": np.cumprod(1 - 1 / (10 * n**2))}
    laws["AccumulateSubsample()"] = drawn_law(right, COLOURS["accumulate-subsample"])
    z = [z_of(tables["kazdan_gaussian"], values, task=task, workflow=name) for name, values in laws.items()]
    assert f"at most {np.max(z):.1f} standard errors away" in caption(figure)
    # in a workflow's colour, and nearest to its curve at that place
    names = {"replace": "Replace", "accumulate": "Accumulate", "accumulate-subsample": "AccumulateSubsample"}
    assert {note.get_text(): to_hex(note.get_color()) for note in left.texts} == {
        text: to_hex(COLOURS[name]) for name, text in names.items()
    }
    thin = [line for line in left.lines if line.get_color() == "black" and np.size(line.get_xdata()) > 1]
    assert [line.get_linestyle() for line in thin] == ["-", "--"]
    assert all(line.get_linewidth() < 0.9 for line in thin)
    crosses = [line for line in left.lines if line.get_marker() == "x"]
    assert {(float(np.asarray(line.get_xdata())[0]), line.get_clip_on()) for line in crosses} == {(100, False)}


def test_states_that_a_discrete_chain_loses():
    """A state's count is a Markov chain of its own, whose transitions are binomial."""
    shares = (0.5, 0.25, 0.13, 0.06, 0.03, 0.015, 0.01, 0.005)
    figure = draw(recursion.plot, {name: rows_of(name) for name in ("shumailov_gaussian", "shumailov_discrete")})
    _, right = figure.axes
    rows = [row for row in rows_of("shumailov_discrete") if row["metric"] == "states_lost"]
    (line,) = (one for one in right.lines if one.get_linestyle() == ":")
    shown = np.asarray(line.get_xdata())
    assert (shown[0], shown[-1], len(shown) > 20) == (1, max(int(row["iteration"]) for row in rows), True)
    count = np.arange(101)
    moves = stats.binom.pmf(count, 100, count[:, None] / 100)
    states = stats.binom.pmf(count, 100, np.array(shares)[:, None])
    lost = {}
    for n in range(1, shown[-1] + 1):
        lost[n] = states[:, 0].sum()
        states = states @ moves
    np.testing.assert_allclose(np.asarray(line.get_ydata()), [lost[n] / 7 for n in shown], rtol=1e-6)
    gap = max(abs(float(row["mean"]) / lost[int(row["iteration"])] - 1) for row in rows)
    assert f"they differ by at most {100 * gap:.1f} %" in caption(figure)
    (crosses,) = (one for one in right.lines if one.get_marker() == "x")
    np.testing.assert_allclose(np.asarray(crosses.get_ydata()), [float(row["mean"]) / 7 for row in rows])
    # the rarer, the paler; the legend has them all
    curves = [one for one in right.lines if one.get_marker() == "o"]
    strengths = [1 - 0.85 * k / 8 for k in range(8)]
    assert [to_hex(one.get_color()) for one in curves] == [to_hex(mixed(COLOURS["replace"], by)) for by in strengths]
    assert [text.get_text() for text in right.get_legend().get_texts()] == [f"{share:g}" for share in shares]


def test_generators_of_a_ridge_fit():
    figure = draw(demystified.plot, {name: rows_of(name) for name in ("dohmatob_ridge", "dohmatob_power_law")})
    left, right = figure.axes
    assert named(left) == {"n = 0": "#000000"} | {
        f"n = {k}": to_hex(mixed(COLOURS["replace"], 0.3 + 0.14 * k)) for k in (1, 2, 5)
    }
    colours = {"real data": "#000000", "5 generators": to_hex(COLOURS["replace"])}
    assert named(right) == colours | {"5 generators,\nadaptive ridge": to_hex(COLOURS["fresh-real"])}
    grid = np.asarray(left.lines[0].get_xdata())
    bars = [x for x in left.lines if x.get_marker() == "o"]
    first, *_, last = np.asarray(bars[0].get_xdata(), float)
    np.testing.assert_allclose(grid, np.geomspace(first, last, 40))
    levels = [float(np.asarray(one.get_ydata())[0]) for one in left.lines if np.size(one.get_xdata()) == 2]
    assert levels == [1]
    assert float(*standard_errors(figure)) < 5


def test_losses_of_networks_are_told_with_their_errors():
    """Rises to the last model with standard errors, ours from the table, the paper's as read."""
    for name, module, form, theirs in (
        ("vae", vae, lambda m, e: f"{100 * m:.0f} ± {100 * e:.0f} %", {"replace": "56 %", "accumulate": "3 %"}),
        ("diffusion", diffusion, lambda m, e: f"{1 + m:.2f} ± {e:.2f} times", {"replace": "7.3", "accumulate": "1.5"}),
    ):
        rows = rows_of(name)
        figure = draw(module.plot, rows)
        said = []
        for workflow in WORKFLOWS:
            place = {"variant": "cpu", "workflow": workflow, "metric": "rise"}
            said.append(form(curve(rows, **place)[-1], curve(rows, "standard_error", **place)[-1]))
        text = caption(figure).replace("\N{NO-BREAK SPACE}", " ")
        assert f"{said[0]} (standard error) under Replace and" in text
        assert re.search(rf"{re.escape(said[1])} under Accumulate; in the paper", text)
        assert re.search(rf"{theirs['replace']} and {theirs['accumulate']}", text)


def test_the_papers_diffusion_models_are_drawn_over_their_first():
    top = draw(diffusion.plot, rows_of("diffusion")).axes[:2]
    read = {"replace": (54.7, 384.8, 411.2, 381.2, 365.2, 398.8), "accumulate": (54.7, 84.8, 80.4, 90.4, 89.6, 84.0)}
    for axes, workflow in zip(top, WORKFLOWS, strict=True):
        assert has_line(axes, "0.45", np.array(read[workflow]) / 54.7, marker="x")
