"""Conditions of lemmas: each kind holds where it should, and is refused where it should not."""

import pytest
import sympy as sp

from theory.prover.conditions import Condition, nonnegative, numbers, positive, vanishes, without
from theory.prover.lemmas import LogBound, TailBound
from theory.prover.region import From, Region
from theory.prover.unsound import Unsound
from theory.symbols import T, i, n
from theory.sympy_types import substituted
from theory.tasks.regression.symbols import DOMAIN, d, sigma

REGION = Region(DOMAIN.cells()[0], From(2))


@pytest.mark.parametrize(
    ("condition", "holds"),
    [
        (nonnegative(n - 2, REGION, ""), True),
        (nonnegative(n - 3, REGION, ""), False),
        (positive(n - 1, REGION), True),
        (positive(n - 2, REGION), False),
        (positive(sigma * d, REGION), True),
        (vanishes(sp.S.Zero, REGION), True),
        (vanishes(1 / n - 2 / n**2, REGION), True),
        (vanishes(d / (n + d), REGION), True),
        (vanishes(1 + 1 / n, REGION), False),
        (vanishes(n / (n + 1), REGION), False),
        (vanishes(1 / sp.log(n), REGION), False),  # not shown
        (vanishes(n / (n**2 * (d - 2) + 1), REGION), False),  # it grows at d = 2
        (vanishes(1 / (n * (d - 1) + 1), REGION), False),  # it is 1 at d = 1
        (vanishes(1 / (1 + n * (T - d - 2)), REGION), False),
        (vanishes(1 / (n * (1 - d) - 1), REGION), False),
        (vanishes(1 / (n * (1 - T + d) - 1), REGION), True),
        (numbers(True, ""), True),
        (numbers(sp.Gt(2, 1), ""), True),
        (numbers(False, ""), False),
        (numbers(sp.Gt(n - 1, 0), ""), False),  # not decided
        (numbers(1, ""), False),
        (without(n, i * d)[0], True),
        (without(n, i * n)[0], False),
        (Condition("nothing", n, "", REGION), False),
        (Condition("nonnegative", n, ""), False),
        (Condition("without", n, ""), False),
        (Condition("nonnegative", sp.true, "", REGION), False),
    ],
)
def test_conditions(condition: Condition, *, holds: bool) -> None:
    assert condition.holds() is holds


def test_a_lemma_names_the_condition_that_fails() -> None:
    with pytest.raises(Unsound, match="LogBound needs n >= 3"):
        LogBound(n, sp.Integer(3), 1, below=True).apply(sp.log(n), REGION)
    with pytest.raises(Unsound, match="TailBound needs .* to fall by at most each term"):
        TailBound(i**-2, 1 / n, below=True).apply(n, REGION)


def test_the_parts_of_a_quotient_are_its_value() -> None:
    expression = sp.pi / (n + d) - sp.log(2) / d
    quotient = REGION.quotient(expression)
    assert quotient is not None
    value = substituted(quotient.numerator / quotient.denominator, quotient.constants)
    assert sp.simplify(value - REGION.write(expression)) == 0
    assert REGION.quotient(sp.sqrt(n)) is None
