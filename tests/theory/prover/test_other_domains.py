"""Bounds over other parameters than regression's. What is true follows from the comment beside it."""

import random
from fractions import Fraction

import pytest
import sympy as sp

from theory.prover.bounds import judge
from theory.prover.certificate import Case, Certificate, check
from theory.prover.domain import Domain, Variable
from theory.prover.least_constant import least_constant
from theory.prover.parsing import parse_bound
from theory.prover.region import From
from theory.prover.statement import Statement
from theory.prover.unsound import Unsound
from theory.prover.verdicts import Proved, Refuted, Tightest
from theory.symbols import T, i, n
from theory.sympy_types import rational, substituted
from theory.tasks.regression.symbols import d

h = sp.Symbol("h", positive=True)
r = sp.Symbol("r", integer=True, positive=True)
ONE, TWO = sp.Integer(1), sp.Integer(2)
SAMPLES = Domain((Variable(T, (ONE,)),))
SHAPE = Domain((Variable(T, (ONE,)), Variable(h)))
LARGE_SHAPE = Domain((Variable(T, (ONE,)), Variable(h, (TWO,))))
DENSITY = Domain((Variable(T, (TWO,)), Variable(d, (ONE,)), Variable(h)))
COUNTS = Domain((Variable(r, (ONE,)),))
PRECISE = Domain((Variable(h), Variable(T, (h + 1,))))

TRUE = [
    # Equality everywhere.
    (SAMPLES, n / T, 1 / T, "n/T"),
    (SAMPLES, n / T, 1 / T, "n"),  # T >= 1
    (SAMPLES, 1 - (1 - 1 / (T + 1)), 1 / T, "1/T"),  # 1/(T + 1)
    (SAMPLES, sp.harmonic(n, 2) / T, 1 / T, "pi**2/6/T"),  # the limit
    (SAMPLES, sp.Sum(1 / (i * T + 1), (i, 1, n)), 1 / T, "harmonic(n)/T"),  # termwise
    (SHAPE, 1 + h**2 * n, ONE, "(1+h**2)*n"),  # 1 <= n
    (SHAPE, n / (T * h), 1 / (T * h), "n/h"),
    (SHAPE, n / (T * h), 1 / (T * h), "n**2/h"),
    (SHAPE, n / (T * h + T), 1 / (T * h), "n/(T*h)"),
    (SHAPE, n / (h**2 + h), 1 / h, "n/h"),  # a denominator that is nowhere zero for h > 0
    (LARGE_SHAPE, 2 * n, ONE, "h*n"),  # h >= 2
    (LARGE_SHAPE, n / (h - 1), ONE, "n"),
    (PRECISE, n * h / T, ONE, "n"),  # T >= h + 1
    (DENSITY, n / (T * h) + n, ONE, "n*(1+d/h)"),
    (COUNTS, n / r, 1 / r, "n"),
    (COUNTS, n / (r + 1), 1 / r, "n/2"),
]
FALSE = [
    (SAMPLES, n / T, 1 / T, "(n-1)/T", "T n"),
    (SAMPLES, n / T, 1 / T, "n/T**2", "T n"),  # T >= 2
    (SAMPLES, n / T, 1 / T, "1000/T", "T n"),  # n > 1000
    (SHAPE, 1 + h**2 * n, ONE, "n+h**2", "T n h"),  # n >= 2, h > 1
    (SHAPE, 1 + h**2 * n, ONE, "(1+h)*n", "T n h"),  # h > 1
    (SHAPE, h * n, h, "10**9*n", "T n h"),  # far out in h
    (SHAPE, n / h, 1 / h, "10**9*n", "T n h"),  # near 0
    (SHAPE, n * h, h, "h*(n-1)", "T n"),  # h drops out
    (LARGE_SHAPE, 2 * n + 1, ONE, "h*n", "T n h"),  # h = 2
    (LARGE_SHAPE, n * h, ONE, "100*n", "T n h"),
    (PRECISE, n * h / T, ONE, "n/2", "T n h"),  # T < 2 h, from h > 1 on
    (DENSITY, n / (T * h) + n, ONE, "n*(1+1/(h*d))", "d T n h"),  # d > T
    (COUNTS, n / r, 1 / r, "n/(r+1)", "r n"),
]


@pytest.mark.parametrize(("domain", "law", "unit", "bound"), TRUE)
def test_true_bounds_are_proved(domain: Domain, law: sp.Expr, unit: sp.Expr, bound: str) -> None:
    verdict = judge(Statement(law, domain, unit), bound)
    assert isinstance(verdict, Proved)
    assert isinstance(verdict.certificate, Certificate)
    check(law, parse_bound(bound, domain.letters), verdict.certificate)


@pytest.mark.parametrize(("domain", "law", "unit", "bound", "shown"), FALSE)
def test_false_bounds_are_refuted_at_a_point(
    domain: Domain, law: sp.Expr, unit: sp.Expr, bound: str, shown: str
) -> None:
    verdict = judge(Statement(law, domain, unit), bound)
    assert isinstance(verdict, Refuted)
    point = verdict.counterexample
    assert list(point) == shown.split()
    values = {symbol: rational(point.get(symbol.name, 1)) for symbol in domain.letters}
    # The domain's own relations, and both sides, by SymPy's substitution alone; what is not shown is 1.
    assert all(relation.subs(list(values.items())) == sp.true for relation in domain.relations())
    assert substituted(law, values) > substituted(parse_bound(bound, domain.letters), values)


def test_unknown_symbols_are_refused_with_the_list_of_the_domain() -> None:
    statement = Statement(n / T, LARGE_SHAPE, 1 / T)
    with pytest.raises(ValueError, match="unknown symbol sigma; use T, h, n, numbers"):
        judge(statement, "sigma**2")
    with pytest.raises(ValueError, match="unknown symbol sigma; the symbols are T, h, n"):
        judge(statement, sp.Symbol("sigma") + 1)


def test_a_bound_that_is_not_real_is_refused_with_a_point() -> None:
    with pytest.raises(ValueError, match="not real at T = 1, n = 1, h = 1 "):
        judge(Statement(n / T, SHAPE), "log(h-1)")


def test_some_parameters_as_numbers() -> None:
    # n/T <= n/4 from T = 4 on; below it is false, at T = 3 first
    for samples, verdict in ((3, Refuted), (4, Proved)):
        fixed = SHAPE.at({T: sp.Integer(samples), h: ONE})
        found = judge(Statement(n / sp.Integer(samples), fixed), "n/4")
        assert isinstance(found, verdict)
        assert not isinstance(found, Refuted) or list(found.counterexample) == ["n"]


def test_a_certificate_with_another_domain_is_refused() -> None:
    law, bound, run = n / h, n / TWO, (Case("difference", 0, From(1)),)
    check(law, bound, Certificate(LARGE_SHAPE, ONE, run))  # h >= 2
    with pytest.raises(Unsound, match="not shown to be >= 0"):  # false for h < 2
        check(law, bound, Certificate(SHAPE, ONE, run))
    with pytest.raises(Unsound, match="h is not of the domain T >= 1, n >= 1"):
        check(law, bound, Certificate(SAMPLES, ONE, run))


def test_a_unit_that_is_not_positive_is_refused() -> None:
    law, bound, run = n / h, n / TWO, (Case("difference", 0, From(1)),)
    # Divided by 2 - h < 0 the false law >= bound would look like the true one.
    for unit in (TWO - h, h - 3, h - 2, sp.Integer(0), -ONE):
        with pytest.raises(Unsound, match="is not shown to be > 0"):
            check(bound, law, Certificate(LARGE_SHAPE, unit, run))


def test_the_least_constant_over_other_parameters() -> None:
    law = sp.harmonic(n, 2) / (T * h)
    found = least_constant(Statement(law, SHAPE, 1 / (T * h), gain=sp.harmonic(n, 2)), 1 / (T * h))
    assert isinstance(found, Tightest)
    assert (found.constant, found.attained) == (sp.pi**2 / 6, False)  # the sum of all 1/i^2


@pytest.mark.slow
def test_no_verdict_is_contradicted_at_random_points() -> None:
    """Random bounds around n h/T: by SymPy's substitution of rational numbers, apart from the code under test."""
    rng = random.Random(20240401)
    verdicts = []
    for _ in range(20):
        domain = rng.choice([SHAPE, LARGE_SHAPE, PRECISE])
        law = n * h / T
        a, b, c = (rng.randint(1, 4) for _ in range(3))
        shapes = ["{a}*n*h/{b}", "n*(h+{a})/T/{b}", "{a}*n*h**2/(T+{b})", "n*h/T+{a}-{b}*h", "{a}*n+{b}/(h*T)-{c}/T"]
        bound = rng.choice(shapes).format(a=a, b=b, c=c)
        verdict = judge(Statement(law, domain), bound)
        verdicts.append(verdict.verdict)
        gap = parse_bound(bound, domain.letters) - law
        for _ in range(30):
            shape = domain.least(h, {}) + Fraction(rng.randint(1, 400), rng.choice([1, 20, 400]))
            samples = domain.least(T, {h: shape}) + rng.choice([0, 0, 1, 7, 1000])
            point = {h: rational(shape), T: rational(samples), n: rng.choice([1, 2, 3, 30, 10**4])}
            assert not isinstance(verdict, Proved) or substituted(gap, point) >= 0, bound
        if isinstance(verdict, Refuted):
            named = {symbol.name: symbol for symbol in domain.letters}
            point = {named[name]: rational(value) for name, value in verdict.counterexample.items()}
            assert substituted(gap, point) < 0, bound
    assert verdicts.count("proved") >= 3
    assert verdicts.count("refuted") >= 3
