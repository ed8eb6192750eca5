"""The figures of networks draw what is recorded, and the paper's curves behind."""

import numpy as np

from figures import language as figure, vae
from figures.style import style
from paper_repro import language, published
from paper_repro.neural_claims import PUBLISHED
from paper_repro.one_law import RECORDED
from sim.results import Results


def drawn(axes):
    return [line.get_ydata() for line in axes.lines]


def test_language_models_on_the_papers_axes():
    rows = Results(RECORDED, "language").load(figure.EXPERIMENT.configuration)
    assert rows is not None, "the recorded table is of another configuration: run make figures FRESH=1"
    assert list(figure.EXPERIMENT.variants) == list(PUBLISHED) == list(language.STAND_INS)
    with style():
        panels = figure.plot(rows).axes
    for axes, workflow in zip(panels, ("replace", "accumulate"), strict=True):
        lines = drawn(axes)
        assert len(lines) == 8
        for index, (model, (theirs, _)) in enumerate(PUBLISHED.items()):
            np.testing.assert_array_equal(lines[index], published.curve("language_models", theirs, workflow))
            np.testing.assert_array_equal(lines[4 + index], vae.curve(rows, model, workflow, "test_loss")[0])
        assert axes.get_xlabel() == "model-fitting iteration"


def test_autoencoders_have_the_published_curve_behind_them():
    rows = Results(RECORDED, "vae").load(vae.VAE.configuration)
    with style():
        panels = vae.plot(rows).axes
    for axes, workflow in zip(panels, vae.NAMES, strict=False):
        curve = published.curve("vae", "VAE", workflow)
        assert any(np.array_equal(line, curve) for line in drawn(axes))
