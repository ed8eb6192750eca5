"""The claims on networks nearer to their best fit, and on real data that can be had without a hub.

Those of `neural_claims` and `language_claims` again, with the same bounds. They were set when of these settings model 1
alone had been seen.
"""

from collections.abc import Iterator
from dataclasses import dataclass

from theory import Accumulate, Replace
from theory.measurement import Measurement

from ..claim import Claim, Quantity
from ..recorded import Tables
from . import published
from .diffusion import LONGER
from .language import LARGEST, weights_of
from .real_data import FASHION, LIGANDS, SHAKESPEARE
from .rises import read, rises, stays


@dataclass(frozen=True)
class Setting:
    """A table of one variant, and what is said of it.

    Attributes:
        id: of its claims, before the workflow.
        what: is trained.
        where: the paper has the like.
        published: the paper's curves: the table, and the model.
        table: by which it is judged.
        variant: of that.
        last: the iteration that is judged.
        part: of Replace's rise, that Accumulate's must be below; `None` if it must not rise at all.
        differs: from the paper's.
        shared: by all chains.
    """

    id: str
    what: str
    where: str
    published: tuple[str, str]
    table: str
    variant: str
    last: int
    part: float | None
    differs: str
    shared: str

    def claims(self) -> Iterator[Claim]:
        """That Replace rises, and Accumulate does not, or by less."""
        part = {None: "does not rise", 1 / 2: "rises less than half as much", 1 / 3: "rises less than a third as much"}
        yield self._claim(
            Replace(), "rises from iteration to iteration", rises(self.table, self.variant, Replace(), self.last)
        )
        yield self._claim(Accumulate(), part[self.part], self._accumulate())

    def _accumulate(self) -> tuple[Quantity, ...]:
        if self.part is None:
            return (stays(self.table, self.variant, Accumulate(), self.last),)

        def over_replace(tables: Tables) -> Measurement:
            rise = [read(tables, self.table, self.variant, of, self.last) for of in (Accumulate(), Replace())]
            return rise[0] / rise[1]

        name = f"rise of the test loss from model 1 to {self.last} under Accumulate, over Replace's"
        return (Quantity(name, over_replace, below=self.part),)

    def _claim(self, workflow: Replace | Accumulate, statement: str, test: tuple[Quantity, ...]) -> Claim:
        command, (table, model) = workflow.command(), self.published
        rise = published.rise(table, model, command, self.last)
        if workflow == Accumulate() and self.part is not None:
            rise /= published.rise(table, model, Replace().command(), self.last)
        return Claim(
            f"{self.id}-{command}",
            f"{self.what} under {type(workflow).__name__}: the test loss {statement}",
            self.where,
            rise,
            test,
            self.table,
            self.differs,
            shared=self.shared,
        )


_SETTLED = "settings chosen after a look at model 1"
_IN_TEXTS, _IN_IMAGES, _IN_MOLECULES = (
    "section 2.1, Fig. 2 [A]",
    "section 2.3, loss curves [A]",
    "section 2.2, Fig. 4 [A]",
)


def _texts() -> Iterator[Setting]:
    for identity, what, experiment, of in (
        ("language-largest", "A larger language model near its best fit", LARGEST, "stories of the embedded grammar"),
        ("shakespeare", "A language model on Shakespeare", SHAKESPEARE, "speeches of Shakespeare's plays"),
    ):
        (weights,) = weights_of(experiment).values()
        yield Setting(
            identity,
            what,
            _IN_TEXTS,
            ("language_models", "Llama-2 12M"),
            experiment.name,
            "cpu",
            5,
            None,
            f"{weights:,} weights for 12,488,960; {experiment.base.stories:,} {of} for 2.1 million of TinyStories; "
            f"{_SETTLED}",
            "the test texts",
        )


def _others() -> Iterator[Setting]:
    yield Setting(
        "fashion",
        "Autoencoders on Fashion-MNIST",
        _IN_IMAGES,
        ("vae", "VAE"),
        FASHION.name,
        "cpu",
        FASHION.base.iterations,
        1 / 3,
        f"{FASHION.base.images:,} pictures of clothes, 28 × 28 and grey, for CelebA, an autoencoder of our own design; "
        f"{_SETTLED}",
        f"the {FASHION.base.test_images:,} test images",
    )
    for identity, what, experiment, of in (
        ("ligands", "Diffusion on the Protein Data Bank's ligands", LIGANDS, "ligands"),
        ("diffusion-longer", "Larger diffusion models after six times the training", LONGER, "embedded drugs"),
    ):
        (variant,) = experiment.variants
        yield Setting(
            identity,
            what,
            _IN_MOLECULES,
            ("diffusion", "GeoDiff"),
            experiment.name,
            variant,
            experiment.base.iterations,
            1 / 2,
            f"a network of our own on {experiment.base.conformations:,} conformations of {of} for GeoDiff on 40,000 of "
            f"GEOM-Drugs; {_SETTLED}",
            f"the {experiment.base.test_molecules} test molecules",
        )


def real_data_claims() -> Iterator[Claim]:
    """All of them."""
    for setting in (*_texts(), *_others()):
        yield from setting.claims()
