"""The paper's experiments by name, at all presets, and its claims."""

from ..paper import Entry, Paper
from ..sweep import run as simulate
from . import diffusion, language, linear, real_data, vae
from .linear_claims import LINEAR
from .neural_claims import NEURAL

_SIMULATED = (
    ("linear_a", "least squares, 10 iterations, three noise levels", linear.LINEAR_A, True),
    ("linear_b", "Fig. 7: least squares, 50 iterations, three T, five noise levels", linear.LINEAR_B, True),
    ("designs", "Accumulate at fixed and at fresh design", linear.DESIGNS, True),
    ("linear_claims", "Replace, ReplaceGrowing and Accumulate at both designs, for the claims", linear.CLAIMS, False),
    ("linear_isotropy", "Replace and Accumulate on features far from isotropic", linear.ISOTROPY, False),
)
_LANGUAGE = {
    "language": "section 2.1, Fig. 2: four language models under Replace and Accumulate",
    "language_steps": "Accumulate with the same number of steps for every fit",
    "language_temperature": "sampling at temperature 0.3",
    "language_growing": "a purely synthetic set that grows as Accumulate's",
    "language_first": "another number of steps in iteration 1 alone",
    "language_data": "half the data, and twice the epochs",
}

PAPER = Paper(
    "2404.01413",
    "Gerstgrasser et al. 2024",
    "Is Model Collapse Inevitable?",
    (*LINEAR, *NEURAL),
    # Presets differ in the replicates alone; how many the paper has is not known.
    simulated={
        name: Entry(summary, sweep.presets | {"paper": sweep}, simulate, live)
        for name, summary, sweep, live in _SIMULATED
    },
    trained={
        **{
            name: Entry(summary, {preset: entries[name] for preset, entries in language.PRESETS.items()}, language.run)
            for name, summary in _LANGUAGE.items()
        },
        "language_preset": Entry("what `python -m neural transformer` runs", language.AS_COMMAND, language.run),
        "language_longer": Entry(
            "the largest of the four stand-ins near its best fit", language.LONGER_PRESETS, language.run
        ),
        "language_longer_steps": Entry(
            "the same with as many steps for every fit of Accumulate", language.LONGER_STEPS_PRESETS, language.run
        ),
        "language_largest": Entry(
            "four times its weights on the same stories, near the best fit", language.LARGEST_PRESETS, language.run
        ),
        "language_9m": Entry("the smallest of them with all of its weights", language.FULL_SIZE, language.run),
        "vae": Entry("section 2.3: autoencoders under Replace and Accumulate", vae.PRESETS, vae.run),
        "vae_ablation": Entry(
            "what drives the autoencoders' loss after short training", vae.of_digits(vae.ABLATION), vae.run
        ),
        "vae_longer": Entry("the same nearer to their best fit", vae.of_digits(vae.LONGER), vae.run),
        "vae_length": Entry(
            "autoencoders after a half to an eighth of the usual training", vae.of_digits(vae.LENGTH), vae.run
        ),
        "diffusion": Entry(
            "section 2.2: diffusion models under Replace and Accumulate", diffusion.PRESETS, diffusion.run
        ),
        "diffusion_ablation": Entry(
            "what drives the diffusion models' loss after short training", diffusion.ABLATION_PRESETS, diffusion.run
        ),
        "diffusion_short": Entry(
            "smaller diffusion models after a quarter of the training", diffusion.SHORT_PRESETS, diffusion.run
        ),
        "diffusion_longer": Entry(
            "a larger diffusion model after six times the training", diffusion.LONGER_PRESETS, diffusion.run
        ),
        "fashion": Entry("an autoencoder on Fashion-MNIST", real_data.FASHION_PRESETS, vae.run, source="Fashion-MNIST"),
        "ligands": Entry(
            "a diffusion model on the Protein Data Bank's ligands",
            real_data.LIGANDS_PRESETS,
            diffusion.run,
            source="Chemical Component Dictionary",
        ),
        "shakespeare": Entry(
            "a language model on Shakespeare", real_data.SHAKESPEARE_PRESETS, language.run, source="Shakespeare"
        ),
    },
)
