"""The configuration of a run of language models, its presets, and what is built from it."""

from collections.abc import Callable
from dataclasses import asdict, dataclass, field, replace
from pathlib import Path
from typing import Any, ClassVar

from ..configuration import Configuration, Kind, OwnRows, option, same_fields
from ..files import write_bytes
from ..remarks import tell_of_copies
from .corpus import Corpus
from .grammar_corpus import GrammarCorpus
from .learner import LanguageModel
from .network import PAPER, Architecture, Sampler
from .stories import stories
from .text import HUB, Texts, from_hub, train_vocabulary
from .text_files import read_texts

DATA = ("grammar", "text", "tinystories")

#: Rows of tokens are of 16 bits.
LARGEST_VOCABULARY = 2**16


@dataclass(frozen=True)
class LanguageConfiguration(Configuration):
    """A transformer and its corpus."""

    SIZES: ClassVar = ("stories", "test_stories")

    data: str = field(metadata=option("the corpus", choices=DATA))
    file: str | None = field(
        metadata=option(
            "of `--data text`, or TinyStories: a file (.txt, .csv, .jsonl, .parquet …), a folder, or a quoted pattern"
        )
    )
    test_file: str | None = field(metadata=option("file of held-out texts; without it the last of --file are held out"))
    stories: int = field(metadata=option("T, texts of real(1)"))
    test_stories: int = field(metadata=option("held-out texts"))
    temperature: float = field(metadata=option("of the sampler"))
    style: str = field(metadata=option("of the transformer", choices=("gpt2", "llama2")))
    vocabulary: int = field(metadata=option("tokens; sub-words learned, but for the grammar's words"))
    context: int = field(metadata=option("tokens of the longest text, end mark included"))
    positions: int = field(metadata=option("positions that the model has weights for; the context if that is more"))
    width: int = field(metadata=option("features of the residual stream"))
    layers: int = field(metadata=option("blocks"))
    heads: int = field(metadata=option("attention heads"))
    hidden: int = field(metadata=option("features of the feed-forward networks"))
    precision: str = field(metadata=option("what models compute in", choices=("float32", "bfloat16")))
    test_batch: int = field(metadata=option("held-out rows read at once"))
    cut: bool = field(metadata=option("cut texts that are longer than the context"))
    first_steps: int | None = field(metadata=option("optimiser steps of the first fit alone (default: as all fits)"))
    column: str | None = field(default=None, metadata=option("of the texts in a table (default: text)"))

    def __post_init__(self) -> None:
        """Check the vocabulary before any work."""
        if self.vocabulary > LARGEST_VOCABULARY:
            raise ValueError(
                f"--vocabulary is {LARGEST_VOCABULARY} at most, since a token takes 16 bits; got {self.vocabulary}."
            )

    @property
    def rows(self) -> int:
        """T."""
        return self.stories

    @property
    def steps_of_first(self) -> int | None:
        """Those of the option `--first-steps`."""
        return self.first_steps

    @property
    def architecture(self) -> Architecture:
        """The transformer's sizes."""
        # A longer context needs positions for it; a model with more has them anyway.
        positions = max(self.positions, self.context)
        return Architecture(context=positions, **same_fields(Architecture, self, but=("context",)))

    def corpus(self, run_dir: Path) -> Corpus:
        """The corpus; a vocabulary that is learned is kept in the run directory."""
        if self.data == "grammar":
            if (self.file, self.test_file, self.column) != (None, None, None):
                raise ValueError("the grammar tells its own stories; use --data text for those of a --file.")
            return GrammarCorpus(stories(), test_texts=self.test_stories, key=self.plan.held_out_key)
        texts, held_out = self._texts()
        return Texts(
            texts,
            held_out,
            vocabulary=lambda: _kept(
                run_dir / "vocabulary.model", lambda: train_vocabulary(texts, self.vocabulary, seed=self.seed)
            ),
            length=self.context,
            cut=self.cut,
        )

    def _texts(self) -> tuple[list[str], list[str]]:
        """To train on, and held out."""
        if self.file is None and self.data == "text":
            raise ValueError("--data text needs the text: give a --file.")
        if self.file is None and self.test_file is None and self.column is not None:
            raise ValueError("--column is of a table that --file gives; leave it out.")
        texts = from_hub("train") if self.file is None else read_texts(Path(self.file), column=self.column)
        if self.test_file is not None:
            found = read_texts(Path(self.test_file), column=self.column, option="--test-file")
            test = self._held_out(found, f"--test-file {self.test_file}")
            tell_of_copies(self.file or HUB, texts, test, "texts")
            return texts, test
        if self.file is None:
            return texts, self._held_out(from_hub("validation"), "TinyStories' validation split")
        if len(texts) <= self.test_stories:
            raise ValueError(
                f"{self.file} holds {len(texts)} texts; more than the {self.test_stories} held out (--test-stories) "
                "are needed."
            )
        train, test = texts[: -self.test_stories], texts[-self.test_stories :]
        tell_of_copies(self.file or HUB, train, test, "texts")
        return train, test

    def own_rows(self) -> OwnRows | None:
        """The texts of a file."""
        if self.data != "text" or self.file is None:
            return None
        texts = len(read_texts(Path(self.file), column=self.column))
        return (
            OwnRows(texts, lambda held_out: texts - held_out)
            if self.test_file is None
            else OwnRows(None, lambda _: texts)
        )

    def _held_out(self, texts: list[str], source: str) -> list[str]:
        """The first of these texts."""
        if len(texts) < self.test_stories:
            raise ValueError(
                f"{source} holds {len(texts)} texts, and {self.test_stories} are to be held out; use --test-stories "
                f"{len(texts)} or fewer."
            )
        return texts[: self.test_stories]

    def learner(self, run_dir: Path) -> LanguageModel:
        """The model on its corpus."""
        return LanguageModel(
            self.corpus(run_dir), self.architecture, Sampler(self.temperature), self.precision, self.test_batch
        )


def _kept(path: Path, make: Callable[[], bytes]) -> bytes:
    if not path.exists():
        write_bytes(path, make())
    return path.read_bytes()


def sizes(name: str) -> dict[str, Any]:
    """The fields of a configuration that make its transformer one of the paper's."""
    fields = asdict(PAPER[name])
    return {"positions": fields.pop("context"), **fields}


_CPU = LanguageConfiguration(
    data="grammar",
    file=None,
    test_file=None,
    stories=1024,
    test_stories=300,
    iterations=5,
    seeds=3,
    seed=0,
    epochs=9.0,
    steps=None,
    batch_size=16,
    learning_rate=1e-2,
    warmup=0.05,
    clip=1.0,
    chunk=96,
    temperature=1.0,
    sample_batch=1536,
    test_batch=100,
    style="gpt2",
    vocabulary=246,
    context=80,
    positions=80,
    width=48,
    layers=1,
    heads=4,
    hidden=96,
    precision="float32",
    cut=False,
    first_steps=None,
)

#: A run in seconds; on two cores in minutes; on one GPU; and the paper's own.
PRESETS = {
    "smoke": replace(
        _CPU, stories=32, test_stories=20, iterations=2, seeds=2, epochs=1.0, batch_size=8, chunk=4, width=16, hidden=32
    ),
    "cpu": _CPU,
    "gpu": replace(
        _CPU,
        **sizes("gpt2-9m"),
        stories=100_000,
        test_stories=2000,
        seeds=3,
        epochs=1.0,
        batch_size=64,
        learning_rate=1e-3,
        sample_batch=6144,
        precision="bfloat16",
    ),
    "paper": replace(
        _CPU,
        **sizes("gpt2-9m"),
        data="tinystories",
        stories=2_119_719,
        test_stories=5000,
        seeds=1,
        epochs=1.0,
        batch_size=32,
        learning_rate=1e-3,
        context=512,
        sample_batch=2048,
        precision="bfloat16",
        cut=True,
    ),
}

TRANSFORMER = Kind(
    "transformer",
    "language models",
    "test cross-entropy, nats a token",
    PRESETS,
    {name: sizes(name) for name in PAPER},
    "--data text --file stories.txt --test-stories 20 --preset smoke",
)
