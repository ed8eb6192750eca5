"""The figures of networks draw what is recorded, and the paper's curves behind."""

import itertools

import numpy as np

from figures import language as figure, vae
from figures.chains import NAMES, curve
from figures.style import style
from paper_repro.gerstgrasser2024 import language, published
from paper_repro.gerstgrasser2024.language_claims import PUBLISHED
from tests.helpers import recorded


def drawn(axes):
    return [np.asarray(line.get_ydata()) for line in axes.lines]


def test_language_models_on_the_papers_axes():
    rows = recorded(figure.EXPERIMENT)
    assert list(figure.EXPERIMENT.variants) == list(PUBLISHED) == list(language.STAND_INS)
    with style():
        panels = figure.plot(rows).axes
    for axes, workflow in zip(panels, ("replace", "accumulate"), strict=True):
        lines = drawn(axes)
        assert len(lines) == 8
        for index, (model, (theirs, _)) in enumerate(PUBLISHED.items()):
            np.testing.assert_array_equal(lines[index], published.curve("language_models", theirs, workflow))
            np.testing.assert_array_equal(lines[4 + index], curve(rows, model, workflow, "test_loss")[0])
        assert axes.get_xlabel() == "model-fitting iteration"


def test_learning_curves_are_the_recorded_ones():
    rows, losses = recorded(figure.EXPERIMENT, "_learning"), recorded(figure.EXPERIMENT)
    with style():
        panels = figure.plot_learning(rows).axes
    places = itertools.product(("replace", "accumulate"), figure.EXPERIMENT.variants)
    for axes, (workflow, model) in zip(panels, places, strict=True):
        at_the_end = curve(losses, model, workflow, "test_loss")[0]
        assert len(axes.lines) == len(at_the_end) == 5
        for line, loss in zip(axes.lines, at_the_end, strict=True):
            epochs, losses_while_fitted = np.asarray(line.get_xdata()), np.asarray(line.get_ydata())
            assert epochs[-1] == figure.EXPERIMENT.base.epochs
            assert len(epochs) >= 8
            np.testing.assert_allclose(losses_while_fitted[-1], loss, rtol=1e-12)
    # the name of a model of 9 million weights over one of 19 thousand says so
    assert panels[0].get_title() == "GPT-2 9M,\nhere 19k weights"
    counts = language.weights_of(figure.EXPERIMENT)
    for axes, (theirs, _), weights in zip(panels[:4], PUBLISHED.values(), counts.values(), strict=True):
        assert axes.get_title().split("\n") == [f"{theirs},", f"here {round(weights / 1000)}k weights"]


def test_temperatures_are_the_recorded_and_the_published_ones():
    warm, cold = (recorded(e) for e in (figure.EXPERIMENT, figure.TEMPERATURE))
    with style():
        panels = figure.plot_temperature(warm, cold).axes
    for axes, workflow in zip(panels, ("replace", "accumulate"), strict=True):
        lines = drawn(axes)
        np.testing.assert_array_equal(lines[1], curve(warm, "gpt2-9m", workflow, "test_loss")[0])
        np.testing.assert_array_equal(lines[3], curve(cold, "0.3", workflow, "test_loss")[0])
        assert list(lines[2]) == {"replace": [1.82, 5.82], "accumulate": [1.82, 1.75]}[workflow]


def test_autoencoders_have_the_published_curve_behind_them():
    rows = recorded(vae.VAE)
    with style():
        panels = vae.plot(rows).axes
    for axes, workflow in zip(panels, NAMES, strict=False):
        theirs = published.curve("vae", "VAE", workflow)
        assert any(np.array_equal(line, theirs) for line in drawn(axes))
