"""What the rungs of the ablations' ladders are called, by what each variant changes; `test_drawn.py` has the bars."""

import pytest

from figures import diffusion, vae
from figures.style import style
from paper_repro.gerstgrasser2024.vae import ABLATION, LONGER
from tests.figures.test_drawn import rows_of

#: What a reader is told of a changed setting.
WORDS = {
    "steps": "{:,} steps",
    "samples": "with noise",
    "beta": "β = {:g}",
    "latent": "latent size {}",
    "images": "T = {}",
    "style": "linear",
}


def labels(plot, *tables):
    with style():
        return [label.get_text() for label in plot(*tables).axes[0].get_yticklabels()]


@pytest.fixture(scope="module")
def of_autoencoders():
    return labels(vae.plot_ablation, [*rows_of("vae_ablation"), *rows_of("vae_longer")])


def test_each_autoencoder_is_called_by_what_it_changes(of_autoencoders):
    """And one that stops early says so where it might be taken for the best fit."""
    changes = [each for experiment in (ABLATION, LONGER) for each in experiment.variants.values()]
    for label, changed in zip(of_autoencoders, changes, strict=True):
        said = {WORDS[name].format(value) for name, value in (changed or {"steps": 500}).items()}
        early = {"stopped early"} if "style" in changed and "steps" not in changed else set()
        assert set(label.split(", ")) == said | early


def test_the_ends_of_the_ladder_of_diffusion_models():
    tables = [rows_of(name) for name in ("diffusion_ablation", "diffusion_short", "diffusion")]
    first, *_, last = labels(diffusion.plot_ablation, *tables)
    assert first.replace("\n", " ") == "deterministic, 50 sampler steps, 600 training steps, T = 896"
    assert last.replace("\n", " ") == "2,400 training steps, larger network"
