"""Two hundred more natural bounds: none is judged wrongly, few are left open; and their truth, evaluated here."""

import re
from collections.abc import Callable
from fractions import Fraction
from functools import cache
from typing import Any

import mpmath
import pytest

import theory
from tests.theory.prover import known_laws
from tests.theory.prover.bound_trees import Unknown
from tests.theory.prover.known_laws import ENDLESS, KNOWN, Squares
from tests.theory.prover.wider_bounds import WIDER
from theory import (
    Accumulate,
    AccumulateSubsample,
    FixedReal,
    FreshReal,
    Law,
    Replace,
    ReplaceGrowing,
    SlidingWindow,
    Workflow,
    check_bound,
)

#: The workflow, the design, and whether the law is judged in the limit.
LAWS: dict[str, tuple[Workflow, str, bool]] = {
    "replace": (Replace(), "fixed", False),
    "replace fresh": (Replace(), "fresh", False),
    "accumulate": (Accumulate(), "fixed", False),
    "accumulate fresh": (Accumulate(), "fresh", False),
    "growing": (ReplaceGrowing(), "fixed", False),
    "growing fresh": (ReplaceGrowing(), "fresh", False),
    "window": (SlidingWindow(2), "fixed", False),
    "window 5": (SlidingWindow(5), "fixed", False),
    "tenth": (FixedReal("1/10"), "fixed", False),
    "anchored": (FixedReal("1/2"), "fixed", False),
    "fresh real": (FreshReal(), "fixed", False),
    "weighted": (FreshReal(1, "1/4"), "fixed", False),
    "squares": (Squares(), "fixed", False),
    "subsample": (AccumulateSubsample(), "fresh", True),
    "window fresh": (SlidingWindow(2), "fresh", True),
    "third fresh": (FixedReal("1/3"), "fresh", True),
}
#: True, and not decided so far: roots of sums with logarithms.
OPEN = {("replace", "n*sqrt(log(n)+1)*U"), ("growing", "(1+sqrt(log(n)))^2*U")}
BOUNDS = [(name, bound) for name, bounds in WIDER.items() for bound in bounds]
#: In every run of the tests.
FEW = [
    ("replace", ">= n*V"),
    ("tenth", "5.2*U"),
    ("window fresh", ">= (4*n+4)/9*V"),
]


@cache
def _law(name: str) -> Law:
    workflow, design, _ = LAWS[name]
    return theory.linear.test_error(workflow, design=design)


def _verdict(name: str, bound: str) -> str:
    text = bound.removeprefix(">= ").replace("U", "(sigma^2*d/(T-d-1))").replace("V", "(sigma^2*d/T)")
    return check_bound(_law(name), text, lower=bound.startswith(">= "), asymptotic=LAWS[name][2]).verdict


@pytest.mark.parametrize(("name", "bound"), FEW)
def test_wider_bounds_are_decided(name: str, bound: str) -> None:
    assert _verdict(name, bound) == ("proved" if WIDER[name][bound] else "refuted")


@pytest.mark.slow
@pytest.mark.parametrize(("name", "bound"), [each for each in BOUNDS if each not in FEW])
def test_more_wider_bounds_are_decided(name: str, bound: str) -> None:
    decided = "proved" if WIDER[name][bound] else "refuted"
    assert _verdict(name, bound) in {decided} | ({"undecided"} if (name, bound) in OPEN else set())


def test_at_most_one_in_twenty_is_left_open() -> None:
    assert len(BOUNDS) >= 200
    assert set(BOUNDS) >= OPEN
    assert len(OPEN) <= len(BOUNDS) / 20


def _gain(name: str) -> Callable[[int, int, int], Any]:
    """The law in units of sigma^2 d, by a formula of `known_laws`."""
    workflow, design, asymptotic = LAWS[name]
    others: dict[str, Callable[[int], Any]] = {
        "window 5": known_laws._window(5),
        "window fresh": known_laws._window(2),
        "tenth": known_laws._anchored(Fraction(1, 10)),
        "third fresh": known_laws._anchored(Fraction(1, 3)),
    }
    if name in others:
        return lambda T, d, n: others[name](n) / (T - d - 1)
    return next(
        known.per_noise
        for known in KNOWN
        if known.law.workflow == workflow and f"design={design}" in str(known.law.task)
    )


def _evaluated(bound: str, at: dict[str, Any]) -> Any:
    """The bound's value, by Python's own operations."""
    text = re.sub(r"(?<![\w.])(\d+(?:\.\d+)?)", r"mpf('\1')", bound.removeprefix(">= ").replace("^", "**"))
    names = {
        **{name: getattr(mpmath, name) for name in ("mpf", "log", "sqrt", "exp", "pi", "e", "zeta")},
        "gamma": mpmath.euler,
        "harmonic": lambda x, p=1: mpmath.harmonic(x) if p == 1 else mpmath.zeta(p) - mpmath.zeta(p, x + 1),
        **{name: mpmath.mpf(value) for name, value in at.items()},
    }
    names["V"] = names["sigma"] ** 2 * names["d"] / names["T"]
    names["U"] = names["sigma"] ** 2 * names["d"] / (names["T"] - names["d"] - 1)
    return eval(text, {"__builtins__": {}}, names)  # the texts are those of `wider_bounds`


def _points(asymptotic: bool) -> list[dict[str, int]]:
    iterations = [*range(1, 13), 15, 20, 30, 40, 60, 99, 300, 1000, 9999, 10**9, 10**30]
    sizes = [(d + more, d) for d in (1, 2, 100) for more in (2, 3, d + 1, 10 * d + 2, 10**9)]
    if asymptotic:
        sizes = [(ENDLESS, 1)]
    return [{"T": T, "d": d, "n": n, "sigma": 1} for T, d in sizes for n in iterations if T >= d + 2]


@pytest.mark.slow
@pytest.mark.parametrize("name", WIDER)
def test_the_truth_is_that_of_an_evaluator_of_its_own(name: str) -> None:
    per_noise = cache(_gain(name))  # for all bounds
    with mpmath.workdps(60):
        for bound, true in WIDER[name].items():
            sign, least = -1 if bound.startswith(">= ") else 1, mpmath.mpf(10) ** -40
            excesses = []
            for at in _points(LAWS[name][2]):
                try:
                    law = at["d"] * per_noise(at["T"], at["d"], at["n"])
                except Unknown:
                    continue
                excesses.append(sign * (law - _evaluated(bound, at)) / law)
            assert (max(excesses) < least) is true, bound
