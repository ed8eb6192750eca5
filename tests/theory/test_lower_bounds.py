"""Lower bounds, and laws against laws; what is true follows from the comment beside it."""

import json
from dataclasses import replace
from fractions import Fraction

import mpmath
import pytest
import sympy as sp

import theory
from tests.helpers import thinned
from theory import (
    Accumulate,
    AccumulateSubsample,
    FixedReal,
    FreshReal,
    Law,
    LinearRegression,
    Proved,
    Refuted,
    Replace,
    ReplaceGrowing,
    SlidingWindow,
    Undecided,
    Workflow,
    check_bound,
)
from theory.__main__ import main
from theory.prover.certificate import Case, Certificate, check
from theory.prover.domain import Domain
from theory.prover.parsing import parse_bound
from theory.prover.region import From
from theory.prover.unsound import Unsound
from theory.symbols import T, i, n
from theory.sympy_types import sum_of
from theory.tasks.regression.symbols import DOMAIN, ONE_FIT, d

s = "sigma**2*d/(T-d-1)"


def _law(workflow: Workflow, design: str = "fixed") -> Law:
    return theory.linear.test_error(workflow, design=design)


TRUE = [
    (Accumulate(), s),  # the first term
    (Accumulate(), f"(pi**2/6-1/n)*{s}"),  # the tail is below 1/n
    (Accumulate(), f"(5/4-1/n)*{s}"),
    (Accumulate(), "-1"),
    (Accumulate(), f"(n-n**2)*{s}"),  # never positive
    (Accumulate(), "sigma**2*d/T"),
    (Replace(), f"n*{s}"),  # equal
    (Replace(), f"(2*n-n**2)*{s}"),  # (n - 1) n >= 0; zero at n = 2
    (Replace(), f"(1+log(n))*{s}"),
    (Replace(), "n*sigma**2*d/(T-1)"),
    (ReplaceGrowing(), f"log(n+1)*{s}"),
    (ReplaceGrowing(), f"(log(n)+gamma)*{s}"),
    (FixedReal("1/2"), s),  # c_n rises from 1 to 4/3
    (FixedReal("1/2"), f"(4/3-1/n)*{s}"),
    (SlidingWindow(2), f"4*n/9*{s}"),
]
FALSE = [
    (Accumulate(), f"(pi**2/6-1/(n+1))*{s}"),  # the tail is above 1/(n + 1)
    (Accumulate(), f"1.001*{s}"),
    (Accumulate(), f"(1.64-1/n)*{s}+sigma**2*d/(T-d-1)*n/10**6"),  # far out
    (Accumulate(), "sigma**2*d/(T-d-1)-1+n/10**9"),  # negative at first; sigma small
    (Replace(), f"(n-1/10**6+1/10**5/n)*{s}"),
    (Replace(), f"(n**2/10**5-100)*{s}"),  # negative up to n = 3162
    (ReplaceGrowing(), f"(log(n)+0.5773)*{s}"),  # gamma = 0.57721…
    (FixedReal("1/2"), f"1.3333*{s}*(1-1/n)+n*{s}/10**7"),
    (SlidingWindow(2), f"4.01*n/9*{s}"),
]


@pytest.mark.parametrize(("workflow", "bound"), thinned(TRUE, every=2), ids=str)
def test_true_lower_bounds_are_proved(workflow: Workflow, bound: str) -> None:
    law = _law(workflow)
    verdict = check_bound(law, bound, lower=True)
    assert isinstance(verdict, Proved)
    assert verdict.lower
    assert isinstance(verdict.certificate, Certificate)
    check(parse_bound(bound, DOMAIN.letters), law.expr, verdict.certificate)
    assert all("law - bound" in line and "bound - law" not in line for line in verdict.certificate.steps())


@pytest.mark.parametrize(("workflow", "bound"), FALSE, ids=str)
def test_false_lower_bounds_are_refuted_at_a_point(workflow: Workflow, bound: str) -> None:
    law = _law(workflow)
    verdict = check_bound(law, bound, lower=True)
    assert isinstance(verdict, Refuted)
    assert verdict.lower
    point = verdict.counterexample
    assert point["T"] >= point["d"] + 2
    known = law.expr if law.closed_form() is None else law.closed_form()
    with mpmath.workdps(400):  # by mpmath's own functions; (1/4)^n counts in the window's law
        left, right = (
            sp.lambdify([x.name for x in DOMAIN.letters], side.rewrite(sp.polygamma), "mpmath")(
                *(
                    mpmath.mpf(Fraction(point.get(x.name, 1)).numerator) / Fraction(point.get(x.name, 1)).denominator
                    for x in DOMAIN.letters
                )
            )
            for side in (known, parse_bound(bound, DOMAIN.letters))
        )
        assert left < right


def test_the_bound_of_a_lower_bound_has_to_be_real_too() -> None:
    with pytest.raises(ValueError, match="the bound is not real at .*n = 3 "):
        check_bound(_law(Accumulate()), f"-1/(n-3)**2*{s}", lower=True)
    with pytest.raises(ValueError, match="the bound is not real at .*d = 1"):
        check_bound(_law(Accumulate()), "-sqrt(d-2)", lower=True)


def test_a_certificate_says_that_both_sides_are_real() -> None:
    """What stands on the left may have a pole as well as what stands on the right."""
    pole, everywhere = 1 / (n - 1234) ** 2, (Case("difference", 0, From(1)),)
    check(-sp.Integer(1), n, Certificate(Domain(()), sp.S.One, everywhere))
    for smaller, larger in ((-pole, n), (-n, pole)):
        with pytest.raises(Unsound):
            check(smaller, larger, Certificate(Domain(()), sp.S.One, everywhere))


def test_poles_that_cancel_on_the_left_are_seen() -> None:
    # n, but for the term i = 1234, which has no value: nothing but the check of definedness sees it
    total = sum_of(i / (i - 1234) - sp.Integer(1234) / (i - 1234), i, 1, n)
    for smaller, larger in ((total, n), (n, total)):
        with pytest.raises(Unsound, match="not shown to be real"):
            check(smaller, larger, Certificate(Domain(()), sp.S.One, (Case("difference", 0, From(1)),)))


LAWS = [
    # smaller, larger, design
    (Accumulate(), ReplaceGrowing(), "fixed"),  # 1/i^2 <= 1/i
    (Accumulate(), ReplaceGrowing(), "fresh"),
    (Accumulate(), Replace(), "fixed"),
    (ReplaceGrowing(), Replace(), "fixed"),
    (Accumulate(), Accumulate(), "fixed"),
    (FixedReal("1/2"), Replace(), "fixed"),
    (FixedReal("1/2"), FixedReal("1/4"), "fixed"),  # 4/3 and 16/7 in the end
]


@pytest.mark.parametrize(("smaller", "larger", "design"), thinned(LAWS, every=2), ids=str)
def test_laws_against_laws(smaller: Workflow, larger: Workflow, design: str) -> None:
    left, right = _law(smaller, design), _law(larger, design)
    assert isinstance(check_bound(left, right), Proved)
    assert isinstance(check_bound(right, left, lower=True), Proved)
    if smaller == larger:
        return
    for refuted in (check_bound(right, left), check_bound(left, right, lower=True)):
        assert isinstance(refuted, Refuted)
        T, d, n = (int(refuted.counterexample[name]) for name in ("T", "d", "n"))
        assert right.evaluate(T=T, d=d, n=n) > left.evaluate(T=T, d=d, n=n)


def test_laws_are_compared_where_both_hold() -> None:
    """8 n/(T - d - 1) is at most n from T = d + 9 on, which it needs; at T = d + 2 it would be eight times as large."""
    usual = _law(Replace())
    derived = replace(usual.derived, expr=8 * n * ONE_FIT / (T - d - 1), own_gain=False, needs=(sp.Ge(T, d + 9),))
    later = replace(usual, derived=derived)
    assert isinstance(check_bound(later, usual), Proved)
    assert isinstance(check_bound(usual, later, lower=True), Proved)
    refuted = check_bound(usual, later)
    assert isinstance(refuted, Refuted)
    assert refuted.counterexample["T"] > refuted.counterexample["d"] + 9


def test_designs_are_compared() -> None:
    fixed, fresh = _law(Accumulate()), _law(Accumulate(), "fresh")
    assert isinstance(check_bound(fresh, fixed), Proved)  # iT - d - 1 >= i (T - d - 1)
    assert isinstance(check_bound(fixed, fresh), Refuted)


def test_a_law_without_a_formula_is_compared_at_points() -> None:
    window = _law(SlidingWindow(3))
    refuted = check_bound(window, _law(Accumulate()))
    assert isinstance(refuted, Refuted)
    assert theory.gain(SlidingWindow(3), 4)[-1] > theory.gain(Accumulate(), 4)[-1]
    assert refuted.counterexample["n"] == 4
    assert isinstance(check_bound(_law(Accumulate()), window), Proved)  # in parts: beyond some n by the window's slope
    undecided = check_bound(_law(Accumulate()), _law(SlidingWindow(9)))
    assert isinstance(undecided, Undecided)
    assert "no formula in n is known for the law of SlidingWindow(k=9)" in undecided.tried[-1]


def test_laws_of_different_things_are_refused() -> None:
    with pytest.raises(ValueError, match="of one quantity, with the same numbers"):
        check_bound(_law(Accumulate()), theory.law(LinearRegression(d=3, design="fixed"), Replace()))
    with pytest.raises(ValueError, match="large-T, not exact at finite T"):
        check_bound(_law(Accumulate(), "fresh"), _law(AccumulateSubsample(), "fresh"))


def test_limits_of_laws_are_compared() -> None:
    subsample, accumulate = _law(AccumulateSubsample(), "fresh"), _law(Accumulate(), "fresh")
    verdict = check_bound(accumulate, subsample, asymptotic=True)  # H_n^(2) <= 3 H_n^(2) - 2
    assert isinstance(verdict, Proved)
    assert verdict.asymptotic
    assert isinstance(check_bound(subsample, accumulate, asymptotic=True), Refuted)
    assert isinstance(check_bound(_law(FreshReal(2)), _law(Replace()), asymptotic=True), Proved)


@pytest.mark.slow
def test_command_line(capsys: pytest.CaptureFixture[str]) -> None:
    def judge(*arguments: str) -> dict:
        assert main(["check-bound", *arguments, "--json"]) == 0
        return json.loads(capsys.readouterr().out)

    lower = judge("accumulate", s, "--lower", "--design", "fixed")
    assert (lower["verdict"], lower["lower"], lower["below"]) == ("proved", True, None)
    below = judge("accumulate", "--below", "replace-growing", "--design", "fresh")
    assert (below["verdict"], below["lower"]) == ("proved", False)
    assert below["below"] == {"workflow": "replace-growing", "parameters": {}}
    assert below["bound"] == str(_law(ReplaceGrowing(), "fresh").expr)
    window = judge("sliding-window", "--k", "3", "--below", "sliding-window --k 4", "--design", "fixed")
    assert (window["verdict"], window["below"]["parameters"]) == ("refuted", {"k": "4"})
    above = judge("replace-growing", "--below", "accumulate", "--design", "fresh", "--lower")
    assert (above["verdict"], above["lower"], above["below"]["workflow"]) == ("proved", True, "accumulate")
    not_above = judge("accumulate", "--below", "replace-growing", "--design", "fresh", "--lower")
    assert not_above["verdict"] == "refuted"
    assert not_above["counterexample"]["n"] >= 2  # both are one fit's error at n = 1
    assert main(["check-bound", "replace", s, "--lower", "--design", "fixed"]) == 0
    output = capsys.readouterr().out
    assert f">= {s}: proved" in output
    assert main(["check-bound", "accumulate", f"2*{s}", "--lower", "--design", "fixed"]) == 0
    assert "the law is below the bound at T = 3, d = 1, n = 1" in capsys.readouterr().out


@pytest.mark.parametrize(
    ("arguments", "why"),
    [
        (["accumulate"], "give a bound, or a workflow whose law is one"),
        (["accumulate", "1", "--below", "replace"], "one of the two"),
        (["accumulate", "--below", "forget"], "invalid choice: 'forget'"),
        (["accumulate", "--below", "sliding-window --k 0"], "k counts pools"),
        (["accumulate", "--below", "x 'y"], "No closing quotation"),
        (["accumulate", "--below", "sliding-window"], "required: --k"),
        (["accumulate", "1", "--n", "3"], "--n goes with --probability"),
        (["accumulate", "1", "--T", "9"], "T = 9 bounds d from above; give d as well"),
    ],
)
def test_mistakes_are_one_line(arguments: list[str], why: str, capsys: pytest.CaptureFixture[str]) -> None:
    try:
        status = main(["check-bound", *arguments, "--design", "fixed"])
    except SystemExit as exit_:
        status = exit_.code
    output, error = capsys.readouterr()
    assert (status, output, error.count("\n")) == (2, "", 1)
    assert why in error


def test_numbers_of_the_task(capsys: pytest.CaptureFixture[str]) -> None:
    # 1.63 exceeds the limit of sum 67/(i (100 i - 33)) and is below pi^2/6
    bound = f"1.63*{s}"
    assert main(["check-bound", "accumulate", bound, "--design", "fresh", "--T", "100", "--d", "32"]) == 0
    assert "proved" in capsys.readouterr().out
    assert main(["check-bound", "accumulate", bound, "--design", "fresh"]) == 0
    assert "refuted" in capsys.readouterr().out
