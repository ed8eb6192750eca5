"""Texts as a corpus: a user's or TinyStories, in sub-words by SentencePiece, trained here."""

import io
from collections.abc import Callable, Sequence

import numpy as np
import sentencepiece
from jaxtyping import Array, Key, UInt16

from ..real_data import check_available, collected
from ..remarks import Remark, tell, tell_left_out
from .corpus import Corpus, to_rows, tokens_of

#: Where `datasets` finds TinyStories.
HUB = "roneneldan/TinyStories"

#: SentencePiece learns its vocabulary from at most so many texts, drawn at random.
SHOWN_TO_VOCABULARY = 200_000

#: Of more texts only the first are looked at to say how many are cut.
LOOKED_AT = 20_000

#: It learns nothing from a text of more bytes.
LONGEST_SHOWN = 2**20


def from_hub(split: str) -> list[str]:
    """The texts of a split of TinyStories, downloaded or from the local cache of `datasets`."""
    try:
        import datasets  # pyright: ignore[reportMissingImports]: an extra
    except ImportError as error:
        raise ValueError(
            "TinyStories from the hub needs datasets: pip install 'model-collapse[tinystories]', or give it by --file"
        ) from error
    try:
        return list(datasets.load_dataset(HUB, split=split)["text"])
    except Exception as error:  # of many kinds: no network, no such data set, a broken cache
        first = str(error).splitlines()[0]
        raise ValueError(f"cannot get {HUB} from the hub ({first}); give a local file of it by --file.") from error


def train_vocabulary(texts: Sequence[str], tokens: int, *, seed: int) -> bytes:
    """A SentencePiece model of byte-pair merges with 0 as the end mark and 1 for unknown characters.

    Raises:
        ValueError: the texts do not support so many tokens.
    """
    numbers = range(len(texts))
    if len(texts) > SHOWN_TO_VOCABULARY:
        numbers = np.random.default_rng(seed).choice(len(texts), SHOWN_TO_VOCABULARY, replace=False).tolist()
    long = [number for number in numbers if len(texts[number].encode()) > LONGEST_SHOWN]
    why = f"longer than the {LONGEST_SHOWN} bytes that it learns from; cut such texts into shorter ones"
    tell_left_out("the vocabulary", [f"text {number + 1}" for number in long], why)
    kept = set(numbers) - set(long)
    if not kept:
        raise ValueError(f"all texts are {why}.")
    chosen = [texts[number] for number in numbers if number in kept]
    model = io.BytesIO()
    try:
        sentencepiece.SentencePieceTrainer.train(
            sentence_iterator=iter(chosen),
            model_writer=model,
            model_type="bpe",
            vocab_size=tokens,
            eos_id=0,
            unk_id=1,
            bos_id=-1,
            pad_id=-1,
            character_coverage=1.0,
            normalization_rule_name="identity",
            remove_extra_whitespaces=False,
            add_dummy_prefix=False,
            max_sentence_length=LONGEST_SHOWN,
            num_threads=1,
            minloglevel=2,
        )
    except RuntimeError as error:
        said = str(error).splitlines()[-1].split(") ", 1)[-1]
        raise ValueError(
            f"these texts do not support a vocabulary of {tokens} tokens ({said}); choose another --vocabulary."
        ) from error
    return model.getvalue()


class Texts(Corpus):
    """Texts of a user's or of TinyStories, in sub-words.

    Each key has the texts in an order of its own and collects, at each iteration, those that follow.
    """

    next_token = None

    def __init__(
        self,
        texts: Sequence[str],
        test_texts: Sequence[str],
        *,
        vocabulary: Callable[[], bytes],
        length: int,
        cut: bool,
    ) -> None:
        """Encode the held-out texts.

        Args:
            texts: to train on.
            test_texts: held out.
            vocabulary: makes the SentencePiece model, as `train_vocabulary` does.
            length: tokens of a row.
            cut: whether a text that does not fit into a row loses its end, or is refused.

        Raises:
            ValueError: there are no texts, or one does not fit.
        """
        if not texts or not test_texts:
            raise ValueError(
                f"texts to train on and to test on are needed; got {len(texts)} and {len(test_texts)}: give more "
                "texts, or fewer --test-stories."
            )
        self._texts, self.texts = texts, len(texts)
        self._pieces = sentencepiece.SentencePieceProcessor(model_proto=vocabulary())
        self._cut = cut
        self.vocabulary = self._pieces.vocab_size()
        self.length = length
        self._tell_long([*texts, *test_texts])
        self.test = self._rows(test_texts)

    def real(self, iteration: int, texts: int, *, key: Key[Array, ""]) -> UInt16[np.ndarray, "texts length"]:
        """Texts that no earlier iteration of the same key collected."""
        numbers = collected(len(self._texts), iteration, texts, noun="texts", option="stories", key=key)
        return self._rows([self._texts[int(number)] for number in numbers])

    def check_real(self, iteration: int, texts: int) -> None:
        """Refuse what `real` refuses."""
        check_available(len(self._texts), iteration, texts, noun="texts", option="stories")

    def _tell_long(self, texts: Sequence[str]) -> None:
        """Say how many texts lose their end, or refuse all that are too long at once.

        Raises:
            ValueError: texts are too long, and not to be cut.
        """
        texts = texts[:LOOKED_AT] if self._cut else texts
        # No token is shorter than a byte, so that most texts need not be encoded.
        numbers = [number for number, text in enumerate(texts) if len(text.encode()) >= self.length]
        tokens = [len(self._pieces.encode(texts[number])) for number in numbers]
        long = {number: count for number, count in zip(numbers, tokens, strict=True) if count >= self.length}
        if not long:
            return
        if not self._cut:
            most = max(long.values())
            raise ValueError(
                f"{len(long)} of {len(texts)} texts, the longest of {most} tokens, and their end marks do not fit into "
                f"the context of {self.length}; use --context {most + 1} or more, or --cut to cut longer texts."
            )
        example = f"text {next(iter(long)) + 1}"
        first = "the first " if len(texts) == LOOKED_AT else ""
        told = f"of {first}{len(texts)} texts are longer than the context of {self.length} tokens and lose their end"
        told = f"{told} (--cut)"
        tell(f"{len(long)} {told}, {example} first", [Remark("texts", len(long), told, example, left_out=False)])

    def _rows(self, texts: Sequence[str]) -> UInt16[np.ndarray, "texts length"]:
        return to_rows(self._pieces.encode(list(texts)), self.length, cut=self._cut)

    def decode(self, row: UInt16[np.ndarray, " length"]) -> str:
        """The text, on one line."""
        return " ".join(self._pieces.decode(tokens_of(row)).split())

    def impossible(self, rows: UInt16[np.ndarray, "texts length"]) -> None:
        """Not known for these texts."""
        return
