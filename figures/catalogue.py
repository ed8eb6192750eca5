"""Every figure as data: `make figures`, the report and the README's table all read this one list."""

import sys
from collections.abc import Callable, Collection, Iterator
from contextlib import ExitStack
from dataclasses import dataclass
from functools import cache, partial
from pathlib import Path
from typing import Any

from matplotlib.figure import Figure

from neural.images.configuration import ImageConfiguration
from paper_repro import chains, one_law as neural_law, sweep as sweeps, tasks as refits
from paper_repro.chains import Chains
from paper_repro.dey2024.estimators import RATIOS
from paper_repro.dohmatob2024a.downstream import ISOTROPIC, POWER_LAW
from paper_repro.experiment import Experiment
from paper_repro.gerstgrasser2024 import (
    diffusion as conformers,
    language as language_models,
    real_data as on_real_data,
    vae as autoencoders,
)
from paper_repro.he2025.simulations import LIMITS
from paper_repro.kazdan2024 import simulations as kazdan2024, subsampled
from paper_repro.recorded import RECORDED, Row
from paper_repro.registry import EXPERIMENTS
from paper_repro.shumailov2023.discrete import DISCRETE
from paper_repro.shumailov2023.gaussian import GAUSSIAN
from sim.files import anew
from sim.results import Results
from theory.program import program

from . import (
    creep,
    demystified,
    designs,
    diffusion,
    forgetting,
    interpolation,
    language,
    language_longer,
    linear_a,
    linear_b,
    one_law,
    pathway,
    population,
    proportional,
    real_data,
    recursion,
    ridge,
    schematic,
    tasks,
    temperature_bias,
    three_workflows,
    vae,
    weights,
)

#: Where pictures go, and what is simulated for them, below the current folder.
OUT = Path("figures", "out")


@dataclass(frozen=True)
class Source:
    """Where the numbers of a figure come from.

    Attributes:
        folder: of the result tables.
        tables: their names: numbers in `.csv`, their provenance in `.json`.
        load: (a folder) reads the tables there, or runs what is missing or stale; gives what `plot` takes.
    """

    folder: Path
    tables: tuple[str, ...]
    load: Callable[[Path], Any]

    @property
    def is_recorded(self) -> bool:
        """Whether the tables are all there, those of experiments in today's configuration."""
        if self.folder != RECORDED:
            return False
        known = [EXPERIMENTS[name].state(name) for name in self.tables if name in EXPERIMENTS]
        others = [Results(self.folder, name).load(None) for name in self.tables if name not in EXPERIMENTS]
        return None not in others and set(known) <= {"recorded"}

    @property
    def lacks(self) -> str:
        """What data are not there that the tables are made of, in words; else nothing."""
        entries = [EXPERIMENTS[name] for name in self.tables if name in EXPERIMENTS]
        return "; ".join(dict.fromkeys(filter(None, (entry.lacks(entry.kept) for entry in entries))))


@dataclass(frozen=True)
class Picture:
    """One figure.

    Attributes:
        name: of its files.
        title: what it shows, in one line.
        plot: draws it from what its source gives; a figure of exact laws alone has no source.
    """

    name: str
    title: str
    plot: Callable[..., Figure]
    source: Source | None = None


def _simulated(sweep: sweeps.Sweep[Any]) -> Source:
    return Source(OUT, (sweep.name,), lambda folder: sweeps.run(sweep, folder))


def _recorded(load: Callable[[Path], Any], *names: str) -> Source:
    """Minutes of training: drawn from tables in the repository as long as their configurations are those of today."""
    return Source(RECORDED, names, load)


def _kept(sweep: sweeps.Sweep[Any]) -> Source:
    """A minute or more of simulation."""
    return _recorded(lambda folder: sweeps.run(sweep, folder), sweep.name)


def _chains(*made: Chains) -> Source:
    """Literal chains, tables by name."""
    names = tuple(one.name for one in made)
    return _recorded(lambda folder: {one.name: chains.run(one, folder) for one in made}, *names)


def _autoencoders(*experiments: Experiment[ImageConfiguration]) -> Source:
    """The tables of metrics and of images, those of several experiments one after the other."""

    def load(folder: Path) -> tuple[list[Row], list[Row]]:
        metrics, images = [], []
        for experiment in experiments:
            measured, drawn = autoencoders.run(experiment, folder)
            metrics += measured
            images += drawn
        return metrics, images

    return _recorded(load, *(f"{e.name}{suffix}" for e in experiments for suffix in ("", "_images")))


_ONE_LAW = _recorded(lambda folder: neural_law.run(neural_law.EXPERIMENT, folder), "one_law")
_LANGUAGE = _recorded(
    lambda folder: language_models.run(language.EXPERIMENT, folder), "language", "language_texts", "language_learning"
)
_VAE = _autoencoders(autoencoders.VAE)
_DIFFUSION = _recorded(lambda folder: conformers.run(conformers.DIFFUSION, folder), "diffusion", "diffusion_samples")


def _temperatures(folder: Path) -> tuple[list[Row], list[Row]]:
    """Metrics at temperature 1 and at 0.3."""
    return language_models.run(language.EXPERIMENT, folder)[0], language_models.run(language.TEMPERATURE, folder)[0]


def _what_drives_diffusion(folder: Path) -> list[list[Row]]:
    """Metrics of the ablation, of what it is held against, and of the longer training."""
    made = (conformers.ABLATION, conformers.SHORT, conformers.DIFFUSION)
    return [conformers.run(experiment, folder)[0] for experiment in made]


def _longer_language(folder: Path) -> dict[str, list[Row]]:
    """Metrics of the language model near its best fit."""
    made = (language_models.LONGER, language_models.LONGER_STEPS)
    return {one.name: language_models.run(one, folder)[0] for one in made}


def _near_best_fit(folder: Path) -> dict[str, list[Row]]:
    """Metrics of the networks near their best fit, on the grammar and on real data."""
    made = (
        (on_real_data.FASHION, autoencoders.run),
        (on_real_data.LIGANDS, conformers.run),
        (conformers.LONGER, conformers.run),
        (on_real_data.SHAKESPEARE, language_models.run),
        (language_models.LARGEST, language_models.run),
    )
    return {experiment.name: run(experiment, folder)[0] for experiment, run in made}


_REAL_DATA = _recorded(
    _near_best_fit,
    *("fashion", "fashion_images", "ligands", "ligands_samples", "diffusion_longer", "diffusion_longer_samples"),
    *("shakespeare", "shakespeare_texts", "language_largest", "language_largest_texts"),
)


def _three_workflows(folder: Path) -> dict[str, list[Row]]:
    swept = {sweep.name: sweeps.run(sweep, folder) for sweep in (kazdan2024.GAUSSIAN, kazdan2024.LINEAR)}
    return swept | {subsampled.SUBSAMPLED.name: subsampled.run(subsampled.SUBSAMPLED, folder)}


def _what_is_forgotten(folder: Path) -> dict[str, list[Row]]:
    """Metrics of all experiments in which each fit of Accumulate has the same steps, and Replace's beside them."""
    steps = language_models.PRESETS["cpu"]["language_steps"]
    of_texts = {made.name: language_models.run(made, folder)[0] for made in (language.EXPERIMENT, steps)}
    of_texts |= _longer_language(folder)
    of_images = {made.name: autoencoders.run(made, folder)[0] for made in (autoencoders.VAE, autoencoders.LENGTH)}
    return of_texts | of_images | {conformers.DIFFUSION.name: conformers.run(conformers.DIFFUSION, folder)[0]}


PICTURES: tuple[Picture, ...] = (
    Picture(
        "schematic",
        "which data each model is fitted to under Replace and Accumulate, and what becomes of the error",
        schematic.plot,
    ),
    Picture(
        "linear_a",
        "Replace and Accumulate, 10 iterations, σ² ∈ {0.1, 1, 10}",
        linear_a.plot,
        _simulated(linear_a.SWEEP),
    ),
    Picture(
        "linear_b",
        "the paper's Fig. 7: T ∈ {100, 316, 1000}, five noise levels, 50 iterations",
        linear_b.plot,
        _simulated(linear_b.SWEEP),
    ),
    Picture(
        "designs",
        "not in the paper: Accumulate at fixed and at fresh design, two different laws under one bound",
        designs.plot,
        _simulated(designs.SWEEP),
    ),
    Picture(
        "proportional",
        "not in the paper: fresh design at finite d/T, where the law for T → ∞ is far off",
        proportional.plot,
        _kept(proportional.SWEEP),
    ),
    Picture(
        "temperature_bias",
        "not in the paper: data sampled at another temperature, or with a bias that Accumulate does not forgive",
        temperature_bias.plot,
        _kept(temperature_bias.SWEEP),
    ),
    Picture(
        "population",
        "not in the paper: several models that train on one another's data",
        population.plot,
        _kept(population.SWEEP),
    ),
    Picture(
        "ridge",
        "not in the paper: the error by the ridge, of which less is best the longer a chain accumulates",
        ridge.plot,
        _kept(ridge.SWEEP),
    ),
    Picture(
        "forgetting",
        "not in the paper: a ridge that grows with the data makes Accumulate forget, one that does not leaves it be",
        forgetting.plot,
        _kept(forgetting.SWEEP),
    ),
    Picture(
        "interpolation",
        "not in the paper: more features than rows, and a peak that later models do not leave behind",
        interpolation.plot,
        _kept(interpolation.SWEEP),
    ),
    Picture(
        "tasks",
        "not in the paper: nine tasks beside regression, one quantity each, under four workflows",
        tasks.plot,
        _recorded(lambda folder: refits.run(tasks.REFITS, folder), tasks.REFITS.name),
    ),
    Picture(
        "one_law",
        "not in the paper: one gain c_n in theory, simulation and a transformer, under five workflows",
        one_law.plot,
        _ONE_LAW,
    ),
    Picture(
        "language",
        "section 2.1: test loss of language models trained on their own samples, four stand-ins beside the paper's",
        lambda tables: language.plot(tables[0]),
        _LANGUAGE,
    ),
    Picture(
        "language_longer",
        "section 2.1, nearer to the best fit: what texts lose, in nats and in texts that cannot be real",
        language_longer.plot,
        _recorded(
            _longer_language,
            *(f"language_longer{steps}{table}" for steps in ("", "_steps") for table in ("", "_texts")),
        ),
    ),
    Picture(
        "language_learning",
        "section 2.1, probably its Fig. 3: test loss of these models while each is fitted",
        lambda tables: language.plot_learning(tables[2]),
        _LANGUAGE,
    ),
    Picture(
        "language_temperature",
        "appendix, Fig. 13: sampling at temperature 0.3 against 1",
        lambda tables: language.plot_temperature(*tables),
        _recorded(
            _temperatures,
            *("language", "language_texts", "language_learning"),
            *("language_temperature", "language_temperature_texts"),
        ),
    ),
    Picture(
        "vae",
        "section 2.3: loss of autoencoders trained on their own images, and what they lose",
        lambda tables: vae.plot(tables[0]),
        _VAE,
    ),
    Picture(
        "vae_samples",
        "section 2.3: images that each of these autoencoders draws",
        lambda tables: vae.plot_samples(tables[1]),
        _VAE,
    ),
    Picture(
        "vae_ablation",
        "not in the paper: what drives the loss of autoencoders",
        lambda tables: vae.plot_ablation(tables[0]),
        _autoencoders(autoencoders.ABLATION, autoencoders.LONGER),
    ),
    Picture(
        "diffusion",
        "section 2.2: loss of diffusion models trained on their own conformations, and the share of them that is sane",
        lambda tables: diffusion.plot(tables[0]),
        _DIFFUSION,
    ),
    Picture(
        "diffusion_samples",
        "section 2.2: molecules that each of these diffusion models draws",
        lambda tables: diffusion.plot_samples(tables[1]),
        _DIFFUSION,
    ),
    Picture(
        "diffusion_ablation",
        "not in the paper: what drives the loss of diffusion models",
        lambda tables: diffusion.plot_ablation(*tables),
        _recorded(
            _what_drives_diffusion,
            *(f"diffusion{kind}{table}" for kind in ("_ablation", "_short", "") for table in ("", "_samples")),
        ),
    ),
    Picture(
        "real_data",
        "beyond the paper's figures: the rise of the test loss near the best fit, on a grammar and on real data",
        real_data.plot,
        _REAL_DATA,
    ),
    Picture(
        "fashion_samples",
        "section 2.3 on Fashion-MNIST: pictures of clothes that each autoencoder draws",
        lambda tables: vae.plot_clothes(tables[1]),
        _autoencoders(on_real_data.FASHION),
    ),
    Picture(
        "ligand_samples",
        "section 2.2 on the Protein Data Bank: ligands that each diffusion model draws",
        lambda tables: diffusion.plot_ligands(tables[1]),
        _recorded(lambda folder: conformers.run(on_real_data.LIGANDS, folder), "ligands", "ligands_samples"),
    ),
    Picture(
        "creep",
        "not in the paper: why the loss creeps up under Accumulate, by what Replace's curve says",
        creep.plot,
        _recorded(
            _what_is_forgotten,
            *(f"vae{kind}{table}" for kind in ("", "_length") for table in ("", "_images")),
            *("diffusion", "diffusion_samples", "language_learning"),
            *(
                f"language{kind}{table}"
                for kind in ("", "_steps", "_longer", "_longer_steps")
                for table in ("", "_texts")
            ),
        ),
    ),
    Picture(
        "three_workflows",
        "2410.16713: Replace, Accumulate and AccumulateSubsample, least squares beside the paper's values, a Gaussian",
        three_workflows.plot,
        _recorded(_three_workflows, "kazdan_gaussian", "kazdan_linear", "kazdan_subsampled"),
    ),
    Picture(
        "pathway",
        "2410.22812: the ratio to generation 1 of five estimators, π²/6 and π²/2 − 2",
        pathway.plot,
        _kept(RATIOS),
    ),
    Picture(
        "weights",
        "2502.18049: the variance that a loop settles at by the weight on new real rows, and the golden ratio",
        weights.plot,
        _kept(LIMITS),
    ),
    Picture(
        "demystified",
        "2402.07712: a ridge fit after generators, by the ridge and by T, brute force on the formulas",
        demystified.plot,
        _chains(ISOTROPIC, POWER_LAW),
    ),
    Picture(
        "recursion",
        "2305.17493: a Gaussian and a discrete distribution refitted to their own samples",
        recursion.plot,
        _chains(GAUSSIAN, DISCRETE),
    ),
)


def plots(
    names: Collection[str] = (), *, fresh: bool = False, out: Path | None = None, made: Path | None = None
) -> Iterator[tuple[Picture, Callable[[], Figure]]]:
    """Each picture with the function that draws it; results are loaded as their turn comes, once for all who share.

    Fresh ones are all run again, beside those that are there, which they replace after the last picture.

    Args:
        names: of the pictures; all where none is named.
        fresh: whether to run all again.
        out: for what is simulated, in place of OUT.
        made: for recorded results that are missing, stale or run again, in place of where they are.
    """
    places = {OUT: out or OUT, RECORDED: made or RECORDED}
    with ExitStack() as stack:
        if fresh:
            places = {folder: stack.enter_context(anew(place, "fresh")) for folder, place in places.items()}

        def place(source: Source) -> Path:
            if source.is_recorded and (not fresh or source.lacks):
                if fresh:
                    print(
                        f"{program('figures')}: {source.tables[0]} stays as recorded: {source.lacks}.", file=sys.stderr
                    )
                return source.folder
            return places.get(source.folder, source.folder)

        load = cache(lambda source: source.load(place(source)))
        for picture in (picture for picture in PICTURES if not names or picture.name in names):
            yield picture, partial(picture.plot, load(picture.source)) if picture.source else picture.plot
