"""Diffusion models trained on their own conformations: Replace and Accumulate as in section 2.2, and what drives them.

The paper has GeoDiff on 40,000 conformations of GEOM-Drugs, 50 diffusion steps a sample, 6 iterations in its figure:
its test loss jumps 7 times up at the second iteration under Replace and then stays there, and goes 1.5 times up under
Accumulate. Here it is 896 conformations of 224 small drugs and a network of 89,920 weights, trained for 2,400 steps a
model. `SHORT` has 18,624 weights and stops after 600 steps, far from the best fit. The ablation has these short fits
too, and changes one thing at a time under Replace: the sampler, its steps, and how many real conformations there are.

Why the paper has a jump and this a slope is not known. One reading: the sampler in GeoDiff's repository takes n steps
at the last n of its 5,000 noise levels, so that 50 steps never leave the noisiest hundredth of them, and all samples
are poor from the first model on. Here steps are spread evenly over all times.
"""

from dataclasses import replace
from pathlib import Path

import numpy as np

from neural.conformers.configuration import PRESETS as SETTINGS
from neural.loop import Learner
from theory import Replace

from ..experiment import Experiment, presets, run as run_chains
from ..recorded import RECORDED, Row

#: Molecules that are kept for a picture, one sample of each model, of the first seed.
SHOWN = ("paracetamol", "procaine", "sulfadiazine")

#: Of data without these, so many molecules spread over all, if they were drawn.
SPREAD = 24

DIFFUSION = Experiment("diffusion", SETTINGS["cpu"], {"cpu": {}})

#: A smaller network after a quarter of the training, so that most of what is lost is what the fits leave undone.
SHORT = Experiment("diffusion_short", replace(SETTINGS["cpu"], steps=600, width=32, layers=3), {"600 steps": {}})

#: A larger network after six times the training, by which torsions come within 20 degrees of real ones.
LONGER = Experiment(
    "diffusion_longer", replace(SETTINGS["cpu"], steps=14_000, layers=5, learning_rate=2e-3), {"14,000 steps": {}}
)

ABLATION = Experiment(
    "diffusion_ablation",
    replace(SHORT.base, iterations=3),
    {
        "ancestral": {"sampler": "ancestral"},
        "10 sampler steps": {"sampler_steps": 10},
        "T = 224": {"conformations": 224},
    },
    workflows=(Replace(),),
)

#: Where `gpu` and `paper` look for GEOM's released files.
GEOM = {"file": "data/rdkit_folder/drugs", "seeds": 3}

#: By preset.
PRESETS = presets(DIFFUSION, SETTINGS, GEOM)

#: These three are of the embedded drugs alone.
ABLATION_PRESETS = {
    "smoke": replace(ABLATION, base=SETTINGS["smoke"], variants={"ancestral": {"sampler": "ancestral"}}),
    "cpu": ABLATION,
}
SHORT_PRESETS, LONGER_PRESETS = (
    {"smoke": replace(experiment, base=replace(SETTINGS["smoke"], steps=10)), "cpu": experiment}
    for experiment in (SHORT, LONGER)
)


def run(experiment: Experiment, folder: Path = RECORDED) -> tuple[list[Row], ...]:
    """The experiment's tables, of metrics and of samples, as `paper_repro.experiment.run` makes them.

    Samples: a row a molecule out of `SHOWN`, or out of `SPREAD` others if none of them was drawn, with its name, the
    symbols of its atoms, its bonds as pairs of atoms, and the first sample's positions in angstrom.
    """
    return run_chains(experiment, "samples", _shown, folder)


def _shown(learner: Learner, pool: np.ndarray) -> list[dict[str, object]]:
    from neural.conformers.conformer_set import split  # RDKit is an extra, and what is recorded is read without it
    from neural.conformers.learner import ConformerModel

    assert isinstance(learner, ConformerModel)
    numbers, x = split(pool)
    names = [molecule.GetProp("_Name") for molecule in learner.conformers.molecules]
    first = {names[number]: row for row, number in reversed(list(enumerate(numbers)))}
    rows = []
    chosen = SHOWN if any(name in first for name in SHOWN) else names[:: max(len(names) // SPREAD, 1)]
    for name in [name for name in chosen if name in first]:
        molecule = learner.conformers.molecules[names.index(name)]
        bonds = [f"{bond.GetBeginAtomIdx()}-{bond.GetEndAtomIdx()}" for bond in molecule.GetBonds()]
        positions = x[first[name], : molecule.GetNumAtoms()]
        rows.append(
            {
                "molecule": name,
                "atoms": " ".join(atom.GetSymbol() for atom in molecule.GetAtoms()),
                "bonds": " ".join(bonds),
                "positions": " ".join(f"{coordinate:.3f}" for coordinate in positions.ravel()),
            }
        )
    return rows
