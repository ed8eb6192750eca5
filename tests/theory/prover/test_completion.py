"""Squares add up to what they are taken from, but for what is plainly >= 0; none are found where there are none."""

import random

import pytest
import sympy as sp

from theory.prover.completion import squares
from theory.prover.powers import Square
from theory.prover.region import From, Region
from theory.symbols import n
from theory.sympy_types import added, as_expression

x, y, z, w = sp.symbols("x y z w", positive=True)
u = sp.Symbol("u", nonnegative=True)
#: Here w >= x >= 0.
REGION = Region({w: x + u}, From(1))
QUARTER = sp.Rational(1, 4)


def _left(p: sp.Expr, found: tuple[Square, ...]) -> sp.Expr:
    return as_expression(sp.cancel(p - added(square.weight * square.root**2 for square in found)))


@pytest.mark.parametrize(
    ("p", "pairs", "left"),
    [
        # one completed square, and what is over it
        (x**2 - x + 1, [(QUARTER, 2 * x - 1)], sp.Rational(3, 4)),
        (3 * x**4 - 3 * x**2 + 1, [(sp.Rational(1, 12), 6 * x**2 - 3)], QUARTER),
        (y * x**2 - x + 1 / y, [(1 / (4 * y**3), 2 * y**2 * x - y)], sp.Rational(3, 4) / y),
        # a square inside of a square
        (
            x**2 - x * y + y**2 - y + 1,
            [(QUARTER, 2 * x - y), (sp.Rational(1, 48), 6 * y - 4)],
            sp.Rational(2, 3),
        ),
        # factors: even powers are the root, odd ones the weight, turned where they are negative
        ((x - 1) ** 2 * y, [(y, x - 1)], 0),
        (5 * (x - 1) ** 2 * (y - 2) ** 4, [(5, (x - 1) * (y - 2) ** 2)], 0),
        ((x - 1) ** 4, [(1, (x - 1) ** 2)], 0),
        ((w - x) * (x - 1) ** 2, [(w - x, x - 1)], 0),
        ((w - x) ** 3 * (x - 1) ** 2, [(w - x, (x - w) * (x - 1))], 0),
        # one power of a variable after another
        (x * y * (y - 1) ** 2 + (y - 2) ** 2, [(x * y, y - 1), (1, y - 2)], 0),
        (x**3 * y * (y - 1) ** 2 + x * y + (y - 2) ** 2, [(x**3 * y, y - 1), (1, y - 2)], x * y),
        # over a denominator
        ((x**2 - x + 1) / (y + 1), [(QUARTER / (y + 1), 2 * x - 1)], sp.Rational(3, 4) / (y + 1)),
        # what a proof has left over stays aside
        (x**2 - x + 1 + sp.Dummy("y", nonnegative=True), [(QUARTER, 2 * x - 1)], None),
    ],
    ids=str,
)
def test_known_squares(p: sp.Expr, pairs: list[tuple[sp.Expr, sp.Expr]], left: sp.Expr | None) -> None:
    found = squares(p, REGION)
    assert found is not None
    assert len(found) == len(pairs)
    for square, (weight, root) in zip(found, pairs, strict=True):
        assert sp.cancel(square.weight * square.root**2 - weight * root**2) == 0
        assert REGION.is_nonnegative(square.weight)
    if left is not None:
        assert sp.cancel(_left(p, found) - left) == 0


@pytest.mark.parametrize(
    "p",
    [
        x,
        -((x - 1) ** 2),
        (x - w) * (x - 1) ** 2,
        (x - 1) ** 3,
        x**2 - 3 * x + 2,
        x**2 - 2 * x * y + y - 1,
        x * y * (y - 1) ** 2 - (y - 2) ** 2,  # one of two powers has none
        (n - 1) * x**2 - (n - 1) * x + n,  # a leading coefficient that may be 0
        (x - 1) * (y - 1) ** 2,
    ],
    ids=str,
)
def test_there_are_none(p: sp.Expr) -> None:
    assert squares(p, REGION) is None


def test_what_is_found_is_right() -> None:
    """Random polynomials: the weights and what is left are >= 0 by their coefficients."""
    rng, found = random.Random(5), 0
    for _ in range(60):
        a, b = rng.sample([x, y, z, n], 2)
        numbers = [rng.randint(1, 4) if square else rng.randint(-3, 3) for square in (1, 0, 1, 0, 0)]
        powers = [a**2, a * b, b**2, a, b] if rng.random() < 0.7 else [a**4, a**2, b**2, a * b, b]
        p = added(c * power for c, power in zip(numbers, powers, strict=True)) + rng.randint(0, 9)
        pairs = squares(as_expression(p), REGION)
        if pairs:
            found += 1
            assert all(REGION.is_nonnegative(square.weight) for square in pairs)
            assert REGION.is_nonnegative(_left(as_expression(p), pairs)), p
    assert found > 8
