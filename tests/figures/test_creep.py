"""The figure on the creep shows the tables' own numbers, and the laws by hand."""

import numpy as np
from matplotlib.colors import to_hex

from figures import creep
from figures.style import style
from paper_repro.gerstgrasser2024.forgetting_claims import AUTOENCODERS
from tests.figures.test_drawn import bars

N = np.arange(1, 11)


def table(factor):
    """Replace rises by the same at each iteration, so that nothing is kept back; Accumulate like a square root."""
    rows = []
    for workflow, rise in (("replace", N - 1.0), ("accumulate", np.sqrt(N - 1.0))):
        for n, value in zip(N, rise, strict=True):
            row = {"workflow": workflow, "iteration": str(n), "metric": "rise", "replicates": "3"}
            row |= {"mean": str(factor * value), "standard_error": str(0.01 * factor)}
            rows += [row | {"variant": v} for v in ("cpu", "gpt2-9m", "llama2-126m", "fixed", *AUTOENCODERS)]
    return rows


def test_points_are_measured_and_lines_are_the_laws_of_replaces_curve():
    factors = {"vae": 0.1, "vae_length": 0.2, "language": 0.3, "language_steps": 0.4, "diffusion": 0.5}
    factors |= {"language_longer": 0.6, "language_longer_steps": 0.7}
    with style():
        figure = creep.plot({name: table(factor) for name, factor in factors.items()})
    places = [("vae_length", "vae_length")] * 3 + [("vae", "vae"), ("language", "language_steps")]
    places += [("language_longer", "language_longer_steps"), ("diffusion", "diffusion")]
    *panels, of_legend = figure.axes
    assert [axes.get_title() for axes in panels] == [
        *(f"autoencoders,\n{steps} steps" for steps in ("500", "1,000", "2,000", "4,000")),
        "language models",
        "language models,\nlonger",
        "diffusion models",
    ]
    legend = of_legend.get_legend()
    assert legend is not None
    assert [text.get_text() for text in legend.get_texts()] == ["by forgetting", "unbiased", "measured"]
    for axes, (replace, accumulate) in zip(panels, places, strict=True):
        ((colour, n, measured, ends),) = bars(axes)
        assert colour == to_hex("#0072B2")
        np.testing.assert_array_equal(n, N)
        np.testing.assert_allclose(measured, 100 * factors[accumulate] * np.sqrt(N - 1.0))
        # 4.303: two degrees of freedom
        np.testing.assert_allclose(ends[:, 1, 1] - ends[:, 0, 1], 2 * 4.3027 * factors[accumulate], rtol=1e-4)
        lines = [line for line in axes.lines if line.get_label() in ("by forgetting", "unbiased")]
        for line, law in zip(lines, (np.cumsum(1 / N), np.cumsum(1 / N**2)), strict=True):
            drawn = np.asarray(line.get_ydata())
            np.testing.assert_allclose(drawn, 100 * factors[replace] * (law - 1), rtol=1e-9, atol=1e-9)
        assert [line.get_linestyle() for line in lines] == ["-", "--"]
