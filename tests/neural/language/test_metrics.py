"""The metrics on texts small enough to count by hand."""

import math

import numpy as np
import pytest

from neural.language import metrics

A, B, C, D = 1, 2, 3, 4


def test_entropy_counts_tokens_and_one_end_a_text():
    # A A B end | B end: shares 2/6, 2/6, 2/6
    rows = np.array([[A, A, B, 0, 0], [B, 0, 0, 0, 0]])
    assert metrics.entropy(rows) == pytest.approx(math.log(3))


def test_distinct_runs():
    # A A A end: (A A A), (A A end); cut text A A A A: (A A A) twice
    assert metrics.distinct(np.array([[A, A, A, 0], [A, A, A, A]])) == 2 / 4
    assert math.isnan(metrics.distinct(np.array([[A, 0, 0, 0]])))


def test_the_tail_is_the_rarest_pairs():
    common = [[A, B, 0]] * 20  # 20 (A B) and 20 (B end), of 43 pairs: the tail may have 2
    real = np.array([*common, [C, D, A]])  # (C D) and (D A): each once
    assert metrics.tail_lost(real, np.array([[A, B, 0]])) == 1.0
    assert metrics.tail_lost(real, np.array([[C, D, 0]])) == 0.5
    assert metrics.tail_lost(real, real) == 0.0
    # a twentieth, and no more: 2 of 40, and 2 of 59 where three pairs are as rare: (A D) and (C D), not (D A)
    assert metrics.tail_lost(np.array([[A, B, 0]] * 19 + [[C, D, A]]), np.array([[C, D, 0]])) == 0.5
    assert metrics.tail_lost(np.array([[A, B, 0, 0]] * 28 + [[C, D, A, D]]), np.array([[D, A, 0, 0]])) == 1.0
    # of 84 the tail may have 4.2: (C D) and (A end) once, and (D A) twice; each counts as often as it occurs
    uneven = np.array([[A, B, 0]] * 40 + [[C, D, A], [D, A, 0]])
    assert metrics.tail_lost(uneven, np.array([[C, D, 0]])) == 3 / 4
    assert metrics.tail_lost(uneven, np.array([[D, A, B]])) == 2 / 4


def test_zeros_behind_the_end_are_not_read():
    long, short = np.array([[A, B, 0, 0, 0, 0]]), np.array([[A, B, 0]])
    assert metrics.entropy(long) == metrics.entropy(short)
    assert metrics.distinct(long) == metrics.distinct(short)
