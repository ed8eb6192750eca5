"""Bounds where whole numbers have an end: T <= 100, d <= 10, n <= 50; and just beyond, where they are false."""

import random
import shutil
import subprocess
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import pytest
import sympy as sp

import theory
from theory import (
    Accumulate,
    Proved,
    Refuted,
    Replace,
    ReplaceGrowing,
    SlidingWindow,
    Workflow,
    check_bound,
    gain,
    tightest,
)
from theory.prover.certificate import Certificate, check
from theory.prover.domain import Domain
from theory.prover.parts import Parts
from theory.prover.points import points
from theory.prover.region import Only
from theory.prover.unsound import Unsound
from theory.symbols import T, n
from theory.tasks.regression.symbols import DOMAIN, d, sigma

s = "sigma^2*d/(T-d-1)"
GP = shutil.which("gp")
#: Workflow, design, bound, where it is true, and a little farther, where it is false, at the point given.
ENDS: list[tuple[Workflow, str, str, str, str, dict[str, int]]] = [
    (Replace(), "fixed", f"10*{s}", "n <= 10", "n <= 11", {"n": 11}),
    (Replace(), "fixed", f"50*{s}", "n <= 50", "n <= 51", {"n": 51}),
    (Replace(), "fixed", f"1000*{s}", "n <= 1000", "n < 1002", {"n": 1001}),
    (Replace(), "fixed", f"(n^2/10+2)*{s}", "n <= 2", "n <= 3", {"n": 3}),
    (Replace(), "fixed", "10*n*sigma^2/(T-d-1)", "d <= 10", "d <= 11", {"d": 11}),
    (Replace(), "fixed", "98*n*sigma^2", "T <= 100", "T <= 101", {"T": 101, "d": 99}),
    (Replace(), "fixed", "2*n*sigma^2", "T <= 4", "T <= 5", {"T": 5, "d": 3}),
    (Replace(), "fresh", "20*n*sigma^2*d/T", "T <= 20", "T <= 22", {"T": 22, "d": 20}),
    (Accumulate(), "fixed", f"1.4*{s}", "n <= 3", "n <= 4", {"n": 4}),
    (ReplaceGrowing(), "fixed", f"3*{s}", "1 <= n <= 10", "n <= 11", {"n": 11}),
    (ReplaceGrowing(), "fixed", f"(1+0.85*log(n))*{s}", "n <= 9", "n <= 20", {}),
    (SlidingWindow(3), "fixed", f"1.5*{s}", "n <= 3", "n <= 9", {}),
]


def _law(workflow: Workflow, design: str = "fixed") -> theory.Law:
    return theory.linear.test_error(workflow, design=design)


@pytest.mark.parametrize(("workflow", "design", "bound", "true", "false", "at"), ENDS, ids=str)
def test_true_up_to_the_end_and_false_beyond(
    workflow: Workflow, design: str, bound: str, true: str, false: str, at: dict[str, int]
) -> None:
    law = _law(workflow, design)
    everywhere, there, beyond = (check_bound(law, bound, domain=where) for where in ((), true, false))
    assert isinstance(there, Proved)
    assert isinstance(everywhere, Refuted)
    assert isinstance(beyond, Refuted)
    assert beyond.counterexample.items() >= at.items()
    for name, value in beyond.counterexample.items():
        symbol = next(x for x in DOMAIN.letters if x.name == name)
        ends = {**DOMAIN.narrowed(false).ceilings, n: DOMAIN.narrowed(false).most_n}
        assert ends.get(symbol) is None or value <= ends[symbol]


@pytest.mark.parametrize(("bound", "where"), [("sigma^2*d*n/98", "T <= 100"), ("n*sigma^2*d/(T-d-1)/7+6/7", "n <= 7")])
def test_lower_bounds(bound: str, where: str) -> None:
    law = _law(Replace()) if "98" in bound else _law(Replace(), "fresh")
    verdict = check_bound(law, bound, lower=True, domain=where)
    assert verdict.verdict == ("proved" if "98" in bound else "refuted")
    if "98" in bound:
        assert check_bound(law, bound, lower=True, domain="T <= 101").counterexample == {"T": 101, "d": 1, "n": 1}


@pytest.mark.parametrize(
    ("bound", "where", "verdict"),
    [
        ("2*n*sigma^2", ["T >= 2*d", "T <= 100"], "proved"),  # d/(d - 1) at T = 2d, and 1 at d = 1
        ("1.99*n*sigma^2", ["T >= 2*d", "T <= 100"], "refuted"),
        ("n*sigma^2*d", ["T >= 9 - 2*d", "T <= 6"], "proved"),
        ("sigma^2*d/(T-d-1)*pi^2/6*(n+5)/6", ["d <= 10", "T <= 20", "2 <= n <= 10"], "refuted"),
        ("sigma^2*d/(T-d-1)*(n+2)", ["d <= 10", "T <= 20", "2 <= n <= 10", "sigma <= 2"], "proved"),
        ("4*sigma*n*d/(T-d-1)/2", ["sigma <= 2", "T <= 20"], "proved"),
        ("3.99*sigma*n*d/(T-d-1)/2", ["sigma <= 2", "T <= 20"], "refuted"),
    ],
)
def test_ends_together(bound: str, where: list[str], verdict: str) -> None:
    assert check_bound(_law(Replace()), bound, domain=where).verdict == verdict


def test_poles_beyond_the_end_are_no_poles_of_the_domain() -> None:
    bound = f"{s}*(n+5+Sum(1/(i-1000)^2,(i,1,n)))"
    assert check_bound(_law(Replace()), bound, domain="n <= 20").verdict in ("proved", "undecided")
    for each in (bound, bound.replace("n+5", "n/2")):  # of which one is false at the first n already
        with pytest.raises(ValueError, match="not real at T = 3, d = 1, n = 1000"):
            check_bound(_law(Replace()), each, domain="n <= 1000")
    refuted = check_bound(_law(Replace()), bound.replace("n+5", "n/2"), domain="n <= 999")
    assert refuted.counterexample == {"T": 3, "d": 1, "n": 1}


def test_certificates_are_of_their_own_ends_alone() -> None:
    law, narrow = _law(Replace()), DOMAIN.narrowed(["n <= 10", "T <= 30"])
    verdict = check_bound(law, f"10*{s}", domain=["n <= 10", "T <= 30"])
    assert isinstance(verdict, Proved)
    found, (small, large) = verdict.certificate, verdict.parts[0].sides
    assert isinstance(found, Certificate)
    check(small, large, found)
    for other in (replace(narrow, most_n=11), replace(narrow, most_n=None)):
        with pytest.raises(Unsound, match=r"n = 11 is in no case|no run reaches all large n"):
            check(small, large, replace(found, domain=other))
    last = [case for case in found.cases if case.run != Only(10)]
    assert len(last) < len(found.cases)
    with pytest.raises(Unsound, match="n = 10 is in no case"):
        check(small, large, replace(found, cases=tuple(last)))
    with pytest.raises(Unsound, match="is in no case|no case of this domain"):  # of all T, with other cells
        check(small, large, replace(found, domain=DOMAIN.narrowed(["n <= 10", "d <= 28"])))


def test_points_of_the_second_opinion_are_inside_and_reach_the_ends() -> None:
    domain = DOMAIN.narrowed(["T <= 40", "3 <= n <= 12", "T >= 2*d", "sigma <= 3"])
    found = points(domain)
    for point in found:
        assert 3 <= point[n] <= 12
        assert 1 <= point[d] <= 20
        assert max(point[d] + 2, 2 * point[d]) <= point[T] <= 40
        assert 0 < point[sigma] <= 3
    assert {3, 4, 5, 12} <= {int(point[n].p) for point in found}
    assert {(40, 20), (40, 1), (3, 1)} <= {(int(point[T].p), int(point[d].p)) for point in found}


@pytest.mark.skipif(GP is None, reason="PARI/GP is not installed (Debian: pari-gp)")
@pytest.mark.parametrize("where", ["T <= 9", "d <= 5", "n <= 10", ["T >= 2*d", "T <= 100", "2 <= n <= 10"], "T <= 3"])
def test_gp_verifies_proofs_up_to_an_end(where: Any, tmp_path: Path) -> None:
    law = _law(Replace())
    verdict = check_bound(law, f"(n+0.1)*{s}", domain=where)
    assert isinstance(verdict, Proved)
    script = verdict.gp_script()
    assert _gp(script, tmp_path) == "verified"
    # An end that is one farther, in the line that says so, is not reached.
    changed = 0
    for line in script.splitlines():
        if line.startswith(("covers([", "cells_cover(NAMES")):
            for wrong in _changed(line):
                assert _gp(script.replace(line, wrong), tmp_path).startswith("failed"), wrong
                changed += 1
    assert changed


def _changed(line: str) -> list[str]:
    """The line of a script with its end one farther."""
    if line.startswith("covers(["):
        start, last = line.removesuffix(");").rsplit(", ", 1)
        return [] if last == "oo" else [f"{start}, {int(last) + 1});"]
    ends = line.removeprefix("cells_cover(NAMES, FLOORS, [").partition("]")[0].split(", ")
    return [line.replace(end, f"({int(end[1:-1]) + 1})", 1) for end in ends if end != "oo"]


def _gp(script: str, folder: Path) -> str:
    path = folder / "proof.gp"
    path.write_text(script, encoding="utf-8")
    assert GP is not None
    run = subprocess.run([GP, "-q", "-f", path], stdin=subprocess.DEVNULL, capture_output=True, text=True)
    return run.stdout.strip()


def test_least_constants() -> None:
    for last in (10, 100):
        assert tightest(_law(Replace()), domain=f"n <= {last}").constant == last
    found = tightest(_law(Accumulate()), domain="n <= 3")
    assert (found.constant, found.attained) == (sp.Rational(49, 36), True)
    # The limit T -> oo, where the constant is pi^2/6, is outside.
    fresh = tightest(_law(Accumulate(), "fresh"), domain="T <= 100")
    assert fresh.verdict == "undecided"
    assert "depends on T, which has an end" in fresh.tried[0]
    assert tightest(_law(Replace()), "n*sigma^2*d/(T-d-1)", domain=["n <= 9", "T <= 100"]).constant == 1


def test_a_limit_has_no_end() -> None:
    law = _law(Accumulate())
    with pytest.raises(ValueError, match="no limit T -> oo with T <= 100; leave T without an end"):
        check_bound(law, "2*sigma^2*d/T", asymptotic=True, domain="T <= 100")
    verdict = check_bound(law, "1.4*sigma^2*d/T", asymptotic=True, domain="n <= 3")
    assert verdict.verdict == "proved"
    assert check_bound(law, "1.4*sigma^2*d/T", asymptotic=True, domain="n <= 4").counterexample == {"n": 4}


@dataclass(frozen=True)
class Odd(Workflow):
    """Replaces at odd iterations, and accumulates at even ones: no formula in n is known."""

    def training_set(self, iteration: Any) -> theory.TrainingSet:
        """As the class says."""
        odd = iteration % 2
        return theory.by_count(theory.synthetic(iteration - 1) if odd else theory.pools(1, iteration))


def test_workflows_without_a_formula_are_judged_up_to_the_last_n() -> None:
    law = _law(Odd())
    largest = max(gain(Odd(), 6))
    bound = f"{largest.numerator}/{largest.denominator}*{s}"
    verdict = check_bound(law, bound, domain="n <= 6")
    assert isinstance(verdict, Proved)
    assert isinstance(verdict.certificate, Parts)
    assert verdict.parts[0].where.startswith("1 <= n")
    assert "n <= 6" in verdict.parts[-1].where
    assert check_bound(law, f"{float(largest) - 0.01:.3f}*{s}", domain="n <= 6").verdict == "refuted"


def test_verdicts_at_random_ends_are_those_of_all_points() -> None:
    """Every n and d up to the end is looked at; the gain is n, and the bound is a line or a square in n and d."""
    chance, proved = random.Random(5), 0
    for _ in range(12):
        last, features = chance.randint(1, 9), chance.randint(1, 6)
        slope, start = sp.Rational(chance.randint(0, 8), 4), sp.Rational(chance.randint(0, 24), 4)
        bound = (slope * n + start - n / sp.Integer(7) * d) * sigma**2 * d / (T - d - 1)
        true = all(
            slope * k + start - sp.Rational(k * f, 7) >= k for k in range(1, last + 1) for f in range(1, features + 1)
        )
        verdict = check_bound(_law(Replace()), bound, domain=[f"n <= {last}", f"d <= {features}"])
        assert verdict.verdict == ("proved" if true else "refuted")
        proved += true
    assert 2 <= proved <= 10


def test_a_domain_that_ends_is_said() -> None:
    domain = Domain(DOMAIN.narrowed(["T <= 100"]).variables, 2, 10)
    assert str(domain) == "T >= d + 2, d >= 1, T <= 100, d <= 98, n >= 2, n <= 10"
