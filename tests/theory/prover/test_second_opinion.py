"""False "proofs" are planted, and the second opinion sees them; values agree with mpmath's."""

import json
import math
import random
import re
from fractions import Fraction

import flint
import mpmath
import pytest
import sympy as sp
from flint import fmpq

import theory
from theory import Accumulate, Proved, Replace, ReplaceGrowing, SlidingWindow, check_bound
from theory.__main__ import main
from theory.prover import certificate, search
from theory.prover.ball_sums import NoValue, RationalSum
from theory.prover.balls import compiled
from theory.prover.certificate import Case, Certificate
from theory.prover.domain import Domain, Variable
from theory.prover.points import points
from theory.prover.refutation import Search
from theory.prover.region import From
from theory.prover.second_opinion import Contradiction, SecondOpinion, second_opinion
from theory.symbols import T, i, n
from theory.sympy_types import as_expression
from theory.tasks.regression.symbols import DOMAIN, ONE_FIT as U, d, sigma

REPLACE, ACCUMULATE, GROWING = (
    theory.linear.test_error(workflow, design="fixed").expr for workflow in (Replace(), Accumulate(), ReplaceGrowing())
)
FRESH = theory.linear.test_error(Accumulate(), design="fresh").expr
FRESH_GROWING = theory.linear.test_error(ReplaceGrowing(), design="fresh").expr
WINDOW = theory.linear.test_error(SlidingWindow(2), design="fixed").expr
PERCENT, TEN_THOUSANDTH = sp.Rational(1, 100), sp.Rational(1, 10_000)
BASEL = sp.pi**2 / 6

TRUE = {
    "sharp": (ACCUMULATE, BASEL * U),
    "sharp, fresh": (FRESH, BASEL * U),
    "equal": (REPLACE, n * U),
    "its own expression": (FRESH, FRESH),
    "logarithm": (GROWING, (1 + sp.log(n)) * U),
    "digamma": (GROWING, (sp.polygamma(0, n + 1) + sp.EulerGamma) * U),
    "trigamma": (ACCUMULATE, (BASEL - sp.polygamma(1, n + 1)) * U),
    "root": (GROWING, 2 * sp.sqrt(n) * U),
    "exponential": (REPLACE, sp.exp(n - 1) * U),
    "power": (REPLACE, 2 ** (n - 1) * U),
    "square": (REPLACE, (n**2 / sp.Integer(10) ** 9 + sp.Integer(10) ** 9 / 4) * U),
    "sigma": (ACCUMULATE, BASEL * (sigma**4 + 1) / 2 * d / (T - d - 1)),
    "sum": (REPLACE, sp.Sum((i + 1) / i, (i, 1, n)) * U),
    "order 3/2": (ACCUMULATE, (5 - sp.harmonic(n, sp.Rational(3, 2))) * U),
    "zeta": (ACCUMULATE, sp.zeta(1 + 1 / n) * U + BASEL * U),
}

FALSE = {
    "1 % under a sharp constant": (ACCUMULATE, BASEL * (1 - PERCENT) * U),
    "0.01 % under a sharp constant": (ACCUMULATE, BASEL * (1 - TEN_THOUSANDTH) * U),
    "1 % under, fresh: T = d + 2 alone is near": (FRESH, FRESH * (1 - PERCENT)),
    "0.01 % under a sharp constant, fresh, at T -> oo": (FRESH, BASEL * (1 - TEN_THOUSANDTH) * U),
    "0.01 % under the logarithm and gamma": (GROWING, (sp.log(n) + sp.EulerGamma * (1 - TEN_THOUSANDTH)) * U),
    "only n = 1": (REPLACE, (n - sp.Rational(1, 10**6) / n**20) * U),
    "only n = 2": (REPLACE, (n + (n - sp.Rational(3, 2)) * (n - sp.Rational(5, 2)) / 10**3) * U),
    "beyond n = 10^6": (REPLACE, (n + 1 - n / sp.Integer(10) ** 6) * U),
    "beyond n = 10^12": (REPLACE, (n + 1 - n / sp.Integer(10) ** 12) * U),
    "beyond n = 10^20, in a logarithm": (GROWING, (50 + sp.log(n) / 100) * U),
    "slope": (WINDOW, (n * (sp.Rational(4, 9) - TEN_THOUSANDTH) + 10) * U),
    "only T = d + 2": (REPLACE, n * U * (1 + (T - d - sp.Rational(5, 2)) / 10**6)),
    "only T = d + 2 and d = 1": (REPLACE, n * U * (1 + (T + d - sp.Rational(9, 2)) / 10**6)),
    "only d = T/2": (REPLACE, n * U * (sp.Rational(999, 1000) + (T - 2 * d) ** 2 / sp.Integer(4))),
    "d near T/2": (REPLACE, n * U * (sp.Rational(99, 100) + (1 - 2 * d / T) ** 2)),
    "d near T": (REPLACE, n * U * (sp.Rational(11, 10) - d / (2 * T))),
    "d > 10^5": (REPLACE, n * U * (1 + 1 / sp.Integer(10) ** 5 - 1 / sp.Integer(10) ** 10 * d)),
    "T > 10^8": (REPLACE, n * U * (1 + 1 / sp.Integer(10) ** 8 - 1 / sp.Integer(10) ** 16 * T)),
    "sigma near 1": (ACCUMULATE, BASEL * (sigma**4 + sp.Rational(99, 100)) / 2 * d / (T - d - 1)),
    "sigma small": (REPLACE, n * d / (T - d - 1) * sigma**2 * (1 - TEN_THOUSANDTH + sigma)),
    "sigma large": (REPLACE, n * d / (T - d - 1) * sigma**2 * (1 - TEN_THOUSANDTH + 1 / sigma)),
    "fresh, the first correction": (FRESH, BASEL * sigma**2 * d / T),
    "fresh growing": (FRESH_GROWING, (sp.log(n) + sp.EulerGamma) * U),
    "a sum of its own": (REPLACE, sp.Sum(1 - 1 / (i + T) ** 2, (i, 1, n)) * U),
    "a root": (GROWING, sp.sqrt(n) * U),
    "an exponential that decays": (REPLACE, (n - sp.exp(-n)) * U),
    "a pole at n = 1000": (REPLACE, U * sp.Sum(i / (i - 1000) - 1000 / (i - 1000), (i, 1, n))),
    "the same pole on both sides": (n * U / (T - 10), n * U / (T - 10)),
    "a pole at T = 10": (REPLACE, n * U * (1 + 1 / (T - 10) ** 2)),
    "no logarithm at n = 1": (REPLACE, n * U + sp.log(n - 1) ** 2 * U),
}


@pytest.mark.parametrize("name", TRUE)
def test_true_bounds_are_not_contradicted(name):
    law, bound = TRUE[name]
    opinion = second_opinion(law, bound, DOMAIN)
    assert opinion.points + opinion.unknown == len(points(DOMAIN))
    assert opinion.unknown == 0
    assert str(opinion) == f"no counterexample at {len(points(DOMAIN)):,} points by ball arithmetic"


@pytest.mark.parametrize("name", FALSE)
def test_planted_falsehoods_are_seen(name):
    law, bound = FALSE[name]
    said = re.escape(f"{law} <= {bound} was proved")
    with pytest.raises(Contradiction, match=f"a defect of the prover, please report it: {said}, and at n = "):
        second_opinion(law, bound, DOMAIN)


def test_what_is_unknown_is_counted():
    unheard = sp.Function("unheard")(n)
    opinion = second_opinion(REPLACE, n * U + unheard, DOMAIN)
    assert (opinion.points, opinion.unknown) == (0, len(points(DOMAIN)))
    assert f"({len(points(DOMAIN)):,} more could not be evaluated)" in str(opinion)


def test_limits_are_looked_at_over_n_alone():
    law = sp.harmonic(n, 2)
    assert second_opinion(law, BASEL, Domain(())).points > 2_000
    with pytest.raises(Contradiction, match="n = "):
        second_opinion(law, BASEL * (1 - sp.Rational(1, 10**6)), Domain(()))


def test_points_are_in_the_domain():
    lam = sp.Symbol("lambda", positive=True)
    m, k = sp.symbols("m k", integer=True, positive=True)
    domain = Domain(
        (Variable(k, (sp.Integer(3),)), Variable(m, (2 * k + 1, sp.Integer(9))), Variable(lam, (sp.Rational(1, 3),))),
        least_n=7,
    )
    for point in points(domain):
        assert point[n] >= 7
        assert point[k] >= 3
        assert point[m] >= 2 * point[k] + 1
        assert point[m] >= 9
        assert point[lam] >= fmpq(1, 3)
        assert point[n].q == point[k].q == point[m].q == 1
    assert len(points(domain)) > 2_000


def test_points_reach_corners_boundaries_and_far_out():
    seen = [(int(p[n].p), int(p[T].p), int(p[d].p)) for p in points(DOMAIN)]
    assert {(1, 3, 1), (2, 3, 1), (10**30, 3, 1), (1, 10**6 + 3, 10**6 + 1), (1, 2 * 10**6 + 2, 10**6 + 1)} <= set(seen)
    assert {n_ for n_, *others in seen if others == [3, 1]} >= {1, 2, 3, 4, 5, 7, 10, 20, 50, 100, 10**3, 10**6, 10**12}
    assert {T_ for n_, T_, d_ in seen if (n_, d_) == (1, 1)} >= {3, 4, 5, 6, 12, 32, 102}
    assert {d_ for _, _, d_ in seen} >= {1, 2, 3, 4, 10, 30, 100, 1001, 10**6 + 1}
    assert {point[sigma] for point in points(DOMAIN)} >= {fmpq(1, 2**20), fmpq(2**20), fmpq(1)}
    assert points(DOMAIN) == points(Domain(DOMAIN.variables))


EXPRESSIONS = [
    sp.harmonic(n), sp.harmonic(n + 3, 2), sp.harmonic(n, sp.Rational(5, 2)), sp.harmonic(n - sp.Rational(1, 2)),
    sp.polygamma(0, T / d + n), sp.polygamma(3, n + sp.Rational(1, 3)), sp.polygamma(2, T / d + n),
    sp.zeta(1 + 1 / T), sp.zeta(3, n + 1),
    sp.log(n + d) / (T - d), sp.exp(-n / T) + sp.E, n ** sp.Rational(3, 2) - sp.sqrt(T - d), (1 + 1 / T) ** (n + d),
    n ** sp.Rational(3, 4) + (T + d) ** sp.Rational(-5, 6), (n + 1) ** sp.Rational(1, 3),
    (-sp.Rational(1, 2)) ** n, sp.pi * sp.EulerGamma**2 + sigma, 1 / (n + 1) ** 3 - 2 ** (-n), n**n / T**n,
]  # fmt: skip


def _harmonic(x, p=1):
    return mpmath.zeta(p) - mpmath.zeta(p, x + 1) if p != 1 else mpmath.harmonic(x)


@pytest.mark.parametrize("expression", EXPRESSIONS, ids=str)
def test_values_agree_with_mpmath(expression):
    function = compiled(expression)
    for values in ((1, 3, 1, Fraction(1, 2)), (5, 9, 4, Fraction(3)), (30, 100, 7, Fraction(9, 4))):
        at = dict(zip((n, T, d, sigma), values, strict=True))
        with flint.ctx.workprec(160), mpmath.workprec(200):
            ball = function({x: fmpq(*v.as_integer_ratio()) for x, v in at.items()})
            evaluate = sp.lambdify(list(at), expression, [{"harmonic": _harmonic}, "mpmath"])
            other = evaluate(*(mpmath.mpf(v.numerator) / v.denominator for v in at.values()))
            middle = mpmath.mpf(flint.arb(ball).mid().str(50, radius=False))
            assert mpmath.almosteq(middle, other, rel_eps=mpmath.mpf(10) ** -35)
            assert flint.arb(ball).rad() < flint.arb("1e-30") * (1 + abs(flint.arb(ball)))


def test_values_belong_to_their_point_and_precision():
    function = compiled(sp.log(n) * T)
    two, three = {n: fmpq(2), T: fmpq(3)}, {n: fmpq(3), T: fmpq(3)}
    with flint.ctx.workprec(40):
        rough, other = flint.arb(function(two)), flint.arb(function(three))
    assert not rough.overlaps(other)
    with flint.ctx.workprec(300):
        fine = flint.arb(function(two))
        assert fine.rad() < flint.arb("1e-80") < rough.rad()
        assert rough.contains(fine)


@pytest.mark.parametrize("exponent", [10**5, 10**5 + 1, -(10**5), -(10**5) - 1])  # beyond what is kept exact
def test_large_powers_of_negative_numbers(exponent):
    with flint.ctx.workprec(100):
        ball = compiled((-sp.Rational(3, 2)) ** n)({n: fmpq(exponent)})
        exact = flint.arb(fmpq(3, 2)) ** exponent * (-1) ** (exponent % 2)
        assert flint.arb(ball).overlaps(exact)
        assert not flint.arb(ball).overlaps(-exact)


TERMS = [
    1 / i, 1 / (i * (T * i - d)), (100 * i - T) / (i * T + d) ** 2, i**3 - T, 1 / (i**2 + T * i + d) ** 2,
    (i**4 + 1) / (i**2 + 1), 1 / (2 * i - 1) ** 3, (i - d) / (i**3 - 2) + 1 / (i + 1) ** 2, 1 / (2 * i - 2 * T - 1),
    1 / (2 * i - 9) ** 2 - 1 / (1 + 1 / i),
]  # fmt: skip


@pytest.mark.parametrize("term", TERMS, ids=str)
def test_long_sums_are_the_sums_of_their_terms(term):
    values = {T: fmpq(7), d: fmpq(3)}
    total, one = RationalSum(term, i), compiled(term)
    with flint.ctx.workprec(128):
        for first, last in ((1, 60), (3, 17), (1, 1), (1, 0)):
            added = sum((one({**values, i: fmpq(k)}) for k in range(first, last + 1)), fmpq(0))
            found = total(first, last, values)
            assert found.contains(flint.arb(added)) or found.overlaps(flint.arb(added))
            assert found.rad() < flint.arb("1e-25") * (1 + abs(found))


def test_a_product_of_few_terms_is_exact():
    factor = 1 - d / (T * i + 1)
    found = compiled(as_expression(sp.Product(factor, (i, 1, n))))({T: fmpq(7), d: fmpq(3), n: fmpq(5)})
    assert isinstance(found, fmpq)
    assert Fraction(int(found.p), int(found.q)) == math.prod(1 - Fraction(3, 7 * k + 1) for k in range(1, 6))


def test_poles_of_terms_are_none_that_cancel():
    with pytest.raises(NoValue, match="i = 30"):
        RationalSum(i / (i - 30) - 30 / (i - 30), i)(1, 40, {})
    with pytest.raises(NoValue, match="i = 30"):
        RationalSum(i / (i - 30) - 30 / (i - 30), i)(1, 30, {})
    assert RationalSum(i / (i - 30) - 30 / (i - 30), i)(1, 29, {}) == 29
    with pytest.raises(NoValue, match="i = 30"):
        RationalSum(i / (i - 30) - 30 / (i - 30), i)(30, 70, {})
    assert RationalSum(i / (i - 30) - 30 / (i - 30), i)(31, 70, {}) == 40
    with pytest.raises(NoValue, match="division by zero"):
        RationalSum(1 / (i * (T - 3)), i)(1, 40, {T: fmpq(3)})
    assert not RationalSum(sp.sqrt(i), i).is_rational


def test_a_proof_has_a_second_opinion(capsys):
    law = theory.linear.test_error(Accumulate(), design="fixed")
    verdict = check_bound(law, "sigma**2*d/(T-d-1)*pi**2/6")
    assert isinstance(verdict, Proved)
    assert verdict.second_opinion == SecondOpinion(len(points(DOMAIN)), 0)
    lower = check_bound(law, "sigma**2*d/(T-d-1)", lower=True)
    assert isinstance(lower, Proved)
    assert lower.second_opinion.points > 2_000
    arguments = ["check-bound", "accumulate", "--design", "fixed", "sigma**2*d/(T-d-1)*pi**2/6"]
    assert main(arguments) == 0
    assert f"no counterexample at {len(points(DOMAIN)):,} points by ball arithmetic" in capsys.readouterr().out
    assert main([*arguments, "--json"]) == 0
    assert json.loads(capsys.readouterr().out)["second_opinion"] == {"points": len(points(DOMAIN)), "unknown": 0}


@pytest.fixture
def anything_is_proved(monkeypatch):
    """The checker accepts anything, and the search finds it."""
    false = Certificate(DOMAIN, U, (Case("difference", 0, From(1)),))
    monkeypatch.setattr(certificate, "check", lambda *_, **__: None)
    monkeypatch.setattr(search, "find", lambda *_, **__: false)
    monkeypatch.setattr(Search, "small", lambda _: None)
    monkeypatch.setattr(Search, "far", lambda _: None)


@pytest.mark.usefixtures("anything_is_proved")
def test_a_false_proof_is_no_verdict():
    law = theory.linear.test_error(Accumulate(), design="fixed")
    for bound, lower in ((BASEL * (1 - TEN_THOUSANDTH) * U, False), (U + U / sp.Integer(10) ** 9, True)):
        with pytest.raises(Contradiction, match="please report it"):
            check_bound(law, bound, lower=lower)
    with pytest.raises(Contradiction, match="please report it"):
        check_bound(law, (BASEL - TEN_THOUSANDTH) * sigma**2 * d / T, asymptotic=True)


@pytest.mark.usefixtures("anything_is_proved")
@pytest.mark.parametrize("more", [[], ["--json"], ["--latex"], ["--lower"], ["--asymptotic"]], ids=" ".join)
def test_the_command_line_says_so_in_one_line(more, capsys, tmp_path):
    bound = "1.5*sigma^2*d/(T-d-1)" if "--lower" not in more else "1.0001*sigma^2*d/(T-d-1)"
    script = tmp_path / "proof.gp"
    status = main(["check-bound", "accumulate", bound, "--design", "fixed", "--export", str(script), *more])
    out, error = capsys.readouterr()
    assert status == 1
    assert out == ""
    assert not script.exists()
    assert error.count("\n") == 1
    assert error.startswith("python -m theory check-bound accumulate: the proof and the second opinion disagree")
    assert "please report it" in error
    assert re.search(r" at n = \d+", error)


def test_random_falsehoods_are_seen():
    """Bounds a little under the law on one side of a random place, by a random part; none is seen that is true."""
    chance, least = random.Random(3), {n: 1, T: 3, d: 1, T - d: 2, T / d: 1, n / T: 0}
    false = 0
    for _ in range(40):
        depth = sp.Rational(1, chance.choice((10**2, 10**3, 10**4)))
        place, turn, up = chance.choice([*least]), chance.choice((1, 2, 3, 10, 10**3, 10**6)), chance.choice((1, 0))
        law = chance.choice((REPLACE, ACCUMULATE, GROWING))
        bound = law * (1 - depth + 2 * depth * (place if up else turn) / (place + turn))
        if up and turn <= least[place]:
            assert second_opinion(law, bound, DOMAIN).unknown == 0
            continue
        with pytest.raises(Contradiction):
            second_opinion(law, bound, DOMAIN)
        false += 1
    assert false > 25


def test_ceilings_and_floors_of_real_variables_are_reached():
    weight = sp.Symbol("w", positive=True)
    domain = Domain((Variable(weight, (), Fraction(1)),))
    values = {point[weight] for point in points(domain)}
    assert max(values) == 1
    assert 0 < min(values) < fmpq(1, 1000)
    with pytest.raises(Contradiction):
        second_opinion(weight, sp.sqrt(weight) - (1 - weight) * weight, domain)
    assert second_opinion(weight, sp.sqrt(weight), domain).unknown == 0


def test_where_there_is_no_value():
    """A root of what is a little under 0, a logarithm of 0, a zeta function at its pole: none is merely unknown."""
    with flint.ctx.workprec(100):
        for expression in (
            sp.sqrt(T - sp.Rational(7, 2)), (T - sp.Rational(7, 2)) ** sp.Rational(1, 3), sp.log(T - 3), sp.zeta(T - 2),
            sp.polygamma(0, T - 3), sp.harmonic(n - 2), 1 / sp.sqrt(T - 3), 1 / (T - 3),
            sp.zeta(T - 2, n),
        ):  # fmt: skip
            with pytest.raises(NoValue):
                compiled(expression)({T: fmpq(3), n: fmpq(1)})
            assert flint.arb(compiled(expression)({T: fmpq(5), n: fmpq(4)})).is_finite()
        below_one = flint.arb(compiled(sp.zeta(1 / n))({n: fmpq(2)}))
        assert below_one.overlaps(flint.arb("-1.4603545088095868128894991525152980125 +/- 1e-37"))  # DLMF 25.6
        assert below_one.rad() < flint.arb("1e-25")


@pytest.mark.parametrize(
    "expression",
    [sp.polygamma(sp.Rational(3, 2), n), sp.polygamma(T / 2, n), sp.polygamma(-T, n), sp.zeta(1001 + n), sp.gamma(n)],
    ids=str,
)
def test_of_orders_and_functions_that_are_not_worked_out_nothing_is_said(expression):
    with flint.ctx.workprec(100):
        assert not flint.arb(compiled(expression)({T: fmpq(3), n: fmpq(4)})).is_finite()
        assert flint.arb(compiled(sp.polygamma(T, n))({T: fmpq(3), n: fmpq(4)})).is_finite()
