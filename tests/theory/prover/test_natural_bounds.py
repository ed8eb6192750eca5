"""Two hundred natural bounds on the exact laws of named workflows: none is judged wrongly, few are left open."""

import pytest

import theory
from tests.theory.prover.natural_bounds import NATURAL
from theory import Accumulate, FixedReal, FreshReal, Replace, ReplaceGrowing, SlidingWindow, check_bound
from theory.workflow import Workflow

ONE_FIT = "(sigma**2*d/(T-d-1))"
LAWS: dict[str, tuple[Workflow, str]] = {
    "replace": (Replace(), "fixed"),
    "replace fresh": (Replace(), "fresh"),
    "accumulate": (Accumulate(), "fixed"),
    "accumulate fresh": (Accumulate(), "fresh"),
    "growing": (ReplaceGrowing(), "fixed"),
    "growing fresh": (ReplaceGrowing(), "fresh"),
    "window": (SlidingWindow(2), "fixed"),
    "anchored": (FixedReal("1/2"), "fixed"),
    "quarter": (FixedReal("1/4"), "fixed"),
    "fresh real": (FreshReal(), "fixed"),
    "fresh real fresh": (FreshReal(), "fresh"),
}
#: True, and not decided so far: a logarithm to the fourth order.
OPEN = {("growing", "(log(n+1/2)+gamma+1/(24*(n+1/2)**2))*U")}
BOUNDS = [(name, bound) for name, bounds in NATURAL.items() for bound in bounds]
#: One in eight of all, in every run of the tests.
FEW = [each for each in BOUNDS[::8] if each not in OPEN]


def _verdict(name: str, bound: str) -> str:
    workflow, design = LAWS[name]
    law = theory.linear.test_error(workflow, design=design)
    return check_bound(law, bound.replace("U", ONE_FIT)).verdict


@pytest.mark.parametrize(("name", "bound"), FEW)
def test_natural_bounds_are_decided(name: str, bound: str) -> None:
    assert _verdict(name, bound) == ("proved" if NATURAL[name][bound] else "refuted")


@pytest.mark.slow
@pytest.mark.parametrize(("name", "bound"), [each for each in BOUNDS if each not in FEW])
def test_more_natural_bounds_are_decided(name: str, bound: str) -> None:
    expected = {"proved" if NATURAL[name][bound] else "refuted"}
    assert _verdict(name, bound) in expected | ({"undecided"} if (name, bound) in OPEN else set())


def test_at_most_one_in_twenty_is_left_open() -> None:
    assert len(BOUNDS) > 200
    assert set(BOUNDS) >= OPEN
    assert len(OPEN) <= len(BOUNDS) / 20
