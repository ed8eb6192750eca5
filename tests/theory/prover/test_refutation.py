"""The search for counterexamples: where its moves lead, and what it finds off the grid of points that it begins at."""

from fractions import Fraction
from typing import Any

import pytest
import sympy as sp

from theory.prover.bounds import judge
from theory.prover.domain import Domain, Variable
from theory.prover.refutation import Point, Search, Sides, _offsets
from theory.prover.statement import Statement
from theory.prover.verdicts import Refuted
from theory.symbols import T, n
from theory.sympy_types import substituted
from theory.tasks.regression.symbols import DOMAIN, d, sigma

h = sp.Symbol("h", positive=True)
r = sp.Symbol("r", integer=True, positive=True)
SHAPE, FROM_ONE = Domain((Variable(h),)), Domain((Variable(h, (sp.S.One,)),))


def _search(domain: Domain, matters: sp.Symbol = sigma) -> Search:
    return Search(Sides(lambda iteration, at: n, lambda iteration, at: n), domain, frozenset({matters}))


@pytest.mark.parametrize(
    ("offset", "moves"),
    [
        (0, [1]),
        (1, [0, 2, 3, 16]),
        (100, [6, 50, 75, 96, 99, 101, 103, 125, 201, 1600, 10_000]),
    ],
)
def test_a_coordinate_steps_and_leaps(offset: int, moves: list[int]) -> None:
    """By one, by a 32nd, by a quarter, to twice and half, sixteen times and a 16th, and the square."""
    assert list(_offsets(offset)) == moves


@pytest.mark.parametrize(
    ("whole", "moves"),
    [
        ((5, 8, 6), [(5, 17, 12), (5, 4, 3)]),  # T is 8 above its least value, which it also doubles from nought
        ((5, 0, 6), [(5, 1, 12), (5, 0, 3)]),
        ((5, 8, 1), [(5, 17, 2)]),  # half of d = 1 is no d
        ((5, 8, 2), [(5, 17, 4), (5, 4, 1)]),
    ],
)
def test_all_integers_move_together_inside_the_domain(whole: tuple[int, ...], moves: list[tuple[int, ...]]) -> None:
    real = (Fraction(3),)
    assert list(_search(DOMAIN)._together(Point(whole, real))) == [Point(each, real) for each in moves]


@pytest.mark.parametrize(
    ("value", "moves"),
    [
        (Fraction(3), [Fraction(6), Fraction(3, 2)]),
        (Fraction(0), [Fraction(1)]),
        (Fraction(2**299), [Fraction(2**300), Fraction(2**298)]),
        (Fraction(2**300), []),
        (Fraction(1, 2**300), []),
        (Fraction(1, 2**299), [Fraction(1, 2**298), Fraction(1, 2**300)]),
    ],
    ids=lambda x: str(x)[:9],
)
def test_a_real_number_doubles_and_halves(value: Fraction, moves: list[Fraction]) -> None:
    found = _search(FROM_ONE, h)._along_real(Point((1,), (value,)), 0)
    assert [point.real for point in found] == [(each,) for each in moves]


def _fails_at(condition: sp.Expr) -> Search:
    """A search for where law <= bound fails: where the condition, which is a whole number, is 0, or less."""
    return Search(Sides(lambda iteration, at: sp.S.One, lambda iteration, at: condition), DOMAIN, frozenset())


@pytest.mark.parametrize(
    ("ends", "end"),
    [
        (Variable(h, (), Fraction(3, 4)), "3/4"),
        (Variable(h, (sp.Rational(1, 3),), Fraction(3, 4)), "3/4"),
        (Variable(h, (sp.Rational(1, 3),)), "1/3"),
    ],
)
@pytest.mark.parametrize("look", [Search.small, Search.far])
def test_what_fails_at_the_end_of_a_real_number_alone_is_seen_there(ends: Variable, end: str, look: Any) -> None:
    bound = (h - sp.Rational(end)) ** 2 - sp.Rational(1, 10**40)
    sides = Sides(lambda iteration, at: sp.S.Zero, lambda iteration, at: bound)
    search = Search(sides, Domain((ends,)), frozenset({h}))
    found = look(search)
    assert found is not None
    assert search.at(found)[h] == Fraction(end)


@pytest.mark.parametrize("lowest", [510, 700, 1000, 1399])
@pytest.mark.parametrize(("axis", "x"), [(0, n - 1), (1, T - d - 2), (2, d - 1)], ids=str)
def test_a_convex_margin_is_least_where_it_is_narrowed_to(lowest: int, axis: int, x: sp.Expr) -> None:
    """Between half of 700 and its double, to two."""
    search = _fails_at((x - lowest) ** 2 + 1)
    least = search._least
    start = Point(tuple(low + 700 for low in least), (Fraction(3),))
    (found,) = search._narrowed(start, axis)
    assert abs(found.whole[axis] - least[axis] - lowest) <= 2
    assert [value for k, value in enumerate(found.whole) if k != axis] == [
        value for k, value in enumerate(start.whole) if k != axis
    ]


@pytest.mark.parametrize("iteration", [*range(1, 9), 10, 15, 20, 30, 50])
def test_what_fails_at_one_round_iteration_is_seen_at_once(iteration: int) -> None:
    found = _fails_at((n - iteration) ** 2).small()
    assert found is not None
    assert found.whole[0] == iteration


@pytest.mark.parametrize("features", [1, 2, 3, 10, 100])
@pytest.mark.parametrize("more", [2, 3, 4, 11, 101, 10_001])
def test_what_fails_at_round_samples_and_features_is_seen_at_once(features: int, more: int) -> None:
    search = _fails_at((d - features) ** 2 + (T - d - more) ** 2)
    found = search.small()
    assert found is not None
    assert (search.at(found)[d], search.at(found)[T]) == (features, features + more)


@pytest.mark.parametrize(
    "condition",
    [10**60 - n, 10**10 - n, 2**150 - n * (2 * d - 1) ** 9, 2**59 - T + d, 2**19 - d, 2**150 - n * T],
    ids=str,
)
def test_what_fails_far_out_is_seen_there(condition: sp.Expr) -> None:
    """In n, in T or in d, up to 2^200, 2^60 and 2^20; and then smaller, to twice of what is needed at most."""
    search = _fails_at(condition)
    found = search.far()
    assert found is not None
    at_found = search.at(found)
    assert substituted(condition, at_found) <= 0
    assert substituted(condition, {x: value // 2 for x, value in at_found.items()}) > 0


@pytest.mark.parametrize("first", [257, 1000, 70_001, 2**19 + 1])
@pytest.mark.parametrize("x", [n, T - d, d], ids=str)
def test_what_fails_far_out_is_refuted_where_it_begins(x: sp.Expr, first: int) -> None:
    search = _fails_at(first - x)
    found = search.far()
    assert found is not None
    assert substituted(x, search.at(found)) == first


def _dip(x: sp.Expr) -> sp.Expr:
    """Less than 1 for 9/10 < x < 11/10 alone; on the right of that it falls back to 1."""
    return 1 + ((x - 1) ** 2 - sp.Rational(1, 100)) / (1 + x**3)


@pytest.mark.parametrize(
    ("domain", "x"),
    [
        (SHAPE, h / 2**20),  # twice as far again and again, for from beyond it leads uphill
        (SHAPE, 1 / (2**20 * h)),
        (FROM_ONE, h / 2**20),
        (Domain((Variable(r, (sp.S.One,)),)), r / sp.Integer(70_001)),
    ],
    ids=str,
)
def test_what_fails_in_one_place_is_refuted_there(domain: Domain, x: sp.Expr) -> None:
    found = judge(Statement(sp.S.One, domain), Statement(_dip(x), domain), time_limit=None)
    assert isinstance(found, Refuted)
    (name,) = {str(letter) for letter in x.free_symbols}
    assert abs(x.subs(dict(zip(x.free_symbols, [sp.Rational(found.counterexample[name])], strict=True))) - 1) < 0.1
