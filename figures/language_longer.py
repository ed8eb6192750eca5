"""A language model near its best fit: what its texts lose under Replace, and what they keep under Accumulate."""

from collections.abc import Mapping, Sequence

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from paper_repro.gerstgrasser2024.language import LONGER, LONGER_STEPS, weights_of
from paper_repro.recorded import Row

from .chains import NAMES, curve
from .style import COLOUR, caption

#: A panel each: the metric and its axis.
PANELS = {"kl": "KL divergence, nats a token", "impossible": "share of texts that cannot be real"}

(VARIANT,) = LONGER.variants

#: Experiment, workflow, style and label of each curve.
CURVES = (
    (LONGER.name, "replace", "o-", NAMES["replace"]),
    (LONGER.name, "accumulate", "o-", NAMES["accumulate"]),
    (LONGER_STEPS.name, "accumulate", "s--", f"{NAMES['accumulate']}, steps as model 1"),
)


def plot(tables: Mapping[str, Sequence[Row]]) -> Figure:
    """What is lost by iteration, in nats and in texts.

    Args:
        tables: of metrics, by the experiment's name.
    """
    figure = Figure(figsize=(5.5, 2.9))
    panels = figure.subplots(1, 2)
    for axes, (metric, label) in zip(panels, PANELS.items(), strict=True):
        for experiment, workflow, look, name in CURVES:
            _curve(axes, tables[experiment], workflow, metric, look, name)
        axes.set(xlabel="model-fitting iteration n", xticks=range(1, LONGER.base.iterations + 1), ylabel=label)
        axes.set_ylim(0, None)
    figure.legend(*panels[0].get_legend_handles_labels(), loc="outside upper center", ncols=len(CURVES))
    base = LONGER.base
    (weights,) = weights_of(LONGER).values()
    caption(
        figure,
        f"""The largest stand-in of {weights:,} weights near its best fit: {base.stories:,} stories of the embedded
        grammar, {LONGER_STEPS.base.steps:,} steps a fit, under Accumulate n times as many at iteration n (solid) or
        as many at each (dashed); mean of {base.seeds} seeds with 95 % intervals by Student's t. The grammar knows the
        true distribution of each next word, and which texts it can tell.""",
    )
    return figure


def _curve(axes: Axes, rows: Sequence[Row], workflow: str, metric: str, look: str, label: str) -> None:
    """A metric and its 95 % interval over seeds."""
    drawn = curve(rows, VARIANT, workflow, metric)
    n, colour = np.arange(1, len(drawn.mean) + 1), COLOUR[workflow]
    axes.fill_between(n, drawn.mean - drawn.half, drawn.mean + drawn.half, color=colour, alpha=0.18, linewidth=0)
    axes.plot(n, drawn.mean, look, color=colour, markersize=2.8, linewidth=0.9, label=label)
