"""Verification: the law by a recursion of its own, and the claims' bounds."""

import math

import pytest

from paper_repro.claim import IN_SHAPE
from paper_repro.verdicts import recorded
from paper_repro.yi2025.paper import PAPER, errors

from .transcribed import check, check_cells

INF = math.inf


def test_claims_are_those_decided_before_looking():
    check(
        PAPER,
        {
            "verifier-near-term": (None, [(-INF, 1)], None),
            "verifier-long-run": (1, [(0.99, 1.01), (1, INF)], None),
        },
    )


def test_errors_by_a_recursion():
    """A label says (1 - b) of the model's error and b of the verifier's, with (1 - b) of the noise: b = 3/5."""
    b, one_fit = 0.6, 32 / (100 - 32 - 1)
    for distance in ("1/5", "1"):
        gain, way = 1.0, 0.0
        for found in errors(distance, 9):
            away = way * (0.2 if distance == "1/5" else 1.0)
            assert found == pytest.approx(gain * one_fit + away**2, rel=1e-12)
            gain, way = (1 - b) ** 2 * gain + (1 - b), (1 - b) * way + b


def test_both_hold_in_shape():
    near, long = (claim.judge(recorded()) for claim in PAPER.claims)
    assert (near["verdict"], long["verdict"]) == (IN_SHAPE, IN_SHAPE)
    assert near["ours"] == pytest.approx(0.56 + 0.04 * 0.36 * 67 / 32, rel=1e-9)


def test_each_quantity_is_of_the_models_that_it_names():
    """The gain settles at (1 - b)/(1 - (1 - b)^2) and all of the way is gone: b = 3/5, one fit 32/67."""
    second, last = (0.16 + 0.4) * 32 / 67, 0.4 / 0.84 * 32 / 67
    near = (second + 0.04 * 0.36) / (32 / 67)
    check_cells(PAPER, {}, {"verifier-near-term": [near], "verifier-long-run": [1, (last + 1) / (second + 0.36)]})
