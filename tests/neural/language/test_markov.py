"""The Markov source: frequencies, the exact probabilities of its test texts, and what it refuses."""

import math

import jax.random as jr
import numpy as np
import pytest

from neural.language.markov import Markov

MOVES = np.array([[0.2, 0.5, 0.3], [0.6, 0.1, 0.3], [0.0, 0.5, 0.5]])


def source(moves=MOVES, length=3):
    return Markov(moves, length=length, test_texts=50, key=jr.key(0))


def test_frequencies_are_the_products_of_the_moves():
    draws = 40_000
    rows = source().real(1, draws, key=jr.key(1))
    texts, counts = np.unique(rows, axis=0, return_counts=True)
    total = 0.0
    for text, count in zip(texts.tolist(), counts, strict=True):
        probability, last = 1.0, 0
        for token in text:
            probability, last = probability * MOVES[last, token], token
            if token == 0:
                break
        total += probability
        assert abs(count / draws - probability) < 5 * math.sqrt(probability * (1 - probability) / draws), text
    assert total == pytest.approx(1)  # each text that can be was drawn, and none that cannot


def test_no_text_is_impossible_where_every_move_can_happen():
    rows = source().test
    assert source().impossible(rows) is None  # token 2 never ends a text
    assert source(np.array([[0.2, 0.5, 0.3], [0.6, 0.1, 0.3], [0.1, 0.5, 0.4]])).impossible(rows) == 0


def test_next_token_is_the_move_up_to_the_end():
    made = source()
    assert made.next_token is not None
    for row, known in zip(made.test, made.next_token, strict=True):
        last, ended = 0, False
        for token, probabilities in zip(row, known, strict=True):
            np.testing.assert_allclose(probabilities, 0 * MOVES[0] if ended else MOVES[last], rtol=1e-6)
            last, ended = token, ended or token == 0


def test_other_iterations_and_keys_have_other_texts():
    made = source()
    rows = [made.real(n, 20, key=jr.key(seed)).tobytes() for n, seed in ((1, 1), (2, 1), (1, 2), (1, 1))]
    assert len(set(rows)) == 3
    assert rows[0] == rows[3]


def test_moves_must_be_probabilities():
    with pytest.raises(ValueError, match="sum to one; the sums are \\[1.0, 1.5"):
        source(np.array([[0.5, 0.5], [1.0, 0.5]]))
