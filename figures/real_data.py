"""Networks near their best fit, on the grammar and on real data: the rise of the test loss by iteration."""

from collections.abc import Mapping, Sequence

from matplotlib.figure import Figure

from paper_repro.experiment import Experiment
from paper_repro.gerstgrasser2024.diffusion import LONGER
from paper_repro.gerstgrasser2024.language import LARGEST
from paper_repro.gerstgrasser2024.real_data import FASHION, LIGANDS, SHAKESPEARE
from paper_repro.recorded import Row

from .chains import NAMES, band
from .style import COLOUR, caption

#: A panel each; the last place is the legend's.
PANELS: Mapping[str, Experiment] = {
    "stories of a grammar": LARGEST,
    "plays of Shakespeare": SHAKESPEARE,
    "pictures of clothes": FASHION,
    "small drugs": LONGER,
    "ligands of proteins": LIGANDS,
}


def plot(tables: Mapping[str, Sequence[Row]]) -> Figure:
    """The rise in per cent, a panel a data set.

    Args:
        tables: of metrics, by the experiment's name.
    """
    figure = Figure(figsize=(5.5, 3.9))
    *panels, last = figure.subplots(2, 3, sharex=True).flat
    for axes, (title, experiment) in zip(panels, PANELS.items(), strict=True):
        (variant,) = experiment.variants
        for workflow in NAMES:
            rows, colour = tables[experiment.name], COLOUR[workflow]
            band(axes, rows, workflow, "rise", colour, label=NAMES[workflow], variant=variant, times=100)
        axes.axhline(0, color="0.5", linewidth=0.6)
        axes.set_title(title)
        axes.set_xticks(range(1, experiment.base.iterations + 1))
    for axes in panels[2:]:
        axes.set_xlabel("iteration n")
        axes.tick_params(labelbottom=True)
    for axes in panels[::3]:
        axes.set_ylabel("rise of the test loss, %")
    last.axis("off")
    last.legend(*panels[0].get_legend_handles_labels(), loc="center")
    caption(
        figure,
        f"""Two language models ({LARGEST.base.stories:,} and {SHAKESPEARE.base.stories:,} texts), an autoencoder
        ({FASHION.base.images:,} images of 28 × 28) and two diffusion models ({LONGER.base.conformations:,} and
        {LIGANDS.base.conformations:,} conformations), near their best fit; mean of
        {FASHION.base.seeds} seeds with 95 % intervals by Student's t. Scales differ: losses are of different kinds.""",
    )
    return figure
