"""Verdicts on bounds whose truth is known by other means, over seven workflows and both designs.

No verdict may be wrong; few may be left open. Where a bound is true by a margin of zero, or fails only far out, the
comment says why.
"""

import json
import random
from collections.abc import Mapping
from fractions import Fraction
from typing import Any

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
    Tightest,
    Undecided,
    check_bound,
    tightest,
)
from theory.__main__ import main
from theory.derivation import LARGE_T, Derivation, Derived
from theory.prover.bounds import judge
from theory.prover.certificate import Certificate, check
from theory.prover.domain import Domain
from theory.prover.parsing import parse_bound
from theory.prover.statement import Statement
from theory.symbols import T, i, n
from theory.sympy_types import as_expression, sum_of
from theory.tasks.regression.symbols import DOMAIN, ONE_FIT, d, sigma

s = "sigma**2*d/(T-d-1)"


def _gain_law(gain: sp.Expr) -> Law:
    task = LinearRegression(design="fixed")
    derived = Derived(gain * ONE_FIT, Derivation(()), "made up", LARGE_T, gain=gain)
    return Law(task, Replace(), task.quantity(None), derived)


LAWS = {
    "replace": theory.linear.test_error(Replace(), design="fixed"),
    "accumulate": theory.linear.test_error(Accumulate(), design="fixed"),
    "accumulate fresh": theory.linear.test_error(Accumulate(), design="fresh"),
    "growing": theory.linear.test_error(ReplaceGrowing(), design="fixed"),
    "growing fresh": theory.linear.test_error(ReplaceGrowing(), design="fresh"),
    "window": theory.linear.test_error(SlidingWindow(2), design="fixed"),
    "anchored": theory.linear.test_error(FixedReal("1/2"), design="fixed"),
    "fresh real": theory.linear.test_error(FreshReal(), design="fixed"),
    "subsample": theory.linear.test_error(AccumulateSubsample(), design="fresh"),
    # A sum beside a rational function of n, as no named workflow has it.
    "subsample, two parts": _gain_law(sp.Sum((i + 1) / (i**2 * (i + 2)), (i, 1, n)) + (n - 1) / (n + 1)),
}

TRUE = [
    ("replace", f"n*{s}"),  # equality everywhere
    ("replace", f"n**2*{s}"),
    ("replace", f"2**(n-1)*{s}"),  # n <= 2^(n-1), equal at 1 and 2
    ("replace", f"(n*log(n)+1)*{s}"),  # n log n - n + 1 >= 0: tangent of x log x at 1
    ("replace", f"(n**2+1)/2*{s}"),  # (n - 1)^2 >= 0
    ("replace", f"n*(n+1)/2*{s}"),
    ("replace", f"n**(1+1/100)*{s}"),
    ("replace", f"exp(n-1)*{s}"),  # e^x >= 1 + x
    ("replace", f"n*sqrt(d)*{s}"),
    ("replace", "n*sigma**2*d"),  # T - d - 1 >= 1
    ("replace", "n*(sigma+1)**2*d/(T-d-1)"),
    ("replace", "n*sigma**2*(d+1)/(T-d-1)"),
    ("accumulate", f"pi**2/6*{s}"),  # the limit
    ("accumulate", f"zeta(2)*{s}"),
    ("accumulate", f"1.644935*{s}"),  # pi^2/6 = 1.6449340…
    ("accumulate", f"(pi**2/6-1/(n+1))*{s}"),  # the tail is between 1/(n + 1) and 1/n
    ("accumulate", f"(pi**2/6-1/n+1/(2*n**2))*{s}"),  # Euler-Maclaurin, from above
    ("accumulate", f"(2-1/n)*{s}"),  # 1/i^2 <= 1/(i - 1) - 1/i
    ("accumulate", f"(7/4-1/(n+1/2)+1/6)*{s}"),  # 1/(n + 1/2) bounds the tail from above, by less than 0.27
    ("accumulate", f"harmonic(n)*{s}"),
    ("accumulate", f"n*{s}"),
    ("accumulate", f"(1+log(n))*{s}"),
    ("accumulate", f"harmonic(n,2)*{s}"),
    ("accumulate", f"(zeta(2)-polygamma(1,n+1))*{s}"),  # the closed form
    ("accumulate", f"sqrt(n)*{s}"),  # 1 at 1, 1.25 < 1.41 at 2, and 1.645 < 1.73 from 3 on
    ("accumulate", "2*sigma**2*d"),
    ("accumulate fresh", f"pi**2/6*{s}"),
    ("accumulate fresh", f"(2-1/n)*{s}"),
    ("accumulate fresh", f"harmonic(n,2)*{s}"),  # termwise
    ("accumulate fresh", "-sigma**2*d/(d+1)*(digamma(1-(d+1)/T)+EulerGamma)"),  # its own limit
    ("accumulate fresh", str(LAWS["accumulate fresh"].closed_form())),  # itself
    ("accumulate fresh", "pi**2/6*sigma**2*d/(T-d-0.99)"),  # slack of (i - 1)(d + 1) in every term
    ("accumulate fresh", "sigma**2*d/(T-d-1)+sigma**2*d/(2*T-d-1)*2*(pi**2/6-1)"),  # (iT-d-1)/i rises from i = 2
    ("growing", f"(1+log(n))*{s}"),
    ("growing", f"harmonic(n)*{s}"),
    ("growing", f"2*sqrt(n)*{s}"),
    ("growing", f"sqrt(2*n-1)*{s}"),  # equal at 1
    ("growing", f"20*n**(1/10)*{s}"),
    ("growing", f"(log(n)+gamma+1/(2*n))*{s}"),  # DLMF 5.11.2
    ("growing", f"(log(n)+gamma+1/(2*n)-1/(12*n**2)+1/(120*n**4))*{s}"),
    ("growing", f"(log(n+1)+gamma)*{s}"),  # H_n - log(n + 1) rises to gamma
    ("growing", f"(log(n+1/2)+gamma+1/(24*n**2))*{s}"),  # DeTemple
    ("growing fresh", f"(1+log(n))*{s}"),
    ("growing fresh", f"harmonic(n)*{s}"),
    ("growing fresh", "sigma**2*d/T*harmonic(n)+pi**2/6*(d+1)*sigma**2*d/T/(T-d-1)"),  # 1/(iT-a) - 1/(iT), termwise
    ("growing fresh", str(LAWS["growing fresh"].closed_form())),
    ("window", f"n*{s}"),
    ("window", f"(4*n/9+1)*{s}"),
    ("window", f"(4*n/9+4/9+8/54+1)*{s}"),
    ("window", f"(4*n/9+4/9+1/9)*{s}"),  # equal at 1
    ("anchored", f"4/3*{s}"),  # the limit
    ("anchored", f"(4/3-(1/4)**n)*{s}"),
    ("anchored", f"harmonic(n,2)*{s}"),  # 5/4 at 2, then 4/3 <= 49/36
    ("fresh real", f"{s}"),  # equal at 1, falling
    ("fresh real", f"(2/3+1/(3*n))*{s}"),
    ("anchored", f"(1/2+sqrt(n)/2+1/8)*{s}"),  # 1.125 and 1.33 at 1 and 2, rising past 4/3 at 3
    ("anchored", f"(1/3+log(T))*{s}"),  # T >= 3
    ("subsample", f"(pi**2/2-2)*{s}"),  # the limit
    ("subsample", f"(4-3/n)*{s}"),
    ("subsample, two parts", f"(pi**2/6+1)*{s}"),
]

FALSE = [
    ("replace", f"0.99*n*{s}"),
    ("replace", f"1e6*{s}"),  # at n = 10^6 + 1
    ("replace", f"n**(99/100)*{s}"),
    ("replace", f"(n*log(n)+0.99)*{s}"),
    ("replace", f"100*sqrt(n)*{s}"),  # n > 10^4
    ("replace", f"1e9*log(n+2)*{s}"),
    ("replace", "n*sigma**2*d/T"),
    ("replace", "n*d/(T-d-1)"),  # sigma > 1
    ("replace", "n*sigma*d/(T-d-1)"),
    ("replace", "n*sigma**3*d/(T-d-1)"),  # sigma < 1
    ("replace", f"(n+1-d/1000)*{s}"),  # d > 1000
    ("replace", f"1.5**(n-1)*{s}"),  # 1.5 < 2
    ("accumulate", f"1.6449*{s}"),  # n > 29 000
    ("accumulate", f"1.64493406*{s}"),  # n near 10^8
    ("accumulate", f"(pi**2/6-1/n)*{s}"),
    ("accumulate", f"(pi**2/6-1/(n+1/2))*{s}"),
    ("accumulate", f"(1.99-1/n)*{s}"),
    ("accumulate", f"(pi**2/6-1/n+1/(2*n**2)-1/(5*n**3))*{s}"),  # the true third term is -1/(6 n^3)
    ("accumulate", "3*sigma**2*d/T"),  # T = d + 2
    ("accumulate", "2*sigma**2*d/(T-d)"),
    ("accumulate", "-1"),
    ("accumulate fresh", f"1.6449*{s}"),  # only for large T and n
    ("accumulate fresh", "pi**2/6*sigma**2*d/T"),
    ("accumulate fresh", "-0.999*sigma**2*d/(d+1)*(digamma(1-(d+1)/T)+EulerGamma)"),
    ("growing", f"20*{s}"),  # n near 3*10^8
    ("growing", f"(log(n)+0.5772)*{s}"),
    ("growing", f"(log(n)+0.577215)*{s}"),
    ("growing", f"(log(n)+gamma+1/(2*n)-1/(12*n**2))*{s}"),
    ("growing", f"0.99*sqrt(2*n-1)*{s}"),
    ("growing", f"(0.99*log(n)+10)*{s}"),  # log n > 10^3
    ("growing fresh", "sigma**2*d/T*(log(n)+100)"),  # T = d + 2, d > 100
    ("growing fresh", f"20*{s}"),
    ("window", f"(4*n/9+4/9)*{s}"),
    ("window", f"(0.44*n+1)*{s}"),  # 4/9 = 0.444…
    ("anchored", f"1.333*{s}"),
    ("anchored", f"(4/3-1.01*(1/3)*(1/4)**(n-1))*{s}"),
    ("fresh real", f"0.999*{s}"),
    ("fresh real", f"(2/3+1/(3.01*n))*{s}"),
    ("subsample", f"2.934*{s}"),  # pi^2/2 - 2 = 2.9348…
    ("subsample, two parts", f"2*{s}"),
]


def _read(bound: str) -> sp.Expr:
    return parse_bound(bound, DOMAIN.letters)


def _known(law: Law, point: Mapping[str, int | Fraction]) -> Any:
    """The law at a point by mpmath's own functions, apart from the code under test."""
    closed_form = law.closed_form()
    return _plain(law.expr if closed_form is None else closed_form, point)


def _plain(expression: sp.Expr, point: Mapping[str, int | Fraction]) -> Any:
    # Up to the point's largest number of digits are lost in the differences of polygamma functions.
    digits = 60 + 4 * max(len(str(value)) for value in point.values())
    with mpmath.workdps(digits):
        value = sp.lambdify([T, d, n, sigma], expression.rewrite(sp.polygamma), "mpmath")
        sigma_ = Fraction(point.get("sigma", 1))
        return +value(*(mpmath.mpf(point[k]) for k in "Tdn"), mpmath.mpf(sigma_.numerator) / sigma_.denominator)


def _judged(name: str, bound: str | sp.Expr) -> Proved | Refuted | Undecided:
    """The verdict; of a law that is not exact in the limit, where its bounds here are one fit's error times a gain."""
    law = LAWS[name]
    verdict = check_bound(law, bound, asymptotic=not law.exact)
    assert verdict.asymptotic is not law.exact
    return verdict


def _in_the_limit(law: Law, bound: str) -> tuple[sp.Expr, sp.Expr]:
    """The gain, and what stands before one fit's error in the bound."""
    assert law.gain_expr is not None
    return law.gain_expr, as_expression(sp.simplify(_read(bound) / ONE_FIT))


@pytest.mark.parametrize(("name", "bound"), thinned(TRUE, every=6))
def test_true_bounds_are_proved(name: str, bound: str) -> None:
    law = LAWS[name]
    verdict = _judged(name, bound)
    assert isinstance(verdict, Proved)
    assert isinstance(verdict.certificate, Certificate)
    check(*((law.expr, _read(bound)) if law.exact else _in_the_limit(law, bound)), verdict.certificate)
    assert all(line.startswith("in the limit: ") is not law.exact for line in verdict.certificate.steps())


@pytest.mark.parametrize(("name", "bound"), FALSE)
def test_false_bounds_are_refuted_at_a_point(name: str, bound: str) -> None:
    verdict = _judged(name, bound)
    assert isinstance(verdict, Refuted)
    point = verdict.counterexample
    if not LAWS[name].exact:
        gain, limit = _in_the_limit(LAWS[name], bound)
        assert point.keys() == {"n"}
        assert sp.N((gain - limit).subs(n, int(point["n"])).doit(), 30) > 0
        return
    assert point["T"] >= point["d"] + 2
    assert min(point["d"], point["n"]) >= 1
    if point["n"] < 10**9 or LAWS[name].closed_form() is not None:
        assert _known(LAWS[name], point) > _plain(_read(bound), point)


TIGHT = {
    # The least constant before sigma^2 d/(T - d - 1), and whether it is attained.
    "accumulate": (sp.pi**2 / 6, False),
    "accumulate fresh": (sp.pi**2 / 6, False),
    "anchored": (sp.Rational(4, 3), False),
    "fresh real": (sp.S.One, True),
    "subsample": (sp.pi**2 / 2 - 2, False),
    "replace": (sp.oo, False),
    "growing fresh": (sp.oo, False),
    "window": (sp.oo, False),
}


@pytest.mark.parametrize("name", TIGHT)
def test_tightest_constant(name: str) -> None:
    found = tightest(LAWS[name], asymptotic=not LAWS[name].exact)
    assert isinstance(found, Tightest)
    assert (found.constant, found.attained, found.asymptotic) == (*TIGHT[name], not LAWS[name].exact)


def test_tightest_in_another_family() -> None:
    found = tightest(LAWS["window"], f"n*{s}")
    assert isinstance(found, Tightest)
    assert (found.constant, found.attained) == (1, True)
    found = tightest(LAWS["growing"], f"log(n+1)*{s}")
    assert isinstance(found, Tightest)
    assert found.constant == 1 / sp.log(2)
    # H_n against H_n^(2), which ends at pi^2/6: no constant is enough
    found = tightest(LAWS["growing"], f"harmonic(n,2)*{s}")
    assert isinstance(found, Tightest)
    assert found.constant == sp.oo
    with pytest.raises(ValueError, match="times a function of n"):
        tightest(LAWS["window"], "sigma**2*d/T")


def test_tightest_from_some_n_on() -> None:
    found = tightest(LAWS["accumulate"], domain="n>=100")
    assert isinstance(found, Tightest)
    assert (found.constant, found.attained) == (sp.pi**2 / 6, False)
    # log 1 = 0 and 1 - 1 = 0: from n = 2 on, where H_n/log n and n/(n - 1) are largest
    found = tightest(LAWS["growing"], f"log(n)*{s}", domain="n >= 2")
    assert isinstance(found, Tightest)
    assert (found.constant, found.attained) == (sp.Rational(3, 2) / sp.log(2), True)
    found = tightest(LAWS["replace"], f"(n-1)*{s}", domain=n >= 2)
    assert isinstance(found, Tightest)
    assert (found.constant, found.attained) == (2, True)
    for law, family in (("growing", f"log(n)*{s}"), ("replace", f"(n-1)*{s}")):
        assert tightest(LAWS[law], family).constant == sp.oo  # at n = 1 the family is zero
    with pytest.raises(ValueError, match="has to be positive; at n = 1 it is not. Narrow the domain: n >= 2"):
        tightest(LAWS["replace"], f"(n-3/2)*{s}")


def test_verdicts_have_the_same_attributes() -> None:
    law = LAWS["accumulate"]
    found = [check_bound(law, f"2*{s}"), check_bound(law, f"1.5*{s}"), tightest(law)]
    found.append(check_bound(theory.linear.test_error(SlidingWindow(9), design="fixed"), f"n*{s}"))
    assert [each.verdict for each in found] == ["proved", "refuted", "tightest", "undecided"]
    for each in found:
        assert (each.asymptotic, each.lower) == (False, False)
        assert (each.counterexample is not None) == (each.verdict == "refuted")
        assert (each.certificate is not None) == (each.verdict in {"proved", "tightest"})
        assert bool(each.tried) == (each.verdict == "undecided")


@pytest.mark.slow
@pytest.mark.parametrize("name", [name for name, (constant, _) in TIGHT.items() if constant != sp.oo])
def test_one_per_cent_around_the_tight_constant(name: str) -> None:
    constant, _ = TIGHT[name]
    assert isinstance(_judged(name, constant * sp.Rational(99, 100) * ONE_FIT), Refuted)
    for factor in (1, sp.Rational(101, 100)):
        assert isinstance(_judged(name, constant * factor * ONE_FIT), Proved)


SLOPES = [
    # Bounds that are true for a coefficient {c} of 1 or more, and false below.
    ("replace", "{c}*n*{s}"),
    ("growing", "({c}*log(n)+1)*{s}"),
    ("growing", "(log(n)+{c})*{s}"),
    ("growing", "{c}*harmonic(n)*{s}"),
    ("growing", "(log(n)+gamma+{c}/(2*n))*{s}"),
    ("accumulate", "(2-1/n)*{c}*{s}"),
    ("accumulate fresh", "(2-1/n)*{c}*{s}"),
    ("window", "({c}*4/9*n+5/9)*{s}"),
    ("anchored", "(4/3-1/3*(1/4)**(n-1)/{c})*{s}"),
    ("fresh real", "(2/3+{c}/3*(1/4)**(n-1))*{s}"),
]


@pytest.mark.slow
@pytest.mark.parametrize(("name", "bound"), SLOPES)
def test_one_per_cent_around_a_tight_coefficient(name: str, bound: str) -> None:
    def verdict(percent: int) -> object:
        return check_bound(LAWS[name], bound.format(s=s, c=f"({percent}/100)"))

    assert isinstance(verdict(99), Refuted)
    assert isinstance(verdict(100), Proved)
    assert isinstance(verdict(101), Proved)


def test_narrower_domains() -> None:
    law = LAWS["accumulate"]
    bound = "2*sigma**2*d/T"
    assert isinstance(check_bound(law, bound), Refuted)
    # 2 (T - d - 1) >= T pi^2/6 from T = 5.63 (d + 1) on
    assert isinstance(check_bound(law, bound, domain="T >= 6*d + 6"), Proved)
    refuted = check_bound(law, bound, domain=["T >= 5*d + 5", n >= 2])
    assert isinstance(refuted, Refuted)
    point = refuted.counterexample
    assert point["T"] >= 5 * point["d"] + 5
    assert point["n"] >= 2
    assert isinstance(check_bound(law, "(pi**2/6+1/4)*sigma**2*d/(T-d)", domain="T > d + 7"), Proved)
    assert isinstance(check_bound(LAWS["replace"], f"(n**2-2)*{s}", domain="n >= 2"), Proved)
    # where T >= 100 and T >= d + 2 cross, the domain has two cells
    assert isinstance(check_bound(law, "sigma**2*d*pi**2/6", domain="T >= 100"), Proved)
    for relation in ("T*d >= 5", "T >= n", "T <= n", "T = 5", "d"):
        with pytest.raises(ValueError, match="narrowed by relations of the forms"):
            check_bound(law, bound, domain=relation)


@pytest.mark.parametrize(
    ("bound", "where"),
    [
        ("sqrt(d-5)", "d = 1"),
        ("log(T-d-5)", "T = 3"),
        ("1/(n-3)", "n = 3"),
        ("1/(T-d-2)", "T = 3"),
        ("log(n-1)", "n = 1"),
    ],
)
def test_bounds_that_are_not_real_are_refused_with_a_point(bound: str, where: str) -> None:
    with pytest.raises(ValueError, match=f"not real at .*{where}"):
        check_bound(LAWS["accumulate"], f"2*{s}+{bound}")


def test_a_pole_far_out_is_never_passed_over() -> None:
    # (n^2 - 10^10)/(n - 10^5) is n + 10^5 but at n = 10^5, where it has no value.
    assert not isinstance(check_bound(LAWS["replace"], f"(n**2-1e10)/(n-1e5)*{s}"), Proved)


def test_a_sum_with_n_in_its_term_is_refused() -> None:
    term = (100 * i - n) / (i * T + d) ** 2
    for total in (sp.Sum(term, (i, 1, n)), sp.Sum(sp.Sum(1 / i, (i, 1, n)) / i, (i, 1, n))):
        with pytest.raises(ValueError, match="a term without n"):
            check_bound(LAWS["replace"], ONE_FIT * (n + total))


@pytest.mark.parametrize("bound", [sp.zeta(1 + 1 / n), 5 - sp.harmonic(n, sp.Rational(3, 2))], ids=str)
def test_orders_that_are_no_whole_numbers_are_not_rounded(bound: sp.Expr) -> None:
    # zeta(1 + 1/n) > n, and 5 - zeta(3/2) = 2.39: both are above pi^2/6
    assert not isinstance(check_bound(LAWS["accumulate"], ONE_FIT * bound), Refuted)
    refuted = check_bound(LAWS["replace"], ONE_FIT * bound)
    if isinstance(bound, sp.zeta):  # n + gamma - …: above n
        assert not isinstance(refuted, Refuted)
    else:
        assert isinstance(refuted, Refuted)
        assert refuted.counterexample["n"] > 2


@pytest.mark.parametrize("pole", [3, 1000, 123_457])
def test_a_pole_of_a_summand_is_one_of_the_bound(pole: int) -> None:
    cancelling = sp.Sum(i / (i - pole) - sp.Integer(pole) / (i - pole), (i, 1, n))
    for bound in (ONE_FIT * cancelling, ONE_FIT * (2 * n + sp.Sum(1 / (i - pole) ** 2, (i, 1, n)))):
        with pytest.raises(ValueError, match=f"not real at .*n = {pole} "):
            check_bound(LAWS["replace"], bound)


@pytest.mark.parametrize(
    ("term", "where"),
    [
        (1 / (i - 1000 * d), "T = 3, d = 1, n = 1000 "),
        (1 / (i - T - 1000), "T = 3, d = 1, n = 1003 "),
        (1 / (2 * i - T) ** 2, "T = 4, d = 1, n = 2 "),
        (1 / (1 - 5000 / i), "n = 5000 "),
        (1 / (i**2 - 250_000 * d**2), "T = 3, d = 1, n = 500 "),
        ((i - 3000) / (i - 3000 * d), "T = 3, d = 1, n = 3000 "),  # 1 for d = 1, but for the pole
    ],
    ids=str,
)
def test_poles_of_a_summand_that_depend_on_variables_are_named(term: sp.Expr, where: str) -> None:
    with pytest.raises(ValueError, match=f"the bound is not real at .*{where}"):
        check_bound(LAWS["replace"], ONE_FIT * (2 * n + sum_of(term, i, 1, n) ** 2))


@pytest.mark.parametrize(
    "factor",
    [
        sp.harmonic(n, sp.Rational(3, 2)),
        sp.zeta(2, n + sp.Rational(1, 2)),
        sp.harmonic(n, sp.Rational(1, 2)),
        sp.zeta(sp.Rational(3, 2), n),
        sp.harmonic(n + sp.Rational(1, 2)),
        sp.harmonic(sp.sqrt(n)),
        sp.polygamma(0, n / 3),
        sp.zeta(n + 1, 2),
    ],
    ids=str,
)
def test_no_special_function_crashes(factor: sp.Expr) -> None:
    for lower in (False, True):
        verdict = check_bound(LAWS["accumulate"], ONE_FIT * (factor + 1), lower=lower)
        assert verdict.verdict in {"proved", "refuted", "undecided"}


@pytest.mark.parametrize("factor", thinned([sp.zeta(n + 1, 2), sp.harmonic(n, sp.Rational(3, 2))], every=2), ids=str)
def test_families_with_special_functions_do_not_crash(factor: sp.Expr) -> None:
    assert tightest(LAWS["accumulate"], ONE_FIT * (factor + 3)).verdict in {"tightest", "undecided"}


def test_a_law_with_a_pole_is_never_proved() -> None:
    # (n^2 - 10^10)/(n - 10^5) is n + 10^5 but at n = 10^5
    pole = Statement((n**2 - sp.Integer(10) ** 10) / (n - 10**5), Domain(()))
    assert not isinstance(judge(pole, "n+10**5"), Proved)
    with pytest.raises(ValueError, match="the law is not real at n = 3 "):
        judge(Statement(1 / (n - 3), Domain(())), "n")


def test_a_law_without_a_formula_is_judged_by_its_gains() -> None:
    law = theory.linear.test_error(SlidingWindow(3), design="fixed")
    refuted = check_bound(law, f"2*{s}")
    assert isinstance(refuted, Refuted)
    gains = law.gain(int(refuted.counterexample["n"]))
    assert gains[-1] > 2 >= gains[-2]
    assert isinstance(check_bound(law, f"n*{s}"), Proved)  # in parts
    assert isinstance(tightest(law), Undecided)
    long = theory.linear.test_error(SlidingWindow(9), design="fixed")  # longer ones have no strip either
    assert isinstance(check_bound(long, f"n*{s}"), Undecided)


def test_a_bound_too_large_to_be_multiplied_out_ends_soon() -> None:
    hard = f"(T+d+n+1)**64*(1+1/(T+d)+1/(T+n)+sqrt(T+n+log(T*d+n)))**63*(sqrt(T)-sqrt(T-1))**33*{s}"
    found = check_bound(LAWS["accumulate fresh"], hard)
    assert isinstance(found, Undecided)
    assert any("multiplied out the bound may have" in line for line in found.tried)


def test_command_line(capsys: pytest.CaptureFixture[str]) -> None:
    def judge(*arguments: str) -> dict:
        assert main(["check-bound", "accumulate", *arguments, "--design", "fixed", "--json"]) == 0
        return json.loads(capsys.readouterr().out)

    proved = judge(f"pi**2/6*{s}")
    assert (proved["verdict"], proved["counterexample"], proved["exact"]) == ("proved", None, True)
    assert proved["certificate"]
    refuted = judge("2*d/T", "--domain", "T >= 10")
    assert (refuted["verdict"], refuted["certificate"]) == ("refuted", None)
    assert refuted["counterexample"].keys() == {"T", "d", "n", "sigma"}
    assert not proved["asymptotic"]
    limit = judge("2*sigma**2*d/T", "--asymptotic")  # false at T = 3 alone
    assert (limit["verdict"], limit["asymptotic"]) == ("proved", True)
    assert limit["certificate"][0].startswith("in the limit: ")
    assert judge("(T+d)**64*(T-1/d)**63-(n+1)**9", "--time-limit", "1")["verdict"] in {"proved", "refuted", "undecided"}


@pytest.mark.parametrize("bound", ["x", "1/(n-3)", "__import__('os')", "sqrt(d-2)"])
def test_command_line_mistakes_are_one_line(bound: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["check-bound", "accumulate", bound, "--design", "fixed"]) == 2
    output, error = capsys.readouterr()
    assert output == ""
    assert error.count("\n") == 1
    assert "the bound" in error


SUBSAMPLE_LIMIT = f"(3*pi**2/6-2)*{s}"


def test_a_law_that_is_not_exact_is_judged_in_the_limit_alone(capsys: pytest.CaptureFixture[str]) -> None:
    # At T = 6, d = 2 simulation exceeds this bound, to which the gain rises.
    law = LAWS["subsample"]
    for asked in (check_bound, tightest):
        with pytest.raises(ValueError, match="large-T, not exact at finite T; .*asymptotic=True"):
            asked(law, SUBSAMPLE_LIMIT)
    command = ["check-bound", "accumulate-subsample", SUBSAMPLE_LIMIT, "--design", "fresh"]
    assert main(command) == 2
    output, error = capsys.readouterr()
    assert (output, error.count("\n")) == ("", 1)
    assert "--asymptotic" in error
    assert main([*command, "--asymptotic"]) == 0
    assert "proved in the limit T -> oo" in capsys.readouterr().out


@pytest.mark.parametrize(
    ("bound", "verdict"),
    [
        (SUBSAMPLE_LIMIT, "proved"),
        ("(3*pi**2/6-2)*sigma**2*d/T", "proved"),  # finite T does not matter
        ("(3*pi**2/6-2)*sigma**2*d*(T-n)/(T+d)**2", "proved"),
        ("(3*pi**2/6-2)*sigma**2*d*(T-n)/(1.001*T+d)**2", "refuted"),
        ("10*sigma**2*d/T**2", "refuted"),  # 0
        ("(3*harmonic(n,2)-2)*sigma**2*d/(T-7)", "proved"),  # equal
        ("(3*harmonic(n,2)-2-1/10**9)*sigma**2*d/(T-7)", "refuted"),
    ],
)
def test_limits_of_bounds(bound: str, verdict: str) -> None:
    found = check_bound(LAWS["subsample"], bound, asymptotic=True)
    assert found.verdict == verdict
    assert found.asymptotic
    assert found.counterexample is None or found.counterexample.keys() == {"n"}


@pytest.mark.parametrize(
    ("bound", "why"),
    [
        ("sigma**2*d*log(T)/T", "no limit"),
        ("sigma**2*d", "no limit"),
        ("sigma**2*(d+1)/T", "times a function of n"),
        ("sigma*d/T", "times a function of n"),
        ("sigma**2*d*Sum(1/(i*T-d-1),(i,1,n))", "no limit"),
        ("sigma**2*d*(n**2-25)/(n-5)/T", "not real at n = 5 "),
        ("sigma**2*d*(T+1)**n/T**(n+1)", "no limit"),
    ],
)
def test_bounds_without_a_limit_are_refused(bound: str, why: str) -> None:
    with pytest.raises(ValueError, match=why):
        check_bound(LAWS["subsample"], f"3*({bound})", asymptotic=True)


def test_a_gain_without_a_formula_is_judged_in_the_limit_too() -> None:
    law = theory.linear.test_error(SlidingWindow(3), design="fresh")
    refuted = check_bound(law, f"2*{s}", domain="n >= 2", asymptotic=True)
    assert isinstance(refuted, Refuted)
    assert law.gain(int(refuted.counterexample["n"]))[-1] > 2


def test_no_proof_survives_a_random_point() -> None:
    """Random bounds around the laws' own shapes: what is proved holds at random points, by mpmath's own functions."""
    rng = random.Random(20240401)
    verdicts = []
    for _ in range(14):
        name = rng.choice(list(LAWS))
        shape = rng.choice(
            ["{a}", "{a}+{b}*log(n)", "{a}*n**({c}/2)", "{a}+{b}*n", "{a}-{b}/(n+{c})", "{a}+{b}*(1/2)**n"]
        )
        scale = rng.choice([s, s, "sigma**2*d/T", "sigma**2*d/(T-d)", "sigma**2*(d+1)/(T-d-1)"])
        shape = shape.format(a=rng.randint(1, 30) / 10, b=rng.randint(1, 12) / 10, c=rng.randint(1, 3))
        bound = f"({shape})*{scale}"
        if not LAWS[name].exact:
            continue
        verdict = check_bound(LAWS[name], bound)
        verdicts.append(verdict.verdict)
        features = rng.randint(1, 50)
        points = [
            {"d": features, "T": features + 2 + rng.choice([0, 0, 1, 7, 1000]), "n": k} for k in (1, 2, 3, 5, 30, 10**4)
        ]
        for point in points if isinstance(verdict, Proved) else []:
            gap = _plain(_read(bound), point) - _known(LAWS[name], point)  # may be 0, up to rounding
            assert gap >= -(mpmath.mpf(10) ** -50), bound
    assert verdicts.count("undecided") <= 2
    assert verdicts.count("proved") >= 2
    assert verdicts.count("refuted") >= 2
