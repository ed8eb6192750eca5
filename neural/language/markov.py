"""A Markov source: texts whose next word depends on the last one alone, with known probabilities."""

import jax.random as jr
import numpy as np
from jaxtyping import Array, Float, Key, UInt16

from .corpus import Corpus, tokens_of


class Markov(Corpus):
    """Texts of a Markov chain on the tokens, cut at a length.

    Where a text may be any sequence of up to `length` tokens, as with all probabilities positive and `length` 2, a
    transformer that is wide enough can represent every distribution that such texts can have: its best fit is then
    the observed frequencies, and its excess loss that of maximum likelihood, whatever its weights.
    """

    def __init__(
        self, moves: Float[np.ndarray, "vocabulary vocabulary"], *, length: int, test_texts: int, key: Key[Array, ""]
    ) -> None:
        """Draw the held-out texts.

        Args:
            moves: the probability of each token (a column) after each (a row); token 0 begins a text and ends it.
            length: tokens of the longest text.
            test_texts: how many texts are held out.
            key: of the held-out texts.

        Raises:
            ValueError: a row is no probability distribution.
        """
        if (moves < 0).any() or not np.allclose(moves.sum(1), 1, rtol=0, atol=1e-9):
            raise ValueError(f"each row must be probabilities that sum to one; the sums are {moves.sum(1).tolist()}.")
        self.moves = moves
        self.vocabulary, self.length = len(moves), length
        self.test = self._walk(test_texts, key)
        before = np.concatenate([np.zeros((test_texts, 1), np.uint16), self.test[:, :-1]], axis=1)
        within = np.cumprod(before[:, 1:] > 0, axis=1, dtype=bool)
        within = np.concatenate([np.ones((test_texts, 1), bool), within], axis=1)
        self.next_token = np.where(within[..., None], moves[before], 0).astype(np.float32)

    def real(self, iteration: int, texts: int, *, key: Key[Array, ""]) -> UInt16[np.ndarray, "texts length"]:
        """New texts."""
        return self._walk(texts, jr.fold_in(key, iteration))

    def _walk(self, texts: int, key: Key[Array, ""]) -> UInt16[np.ndarray, "texts length"]:
        generator = np.random.default_rng(jr.key_data(key).tolist())
        # The last entry is one but for rounding, and no draw may lie beyond it.
        below = np.cumsum(self.moves, axis=1)[:, :-1]
        rows, last = np.zeros((texts, self.length), np.uint16), np.zeros(texts, np.int64)
        running = np.ones(texts, bool)
        for place in range(self.length):
            last = (generator.random(texts)[:, None] >= below[last]).sum(1) * running
            rows[:, place] = last
            running = last > 0
        return rows

    def decode(self, row: UInt16[np.ndarray, " length"]) -> str:
        """The tokens, as numbers."""
        return " ".join(map(str, tokens_of(row)))

    def impossible(self, rows: UInt16[np.ndarray, "texts length"]) -> float | None:
        """Zero where every token may follow every other; else it is not known."""
        return 0.0 if (self.moves > 0).all() else None
