"""The claims on networks trained on their own samples, judged by recorded tables: rises of the test loss over seeds.

The bounds are few and shared. A loss *rises* if model n's is at least 5 % above model 1's, and goes on rising in the
second half of the iterations; it *does not rise* if it is at most 2 % above. They were fixed, as were the number of
seeds and the settings, before any of the language models' tables was made. The autoencoders' table was there before;
diffusion's was not, but that the plateau of Accumulate is judged as strictly as Replace's was settled after it.
"""

from collections.abc import Iterator
from dataclasses import replace

from theory import Accumulate, Replace, ReplaceGrowing, Workflow

from ..claim import Claim, Quantity
from ..experiment import measurement
from ..measurement import Measurement
from ..recorded import Missing, Tables, matching
from . import language, published, vae
from .diffusion import DIFFUSION

#: Of the test loss over that of model 1, less one.
RISES, STAYS = 0.05, 0.02
#: Seeds that the language models' tables must have at least; the autoencoders' and diffusion's have three.
SEEDS = 4

#: The paper's names of its four models, in its Fig. 2, by ours; and their exact numbers of weights, from the authors'
#: notebook.
PUBLISHED = {
    "gpt2-9m": ("GPT-2 9M", 8_890_880),
    "llama2-12m": ("Llama-2 12M", 12_488_960),
    "llama2-42m": ("Llama-2 42M", 41_755_136),
    "llama2-126m": ("Llama-2 126M", 125_553_408),
}

_LANGUAGE = language.PRESETS["cpu"]
_SMALLEST = "gpt2-9m"


def _read(
    tables: Tables, experiment: str, variant: str, workflow: Workflow, iteration: int, metric: str = "rise"
) -> Measurement:
    """A cell of a recorded table."""
    place = {"variant": variant, "workflow": workflow.command(), "iteration": str(iteration), "metric": metric}
    for row in matching(tables(experiment), place):
        return measurement(row)
    raise Missing(f"the recorded result {experiment} has no {place}")


def _rises(experiment: str, variant: str, workflow: Workflow, last: int, name: str = "") -> tuple[Quantity, Quantity]:
    """That the loss rises up to model `last`, and in the second half too."""
    half = (last + 1) // 2
    # Rises of the same chains go together; where a table has no values by seed, the interval of their difference is
    # taken as if they did not, and is too wide.
    return (
        Quantity(
            f"rise of the test loss from model 1 to {last}{name}",
            lambda t: _read(t, experiment, variant, workflow, last),
            above=RISES,
        ),
        Quantity(
            f"rise from model {half} to {last}{name}, in units of model 1's loss",
            lambda t: _read(t, experiment, variant, workflow, last) - _read(t, experiment, variant, workflow, half),
            above=0.0,
        ),
    )


def _stays(experiment: str, variant: str, workflow: Workflow, last: int, name: str = "") -> Quantity:
    """That the loss does not rise."""
    return Quantity(
        f"rise of the test loss from model 1 to {last}{name}",
        lambda t: _read(t, experiment, variant, workflow, last),
        below=STAYS,
    )


def _stand_in(name: str) -> str:
    """What differs from one of the paper's language models."""
    experiment = _LANGUAGE["language"]
    return (
        f"a stand-in of {language.weights_of(experiment)[name]:,} weights for {PUBLISHED[name][1]:,}; "
        f"{experiment.base.rows} stories of the embedded grammar for 2.1 million of TinyStories"
    )


def _models() -> Iterator[Claim]:
    """Fig. 2: Replace and Accumulate for each of the four."""
    for name, (theirs, _) in PUBLISHED.items():
        yield Claim(
            f"language-{name}-replace",
            f"{theirs} under Replace: the test loss rises from iteration to iteration",
            "section 2.1, Fig. 2 [A]",
            published.rise("language_models", theirs, "replace", 5),
            _rises("language", name, Replace(), 5),
            "language",
            _stand_in(name),
            SEEDS,
        )
        yield Claim(
            f"language-{name}-accumulate",
            f"{theirs} under Accumulate: the test loss does not rise",
            "section 2.1, Fig. 2 [A]",
            published.rise("language_models", theirs, "accumulate", 5),
            (_stays("language", name, Accumulate(), 5),),
            "language",
            _stand_in(name),
            SEEDS,
        )


def _full_size() -> Iterator[Claim]:
    """Fig. 2, the smallest of the four with all of its weights."""
    theirs, weights = PUBLISHED[_SMALLEST]
    experiment = language.FULL_SIZE["gpu"]
    differs = (
        f"all {weights:,} weights, in {experiment.base.precision}; {experiment.base.stories:,} stories of the embedded "
        f"grammar for 2.1 million of TinyStories"
    )
    for workflow, statement, test in (
        (Replace(), "rises from iteration to iteration", _rises(experiment.name, _SMALLEST, Replace(), 5)),
        (Accumulate(), "does not rise", (_stays(experiment.name, _SMALLEST, Accumulate(), 5),)),
    ):
        command = workflow.command()
        yield Claim(
            f"language-full-size-{command}",
            f"{theirs} at its full size under {type(workflow).__name__}: the test loss {statement}",
            "section 2.1, Fig. 2 [A]",
            published.rise("language_models", theirs, command, 5),
            test,
            experiment.name,
            differs,
            preset="gpu",
        )


def _changes() -> Iterator[Claim]:
    """What changes, or does not, when one thing is changed with the first of the four; and the critics' confound."""
    theirs, cold = "GPT-2 9M", "GPT-2 9M at temperature 0.3"
    differs = _stand_in(_SMALLEST)

    def base(tables: Tables, workflow: Workflow, iteration: int, metric: str = "rise") -> Measurement:
        return _read(tables, "language", _SMALLEST, workflow, iteration, metric)

    yield Claim(
        "language-temperature-replace",
        "Sampling at temperature 0.3 makes Replace degrade faster than at 1",
        "Table 2 and appendix, Fig. 13 [N]",
        published.rise("table_2", cold, "replace", 4) - published.rise("table_2", theirs, "replace", 4),
        (
            Quantity(
                "rise of the test loss from model 1 to 4 at temperature 0.3, less that at 1",
                lambda t: _read(t, "language_temperature", "0.3", Replace(), 4) - base(t, Replace(), 4),
                above=RISES,
            ),
        ),
        "language_temperature",
        differs,
        SEEDS,
    )
    yield Claim(
        "language-temperature-accumulate",
        "At temperature 0.3 too the test loss does not rise under Accumulate",
        "Table 2 [N]",
        published.rise("table_2", cold, "accumulate", 4),
        (_stays("language_temperature", "0.3", Accumulate(), 4),),
        "language_temperature",
        differs,
        SEEDS,
    )
    growing = "language_growing", "growing", ReplaceGrowing()
    yield Claim(
        "language-replace-growing",
        "A purely synthetic set as large as Accumulate's still makes the test loss rise, more slowly than Replace",
        "Table 2 [N]",
        published.rise("table_2", theirs, "replace-growing", 4),
        (
            Quantity("rise of the test loss from model 1 to 4", lambda t: _read(t, *growing, 4), above=STAYS),
            Quantity("Replace's rise less this", lambda t: base(t, Replace(), 4) - _read(t, *growing, 4), above=0.0),
        ),
        "language_growing",
        differs,
        SEEDS,
    )

    def growth(tables: Tables, experiment: str, variant: str) -> Measurement:
        loss = [_read(tables, experiment, variant, Replace(), n, "test_loss") for n in (2, 5)]
        return loss[1] - loss[0]

    yield Claim(
        "language-first-quality",
        "How well model 1 is trained has no significant effect on how the test loss grows after it under Replace",
        "ablation in section 2.1, from memory [M]",
        None,
        tuple(
            Quantity(
                f"growth of the test loss from model 2 to 5 after {variant} the steps in iteration 1, over the usual",
                lambda t, variant=variant: growth(t, "language_first", variant) / growth(t, "language", _SMALLEST),
                above=2 / 3,
                below=3 / 2,
            )
            for variant in _LANGUAGE["language_first"].variants
        ),
        "language_first",
        differs,
        SEEDS,
    )
    for identity, statement, variant in (
        ("language-data-size", "Half the data leave the trend: Replace rises, Accumulate does not", "half the data"),
        ("language-epochs", "Twice the epochs leave the trend: Replace rises, Accumulate does not", "twice the epochs"),
    ):
        yield Claim(
            identity,
            statement,
            "ablation in section 2.1, from memory [M]",
            None,
            (
                *_rises("language_data", variant, Replace(), 5, " under Replace"),
                _stays("language_data", variant, Accumulate(), 5, " under Accumulate"),
            ),
            "language_data",
            differs,
            SEEDS,
        )
    fixed = "language_steps", "fixed", Accumulate()
    yield Claim(
        "confound-steps",
        "The test loss does not rise under Accumulate when every fit has the same number of steps either",
        "not in the paper, whose Accumulate trains n times as many steps in iteration n [D]; a critics' question",
        None,
        (_stays(*fixed, 5),),
        "language_steps",
        differs,
        SEEDS,
    )
    yield Claim(
        "confound-steps-half",
        "With the same number of steps for every fit Accumulate still rises less than half as much as Replace",
        "not in the paper [D]; a critics' question",
        None,
        (
            Quantity(
                "Accumulate's rise from model 1 to 5 over Replace's",
                lambda t: _read(t, *fixed, 5) / base(t, Replace(), 5),
                below=0.5,
            ),
        ),
        "language_steps",
        differs,
        SEEDS,
    )


def _images() -> Iterator[Claim]:
    """Section 2.3."""
    name, variant, last = vae.VAE.name, "cpu", vae.VAE.base.iterations
    differs = f"{vae.VAE.base.images:,} digits of 8 × 8 for CelebA, an autoencoder of our own design"

    def read(tables: Tables, workflow: Workflow, iteration: int, metric: str) -> Measurement:
        return _read(tables, name, variant, workflow, iteration, metric)

    yield Claim(
        "vae-replace",
        "Autoencoders under Replace: the test loss rises from iteration to iteration",
        "section 2.3, loss curves [A]",
        published.rise("vae", "VAE", "replace", last),
        _rises(name, variant, Replace(), last),
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
                lambda t: read(t, Accumulate(), last, "rise"),
                above=0.0,
            ),
            Quantity(
                "that over Replace's",
                lambda t: read(t, Accumulate(), last, "rise") / read(t, Replace(), last, "rise"),
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
                lambda t: read(t, Replace(), last, "variance") / read(t, Replace(), 1, "variance"),
                below=0.75,
            ),
            Quantity(
                "the same under Accumulate",
                lambda t: read(t, Accumulate(), last, "variance") / read(t, Accumulate(), 1, "variance"),
                above=0.75,
            ),
            Quantity(
                f"distance of model {last}'s samples to each other under Replace less under Accumulate",
                lambda t: read(t, Replace(), last, "nearest_sample") - read(t, Accumulate(), last, "nearest_sample"),
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
                lambda t: read(t, Replace(), last, "classes"),
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
                lambda t: read(t, Accumulate(), last, "dimension") - read(t, Accumulate(), 1, "dimension"),
                below=0.0,
            ),
        ),
        name,
        f"{differs}; digits have no labelled attributes, for which the effective dimension of samples stands in",
    )


def _molecules() -> Iterator[Claim]:
    """Section 2.2, six iterations as in its figure."""
    name, variant, last = "diffusion", "cpu", 6
    differs = "a small network on a few molecules for GeoDiff on 40,000 conformations of GEOM-Drugs"

    def rise(tables: Tables, workflow: Workflow, iteration: int) -> Measurement:
        return _read(tables, name, variant, workflow, iteration)

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


def _sharing(claims: Iterator[Claim], shared: str) -> Iterator[Claim]:
    """Claims whose chains have all this in common."""
    return (replace(claim, shared=shared) for claim in claims)


NEURAL = (
    *_sharing(_models(), "the test texts"),
    *_sharing(_full_size(), "the test texts"),
    *_sharing(_changes(), "the test texts"),
    *_sharing(_images(), f"the {vae.VAE.base.images:,} training and {vae.VAE.base.test_images} test images"),
    *_sharing(_molecules(), f"the training set, and the {DIFFUSION.base.test_molecules} test molecules"),
)
