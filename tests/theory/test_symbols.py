"""What is turned round in a law keeps its value."""

import pytest
import sympy as sp

from theory.symbols import T, tidy
from theory.tasks.regression.symbols import d


@pytest.mark.parametrize(
    ("backward", "forward"),
    [
        (-d / (d + 1 - T), "d/(T - d - 1)"),
        (d / (d + 1 - T) ** 2, "d/(T - d - 1)**2"),
        (d * (d + 1 - T) ** 3 / (2 * d - 3 * T), "d*(T - d - 1)**3/(3*T - 2*d)"),
        (sp.sqrt(d + 1 - T), "sqrt(-T + d + 1)"),
        (d / (T - d - 1), "d/(T - d - 1)"),
        (d / (d + 1 - T**2), "-d/(T**2 - d - 1)"),
    ],
    ids=str,
)
def test_sums_in_T_count_it_positive(backward, forward):
    assert str(tidy(backward)) == forward
    numbers = {T: sp.Integer(11), d: sp.Integer(4)}
    assert tidy(backward).subs(numbers) == backward.subs(numbers)
