"""Forged certificates of false bounds: made by hand, or from true ones by changes at random. None is accepted."""

import dataclasses
import random
import subprocess
import sys
from collections.abc import Callable, Iterator
from fractions import Fraction

import pytest
import sympy as sp

import theory
from tests.helpers import thinned
from theory import Accumulate, Proved, Replace, ReplaceGrowing, check_bound
from theory.prover.canonical import partial_sum, step, tail
from theory.prover.certificate import Case, Certificate, check
from theory.prover.conditions import Condition
from theory.prover.domain import Domain, Variable, m
from theory.prover.lemmas import (
    Estimate,
    HarmonicLog,
    Lemma,
    LogBound,
    PowerBound,
    RootBound,
    TailBound,
    Telescoping,
    Termwise,
    ZetaTail,
)
from theory.prover.powers import Inside, InsideRoot
from theory.prover.region import Between, From, Only, Region, RootFrom, Run
from theory.prover.splits import Split
from theory.prover.unsound import Unsound
from theory.symbols import T, i, n
from theory.sympy_types import as_expression, rational, sum_of
from theory.tasks.regression.symbols import DOMAIN, ONE_FIT, d, sigma

U = ONE_FIT
REGION = Region(DOMAIN.cells()[0], From(2))
ACCUMULATE = theory.linear.test_error(Accumulate(), design="fixed")
GROWING = theory.linear.test_error(ReplaceGrowing(), design="fixed")
REPLACE = theory.linear.test_error(Replace(), design="fixed")
MIXED = partial_sum((100 * i - n) / (i * T + d) ** 2)


class Lie(Lemma):
    """Whatever is left is 0."""

    def conditions(self, region: Region) -> Iterator[Condition]:
        """None."""
        yield from ()

    def estimate(self, region: Region) -> Estimate:
        """One like any other."""
        return Estimate(n, sp.S.Zero, below=None)

    def apply(self, expression: sp.Expr, region: Region) -> sp.Expr:
        """0."""
        return sp.S.Zero


class OneCell(Domain):
    """Fewer points than it says."""

    def cells(self) -> tuple[dict[sp.Symbol, sp.Expr], ...]:
        """None."""
        return ()


def _one(run: Run, *lemmas: Lemma, goal: str = "difference", cell: int = 0) -> Certificate:
    return Certificate(DOMAIN, U, (Case(goal, cell, run, lemmas),))


def _induction(*lemmas: Lemma) -> Certificate:
    return Certificate(DOMAIN, U, (Case("difference", 0, Only(1)), Case("step", 0, From(1), lemmas)))


H2 = U * sp.harmonic(n, 2)
ZETA = ZetaTail(2)
ONE_FOR_EACH = 2 ** (i * sp.log(T))
LOG_ROOT = sp.sqrt(sp.log(n) + 1)
HAND_MADE = {
    # law, bound (somewhere below the law), certificate
    "n in the summand, nothing done": (n * U, U * (n + MIXED), _one(From(1))),
    "n in the summand, termwise": (
        n * U,
        U * (n + MIXED),
        _one(From(1), Termwise((100 * i - n) / (i * T + d) ** 2, sp.S.Zero)),
    ),
    "n in the summand, step": (n * U, U * (n + MIXED), _induction()),
    "n in the law's summand": (U * partial_sum(n - i + 1), U * n**2 / 3, _induction()),
    "slack of a sum with a negative coefficient": (
        U * partial_sum(1 / (i**2 + 1)),
        U / 3,
        _one(From(1), Termwise(1 / (i**2 + 1), sp.S.Zero)),
    ),
    "the same by telescoping": (
        U * partial_sum(1 / (i**2 + 1)),
        U / 2,
        _one(From(1), Telescoping(1 / (i**2 + 1), sp.S.Zero)),
    ),
    "a negative number of terms": (
        U * (sp.log(n) + sp.EulerGamma + 1 / (2 * n)),
        U * sp.harmonic(n),
        _one(From(1), HarmonicLog(n, -1)),
    ),
    "a tail from the wrong side": (H2, U * sp.Rational(8, 5), _one(From(1), ZETA, TailBound(i**-2, 1 / n, below=True))),
    "a tail that ends above zero": (H2, U * sp.Rational(3, 2), _one(From(1), ZETA, TailBound(i**-2, 1 / n + 1, False))),
    "a tail below with a negative sign": (H2, U, _one(From(1), ZETA, TailBound(i**-2, sp.S.Zero, below=False))),
    "one variable for many": (
        sp.S.Zero,
        partial_sum((7 - 4 * i) * ONE_FOR_EACH),  # at n = 2 as 3 x - x^2
        Certificate(
            Domain((Variable(T, (sp.Integer(3),)),), 2, 2),
            sp.S.One,
            (Case("difference", 0, Only(2), (Inside(ONE_FOR_EACH, LogBound(T, sp.Integer(2), 1, below=True)),)),),
        ),
    ),
    "a root from the wrong side": (
        n * U * LOG_ROOT,
        n * U,
        _one(From(1), InsideRoot(LOG_ROOT, LogBound(n, sp.S.One, 1, below=True))),
    ),
    "a root of what may be negative": (
        U,
        U * (n + sp.sqrt(sp.log(n) - 1)),
        _one(From(1), InsideRoot(sp.sqrt(sp.log(n) - 1), LogBound(n, sp.S.One, 1, below=True))),
    ),
    "an unknown lemma": (n * U, U, _one(From(1), Lie())),
    "a variable of the proofs": (n * U, U, _one(From(1), LogBound(m + 1, sp.S.One, 1, below=True))),
    "a run from below 1": (n * U, U * n, _one(From(-3), Telescoping(1 / i, n))),
    "a run of negative n": (n * U, U, _one(RootFrom(1, 2, -1, 0))),
    "a run that stands still": (n * U, U, _one(From(1, 0))),
    "a root of degree 0": (n * U, U, _one(RootFrom(1, 0))),
    "half a step": (n * U, U, Certificate(DOMAIN, U, (Case("step", 0, From(1)), Case("difference", 0, Only(1))))),
    "a case of no cell": (n * U, n * U, _one(From(1), cell=-1)),
    "a case of no goal": (n * U, n * U, _one(From(1), goal="nothing")),
    "no case at all": (n * U, n * U, Certificate(DOMAIN, U, ())),
    "a negative unit": (n * U, n * U / 2, Certificate(DOMAIN, -U, (Case("difference", 0, From(1)),))),
    "a unit with a pole": (n * U, n * U, Certificate(DOMAIN, U / (n - 5) ** 2, (Case("difference", 0, From(1)),))),
    "a domain of no cells": (n * U, U, Certificate(OneCell(DOMAIN.variables), U, ())),
    "a domain with i": (
        n / i,
        n / i,
        Certificate(Domain((Variable(i, (sp.S.One,)),)), 1 / i, (Case("difference", 0, From(1)),)),
    ),
    "a pole that cancels": (
        n * U,
        U * partial_sum(i / (i - 1000) - sp.Integer(1000) / (i - 1000)),
        _one(From(1)),
    ),
    "a pole of the bound": (n * U, U * (n + 1 + 1 / (n - 5) ** 2), _one(From(1))),
    "zeta at its pole": (n * U, U * (n + 1 + sp.zeta(n) - sp.zeta(n + 1)), _one(From(1))),
}


@pytest.mark.parametrize("name", HAND_MADE)
def test_hand_made_certificates_are_refused(name: str) -> None:
    law, bound, certificate = HAND_MADE[name]
    with pytest.raises(Unsound):
        check(law, bound, certificate)


ESTIMATES: list[tuple[Lemma, sp.Expr]] = [
    (TailBound(i**-2, 1 / n, below=False), tail(i**-2)),
    (TailBound(i**-2, 1 / (n + 1), below=True), tail(i**-2)),
    (Termwise(1 / (i**2 + 1), sp.S.Zero), partial_sum(1 / (i**2 + 1))),
    (Termwise(1 / (i**2 + 1), 1 / (2 * i**2), first=2), partial_sum(1 / (i**2 + 1))),
    (Telescoping(1 / (i**2 + 1), sp.S.Zero), partial_sum(1 / (i**2 + 1))),
    (HarmonicLog(n, 1), sp.harmonic(n)),
    (HarmonicLog(n, 2), sp.harmonic(n)),
    (LogBound(n, sp.S.One, 1, below=True), sp.log(n)),
    (LogBound(n, sp.S.One, 1, below=False), sp.log(n)),
    (RootBound(n, rational(Fraction(1, 2)), sp.S.One, below=False), sp.sqrt(n)),
    (PowerBound(sp.exp(-n), below=False), sp.exp(-n)),
]


def _slack_coefficient(replaced: sp.Expr) -> sp.Expr:
    (slack,) = (symbol for symbol in replaced.free_symbols if isinstance(symbol, sp.Dummy))
    assert slack.is_nonnegative
    return as_expression(sp.diff(sp.expand(replaced), slack))


@pytest.mark.parametrize(("lemma", "part"), ESTIMATES, ids=repr)
def test_the_slack_of_an_estimate_follows_the_sign_of_its_coefficient(lemma: Lemma, part: sp.Expr) -> None:
    plain = _slack_coefficient(lemma.apply(part, REGION))
    assert abs(plain) == 1
    for factor in (sp.Integer(-3), -U):
        assert sp.simplify(_slack_coefficient(lemma.apply(factor * part, REGION)) - factor * plain) == 0


def test_the_step_of_a_sum_with_n_in_its_term_is_refused() -> None:
    for expression in (MIXED, sum_of(partial_sum(i), i, 1, n), sum_of(1 / i, i, 2, n), tail(1 / (i + n) ** 2)):
        with pytest.raises(Unsound, match="sum"):
            step(expression)


def _number(rng: random.Random) -> sp.Expr:
    return sp.Rational(rng.choice([-3, -1, 1, 2, 3, 99, 101]), rng.choice([1, 2, 3, 100]))


def _changed_expression(value: sp.Expr, rng: random.Random) -> sp.Expr:
    ways: list[Callable[[], sp.Expr]] = [
        lambda: value * _number(rng),
        lambda: value + _number(rng),
        lambda: value + _number(rng) * rng.choice([n, i, m, 1 / n, 1 / i**2, d, sigma]),
        lambda: value.subs(n, n + rng.choice([-1, 1])),
        lambda: sp.S.Zero,
    ]
    return rng.choice(ways)()


def _changed_lemma(lemma: Lemma, rng: random.Random) -> Lemma:
    field = rng.choice(dataclasses.fields(lemma)).name
    value = getattr(lemma, field)
    if isinstance(value, Lemma):
        return dataclasses.replace(lemma, **{field: _changed_lemma(value, rng)})
    if value is None:  # a second lemma that is not needed: another one of the same lemma in its place
        others = [each for each in vars(lemma).values() if isinstance(each, Lemma)]
        return dataclasses.replace(lemma, **{field: rng.choice([_changed_lemma(each, rng) for each in others])})
    if isinstance(value, bool):
        return dataclasses.replace(lemma, **{field: not value})
    if isinstance(value, int):
        return dataclasses.replace(lemma, **{field: value + rng.choice([-3, -2, -1, 1, 2])})
    return dataclasses.replace(lemma, **{field: _changed_expression(value, rng)})


def _changed_run(rng: random.Random) -> Run:
    first = rng.choice([-2, 0, 1, 2, 3, 10])
    between = Between(first, first + rng.choice([-1, 0, 1, 5, 100]))
    root = RootFrom(
        rng.choice([-1, 1, 2, 3]), rng.choice([-2, 1, 2, 3]), rng.choice([-1, 1, 2]), rng.choice([-1, 0, 1])
    )
    return rng.choice([From(first, rng.choice([-1, 0, 1, 2])), Only(first), root, between])


def _forged(certificate: Certificate, rng: random.Random) -> Certificate:
    cases = list(certificate.cases)
    for _ in range(rng.choice([1, 1, 2, 3])):
        at = rng.randrange(len(cases))
        case, lemmas = cases[at], list(cases[at].lemmas)
        match rng.choice(["run", "goal", "drop", "lemma", "lemma", "lemma", "twice", "all"]):
            case "run":
                cases[at] = dataclasses.replace(case, run=_changed_run(rng))
            case "goal":
                cases[at] = dataclasses.replace(case, goal="step" if case.goal == "difference" else "difference")
            case "drop" if lemmas:
                del lemmas[rng.randrange(len(lemmas))]
                cases[at] = dataclasses.replace(case, lemmas=tuple(lemmas))
            case "lemma" if lemmas:
                which = rng.randrange(len(lemmas))
                lemmas[which] = _changed_lemma(lemmas[which], rng)
                cases[at] = dataclasses.replace(case, lemmas=tuple(lemmas))
            case "twice":
                cases.append(dataclasses.replace(case, run=_changed_run(rng)))
            case _:
                cases[at] = Case(case.goal, case.cell, From(1), case.lemmas)
    return dataclasses.replace(certificate, cases=tuple(cases), splits=_changed_splits(certificate.splits, rng))


def _changed_splits(splits: tuple[Split, ...], rng: random.Random) -> tuple[Split, ...]:
    if not splits or rng.random() < 0.5:
        return splits
    at = rng.randrange(len(splits))
    split = splits[at]
    changed = rng.choice(
        [
            dataclasses.replace(split, cell=split.cell + rng.choice([-1, 1])),
            dataclasses.replace(split, at=rng.choice([None, sp.S.Zero, sp.S.Half, sp.Integer(2), sp.Integer(-1)])),
            dataclasses.replace(split, variable=rng.choice([n, sigma, d, *DOMAIN.slacks.values()])),
        ]
    )
    return rng.choice([splits[:at], (*splits[:at], changed, *splits[at + 1 :]), (*splits, changed)])


SEEDS = {
    # A true bound with its proof, and false ones beside it.
    "limit": (ACCUMULATE, U * sp.pi**2 / 6, [U * sp.Rational(8, 5), U * (sp.pi**2 / 6 - 1 / n)]),
    "telescoping": (ACCUMULATE, U * (2 - 1 / n), [U * (sp.Rational(199, 100) - 1 / n), U * (2 - 2 / n)]),
    "logarithm": (GROWING, U * (1 + sp.log(n)), [U * (sp.Rational(1, 2) + sp.log(n)), U * (1 + sp.log(n) * 99 / 100)]),
    "root": (GROWING, 2 * U * sp.sqrt(n), [U * sp.sqrt(n) / 2, U * sp.sqrt(n - 1)]),
    "whole values": (
        REPLACE,
        U * (n + (d - 3) * (d - 4)),
        [U * (n + (d - 3) * (d - 4) - 1), U * (n + (d - 3) ** 2 - 1)],
    ),
    "a square": (REPLACE, U * n + (T - 2 * d) ** 2 / T**2, [U * n + (T - 2 * d) ** 2 / T**2 - U / 100, U * (n - 1)]),
    "a real split": (
        ACCUMULATE,
        U * sp.pi**2 / 12 * (sigma**2 + sigma**-2),
        [U * sp.pi**2 / 12 * (sigma**2 + 1 / sigma**2) - U / 30, U * sp.pi**2 / 6 * sigma],
    ),
    "an exponential": (
        REPLACE,
        U * n * sp.exp(sigma**2 - 1) / sigma**2,
        [U * n * sp.exp(sigma**2 - 1), U * n * sp.exp(sigma - 1) / sigma**2],
    ),
    "inside an exponent": (
        REPLACE,
        U * sp.exp(sp.harmonic(n)),
        [U * sp.exp(sp.harmonic(n)) / 3, U * sp.exp(1 - 1 / n)],
    ),
    "a power": (REPLACE, U * n**n, [U * n ** (1 - 1 / n), U * n**n / 2]),
    "a stretch": (REPLACE, U * (sp.Rational(101, 100) ** n + 364), [U * (sp.Rational(101, 100) ** n + 361)]),
    "half an order": (ACCUMULATE, U * sp.harmonic(n, sp.S.Half), [U * sp.harmonic(n, sp.Rational(5, 2)), U]),
    "a series": (GROWING, U * (sp.digamma(n + sp.Rational(3, 2)) + sp.EulerGamma), [U * (sp.log(n) + sp.S.Half)]),
    "inside a root": (
        REPLACE,
        U * n * LOG_ROOT,
        [U * n * LOG_ROOT / 2, U * sp.sqrt(n) * LOG_ROOT],
    ),
    "two arguments": (
        ACCUMULATE,
        U * sp.harmonic(2 * n, 2),
        [U * sp.harmonic(2 * n, 3), U * sp.harmonic(2 * n, 2) * 9 / 10],
    ),
    "a ratio of powers": (
        REPLACE,
        U * n * (n + 1) ** n * n ** (-n) / 2,
        [U * n * (n + 1) ** n * n ** (-n) / 3, U * (n + 1) ** n * n ** (-n)],
    ),
    "two squares": (REPLACE, U * (n**2 + 1) / 2, [U * (n**2 + 1) / 3, U * (n**2 - 1) / 2]),
}


@pytest.mark.parametrize("name", thinned(list(SEEDS), every=8))
def test_no_change_of_a_certificate_makes_it_prove_a_false_bound(name: str) -> None:
    law, true, false = SEEDS[name]
    verdict = check_bound(law, true)
    assert isinstance(verdict, Proved)
    assert isinstance(verdict.certificate, Certificate)
    rng = random.Random(f"forged {name}")
    for _ in range(60):
        forged = _forged(verdict.certificate, rng)
        for bound in false:
            with pytest.raises(Unsound):
                check(law.expr, bound, forged)


@pytest.mark.slow
def test_optimised_python_is_no_less_strict() -> None:
    """No condition of the checker is an `assert`."""
    code = (
        "from theory.prover.certificate import *; from theory.tasks.regression.symbols import *\n"
        "from theory.prover.lemmas import *; from theory.symbols import n\n"
        "case = Case('difference', 0, From(1), (HarmonicLog(n, -1),))\n"
        "try: check(n*ONE_FIT, ONE_FIT, Certificate(DOMAIN, ONE_FIT, (case,)))\n"
        "except Unsound: print('refused', __debug__)"
    )
    done = subprocess.run([sys.executable, "-O", "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.split() == ["refused", "False"]


@pytest.mark.slow
def test_the_bounds_beside_the_seeds_are_false() -> None:
    for law, _, false in SEEDS.values():
        for bound in false:
            points = [{T: t, d: f, sigma: x} for t, f in ((3, 1), (6, 3)) for x in (1, sp.Rational(1, 2), 2)]
            far = (1, 2, 3, 10, 100, 460)
            gaps = [sp.N((bound - law.expr).subs(at | {n: k}).doit()) for at in points for k in far]
            assert min(gaps) < 0 or bound == U * (1 + sp.log(n) * 99 / 100)  # that fails where log n > 100 (1 - gamma)
