"""The configuration of a run of diffusion models, its presets, and what is built from it."""

from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import TYPE_CHECKING, ClassVar

from ..configuration import Configuration, Kind, OwnRows, option
from .network import TIMES, Architecture

if TYPE_CHECKING:  # RDKit is an extra
    from .conformer_set import ConformerSet
    from .learner import ConformerModel


@dataclass(frozen=True)
class ConformerConfiguration(Configuration):
    """A diffusion model and its conformations."""

    SIZES: ClassVar = ("conformations", "test_molecules")

    data: str = field(metadata=option("the conformations", choices=("conformers", "geom-drugs", "ccd", "file")))
    file: str | None = field(
        metadata=option(
            "SDF (.sdf, .mol) or SMILES (.smi) file, the folder of GEOM's pickles, or a chemical component dictionary "
            "(.bcif) in place of biotite's"
        )
    )
    cache: str | None = field(metadata=option("folder for read conformations (default: in the user's cache folder)"))
    conformations: int = field(metadata=option("T, conformations of real(1)"))
    molecules: int | None = field(metadata=option("drawn out of the data (default: all)"))
    test_molecules: int = field(metadata=option("held out of these"))
    per_molecule: int = field(metadata=option("conformations of a molecule, at most"))
    hydrogens: bool = field(metadata=option("whether hydrogens are kept"))
    max_atoms: int = field(metadata=option("of a molecule; larger ones are skipped"))
    width: int = field(metadata=option("numbers in an atom's state and in a message"))
    layers: int = field(metadata=option("rounds of messages"))
    sampler: str = field(metadata=option("DDPM or DDIM", choices=("ancestral", "deterministic")))
    sampler_steps: int = field(metadata=option("of denoising a sample"))
    test_batch: int = field(metadata=option("held-out rows read at once"))
    test_draws: int = field(metadata=option("draws of time and noise a held-out conformation"))
    times: str = field(
        default="uniform",
        metadata=option(
            "of noise in training: each at random, evenly spread over a batch, or mostly in the middle,"
            " where torsions are decided",
            choices=TIMES,
        ),
    )

    @property
    def rows(self) -> int:
        """T."""
        return self.conformations

    @property
    def steps_of_first(self) -> None:
        """Every fit has the same budget."""
        return

    def conformer_set(self) -> "ConformerSet":
        """The conformations, computed, read or from the cache."""
        try:
            from .conformer_set import Choice, ccd, conformers, geom_drugs, of_file
        except ModuleNotFoundError as error:
            raise ValueError("conformations need RDKit: pip install 'model-collapse[chem]'") from error
        choice = Choice(self.molecules, self.test_molecules, self.per_molecule, self.hydrogens, self.max_atoms)
        cache = None if self.cache is None else Path(self.cache)
        if self.data == "conformers":
            if self.file is not None:
                raise ValueError("the conformers are those in the repository; use --data file for those of a --file.")
            return conformers(choice, cache)
        file = None if self.file is None else Path(self.file)
        if self.data == "ccd":
            return ccd(file, choice, cache)
        if file is None:
            raise ValueError(f"--data {self.data} needs the molecules: give a --file.")
        return (geom_drugs if self.data == "geom-drugs" else of_file)(file, choice, cache)

    def own_rows(self) -> OwnRows | None:
        """The molecules of a file, and their conformations."""
        if self.data != "file" or self.file is None:
            return None
        molecules = len(replace(self, test_molecules=0).conformer_set().molecules)
        return OwnRows(molecules, lambda held_out: len(replace(self, test_molecules=held_out).conformer_set().train))

    def learner(self, run_dir: Path) -> "ConformerModel":
        """The model on its conformations; nothing of it is kept in the run directory."""
        del run_dir
        found = self.conformer_set()
        from .conformer_set import FEATURES, KINDS
        from .learner import ConformerModel

        architecture = Architecture(FEATURES, KINDS, self.width, self.layers)
        ancestral = self.sampler == "ancestral"
        return ConformerModel(
            found, architecture, self.sampler_steps, ancestral, self.test_draws, self.test_batch, self.times
        )


_CPU = ConformerConfiguration(
    data="conformers",
    file=None,
    cache=None,
    conformations=896,
    molecules=None,
    test_molecules=40,
    per_molecule=8,
    hydrogens=False,
    max_atoms=18,
    iterations=6,
    seeds=3,
    seed=0,
    epochs=None,
    steps=2400,
    batch_size=16,
    learning_rate=3e-3,
    warmup=0.05,
    clip=1.0,
    chunk=100,
    sample_batch=1344,
    test_batch=320,
    width=64,
    layers=4,
    sampler="deterministic",
    sampler_steps=50,
    test_draws=8,
)

_GEOM = replace(
    _CPU,
    data="geom-drugs",
    conformations=40_000,
    molecules=10_000,
    test_molecules=200,
    per_molecule=5,
    max_atoms=40,
    iterations=8,
    batch_size=128,
    learning_rate=1e-3,
    chunk=20,
    sample_batch=3000,
    test_batch=100,
    width=128,
    layers=6,
)

#: A run in seconds; on two cores in minutes; on one GPU; and the paper's data and sampler steps, its sizes unknown.
PRESETS = {
    "smoke": replace(
        _CPU,
        conformations=32,
        molecules=24,
        test_molecules=4,
        per_molecule=2,
        iterations=2,
        seeds=2,
        steps=20,
        batch_size=8,
        chunk=10,
        width=8,
        layers=2,
        sampler_steps=5,
        sample_batch=64,
        test_batch=8,
    ),
    "cpu": _CPU,
    "gpu": replace(_GEOM, steps=20_000),
    "paper": replace(_GEOM, seeds=1, hydrogens=True, max_atoms=80, epochs=200.0, steps=None, layers=7),
}

DIFFUSION = Kind(
    "diffusion",
    "diffusion models of molecular conformations",
    "squared error of the predicted noise per dimension, held-out molecules",
    PRESETS,
    {},
    "--data file --file drugs.smi --preset smoke",
)
