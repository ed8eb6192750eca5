"""Autoencoders trained on their own images: loss by iteration, Replace | Accumulate, and what they draw."""

from collections.abc import Sequence

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from paper_repro import published
from paper_repro.linear import Row
from paper_repro.vae import ABLATION, LONGER, VAE

from .style import COLOUR, caption

NAMES = {"replace": "Replace", "accumulate": "Accumulate"}


def curve(rows: Sequence[Row], variant: str, workflow: str, metric: str) -> tuple[np.ndarray, np.ndarray, int]:
    """Mean and standard error by iteration, and how many seeds."""
    found = [row for row in rows if (row["variant"], row["workflow"], row["metric"]) == (variant, workflow, metric)]
    found.sort(key=lambda row: int(row["iteration"]))
    mean, error = np.array([[float(row[name]) for row in found] for name in ("mean", "standard_error")])
    return mean, error, int(found[0]["replicates"])


def plot(rows: Sequence[Row]) -> Figure:
    """The test loss as a band over seeds, with the paper's; below it what is lost."""
    figure = Figure(figsize=(5.5, 3.9))
    grid = figure.subplots(2, 2, sharex=True, sharey="row", height_ratios=(1.25, 1))
    rises = {}
    for column, workflow in enumerate(NAMES):
        top, bottom = grid[:, column]
        loss, error, _ = curve(rows, "cpu", workflow, "test_loss")
        n = np.arange(1, len(loss) + 1)
        band(top, n, loss, error, COLOUR[workflow], label="test loss, digits")
        squares, *_ = curve(rows, "cpu", workflow, "reconstruction")
        top.plot(
            n, squares, color=COLOUR[workflow], linewidth=0.9, linestyle=":", label="its squared error, without β KL"
        )
        top.plot(
            n,
            published.curve("vae", "VAE", workflow),
            "x",
            color="0.45",
            markersize=3.5,
            label="the paper's test loss, CelebA",
        )
        top.set(title=NAMES[workflow], ylim=(0, None))
        top.legend(loc="lower right")
        for metric, shade, label in (
            ("variance", "0.0", "variance of samples"),
            ("nearest_sample", "0.35", "distance to nearest sample"),
            ("classes", "0.65", "classes drawn"),
        ):
            mean, error, _ = curve(rows, "cpu", workflow, metric)
            band(bottom, n, mean, error, shade, label=label)
        bottom.set(xlabel="model-fitting iteration n", xticks=n, ylim=(0, 1.12))
        rise, error, _ = curve(rows, "cpu", workflow, "rise")
        rises[workflow] = f"{100 * rise[-1]:.0f} ± {100 * error[-1]:.0f} %"
    grid[0, 0].set_ylabel("loss per pixel")
    grid[1, 0].set_ylabel("of real images = 1")
    grid[1, 1].legend(loc="lower left")
    base = VAE.base
    up, little = rises["replace"], rises["accumulate"]
    caption(
        figure,
        f"""Convolutional autoencoders on 8 × 8 digits (T = {base.images:,} real images, latent size {base.latent},
        β = {base.beta:g}, sampled without observation noise), {base.seeds} seeds: the test loss rises by {up}
        (standard error) under Replace and by {little} under Accumulate; in the paper, with a hundred times
        the data and an autoencoder of unknown size, by 56 % and 3 %. Bands: 95 % intervals by Student's t. Below:
        samples lose variance and come to lie closer together under Replace, while every class is still drawn.""",
    )
    return figure


def band(axes: Axes, n: np.ndarray, mean: np.ndarray, error: np.ndarray, colour: str, *, label: str) -> None:
    """A line and its 95 % interval from three seeds: 4.30 standard errors by Student's t with 2 degrees of freedom."""
    half = 4.303 * error
    axes.fill_between(n, mean - half, mean + half, color=colour, alpha=0.18, linewidth=0)
    axes.plot(n, mean, "o-", color=colour, markersize=2.2, linewidth=0.9, label=label)


def plot_samples(rows: Sequence[Row]) -> Figure:
    """Samples of each model: a block of rows a workflow, a column an iteration."""
    iterations = VAE.base.iterations
    figure = Figure(figsize=(5.5, 3.8))
    panels = figure.subplots(2, 1)
    for axes, workflow in zip(panels, NAMES, strict=True):
        found = {(int(r["iteration"]), int(r["image"])): r["pixels"] for r in rows if r["workflow"] == workflow}
        shown = 5  # pairs side by side, so that the sheet is broad
        side = VAE.base.size
        sheet = np.full((shown * (side + 1), iterations * (2 * side + 4)), 255, np.uint8)
        for n in range(1, iterations + 1):
            for index in range(2 * shown):
                pixels = np.frombuffer(bytes.fromhex(found[n, index]), np.uint8).reshape(side, side)
                y, x = index // 2 * (side + 1), (n - 1) * (2 * side + 4) + index % 2 * (side + 1)
                sheet[y : y + side, x : x + side] = 255 - pixels
        axes.imshow(sheet, cmap="gray", vmin=0, vmax=255, interpolation="nearest")
        axes.set_xticks([(n - 0.5) * (2 * side + 4) - 1.5 for n in range(1, iterations + 1)], range(1, iterations + 1))
        axes.set_yticks([])
        axes.set_title(NAMES[workflow], color=COLOUR[workflow])
        axes.tick_params(length=0)
        axes.grid(visible=False)
        for spine in axes.spines.values():
            spine.set_visible(False)
    panels[-1].set_xlabel("model-fitting iteration n")
    caption(
        figure,
        """The first ten images that each model of seed 0 draws, none chosen: the decoder's mean for a latent code from
        the prior. Under Replace strokes fade into blurs that are alike; under Accumulate contrast and variety stay,
        though not every image is a digit, as with model 1.""",
    )
    return figure


def plot_ablation(rows: Sequence[Row]) -> Figure:
    """The rise of the test loss, one thing changed at a time; rows of both tables."""
    figure = Figure(figsize=(5.5, 3.9))
    axes = figure.subplots()
    shown = [(ABLATION, name) for name in ABLATION.variants] + [(LONGER, name) for name in LONGER.variants]
    for workflow, offset in (("replace", -0.13), ("accumulate", 0.13)):
        for place, (experiment, variant) in enumerate(shown):
            if workflow not in {other.command() for other in experiment.workflows}:
                continue
            rise, error, _ = curve(rows, variant, workflow, "rise")
            axes.errorbar(
                100 * rise[-1],
                place + offset,
                xerr=100 * 4.303 * error[-1],
                fmt="o",
                color=COLOUR[workflow],
                elinewidth=0.8,
                label=NAMES[workflow] if place == 0 else None,
            )
    axes.set_yticks(range(len(shown)), [described(variant) for _, variant in shown])
    axes.invert_yaxis()
    axes.axvline(0, color="0.5", linewidth=0.6)
    axes.set_xlabel(f"rise of the test loss from model 1 to model {ABLATION.base.iterations}, %")
    axes.legend(loc="lower right")
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
    if variant == "base":
        return f"{ABLATION.base.steps} steps"
    words = variant.replace("beta", "β =").replace("latent", "latent size").replace("T ", "T = ")
    return words.replace("linear ", "linear, ").replace("noisy", "with noise").replace("steps with", "steps, with")
