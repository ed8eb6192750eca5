"""Domains: their cells reach every point, relations narrow them, and numbers can be put in for some variables."""

import random
from fractions import Fraction
from itertools import product

import pytest
import sympy as sp

from tests.helpers import thinned
from theory.prover.domain import Domain, Variable
from theory.symbols import T, i, k, n
from theory.sympy_types import substituted
from theory.tasks.regression.symbols import DOMAIN, d, sigma

h = sp.Symbol("h", positive=True)
r = sp.Symbol("r", integer=True, positive=True)
ONE, TWO = sp.Integer(1), sp.Integer(2)
SAMPLES = Domain((Variable(T, (ONE,)),))
DENSITY = Domain((Variable(d, (ONE,)), Variable(T, (TWO,)), Variable(h)))
FLOORED = Domain((Variable(T, (ONE,)), Variable(h, (TWO,))))
COUNTS = Domain((Variable(r, (ONE,)),))
CAPPED = Domain((Variable(T, (ONE,)), Variable(h, (), Fraction(3, 4))))


@pytest.mark.parametrize(
    ("domain", "text", "letters"),
    [
        (DOMAIN, "T >= d + 2, d >= 1, n >= 1", "T d sigma n"),
        (SAMPLES, "T >= 1, n >= 1", "T n"),
        (DENSITY, "T >= 2, d >= 1, n >= 1", "T d h n"),
        (FLOORED, "T >= 1, n >= 1, h >= 2", "T h n"),
        (Domain((), 3), "n >= 3", "n"),
        (CAPPED, "T >= 1, n >= 1, h <= 3/4", "T h n"),
    ],
)
def test_in_words(domain: Domain, text: str, letters: str) -> None:
    assert str(domain) == text
    assert [letter.name for letter in domain.letters] == letters.split()
    assert len(domain.relations()) == len(domain.letters) + len(domain.ceilings)  # one floor each


@pytest.mark.parametrize(
    ("domain", "cells"),
    [
        (DOMAIN, [{d: "v + 1", T: "u + v + 3"}]),
        (SAMPLES, [{T: "u + 1"}]),
        (DENSITY, [{d: "v + 1", T: "u + 2"}]),
        (FLOORED, [{T: "u + 1", h: "v + 2"}]),
        (Domain((Variable(h), Variable(T, (2 * h + 1,)))), [{T: "2*h + u + 1"}]),
        (Domain(()), [{}]),
        (CAPPED, [{T: "u + 1", h: "3/(4*(v + 1))"}]),
        (CAPPED.narrowed("h >= 1/4"), [{T: "u + 1", h: "(v/4 + 3/4)/(v + 1)"}, {T: "u + 1", h: "1/4"}]),
    ],
)
def test_cells(domain: Domain, cells: list[dict[sp.Symbol, str]]) -> None:
    assert [{symbol: str(value) for symbol, value in cell.items()} for cell in domain.cells()] == cells


def test_two_variables_split_a_third_at_all_their_crossings() -> None:
    # T changes its floor at d = 8 and r at d = 5
    domain = Domain((Variable(d, (ONE,)), Variable(T, (d + 2, sp.Integer(10))), Variable(r, (2 * d, d + 5))))
    assert len(domain.cells()) == 3
    for features in (1, 4, 5, 6, 8, 9, 50):
        point = {T: max(features + 2, 10), r: max(2 * features, features + 5)}
        assert {x: domain.least(x, {d: Fraction(features)}) for x in point} == point
        found = []
        for cell in domain.cells():
            (v,) = sp.solve(cell[d] - features, domain.slacks[d]) or [None]
            if v is not None and v >= 0:
                corner = {domain.slacks[d]: v, domain.slacks[T]: 0, domain.slacks[r]: 0}
                found.append({x: substituted(cell[x], corner) for x in point})
        assert point in found


@pytest.mark.parametrize(
    "variables",
    [
        (Variable(d, (ONE,)), Variable(k, (ONE,)), Variable(T, (d, k))),
        (Variable(h), Variable(T, (h, ONE))),
        (Variable(d, (ONE,)), Variable(T, (d**2,))),
        (Variable(T, (d + 2,)), Variable(d, (ONE,))),
        (Variable(d, (ONE,)), Variable(T, (d + sp.pi,))),
    ],
)
def test_floors_that_cannot_be_proved_over_are_refused(variables: tuple[Variable, ...]) -> None:
    with pytest.raises(ValueError, match=r"^(several floors|a floor) of T [^\n]*\.$"):
        Domain(variables).cells()


@pytest.mark.parametrize(
    ("variable", "why"),
    [
        (Variable(T), "needs a floor"),
        (Variable(sp.Symbol("x", real=True)), "not known to be positive"),
        (Variable(T, (sp.Integer(0),)), "so is its floor"),
    ],
)
def test_variables_that_are_not_positive_are_refused(variable: Variable, why: str) -> None:
    with pytest.raises(ValueError, match=why):
        Domain((variable,))


@pytest.mark.parametrize(
    ("domain", "relations", "text"),
    [
        (DOMAIN, ["T >= 100", "3*d/2 <= T", "d > 2", n >= 3], "T >= d + 2, T >= 100, T >= 3*d/2, d >= 3, n >= 3"),
        (DOMAIN, [T > d, n >= 1, "sigma > 0"], "T >= d + 2, T >= d + 1, d >= 1, n >= 1"),
        (DOMAIN, ["T ≥ 2d + 5", "3 ≤ d"], "T >= d + 2, T >= 2*d + 5, d >= 3, n >= 1"),
        (DOMAIN, "sigma >= 3/2", "T >= d + 2, d >= 1, n >= 1, sigma >= 3/2"),
        (SAMPLES, ["T >= 7/2", "T >= 2"], "T >= 4, n >= 1"),
        (DENSITY, ["T >= d", h >= 2, "2*h >= 1"], "T >= 2, T >= d, d >= 1, n >= 1, h >= 2"),
        (COUNTS, "r > 4", "r >= 5, n >= 1"),
        (SAMPLES, [n < 10, T < 60, sp.Lt(4, T)], "T >= 5, T <= 59, n >= 1, n <= 9"),
        # what says nothing of numbers that are positive
        (DENSITY, ["h >= 0", "T >= -3", "n >= 0"], "T >= 2, d >= 1, n >= 1"),
        (DENSITY, ["h >= -1", "h >= 1/2", "n > 0"], "T >= 2, d >= 1, n >= 1, h >= 1/2"),
        (SAMPLES, "2*n >= 5", "T >= 1, n >= 3"),
        (SAMPLES, "T/2 >= 3", "T >= 6, n >= 1"),
        (SAMPLES, "2*n > 6", "T >= 1, n >= 4"),
        (DENSITY, ["h <= 2", "3*h <= 4", h <= 7], "T >= 2, d >= 1, n >= 1, h <= 4/3"),
        (DENSITY, "n <= 2", "T >= 2, d >= 1, n >= 1, n <= 2"),
        (SAMPLES, ["n >= 3", "n <= 3"], "T >= 1, n >= 3, n <= 3"),
        (DOMAIN, "T <= 100", "T >= d + 2, d >= 1, T <= 100, d <= 98, n >= 1"),
        (DOMAIN, "T <= 201/2", "T >= d + 2, d >= 1, T <= 100, d <= 98, n >= 1"),
        (DOMAIN, ["T <= 100", "T >= 2*d + 5", "T < 60"], "T >= d + 2, T >= 2*d + 5, d >= 1, T <= 59, d <= 27, n >= 1"),
        (DOMAIN, ["T >= 9 - 2*d", "T <= 6"], "T >= d + 2, T >= 9 - 2*d, d >= 2, T <= 6, d <= 4, n >= 1"),
        (DOMAIN, "d < 11", "T >= d + 2, d >= 1, d <= 10, n >= 1"),
        (DOMAIN, ["2 <= n <= 10", "n < 10", n <= 50], "T >= d + 2, d >= 1, n >= 2, n <= 9"),
        (DOMAIN, "10 ≥ d > 2", "T >= d + 2, d >= 3, d <= 10, n >= 1"),
        (CAPPED, ["h >= 1/2", "h <= 5/8"], "T >= 1, n >= 1, h >= 1/2, h <= 5/8"),
    ],
)
def test_relations_narrow(domain: Domain, relations: list[str | sp.Basic] | str, text: str) -> None:
    assert str(domain.narrowed(relations)) == text


@pytest.mark.parametrize("sign", [">", ">="])
@pytest.mark.parametrize("slope", ["0", "1/2", "2/3", "3/2", "2"])
@pytest.mark.parametrize("constant", ["-1/3", "5/2", "3", "7/3", "25/4"])
def test_a_relation_leaves_the_integers_that_obey_it(sign: str, slope: str, constant: str) -> None:
    """Each by itself: the least T at every d; and n, from below and from above."""

    def obeys(value: int, line: Fraction) -> bool:
        return value > line if sign == ">" else value >= line

    line = Fraction(constant)
    narrowed = DOMAIN.narrowed(f"T {sign} {slope}*d + {constant}")
    for features in range(1, 14):
        at = Fraction(slope) * features + line
        expected = next(T for T in range(features + 2, 99) if obeys(T, at))
        assert narrowed.least(T, {d: Fraction(features)}) == expected
    assert DOMAIN.narrowed(f"n {sign} {constant}").least_n == next(n for n in range(1, 99) if obeys(n, line))
    if line > 1:
        less = DOMAIN.narrowed([f"n {sign.replace('>', '<')} {constant}", f"T {sign.replace('>', '<')} {constant} + 5"])
        assert less.most_n == next(n for n in range(99, 0, -1) if obeys(-n, -line))
        assert less.ceilings[T] == next(T for T in range(99, 0, -1) if obeys(-T, -line - 5))


@pytest.mark.parametrize(
    ("domain", "relation", "forms"),
    [
        (DOMAIN, "T <= d", r"T >= a\*d \+ b, d >= c, T <= c, d <= c, sigma >= c, sigma <= c, n >= m or n <= m"),
        (DOMAIN, "T <= n", "T <= c"),
        (DOMAIN, "n <= d", "n <= m"),
        (DOMAIN, "T <= 7.5 <= d + 100*n", "T <= c"),
        (DOMAIN, "T >= sqrt(2)*d", "sigma >= c"),
        (DOMAIN, T - sp.sqrt(2) * d >= 0, "sigma >= c"),
        (DOMAIN, "sigma < 2", "sigma <= c"),
        (DOMAIN, "sigma <= d", "sigma <= c"),
        (DOMAIN, "sigma <= pi", "sigma <= c"),
        (DOMAIN, "T >= sigma", "sigma >= c"),
        (DOMAIN, "sigma >= d", "sigma >= c"),
        (DOMAIN, "T >= pi", "sigma >= c"),
        (SAMPLES, "T >= n", "T >= c, T <= c, n >= m or n <= m"),
        (DENSITY, "h > 2", "h >= c"),
        (DENSITY, "h < 2 <= n", "h >= c"),
        (COUNTS, "r = 2", "r >= c, r <= c, n >= m or n <= m"),
    ],
)
def test_other_relations_are_refused_with_the_forms_of_the_domain(domain: Domain, relation: str, forms: str) -> None:
    with pytest.raises(ValueError, match=f"narrowed by relations of the forms .*{forms}"):
        domain.narrowed(relation)


def test_unknown_symbols_are_refused_with_the_domain_s_own() -> None:
    with pytest.raises(ValueError, match="unknown symbol d; use T, h, n, numbers"):
        FLOORED.narrowed("d >= 2")
    with pytest.raises(ValueError, match="d is no variable of this domain; its variables are T, h"):
        FLOORED.at({d: ONE})


@pytest.mark.parametrize(
    ("domain", "numbers", "text"),
    [
        (DOMAIN, {d: sp.Integer(5)}, "T >= 7, n >= 1"),
        (DOMAIN, {d: sp.Integer(5), T: sp.Integer(7), sigma: sp.Rational(1, 3)}, "n >= 1"),
        (DOMAIN.narrowed(["T >= 9", "T >= 7*d/2"]), {d: sp.Integer(3)}, "T >= 11, n >= 1"),
        (DENSITY, {T: sp.Integer(2), h: sp.Rational(1, 2)}, "d >= 1, n >= 1"),
        (SAMPLES, {}, "T >= 1, n >= 1"),
        (CAPPED, {h: sp.Rational(3, 4)}, "T >= 1, n >= 1"),  # at an end, as at a floor
        (DOMAIN.narrowed("T <= 9"), {T: sp.Integer(9), d: sp.Integer(7)}, "n >= 1"),
        (FLOORED, {T: ONE, h: TWO}, "n >= 1"),
        (Domain((Variable(d, (ONE,)), Variable(T, (9 - d,)))), {d: sp.Integer(20)}, "T >= 1, n >= 1"),
    ],
)
def test_numbers_are_put_in(domain: Domain, numbers: dict[sp.Symbol, sp.Rational], text: str) -> None:
    fixed = domain.at(numbers)
    assert str(fixed) == text
    assert set(fixed.symbols) == set(domain.symbols) - set(numbers)


@pytest.mark.parametrize(
    ("domain", "numbers", "why"),
    [
        (DOMAIN, {T: sp.Integer(20)}, "T = 20 bounds d from above; give d as well"),
        (DOMAIN, {T: sp.Integer(6), d: sp.Integer(5)}, "T = 6 is outside the domain; give T >= 7"),
        (DOMAIN, {d: sp.Integer(0)}, "give d >= 1"),
        (DOMAIN, {d: sp.Rational(3, 2)}, "not a whole number"),
        (DOMAIN, {sigma: sp.Integer(0)}, "give sigma > 0"),
        (FLOORED, {h: sp.Integer(1)}, "give h >= 2"),
        (CAPPED, {h: sp.Integer(1)}, "give h <= 3/4"),
        (CAPPED, {h: sp.Rational(751, 1000)}, "h = 751/1000 is outside the domain; give h <= 3/4"),
        (DOMAIN.narrowed("T <= 9"), {T: sp.Integer(10), d: sp.Integer(7)}, "T = 10 is outside the domain; give T <= 9"),
        (DOMAIN, {n: sp.Integer(1)}, "n is no variable"),
    ],
)
def test_numbers_outside_are_refused(domain: Domain, numbers: dict[sp.Symbol, sp.Rational], why: str) -> None:
    with pytest.raises(ValueError, match=why):
        domain.at(numbers)


@pytest.mark.parametrize(
    ("variable", "why"),
    [
        (Variable(T, (ONE,), Fraction(19, 2)), "the ceiling of the integer T is a whole number; got 19/2"),
        (Variable(T, (TWO,), Fraction(1)), "no T is left with T >= 2 and T <= 1"),
        (Variable(h, (TWO,), Fraction(2)), "no h is left with h >= 2 and h <= 2"),
        (Variable(h, (), Fraction(0)), "no h is left with h > 0 and h <= 0"),
    ],
)
def test_ceilings_that_leave_nothing_are_refused(variable: Variable, why: str) -> None:
    """Of the first variable and of one behind another that has no ceiling."""
    for before in ((), (Variable(d, (ONE,)),)):
        with pytest.raises(ValueError, match=why):
            Domain((*before, variable))
    with pytest.raises(ValueError, match="at some T a floor of another variable is above its ceiling; give T an end"):
        Domain((Variable(T, (ONE,)), Variable(h, (T + 1,), Fraction(9))))
    with pytest.raises(ValueError, match="at some d a floor of another variable is above its ceiling"):
        Domain((Variable(d, (ONE,), Fraction(9)), Variable(T, (d + 2,), Fraction(10))))
    for relation, said in (("T <= 2", "no d is left"), ("n <= 0", "no n is left"), ("5 <= n <= 4", "no n is left")):
        with pytest.raises(ValueError, match=said):
            DOMAIN.narrowed(relation)


@pytest.mark.parametrize("domain", [CAPPED, CAPPED.narrowed("h >= 1/4")], ids=str)
def test_the_cells_below_a_ceiling_reach_every_point_and_no_other(domain: Domain) -> None:
    least, v = domain.least(h, {}), domain.slacks[h]
    for value in (Fraction(3, 4), Fraction(1, 2), Fraction(26, 100), Fraction(1, 4), Fraction(1, 1000)):
        found = [sp.solve(cell[h] - sp.Rational(value), v, dict=True) for cell in domain.cells()]
        there = any(all(slack >= 0 for slack in solution.values()) for each in found for solution in each)
        there |= any(cell[h] == value for cell in domain.cells())
        assert there == (value >= least)
    assert domain.sample()[h] == (least + domain.ceilings[h]) / 2  # far from both ends
    for step in (Fraction(0), Fraction(1, 3), Fraction(10**9)):
        assert least < domain.beyond(h, step, {}) <= domain.ceilings[h]


ENDED = [
    DOMAIN.narrowed("T <= 9"),
    DOMAIN.narrowed(["T <= 9", "T >= 2*d"]),
    DOMAIN.narrowed(["T <= 9", "T >= 7"]),
    DOMAIN.narrowed("d <= 3"),
    DOMAIN.narrowed(["d <= 5", "T >= 2*d", "T >= 3*d - 4"]),
    DOMAIN.narrowed("T <= 3"),
    DOMAIN.narrowed(["T >= 9 - 2*d", "T <= 6"]),
    Domain((Variable(d, (TWO,), Fraction(4)), Variable(T, (d,), Fraction(6)), Variable(r, (2 * T - 2,), Fraction(10)))),
    DOMAIN.narrowed(["T >= 7 - d/2", "T <= 6"]),
]


@pytest.mark.parametrize("domain", thinned(ENDED, every=7), ids=str)
def test_the_cells_of_whole_numbers_with_ends_reach_every_point_and_no_other(domain: Domain) -> None:
    whole = [symbol for symbol in domain.symbols if symbol.is_integer]
    floors = {v.symbol: v.floors for v in domain.variables}
    inside = 0
    everything = list(product(range(1, 13), repeat=len(whole)))
    for values in everything if len(whole) == 2 else random.Random(1).sample(everything, 200):
        at = dict(zip(whole, map(sp.Integer, values), strict=True))
        belongs = all(at[x] >= substituted(floor, at) for x in whole for floor in floors[x])
        belongs &= all(at[x] <= end for x, end in domain.ceilings.items())
        assert belongs == any(_holds(cell, at, domain) for cell in domain.cells())
        inside += belongs
    assert inside >= 1


def _holds(cell: dict[sp.Symbol, sp.Expr], at: dict[sp.Symbol, sp.Integer], domain: Domain) -> bool:
    slacks: dict[sp.Symbol, sp.Expr] = {}
    for symbol, value in at.items():
        equation, v = sp.together(substituted(cell[symbol], slacks) - value), domain.slacks[symbol]
        if v not in equation.free_symbols:
            if equation != 0:
                return False
            slacks[v] = sp.S.Zero
            continue
        form = sp.Poly(sp.fraction(equation)[0], v)
        if form.degree() < 1 or -form.nth(0) / form.nth(1) < 0:
            return False
        slacks[v] = -form.nth(0) / form.nth(1)
    return True


def test_nonnegativity_is_shown_only_where_true() -> None:
    assert DOMAIN.shows_nonnegative((i - 1) * (d + 1))
    assert DOMAIN.shows_nonnegative(T - d - 2)
    assert not DOMAIN.shows_nonnegative(T - d - 3)
    assert not DOMAIN.shows_nonnegative(n - 2)
    assert not DOMAIN.shows_nonnegative(sp.sqrt(T))
    assert not DOMAIN.shows_nonnegative(sp.Symbol("x") ** 2)
    assert DENSITY.shows_nonnegative(T * h - h)
    assert not DENSITY.shows_nonnegative(h - 1)
    assert not CAPPED.shows_nonnegative(1 - 2 * h)
    assert FLOORED.shows_nonnegative(h - 2)
    assert not FLOORED.shows_nonnegative(h - 3)
