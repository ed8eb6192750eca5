"""The stories' corpus: each next token's probability by listing all stories, new ones each time, impossible ones."""

from pathlib import Path

import jax.random as jr
import numpy as np
import pytest

from neural.language import grammar_corpus
from neural.language.corpus import to_rows
from neural.language.grammar_corpus import GrammarCorpus
from tests.neural.language.test_grammar import SMALL, every_story

README = Path(grammar_corpus.__file__).parents[1] / "README.md"
CORPUS = GrammarCorpus(SMALL, test_texts=40, key=jr.key(0))
WORDS = ["", *SMALL.vocabulary]  # 0 is the end


def rows_of(*texts):
    return to_rows([[WORDS.index(word) for word in text.split()] for text in texts], CORPUS.length, cut=False)


def test_each_next_token_has_its_share_of_all_stories_that_begin_alike():
    told = {tuple(rows_of(" ".join(words))[0].tolist()): share for words, share in every_story(SMALL).items()}
    assert CORPUS.length == max(map(len, every_story(SMALL))) + 1
    assert len(np.unique(CORPUS.test, axis=0)) > 8
    assert CORPUS.next_token is not None
    for row, known in zip(CORPUS.test.tolist(), CORPUS.next_token, strict=True):
        for place in range(CORPUS.length):
            expected = np.zeros(len(WORDS))
            if 0 not in row[:place]:
                alike = {story: share for story, share in told.items() if list(story[:place]) == row[:place]}
                for story, share in alike.items():
                    expected[story[place]] += share / sum(alike.values())
            np.testing.assert_allclose(known[place], expected, rtol=1e-6)


def test_stories_are_others_for_each_iteration_and_key():
    drawn = [CORPUS.real(n, 30, key=jr.key(seed)).tobytes() for n, seed in ((1, 1), (2, 1), (1, 2), (1, 1))]
    assert len({*drawn, CORPUS.test[:30].tobytes()}) == 4
    assert drawn[0] == drawn[3]
    assert CORPUS.decode(rows_of("cat no Bo . it")[0]) == "cat no Bo . it"


def test_the_impossible_are_those_that_the_grammar_cannot_tell(monkeypatch):
    assert CORPUS.impossible(CORPUS.real(1, 20, key=jr.key(3))) == 0
    rows = rows_of("cat Tom . it", "cat Una . it", "owl Una .", "owl Una . she")
    assert CORPUS.impossible(rows) == 0.5  # a name of the other kind, and no end
    strange = rows.copy()
    strange[0, 1] = CORPUS.vocabulary + 5  # as a model of more tokens may sample
    assert CORPUS.impossible(strange) == 0.75
    assert CORPUS.decode(strange[0]) == f"cat <{CORPUS.vocabulary + 5}> . it"
    assert f"of the first {grammar_corpus.JUDGED:,}, that cannot be real" in README.read_text()
    monkeypatch.setattr(grammar_corpus, "JUDGED", 3)
    assert CORPUS.impossible(rows) == pytest.approx(2 / 3)  # of the first ones
