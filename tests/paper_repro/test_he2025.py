"""2502.18049: bounds written down a second time, the cells that claims read, the limits against a loop of their own."""

import math
from fractions import Fraction

import pytest

from paper_repro.he2025 import claims
from paper_repro.he2025.paper import PAPER
from tests.paper_repro import transcribed

GOLDEN = (5**0.5 - 1) / 2
QUARTER, FOUR = (1 / 16 + 1) ** 0.5 / 2 - 1 / 8, 32**0.5 / 2 - 2

#: The published value, bounds, chains.
WRITTEN = {
    "he-golden": (GOLDEN, [(0.999 * GOLDEN, 1.001 * GOLDEN), None], None),
    "he-weight": (QUARTER, [(0.999 * w, 1.001 * w) for w in (QUARTER, FOUR)], None),
    "he-least-variance": (None, [(0.999 * GOLDEN, 1.001 * GOLDEN), None, None], None),
    "he-naive": (None, [(1.05, math.inf)], None),
    "he-below-one-batch": (None, [(-math.inf, 1.0)] * 3 + [None], None),
    **{f"he-limit-{name}": (1.0, [(0.9, 1.1)] * 3, 3600) for name in ("least", "logistic", "poisson", "mean")},
    "he-golden-finite": (None, [(0.629, 0.639)], None),
}


def test_bounds_and_published_values_are_those_decided_before_looking():
    assert (round(QUARTER, 3), round(FOUR, 3)) == (0.390, 0.828)
    transcribed.check(PAPER, WRITTEN)


def settled(w, k=1.0):
    """The variance of a loop that weights a real batch and one sampled from the model before, in units of one batch."""
    variance = 1.0
    for _ in range(500):
        variance = w**2 + (1 - w) ** 2 * (variance + k)
    return variance


def cell(task, weight, n):
    """A number of its own for each cell of the table."""
    return 1 + 0.1 * math.sin(sum((k + 3) * ord(c) for k, c in enumerate(f"{task}{weight}{n}")))


LABELS = {
    "least": "least squares",
    "logistic": "logistic regression",
    "poisson": "Poisson regression",
    "mean": "mean of a Gaussian",
}
WEIGHTS = ("3/10", "309/500", "9/10")


def test_each_quantity_is_read_from_the_cells_that_it_names():
    table = [
        {
            "task": task,
            "workflow": f"FreshReal(synthetic_ratio=1, weight={weight})",
            "iteration": str(n),
            "mean": str(cell(task, weight, n)),
            "standard_error": "0.01",
            "replicates": "4000",
        }
        for task in LABELS.values()
        for weight in WEIGHTS
        for n in range(1, 13)
    ]
    expected = {
        "he-golden": [GOLDEN],
        "he-weight": [QUARTER, FOUR],
        "he-least-variance": [settled(GOLDEN)],
        "he-naive": [settled(0.5) / settled(GOLDEN)],
        "he-below-one-batch": [settled(w) for w in (0.5, 0.618, 0.9)],
    }
    for name, task in LABELS.items():
        expected[f"he-limit-{name}"] = [
            cell(task, weight, 12) / cell(task, weight, 1) / settled(float(Fraction(weight))) for weight in WEIGHTS
        ]
    for claim in PAPER.claims:
        if claim.id in expected:
            quantities = claim.quantities[: len(expected[claim.id])]
            found = [quantity.measure(lambda name: table).mean for quantity in quantities]
            assert found == pytest.approx(expected[claim.id], rel=1e-9), claim.id
    assert expected.keys() == WRITTEN.keys() - {"he-golden-finite"}


@pytest.mark.parametrize("k", [Fraction(1, 4), Fraction(1), Fraction(4)])
def test_the_least_variance_is_the_best_weight(k):
    """By the loop itself: a sampled batch has k times the variance of a real one."""
    weight = float(claims._optimum(k).value)
    assert weight == pytest.approx(claims._best(k), rel=1e-12)
    assert settled(weight, float(k)) == pytest.approx(weight, rel=1e-9)
    assert min(settled(weight + step, float(k)) for step in (-0.01, 0.01)) > weight


@pytest.mark.slow
def test_the_best_weight_leaves_the_golden_ratio_as_features_grow():
    """.61803 for d/T → 0, .62285 at 0.1, .66385 at 0.7."""
    for share, expected in ((Fraction(1, 100), 0.6185), (Fraction(1, 10), 0.62285), (Fraction(7, 10), 0.66385)):
        assert claims._best_at(share).mean == pytest.approx(expected, abs=5e-4)
