"""The checker refuses what does not follow: false bounds, gaps, and certificates changed in any one place."""

import dataclasses
import itertools
from fractions import Fraction

import mpmath
import pytest
import sympy as sp

import theory
from theory import Accumulate, Proved, Replace, ReplaceGrowing, check_bound
from theory.prover.canonical import canonical, difference, partial_sum, step, tail
from theory.prover.certificate import Case, Certificate, check
from theory.prover.enclosure import Enclosure
from theory.prover.lemmas import (
    HarmonicLog,
    Lemma,
    LogBound,
    LogRatio,
    PowerBound,
    RootBound,
    TailBound,
    Telescoping,
    Termwise,
    ZetaTail,
)
from theory.prover.parsing import parse_bound
from theory.prover.region import From, Only, Region, RootFrom
from theory.prover.splits import Split
from theory.prover.unsound import Unsound
from theory.symbols import T, i, n
from theory.sympy_types import rational
from theory.tasks.regression.symbols import DOMAIN, ONE_FIT, d, sigma

ACCUMULATE = theory.linear.test_error(Accumulate(), design="fresh")
GROWING = theory.linear.test_error(ReplaceGrowing(), design="fixed")
REPLACE = theory.linear.test_error(Replace(), design="fixed")
s = "sigma**2*d/(T-d-1)"
REGION = Region(DOMAIN.cells()[0], From(2))
CASES = {
    "limit": (ACCUMULATE, f"pi**2/6*{s}"),
    "logarithm": (GROWING, f"(1+log(n))*{s}"),
    "root": (GROWING, f"2*sqrt(n)*{s}"),
    "split": (REPLACE, f"(n*log(n)+1)*{s}"),
}


def _certificate(*cases: Case) -> Certificate:
    return Certificate(DOMAIN, ONE_FIT, cases)


def _with(certificate: Certificate, *cases: Case) -> Certificate:
    return dataclasses.replace(certificate, cases=cases)


@pytest.fixture(params=CASES)
def proved(request: pytest.FixtureRequest) -> tuple[sp.Expr, sp.Expr, Certificate]:
    law, text = CASES[request.param]
    verdict = check_bound(law, text)
    assert isinstance(verdict, Proved)
    assert isinstance(verdict.certificate, Certificate)
    return law.expr, parse_bound(text, DOMAIN.letters), verdict.certificate


@pytest.mark.parametrize("odd", [tail(i**-2), sp.Sum(i**-2, (i, 2, n)), sp.Sum(1 / (i + n), (i, 1, n))], ids=str)
def test_sums_of_other_ranges_are_refused(odd: sp.Expr) -> None:
    """A tail in a law or a bound too, which proofs use inside."""
    for sides in ((sp.S.Zero, odd), (-odd, sp.S.Zero)):
        with pytest.raises(Unsound, match="has a sum or product that is not over i = 1..n"):
            check(*sides, Certificate(DOMAIN, sp.S.One, (Case("difference", 0, From(1)),)))


def test_a_certificate_serves_its_own_bound_alone(proved: tuple[sp.Expr, sp.Expr, Certificate]) -> None:
    law, bound, certificate = proved
    check(law, bound, certificate)
    assert len(certificate.steps()) == len(certificate.cases)
    with pytest.raises(Unsound):
        check(law, bound * sp.Rational(3, 5), certificate)
    with pytest.raises(Unsound):
        check(2 * law, bound, certificate)


def test_every_case_is_needed(proved: tuple[sp.Expr, sp.Expr, Certificate]) -> None:
    law, bound, certificate = proved
    for left_out in range(len(certificate.cases)):
        cases = certificate.cases[:left_out] + certificate.cases[left_out + 1 :]
        with pytest.raises(Unsound, match="is in no case|no run reaches"):
            check(law, bound, _with(certificate, *cases))


def test_lemmas_cannot_be_left_out_or_turned(proved: tuple[sp.Expr, sp.Expr, Certificate]) -> None:
    law, bound, certificate = proved
    *before, last = certificate.cases
    for left_out in range(len(last.lemmas)):
        lemmas = last.lemmas[:left_out] + last.lemmas[left_out + 1 :]
        with pytest.raises(Unsound):
            check(law, bound, _with(certificate, *before, dataclasses.replace(last, lemmas=lemmas)))
        lemma = last.lemmas[left_out]
        if isinstance(lemma, (TailBound, LogRatio, LogBound, RootBound, PowerBound)):  # from below or above
            lemmas = (
                *last.lemmas[:left_out],
                dataclasses.replace(lemma, below=not lemma.below),
                *last.lemmas[left_out + 1 :],
            )
            with pytest.raises(Unsound):
                check(law, bound, _with(certificate, *before, dataclasses.replace(last, lemmas=lemmas)))


def test_a_run_that_starts_late_or_skips_leaves_a_gap() -> None:
    law, bound = REPLACE.expr, parse_bound(f"n**2*{s}", DOMAIN.letters)
    check(law, bound, _certificate(Case("difference", 0, From(1))))
    for runs in ([From(2)], [From(1, 2)], [From(1, 2), From(3, 2)], [Only(1), Only(2)], [RootFrom(2, 2)], []):
        cases = tuple(Case("difference", 0, run) for run in runs)
        with pytest.raises(Unsound, match="is in no case|no run reaches"):
            check(law, bound, _certificate(*cases))


def test_induction_needs_its_first_case() -> None:
    law, bound = REPLACE.expr, parse_bound(f"n**2*{s}", DOMAIN.letters)
    induction = Case("step", 0, From(1))
    check(law, bound, _certificate(Case("difference", 0, Only(1)), induction))
    with pytest.raises(Unsound, match="no run reaches"):
        check(law, bound, _certificate(induction))
    with pytest.raises(Unsound, match="not shown to be >= 0"):
        check(law, bound - ONE_FIT, _certificate(Case("difference", 0, Only(1)), induction))


def test_every_cell_is_needed() -> None:
    domain = DOMAIN.narrowed("T >= 100")
    law, bound = REPLACE.expr, parse_bound("n*sigma**2*d", DOMAIN.letters)
    cases = tuple(Case("difference", cell, From(1)) for cell in range(2))
    check(law, bound, Certificate(domain, ONE_FIT, cases))
    for case in cases:
        with pytest.raises(Unsound, match="no run reaches"):
            check(law, bound, Certificate(domain, ONE_FIT, (case,)))


def test_strictness() -> None:
    certificate = _certificate(Case("difference", 0, From(1)))
    law = REPLACE.expr
    check(law, law + ONE_FIT, certificate, strictly=True)
    check(law, law, certificate)
    with pytest.raises(Unsound, match="> 0"):
        check(law, law, certificate, strictly=True)


def test_only_what_has_no_n_is_reduced() -> None:
    """Denominators in n stay as the user wrote them."""
    unreduced = n / (n**2 + n)
    assert difference(sp.S.Zero, unreduced * ONE_FIT, ONE_FIT) == unreduced
    assert difference(sp.S.Zero, sp.sqrt(T) * ONE_FIT / d, ONE_FIT) == sp.sqrt(T) / d


def test_steps_say_which_variables_may_be_zero() -> None:
    cases = (Case("difference", 0, From(3)), Case("step", 1, Only(2), (ZetaTail(2),)))
    certificate = Certificate(DOMAIN, ONE_FIT, cases, splits=(Split(0, sigma, rational(Fraction(5))),))
    assert certificate.steps() == [
        "bound - law >= 0 for n = m + 3, d = v + 1, T = u + v + 3, sigma = 5*sigma/(sigma + 1), u, v, m >= 0; "
        "all coefficients >= 0",
        "bound - law does not fall from n to n + 1 for n = 2, d = v + 1, T = u + v + 3, sigma = sigma' + 5, "
        "u, v, sigma', m >= 0; ZetaTail(p=2); all coefficients >= 0",
    ]
    below = dataclasses.replace(certificate, lower=True, asymptotic=True)
    assert below.steps()[0].startswith("in the limit: law - bound >= 0 for n = m + 3")


@pytest.mark.parametrize(
    ("lemma", "expression"),
    [
        (ZetaTail(1), sp.harmonic(n)),
        (TailBound(1 / i**2, 1 / n, below=True), tail(1 / i**2)),
        (TailBound(1 / i**2, 1 / (n + 1), below=False), tail(1 / i**2)),
        (TailBound(1 / i**2, 1 / n + 1, below=False), tail(1 / i**2)),  # does not vanish
        (TailBound(1 / i, sp.S.One * 5, below=False), tail(1 / i)),
        (Termwise(1 / i**2, 1 / i), partial_sum(1 / i**2)),
        (Termwise(1 / (i * T - d - 1), 1 / (i * (T - d - 1))), partial_sum(1 / (i * T - d - 1))),
        (Termwise(1 / i**3, 1 / i**2, first=2), partial_sum(1 / i**3)),
        (Termwise(1 / i**2, 1 / i**2, first=3), partial_sum(1 / i**2)),
        (Telescoping(1 / i**2, n), partial_sum(1 / i**2)),
        (HarmonicLog(n - 5, 1), sp.harmonic(n - 5)),
        (LogRatio(n, n - 3, below=True), sp.log(n)),
        (PowerBound(2**n, below=False), 2**n),
        (PowerBound((-sp.Rational(1, 2)) ** n, below=True), (-sp.Rational(1, 2)) ** n),
        (PowerBound(2 ** (n**2), below=True), 2 ** (n**2)),
        (LogRatio(n, T, below=True), sp.log(n)),
        (LogBound(n, sp.Integer(3), 1, below=True), sp.log(n)),
        (LogBound(n, sp.Integer(0), 1, below=False), sp.log(n)),
        (RootBound(n, rational(Fraction(1, 2)), sp.Integer(2), below=True, flat=True), sp.sqrt(n)),
        (RootBound(n, rational(Fraction(3, 2)), sp.Integer(1), below=True), n ** sp.Rational(3, 2)),
        (RootBound(n - 4, rational(Fraction(1, 2)), sp.Integer(1), below=True), sp.sqrt(n - 4)),
    ],
    ids=repr,
)
def test_lemmas_refuse_where_their_condition_fails(lemma: Lemma, expression: sp.Expr) -> None:
    with pytest.raises(Unsound, match="needs"):
        lemma.apply(expression, REGION)


@pytest.mark.parametrize(
    ("lemma", "expression"),
    [
        (HarmonicLog(n, 0), sp.harmonic(n)),
        (HarmonicLog(n + 1, 1), sp.harmonic(n + 1)),
        (HarmonicLog(n, 2), sp.harmonic(n)),
        (HarmonicLog(2 * n, 3), sp.harmonic(2 * n)),
        *((PowerBound(sp.Rational(1, 3) ** (n - 1), below=b), sp.Rational(1, 3) ** (n - 1)) for b in (True, False)),
        (PowerBound(2 ** (n + 1), below=True), 2 ** (n + 1)),
        (LogRatio(n + 1, n, below=True), sp.log(n + 1)),
        (LogRatio(n + 1, n, below=False), sp.log(n + 1)),
        (LogRatio(n - 1, n, below=True), sp.log(n - 1)),
        (LogRatio(n - 1, n, below=False), sp.log(n - 1)),
        (LogBound(n, sp.Integer(2), 1, below=True), sp.log(n)),
        (LogBound(n, sp.Integer(5), 1, below=False), sp.log(n)),
        (LogBound(n, sp.Integer(2), 3, below=False), sp.log(n)),
        *(
            (RootBound(n, rational(Fraction(1, q)), sp.Integer(c), below=b), n ** sp.Rational(1, q))
            for q in (2, 3)
            for c in (1, 4)
            for b in (True, False)
        ),
        (RootBound(n, rational(Fraction(1, 2)), sp.Integer(1), below=True, flat=True), sp.sqrt(n)),
    ],
    ids=repr,
)
def test_lemmas_are_true(lemma: Lemma, expression: sp.Expr) -> None:
    """The variable y that makes the replacement exact is not negative: at many points, by mpmath."""
    replaced = lemma.apply(expression, REGION)
    (y,) = (symbol for symbol in replaced.free_symbols if isinstance(symbol, sp.Dummy))
    (value,) = sp.solve(replaced - expression, y)
    with mpmath.workdps(60):
        function = sp.lambdify(n, value.rewrite(sp.polygamma), "mpmath")
        for k in (*range(2, 40), 1000, 10**6):
            assert function(mpmath.mpf(k)) >= -(mpmath.mpf(10) ** -50)


@pytest.mark.parametrize(
    ("expression", "shown"),
    [
        (T - d - 2, True),
        (T - d - 3, False),
        (n - sp.pi / 2, True),
        (n - sp.pi, False),
        (2 - sp.Rational(1, 2) ** n, True),
        (sp.Rational(1, 4) - sp.Rational(1, 2) ** n, True),
        (sp.Rational(1, 5) - sp.Rational(1, 2) ** n, False),
        (2**n - n, True),
        (1 / (T - d - 2), False),  # a pole in the region
        (-1 / (d - 2 * T), True),
        (sp.log(2) - sp.Rational(1, 2), True),
        (sp.sqrt(n), False),  # no lemma was applied
        (sp.log(4) - 2 * sp.log(2), True),
        (sp.sqrt(2) * sp.log(3) - sp.Rational(3, 2), True),
        (sigma + n, True),
        (1 / sigma, True),
    ],
)
def test_coefficients(expression: sp.Expr, *, shown: bool) -> None:
    assert REGION.is_nonnegative(expression) is shown


def test_cells_reach_every_point_of_the_domain() -> None:
    domain = DOMAIN.narrowed(["T >= 100", "T >= 3*d/2", "d > 2", "n >= 3"])
    assert (domain.least(d, {}), domain.least_n) == (3, 3)
    for features, more in itertools.product((3, 4, 50, 66, 67, 97, 98, 99, 200), (0, 1, 40)):
        samples = max(100, features + 2, -(-3 * features // 2)) + more
        assert domain.least(T, {d: Fraction(features)}) == samples - more
        solutions = [sp.solve([cell[d] - features, cell[T] - samples], dict=True) for cell in domain.cells()]
        assert any(all(value >= 0 for value in solution.values()) for found in solutions for solution in found)


@pytest.mark.parametrize("p", [1, 2, 3])
def test_harmonic_numbers_begin_at_n(p: int) -> None:
    def harmonic(x: sp.Expr) -> sp.Expr:
        return sp.harmonic(x, p) if p > 1 else sp.harmonic(x)

    assert canonical(harmonic(n + 2)) - (harmonic(n) + (n + 1) ** -p + (n + 2) ** -p) == 0
    assert canonical(harmonic(n - 2)) - (harmonic(n) - n**-p - (n - 1) ** -p) == 0


def test_the_canonical_form_is_equal_at_every_point() -> None:
    texts = [
        "digamma(n+1-(d+1)/T)-digamma(1-(d+1)/T)",
        "polygamma(1,n+2)",
        "digamma(2*n)",
        "harmonic(n+3,2)-harmonic(n-1)",
        "polygamma(2,n+d/T)-polygamma(2,d/T)",
        "Sum(1/(i+2)**2+i,(i,1,n))",
        "Sum(1/(i*T-d-1)-1/i,(i,1,n))/n",
        "Sum(d/(2*i+T),(i,1,n))-harmonic(n)*3/T",
    ]
    at = {T: Fraction(9), d: Fraction(4), n: Fraction(6), sigma: Fraction(2)}
    later = {**at, n: Fraction(7)}
    enclosure = Enclosure(120)
    for text in texts:
        expression = parse_bound(text, DOMAIN.letters)
        form, growth = canonical(expression), step(canonical(expression))
        value, after = (enclosure.interval(enclosure.value(expression, point)) for point in (at, later))
        assert abs(enclosure.interval(enclosure.value(form, at)) - value) < 1e-25
        assert abs(enclosure.interval(enclosure.value(growth, at)) - (after - value)) < 1e-25


@pytest.mark.parametrize(("order", "x"), [(0, d / T), (1, d / T), (2, d / T), (0, T / 2), (1, T + d / 3)], ids=str)
def test_digamma_functions_are_series(order: int, x: sp.Expr) -> None:
    """Of what does not depend on n: a sum over i = 1..n and what comes after it, at any n."""
    form = canonical(sp.polygamma(order, x))
    assert form.has(sp.Sum)
    for count in (1, 6):
        with mpmath.workdps(30):
            total = mpmath.mpf(sp.N(form.subs({part: 0 for part in form.atoms(sp.Sum)}), 30))
            for part in form.atoms(sp.Sum):
                ((_, _, last),) = part.limits
                term = sp.lambdify(i, part.function.subs({T: 9, d: 4}), "mpmath")
                ends = [1, count] if last == n else [count + 1, mpmath.inf]
                total += form.coeff(part) * mpmath.nsum(term, ends)
            value = sp.lambdify([T, d], x, "mpmath")(mpmath.mpf(9), mpmath.mpf(4))
            assert abs(total - mpmath.polygamma(order, value)) < 1e-15


def test_equal_things_cancel() -> None:
    closed = ACCUMULATE.closed_form()
    assert closed is not None
    assert difference(ACCUMULATE.expr, closed, ONE_FIT) == 0
    assert difference(closed, ACCUMULATE.expr, ONE_FIT) == 0


def test_numbers_that_are_powers_of_e_are_no_polynomials() -> None:
    """e^(7381/2520) as a polynomial in e^(1/2520) has so high a degree that this did not end."""
    unit = sigma**2 * d / (T - d - 1)
    power = sp.exp(sp.Rational(7381, 2520))
    assert difference(unit, power * unit, unit) == power - 1
