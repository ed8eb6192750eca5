"""LaTeX of letters: their powers, and those of the Moore-Penrose inverse where there may be no other."""

import pytest
import sympy as sp

from theory.algebra.printing import matrix
from theory.algebra.terms import Expression, Family, Monomial


def printed(symbol, power, *, singular=False, has_index=True):
    family = Family(
        "G", symbol, lambda m: m, lambda m: m, symmetric=True, invertible=True, singular=singular, has_index=has_index
    )
    letter = family(sp.Symbol("n"), power)
    return matrix(Expression((Monomial(sp.S.One, (), (), (letter,)),), True))


@pytest.mark.parametrize(
    ("power", "regular", "singular"),
    [
        (2, "G_n^{2}", "G_n^{2}"),
        (1, "G_n", "G_n"),
        (0, "G_n^{0}", "G_n^{+} G_n"),
        (-1, "G_n^{-1}", "G_n^{+}"),
        (-2, "G_n^{-2}", r"{\left(G_n^{+}\right)}^{2}"),
    ],
)
def test_powers(power, regular, singular):
    assert printed("G", power) == regular
    assert printed("G", power, singular=True) == singular


@pytest.mark.parametrize(
    ("power", "expected"), [(1, r"W^{r}"), (0, r"{W^{r}}^{+} W^{r}"), (-1, r"{W^{r}}^{+}")], ids=str
)
def test_a_second_superscript_is_in_braces(power, expected):
    assert printed("W^{r}", power, singular=True, has_index=False) == expected
    assert printed("W^{r}", -2, has_index=False) == r"{W^{r}}^{-2}"
