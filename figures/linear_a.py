"""Linear figure A: test error under Replace and Accumulate over ten iterations, simulation with the exact law."""

from collections.abc import Sequence

from matplotlib.figure import Figure
from matplotlib.lines import Line2D
from matplotlib.patches import Patch

from paper_repro.gerstgrasser2024.linear import LINEAR_A
from paper_repro.recorded import Row

from .linear import agreement, curves, draw
from .style import COLOUR, caption, shade

SWEEP = LINEAR_A
TITLES = {"replace": "Replace", "accumulate": "Accumulate"}
PUBLISHED_OFFSET = (
    "The published dashed line under Replace is off by one: it stands at n + 1 where the law, and the published "
    "simulation, are at n."
)


def plot(rows: Sequence[Row]) -> Figure:
    """Two panels on one linear scale, Replace | Accumulate."""
    figure = Figure(figsize=(5.5, 3.1))
    panels = dict(zip(TITLES, figure.subplots(1, 2, sharey=True), strict=True))
    drawn = curves(rows)
    strengths = dict(zip(sorted({c.sigma2 for c in drawn}), (0.45, 0.7, 1.0), strict=True))
    for curve in drawn:
        axes, colour = panels[curve.workflow], shade(COLOUR[curve.workflow], strengths[curve.sigma2])
        draw(axes, curve, colour)
    for name, axes in panels.items():
        axes.set(title=TITLES[name], xlabel="model-fitting iteration", xticks=range(1, 11), xlim=(1, 10))
    panels["replace"].set(ylabel="test error (noise left out)", ylim=(0, None))
    panels["replace"].legend(
        handles=[
            Line2D([], [], color=shade(COLOUR["replace"], strength), linewidth=1.8, label=rf"$\sigma^2={sigma2:g}$")
            for sigma2, strength in reversed(strengths.items())
        ],
        loc="upper left",
    )
    panels["accumulate"].legend(
        handles=[
            Line2D([], [], color="0.4", linewidth=1.8, label="simulation, mean"),
            Patch(color="0.4", alpha=0.2, linewidth=0, label="95 % of replicates"),
            Line2D([], [], color="black", linewidth=0.8, linestyle=(0, (3, 2)), label="exact law"),
        ],
        loc="upper left",
    )
    some = drawn[0]
    caption(
        figure,
        f"""Test error of least squares refitted on its own labels at fixed design. T and d are not published;
        T = {some.T}, d = {some.d} is our choice, which gives the published slope of 35.2 an iteration at σ² = 10.
        {agreement(drawn)} {PUBLISHED_OFFSET}""",
    )
    return figure
