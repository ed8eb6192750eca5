"""What a language model learns from: texts as rows of tokens, real ones for each iteration and others to test on."""

import abc
from collections.abc import Sequence

import numpy as np
from jaxtyping import Array, Float, Integer, Key, UInt16


class Corpus(abc.ABC):
    """A source of texts. Token 0 ends a text; a row is a text's tokens, 0, and zeros up to `length`.

    Attributes:
        vocabulary: how many tokens there are, 0 included.
        length: tokens of a row.
        test: held-out rows, the same for every model.
        next_token: where the distribution of the texts is known, the exact probability of each token at each place of
            the test rows given those before it; else `None`.
        texts: how many real ones there are to train on; `None` where they never end.
    """

    vocabulary: int
    length: int
    test: UInt16[np.ndarray, "texts length"]
    next_token: Float[np.ndarray, "texts length vocabulary"] | None
    texts: int | None = None

    @abc.abstractmethod
    def real(self, iteration: int, texts: int, *, key: Key[Array, ""]) -> UInt16[np.ndarray, "texts length"]:
        """The real texts collected at an iteration, others at every iteration and for every key."""

    def check_real(self, iteration: int, texts: int) -> None:  # noqa: B027 - most corpora never end
        """Refuse what `real` refuses: more texts than there are."""

    @abc.abstractmethod
    def decode(self, row: UInt16[np.ndarray, " length"]) -> str:
        """The text of a row."""

    @abc.abstractmethod
    def impossible(self, rows: UInt16[np.ndarray, "texts length"]) -> float | None:
        """The share of texts that no real one can equal; `None` where that is not known."""


def to_rows(texts: Sequence[Sequence[int]], length: int, *, cut: bool) -> UInt16[np.ndarray, "texts length"]:
    """Texts as rows; one that does not fit with its end mark is refused, or with `cut` loses its end.

    Raises:
        ValueError: a text is too long, and not to be cut.
    """
    rows = np.zeros((len(texts), length), np.uint16)
    for index, tokens in enumerate(texts):
        if len(tokens) >= length and not cut:
            raise ValueError(
                f"a text of {len(tokens)} tokens and its end mark do not fit into the context of {length}; "
                f"use --context {len(tokens) + 1} or more, or --cut to cut longer texts."
            )
        kept = tokens[:length]
        rows[index, : len(kept)] = kept
    return rows


def tokens_of(row: Integer[np.ndarray, " length"]) -> list[int]:
    """The tokens of a row's text, without the end mark."""
    ends = np.flatnonzero(row == 0)
    return row[: ends[0] if len(ends) else None].tolist()
