"""Language models trained on their own samples: test loss by iteration (Fig. 2), learning curves, temperature."""

from collections.abc import Sequence

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.lines import Line2D

from paper_repro.gerstgrasser2024 import published
from paper_repro.gerstgrasser2024.language import PRESETS, weights_of
from paper_repro.gerstgrasser2024.language_claims import PUBLISHED
from paper_repro.recorded import Row

from .chains import NAMES, curve
from .style import COLOUR, caption, shade

EXPERIMENT = PRESETS["cpu"]["language"]
TEMPERATURE = PRESETS["cpu"]["language_temperature"]
_MARKERS = ("o", "s", "^", "D")
_STRENGTHS = (0.45, 0.63, 0.81, 1.0)


def _ours(axes: Axes, rows: Sequence[Row], variant: str, workflow: str, marker: str, strength: float) -> None:
    """Test loss by iteration and its 95 % interval over seeds."""
    drawn = curve(rows, variant, workflow, "test_loss")
    loss, half, iterations = drawn.mean, drawn.half, np.arange(1, len(drawn.mean) + 1)
    colour = shade(COLOUR[workflow], strength)
    axes.fill_between(iterations, loss - half, loss + half, color=colour, alpha=0.25, linewidth=0)
    axes.plot(iterations, loss, marker=marker, color=colour)


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
            _ours(axes, rows, model, workflow, marker, strength)
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


def plot_learning(rows: Sequence[Row]) -> Figure:
    """Test loss while each model is fitted, a row a workflow and a column a model; the later the model, the darker."""
    figure = Figure(figsize=(5.5, 3.7))
    grid = figure.subplots(2, len(EXPERIMENT.variants), sharex=True, sharey=True)
    base = EXPERIMENT.base
    assert base.epochs is not None
    strengths = np.linspace(0.3, 1.0, base.iterations)
    for line, workflow in zip(grid, NAMES, strict=True):
        for axes, model in zip(line, EXPERIMENT.variants, strict=True):
            for iteration, strength in enumerate(strengths, 1):
                place = {"variant": model, "workflow": workflow, "iteration": str(iteration)}
                found = [row for row in rows if place.items() <= row.items()]
                steps, loss = (np.array([float(row[name]) for row in found]) for name in ("step", "mean"))
                axes.plot(
                    base.epochs * steps / steps[-1],
                    loss,
                    color=shade(COLOUR[workflow], strength),
                    label=f"n = {iteration}",
                )
        line[0].set_ylabel(f"{NAMES[workflow]}\ncross-entropy (test)")
    for axes, (model, weights) in zip(grid[0], weights_of(EXPERIMENT).items(), strict=True):
        axes.set_title(f"{PUBLISHED[model][0]},\nhere {weights / 1000:.0f}k weights")
    for axes in grid[1]:
        axes.set(xlabel="epoch", xticks=np.arange(0, base.epochs + 1, 4))
    for line in grid:
        line[-1].legend(loc="upper right")
    caption(
        figure,
        f"""Test loss, nats a token, of the stand-ins for the paper's four language models while model n is fitted,
        mean of {base.seeds} seeds. An epoch is one pass over the training set, which under Accumulate is
        n times as large and takes n times as many steps. The paper's curves of this kind are not published as
        numbers.""",
    )
    return figure


def plot_temperature(warm: Sequence[Row], cold: Sequence[Row]) -> Figure:
    """Test loss by iteration of the smallest model, sampled at temperature 1 and 0.3."""
    figure = Figure(figsize=(5.5, 3.3))
    panels = figure.subplots(1, 2, sharey=True)
    base = TEMPERATURE.base
    iterations = np.arange(1, base.iterations + 1)
    looks = (
        ("1", warm, "gpt2-9m", "o", 1.0, "GPT-2 9M"),
        ("0.3", cold, "0.3", "s", 0.6, "GPT-2 9M at temperature 0.3"),
    )
    for axes, workflow in zip(panels, NAMES, strict=True):
        for _, rows, variant, marker, strength, name in looks:
            # Model 1 is fitted to real data, whatever the workflow.
            theirs = {1: published.values("table_2", name, "replace")[1], **published.values("table_2", name, workflow)}
            theirs = {n: value for n, value in theirs.items() if n <= base.iterations}
            axes.plot(list(theirs), list(theirs.values()), marker=marker, color="0.72", markersize=3.5, linewidth=0.9)
            _ours(axes, rows, variant, workflow, marker, strength)
        axes.set(title=NAMES[workflow], xlabel="model-fitting iteration", xticks=iterations)
    panels[1].legend(
        handles=[
            Line2D([], [], color="0.35", marker=marker, linewidth=0, label=f"temperature {temperature}")
            for temperature, _, _, marker, _, _ in looks
        ],
        loc="upper right",
    )
    panels[0].set_ylabel("cross-entropy (test), nats a token")
    (weights,) = weights_of(TEMPERATURE).values()
    caption(
        figure,
        f"""Coloured: a stand-in of {weights:,} weights for the paper's GPT-2 9M on {base.stories} stories of
        the embedded grammar, mean of {base.seeds} seeds with 95 % intervals by Student's t. Grey: the paper's, on
        TinyStories, at the iterations that its Table 2 has, as a reading note gives them; model 10 under Replace at
        temperature 0.3 has 9.85 there, more than the ln 8000 = 8.99 of a uniform guess.""",
    )
    return figure
