"""What the search finds on small goals: runs, stretches, inductions, squares and splits, each where it is needed."""

import pytest
import sympy as sp

import theory
from theory import Accumulate, ReplaceGrowing, SlidingWindow
from theory.prover import search
from theory.prover.canonical import partial_sum
from theory.prover.certificate import Certificate, check
from theory.prover.domain import Domain
from theory.prover.region import Between, From, Only, RootFrom, Run
from theory.prover.search import QUICK, Known, _line, find
from theory.prover.splits import Split
from theory.symbols import T, i, n
from theory.tasks.regression.symbols import DOMAIN, ONE_FIT, d, sigma

v = DOMAIN.slacks[d]
LINEAR = n * ONE_FIT
LOG = theory.linear.test_error(ReplaceGrowing(), design="fixed").expr
LIMITED = theory.linear.test_error(Accumulate(), design="fixed").expr
WINDOW = theory.linear.test_error(SlidingWindow(2), design="fixed").expr

FOUND: list[tuple[sp.Expr, sp.Expr, list[Run]]] = [
    (LINEAR, n, [From(1)]),
    (LINEAR, n**2, [From(1)]),
    (LINEAR, 2 ** (n - 1), [Only(1), From(2)]),  # 1 + (n - 1) log 2 + … is below n at first
    (LINEAR, n * sp.log(n) + 1, [Only(1), Only(2), Only(3), RootFrom(2, 2)]),
    (LINEAR, n**2 - 3 * n + 4, [From(1)]),  # (n - 2)^2
    (LINEAR, n**2 / 10**9 + sp.Rational(10**9, 4), [From(1)]),
    (LINEAR, n + n * (n - 9) * (n - 8), [*map(Only, range(1, 9)), From(9)]),
    (
        LINEAR,
        n + (n - 29) * (n - 30) * (n + 1),
        [Between(1, 21), *map(Only, range(21, 31)), Between(31, 41), From(41)],
    ),
    (WINDOW, 4 * n / 9 + 1, [Only(1), From(1, 2), From(2, 2)]),  # a power of -1/3: even and odd n
    (LIMITED, sp.sqrt(n), [Only(1), Only(2), Only(3), RootFrom(2, 2)]),
    (LOG, sp.sqrt(2 * n - 1), [Only(1), Only(2), RootFrom(2, 2, 2, -1)]),
]


def _found(law: sp.Expr, gain: sp.Expr, known: Known | None = None) -> Certificate:
    found = find(law, gain * ONE_FIT, ONE_FIT, DOMAIN, known=known)
    assert found is not None
    check(law, gain * ONE_FIT, found)
    return found


@pytest.mark.parametrize(("law", "gain", "runs"), FOUND, ids=str)
def test_runs(law: sp.Expr, gain: sp.Expr, runs: list[Run]) -> None:
    found = _found(law, gain)
    assert [case.run for case in found.cases] == runs
    assert {(case.goal, case.cell) for case in found.cases} == {("difference", 0)}
    assert not found.splits


@pytest.mark.parametrize(
    ("term", "gain"),
    [(2**i, n * 2**n), (i * 2**i, n**2 * 2**n), (sp.sqrt(i), n**2), (sp.log(i), n**2), (2**-i, n)],
    ids=str,
)
def test_an_induction(term: sp.Expr, gain: sp.Expr) -> None:
    """No lemma is about the whole sum; from n to n + 1 there is one term, and at n = 1 too."""
    found = _found(partial_sum(term) * ONE_FIT, gain)
    assert [(case.goal, case.run) for case in found.cases] == [("difference", Only(1)), ("step", From(1))]


def test_cells_are_split_where_it_is_needed() -> None:
    found = _found(LIMITED, sp.pi**2 / 6 * (sigma**4 + 1) / (2 * sigma**2))
    assert found.splits == (Split(0, sigma, sp.S.One),)
    assert sorted(case.cell for case in found.cases) == [0, 1]
    gain = n * (1 + (d - 3) * (d - 4))
    assert _found(LINEAR, gain).splits == (Split(0, v), Split(1, v), Split(2, v))
    assert find(LINEAR, gain * ONE_FIT, ONE_FIT, DOMAIN, QUICK) is None  # two splits are not enough


def test_the_first_n_is_the_domains() -> None:
    later = Domain(DOMAIN.variables, least_n=3)
    bound = (n + (n - 1) * (n - 2) - 1) * ONE_FIT
    assert find(LINEAR, bound, ONE_FIT, DOMAIN) is None  # at n = 1 and 2 it is below
    found = find(LINEAR, bound, ONE_FIT, later)
    assert found is not None
    assert [case.run for case in found.cases] == [From(3)]


@pytest.mark.parametrize(
    ("law", "gain"),
    [
        (LINEAR, n / 2),
        (LINEAR, n + (n - 7) ** 2 - 1),
        (LINEAR, n + T - d - 3),
        (LINEAR, n + (sigma - 1) ** 2 - sp.Rational(1, 100)),
        (sp.Sum(1 / (i + n), (i, 1, n)) * ONE_FIT, n),  # every term changes with n
    ],
    ids=str,
)
def test_nothing_is_found_for_what_is_false_or_unheard_of(law: sp.Expr, gain: sp.Expr) -> None:
    assert find(law, gain * ONE_FIT, ONE_FIT, DOMAIN) is None


def test_what_was_found_is_kept(monkeypatch: pytest.MonkeyPatch) -> None:
    """By goal, run and cell, also that nothing was found; and it is used again, with no further search."""
    known: Known = {}
    found = _found(LINEAR, 2 ** (n - 1), known)
    cell = tuple(DOMAIN.cells()[0].values())
    assert {key: kept.found(0) for key, kept in known.items()} == {
        ("difference", From(1), cell): None,
        ("difference", From(2), cell): (),
        ("difference", Only(1), cell): (),
    }
    monkeypatch.delattr(search, "_Lemmas")
    assert _found(LINEAR, 2 ** (n - 1), known) == found


@pytest.mark.parametrize(
    ("base", "line"),
    [
        (2 * n + 3, (3, 2)),
        (n - 4, (-4, 1)),
        (n / 2, None),
        (3 - n, None),
        (n**2, None),
        (sp.sqrt(n) + 1, None),
        (n + T, None),
        (T, None),
    ],
    ids=str,
)
def test_a_line_has_whole_numbers_and_rises(base: sp.Expr, line: tuple[int, int] | None) -> None:
    assert _line(base) == line
