"""Linear figure B (the paper's Fig. 7): Replace and Accumulate over 50 iterations at three T and five noise levels."""

from collections.abc import Sequence

from matplotlib.figure import Figure

from paper_repro.gerstgrasser2024.linear import LINEAR_B
from paper_repro.recorded import Row

from .linear import agreement, curves, draw
from .linear_a import PUBLISHED_OFFSET, TITLES
from .style import COLOUR, beside, caption, shade

SWEEP = LINEAR_B


def plot(rows: Sequence[Row]) -> Figure:
    """2 × 3 panels on one scale: rows Replace and Accumulate, columns T."""
    figure = Figure(figsize=(5.5, 4.4))
    drawn = curves(rows)
    samples = sorted({c.T for c in drawn})
    variances = sorted({c.sigma2 for c in drawn})
    panels = figure.subplots(2, 3, sharex=True, sharey=True)
    for curve in drawn:
        axes = panels[list(TITLES).index(curve.workflow)][samples.index(curve.T)]
        strength = 0.4 + 0.6 * variances.index(curve.sigma2) / (len(variances) - 1)
        draw(axes, curve, shade(COLOUR[curve.workflow], strength))
        if curve.T == samples[-1]:
            text = rf"$\sigma^2={curve.sigma2:g}$"
            beside(axes, text, curve.iteration, curve.exact, annotation_clip=False)
    for axes, T in zip(panels[0], samples, strict=True):
        axes.set(title=f"T = {T}", yscale="log", xlim=(1, 50), xticks=(1, 10, 20, 30, 40, 50))
    for axes, name in zip(panels[:, 0], TITLES, strict=True):
        axes.set_ylabel(f"{TITLES[name]}\ntest error")
    panels[1][1].set_xlabel("model-fitting iteration")
    caption(
        figure,
        f"""Test error (noise left out) of least squares without ridge at fixed design, d = {drawn[0].d}: mean (solid)
        and central 95 % of the replicates (band), exact law (dashed). {agreement(drawn)} {PUBLISHED_OFFSET}""",
    )
    return figure
