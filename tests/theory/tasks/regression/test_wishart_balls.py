"""Balls around means over Gram matrices, against quadrature and exact moments."""

import numpy as np
import pytest
from flint import acb, arb, fmpq

from theory.tasks.regression import wishart, wishart_balls
from theory.tasks.regression.wishart_balls import Balls


@pytest.mark.parametrize(("rows", "d"), [(1, 1), (2, 1), (1, 4), (3, 2), (2, 2), (5, 3), (6, 6), (3, 7), (40, 4)])
def test_bias_and_variance(rows, d):
    c = fmpq(3, 2)
    for power, most in ((1, 1 / (4 * arb(c))), (0, 1 / arb(c) ** 2)):
        ball = Balls(rows, d).mean(lambda u, power=power: u**power / (u + c) ** 2, most)
        expected = float(wishart.mean(lambda u, power=power: u**power / (u + 1.5) ** 2, rows, d))
        assert float(ball.rad()) < 1e-11 * expected
        assert abs(float(ball.mid()) - expected) < 1e-10 * expected


@pytest.mark.parametrize(("rows", "d"), [(4, 3), (3, 5), (7, 4)])
def test_all_of_the_mass_and_its_moments(rows, d):
    """E tr A = rows d, E tr A^2 = rows d (rows + d + 1), over the interval that holds nearly all."""
    eigenvalues = Balls(rows, d)
    for f, expected in (
        (lambda u: acb(1), min(rows, d)),
        (lambda u: u, rows * d),
        (lambda u: u**2, rows * d * (rows + d + 1)),
    ):
        assert abs(float(eigenvalues.integral(f).mid()) - expected) < 1e-10 * expected


def test_what_lies_beyond_the_interval_counts():
    """Of a function that may be large far out alone the ball is wider, by as much as there may be."""
    eigenvalues = Balls(3, 2)
    beyond = arb(2) ** -42
    near, far = (
        eigenvalues.mean(lambda u: acb(1), most)
        for most in (arb(1), beyond / wishart_balls._beyond(eigenvalues, wishart_balls._BITS))
    )
    assert near.contains(2)
    assert far.contains(2)
    assert near.rad() < beyond / 8
    assert beyond / 4 < far.rad() < beyond


def test_the_most_there_can_be_where_no_integral_is_found(monkeypatch):
    monkeypatch.setattr(Balls, "integral", lambda self, f: arb("nan"))
    ball = Balls(3, 2).mean(lambda u: acb(1), arb(2))
    assert ball.contains(0)
    assert ball.contains(4)
    assert np.isfinite(float(ball.upper()))


def test_objection():
    assert wishart_balls.objection(400, 32) is None
    for rows, d in ((300, 33), (401, 3), (33, 33)):
        assert "enclosed for at most 32 eigenvalues and 400 rows" in (wishart_balls.objection(rows, d) or "")
