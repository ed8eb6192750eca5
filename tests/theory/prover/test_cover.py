"""Cases must reach every n of every cell: the smallest certificates that one condition of the checker alone refuses."""

from fractions import Fraction

import pytest
import sympy as sp

import theory
from theory import Accumulate, check_bound
from theory.prover import search
from theory.prover.canonical import partial_sum, step, tail
from theory.prover.certificate import Case, Certificate, check
from theory.prover.domain import Domain, Variable
from theory.prover.lemmas import HarmonicLog, LogBound, TailBound, Telescoping
from theory.prover.powers import Inside, InsideRoot
from theory.prover.region import Between, From, Only, Region, RootFrom, Run
from theory.prover.unsound import Unsound
from theory.symbols import T, i, n
from theory.tasks.regression.symbols import DOMAIN, ONE_FIT as U, d

LAW, BOUND = n * U, n**2 * U
REGION = Region(DOMAIN.cells()[0], From(2))


def _checked(*cases: Case, domain: Domain = DOMAIN) -> None:
    """The bound holds everywhere, and in every step; so it is the cases that matter."""
    check(LAW, BOUND, Certificate(domain, U, cases))


def _shown(*runs: Run) -> list[Case]:
    return [Case("difference", 0, run) for run in runs]


def _steps(*runs: Run) -> list[Case]:
    return [Case("step", 0, run) for run in runs]


@pytest.mark.parametrize(
    "cases",
    [
        _shown(From(1)),
        _shown(Only(1), From(2)),
        _shown(Only(1), From(1, 2), From(2, 2)),  # strides, and one by one what is before the last of them begins
        _shown(Between(1, 5), From(4, 3), From(5, 3), From(3, 3)),
        _shown(Between(1, 5), Between(3, 8), Only(4), From(8)),  # stretches may overlap
        _shown(Only(1), Between(1, 11), From(11)),
        _shown(Only(1), RootFrom(2, 2, 2)),  # 2n >= 4
        _shown(Only(1)) + _steps(From(1)),
        _shown(Between(1, 3)) + _steps(From(2)),
        _shown(Only(1), Only(2)) + _steps(RootFrom(2, 1)),
        _shown(From(7), Between(1, 7)) + _steps(From(3, 2)),
    ],
    ids=lambda cases: ", ".join(f"{case.goal} {case.run}" for case in cases),
)
def test_cases_that_reach_every_n(cases: list[Case]) -> None:
    _checked(*cases)


@pytest.mark.parametrize(
    ("cases", "missed"),
    [
        # two strides of which one begins late: the odd n are shown, and n = 2 is not
        (_shown(Only(1), From(1, 2), From(4, 2)), "n = 2 is"),
        (_shown(Between(1, 4), From(4, 3), From(5, 3), From(9, 3)), "n = 4 is"),
        (_shown(From(1, 3), From(2, 3)), "no run"),
        (_shown(From(1, 2), From(2, 3)), "no run"),
        (_shown(From(1, 2), From(3, 2)), "no run"),
        (_shown(Only(1), Only(2), From(3, 2)), "no run"),
        (_shown(Only(1), RootFrom(2, 2)), "n = 2 is"),
        (_shown(Only(1), RootFrom(5, 1, 2)), "n = 2 is"),  # 2n >= 5
        (_shown(Only(2), From(3)), "n = 1 is"),
        (_shown(Only(1), Only(3), From(4)), "n = 2 is"),
        (_shown(Between(1, 3), From(4)), "n = 3 is"),
        (_shown(Between(1, 3), Between(4, 9), From(9)), "n = 3 is"),
        (_shown(Between(1, 9)), "no run"),
        # an induction that skips, that ends, or that begins where nothing is shown
        (_shown(Only(1)) + _steps(From(1, 2)), "no run"),
        (_shown(Only(1)) + _steps(From(1, 2), From(2, 2)), "no run"),
        (_shown(Only(1)) + _steps(Only(1)), "no run"),
        (_shown(Only(1)) + _steps(Between(1, 99)), "no run"),
        (_shown(Only(1)) + _steps(From(2)), "no run"),
        (_shown(Only(2)) + _steps(From(2)), "n = 1 is"),
        (_shown(Between(1, 3)) + _steps(From(3)), "no run"),
        (_steps(From(1)), "no run"),
        (_shown(Only(1)) + [Case("difference", 0, From(2, 2))], "no run"),
    ],
    ids=lambda x: x if isinstance(x, str) else ", ".join(f"{case.goal} {case.run}" for case in x),
)
def test_cases_that_miss_an_n(cases: list[Case], missed: str) -> None:
    with pytest.raises(Unsound, match=missed):
        _checked(*cases)


def test_the_first_n_is_the_domain_s() -> None:
    later = DOMAIN.narrowed("n >= 5")
    _checked(*_shown(From(5)), domain=later)
    for run, missed in ((From(6), "n = 5 is"), (From(6, 2), "no run")):
        with pytest.raises(Unsound, match=missed):
            _checked(*_shown(run), domain=later)


def test_the_last_n_is_the_domain_s() -> None:
    ended = DOMAIN.narrowed("n <= 4")
    for cases in (_shown(Between(1, 5)), _shown(Between(1, 4), Only(4)), _shown(Between(1, 3)) + _steps(From(2))):
        _checked(*cases, domain=ended)
    for cases, missed in (
        (_shown(Between(1, 4)), "n = 4 is"),
        (_shown(Only(1), Only(2), Only(3)), "n = 4 is"),
        (_shown(Between(1, 3), Only(4)), "n = 3 is"),
    ):
        with pytest.raises(Unsound, match=missed):
            _checked(*cases, domain=ended)


@pytest.mark.parametrize(
    ("case", "why"),
    [
        (Case("difference", 0, From(0)), "an n below 1"),
        (Case("difference", 0, Only(0)), "an n below 1"),
        (Case("difference", 0, RootFrom(1, 1, 1, 1)), "an n below 1"),
        (Case("difference", 0, Between(0, 9)), "an n below 1"),
        (Case("difference", 0, Between(9, 9)), "does not rise"),
        (Case("difference", 0, From(1, 0)), "does not rise"),
        (Case("difference", 0, From(9, -1)), "does not rise"),
        (Case("difference", 0, RootFrom(0, 1)), "does not rise"),
        (Case("difference", 0, RootFrom(2, 2, 0)), "does not rise"),
        (Case("difference", 0, Only(sp.Rational(3, 2))), "whole numbers"),  # pyright: ignore[reportArgumentType]
        (Case("difference", 1, From(1)), "no case of this domain"),
        (Case("limit", 0, From(1)), "no case of this domain"),
    ],
    ids=str,
)
def test_a_case_is_of_the_domain_and_of_n_from_1_on(case: Case, why: str) -> None:
    """Beside cases that are enough."""
    with pytest.raises(Unsound, match=why):
        _checked(*_shown(From(1)), case)


def test_both_sides_are_real_where_they_are_compared() -> None:
    """What is shown is the difference, in which poles may cancel."""
    pole = partial_sum(i / (i - 1000) - sp.Integer(1000) / (i - 1000))
    everywhere = tuple(_shown(From(1)))
    check(n * U, n * U, Certificate(DOMAIN, U, everywhere))
    for law, bound in ((pole * U, n * U), (n * U, pole * U), (U * sp.log(sp.log(n)), U * sp.log(sp.log(n)))):
        with pytest.raises(Unsound, match="not shown to be real"):
            check(law, bound, Certificate(DOMAIN, U, everywhere))


@pytest.mark.parametrize("unit", [-U, U * (T - d - 2), U * (n - 1), U / (n - 5) ** 2, U * sp.exp(1 / (n - 5)), U * 0])
def test_the_unit_is_positive_and_real_everywhere(unit: sp.Expr) -> None:
    with pytest.raises(Unsound, match="not shown to be > 0"):
        check(n * U, n * U, Certificate(DOMAIN, unit, tuple(_shown(From(1)))))


def test_the_unit_is_positive_in_every_cell() -> None:
    h = sp.Symbol("h", positive=True)
    domain = Domain((Variable(T, (sp.S.One,)), Variable(h, (sp.S.One,), Fraction(2))))
    assert len(domain.cells()) == 2
    cases = tuple(Case("difference", cell, From(1)) for cell in range(2))
    check(n * h, n * h, Certificate(domain, h, cases))
    with pytest.raises(Unsound, match="not shown to be > 0"):  # 0 at the floor alone, which is a cell of its own
        check(n * h, n * h, Certificate(domain, h - 1, cases))


def test_the_next_n_takes_a_term_from_a_tail_and_adds_one_to_a_sum() -> None:
    assert sp.simplify(step(tail(i**-2)) + 1 / (n + 1) ** 2) == 0
    assert sp.simplify(step(partial_sum(1 / (i + T))) - 1 / (n + 1 + T)) == 0
    assert sp.simplify(step(n * tail(i**-2)) - tail(i**-2) + 1 / (n + 1)) == 0


#: 2/n^3 falls by more than 1/(n + 1)^2 at n = 2, and by less from n = 3 on, and n^2/100 rises by less at n = 2 alone.
TOO_SMALL, TOO_LARGE = 2 / n**3, n**2 / 100


@pytest.mark.parametrize("run", [Only(2), Between(2, 3)])
def test_what_is_said_of_all_later_terms_is_shown_for_all(run: Run) -> None:
    region = Region(DOMAIN.cells()[0], run)
    TailBound(i**-2, 1 / n, below=False).apply(tail(i**-2), region)
    Telescoping(i**-2, -1 / (n + 1)).apply(partial_sum(i**-2), region)
    # sum_{i > 2} i^-2 is 0.39, and not less than 1/4
    with pytest.raises(Unsound, match="to fall by at least each term"):
        TailBound(i**-2, TOO_SMALL, below=False).apply(tail(i**-2), region)
    with pytest.raises(Unsound, match="to be at least the step"):
        Telescoping(i**-2, TOO_LARGE).apply(partial_sum(i**-2), region)


def test_what_the_search_finds_is_checked(monkeypatch: pytest.MonkeyPatch) -> None:
    """Of a true bound too: a certificate without cases is no proof."""
    law = theory.linear.test_error(Accumulate(), design="fixed")
    assert check_bound(law, 2 * U).verdict == "proved"
    monkeypatch.setattr(search, "find", lambda *_, **__: Certificate(DOMAIN, U, ()))
    assert check_bound(law, 2 * U).verdict == "undecided"


def test_a_lemma_inside_another_is_known_too() -> None:
    class Bolder(HarmonicLog):
        """The same, by another class."""

    foreign = sp.Symbol("x", positive=True)
    root, above, below = sp.sqrt(sp.harmonic(n)), HarmonicLog(n, 0), HarmonicLog(n, 1)
    for lemma in (
        LogBound(foreign, sp.S.One, 1, False),
        Inside(sp.exp(sp.harmonic(n)), HarmonicLog(foreign, 1)),
        InsideRoot(root, HarmonicLog(foreign, 0), below),
        InsideRoot(root, above, HarmonicLog(foreign, 1)),
    ):
        with pytest.raises(Unsound, match="x is not of the domain"):
            _checked(Case("difference", 0, From(1), (lemma,)))
    for lemma in (
        Bolder(n, 1),
        Inside(sp.exp(sp.harmonic(n)), Bolder(n, 1)),
        InsideRoot(root, Bolder(n, 0), below),
        InsideRoot(root, above, Bolder(n, 1)),
    ):
        with pytest.raises(Unsound, match="Bolder is no lemma"):
            _checked(Case("difference", 0, From(1), (lemma,)))
