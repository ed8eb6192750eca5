"""Autoencoders trained on their own images: loss by iteration, Replace | Accumulate, and what they draw."""

from collections.abc import Sequence

import numpy as np
from matplotlib.figure import Figure

from neural.images.configuration import ImageConfiguration
from paper_repro.gerstgrasser2024 import published
from paper_repro.gerstgrasser2024.real_data import FASHION
from paper_repro.gerstgrasser2024.vae import ABLATION, LONGER, VAE
from paper_repro.recorded import Row

from .chains import NAMES, band, curve, ladder, losses_and_lost
from .style import COLOUR, caption

#: Variants of the ablation in words. A linear autoencoder after few steps is far from its best fit, and says so.
_WORDS = {
    "base": f"{ABLATION.base.steps} steps",
    "noisy": "with noise",
    "beta 0.005": "β = 0.005",
    "latent 2": "latent size 2",
    "T 180": "T = 180",
    "T 719": "T = 719",
    "linear": "linear, stopped early",
    "linear noisy": "linear, stopped early, with noise",
    "2,000 steps": "2,000 steps",
    "2,000 steps noisy": "2,000 steps, with noise",
    "linear 4,000 steps": "linear, 4,000 steps",
    "linear 4,000 steps noisy": "linear, 4,000 steps, with noise",
}


def plot(rows: Sequence[Row]) -> Figure:
    """The test loss as a band over seeds, with the paper's; below it what is lost."""
    lost = (
        ("variance", "0.0", "variance of samples"),
        ("nearest_sample", "0.35", "distance to nearest sample"),
        ("classes", "0.65", "classes drawn"),
    )
    figure, grid = losses_and_lost(rows, lost)
    rises, theirs = {}, {}
    for axes, workflow in zip(grid[0], NAMES, strict=True):
        colour, paper = COLOUR[workflow], published.curve("vae", "VAE", workflow)
        band(axes, rows, workflow, "test_loss", colour, label="test loss, digits")
        squares, *_ = curve(rows, "cpu", workflow, "reconstruction")
        n = range(1, len(squares) + 1)
        axes.plot(n, squares, ":", color=colour, linewidth=0.9, label="its squared error, without β KL")
        axes.plot(n, paper, "x", color="0.45", markersize=3.5, label="the paper's test loss, CelebA")
        axes.set_ylim(0, None)
        axes.legend(loc="lower right", borderaxespad=0.1, labelspacing=0.3)
        rise, error, _ = curve(rows, "cpu", workflow, "rise")
        rises[workflow] = f"{100 * rise[-1]:.0f} ± {100 * error[-1]:.0f} %"
        theirs[workflow] = f"{100 * published.rise('vae', 'VAE', workflow, len(paper)):.0f} %"
    grid[1, 0].set_ylim(0, None)
    grid[0, 0].set_ylabel("loss per pixel")
    grid[1, 0].set_ylabel("of real images = 1")
    grid[1, 1].legend(loc="lower left")
    base = VAE.base
    caption(
        figure,
        f"""Convolutional autoencoders on 8 × 8 digits (T = {base.images:,} real images, latent size {base.latent},
        β = {base.beta:g}, sampled without observation noise), {base.seeds} seeds: the test loss rises by
        {rises["replace"]} (standard error) under Replace and by {rises["accumulate"]} under Accumulate; in the paper,
        with a hundred times the data and an autoencoder of unknown size, by {theirs["replace"]} and
        {theirs["accumulate"]}. Bands: 95 % intervals by Student's t. Below: samples lose
        variance and come to lie closer together under Replace, while every class is still drawn.""",
    )
    return figure


def plot_samples(rows: Sequence[Row]) -> Figure:
    """Digits that each model draws."""
    return _drawn(
        rows,
        VAE.base,
        """The first ten images that each model of seed 0 draws, none chosen: the decoder's mean for a latent code from
        the prior. Under Replace strokes fade and images grow alike; under Accumulate contrast and variety stay,
        though not every image is a digit, as with model 1.""",
    )


def plot_clothes(rows: Sequence[Row]) -> Figure:
    """Clothes that each model draws."""
    return _drawn(
        rows,
        FASHION.base,
        """The first ten pictures of clothes that each model of seed 0 draws, none chosen: the decoder's mean for a
        latent code from the prior. Most of model 1's can be named, though not all. Under Replace they come apart from
        model 2 on; under Accumulate more slowly, and some of model 6's can still be named.""",
    )


def _drawn(rows: Sequence[Row], base: ImageConfiguration, said: str) -> Figure:
    """Samples of each model: a block of rows a workflow, a column an iteration, and what is said of them."""
    iterations, side = base.iterations, base.size
    gap = side // 8
    across = 2 * side + 4 * gap
    figure = Figure(figsize=(5.5, 3.8))
    panels = figure.subplots(2, 1)
    for axes, workflow in zip(panels, NAMES, strict=True):
        found = {(int(r["iteration"]), int(r["image"])): r["pixels"] for r in rows if r["workflow"] == workflow}
        shown = 5  # pairs side by side, so that the sheet is broad
        sheet = np.full((shown * (side + gap), iterations * across), 255, np.uint8)
        for n in range(1, iterations + 1):
            for index in range(2 * shown):
                pixels = np.frombuffer(bytes.fromhex(found[n, index]), np.uint8).reshape(side, side)
                y, x = index // 2 * (side + gap), (n - 1) * across + index % 2 * (side + gap)
                sheet[y : y + side, x : x + side] = 255 - pixels
        axes.imshow(sheet, cmap="gray", vmin=0, vmax=255, interpolation="nearest")
        axes.set_xticks([(n - 0.5) * across - 1.5 * gap for n in range(1, iterations + 1)], range(1, iterations + 1))
        axes.set_yticks([])
        axes.set_title(NAMES[workflow], color=COLOUR[workflow])
        axes.tick_params(length=0)
        axes.grid(visible=False)
        for spine in axes.spines.values():
            spine.set_visible(False)
    panels[-1].set_xlabel("model-fitting iteration n")
    caption(figure, said)
    return figure


def plot_ablation(rows: Sequence[Row]) -> Figure:
    """The rise of the test loss, one thing changed at a time; rows of both tables."""
    figure = Figure(figsize=(5.5, 3.9))
    rungs = [
        (described(variant), {w.command(): curve(rows, variant, w.command(), "rise") for w in experiment.workflows})
        for experiment in (ABLATION, LONGER)
        for variant in experiment.variants
    ]
    ladder(figure.subplots(), rungs, ABLATION.base.iterations)
    base = ABLATION.base
    caption(
        figure,
        f"""Convolutional autoencoders but for the linear ones, as in the other figures (latent size {base.latent},
        β = {base.beta:g}, T = {base.images:,}, decoder means) but with {base.steps} steps a fit, and with one thing
        changed; {base.seeds} seeds, 95 % intervals by Student's t. β is twice the variance of the noise.""",
    )
    return figure


def described(variant: str) -> str:
    """A variant of the ablation in words."""
    return _WORDS[variant]
