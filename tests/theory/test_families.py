"""Bounds over all values of a workflow's parameter: its range is declared, and symbols in its place take all of it."""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from fractions import Fraction
from typing import Any, ClassVar

import mpmath
import pytest
import sympy as sp

import theory
from tests.helpers import thinned
from theory import (
    FixedReal,
    FreshReal,
    Law,
    Proved,
    Range,
    Refuted,
    Replace,
    SlidingWindow,
    Undecided,
    Workflow,
    by_weight,
    check_bound,
    real,
    synthetic,
    tightest,
)
from theory.__main__ import main
from theory.prover.bounds import judge
from theory.prover.domain import Domain, Variable
from theory.prover.lemmas import PowerBound
from theory.prover.region import From, Region
from theory.prover.statement import Statement
from theory.prover.unsound import Unsound
from theory.symbols import n
from theory.sympy_types import rational

s = "sigma**2*d/(T-d-1)"
w = sp.Symbol("w", positive=True)
r = sp.Symbol("r", positive=True)
m = sp.Symbol("m", integer=True, positive=True)
#: SymPy's own reading, apart from the code under test.
read: Any = sp.sympify


@dataclass(frozen=True)
class Undeclared(Workflow):
    """As FixedReal, without a range."""

    weight: Any

    def training_set(self, iteration):
        return by_weight({real(1): self.weight, synthetic(iteration - 1): 1 - self.weight})


@dataclass(frozen=True)
class Half(Workflow):
    """As FixedReal with half the weight, in a range of its own."""

    ranges: ClassVar[Mapping[str, Range]] = {"twice": Range("is at most 2", most=Fraction(2))}
    twice: Any

    def training_set(self, iteration):
        return by_weight({real(1): self.twice / 2, synthetic(iteration - 1): 1 - self.twice / 2})


def _law(workflow: Workflow) -> Law:
    return theory.linear.test_error(workflow, design="fixed")


def _gain(workflow: Workflow, iteration: int) -> Fraction:
    return theory.gain(workflow, iteration)[-1]


PROVED = [
    # c_n <= 1/(w (2 - w)) <= 1/w
    (FixedReal(w), f"{s}/w", ()),
    (FixedReal(w), f"{s}/(w*(2-w))", ()),
    (FixedReal(w), f"4/3*{s}", "w >= 1/2"),
    (Half(r), f"2*{s}/r", ()),
    (FixedReal(w), f"n*{s}", ()),  # Bernoulli's inequality: 1 - b^n <= n (1 - b) for b = (1 - w)^2
    (FixedReal(w), f"n**2*{s}", ()),
    (FreshReal(1, w), f"{s}/w", "w >= 1/3"),
    (FreshReal(1, w), f"{s}/w", ()),  # a power whose factor changes its sign at w = 1/3
    (FixedReal(w), f"0.75*{s}/w", ["w <= 1/2", "w >= 1/4"]),  # 1/(2 - w) <= 2/3
]
LOWER = [
    (FixedReal(w), s, ()),  # c_n rises from 1
    (FixedReal(w), f"{s}*(1+(1-w)**2)", "n >= 2"),
]
REFUTED = [
    (FixedReal(w), f"5*{s}", (), "w"),
    (FixedReal(w), f"10**6*{s}", (), "w"),
    (FixedReal(w), f"1.333*{s}", "w >= 1/2", "w"),
    (FixedReal(w), f"0.999*{s}/w", (), "w"),  # w = 1 or n = 1
    (FixedReal(w), f"0.9999*n*{s}", (), "w"),
    (FixedReal(w), f"(0.9999*n+0.0001)*{s}", (), "w"),  # for small w the law is close to n
    (FixedReal(w), f"0.6*{s}/w", ["w <= 1/2", "w >= 1/4"], "w"),  # 1/(2 - w) > 0.6 for w > 1/3
    (SlidingWindow(m), f"0.9*n*{s}", "m >= 2", "m"),
    (SlidingWindow(m), f"1.3*{s}", (), "m"),
    (SlidingWindow(m), f"(1+n/m)*{s}", (), "m"),
]


@pytest.mark.parametrize(("workflow", "bound", "domain"), thinned(PROVED, every=2), ids=str)
def test_true_bounds_are_proved(workflow: Workflow, bound: str, domain: Any) -> None:
    verdict = check_bound(_law(workflow), bound, domain=domain)
    assert isinstance(verdict, Proved)


@pytest.mark.parametrize(("workflow", "bound", "domain"), LOWER, ids=str)
def test_true_lower_bounds_are_proved(workflow: Workflow, bound: str, domain: Any) -> None:
    assert isinstance(check_bound(_law(workflow), bound, domain=domain, lower=True), Proved)


def test_even_powers_alone_have_no_sign() -> None:
    """(w - 1)^(2 n - 2) lies between 0 and 1 for 0 < w <= 1; an odd power does not, and no other range does."""
    full = Domain((Variable(w, (), Fraction(1)),))
    assert isinstance(judge(Statement((w - 1) ** (2 * n - 2), full), "1"), Proved)
    assert isinstance(judge(Statement((w - 1) ** (2 * n - 1), full), "0"), Proved | Undecided)
    assert isinstance(judge(Statement(-((w - 1) ** (2 * n - 1)), full), "0"), Refuted)
    assert isinstance(judge(Statement((w - 1) ** (2 * n - 2), Domain((Variable(w, (), Fraction(3)),))), "1"), Refuted)
    assert isinstance(judge(Statement((w - 3) ** (2 * n - 2), full), "1"), Refuted)
    # and the checker sees it, whoever made the certificate
    for base in (w - 1, 1 - w):
        odd = PowerBound(base ** (2 * n - 1), below=False)
        region = Region(full.cells()[0], From(1))
        if base == w - 1:
            with pytest.raises(Unsound, match=">= 0"):
                odd.apply(base ** (2 * n - 1), region)


@pytest.mark.parametrize(("workflow", "bound", "domain", "name"), REFUTED, ids=str)
def test_false_bounds_are_refuted_with_the_parameter(workflow: Workflow, bound: str, domain: Any, name: str) -> None:
    verdict = check_bound(_law(workflow), bound, domain=domain)
    assert isinstance(verdict, Refuted)
    point = verdict.counterexample
    value = Fraction(point[name])
    assert 0 < value
    assert value <= 1 or name == "m"
    relations = [domain] if isinstance(domain, str) else domain
    assert all(read(each, locals={name: rational(value)}) == sp.true for each in relations)
    iteration = int(point["n"])
    limit = read(bound.replace(s, "1"), locals={"n": sp.Integer(iteration), name: rational(value)})
    if isinstance(workflow, FixedReal):  # a geometric sum
        with mpmath.workdps(60):
            share = mpmath.mpf(value.numerator) / value.denominator
            assert (1 - (1 - share) ** (2 * iteration)) / (share * (2 - share)) > mpmath.mpf(str(sp.N(limit, 50)))
    else:  # by the gain at that number, which is propagated step by step
        assert _gain(workflow.at({m: int(value)}), iteration) > limit


def test_what_has_no_formula_is_left_open_with_the_reason() -> None:
    undecided = check_bound(_law(SlidingWindow(m)), f"n*{s}", domain="m >= 2")
    assert isinstance(undecided, Undecided)
    reason = "not tried, for no formula in n is known for the law of SlidingWindow(k=m)"
    assert undecided.tried[-1] == f"a proof for all n at once: {reason}"


def test_families_against_each_other() -> None:
    # the larger window has the smaller gain at n = 3: 1 + 1/4 + 1/9 for 3 pools, more for 2
    refuted = check_bound(_law(SlidingWindow(m)), _law(SlidingWindow(3)))
    assert isinstance(refuted, Refuted)
    assert refuted.counterexample["m"] < 3
    below_half = check_bound(_law(FixedReal(w)), _law(FixedReal("1/2")))
    assert isinstance(below_half, Refuted)
    assert below_half.counterexample["w"] < Fraction(1, 2)


def test_a_letter_of_two_families_has_the_smaller_range() -> None:
    # half the weight has the larger gain; at w = 2, which it alone may have, FixedReal has none
    small, large = _law(FixedReal(w)), _law(Half(w))
    assert isinstance(check_bound(small, large, domain="n <= 2"), Proved)
    assert isinstance(check_bound(large, small, domain="n <= 2", lower=True), Proved)


def test_fixed_real_is_below_replace() -> None:
    assert isinstance(check_bound(_law(FixedReal(w)), _law(Replace())), Proved)
    assert isinstance(check_bound(_law(FixedReal(w)), _law(Replace()), lower=True), Refuted)
    refuted = check_bound(_law(FreshReal(1, w)), f"0.9999*{s}/w")
    assert isinstance(refuted, Refuted)
    assert refuted.counterexample["w"] > Fraction(1, 2)


def test_limits_of_families() -> None:
    law = _law(FreshReal(r))
    with pytest.raises(ValueError, match="large-T"):
        check_bound(law, s)
    refuted = check_bound(law, f"0.75*{s}", asymptotic=True)
    assert isinstance(refuted, Refuted)
    assert refuted.counterexample.keys() == {"n", "r"}
    with pytest.raises(ValueError, match="times a function of n"):
        check_bound(law, "sigma*d/T/r", asymptotic=True)


def test_limits_of_numbers_and_of_what_drops_out() -> None:
    nine = theory.law(theory.LinearRegression(T=9, d=2, design="fixed"), Replace())
    with pytest.raises(ValueError, match="T = 9 has no limit T -> oo; leave T open"):
        check_bound(nine, "sigma**2*n", asymptotic=True)
    # (d n + d)/d is n + 1 at every d, though its parts are not at d = 0
    assert isinstance(check_bound(_law(Replace()), "sigma**2*d/T*(d*n+d)/d", asymptotic=True), Proved)


@pytest.mark.parametrize("workflow", [FixedReal(w), FreshReal(1, w), SlidingWindow(m), Half(r)], ids=str)
def test_a_least_constant_over_a_family_is_left_open(workflow: Workflow) -> None:
    found = tightest(_law(workflow))
    assert isinstance(found, Undecided)
    assert "formula" in found.tried[0] or "a parameter" in found.tried[0]


@pytest.mark.parametrize(
    ("workflow", "why"),
    [
        (FixedReal(sp.Symbol("v")), r"the parameter v is the share .*; use Symbol\('v', positive=True\)"),
        (
            SlidingWindow(sp.Symbol("j", positive=True)),
            r"counts pools .*; use Symbol\('j', integer=True, positive=True\)",
        ),
        (FixedReal(w / 2), r"weight = w/2\. Give weight a symbol by itself"),
        (Undeclared(w), r"ranges = \{'weight': Range"),
    ],
    ids=str,
)
def test_symbols_without_a_range_are_refused(workflow: Workflow, why: str) -> None:
    with pytest.raises(ValueError, match=why):
        check_bound(_law(workflow), s)


@pytest.mark.parametrize("relation", ["w >= 2", "w <= -1", "w < 1/2", "w >= n"])
def test_relations_that_leave_nothing_or_have_another_form_are_refused(relation: str) -> None:
    with pytest.raises(ValueError, match=r"^[^\n]*\.?$"):
        check_bound(_law(FixedReal(w)), s, domain=relation)


@pytest.mark.parametrize(
    ("make", "why"),
    [
        (lambda: FixedReal("3/2"), "FixedReal: weight is the share of the loss on real data, .* at most 1; got 3/2"),
        (lambda: FixedReal(0), "weight is the share"),
        (lambda: SlidingWindow("5/2"), "SlidingWindow: k counts pools and must be a whole number .*; got 5/2"),
        (lambda: FreshReal(0), "FreshReal: synthetic_ratio is the sampled rows over T, more than 0; got 0"),
        (lambda: FreshReal(1, 2), "FreshReal: weight is"),
    ],
)
def test_numbers_outside_a_range_are_refused(make: Any, why: str) -> None:
    with pytest.raises(ValueError, match=why):
        make()


def test_command_line(capsys: pytest.CaptureFixture[str]) -> None:
    line = ["check-bound", "fixed-real", "--weight", "w", "--design", "fixed", "--json"]
    assert main([*line, f"5*{s}", "--domain", "w <= 1/2"]) == 0
    refuted = json.loads(capsys.readouterr().out)
    assert (refuted["verdict"], refuted["parameters"]) == ("refuted", {"weight": "w"})
    assert 0 < refuted["counterexample"]["w"] <= 0.5
    assert main([*line, f"5*{s}", "--domain", "w < 1/2"]) == 2
    assert "w >= c, w <= c" in capsys.readouterr().err
