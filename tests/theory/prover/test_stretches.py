"""Proofs by stretches of n, of laws that have no formula: the largest value of each stretch stands for all."""

from dataclasses import dataclass
from typing import Any

import pytest
import sympy as sp

import theory
from tests.theory.prover.known_laws import RealEveryThird
from theory import Proved, Refuted, Replace, Workflow, check_bound, gain
from theory.prover.certificate import check
from theory.prover.domain import Domain
from theory.prover.statement import Beyond, Statement
from theory.prover.stretches import in_parts
from theory.symbols import n
from theory.sympy_types import at

U = "(sigma^2*d/(T-d-1))"
LAST = 40

#: Where the number of ones in binary is even, and 1: without a period, and at most three in a row are not among them.
SOME = frozenset(i for i in range(1, 2 * LAST) if i == 1 or i.bit_count() % 2 == 0)


@dataclass(frozen=True)
class RealAtSome(Workflow):
    """Models of some iterations on new real data, the others on the pool before."""

    def training_set(self, iteration: Any) -> theory.TrainingSet:
        return theory.by_count(theory.real(iteration) if iteration in SOME else theory.synthetic(iteration - 1))


LAW = theory.linear.test_error(RealAtSome(), design="fixed")


def _parts(bound: str, *, lower: bool = False, last: int = LAST) -> list[tuple[int, int]]:
    """The stretches of a proof, after each was checked, and the law looked at in each."""
    verdict = check_bound(LAW, bound, lower=lower, domain=f"n <= {last}")
    assert isinstance(verdict, Proved), verdict
    stretches = []
    for part in verdict.parts:
        check(*part.sides, part.certificate)
        domain = part.certificate.domain
        assert domain.most_n is not None
        for one in range(domain.least_n, domain.most_n + 1):
            law = LAW.unit * gain(RealAtSome(), one)[-1]
            ratio = at(part.sides[1 if lower else 0], n, one) / law
            assert ratio <= 1 if lower else ratio >= 1
        stretches.append((domain.least_n, domain.most_n))
    assert [first for first, _ in stretches] == [1, *(end + 1 for _, end in stretches[:-1])]
    assert stretches[-1][1] == last
    return stretches


@pytest.mark.parametrize("good", [8, 16, 64])
def test_a_formula_that_is_too_far_at_first_is_asked_for_later(good: int) -> None:
    """1 at each n; from n = 8, 16, 32 or 64 on something at most 10 or 1, as the formula is good by then."""
    law = Statement(
        sp.S.One,
        Domain(()),
        at=lambda iteration, values: sp.S.One,
        beyond=lambda start, above: Beyond(start, sp.Integer(10 if start < good else 1)),
    )
    found = in_parts(law, Statement(sp.Integer(2), Domain(())), False)
    assert found is not None
    assert [part.where.partition(",")[0] for part in found.parts][-1] == f"n >= {good}"
    assert found.parts[0].certificate.domain.least_n == 1


@pytest.mark.parametrize("lower", [False, True])
@pytest.mark.parametrize(("ours", "theirs", "first"), [(0, 0, 3), (5, 0, 13), (0, 5, 13), (9, 4, 17)])
def test_a_formula_is_used_where_those_of_both_sides_hold(ours: int, theirs: int, first: int, lower: bool) -> None:
    """Of 1 at each n and of 2, each known to be that from so many n on after what is asked for; the least n is 3."""
    one, two = (
        Statement(
            sp.S.One,
            Domain((), least_n=3),
            at=lambda iteration, values, number=number: sp.Integer(number),
            beyond=lambda start, above, number=number, late=late: Beyond(
                start + late if late else 1, sp.Integer(number)
            ),
            name=name,
        )
        for name, number, late in (("one", 1, ours), ("two", 2, theirs))
    )
    found = in_parts(two, one, True) if lower else in_parts(one, two, False)
    assert found is not None
    words = "where one is at most 1 and two is at least 2"
    before = [] if first == 3 else [f"3 <= n <= {first - 1}, {words}"]
    assert [part.where for part in found.parts] == [*before, f"n >= {first}, {words}"]
    ends = [(part.certificate.domain.least_n, part.certificate.domain.most_n) for part in found.parts]
    assert ends == ([(3, None)] if first == 3 else [(3, first - 1), (first, None)])


def test_one_value_stands_for_all_where_it_can() -> None:
    assert _parts(f"3*{U}") == [(1, LAST)]


@pytest.mark.slow
def test_the_smallest_value_stands_for_all_from_below() -> None:
    assert _parts(U, lower=True) == [(1, LAST)]


@pytest.mark.slow
def test_stretches_are_halved_where_it_cannot() -> None:
    stretches = _parts(f"(log(n)+2)*{U}")
    assert len(stretches) > 2
    assert len(_parts(f"(1-1/(n+2))*{U}", lower=True)) == 1


@pytest.mark.slow
@pytest.mark.parametrize(("bound", "lower"), [("2.999", False), ("1.001", True), ("n*0.999", False)])
def test_no_stretch_hides_what_is_false(bound: str, lower: bool) -> None:
    verdict = check_bound(LAW, f"{bound}*{U}", lower=lower, domain=f"n <= {LAST}")
    assert isinstance(verdict, Refuted)


@pytest.mark.slow
@pytest.mark.parametrize(
    "bound", ["n", "8*harmonic(n)*(1+d/T)", "e*exp(harmonic(n))", "27*harmonic(n)+(6/5)^n", "5*(log(n)+5)", "4*n-1"]
)
def test_branching_laws_are_bounded_by_functions_of_n(bound: str) -> None:
    assert _parts(f"({bound})*{U}")


@pytest.mark.slow
@pytest.mark.parametrize(("above", "below"), [(Replace(), RealEveryThird()), (RealEveryThird(), theory.FreshReal())])
def test_branching_laws_are_compared_with_others(above: Workflow, below: Workflow) -> None:
    laws: list[Any] = [theory.linear.test_error(each, design="fixed") for each in (below, above)]
    assert check_bound(*laws, domain=f"n <= {LAST}").verdict == "proved"
    assert check_bound(*reversed(laws), domain=f"n <= {LAST}").verdict == "refuted"
