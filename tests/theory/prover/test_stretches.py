"""Proofs by stretches of n, of laws that have no formula: the largest value of each stretch stands for all."""

from typing import Any

import pytest

import theory
from tests.theory.prover.known_laws import RealEveryThird
from theory import Proved, Refuted, Replace, Workflow, check_bound, gain
from theory.prover.certificate import check
from theory.symbols import n
from theory.sympy_types import at

U = "(sigma^2*d/(T-d-1))"
THIRD = theory.linear.test_error(RealEveryThird(), design="fixed")
LAST = 40


def _parts(bound: str, *, lower: bool = False, last: int = LAST) -> list[tuple[int, int]]:
    """The stretches of a proof, after each was checked, and the law looked at in each."""
    verdict = check_bound(THIRD, bound, lower=lower, domain=f"n <= {last}")
    assert isinstance(verdict, Proved), verdict
    stretches = []
    for part in verdict.parts:
        check(*part.sides, part.certificate)
        domain = part.certificate.domain
        assert domain.most_n is not None
        for one in range(domain.least_n, domain.most_n + 1):
            law = THIRD.unit * gain(RealEveryThird(), one)[-1]
            ratio = at(part.sides[1 if lower else 0], n, one) / law
            assert ratio <= 1 if lower else ratio >= 1
        stretches.append((domain.least_n, domain.most_n))
    assert [first for first, _ in stretches] == [1, *(end + 1 for _, end in stretches[:-1])]
    assert stretches[-1][1] == last
    return stretches


def test_one_value_stands_for_all_where_it_can() -> None:
    assert _parts(f"3*{U}") == [(1, LAST)]


@pytest.mark.slow
def test_the_smallest_value_stands_for_all_from_below() -> None:
    assert _parts(U, lower=True) == [(1, LAST)]


@pytest.mark.slow
def test_stretches_are_halved_where_it_cannot() -> None:
    stretches = _parts(f"(log(n)+2)*{U}", last=12)
    assert len(stretches) > 2
    assert len(_parts(f"(1-1/(n+2))*{U}", lower=True)) == 1


@pytest.mark.slow
@pytest.mark.parametrize(("bound", "lower"), [("2.999", False), ("1.001", True), ("n*0.999", False)])
def test_no_stretch_hides_what_is_false(bound: str, lower: bool) -> None:
    verdict = check_bound(THIRD, f"{bound}*{U}", lower=lower, domain=f"n <= {LAST}")
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
