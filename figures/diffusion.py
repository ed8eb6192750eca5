"""Diffusion models trained on their own conformations: loss by iteration, Replace | Accumulate, and what they draw."""

from collections import Counter
from collections.abc import Mapping, Sequence

import numpy as np
from jaxtyping import Float
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from paper_repro.gerstgrasser2024 import published
from paper_repro.gerstgrasser2024.diffusion import ABLATION, DIFFUSION, SHORT
from paper_repro.gerstgrasser2024.real_data import LIGANDS
from paper_repro.recorded import Row

from .chains import NAMES, band, curve, ladder, losses_and_lost
from .style import COLOUR, caption

#: Elements as chemists colour them, in shades that colour-blind readers tell apart.
ELEMENT = {"C": "#4D4D4D", "N": "#0072B2", "O": "#D55E00", "S": "#F0E442"}

#: Any other element.
OTHER = "#CC79A7"

#: Molecules in a picture.
AT_MOST = 2

#: Angstrom between one drawn molecule and the next.
ACROSS, DOWN = 11.5, 7.5


def plot(rows: Sequence[Row]) -> Figure:
    """The test loss of model 1 = 1 as a band over seeds, with the paper's; below it what is lost."""
    figure, grid = losses_and_lost(
        rows, (("sane", "0.0", "sane samples"), ("coverage", "0.45", "real conformations covered"))
    )
    times, theirs = {}, {}
    for axes, workflow in zip(grid[0], NAMES, strict=True):
        band(axes, rows, workflow, "rise", COLOUR[workflow], label="test loss, embedded drugs", add=1)
        paper = published.curve("diffusion", "GeoDiff", workflow)
        axes.plot(
            range(1, len(paper) + 1),
            paper / paper[0],
            "x",
            color="0.45",
            markersize=3.5,
            label="the paper's, GEOM-Drugs",
        )
        axes.set(yscale="log", ylim=(0.8, 30))
        axes.set_yticks((1, 2, 4, 8, 16), ("1", "2", "4", "8", "16"))
        axes.minorticks_off()
        axes.legend(loc="upper left")
        rise, error, _ = curve(rows, "cpu", workflow, "rise")
        times[workflow] = f"{1 + rise[-1]:.2f} ± {error[-1]:.2f}"
        theirs[workflow] = f"{paper[-1] / paper[0]:.1f}"
    grid[1, 0].set_ylim(0, None)
    grid[0, 0].set_ylabel("loss of model 1 = 1")
    grid[1, 0].set_ylabel("share")
    grid[1, 1].legend(loc="lower right")
    base = DIFFUSION.base
    caption(
        figure,
        f"""Equivariant diffusion models on {base.conformations} conformations of drugs with at most {base.max_atoms}
        heavy atoms, {base.seeds} seeds, {base.sampler} sampler of {base.sampler_steps} steps: the squared error of the
        predicted noise on other drugs goes up {times["replace"]} times (standard error) under Replace and
        {times["accumulate"]} times under Accumulate; in the paper {theirs["replace"]} and {theirs["accumulate"]}
        times. Bands: 95 % intervals by Student's t. Below: samples without impossible bonds or contacts,
        and real conformations of held-out drugs within 0.75 Å RMSD of a sample.""",
    )
    return figure


def plot_samples(rows: Sequence[Row]) -> Figure:
    """Drugs as each model draws them."""
    return _drawn(
        rows,
        DIFFUSION.base.iterations,
        """The first conformation of each drug that the models of seed 0 draw, of drugs that all of them draw: heavy
        atoms and the bonds of the given molecule, turned onto the first one, seen from above. Model 6's
        can still be told; under Replace rings buckle and bonds stretch, under Accumulate less.""",
    )


def plot_ligands(rows: Sequence[Row]) -> Figure:
    """Ligands as each model draws them."""
    return _drawn(
        rows,
        LIGANDS.base.iterations,
        f"""The first conformation of each ligand that the models of seed 0 draw, of ligands that all of them draw
        ({AT_MOST} at most), by their codes in the Protein Data Bank: heavy atoms and the bonds of the given molecule,
        turned onto the first one, seen from above. Under Replace rings buckle and bonds stretch, under Accumulate
        less.""",
    )


def _drawn(rows: Sequence[Row], iterations: int, said: str) -> Figure:
    """The same molecules by each model: a block of rows a workflow, a column an iteration, and what is said of them."""
    figure = Figure(figsize=(5.5, 3.6))
    panels = figure.subplots(2, 1)
    # Which molecules a model draws is left to chance.
    times = Counter(row["molecule"] for row in rows)
    molecules = [name for name, count in times.items() if count == 2 * iterations][:AT_MOST]
    first = {
        row["molecule"]: laid_flat(_positions(row))
        for row in rows
        if (row["workflow"], row["iteration"]) == ("replace", "1")
    }
    for axes, workflow in zip(panels, NAMES, strict=True):
        for row in rows:
            if row["workflow"] == workflow and row["molecule"] in molecules:
                n, place = int(row["iteration"]), molecules.index(row["molecule"])
                x = turned(_positions(row), first[row["molecule"]])
                ball_and_stick(axes, x + np.array([n * ACROSS, -place * DOWN, 0]), row)
        axes.set_xlim(0.5 * ACROSS, (iterations + 0.5) * ACROSS)
        axes.set_ylim(-(len(molecules) - 0.45) * DOWN, 0.55 * DOWN)
        axes.set_aspect("equal")
        axes.set_xticks(ACROSS * np.arange(1, iterations + 1), range(1, iterations + 1))
        axes.set_yticks(-DOWN * np.arange(len(molecules)), molecules)
        axes.set_title(NAMES[workflow], color=COLOUR[workflow])
        axes.tick_params(length=0)
        axes.grid(visible=False)
        for spine in axes.spines.values():
            spine.set_visible(False)
    panels[-1].set_xlabel("model-fitting iteration n")
    drawn = {symbol for row in rows if row["molecule"] in molecules for symbol in row["atoms"].split()}
    colours = {symbol: colour for symbol, colour in ELEMENT.items() if symbol in drawn}
    for symbol, colour in (colours | ({"other": OTHER} if drawn - ELEMENT.keys() else {})).items():
        panels[0].plot(
            [], [], "o", color=colour, markersize=4, markeredgecolor="0.3", markeredgewidth=0.3, label=symbol
        )
    panels[0].legend(loc="lower right", bbox_to_anchor=(1, 1), ncols=len(ELEMENT) + 1, handlelength=0.8, borderpad=0)
    caption(figure, said)
    return figure


def _positions(row: Mapping[str, str]) -> Float[np.ndarray, "atoms 3"]:
    return np.array(row["positions"].split(), float).reshape(-1, 3)


def laid_flat(x: Float[np.ndarray, "atoms 3"]) -> Float[np.ndarray, "atoms 3"]:
    """Turned so that it is broadest across, and least deep."""
    _, _, axes = np.linalg.svd(x - x.mean(0))
    return (x - x.mean(0)) @ axes.T


def turned(x: Float[np.ndarray, "atoms 3"], onto: Float[np.ndarray, "atoms 3"]) -> Float[np.ndarray, "atoms 3"]:
    """Turned, or mirrored, which to the models is the same, to lie nearest to the other (Kabsch 1976)."""
    left, _, right = np.linalg.svd((x - x.mean(0)).T @ onto)
    return (x - x.mean(0)) @ left @ right


def ball_and_stick(axes: Axes, x: Float[np.ndarray, "atoms 3"], row: Mapping[str, str]) -> None:
    """Atoms as balls, larger and in front when nearer, and bonds as sticks between them."""
    for bond in row["bonds"].split():
        ends = x[[int(atom) for atom in bond.split("-")]]
        axes.plot(ends[:, 0], ends[:, 1], color="0.55", linewidth=1, zorder=2 + ends[:, 2].mean() / 100)
    for symbol, (across, up, depth) in zip(row["atoms"].split(), x, strict=True):
        axes.plot(
            across,
            up,
            "o",
            color=ELEMENT.get(symbol, OTHER),
            markersize=3.2 + 0.15 * np.clip(depth, -4, 4),
            markeredgecolor="0.3",
            markeredgewidth=0.3,
            zorder=2 + depth / 100 + 0.005,
        )


def plot_ablation(rows: Sequence[Row], short_rows: Sequence[Row], long_rows: Sequence[Row]) -> Figure:
    """The rise of the test loss under Replace after short training, one thing changed at a time, and after longer."""
    figure = Figure(figsize=(5.5, 2.8))
    base = SHORT.base
    first = (
        f"{base.sampler}, {base.sampler_steps} sampler steps,\n{base.steps} training steps, T = {base.conformations}"
    )
    longer = f"{DIFFUSION.base.steps:,} training steps,\nlarger network"
    rungs = [(first, {"replace": curve(short_rows, "600 steps", "replace", "rise")})]
    rungs += [(variant, {"replace": curve(rows, variant, "replace", "rise")}) for variant in ABLATION.variants]
    rungs.append((longer, {"replace": curve(long_rows, "cpu", "replace", "rise")}))
    ladder(figure.subplots(), rungs, ABLATION.base.iterations)
    caption(
        figure,
        f"""Smaller diffusion models that stop early (first row), with one thing changed (three rows), and those of the
        other figures (last row), under Replace; {base.seeds} seeds, 95 % intervals by Student's t.""",
    )
    return figure
