"""Bounds on errors with a ridge, or of the least norm: proved, refuted at a point, or left open, and never wrongly."""

from dataclasses import dataclass, replace
from fractions import Fraction
from typing import Any

import numpy as np
import pytest
import sympy as sp

import theory
from tests.helpers import Made, command, thinned
from theory import (
    Accumulate,
    FixedReal,
    FreshReal,
    LinearRegression,
    Replace,
    ReplaceGrowing,
    SlidingWindow,
    Spectrum,
    Undecided,
    Workflow,
    by_count,
    envelopes,
    pools,
    real,
    synthetic,
)
from theory.envelopes import Between, between
from theory.prover import certificate
from theory.prover.parsing import parse_bound
from theory.prover.parts import Parts
from theory.prover.statement import Statement
from theory.symbols import T, n
from theory.tasks.regression import ridge_envelopes, ridge_fit
from theory.tasks.regression.ridge_enclosed import _outwards
from theory.tasks.regression.symbols import d, sigma

ALL: Workflow = Accumulate()


@dataclass(frozen=True)
class Mine(Workflow):
    """Accumulate, written once more."""

    def training_set(self, iteration: Any) -> Any:
        return by_count(pools(1, iteration))


def law(*numbers: Any, workflow: Workflow = ALL, **options: Any) -> Any:
    return theory.law(LinearRegression(*numbers, **options), workflow)


def judged(of: Any, bound: Any, **options: Any) -> Any:
    """The verdict; what is proved was checked, and is checked once more."""
    found: Any = theory.check_bound(of, bound, **options)
    if found.verdict == "proved":
        assert isinstance(found.certificate, Parts)
        for part in found.parts:
            smaller, larger = part.sides
            certificate.check(smaller, larger, part.certificate)
        assert found.certificate.steps()
    return found


UNSCALED = {"design": "fresh", "ridge": 1.0, "scaled": False}
SCALED = {"design": "fixed", "ridge": 1.0}


@pytest.mark.parametrize(
    ("options", "bound", "domain"),
    [
        (UNSCALED, "1 + pi**2/6*sigma**2*d/(T-d-1)", "T >= d+2"),
        (UNSCALED, "1/(T-d) + pi**2/6*sigma**2*d/(T-d-1)", "T >= d+2"),
        (UNSCALED, "1 + pi**2/6*sigma**2*d/T*(2 + (d+1)/2)", ()),
        (SCALED, "1 + pi**2/6*sigma**2*d/(T-d-1)", "T >= d+2"),
        (SCALED, "1 + pi**2/6*sigma**2*d/(4*T)", ()),
    ],
)
def test_for_all_numbers_at_once(options, bound, domain):
    """B + U pi^2/6 with and without rows enough."""
    assert judged(law(**options), bound, domain=domain).verdict == "proved"


@pytest.mark.parametrize(("rows", "formulas"), [(5, 1), (6, 4)])
def test_formulas_hold_from_the_first_number_that_they_need(rows, formulas):
    """Of d = 4 and a ridge of 1 three need T >= d + 2, one of them T - d - 1 >= 1 too."""
    of = law(rows, 4, **UNSCALED)
    stands = between(of.derived.envelopes, of.task.own_domain.at(of.task.at), of.task.at, "it")
    assert len(stands.above) == formulas


@pytest.mark.parametrize("lower", [False, True])
def test_all_attempts_have_one_time_limit(monkeypatch, lower):
    """By a clock that goes on by 4 s at a look: of 10 s there are 6, 2, and none."""
    clock, given = iter(range(0, 100, 4)), []

    def judge(*_, lower, time_limit):
        given.append((lower, time_limit))
        return Undecided(())

    monkeypatch.setattr(envelopes, "monotonic", lambda: next(clock))
    monkeypatch.setattr(envelopes, "judge", judge)
    side = Statement(sp.S.One, law(6, 4, **UNSCALED).task.own_domain)
    mine, other = Between((side, side), (side,)), Between((side,), (side,))
    found = envelopes.judge_between(mine, other, lower=lower, time_limit=10)
    assert isinstance(found, Undecided)
    assert found.lower == lower
    assert given == [(lower, left) for left in (6, 2, 0)]


def test_balls_reach_up_to_the_last_iteration_that_is_said():
    """Biases never fall: the last one holds from there on, and of later ones nothing is known."""
    known = law(5, 2, design="fixed", ridge=0.1).derived.at_numbers({"T": 5, "d": 2})
    first, low, high = known.later(known.last)
    assert (first, high) == (known.last, None)
    assert low == known.at(known.last)[0].coeff(sigma, 0)
    assert low > 0
    assert known.later(known.last + 1) is None


def test_for_all_numbers_by_sympy():
    bound = parse_bound("1 + pi**2/6*sigma**2*d/(4*T)", (T, d, sigma, n))
    assert judged(law(**SCALED), bound).verdict == "proved"


@pytest.mark.parametrize(
    ("options", "bound", "domain"),
    [
        (UNSCALED, "pi**2/6*sigma**2*d/(T-d-1)", "T >= d+2"),
        (UNSCALED, "1/(4*T**2) + pi**2/6*sigma**2*d/T**2", ()),
        (SCALED, "1/5 + sigma**2*d/(T-d-1)", "T >= d+2"),
    ],
)
def test_refuted_at_a_point(options, bound, domain):
    """The law itself is above the bound there."""
    found = judged(law(**options), bound, domain=domain)
    assert found.verdict == "refuted"
    point = dict(found.counterexample)
    iteration = point.pop("n")
    numbers = {name: float(value) if name == "sigma" else value for name, value in {"sigma": 1, **point}.items()}
    at = {T: numbers["T"], d: numbers["d"], sigma: numbers["sigma"], n: iteration}
    assert law(**options).evaluate(n=iteration, **numbers) > float(parse_bound(bound, (T, d, sigma, n)).subs(at))


@pytest.mark.parametrize(
    ("bound", "lower", "verdict"),
    [
        ("3/5", False, "proved"),
        ("1/16 + pi**2/6*sigma**2*d/(T-d-1)", False, "proved"),
        ("pi**2/6*sigma**2*d/(T-d-1)", False, "proved"),
        ("3652/10000", False, "proved"),
        ("365/1000", False, "undecided"),  # it tends to this, nearly
        ("364/1000", False, "refuted"),
        ("1/5", False, "refuted"),
        ("1/10", True, "proved"),
        ("23/100", True, "proved"),
        ("231/1000", True, "refuted"),
    ],
)
def test_at_numbers(bound, lower, verdict):
    found = judged(law(20, 4, 1.0, **UNSCALED), bound, lower=lower)
    assert found.verdict == verdict
    assert bool(found.tried) == (verdict == "undecided")
    assert all("which stand for the two sides" in line for line in found.tried)


FEW = LinearRegression(4, 7, 0.5, design="fresh", ridge=0.5, scaled=False, signal=0.8)
LEAST = LinearRegression(8, 20, 0.5, design="fresh", ridge=0)
SAME_ROWS = LinearRegression(6, 3, 0.5, design="fixed", ridge=0.2)


CLOSE = [
    (FEW, "0.96", False, "proved"),
    (FEW, "0.6", False, "refuted"),
    (LEAST, "2.4", False, "proved"),
    (FEW, "0.3", True, "proved"),
    (LEAST, "2.3", False, "refuted"),
    (LEAST, "0.7818", True, "proved"),
    (SAME_ROWS, "0.2", False, "refuted"),
    (LEAST, "harmonic(n)", True, "refuted"),
    (SAME_ROWS, "0.01", True, "proved"),
]


@pytest.mark.parametrize(("task", "bound", "lower", "verdict"), thinned(CLOSE, 2), ids=str)
def test_close_to_the_law(task, bound, lower, verdict):
    """Where rows are few, across the peak of the least norm, and at fixed design; the law is on the right side."""
    of = theory.law(task, ALL)
    found = judged(of, bound, lower=lower)
    assert found.verdict == verdict
    iterations = np.arange(1, 200) if found.counterexample is None else np.array([found.counterexample["n"]])
    values, line = (
        of.evaluate(n=iterations),
        [float(sp.N(parse_bound(bound, (n,)).subs(n, int(m)))) for m in iterations],
    )
    larger, smaller = (line, values) if (verdict == "proved") != lower else (values, line)
    assert (np.array(larger) >= np.array(smaller)).all()


def test_above_any_bound_from_the_peak_on():
    of = theory.law(LinearRegression(5, 10, 1.0, design="fresh", ridge=0), ALL)
    for domain in ("", "n <= 2", "n <= 3"):  # with the peak as the last iteration, too
        assert theory.check_bound(of, "10**6*n", domain=domain or ()).counterexample == {"n": 2}
        with pytest.raises(ValueError, match=r"is infinite from n = 2 on; narrow by n <= 1\."):
            theory.check_bound(of, "1", lower=True, domain=domain or ())
    assert theory.check_bound(of, "1", domain="n >= 4").counterexample == {"n": 4}
    assert judged(of, "7/4", domain="n <= 1").verdict == "proved"
    assert judged(of, "7/4", domain="n <= 1", lower=True).verdict == "proved"
    assert judged(of, "174/100", domain="n <= 1").verdict == "refuted"
    with pytest.raises(ValueError, match="not real|has no value"):
        theory.check_bound(of, "1/(n-2)")


def test_two_laws_that_are_infinite_are_not_compared():
    """One of a user's own workflow is the same; of two infinite errors none is the larger."""
    one, other = (theory.law(LinearRegression(5, 10, 1.0, design="fresh", ridge=0), each) for each in (ALL, Mine()))
    for lower in (False, True):
        with pytest.raises(ValueError, match=r"is infinite from n = 2 on; narrow by n <= 1\."):
            theory.check_bound(one, other, lower=lower)
        assert theory.check_bound(one, other, lower=lower, domain="n <= 1").verdict == "proved"
    finite = theory.law(one.task, Replace())
    assert theory.check_bound(one, finite).counterexample == {"n": 2}


def test_what_is_written_shorter_is_written_outwards():
    """Of numbers that have no such end, and of one between two."""
    for low, high in ((Fraction(1, 3), Fraction(2, 3)), (Fraction(5, 7), Fraction(5, 7)), (Fraction(10**30, 3),) * 2):
        found = _outwards(low, high)
        assert found[0] < low <= high < found[1]
        assert found[1] - found[0] < high - low + Fraction(1, 2**50)
    assert _outwards(Fraction(1, 2), Fraction(3)) == (Fraction(1, 2), 3)


@pytest.mark.parametrize("task", [FEW, SAME_ROWS, LEAST, replace(SAME_ROWS, scaled=False)], ids=str)
def test_balls_hold_the_law(task):
    """At each iteration, and from some on; as narrow as the quadrature is exact at the first."""
    for workflow in (ALL, FreshReal(1, "1/2"), Made(lambda i: by_count(pools(1, i)), lambda k: k), ReplaceGrowing()):
        of = theory.law(task, workflow)
        known = None if of.derived.at_numbers is None else of.derived.at_numbers(task.numbers)
        if known is None:
            assert task.design == "fresh"
            continue
        for m in (1, 4):
            low, high = (float(sp.N(end.subs(sigma, sp.Rational(1, 2)))) for end in known.at(m))
            value = float(of.evaluate(n=m))
            assert low - 1e-9 * value <= value <= high + 1e-9 * value
            assert high - low < 1e-9 * value
        later = known.later(8)
        if later is not None:
            first, *sides = later
            # far out what is left of the noises is less than the bound on them gives away
            values = of.evaluate(n=[*range(first, 100), *([] if task.ridge else [1000])])
            low, high = (None if side is None else float(side.subs(sigma, sp.Rational(1, 2))) for side in sides)
            rounding = 1e-12 * values
            assert low is None or (values >= low - rounding).all()
            assert high is None or (values <= high + rounding).all()


def test_a_bias_that_may_fall_is_no_bound_on_later_ones():
    """Where each third model is fitted to real data again it does fall; under one run of pools it does not."""
    back = Made(lambda i: by_count(synthetic(i - 1)) if i % 3 else by_count(real(1)))

    def known_of(workflow: Workflow) -> Any:
        at_numbers = theory.law(SAME_ROWS, workflow).derived.at_numbers
        assert at_numbers is not None
        return at_numbers(SAME_ROWS.numbers)

    known = known_of(back)
    lost = [float(known.at(m)[0].subs(sigma, 0)) for m in (2, 3)]
    assert lost[1] < 0.9 * lost[0]
    assert known.later(2) is None
    for workflow in (ALL, Replace()):
        first, low, high = known_of(workflow).later(2)
        assert (first, high, low.has(sigma)) == (2, None, False)


def test_a_long_window_has_no_formula_above():
    """Its gain has none; from below the first fit's bias is known."""
    window = law(design="fixed", ridge=1.0, workflow=SlidingWindow(7))
    assert judged(window, "1/5").verdict == "refuted"
    assert judged(window, "1/4", lower=True).verdict == "proved"
    found = judged(window, "9")
    assert (found.verdict, found.tried) == ("undecided", ("1/4 against 9, which stand for the two sides: proved",))
    unscaled = {"design": "fixed", "ridge": 1.0, "scaled": False}
    with pytest.raises(ValueError, match=r"SlidingWindow\(k=7\) is known by numbers alone, which prove no bound\."):
        judged(law(**unscaled, workflow=SlidingWindow(7)), "9")
    found = judged(law(**unscaled, workflow=FixedReal("1/3")), "9")
    assert found.verdict == "undecided"
    assert "narrow it, as by T >= d + 2" in found.tried[0]


def test_two_laws_are_compared_by_what_they_lie_between():
    """Of one fit that is both at most the other; and a law is at most itself."""
    low, high = (law(40, 4, 1.0, **{**UNSCALED, "signal": signal}) for signal in (0.0, 3.0))
    wide = law(40, 4, 1.0, design="fresh", ridge=30.0, scaled=False, signal=3.0)
    assert judged(low, wide).verdict == "proved"
    assert judged(wide, low).verdict == "refuted"
    assert judged(wide, low, lower=True).verdict == "proved"
    assert theory.check_bound(high, high).verdict == "proved"


@pytest.mark.parametrize(
    ("rows", "ridge"), thinned([(rows, ridge) for ridge in (0.01, 1.0, 7.0, 200.0) for rows in (1, 3, 8, 30)], 5)
)
def test_the_law_lies_between(rows, ridge):
    """Every formula, against quadrature, wherever it is said to hold: one fit, and chains at both designs."""
    energy = 0.0 if ridge in (1.0, 200.0) else 1.5  # without a signal the noise is all there is
    given = {"ridge": ridge, "spectrum": Spectrum((2.0,), (3,), (energy,)), "signal": energy**0.5}
    seen = 0
    for design, scaled, workflow in (
        ("fresh", False, Accumulate()),
        ("fixed", True, Accumulate()),
        ("fixed", False, Accumulate()),
        ("fixed", True, Replace()),
        ("fixed", False, ReplaceGrowing()),
        ("fixed", True, FixedReal("1/3")),
        ("fixed", False, FreshReal(2, "1/3")),
        ("fixed", True, SlidingWindow(2)),
    ):
        task = LinearRegression(rows, 3, 0.7, design=design, scaled=scaled, **given)
        of = theory.law(task, workflow)
        values = of.evaluate(n=range(1, 7))
        at = {T: rows, d: 3, sigma: sp.Rational(7, 10)}
        for each in of.derived.envelopes:
            if not all(need.subs(at) == sp.true for need in each.needs):
                continue
            seen += 1
            formula = [float(sp.N(each.expr.subs(at).subs(n, m).doit())) for m in range(1, 7)]
            slack = 1e-9 * values
            assert ((values <= formula + slack) if each.above else (values >= formula - slack)).all(), (workflow, each)
    assert seen >= 8


def test_the_formulas_are_close_at_many_rows():
    """Both of a variance, and both of a bias, meet where rows are many."""
    task = LinearRegression(4000, 4, 1.0, **{**UNSCALED, "ridge": 40.0})
    of = theory.law(task, Accumulate())
    value = float(of.evaluate(n=1))
    at = {T: 4000, d: 4, sigma: 1, n: 1}
    valid = [e for e in of.derived.envelopes if all(need.subs(at) == sp.true for need in e.needs)]
    above, below = ([float(sp.N(e.expr.subs(at).doit())) for e in valid if e.above == side] for side in (True, False))
    assert min(above) - value < 0.01
    assert value - max(below) < 0.01 * value


@pytest.mark.parametrize("ridge", [Fraction(1, 3), 2], ids=str)
def test_the_formula_for_any_rows_is_where_its_halves_meet(ridge):
    """d/(m - d - 1) where rows are more than 2 (d + 1), and d/(4 c) where fewer, each over 1/m: at 2 (d + 1) both."""
    of = law(8, 3, 1, **{**UNSCALED, "ridge": ridge}).derived.envelopes
    (anywhere,) = [each for each in of if each.above and not each.needs]
    noise = sp.cancel(anywhere.expr.subs({n: 1, T: 8, d: 3, sigma: 1}).doit() - 1)
    assert noise == sp.Rational(3, 8 - 3 - 1) + sp.Rational(3) / (4 * sp.Rational(ridge))


def test_the_least_norm_has_formulas():
    """At numbers T and d: fixed design for any workflow, and the newest pool alone at fresh design."""
    of = law(10, 30, 1.0, design="fixed", ridge=0)
    assert of.closed_form() is not None
    assert theory.check_bound(of, "2/3 + pi**2/6*10/19").verdict == "proved"
    assert theory.check_bound(of, "2/3 + 16/10*10/19").verdict == "refuted"
    real = law(10, 30, design="fixed", ridge=0, workflow=FixedReal("1/3"))
    assert theory.check_bound(real, "2/3 + 2*sigma**2").verdict == "proved"
    assert theory.check_bound(real, "2/3 + 8/10*sigma**2").verdict == "refuted"
    chain = law(10, 30, design="fresh", ridge=0, workflow=Replace())
    assert chain.limit() == 1 + sp.Rational(15, 19) * sigma**2
    assert theory.check_bound(chain, "1 + 15/19*sigma**2").verdict == "proved"
    found: Any = theory.check_bound(chain, "1 + 14/19*sigma**2")
    assert found.verdict == "refuted"
    value = chain.evaluate(n=found.counterexample["n"], sigma=float(found.counterexample["sigma"]))
    assert value > 1 + 14 / 19 * float(found.counterexample["sigma"]) ** 2
    window = law(10, 30, 1.0, design="fixed", ridge=0, workflow=SlidingWindow(2))
    assert theory.check_bound(window, "2/3 + 10/19").verdict == "refuted"
    assert theory.check_bound(window, "2/3 + 10/19*n", domain="n <= 8").verdict == "proved"


def test_what_is_not_judged():
    """One line each, where a law is no more than a limit, or of no known kind."""
    with pytest.raises(ValueError, match=r"proportional, not exact at finite T; bounds on it are judged nowhere\."):
        theory.check_bound(law(design="fresh", ridge=0.1), "3")
    for design in ("fixed", "fresh"):
        for scaled in (True, False):
            with pytest.raises(ValueError, match="is not judged: there is a ridge|its limit T -> oo is not known"):
                theory.check_bound(law(design=design, ridge=0.1, scaled=scaled), "pi**2", asymptotic=True)
    with pytest.raises(ValueError, match="unknown function B; use T, d, sigma, n"):
        theory.check_bound(law(**UNSCALED), "B(T) + 1")
    with pytest.raises(ValueError, match="laws are compared where they are of one quantity"):
        theory.check_bound(law(20, 4, 1.0, **UNSCALED), law(20, 4, 1.0, design="fresh"))


def test_the_command_line(capsys):
    line = "check-bound accumulate 1+pi^2/6*sigma^2*d/(T-d-1) --design fresh --ridge 1 --unscaled --json"
    found = command(capsys, "theory", f"{line} --T 20 --d 4").json
    assert (found["verdict"], found["exact"]) == ("proved", True)
    assert "is replaced by" in found["certificate"][0]
    found = command(capsys, "theory", f"{line.replace('1+', '1/500+')} --T 20 --d 4").json
    assert found["verdict"] == "proved" or found["counterexample"] is not None


def test_noise_is_less_than_without_a_ridge():
    """V falls with the ridge, so that the last formula but one is below the first."""
    task = LinearRegression(9, 4, 1.0, **UNSCALED)
    assert task.penalty is not None
    variances = [ridge_fit.bias_and_variance(replace(task.penalty, penalty=x), 9, 4)[1] for x in (0.1, 1.0, 5.0)]
    assert np.all(np.diff(variances) < 0)
    assert variances[0] < 4 / (9 - 4 - 1)
    assert ridge_envelopes.added(task.penalty) == 1
