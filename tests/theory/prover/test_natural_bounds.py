"""Three hundred natural bounds on the laws of named workflows: none is judged wrongly, few are left open."""

from functools import cache

import pytest

import theory
from tests.theory.prover.further_bounds import FURTHER
from tests.theory.prover.natural_bounds import NATURAL
from theory import (
    Accumulate,
    AccumulateSubsample,
    FixedReal,
    FreshReal,
    Law,
    Replace,
    ReplaceGrowing,
    SlidingWindow,
    check_bound,
)
from theory.workflow import Workflow

ONE_FIT, LIMIT = "(sigma**2*d/(T-d-1))", "(sigma**2*d/T)"
LAWS: dict[str, tuple[Workflow, str]] = {
    "replace": (Replace(), "fixed"),
    "replace fresh": (Replace(), "fresh"),
    "accumulate": (Accumulate(), "fixed"),
    "accumulate fresh": (Accumulate(), "fresh"),
    "growing": (ReplaceGrowing(), "fixed"),
    "growing fresh": (ReplaceGrowing(), "fresh"),
    "window": (SlidingWindow(2), "fixed"),
    "window 3": (SlidingWindow(3), "fixed"),
    "third": (FixedReal("1/3"), "fixed"),
    "fresh real 3": (FreshReal(3), "fixed"),
    "subsample": (AccumulateSubsample(), "fresh"),
    "anchored": (FixedReal("1/2"), "fixed"),
    "quarter": (FixedReal("1/4"), "fixed"),
    "fresh real": (FreshReal(), "fixed"),
    "fresh real fresh": (FreshReal(), "fresh"),
}
#: True, and not decided so far: a logarithm to the fourth order.
OPEN = {("growing", "(log(n+1/2)+gamma+1/(24*(n+1/2)**2))*U")}
FIRST, FURTHER_ON = (
    [(name, bound) for name, bounds in some.items() for bound in bounds] for some in (NATURAL, FURTHER)
)
TRUTH = {
    (name, bound): true
    for some in (NATURAL, FURTHER)
    for name, bounds in some.items()
    for bound, true in bounds.items()
}
BOUNDS = [*TRUTH]
#: One in fifteen, and one in seven of the further ones, in every run of the tests.
FEW = [each for each in (*FIRST[::15], *FURTHER_ON[::7]) if each not in OPEN]


@cache
def _law(name: str) -> Law:
    workflow, design = LAWS[name]
    return theory.linear.test_error(workflow, design=design)


def _verdict(name: str, bound: str) -> str:
    text = bound.replace("U", ONE_FIT).replace("V", LIMIT)
    return check_bound(_law(name), text, asymptotic=name == "subsample").verdict


@pytest.mark.parametrize(("name", "bound"), FEW)
def test_natural_bounds_are_decided(name: str, bound: str) -> None:
    assert _verdict(name, bound) == ("proved" if TRUTH[name, bound] else "refuted")


@pytest.mark.slow
@pytest.mark.parametrize(("name", "bound"), [each for each in BOUNDS if each not in FEW])
def test_more_natural_bounds_are_decided(name: str, bound: str) -> None:
    expected = {"proved" if TRUTH[name, bound] else "refuted"}
    assert _verdict(name, bound) in expected | ({"undecided"} if (name, bound) in OPEN else set())


def test_at_most_one_in_twenty_is_left_open() -> None:
    assert len(BOUNDS) == len(FIRST) + len(FURTHER_ON) > 300
    assert set(BOUNDS) >= OPEN
    assert len(OPEN) <= len(BOUNDS) / 20
