from fractions import Fraction

import pytest
import sympy as sp
from hypothesis import assume, given, settings, strategies as st

from theory.asymptotics import Growth, growth
from theory.summation import closed_sum, is_sum
from theory.symbols import T, i, n
from theory.sympy_types import as_expression, at, substituted
from theory.tasks.regression.symbols import d


@pytest.mark.slow
@settings(max_examples=8)
@given(
    st.lists(st.integers(-3, 3), min_size=1, max_size=2),
    st.lists(st.tuples(st.fractions(Fraction(-1, 2), 3, max_denominator=3), st.integers(1, 3)), min_size=1, max_size=2),
)
def test_closed_sum_equals_the_sum(numerator, poles):
    term = as_expression(sp.Add(*[c * i**power for power, c in enumerate(numerator)]))
    assume(term != 0)
    for shift, order in poles:
        term /= (i + sp.Rational(shift)) ** order
    closed = closed_sum(term)
    assert closed is not None
    for upto in (1, 2, 7):
        direct = sp.Add(*[at(term, i, k) for k in range(1, upto + 1)])
        assert abs(sp.N(closed.subs(n, upto) - direct, 30)) < 1e-25


def test_symbolic_pole():
    term = 1 / (i * (i * T - d - 1))
    closed = closed_sum(term)
    assert closed is not None
    here = {T: 20, d: 8}
    direct = sp.Add(*[at(substituted(term, here), i, k) for k in range(1, 11)])
    assert abs(sp.N(at(substituted(closed, here), n, 10) - direct, 30)) < 1e-25


@pytest.mark.parametrize("term", [2 ** (1 - i), 3 * sp.Rational(4, 9) ** (i - 2) + 1 / i, sp.Rational(-1, 2) ** i])
def test_geometric_sums(term):
    closed = closed_sum(term)
    assert closed is not None
    for upto in (1, 2, 9):
        assert sp.expand(at(closed, n, upto).doit() - sp.Add(*[at(term, i, k) for k in range(1, upto + 1)])) == 0


@pytest.mark.parametrize("term", [1 / (i**2 + 1), 2**i, 1 / sp.sqrt(i), sp.sin(i)])
def test_no_closed_form_is_made_up(term):
    assert closed_sum(term) is None


@pytest.mark.parametrize("wrong", [sp.harmonic(n), sp.harmonic(n, 2) + 1, sp.zeta(2), sp.harmonic(n + 1, 2)])
def test_a_wrong_candidate_is_refused(wrong):
    assert is_sum(sp.harmonic(n, 2), 1 / i**2)
    assert not is_sum(wrong, 1 / i**2)


@pytest.mark.parametrize(
    ("closed", "kind", "constant"),
    [
        (sp.harmonic(n, 2), "bounded", sp.pi**2 / 6),
        (3 * sp.harmonic(n) + 1, "logarithmic", 3),
        (sp.polygamma(0, n + d) / 2, "logarithmic", sp.Rational(1, 2)),
        (sp.harmonic(n) - sp.polygamma(0, n + 1), "bounded", sp.EulerGamma),
        (5 * n + sp.harmonic(n), "linear", 5),
        (7 + sp.polygamma(1, n), "bounded", 7),
        (sp.harmonic(n, sp.Rational(3, 2)), "bounded", sp.zeta(sp.Rational(3, 2))),
        (sp.harmonic(n, 1 + d), "bounded", sp.zeta(1 + d)),
        (2 * sp.harmonic(n + 3), "logarithmic", 2),
        (5 - sp.zeta(2, n + sp.Rational(1, 2)), "bounded", 5),  # zeta(s, x) vanishes for x -> oo where s > 1
        (3 - 2 ** (2 - n), "bounded", 3),
    ],
)
def test_growth(closed, kind, constant):
    found = growth(closed)
    assert found is not None
    assert (found.kind, sp.simplify(found.constant - constant)) == (kind, 0)
    assert found.limit == (constant if kind == "bounded" else sp.oo)


@pytest.mark.parametrize(
    "unknown",
    [
        n * sp.polygamma(1, n),
        sp.sin(n),
        sp.sqrt(n),
        sp.harmonic(2 * n),
        sp.harmonic(n) ** 2,
        sp.harmonic(n, sp.Rational(1, 2)),  # grows as the root of n
        sp.harmonic(n, d / 3),
        sp.zeta(n + 1),
        sp.zeta(d, n + 1),  # has a pole at d = 1
        3 + (-1) ** n,  # does not fade
        3 + n * sp.Rational(-1) ** n,
        3 + 2**n,
    ],
)
def test_growth_is_not_guessed(unknown):
    assert growth(unknown) is None


def test_a_growth_keeps_its_function_of_n() -> None:
    grows = Growth("power", sp.Rational(1, 2), n**3)
    assert grows.scaled(sp.Integer(3)) == Growth("power", sp.Rational(3, 2), n**3)
    assert str(grows.scaled(sp.Integer(3))) == "power, ~ (3/2) n**3"
