"""The claims on networks trained on their own samples, judged by recorded tables: texts, images, molecules."""

from collections.abc import Iterator
from dataclasses import replace

from theory import Accumulate, Replace, Workflow
from theory.measurement import Measurement

from ..claim import Claim, Quantity
from ..recorded import Tables
from . import published, vae
from .diffusion import DIFFUSION, SHORT
from .forgetting_claims import forgetting_claims
from .language_claims import language_claims
from .real_data_claims import real_data_claims
from .rises import read, rises


def _images() -> Iterator[Claim]:
    """Section 2.3."""
    name, variant, last = vae.VAE.name, "cpu", vae.VAE.base.iterations
    differs = f"{vae.VAE.base.images:,} digits of 8 × 8 for CelebA, an autoencoder of our own design"

    def cell(tables: Tables, workflow: Workflow, iteration: int, metric: str) -> Measurement:
        return read(tables, name, variant, workflow, iteration, metric)

    yield Claim(
        "vae-replace",
        "Autoencoders under Replace: the test loss rises from iteration to iteration",
        "section 2.3, loss curves [A]",
        published.rise("vae", "VAE", "replace", last),
        rises(name, variant, Replace(), last),
        name,
        differs,
    )
    yield Claim(
        "vae-accumulate",
        "Autoencoders under Accumulate: the test loss rises too, less than a third as much as under Replace",
        "section 2.3, loss curves [A]",
        published.rise("vae", "VAE", "accumulate", last),
        (
            Quantity(
                f"rise of the test loss from model 1 to {last}",
                lambda t: cell(t, Accumulate(), last, "rise"),
                above=0.0,
            ),
            Quantity(
                "that over Replace's",
                lambda t: cell(t, Accumulate(), last, "rise") / cell(t, Replace(), last, "rise"),
                below=1 / 3,
            ),
        ),
        name,
        differs,
    )
    yield Claim(
        "vae-diversity",
        "Autoencoders lose diversity under Replace and keep the main axes of variation under Accumulate",
        "section 2.3, sampled faces [N]",
        None,
        (
            Quantity(
                f"variance of model {last}'s samples over model 1's under Replace",
                lambda t: cell(t, Replace(), last, "variance") / cell(t, Replace(), 1, "variance"),
                below=0.75,
            ),
            Quantity(
                "the same under Accumulate",
                lambda t: cell(t, Accumulate(), last, "variance") / cell(t, Accumulate(), 1, "variance"),
                above=0.75,
            ),
            Quantity(
                f"distance of model {last}'s samples to each other under Replace less under Accumulate",
                lambda t: cell(t, Replace(), last, "nearest_sample") - cell(t, Accumulate(), last, "nearest_sample"),
                below=0.0,
            ),
        ),
        name,
        differs,
    )
    yield Claim(
        "vae-single-mode",
        "Autoencoders under Replace converge to a single mode",
        "section 2.3, sampled faces [N]",
        None,
        (
            Quantity(
                f"share of the classes that model {last} still draws",
                lambda t: cell(t, Replace(), last, "classes"),
                below=0.2,
            ),
        ),
        name,
        f"{differs}; what digits do says nothing of faces",
    )
    yield Claim(
        "vae-attributes",
        "Autoencoders under Accumulate lose minor attributes, such as glasses",
        "section 2.3, sampled faces [N]",
        None,
        (
            Quantity(
                f"effective dimension of model {last}'s samples less model 1's",
                lambda t: cell(t, Accumulate(), last, "dimension") - cell(t, Accumulate(), 1, "dimension"),
                below=0.0,
            ),
        ),
        name,
        f"{differs}; digits have no labelled attributes, for which the effective dimension of samples stands in",
    )
    short = vae.LENGTH.name, "500 steps"

    def over_short(tables: Tables, workflow: Workflow) -> Measurement:
        return cell(tables, workflow, last, "rise") / read(tables, *short, workflow, last)

    yield Claim(
        "vae-training-length",
        "Autoencoders trained eight times as long lose at most two thirds as much, under Replace and under Accumulate",
        "not in the paper, whose length of training is not known [D]; a question of ours",
        None,
        tuple(
            Quantity(
                f"rise of the test loss from model 1 to {last} under {type(workflow).__name__} at "
                f"{vae.VAE.base.steps:,} steps a fit, over that at 500",
                lambda t, workflow=workflow: over_short(t, workflow),
                below=2 / 3,
            )
            for workflow in (Replace(), Accumulate())
        ),
        vae.LENGTH.name,
        f"{differs}; that Replace's rise falls with the length was seen, to model 4, before the bound was set",
    )


def _molecules() -> Iterator[Claim]:
    """Section 2.2, six iterations as in its figure."""
    name, variant, last = "diffusion", "cpu", 6
    differs = "a small network on a few molecules for GeoDiff on 40,000 conformations of GEOM-Drugs"

    def rise(tables: Tables, workflow: Workflow, iteration: int) -> Measurement:
        return read(tables, name, variant, workflow, iteration)

    def theirs(workflow: str, iteration: int) -> float:
        return published.rise("diffusion", "GeoDiff", workflow, iteration)

    yield Claim(
        "diffusion-replace-jump",
        "Diffusion under Replace: the test loss jumps up at the first synthetic data",
        "section 2.2, Fig. 4 [A]",
        theirs("replace", 2),
        (Quantity("rise of the test loss from model 1 to 2", lambda t: rise(t, Replace(), 2), above=0.5),),
        name,
        differs,
    )
    yield Claim(
        "diffusion-accumulate",
        "Diffusion under Accumulate: the test loss rises, less than half as far as under Replace",
        "section 2.2, Fig. 4 [A]",
        theirs("accumulate", last),
        (
            Quantity(f"rise of the test loss from model 1 to {last}", lambda t: rise(t, Accumulate(), last), above=0.0),
            Quantity(
                "that over Replace's", lambda t: rise(t, Accumulate(), last) / rise(t, Replace(), last), below=0.5
            ),
        ),
        name,
        differs,
    )
    for workflow in (Replace(), Accumulate()):
        command = workflow.command()
        yield Claim(
            f"diffusion-{command}-plateau",
            f"Diffusion under {type(workflow).__name__}: after the second iteration the test loss stays where it is",
            "section 2.2, Fig. 4 [A]",
            theirs(command, last) / theirs(command, 2),
            (
                Quantity(
                    f"rise of the test loss from model 1 to {last} over that from 1 to 2",
                    lambda t, workflow=workflow: rise(t, workflow, last) / rise(t, workflow, 2),
                    above=0.5,
                    below=1.5,
                ),
            ),
            name,
            differs,
        )
    yield Claim(
        "diffusion-training-length",
        "Larger diffusion models trained four times as long lose at most two thirds as much, under Replace and under "
        "Accumulate",
        "not in the paper, whose length of training is not known [D]; a question of ours",
        None,
        tuple(
            Quantity(
                f"rise of the test loss from model 1 to {last} under {type(workflow).__name__} at "
                f"{DIFFUSION.base.steps:,} steps a fit, over that at {SHORT.base.steps}",
                lambda t, workflow=workflow: rise(t, workflow, last) / read(t, SHORT.name, "600 steps", workflow, last),
                below=2 / 3,
            )
            for workflow in (Replace(), Accumulate())
        ),
        SHORT.name,
        f"{differs}; the rises after the short training were known before the bound was set",
    )


def _sharing(claims: Iterator[Claim], shared: str) -> Iterator[Claim]:
    """Claims whose chains have all this in common."""
    return (replace(claim, shared=shared) for claim in claims)


NEURAL = (
    *_sharing(language_claims(), "the test texts"),
    *_sharing(_images(), f"the {vae.VAE.base.images:,} training and {vae.VAE.base.test_images} test images"),
    *_sharing(_molecules(), f"the training set, and the {DIFFUSION.base.test_molecules} test molecules"),
    *_sharing(forgetting_claims(), "training and test sets"),
    *real_data_claims(),
)
