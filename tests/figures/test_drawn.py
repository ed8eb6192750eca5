"""What figures show, read off the drawing, against the tables' own rows: lines, bands, bars, colours, images.

Tables are read here and not by the functions that draw; colours, levels and units are written a second time.
"""

import csv
import itertools
import math
from typing import Any

import numpy as np
import pytest
from matplotlib.collections import PolyCollection
from matplotlib.colors import to_hex, to_rgb
from matplotlib.container import ErrorbarContainer
from scipy import stats

from figures import (
    chains,
    designs,
    diffusion,
    forgetting,
    interpolation,
    language,
    language_longer,
    linear_a,
    linear_b,
    one_law,
    population,
    proportional,
    real_data,
    ridge,
    temperature_bias,
    vae,
)
from figures.style import COLOUR, style
from paper_repro.recorded import RECORDED
from theory import BestRidge

#: Okabe and Ito's colours, and one more.
COLOURS = {
    "replace": "#D55E00",
    "replace-growing": "#E69F00",
    "accumulate": "#0072B2",
    "accumulate-subsample": "#56B4E9",
    "accumulate-fresh": "#332288",
    "sliding-window": "#CC79A7",
    "fixed-real": "#8C6D1F",
    "fresh-real": "#009E73",
}
WORKFLOWS = ("replace", "accumulate")


def rows_of(name):
    with (RECORDED / f"{name}.csv").open(newline="") as file:
        return list(csv.DictReader(file))


def curve(rows, column="mean", **place):
    """A column by iteration of the rows at a place."""
    found = [row for row in rows if place.items() <= row.items()]
    found.sort(key=lambda row: int(row["iteration"]))
    assert [int(row["iteration"]) for row in found] == list(range(1, len(found) + 1))
    return np.array([float(row[column]) for row in found])


def half(rows, **place):
    """Half of the 95 % interval by Student's t."""
    seeds = curve(rows, "replicates", **place)
    return stats.t.ppf(0.975, seeds - 1) * curve(rows, "standard_error", **place)


def bands(axes):
    """Of each band its colour, x, lower and upper edge."""
    found = []
    for collection in axes.collections:
        if isinstance(collection, PolyCollection):
            vertices = np.asarray(collection.get_paths()[0].vertices)
            x = np.unique(vertices[:, 0])
            edges = [(vertices[vertices[:, 0] == at, 1].min(), vertices[vertices[:, 0] == at, 1].max()) for at in x]
            colour: Any = np.asarray(collection.get_facecolor())[0]
            found.append((to_hex(colour), x, *np.array(edges).T))
    return found


def has_band(axes, colour, low, high):
    n = np.arange(1, len(low) + 1)
    return any(
        shown == to_hex(colour) and np.array_equal(x, n) and np.allclose(below, low) and np.allclose(above, high)
        for shown, x, below, above in bands(axes)
    )


def has_line(axes, colour, values, **looks):
    n = np.arange(1, len(values) + 1)
    return any(
        to_hex(line.get_color()) == to_hex(colour)
        and np.array_equal(line.get_xdata(), n)
        and np.allclose(np.asarray(line.get_ydata()), values, rtol=1e-9)
        and all(getattr(line, f"get_{name}")() == value for name, value in looks.items())
        for line in axes.lines
    )


def bars(axes):
    """Of each set of error bars its colour, the places, and the ends of the bars."""
    found = []
    for container in axes.containers:
        assert isinstance(container, ErrorbarContainer)
        line, _, (collection,) = container.lines
        ends = np.array(collection.get_segments())
        found.append((to_hex(line.get_color()), np.asarray(line.get_xdata()), np.asarray(line.get_ydata()), ends))
    return found


def mixed(colour, strength):
    """With white."""
    return tuple(1 - strength * (1 - np.array(to_rgb(colour))))


def draw(plot, *tables):
    with style():
        return plot(*tables)


def caption(figure):
    return " ".join(figure.get_supxlabel().split())


def test_colours():
    assert COLOUR == COLOURS


def test_a_curve_is_of_its_own_rows_and_seeds():
    """Of one variant, workflow and metric, in the order of iterations, whatever that of the table is."""
    rows, expected = [], {}
    for k, place in enumerate(itertools.product(("cpu", "other"), ("replace", "accumulate"), ("rise", "test_loss"))):
        means, seeds = 10 * k + np.arange(1, 12), 3 + k
        expected[place] = means, stats.t.ppf(0.975, seeds - 1) * means / 100
        for n in range(11, 0, -1):
            row = dict(zip(("variant", "workflow", "metric"), place, strict=True)) | {"iteration": n}
            row |= {"mean": means[n - 1], "standard_error": means[n - 1] / 100, "replicates": seeds}
            rows.append({name: str(value) for name, value in row.items()})
    for place, (means, halves) in expected.items():
        found = chains.curve(rows, *place)
        np.testing.assert_array_equal(found.mean, means)
        np.testing.assert_allclose(found.half, halves)


def made_up(sweep, seed=0):
    """A table of a sweep of numbers that no law has, all different."""
    random, rows = np.random.default_rng(seed), []
    for one in sweep.simulations:
        for n in range(1, sweep.iterations + 1):
            low, mean, high = np.sort(random.uniform(1, 2, 3))
            row = {"workflow": one.name, "design": one.design, "T": one.T, "d": one.d}
            row |= {"sigma2": one.sigma2, "iteration": n, "replicates": 7}
            row |= {} if one.ridge is None else {"ridge": one.ridge}
            row |= {"mean": mean, "standard_error": random.uniform(0.01, 0.1), "low": low, "high": high}
            rows.append({name: str(value) for name, value in row.items()})
    return rows


def law(workflow, design, T, d, sigma2, iterations):
    """As published: n, or the sum of 1/i^2, times the error of one fit; at fresh design of 1/(i (iT - d - 1))."""
    n = np.arange(1, iterations + 1)
    if workflow == "replace":
        return sigma2 * d / (T - d - 1) * n
    return np.cumsum(sigma2 * d / (n * (n * T - d - 1)) if design == "fresh" else sigma2 * d / (T - d - 1) / n**2)


@pytest.mark.parametrize("module", [linear_a, linear_b], ids=["a", "b"])
def test_linear_figures_show_means_bands_and_laws(module):
    rows = made_up(module.SWEEP)
    figure = draw(module.plot, rows)
    variances = {linear_a: ("1/10", "1", "10"), linear_b: ("1/100", "1/10", "1", "10", "100")}[module]
    strengths = {linear_a: (0.45, 0.7, 1.0), linear_b: (0.4, 0.55, 0.7, 0.85, 1.0)}[module]
    samples = {linear_a: ("114",), linear_b: ("100", "316", "1000")}[module]
    assert len(figure.axes) == 2 * len(samples)
    for line, workflow in enumerate(WORKFLOWS):
        for column, T in enumerate(samples):
            axes = figure.axes[line * len(samples) + column]
            for variance, strength in zip(variances, strengths, strict=True):
                place = {"workflow": workflow, "T": T, "sigma2": variance}
                colour = mixed(COLOURS[workflow], strength)
                assert has_line(axes, colour, curve(rows, **place))
                assert has_band(axes, colour, curve(rows, "low", **place), curve(rows, "high", **place))
                above, _, below = variance.partition("/")
                sigma2 = float(above) / float(below or 1)
                exact = law(
                    workflow, "fixed", int(T), {linear_a: 88, linear_b: 32}[module], sigma2, module.SWEEP.iterations
                )
                assert has_line(axes, "black", exact)
            assert len(bands(axes)) == len(variances)
    assert [axes.get_title() for axes in figure.axes[: 2 if module is linear_a else 3]] == (
        ["Replace", "Accumulate"] if module is linear_a else [f"T = {T}" for T in samples]
    )


def test_both_designs_have_their_law_bars_and_bound():
    rows = made_up(designs.SWEEP)
    figure = draw(designs.plot, rows)
    for axes, T in zip(figure.axes, (40, 100), strict=True):
        for design, strength in (("fixed", 1.0), ("fresh", 0.6)):
            colour = mixed(COLOURS["accumulate"], strength)
            place = {"design": design, "T": str(T)}
            assert has_line(axes, colour, law("accumulate", design, T, 32, 1.0, 20))
            means, error = curve(rows, **place), 1.96 * curve(rows, "standard_error", **place)
            (ends,) = (ends for shown, _, y, ends in bars(axes) if shown == to_hex(colour) and np.allclose(y, means))
            np.testing.assert_allclose(ends[..., 1], np.stack([means - error, means + error], 1))
        bound = math.pi**2 / 6 * 32 / (T - 33)
        (level,) = (np.asarray(line.get_ydata()) for line in axes.lines if line.get_linestyle() == ":")
        np.testing.assert_allclose(level, [bound, bound])


#: At fresh design, models 1 to 6, computed outside the project: limits d/T -> 1/2; for FreshReal, which has an exact
#: law, values at T = 200 and d = 100 by an approximation, which is good to a tenth of a per cent there.
PROPORTIONAL = {
    "sliding-window": (1, 1.16666667, 1.50534500, 1.76466863, 2.05691706, 2.33484621),
    "fixed-real": (1, 1.39903221, 1.66451989, 1.85377765, 1.99543877, 2.10524392),
    "fresh-real": tuple(
        value / 1.01010101 for value in (1.01010101, 0.57133581, 0.48756362, 0.47156924, 0.46851548, 0.46793243)
    ),
}


@pytest.mark.slow
def test_laws_at_finite_ratios_have_simulations_on_them_and_the_large_law_beside():
    sweep = proportional.SWEEP
    rows = made_up(sweep)
    figure = draw(proportional.plot, rows)
    left, right = figure.axes
    n = np.arange(1, 11)
    names = {one.name: one.workflow.command() for one in sweep.simulations}
    assert len(left.lines) == 3 * len(names)
    for name, workflow in names.items():
        colour = COLOURS[workflow]
        (solid,) = (x for x in left.lines if x.get_linestyle() == "-" and x.get_color() == colour)
        shown = np.asarray(solid.get_ydata())
        if workflow in ("replace", "accumulate"):
            exact = n if workflow == "replace" else law("accumulate", "fresh", 200, 100, 1.0, 10) / (100 / 99)
            np.testing.assert_allclose(shown, exact, rtol=1e-12)
        else:
            exact = workflow == "fresh-real"
            np.testing.assert_allclose(shown[:6], PROPORTIONAL[workflow], rtol=1e-3 if exact else 1e-7)
        (large,) = (x for x in left.lines if x.get_linestyle() not in ("-", "None") and x.get_color() == colour)
        if workflow in ("replace", "accumulate"):
            np.testing.assert_allclose(
                np.asarray(large.get_ydata()), law(workflow, "fixed", 200, 100, 1.0, 10) / (100 / 99)
            )
        for axes, d, last in ((left, "100", slice(None)), *((right, d, slice(9, 10)) for d in ("10", "40", "160"))):
            one_fit = int(d) / (199 - int(d))
            place = {"workflow": name, "T": "200", "d": d}
            means = curve(rows, **place)[last] / one_fit
            error = 1.96 * curve(rows, "standard_error", **place)[last] / one_fit
            found = [
                ends[:, :, 1]
                for shown, x, y, ends in bars(axes)
                if shown == colour.lower()
                for ends in [ends if axes is left else ends[np.isclose(x, int(d) / 200)]]
            ]
            np.testing.assert_allclose(found[0], np.stack([means - error, means + error], 1))
    assert "by 0.282 of one fit's error" in caption(figure)


def has_bars(axes, colour, means, error, places):
    """Bars of 95 % at these places."""
    wanted = np.stack([means - 1.96 * error, means + 1.96 * error], 1)
    return any(
        shown == to_hex(colour) and np.array_equal(x, places) and np.allclose(ends[..., 1], wanted)
        for shown, x, _, ends in bars(axes)
    )


def test_laws_of_generators_have_simulations_on_them():
    rows = made_up(temperature_bias.SWEEP)
    figure = draw(temperature_bias.plot, rows)
    left, right = figure.axes
    n, one_fit = np.arange(1, 31), 32 / 67
    squares, harmonic = np.cumsum(1 / n**2), np.cumsum(1 / n)
    shown = np.array([1, 2, 3, 4, 6, 8, 11, 15, 20, 25, 30])
    expected = [
        (left, name, strength, f"{name} Generator({given})", 1 + tau**2 * (usual - 1))
        for name, usual in (("replace", n), ("accumulate", squares))
        for tau, strength, given in ((1, 1.0, ""), (0.5, 0.65, "temperature=1/2"), (0, 0.35, "temperature=0"))
    ]
    biased = "Generator(bias=1/5)"
    expected += [
        (right, "replace", 1.0, f"replace {biased}", n + 0.04 * (n - 1) ** 2 / one_fit),
        (right, "accumulate", 1.0, f"accumulate {biased}", squares + 0.04 * (harmonic - 1) ** 2 / one_fit),
        (
            right,
            "fixed-real",
            1.0,
            f"FixedReal(weight=1/5) {biased}",
            25 / 9 - 16 / 9 * 0.64 ** (n - 1) + 0.04 * 16 * (1 - 0.8 ** (n - 1)) ** 2 / one_fit,
        ),
    ]
    for axes, workflow, strength, name, law in expected:
        colour = mixed(COLOURS[workflow], strength)
        assert has_line(axes, colour, law), name
        means, error = (
            curve(rows, column, workflow=name)[shown - 1] / one_fit for column in ("mean", "standard_error")
        )
        assert has_bars(axes, colour, means, error, shown), name
    assert sum(len(axes.lines) for axes in figure.axes) == 2 * (len(expected) + 1)  # a window too


def test_populations_are_drawn_on_their_gains():
    rows = [{**row, "model": str(model)} for model in (1, 2, 3, 4) for row in made_up(population.SWEEP, seed=model)]
    figure = draw(population.plot, rows)
    left, right = figure.axes
    n = np.arange(1, 21)
    alike = [np.where(n == 1, 1, n / models) for models in (1, 2, 4)]
    fixed = 25 / 9 - 16 / 9 * 0.64 ** (n - 1)  # model 4: a fifth of fixed real data
    line = [fixed]
    for _ in range(3):  # each is the next one a step before, and the noise of its pool
        line.insert(0, np.concatenate([[1], line[0][:-1] + 1]))
    expected = [(left, f"M = {models}", 1, law) for models, law in zip((1, 2, 4), alike, strict=True)]
    expected += [(right, "line", model, law) for model, law in enumerate(line, 1)]
    colours = ("#000000", "#0072B2", "#009E73", "#000000", "#0072B2", "#009E73", "#D55E00")
    for (axes, name, model, law), colour in zip(expected, colours, strict=True):
        assert has_line(axes, colour, law), (name, model)
        place = {"workflow": name, "model": str(model)}
        means, error = (curve(rows, column, **place)[::2] * 67 / 32 for column in ("mean", "standard_error"))
        assert has_bars(axes, colour, means, error, n[::2]), (name, model)
    limit = 1 / 4 + 1 / 25 * 3 / 4 + 16 / 25 / (4 * 1 / 5 * 9 / 5)
    (with_real,) = (x for x in left.lines if x.get_color() == "#D55E00" and x.get_linestyle() == "-")
    np.testing.assert_allclose(np.asarray(with_real.get_ydata())[-1], limit, rtol=1e-3)


def test_the_autoencoders_losses_and_what_is_lost():
    rows = rows_of("vae")
    top = draw(vae.plot, rows).axes
    for axes, below, workflow in zip(top[:2], top[2:], WORKFLOWS, strict=True):
        place = {"variant": "cpu", "workflow": workflow}
        mean, error = curve(rows, **place, metric="test_loss"), half(rows, **place, metric="test_loss")
        assert has_line(axes, COLOURS[workflow], mean)
        assert has_band(axes, COLOURS[workflow], mean - error, mean + error)
        assert has_line(axes, COLOURS[workflow], curve(rows, **place, metric="reconstruction"), linestyle=":")
        for metric, grey in (("variance", "0.0"), ("nearest_sample", "0.35"), ("classes", "0.65")):
            mean, error = curve(rows, **place, metric=metric), half(rows, **place, metric=metric)
            assert has_line(below, grey, mean)
            assert has_band(below, grey, mean - error, mean + error)
        assert (axes.get_title(), len(bands(axes)), len(bands(below))) == (workflow.capitalize(), 1, 3)


def test_the_diffusion_models_losses_over_that_of_model_1():
    rows = rows_of("diffusion")
    top = draw(diffusion.plot, rows).axes
    for axes, below, workflow in zip(top[:2], top[2:], WORKFLOWS, strict=True):
        place = {"variant": "cpu", "workflow": workflow}
        mean, error = 1 + curve(rows, **place, metric="rise"), half(rows, **place, metric="rise")
        assert mean[0] == 1
        assert has_line(axes, COLOURS[workflow], mean)
        assert has_band(axes, COLOURS[workflow], mean - error, mean + error)
        for metric, grey in (("sane", "0.0"), ("coverage", "0.45")):
            mean, error = curve(rows, **place, metric=metric), half(rows, **place, metric=metric)
            assert has_line(below, grey, mean)
            assert has_band(below, grey, mean - error, mean + error)


def test_the_language_models_losses():
    rows = rows_of("language")
    looks = zip(("gpt2-9m", "llama2-12m", "llama2-42m", "llama2-126m"), "os^D", (0.45, 0.63, 0.81, 1.0), strict=True)
    looks = list(looks)
    for axes, workflow in zip(draw(language.plot, rows).axes, WORKFLOWS, strict=True):
        for model, marker, strength in looks:
            place = {"variant": model, "workflow": workflow, "metric": "test_loss"}
            mean, error, colour = curve(rows, **place), half(rows, **place), mixed(COLOURS[workflow], strength)
            assert has_line(axes, colour, mean, marker=marker)
            assert has_band(axes, colour, mean - error, mean + error)
        assert len(bands(axes)) == 4


def test_the_language_model_near_its_best_fit():
    tables = {name: rows_of(name) for name in ("language_longer", "language_longer_steps")}
    looks = (("language_longer", "-"), ("language_longer_steps", "--"))
    for axes, metric in zip(draw(language_longer.plot, tables).axes, ("kl", "impossible"), strict=True):
        for (name, linestyle), workflow in ((looks[0], "replace"), (looks[0], "accumulate"), (looks[1], "accumulate")):
            place = {"variant": "llama2-126m", "workflow": workflow, "metric": metric}
            mean, error = curve(tables[name], **place), half(tables[name], **place)
            assert has_line(axes, COLOURS[workflow], mean, linestyle=linestyle)
            assert has_band(axes, COLOURS[workflow], mean - error, mean + error)
        assert len(bands(axes)) == 3


def test_networks_near_their_best_fit_on_real_data():
    names = ("language_largest", "shakespeare", "fashion", "diffusion_longer", "ligands")
    tables = {name: rows_of(name) for name in names}
    *panels, legend = draw(real_data.plot, tables).axes
    titles = [
        "stories of a grammar",
        "plays of Shakespeare",
        "pictures of clothes",
        "small drugs",
        "ligands of proteins",
    ]
    assert [axes.get_title() for axes in panels] == titles
    for axes, name in zip(panels, names, strict=True):
        (variant,) = {row["variant"] for row in tables[name]}
        for workflow in WORKFLOWS:
            place = {"variant": variant, "workflow": workflow, "metric": "rise"}
            mean, error = 100 * curve(tables[name], **place), 100 * half(tables[name], **place)
            assert has_line(axes, COLOURS[workflow], mean)
            assert has_band(axes, COLOURS[workflow], mean - error, mean + error)
        assert len(bands(axes)) == 2
    assert [text.get_text() for text in legend.get_legend().get_texts()] == ["Replace", "Accumulate"]


def rungs(axes):
    """Of each rung its label with the bar of each colour, in per cent."""
    labels = [label.get_text() for label in axes.get_yticklabels()]
    found = {}
    for colour, x, y, ends in bars(axes):
        found[labels[round(y[0])], colour] = x[0], *ends[0, :, 0]
    return labels, found


def test_the_ladder_of_autoencoders_is_the_rise_to_the_last_model():
    tables = {name: rows_of(name) for name in ("vae_ablation", "vae_longer")}
    labels, found = rungs(draw(vae.plot_ablation, [row for rows in tables.values() for row in rows]).axes[0])
    expected = []
    for rows in tables.values():
        for variant in dict.fromkeys(row["variant"] for row in rows):
            label = labels[len(expected)]
            expected.append(variant)
            for workflow in dict.fromkeys(row["workflow"] for row in rows if row["variant"] == variant):
                place = {"variant": variant, "workflow": workflow, "metric": "rise"}
                mean, error = 100 * curve(rows, **place)[-1], 100 * half(rows, **place)[-1]
                shown = found.pop((label, to_hex(COLOURS[workflow])))
                np.testing.assert_allclose(shown, [mean, mean - error, mean + error], rtol=1e-9)
    assert found == {}
    assert len(labels) == len(expected) == len(set(labels))


def test_the_ladder_of_diffusion_models_is_the_rise_to_model_3():
    rows, short, long = rows_of("diffusion_ablation"), rows_of("diffusion_short"), rows_of("diffusion")
    labels, found = rungs(draw(diffusion.plot_ablation, rows, short, long).axes[0])
    variants = list(dict.fromkeys(row["variant"] for row in rows))
    assert labels[1:-1] == variants
    ends = (labels[0], short, "600 steps"), (labels[-1], long, "cpu")
    for label, table, variant in [*ends, *((v, rows, v) for v in variants)]:
        place = {"variant": variant, "workflow": "replace", "metric": "rise"}
        mean, error = 100 * curve(table, **place)[2], 100 * half(table, **place)[2]
        np.testing.assert_allclose(found[label, to_hex("#D55E00")], [mean, mean - error, mean + error], rtol=1e-9)


@pytest.mark.parametrize(
    ("plot", "table", "side", "gap", "across", "iterations"),
    [(vae.plot_samples, "vae_images", 8, 1, 20, 10), (vae.plot_clothes, "fashion_images", 28, 3, 68, 6)],
)
def test_sampled_images_stand_in_the_column_of_their_model(plot, table, side, gap, across, iterations):
    """Five rows of pairs and a line of white between them; dark on white, and in greys."""
    rows = rows_of(table)
    for axes, workflow in zip(draw(plot, rows).axes, WORKFLOWS, strict=True):
        sheet = np.asarray(axes.images[0].get_array())
        shown = 0
        for row in rows:
            if row["workflow"] == workflow and int(row["image"]) < 10:
                n, image = int(row["iteration"]), int(row["image"])
                y, x = (side + gap) * (image // 2), across * (n - 1) + (side + gap) * (image % 2)
                pixels = np.frombuffer(bytes.fromhex(row["pixels"]), np.uint8).reshape(side, side)
                np.testing.assert_array_equal(sheet[y : y + side, x : x + side], 255 - pixels)
                shown += 1
        assert shown == 10 * iterations
        assert len(np.unique(sheet)) > 200
        ticks = dict(zip(axes.get_xticks(), (label.get_text() for label in axes.get_xticklabels()), strict=True))
        middle = (across - 3 * gap) / 2
        assert ticks == {across * (n - 1) + middle: str(n) for n in range(1, iterations + 1)}
        assert not any(spine.get_visible() for spine in axes.spines.values())
        marks = [*axes.xaxis.get_major_ticks(), *axes.yaxis.get_major_ticks()]
        assert not any(tick.gridline.get_visible() or tick.tick1line.get_markersize() for tick in marks)
        assert to_hex(axes.title.get_color()) == to_hex(COLOURS[workflow])
        assert axes.images[0].get_clim() == (0, 255)  # of grey, dark on white
        assert axes.get_title() == workflow.capitalize()


#: c_n by hand: n; the sum of 1/i^2; and c_n = c_{n-1}/4 + 1/2.
GAINS = {
    "replace": [1, 2, 3, 4, 5],
    "accumulate": [1, 5 / 4, 49 / 36, 205 / 144, 5269 / 3600],
    "fresh-real": [1, 3 / 4, 11 / 16, 43 / 64, 171 / 256],
}


def test_one_law_in_three_worlds():
    rows = rows_of("one_law")
    left, right = draw(one_law.plot, rows).axes
    shown = bars(left)
    for workflow in dict.fromkeys(row["workflow"] for row in rows):
        place = {"world": "simulation", "workflow": workflow}
        mean, error = curve(rows, **place), 1.96 * curve(rows, "standard_error", **place)
        (bar,) = (bar for bar in shown if bar[0] == to_hex(COLOURS[workflow]))
        np.testing.assert_allclose(bar[2], mean)
        np.testing.assert_allclose(bar[3][..., 1], np.stack([mean - error, mean + error], 1))
        if workflow in GAINS:
            assert has_line(left, COLOURS[workflow], GAINS[workflow])
    for axes, epochs in ((left, "20.0"), (right, "2.0")):
        for workflow in dict.fromkeys(row["workflow"] for row in rows if row["epochs"] == epochs):
            place = {"world": "neural", "workflow": workflow, "epochs": epochs}
            mean, error = curve(rows, **place), 1.96 * curve(rows, "standard_error", **place)
            assert has_line(axes, COLOURS[workflow], mean, marker="o")
            assert has_band(axes, COLOURS[workflow], mean - error, mean + error)
            assert workflow not in GAINS or has_line(axes, COLOURS[workflow], GAINS[workflow])
    assert (len(bands(left)), len(bands(right)), len(shown)) == (5, 2, 5)


def test_learning_curves_are_darker_the_later_the_model():
    rows = rows_of("language_learning")
    panels = iter(draw(language.plot_learning, rows).axes)
    for workflow in WORKFLOWS:
        for model in ("gpt2-9m", "llama2-12m", "llama2-42m", "llama2-126m"):
            axes = next(panels)
            for n, line in enumerate(axes.lines, 1):
                place = {"variant": model, "workflow": workflow, "iteration": str(n)}
                found = [row for row in rows if place.items() <= row.items()]
                np.testing.assert_allclose(np.asarray(line.get_ydata()), [float(row["mean"]) for row in found])
                steps = np.array([int(row["step"]) for row in found])
                np.testing.assert_allclose(np.asarray(line.get_xdata()), 8 * steps / steps.max())
                assert to_hex(line.get_color()) == to_hex(mixed(COLOURS[workflow], 0.3 + 0.175 * (n - 1)))


def planted(one, iterations):
    """A law of a simulation that only this file has."""
    return 2 + np.arange(1, iterations + 1) / iterations + one.task.ridge


def has_circles(axes, colour, x, means, errors):
    """Circles at these places, with 95 % intervals."""
    ends = np.array([[[at, m - 1.96 * e], [at, m + 1.96 * e]] for at, m, e in zip(x, means, errors, strict=True)])
    return any(
        shown == to_hex(colour) and np.allclose(at, x) and np.allclose(middle, means) and np.allclose(ends, bar)
        for shown, at, middle, bar in bars(axes)
    )


def test_ridges_are_drawn_on_their_laws(monkeypatch):
    monkeypatch.setattr(ridge, "law", planted)
    monkeypatch.setattr(ridge, "best_ridge", lambda task, workflow, n: BestRidge(0.5 + n / 10, 0.25 * n))
    rows = made_up(ridge.SWEEP)
    figure = draw(ridge.plot, rows)
    ridges = ["0.05", "0.15", "0.4", "1.0", "3.0"]
    for axes, workflow in zip(figure.axes, WORKFLOWS, strict=True):
        for model, strength in ((1, 0.4), (4, 0.7), (16, 1.0)):
            colour = mixed(COLOURS[workflow], strength)
            means, errors = (
                np.array([curve(rows, column, workflow=workflow, ridge=one)[model - 1] for one in ridges])
                for column in ("mean", "standard_error")
            )
            assert has_circles(axes, colour, np.array(ridges, float), means, errors), (workflow, model)
            (line,) = [
                one
                for one in axes.lines
                if to_hex(one.get_color()) == to_hex(colour) and np.size(one.get_xdata()) == 25
            ]
            np.testing.assert_allclose(
                np.asarray(line.get_ydata()), 2 + model / 16 + np.asarray(line.get_xdata()), rtol=1e-9
            )
            (least,) = [
                one for one in axes.lines if one.get_marker() == "v" and to_hex(one.get_color()) == to_hex(colour)
            ]
            np.testing.assert_allclose(np.asarray(least.get_data()).ravel(), [0.5 + model / 10, 0.25 * model])
    assert "from 0.6 over 0.9 to 2.1" in caption(figure)


def test_forgetting_is_drawn_by_how_the_ridge_is_added(monkeypatch):
    monkeypatch.setattr(forgetting, "law", planted)
    rows = made_up(forgetting.SWEEP)
    figure = draw(forgetting.plot, rows)
    (axes,) = figure.axes
    shown = np.array([1, 2, 3, 5, 8, 13, 22, 36, 60, 100, 170, 300])
    names = [line.get_text().strip() for line in axes.texts]
    assert names == ["λ = 0.1", "λ = 1", "λ = 0.1·T", "λ = 1·T"]
    for name, given, strength in (("mean", 0.1, 0.55), ("mean", 1.0, 1), ("sum", 6.4, 0.55), ("sum", 64.0, 1)):
        colour, place = mixed(COLOURS["accumulate"], strength), {"workflow": name, "ridge": str(given)}
        assert has_line(axes, colour, 2 + np.arange(1, 301) / 300 + given)
        means, errors = (curve(rows, column, **place)[shown - 1] for column in ("mean", "standard_error"))
        assert has_circles(axes, colour, shown, means, errors), place


@pytest.mark.slow
def test_the_peak_is_drawn_where_rows_are_as_many_as_features():
    rows = made_up(interpolation.SWEEP)
    figure = draw(interpolation.plot, rows)
    (axes,) = figure.axes
    T, features, measured = 20, np.arange(5, 91), [5, 10, 14, 26, 30, 34, 46, 50, 54, 66, 75, 90]
    for model in (1, 2, 3):
        colour = mixed(COLOURS["accumulate"], 0.3 + 0.7 * model / 3)
        (line,) = [
            one for one in axes.lines if to_hex(one.get_color()) == to_hex(colour) and np.size(one.get_xdata()) == 86
        ]
        np.testing.assert_allclose(np.asarray(line.get_xdata()), features / T)
        for d, value in zip(features, np.asarray(line.get_ydata()), strict=True):
            if min(abs(d - i * T) for i in range(1, model + 1)) <= 1:
                assert np.isnan(value)
                continue
            over, under = ([i for i in range(1, model + 1) if sign * (d - i * T) > 0] for sign in (1, -1))
            noise = sum(T / (d - i * T - 1) for i in over) + sum(d / (i * (i * T - d - 1)) for i in under)
            np.testing.assert_allclose(value, max(0, 1 - T / d) + noise / 4, rtol=1e-9)
        means, errors = (
            np.array([curve(rows, column, d=str(d))[model - 1] for d in measured])
            for column in ("mean", "standard_error")
        )
        assert has_circles(axes, colour, np.array(measured) / T, means, errors), model
