"""Language models trained on their own samples: the paper's Fig. 2, test loss by iteration, Replace | Accumulate."""

from collections.abc import Sequence

import numpy as np
from matplotlib.figure import Figure
from matplotlib.lines import Line2D

from paper_repro import published
from paper_repro.language import PRESETS, weights_of
from paper_repro.linear import Row
from paper_repro.neural_claims import PUBLISHED

from .chains import NAMES, curve, interval
from .style import COLOUR, caption, shade

EXPERIMENT = PRESETS["cpu"]["language"]
_MARKERS = ("o", "s", "^", "D")
_STRENGTHS = (0.45, 0.63, 0.81, 1.0)


def plot(rows: Sequence[Row]) -> Figure:
    """Two panels on the paper's axes, its four curves in grey behind ours."""
    figure = Figure(figsize=(5.5, 3.7))
    panels = figure.subplots(1, 2, sharey=True)
    looks = list(zip(EXPERIMENT.variants, _MARKERS, _STRENGTHS, strict=True))
    iterations = np.arange(1, EXPERIMENT.base.iterations + 1)
    for axes, workflow in zip(panels, NAMES, strict=True):
        for model, marker, _ in looks:
            theirs = published.curve("language_models", PUBLISHED[model][0], workflow)
            axes.plot(iterations, theirs, marker=marker, color="0.72", markersize=3.5, linewidth=0.9)
        for model, marker, strength in looks:
            loss, error, seeds = curve(rows, model, workflow, "test_loss")
            half = interval(error, seeds)
            colour = shade(COLOUR[workflow], strength)
            axes.fill_between(iterations, loss - half, loss + half, color=colour, alpha=0.25, linewidth=0)
            axes.plot(iterations, loss, marker=marker, color=colour)
        axes.set(title=NAMES[workflow], xlabel="model-fitting iteration", xticks=iterations)
    panels[0].set_ylabel("cross-entropy (test), nats a token")
    counts = weights_of(EXPERIMENT)
    panels[1].legend(
        handles=[
            Line2D(
                [],
                [],
                color="0.35",
                marker=marker,
                linewidth=0,
                label=f"{PUBLISHED[model][0]}, here {counts[model] / 1000:.0f}k",
            )
            for model, marker, _ in looks
        ],
        title="number of weights",
        title_fontsize=7,
        loc="upper right",
    )
    base = EXPERIMENT.base
    caption(
        figure,
        f"""Coloured: stand-ins for the paper's four language models, {base.stories} stories of the embedded grammar,
        {base.epochs:g} epochs, mean of {base.seeds} seeds with 95 % intervals by Student's t. Grey: the paper's models
        on TinyStories (its Fig. 2, read off the authors' image to 0.003 nats, at places to 0.01). The two kinds of
        text have different entropies, so that heights do not compare; the rise from model 1 on does.""",
    )
    return figure
