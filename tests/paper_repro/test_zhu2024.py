"""Editing: the gain by hand, and which of the two claims holds."""

import math

import pytest

from paper_repro.claim import IN_SHAPE, REFUTED
from paper_repro.verdicts import recorded
from paper_repro.zhu2024.paper import PAPER, _gain

from .transcribed import check

BOUND = [(-math.inf, 2.0), None]


def test_claims_are_those_decided_before_looking():
    check(PAPER, {"edit-fading": (2, BOUND, None), "edit-constant": (2, BOUND, None)})


def test_gains_by_hand():
    """1 + sum of m (2 - m)."""
    for fading in (0.5, 1.0):
        shares = [0.2 * fading**j for j in range(7)]
        expected = 1 + sum(m * (2 - m) for m in shares)
        assert _gain(str(fading), 8).mean == pytest.approx(expected, rel=1e-12)


def test_the_bound_needs_shares_that_fade():
    fading, constant = (claim.judge(recorded()) for claim in PAPER.claims)
    assert (fading["verdict"], constant["verdict"]) == (IN_SHAPE, REFUTED)
    assert fading["ours"] == pytest.approx(1 + 2 * 0.2 / 0.5 - 0.04 / 0.75, rel=1e-9)
    assert constant["ours"] == pytest.approx(1 + 99 * 0.36)
    assert "it does not hold that the law is bounded" in constant["differs"]
