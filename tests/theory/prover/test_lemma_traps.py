"""Lemmas on powers, squares and series, splits and stretches: true at points, and refused where a condition fails."""

import itertools
from fractions import Fraction
from functools import cache
from typing import Any

import mpmath
import pytest
import sympy as sp

import theory
from theory import Replace
from theory.prover.canonical import partial_sum
from theory.prover.certificate import Case, Certificate, check
from theory.prover.domain import Domain, Variable
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
from theory.prover.powers import (
    AsExponential,
    Bernoulli,
    ExponentBound,
    ExpTangent,
    Geometric,
    Inside,
    InsideRoot,
    PowerRatio,
    Square,
)
from theory.prover.region import Between, From, Only, Region
from theory.prover.series import HarmonicPower, HarmonicRises, SeriesTail, ZetaBound, partial_fractions
from theory.prover.splits import Cell, Split, refined, variables
from theory.prover.unsound import Unsound
from theory.symbols import T, i, n
from theory.sympy_types import added, as_expression, at, coefficient, parts, rational, substituted, summand, symbols
from theory.tasks.regression.symbols import DOMAIN, ONE_FIT, d, sigma

w = sp.Symbol("w", positive=True)
WEIGHTS = Domain((Variable(w, (), Fraction(1)),))
REGION = Region(DOMAIN.cells()[0], From(2))
WEIGHT_REGION = Region(WEIGHTS.cells()[0], From(1))
HALF, MINUS_HALF, THREE_HALVES, TWO, THIRD = (
    rational(Fraction(number)) for number in ("1/2", "-1/2", "3/2", "2", "1/3")
)
u, v = DOMAIN.slacks[T], DOMAIN.slacks[d]
POINTS = [
    {T: Fraction(features + 2 + ahead), d: Fraction(features), sigma: noise, n: Fraction(k), w: weight}
    for features, ahead, noise, k, weight in itertools.product(
        (1, 7), (0, 30), (Fraction(1, 5), Fraction(3)), (2, 3, 40), (Fraction(1, 9), Fraction(1))
    )
]

ROOT, LEAST = sp.sqrt(d + sp.log(n)), LogBound(n, TWO, 1, True)
LOG, TINY = sp.sqrt(sp.log(n)), rational(Fraction(1, 10_000))
CUBE = (n * sp.log(T) + d * sp.log(n)) ** THIRD

TRUE: list[tuple[Lemma, sp.Expr, Region]] = [
    *((ExpTangent(sp.exp(sigma**2 - 1), sp.Integer(c), True), sp.exp(sigma**2 - 1), REGION) for c in (-1, 0, 3)),
    (ExpTangent(sp.Rational(101, 100) ** n, sp.Integer(30), True), sp.Rational(101, 100) ** n, REGION),
    (ExpTangent(HALF**n, sp.Integer(4), True), HALF**n, REGION),
    (ExpTangent(HALF**n, sp.Integer(1), False), HALF**n, REGION),
    (ExpTangent(sp.exp(1 / n), sp.S.Zero, False), sp.exp(1 / n), REGION),
    *((ExponentBound(n**n, sp.Integer(c), True), n**n, REGION) for c in (0, 1, 2)),
    (ExponentBound(n ** (1 / n), sp.S.One, False), n ** (1 / n), REGION),
    (ExponentBound((d / T) ** n, sp.S.One, False), (d / T) ** n, REGION),
    (ExponentBound((1 - w) ** n, sp.S.One, False), (1 - w) ** n, WEIGHT_REGION),
    (ExponentBound(n ** rational(Fraction(1001, 1000)), sp.S.One, True), n ** rational(Fraction(1001, 1000)), REGION),
    (Bernoulli(sigma, n, sp.S.One, True), sigma**n, REGION),
    (Bernoulli(sigma, n, 2 * sp.S.One, True), sigma**n, REGION),
    (Bernoulli(sigma, 1 / n, sp.S.One, False), sigma ** (1 / n), REGION),
    (Bernoulli(1 + d, n, T, True), (1 + d) ** n, REGION),
    (Bernoulli((w - 1) ** 2, n - 1, sp.S.One, True), (w - 1) ** (2 * n - 2), Region(WEIGHT_REGION.cell, From(2))),
    (Geometric(HALF**n, THIRD, 2, True), HALF**n, REGION),
    (Geometric(sp.exp(-n), rational(Fraction(1, 4)), 1, True), sp.exp(-n), REGION),
    (Geometric(3 ** (1 - n), HALF, 2, False), 3 ** (1 - n), REGION),
    (Geometric(2 ** (2 * n + 5), sp.Integer(3), 2, True), 2 ** (2 * n + 5), REGION),
    (Geometric((1 + d) ** n, sp.Integer(2), 2, True), (1 + d) ** n, REGION),
    (PowerBound(((1 - w) ** 2) ** (n - 1), False), ((1 - w) ** 2) ** (n - 1), WEIGHT_REGION),
    (PowerBound(((1 - w) ** 2) ** (n - 1), True), ((1 - w) ** 2) ** (n - 1), WEIGHT_REGION),
    (PowerBound((1 + w) ** n, True), (1 + w) ** n, WEIGHT_REGION),
    (Inside(sp.exp(sp.harmonic(n)), HarmonicLog(n, 1)), sp.exp(sp.harmonic(n)), REGION),
    (Inside(2 ** (d * sp.harmonic(n)), HarmonicLog(n, 2)), 2 ** (d * sp.harmonic(n)), REGION),
    *((AsExponential((1 - 1 / T) ** n, below), (1 - 1 / T) ** n, REGION) for below in (True, False)),
    *((AsExponential(sigma ** (n - 2), below), sigma ** (n - 2), REGION) for below in (True, False)),
    (InsideRoot(ROOT, LEAST), ROOT, REGION),
    *((InsideRoot(ROOT, LogBound(n, TWO, k, False), LEAST), ROOT, REGION) for k in (1, 3)),
    (InsideRoot(ROOT**5, LogBound(n, TWO, 1, False), LEAST), ROOT**5, REGION),
    (
        InsideRoot(sp.sqrt(sp.harmonic(n)), HarmonicRises(n, TWO, sp.S.One, True)),
        sp.sqrt(sp.harmonic(n)),
        REGION,
    ),
    (Inside(3**ROOT, InsideRoot(ROOT, LEAST)), 3**ROOT, REGION),
    (InsideRoot(sp.sqrt(n + LOG), InsideRoot(LOG, LEAST)), sp.sqrt(n + LOG), REGION),
    *((HarmonicRises(2 * n, n, p, True), sp.harmonic(2 * n, p), REGION) for p in (TWO, HALF)),
    (HarmonicRises(n + d, sp.S.Zero, sp.S.One, True), sp.harmonic(n + d), REGION),
    (HarmonicRises(n, n * T, sp.Integer(3), False), sp.harmonic(n, 3), REGION),
    *(
        (HarmonicPower(p, below, True, 2 * n), sp.harmonic(2 * n, p), REGION)
        for p in (TWO, THREE_HALVES)
        for below in (True, False)
    ),
    (Square(1 / T, T - 2 * d), n, REGION),
    *(
        (HarmonicPower(rational(Fraction(p)), below), sp.harmonic(n, rational(Fraction(p))), REGION)
        for p in ("1/2", "3/2", "5/2")
        for below in (True, False)
    ),
    *(
        (HarmonicPower(rational(Fraction(p)), below, True), sp.harmonic(n, rational(Fraction(p))), REGION)
        for p in ("3/2", "5/2")
        for below in (True, False)
    ),
    *((ZetaBound(1 + 1 / n, below), sp.zeta(1 + 1 / n), REGION) for below in (True, False)),
    *((ZetaBound(1 + d, below), sp.zeta(1 + d), REGION) for below in (True, False)),
    (Telescoping(i**-2, -1 / (n + 1)), partial_sum(i**-2), REGION),
    (Termwise(1 / i, 1 / (i + 1)), partial_sum(1 / i), REGION),
    (Termwise(1 / i, 2 * i**-2, first=2), partial_sum(1 / i), REGION),  # 1 < 2 at i = 1
    *((HarmonicLog(n + d, terms), sp.harmonic(n + d), REGION) for terms in range(5)),
    *((LogRatio(n + d, n, below), sp.log(n + d), REGION) for below in (True, False)),
    *((LogRatio(n, n + d, below), sp.log(n), REGION) for below in (True, False)),
    *((LogBound(sigma, TWO, k, False), sp.log(sigma), REGION) for k in (1, 2, 5)),
    *((RootBound(sigma, HALF, TWO, below), sp.sqrt(sigma), REGION) for below in (True, False)),
    (RootBound(n + 2, HALF, TWO, True, True), sp.sqrt(n + 2), REGION),
    (PowerBound(HALF ** (n - 3), False), HALF ** (n - 3), REGION),
    (PowerBound(2 ** (n - 3), True), 2 ** (n - 3), REGION),
]


#: What SymPy's functions are at a point, beside those of mpmath with the same names.
KNOWN = {
    "harmonic": lambda x, p=1: mpmath.fsum(mpmath.power(j, -p) for j in range(1, int(x) + 1)),
    "zeta": mpmath.zeta,
}


@cache  # the same expression is asked for at many points, unless there is a sum in it
def _compiled(expression: sp.Expr) -> tuple[list[sp.Symbol], Any]:
    letters = sorted(symbols(expression), key=str)
    return letters, sp.lambdify(letters, expression, [KNOWN, "mpmath"])


def _value(expression: sp.Expr, point: dict[sp.Symbol, Fraction]) -> Any:
    terms = range(1, int(point[n]) + 1)
    sums = {total: added(at(summand(total), i, j) for j in terms) for total in parts(expression, sp.Sum)}
    letters, function = _compiled(as_expression(expression.xreplace(sums)))
    return function(*(mpmath.mpf(point[x].numerator) / point[x].denominator for x in letters))


@pytest.mark.parametrize(("lemma", "part", "region"), TRUE, ids=lambda x: str(x)[:60])
def test_lemmas_are_true(lemma: Lemma, part: sp.Expr, region: Region) -> None:
    """By mpmath's own functions the part is on the side that the estimate says."""
    estimate = lemma.estimate(region)
    assert lemma.apply(part, region).atoms(sp.Dummy)
    assert estimate.part in (part, 0)
    with mpmath.workdps(50):
        for point in POINTS:
            gap = _value(estimate.part - estimate.value, point)
            assert (gap if estimate.below else -gap) >= -(mpmath.mpf(10) ** -40), point


#: Where an estimate is the part itself.
TOUCHING: list[tuple[Lemma, dict[sp.Basic, int]]] = [
    *((LogBound(sigma, TWO, k, False), {sigma: 2**k}) for k in (1, 2, 5)),
    (LogBound(sigma, TWO, 1, True), {sigma: 2}),
    *((LogRatio(n + d, n, below), {d: 0, n: 3}) for below in (True, False)),
    *((RootBound(sigma, THIRD, TWO, below), {sigma: 8}) for below in (True, False)),
    (RootBound(n + 2, HALF, TWO, True, True), {n: 2}),
    (PowerBound(HALF ** (n - 3), False), {n: 2}),
    (PowerBound(2 ** (n - 3), True), {n: 2}),
    (ExpTangent(sp.exp(sigma**2 - 1), sp.Integer(3), True), {sigma: 2}),
    (ExpTangent(HALF**n, sp.Integer(4), True), {n: 4}),
    (ExpTangent(HALF**n, sp.Integer(1), False), {n: 1}),
    (ExponentBound(n**n, sp.Integer(2), True), {n: 2}),
    (ExponentBound((d / T) ** n, sp.S.One, False), {n: 1}),
    (Bernoulli(sigma, n, sp.Integer(2), True), {sigma: 2, n: 5}),
    (Bernoulli(sigma, 1 / n, sp.S.One, False), {sigma: 1, n: 5}),
    (Geometric(HALF**n, THIRD, 2, True), {n: 2}),
    (Geometric(3 ** (1 - n), HALF, 2, False), {n: 2}),
    *((AsExponential(sigma ** (n - 2), below), {sigma: 1}) for below in (True, False)),
    *((HarmonicPower(THREE_HALVES, below), {n: 2}) for below in (True, False)),
    (Telescoping(i**-2, -1 / (n + 1)), {n: 2}),
]


@pytest.mark.parametrize(("lemma", "point"), TOUCHING, ids=lambda x: str(x)[:60])
def test_estimates_touch(lemma: Lemma, point: dict[sp.Basic, int]) -> None:
    """At the point of a tangent, or the least n of the region, nothing is given away."""
    estimate = lemma.estimate(REGION)
    assert sp.simplify(substituted(estimate.part - estimate.value, point).doit()) == 0


def test_series_are_their_sums() -> None:
    for term in (1 / (i + HALF) - 1 / i, 1 / (i * (2 * i + 1)), 1 / (i + 1) ** 2 + 3 / i**4, d / (i * (i + 2)) / T):
        lemma = SeriesTail(term)
        (value,) = [lemma.estimate(REGION).value]
        total = value.subs({x: 0 for x in value.atoms(sp.Sum)})
        found = lemma.apply(partial_sum(term), REGION)
        assert found.has(sp.Sum)
        with mpmath.workdps(30):
            function = sp.lambdify(i, term.subs({d: 3, T: 8}), "mpmath")
            direct = mpmath.nsum(lambda k, f=function: f(k), [1, mpmath.inf])
            assert abs(mpmath.mpf(sp.N(total.subs({d: 3, T: 8}), 30)) - direct) < 1e-20


FALSE: list[tuple[Lemma, Region, str]] = [
    (ZetaTail(1), REGION, "a whole number p >= 2"),  # the series diverges
    (ZetaTail(0), REGION, "a whole number p >= 2"),
    (Inside(2 ** (i * sp.log(T)), LogBound(T, TWO, 1, True)), REGION, "without i"),  # one y for every i
    (
        Inside(sp.exp(sp.sqrt(sp.log(sigma) ** 2)), LogBound(sigma, TWO, 1, False)),
        REGION,
        "without _part",
    ),  # |log sigma|
    (InsideRoot(sp.sqrt(i * sp.log(T)), LogBound(T, TWO, 1, True)), REGION, "without i"),
    (InsideRoot(sp.sqrt(sp.log(n) - 1), LEAST), REGION, ">= 0"),  # imaginary at n = 2
    (InsideRoot(sp.sqrt(sp.log(n) - 1), LogBound(n, TWO, 1, False), LEAST), REGION, ">= 0"),
    (InsideRoot(sp.sqrt(3 - sp.log(n)), LEAST), REGION, "to rise"),
    (InsideRoot(sp.sqrt(n + (5 - n) * sp.log(n)), LEAST), REGION, "to rise"),
    (InsideRoot(sp.sqrt(1 + sp.log(n) ** 2), LEAST), REGION, "without _part"),
    (InsideRoot(ROOT, LogBound(n, TWO, 1, False)), REGION, "from below"),  # nothing says that it is real
    (InsideRoot(ROOT, LogBound(n, TWO, 1, False), LogBound(n, TWO, 2, False)), REGION, "from below"),
    (InsideRoot(CUBE, LogBound(n, TWO, 1, False), LogBound(T, TWO, 1, True)), REGION, "two estimates of log.n.; one"),
    # not real where T > e^5, and the least value that is said is of log T, in which it falls
    (
        InsideRoot(sp.sqrt(5 - sp.log(T)), LogBound(n, TWO, 1, False), LogBound(T, TWO, 1, True)),
        REGION,
        "two estimates",
    ),
    (InsideRoot(CUBE, LEAST), REGION, ">= 0"),  # of log T nothing is said
    (InsideRoot((sp.log(n) - 1) ** 2, LEAST), REGION, ">= 0"),  # (log 2 - 1)^2 is more than that at n = 3
    (InsideRoot((d + sp.log(n)) ** 2, LogBound(n, TINY, 1, True), LEAST), REGION, "no other least value"),
    (InsideRoot((d + sp.log(n)) ** 2, LogBound(n, TINY, 1, True)), REGION, ">= 0"),
    (InsideRoot(1 / ROOT, LEAST), REGION, "exponent > 0"),
    (InsideRoot(ROOT ** (2 * sp.sqrt(2)), LEAST), REGION, "exponent > 0"),
    (InsideRoot((1 + sp.log(n)) ** d, LEAST), REGION, "exponent > 0"),
    (InsideRoot(ROOT, LogBound(n, TWO, 1, False), LogBound(n, sp.Integer(3), 1, True)), REGION, ">= 3"),
    (InsideRoot(ROOT, LogBound(n, sp.Integer(3), 1, True)), REGION, ">= 3"),
    (AsExponential((sigma - 1) ** n, True), REGION, "> 0"),
    (AsExponential((1 - w) ** n, False), WEIGHT_REGION, "> 0"),  # 1/b is asked for
    (AsExponential(sigma ** (1 - n), False), REGION, ">= 0"),  # the other way round
    (AsExponential(sigma ** (n - 3), True), REGION, ">= 0"),
    (AsExponential((1 + i) ** n, True), REGION, "without i"),
    (PowerRatio((n - 2) ** n, n), REGION, "> 0"),
    (PowerRatio(n**n, n - 2), REGION, "> 0"),
    (PowerRatio(n**n, -n), REGION, "> 0"),
    (PowerRatio((n + i) ** n, n), REGION, "without i"),
    (PowerRatio(n**n, i), REGION, "without i"),
    (HarmonicRises(n, 2 * n, TWO, True), REGION, ">= 2.n"),
    (HarmonicRises(2 * n, n, TWO, False), REGION, ">= 2.n"),
    (HarmonicRises(n, -HALF, TWO, True), REGION, ">= 0"),
    (HarmonicRises(-1 / n, sp.S.One, TWO, False), REGION, ">= 0"),
    (HarmonicRises(2 * n, n, sp.S.Zero, True), REGION, "order > 0"),  # H_x^(0) = x is the other way round for 1/x
    (HarmonicRises(2 * n, n, MINUS_HALF, True), REGION, "order > 0"),
    (HarmonicRises(2 * n, n, d, True), REGION, "order > 0"),
    (HarmonicRises(n + i, n, TWO, True), REGION, "without i"),
    (HarmonicPower(TWO, True, False, 2 * n), REGION, "the whole series"),  # N is the least n and not the least 2n
    (HarmonicPower(TWO, True, True, n - 2), REGION, "> 0"),
    (HarmonicPower(TWO, True, True, n + i), REGION, "without i"),
    (ExpTangent(sp.exp(n), sp.S.Zero, False), REGION, "> 0"),  # e^t <= 1/(1 - t) for t < 1
    (ExpTangent((d - T) ** n, sp.S.Zero, True), REGION, "> 0"),  # no real power
    (ExpTangent(sp.exp(n), i, True), REGION, "without i"),
    (ExpTangent(sp.exp(n), sp.I, True), REGION, "a real exponent"),
    (ExponentBound(sigma**n, sp.S.One, True), REGION, "on one side of 1"),  # sigma < 1
    (ExponentBound(n**n, sp.Integer(3), True), REGION, "n - 3 >= 0"),
    (ExponentBound(n**n, sp.S.One, False), REGION, "1 - n >= 0"),
    (ExponentBound((d / T) ** n, sp.S.One, True), REGION, ">= 0"),
    (ExponentBound((1 - w) ** (-n), sp.S.Zero, True), WEIGHT_REGION, "-n >= 0"),  # w = 1
    (ExponentBound((1 - w) ** n, sp.Integer(-1), False), WEIGHT_REGION, "-1 >= 0"),
    (ExponentBound((-d / T) ** n, sp.S.One, False), REGION, ">= 0"),
    (Bernoulli(sigma - 1, n, sp.S.One, True), REGION, ">= 0"),
    (Bernoulli(sigma, n, sigma - 1, True), REGION, "> 0"),
    (Bernoulli(sigma, HALF, sp.S.One, True), REGION, ">= 1"),
    (Bernoulli(sigma, n, sp.S.One, False), REGION, "<= 1"),
    (Bernoulli(sigma, -1 / n, sp.S.One, False), REGION, ">= 0"),
    (Bernoulli(sigma, n, i, True), REGION, "without i"),
    (Bernoulli((w - 1) ** 2, n - 1, sp.S.One, True), WEIGHT_REGION, ">= 1"),  # n = 1
    (Bernoulli(w - 1, 2 * n - 2, sp.S.One, True), WEIGHT_REGION, ">= 0"),
    (Geometric(HALF**n, 2 * THIRD, 2, True), REGION, ">= 0"),
    (Geometric(HALF**n, THIRD, 2, False), REGION, ">= 0"),
    (Geometric(HALF**n, THIRD, 3, True), REGION, "n >= 3"),  # at n = 2 the ratio is turned round
    (Geometric(HALF ** (n / 2), THIRD, 2, True), REGION, "linear in n"),
    (Geometric(HALF ** (n * d), THIRD, 2, True), REGION, "linear in n"),
    (Geometric(HALF ** (n**2), THIRD, 2, True), REGION, "linear in n"),
    (Geometric((-HALF) ** n, -2 * THIRD, 2, True), REGION, "> 0"),
    (Geometric(HALF**n, -THIRD, 2, True), REGION, "> 0"),
    (Geometric((sigma - 1) ** n, THIRD, 2, True), REGION, "> 0"),
    (Geometric(HALF**n, 1 / n, 2, False), REGION, "without n"),
    (Geometric((1 + 1 / n) ** n, sp.S.One, 2, True), REGION, "without n"),
    (Geometric(HALF**n, 1 / (1 + i), 2, True), REGION, "without i"),
    (PowerBound((1 + w) ** n, False), WEIGHT_REGION, "growth"),
    (PowerBound((2 * w) ** n, True), WEIGHT_REGION, "on one side of 1"),
    (PowerBound((1 - w) ** (1 - n), True), WEIGHT_REGION, "that rises"),
    (PowerBound((1 - w) ** HALF, True), WEIGHT_REGION, "that rises"),
    (PowerBound((1 - w) ** (n - 2), False), WEIGHT_REGION, "that rises"),  # 0^-1
    (PowerBound((-w) ** n, True), WEIGHT_REGION, ">= 0"),
    (PowerBound((1 / n) ** n, False), REGION, "without n"),
    (PowerBound(HALF ** (n * d), False), REGION, "linear in n"),
    (Inside(sp.exp(-sp.harmonic(n)), HarmonicLog(n, 1)), REGION, "to rise"),
    (Inside(HALF ** sp.harmonic(n), HarmonicLog(n, 1)), REGION, ">= 1"),
    (Inside(sp.exp(sp.harmonic(n) ** 2), HarmonicLog(n, 1)), REGION, "without"),
    (Inside(sp.exp(sp.harmonic(n)), HarmonicLog(n, -1)), REGION, "no less than 0 terms"),
    (Square(1 / (T - d - 3), n - 5), REGION, ">= 0"),
    (Square(-1 / T, n - 5), REGION, ">= 0"),
    (Square(sp.S.One, sp.sqrt(2 - n)), REGION, "a polynomial"),  # its square is negative
    (Square(sp.S.One, sp.I * n), REGION, "a polynomial"),
    (Square(sp.S.One, n * i), REGION, "without i"),
    (SeriesTail(1 / i), REGION, "converges"),
    (SeriesTail(1 / (i * (i + 1)) + 1 / i), REGION, "converges"),
    (SeriesTail(1 / (i - 2) ** 2), REGION, "no pole"),
    (SeriesTail(1 / (i**2 + 1)), REGION, "partial fractions"),
    (SeriesTail(1 / (i * T - d) ** 2), REGION, "partial fractions"),
    (SeriesTail(i**-2 + n / i**3), REGION, "without n"),
    (SeriesTail(1 / i ** sp.Rational(3, 2)), REGION, "rational function"),
    (SeriesTail(sp.S.One), REGION, "partial fractions"),
    (HarmonicPower(sp.S.One, True), REGION, "order"),
    (HarmonicPower(rational(Fraction(-1, 2)), True), REGION, "order"),
    (HarmonicPower(HALF, True, True), REGION, "order"),
    (ZetaBound(2 - 1 / sigma, True), REGION, "> 1"),
    (ZetaBound(sp.S.One, True), REGION, "> 1"),
    (ZetaBound(i + 1, True), REGION, "without i"),
    (ExpTangent(sp.exp(1 / (n - 1)), sp.S.Zero, False), REGION, "> 0"),  # t = 1 at n = 2
    (SeriesTail(1 / (i - 1) ** 2), REGION, "no pole"),
    (SeriesTail(1 / i - 2 / (i + 1)), REGION, "converges"),
    (ZetaBound(1 / n + HALF, True), REGION, "> 1"),  # at the pole for n = 2
    (TailBound(n / i**2, 1 / n, False), REGION, "without n"),
    (TailBound(i**-2, i / n, False), REGION, "without i"),
    (Termwise(n / i**2, sp.S.Zero), REGION, "without n"),
    (Termwise(i**-2, i**-2 - n), REGION, "without n"),
    (Termwise(1 / i, 2 * i**-2), REGION, "for all i >= 1"),  # from i = 2 on alone, as n here
    (Termwise(1 / i, 1 / (i + 1), first=0), REGION, "first to be 1 or 2"),
    (Termwise(1 / (i - 1), sp.S.Zero, first=2), REGION, "at i = 1"),
    (Telescoping(n / i, sp.S.Zero), REGION, "without n"),
    (Telescoping(1 / i, -i), REGION, "without i"),
    (HarmonicLog(n - 2, 1), REGION, "> 0"),
    (HarmonicLog(n + i, 1), REGION, "without i"),
    (LogRatio(n - 2, n, True), REGION, "positive"),
    (LogRatio(n, n - 2, True), REGION, "positive"),
    (LogRatio(n + i, n, True), REGION, "without i"),
    (LogRatio(sigma, sp.S.One, True), REGION, "in one order"),
    (LogBound(n - 2, sp.S.One, 1, False), REGION, "> 0"),
    (LogBound(n, -sp.S.One, 1, True), REGION, "c > 0"),
    (LogBound(n, sp.S.One, -1, False), REGION, "k >= 1"),  # 1 - 1/n < log n
    (LogBound(n, sp.S.One, 0, False), REGION, "k >= 1"),
    (LogBound(n + i, sp.S.One, 1, False), REGION, "without i"),
    (RootBound(n, MINUS_HALF, sp.S.One, True), REGION, "0 < e < 1"),
    (RootBound(n, sp.S.One, sp.S.One, True), REGION, "0 < e < 1"),
    (RootBound(n, HALF, -sp.S.One, True), REGION, "c > 0"),
    (RootBound(n, HALF, sp.S.Zero, True), REGION, "c > 0"),
    (RootBound(n - 2, HALF, sp.S.One, True), REGION, "> 0"),
    (RootBound(n + 2, HALF, TWO, False, True), REGION, ">= 2"),  # which says >= and not <=
    (RootBound(n + 1, HALF, TWO, True, True), REGION, ">= 2"),
    (RootBound(n + i, HALF, sp.S.One, True), REGION, "without i"),
    (PowerBound(2 ** (n + i), True), REGION, "without i"),
]


@pytest.mark.parametrize(("lemma", "region", "why"), FALSE, ids=lambda x: str(x)[:60])
def test_conditions_are_checked(lemma: Lemma, region: Region, why: str) -> None:
    with pytest.raises(
        Unsound, match=f"{type(lemma).__name__} needs .*{why}|{type(getattr(lemma, 'inner', lemma)).__name__}.*{why}"
    ):
        lemma.apply(n, region)


def test_a_ratio_of_powers_is_exact() -> None:
    found = PowerRatio((n + 1) ** n, n).apply((n + 1) ** n * n ** (-n), REGION)
    assert found == (1 + 1 / n) ** n
    with mpmath.workdps(50):
        for point in POINTS:
            for lemma in (PowerRatio((n + d) ** n, n), PowerRatio(T ** (n - d), 3 * d), PowerRatio(sigma**n, T)):
                estimate = lemma.estimate(REGION)
                assert estimate.below is None
                ratio = _value(estimate.value / estimate.part, point)
                assert abs(ratio - 1) < mpmath.mpf(10) ** -40


def test_one_variable_does_not_stand_for_many() -> None:
    """Where i = 1 counts 3 times and i = 2 counts -1 times, powers that grow with i do not cancel."""
    domain = Domain((Variable(T, (sp.Integer(3),)),), least_n=2, most_n=2)
    power = 2 ** (i * sp.log(T))
    lemma = Inside(power, LogBound(T, TWO, 1, True))
    bound = partial_sum((7 - 4 * i) * power)
    assert sp.N(bound.subs({T: 100, n: 2}).doit()) < 0
    with pytest.raises(Unsound, match="Inside needs .* without i"):
        check(sp.S.Zero, bound, Certificate(domain, sp.S.One, (Case("difference", 0, Only(2), (lemma,)),)))


def test_partial_fractions_add_up() -> None:
    for term in (1 / (2 * i * (2 * i + 1)), (i + 3) / (i * (i + 1) ** 2)):
        total = sum((c / (i + a) ** p for c, a, p in partial_fractions(term)), sp.S.Zero)
        assert sp.cancel(total - term) == 0
    assert partial_fractions(1 / (i**2 + 2)) == []


SPLITS = (Split(0, v), Split(1, v), Split(0, sigma, sp.S.One), Split(1, sigma, HALF), Split(2, u, sp.Integer(3)))


@pytest.mark.slow
def test_splits_reach_every_point() -> None:
    cells = refined(DOMAIN, SPLITS)
    assert len(cells) == len(DOMAIN.cells()) + len(SPLITS)
    points = [*itertools.product((1, 2, 3, 9), (0, 1, 2, 3, 4, 50), ("1/4", "1/2", "1", "3/2", "7"))]

    @cache
    def holds(k: int, point: tuple[int, int, str]) -> bool:
        features, ahead, noise = point
        at = {d: sp.Integer(features), T: sp.Integer(features + 2 + ahead), sigma: rational(Fraction(noise))}
        return _holds(cells[k], at)

    for point in points:
        assert any(holds(k, point) for k in range(len(cells))), point
    # each part is needed: without it a point is missed
    for left_out in range(len(cells)):
        rest = [k for k in range(len(cells)) if k != left_out]
        assert not all(any(holds(k, point) for k in rest) for point in points)


def _holds(cell: Cell, point: dict[sp.Symbol, sp.Expr]) -> bool:
    letters = variables(DOMAIN, cell)
    equations = [cell.get(symbol, symbol) - value for symbol, value in point.items()]
    if not letters:
        return all(equation == 0 for equation in equations)
    # Plain symbols: SymPy would drop solutions that assumptions forbid, and it is these that are looked at here.
    plain = {x: sp.Symbol(f"_{x.name}") for x in letters}
    solutions = sp.solve([substituted(e, plain) for e in equations], list(plain.values()), dict=True)
    return any(all((s[plain[x]] > 0) if x.is_positive else (s[plain[x]] >= 0) for x in letters) for s in solutions)


@pytest.mark.parametrize(
    "split",
    [
        Split(1, v),
        Split(-1, v),
        Split(0, n, sp.S.One),
        Split(0, d, sp.S.One),  # that is v + 1
        Split(0, sigma),  # no whole number
        Split(0, v, sp.S.Zero),
        Split(0, v, sp.Integer(-2)),
        Split(0, v, sp.pi),
        Split(0, sp.Symbol("m", nonnegative=True), sp.S.One),
    ],
    ids=repr,
)
def test_splits_that_lose_points_are_refused(split: Split) -> None:
    with pytest.raises(Unsound):
        refined(DOMAIN, (split,))


def test_halves_are_not_whole() -> None:
    narrow = DOMAIN.narrowed("T >= 3*d/2 + 10")
    for number, cell in enumerate(narrow.cells()):
        if sp.Rational(3, 2) in {coefficient(e, x, 1) for e in cell.values() for x in symbols(e)}:
            with pytest.raises(Unsound, match="whole numbers"):
                refined(narrow, (Split(number, narrow.slacks[T]),))


REPLACE = theory.linear.test_error(Replace(), design="fixed").expr
GAP = as_expression(ONE_FIT * (n + (d - 3) * (d - 4)))


def _proof(*cases: Case, splits: tuple[Split, ...] = ()) -> Certificate:
    return Certificate(DOMAIN, ONE_FIT, cases, splits=splits)


def test_every_part_of_a_split_cell_is_needed() -> None:
    splits = (Split(0, v), Split(1, v), Split(2, v))
    cases = [Case("difference", cell, From(1)) for cell in range(4)]
    check(REPLACE, GAP, _proof(*cases, splits=splits))
    for left_out in range(4):
        with pytest.raises(Unsound, match="no run reaches"):
            check(REPLACE, GAP, _proof(*(case for case in cases if case.cell != left_out), splits=splits))
    with pytest.raises(Unsound, match="not shown"):
        check(REPLACE, GAP - ONE_FIT, _proof(*cases, splits=splits))
    with pytest.raises(Unsound, match="not shown"):  # d = 3.5
        check(REPLACE, GAP, _proof(*cases[:2], splits=(Split(0, v, sp.S.One),)))
    with pytest.raises(Unsound):
        check(REPLACE, GAP, _proof(*cases, splits=(*splits[:2], Split(7, v))))


def test_stretches_leave_no_gap() -> None:
    bound = as_expression(ONE_FIT * (n + (n - 2) * (n - 3) * (10 - n) ** 2))
    cases = [Case("difference", 0, run) for run in (Only(1), Only(2), Between(3, 10), From(10))]
    check(REPLACE, bound, _proof(*cases))
    for left_out in range(len(cases)):
        with pytest.raises(Unsound, match="is in no case|no run reaches"):
            check(REPLACE, bound, _proof(*cases[:left_out], *cases[left_out + 1 :]))
    for run, why in ((Between(3, 9), "n = 9 "), (Between(4, 10), "n = 3 "), (Between(2, 10), "not shown")):
        with pytest.raises(Unsound, match=why):
            check(REPLACE, bound, _proof(cases[0], cases[1], Case("difference", 0, run), cases[3]))
    for run in (Between(10, 3), Between(3, 3), Between(-4, 10)):
        with pytest.raises(Unsound):
            check(REPLACE, bound, _proof(*cases, Case("difference", 0, run)))


def test_a_stretch_begins_no_induction_beyond_its_end() -> None:
    bound = as_expression(ONE_FIT * n)
    step = Case("step", 0, From(10))
    check(REPLACE, bound, _proof(Case("difference", 0, Between(1, 11)), step))
    with pytest.raises(Unsound):
        check(REPLACE, bound, _proof(Case("difference", 0, Between(1, 10)), step))


def test_a_square_alone_proves_nothing_false() -> None:
    bound = as_expression(ONE_FIT * (n + (n - 5) ** 2 - 1))
    with pytest.raises(Unsound, match="not shown"):
        check(REPLACE, bound, _proof(Case("difference", 0, From(1), (Square(sp.S.One, n - 5),))))
    check(REPLACE, bound + ONE_FIT, _proof(Case("difference", 0, From(1), (Square(sp.S.One, n - 5),))))
