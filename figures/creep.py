"""Why the loss creeps up under Accumulate: what Replace's curve says by forgetting, and if fits were unbiased."""

from collections.abc import Mapping, Sequence

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from paper_repro.gerstgrasser2024.forgetting import Curve as Place, by_erring, by_forgetting
from paper_repro.gerstgrasser2024.forgetting_claims import AUTOENCODERS, DIFFUSION, LANGUAGE, LONGER_LANGUAGE
from paper_repro.recorded import Row

from .chains import curve
from .style import COLOUR, caption

#: Panels by title: where Replace's curve is recorded, and Accumulate's.
PANELS: Mapping[str, tuple[Place, Place]] = {
    **{f"autoencoders,\n{length}": places for length, places in AUTOENCODERS.items()},
    "language models": LANGUAGE,
    "language models,\nlonger": LONGER_LANGUAGE,
    "diffusion models": DIFFUSION,
}


def plot(tables: Mapping[str, Sequence[Row]]) -> Figure:
    """A panel a setting: the rise under Accumulate as measured, and by two laws that are fitted to Replace's.

    Args:
        tables: of metrics, by the experiment's name.
    """
    figure = Figure(figsize=(5.5, 3.9))
    grid = figure.subplots(2, 4)
    *panels, spare = grid.flat
    for axes, (title, places) in zip(panels, PANELS.items(), strict=True):
        _panel(axes, tables, *places)
        axes.set_title(title, fontsize=7)
    for axes in grid[:, 0]:
        axes.set_ylabel("rise of the test loss, %")
    for axes in panels[-4:]:
        axes.set_xlabel("iteration n")
    spare.axis("off")
    spare.legend(*panels[0].get_legend_handles_labels(), loc="center", fontsize=7)
    caption(
        figure,
        """The rise of the test loss from model 1 on under Accumulate (points, 95 % intervals by Student's t), every fit
        of a panel with the same number of steps. Lines are fitted to the rise under Replace alone: solid, if each model
        keeps a fixed share of what its training set tells, so that a row tells the less the deeper it is; dashed, if
        fits only err, without bias.""",
    )
    return figure


def _panel(axes: Axes, tables: Mapping[str, Sequence[Row]], replace: Place, accumulate: Place) -> None:
    """One setting."""
    fitted = curve(tables[replace[0]], replace[1], "replace", "rise")
    measured = curve(tables[accumulate[0]], accumulate[1], "accumulate", "rise")
    n = np.arange(1, len(measured.mean) + 1)
    axes.errorbar(
        n,
        100 * measured.mean,
        yerr=100 * measured.half,
        fmt="o",
        color=COLOUR["accumulate"],
        markersize=2.5,
        elinewidth=0.8,
        label="measured",
    )
    axes.plot(n, 100 * by_forgetting(fitted.mean), "-", color="0.25", linewidth=0.9, label="by forgetting")
    axes.plot(n, 100 * by_erring(fitted.mean), "--", color="0.25", linewidth=0.9, label="unbiased")
    axes.set_xticks(n[:: 1 if len(n) < 8 else 3])
