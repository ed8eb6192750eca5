"""The size of an expression is known before it is multiplied out, and never too small."""

import random

import pytest
import sympy as sp

from theory.prover.size import multiplied_out

x, y, z = sp.symbols("x y z", positive=True)


@pytest.mark.parametrize(
    ("expression", "size"),
    [
        (sp.Integer(3), 1),
        (x + 1, 2),
        ((x + 1) ** 7, 8),
        ((x + y) ** 7 * (x - y), 81),
        (1 / (x + 1) + 1 / (y + 1) ** 2, 6),  # (y + 1)^2 + x + 1 over (x + 1) (y + 1)^2
        (1 / (x + 1) + 3 / (x + 1), 2),  # one denominator
        ((x / (x + y + z) + y / (x + y + z)) ** 9, 1000),  # of one denominator, which is raised too
        ((1 / (x + 1) + 2 / (x + 1)) ** -5, 6),
        (sp.sqrt((x + 1) ** 99) + 1, 100),
        (sp.log((x + y + z) ** 64), 65**3),
    ],
    ids=str,
)
def test_known_sizes(expression: sp.Expr, size: int) -> None:
    assert multiplied_out(expression) == size


def test_never_too_small() -> None:
    rng = random.Random(7)

    def made(depth: int) -> sp.Expr:
        if depth == 0:
            return rng.choice([x, y, z, sp.Integer(rng.randint(1, 9))])
        a, b = made(depth - 1), made(depth - 1)
        return rng.choice([a + b, a * b, a**2, a / (b + 1), a - b])

    for _ in range(60):
        expression = made(rng.randint(1, 4))
        above, below = sp.fraction(sp.together(expression))
        for part in (sp.expand(above), sp.expand(below)):
            assert multiplied_out(expression) >= len(sp.Add.make_args(part)), expression
