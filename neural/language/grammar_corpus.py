"""The embedded corpus: the project's own stories, whose distribution is known, word by word."""

import math
from random import Random

import jax.random as jr
import numpy as np
from jaxtyping import Array, Key, UInt16

from .corpus import Corpus, to_rows, tokens_of
from .grammar import END, Grammar

#: Of more stories the first are judged: half a millisecond each, and the share is known to a percent.
JUDGED = 2000


class GrammarCorpus(Corpus):
    """Stories told by a grammar; a token is a word."""

    def __init__(self, grammar: Grammar, *, test_texts: int, key: Key[Array, ""]) -> None:
        self._grammar = grammar
        self._words = [END, *grammar.vocabulary]
        self._token = {word: token for token, word in enumerate(self._words)}
        self.vocabulary = len(self._words)
        self.length = grammar.longest + 1
        self.test = self._tell(test_texts, key)
        self.next_token = np.zeros((*self.test.shape, self.vocabulary), np.float32)
        for row, probabilities in zip(self.test, self.next_token, strict=True):
            state = grammar.start
            for token, place in zip([*tokens_of(row), 0], probabilities, strict=False):
                following = grammar.following(state)
                place[[self._token[word] for word in following]] = [share for share, _ in following.values()]
                _, state = following[self._words[token]]

    def real(self, iteration: int, texts: int, *, key: Key[Array, ""]) -> UInt16[np.ndarray, "texts length"]:
        """New stories."""
        return self._tell(texts, jr.fold_in(key, iteration))

    def _tell(self, texts: int, key: Key[Array, ""]) -> UInt16[np.ndarray, "texts length"]:
        random = Random(" ".join(map(str, jr.key_data(key).tolist())))
        told = (self._grammar.tell(random) for _ in range(texts))
        return to_rows([[self._token[word] for word in story] for story in told], self.length, cut=False)

    def decode(self, row: UInt16[np.ndarray, " length"]) -> str:
        """The words of a story."""
        return " ".join(self._word(token) for token in tokens_of(row))

    def impossible(self, rows: UInt16[np.ndarray, "texts length"]) -> float:
        """The share of stories that the grammar cannot tell, out of the first `JUDGED`."""
        stories = ([self._word(token) for token in tokens_of(row)] for row in rows[:JUDGED])
        return float(np.mean([math.isinf(sum(self._grammar.log_probabilities(story))) for story in stories]))

    def _word(self, token: int) -> str:
        """A token's word; a model with a larger vocabulary can sample tokens that have none."""
        return self._words[token] if token < self.vocabulary else f"<{token}>"
