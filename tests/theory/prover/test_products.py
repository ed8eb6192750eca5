"""The lemma about products: true where its conditions hold, refused where one fails; and products at points."""

import math
from fractions import Fraction
from itertools import combinations_with_replacement

import flint
import mpmath
import pytest
import sympy as sp

from theory.prover.ball_sums import NoValue, RationalProduct
from theory.prover.balls import compiled
from theory.prover.canonical import partial_product, step, sums_are_plain
from theory.prover.certificate import Case, Certificate, check
from theory.prover.domain import Domain, Variable
from theory.prover.enclosure import Enclosure, NotReal, OutOfReach
from theory.prover.products import ProductBound, ProductSum, product_bounds
from theory.prover.region import From, Only, Region
from theory.prover.summands import is_small_beyond
from theory.prover.unsound import Unsound
from theory.symbols import T, i, n
from theory.sympy_types import as_expression, fraction

u = sp.Symbol("u", nonnegative=True)
REGION = Region({T: 3 + u}, From(1))
FALLING, RISING = 1 - 1 / (T * i**2), 1 + 1 / (T * i**2)
DOMAIN = Domain((Variable(T, (sp.Integer(3),)),))
LAW = partial_product(FALLING)


@pytest.mark.parametrize("factor", [FALLING, RISING, 1 - 1 / (T * i), 1 + 1 / (T * i), 1 - 1 / (i * (i + 1) * T)])
@pytest.mark.parametrize("below", [True, False])
@pytest.mark.parametrize("first", [1, 4])
def test_every_estimate_that_is_let_through_is_true(factor, below, first):
    region = Region(REGION.cell, From(first))
    accepted = 0
    for lemma in product_bounds(factor, [below], exponentials=False):
        if isinstance(lemma, ProductSum) or not all(condition.holds() for condition in lemma.conditions(region)):
            continue
        accepted += 1
        value = lemma.estimate(region).value
        for rows in (3, 7):
            for m in (first, first + 1, first + 30):
                exactly = sp.Mul(*(factor.subs({T: rows, i: k}) for k in range(1, m + 1)))
                gap = (exactly - value.subs({T: rows, n: m})) * (1 if below else -1)
                assert gap >= 0
                assert m > first or gap == 0
    assert accepted


@pytest.mark.parametrize(
    ("lemma", "message"),
    [
        (ProductBound(1 - n / (T * i**2), sp.S.One, True), "without n"),
        (ProductBound(FALLING, 1 / i, True), "without i"),
        (ProductBound(1 - T / i**2, sp.S.One, False), "needs (?!the first).* >= 0"),
        (ProductBound(i - 4, n, False), "needs (?!the first).* >= 0"),
        (ProductBound(FALLING, sp.S.One, True), "to change by at most"),
        (ProductBound(RISING, sp.S.One, False), "to change by at least"),
        (ProductBound(FALLING, sp.S.Zero, True), "> 0 at the least n"),
        (ProductBound(FALLING, n - 1, False), "> 0 at the least n"),
        (ProductBound(FALLING, -sp.S.One, False), "> 0 at the least n"),
    ],
)
def test_a_condition_that_fails_is_refused(lemma, message):
    with pytest.raises(Unsound, match=message):
        lemma.apply(partial_product(lemma.factor), REGION)


@pytest.mark.parametrize("factor", [FALLING, RISING, 1 - 1 / (T * i), 1 + 1 / (T * i), 1 - 1 / i**2, sp.S.One / 3])
@pytest.mark.parametrize("below", [True, False])
def test_sums_are_on_their_side_of_products(factor, below):
    lemma = ProductSum(as_expression(factor), below)
    assert all(condition.holds() for condition in lemma.conditions(REGION))
    estimate = lemma.estimate(REGION)
    assert estimate.below == below
    for rows in (3, 7):
        for last in (1, 2, 30):
            factors = [as_expression(factor).subs({T: rows, i: k}) for k in range(1, last + 1)]
            total = sum(each - 1 for each in factors)
            expected = 1 + total if below else sp.exp(total)
            assert sp.N(estimate.value.subs({T: rows, n: last}).doit() - expected, 30) == pytest.approx(0, abs=1e-25)
            assert (sp.Mul(*factors) - expected) * (1 if below else -1) >= 0


#: More than 1 at i = 1, and less from i = 3 on; and below 0 at i = 1 and 2, where there are two of them.
CROSSING, NEGATIVE = 1 + (2 - i) / (T * i**2), 1 - 3 * T / i**3


@pytest.mark.parametrize(
    ("lemma", "message"),
    [
        (ProductSum(CROSSING, True), "on one side of 1"),
        (ProductSum(NEGATIVE, True), ">= 0"),
        (ProductSum(NEGATIVE, False), ">= 0"),
        (ProductSum(1 - 1 / (T * n), True), "without n"),
        (ProductSum(1 - 1 / (i - 2) ** 2 / T, True), ">= 0"),
    ],
)
def test_sums_of_other_factors_are_refused(lemma, message):
    with pytest.raises(Unsound, match=f"ProductSum needs .*{message}"):
        lemma.apply(partial_product(lemma.factor), Region(REGION.cell, From(5)))


def test_the_sums_that_are_refused_are_not_on_that_side():
    rows, few, many = 3, range(1, 4), range(1, 3)
    crossing = [CROSSING.subs({T: rows, i: k}) for k in few]
    assert sp.Mul(*crossing) < 1 + sum(each - 1 for each in crossing)
    negative = [NEGATIVE.subs({T: rows, i: k}) for k in many]
    assert sp.N(sp.Mul(*negative) - sp.exp(sum(each - 1 for each in negative))) > 0


def test_a_first_product_that_is_negative_is_refused():
    """From n = 2 on the factors are positive, and the first is not."""
    lemma = ProductBound(1 - 2 / i**2, n / (n + 2), True)
    with pytest.raises(Unsound, match="the first product"):
        lemma.apply(partial_product(lemma.factor), REGION)


@pytest.mark.parametrize("bound", ["1/2", "53/100"])
def test_a_certificate_by_hand(bound):
    """(T - 1)(n + 1/T)/((T + 1) n) is at least 1/2 for T >= 3, and not more."""
    certificate = Certificate(
        DOMAIN, sp.S.One, (Case("difference", 0, From(1), (ProductBound(FALLING, (n + 1 / T) / n, True),)),)
    )
    if bound == "1/2":
        check(sp.Rational(bound), LAW, certificate)
        return
    with pytest.raises(Unsound):
        check(sp.Rational(bound), LAW, certificate)


@pytest.mark.parametrize("verdict", ["left out", "turned"])
def test_a_lemma_cannot_be_left_out_or_turned(verdict):
    lemma = ProductBound(FALLING, (n + 1 / T) / n, False)
    lemmas = () if verdict == "left out" else (lemma,)
    with pytest.raises(Unsound):
        check(sp.S.Half, LAW, Certificate(DOMAIN, sp.S.One, (Case("difference", 0, From(1), lemmas),)))


def test_products_that_are_not_plain_are_refused():
    products = (sp.Product(FALLING, (i, 2, n)), sp.Product(1 + n / i**2, (i, 1, n)), sp.Product(LAW + i, (i, 1, n)))
    for odd in map(as_expression, products):
        assert not sums_are_plain(odd)
        with pytest.raises(Unsound, match="has a sum or product"):
            check(sp.S.Zero, odd, Certificate(DOMAIN, sp.S.One, (Case("difference", 0, From(1)),)))
    assert sums_are_plain(LAW)


def test_a_product_with_a_pole_is_refused():
    poles = partial_product(1 + 1 / (i - 2))
    with pytest.raises(Unsound):
        check(sp.S.Zero, poles * 0 + sp.S.One + poles, Certificate(DOMAIN, sp.S.One, (Case("difference", 0, Only(1)),)))


def test_the_next_n_multiplies():
    assert sp.simplify(step(LAW) - LAW * (FALLING.subs(i, n + 1) - 1)) == 0


def test_one_iteration_is_multiplied_out():
    assert REGION.write(LAW).has(sp.Product)
    assert sp.cancel(Region(REGION.cell, Only(2)).write(LAW) - (1 - 1 / (3 + u)) * (1 - 1 / (4 * (3 + u)))) == 0


@pytest.mark.parametrize("iterations", [1, 7, 250])
def test_values_at_points(iterations):
    expected = fraction(sp.Mul(*(FALLING.subs({T: 3, i: k}) for k in range(1, iterations + 1))))
    enclosure = Enclosure(120)
    found = enclosure.value(LAW, {T: Fraction(3), n: Fraction(iterations)})
    interval = enclosure.interval(found)
    assert interval.a <= enclosure.interval(expected).b
    assert interval.b >= enclosure.interval(expected).a
    assert float(interval.delta) < 1e-30
    with flint.ctx.workprec(120):
        ball = compiled(LAW)({T: flint.fmpq(3), n: flint.fmpq(iterations)})
        gap = flint.arb(ball - flint.fmpq(expected.numerator, expected.denominator))
        assert gap.contains(0)
        assert abs(gap) < 1e-30


def gammas(kind, a, count):
    """The product of 1 + a/i^kind, by gamma functions."""
    roots = (a,) if kind == 1 else (mpmath.sqrt(-a), -mpmath.sqrt(-a))
    logarithms = sum(mpmath.loggamma(count + 1 + root) - mpmath.loggamma(count + 1) for root in roots)
    return mpmath.re(mpmath.exp(logarithms) / mpmath.fprod(mpmath.gamma(1 + root) for root in roots))


@pytest.mark.parametrize("count", [5001, 10**6, 2**70])
@pytest.mark.parametrize(("kind", "sign", "width"), [(2, -1, 1e-16), (2, 1, 1e-16), (1, -1, 1e-7), (1, 1, 1e-7)])
def test_long_products(kind, sign, width, count):
    """The interval holds the value, and no value that is off by a little more than its width."""
    product = partial_product(1 + sign / (T * i**kind))
    found = Enclosure(120).value(product, {T: Fraction(3), n: Fraction(count)})
    with mpmath.workdps(60), flint.ctx.workprec(250):
        expected = gammas(kind, mpmath.mpf(sign) / 3, count)
        low, high = mpmath.mpf(found.a), mpmath.mpf(found.b)
        assert low < expected < high
        assert high - low < width * expected
        ball = flint.arb(compiled(product)({T: flint.fmpq(3), n: flint.fmpq(count)}))
        assert abs(ball - flint.arb(mpmath.nstr(expected, 55))) < 1e-30 * abs(ball)


def test_what_is_small_beyond():
    """Of one sign, and at most a half: at the border, on either side of it, and where another sign comes late."""
    assert is_small_beyond(1 / i**2, 1)
    assert is_small_beyond(-1 / (3 * i + 1), 1)
    assert is_small_beyond(500 / i, 1000)
    assert not is_small_beyond(501 / i, 1000)
    assert not is_small_beyond(-501 / i, 1000)
    assert not is_small_beyond((i - 2000) / i**3, 1000)
    assert not is_small_beyond(1 / (i - 2000), 1000)
    assert not is_small_beyond((i**2 - 4001 * i + 4002000) / i**4 - 1 / i**3, 1000)
    assert not is_small_beyond(1 / (T * i), 1000)


def test_balls_of_long_products_see_their_zeros_and_poles():
    with flint.ctx.workprec(80):
        at = {n: flint.fmpq(10**4)}
        assert compiled(partial_product(1 - 400 / i))(at) == 0
        with pytest.raises(NoValue):
            compiled(partial_product(1 + 1 / (i - 400)))(at)


@pytest.mark.parametrize(
    "factor",
    [
        (i - 5) / (i + 1),
        (i + 2) / (i - 5),
        i / (i - 5) - 5 / (i - 5),
        (i - 3) * (i - 6) / ((i - 5) * (i + 1)),
        1 + 1 / i,
    ],
    ids=str,
)
def test_balls_of_a_range_are_the_product_factor_by_factor(factor):
    """With zeros and divisions by zero at its ends, beside them, and where they cancel."""
    product, divides, known = RationalProduct(factor, i), factor.has(1 / (i - 5)), 0
    for first, last in combinations_with_replacement((1, 3, 4, 5, 6, 7, 40), 2):
        if divides and first <= 5 <= last:
            with pytest.raises(NoValue):
                product(first, last, {})
            continue
        exactly = math.prod((fraction(factor.subs(i, k)) for k in range(first, last + 1)), start=Fraction(1))
        with flint.ctx.workprec(80):
            found = product(first, last, {})
            if exactly == 0:
                assert found == 0
            elif found.is_finite():  # nothing is said of factors all before a zero
                assert found.contains(flint.fmpq(exactly.numerator, exactly.denominator))
                assert found.rad() <= abs(found) * 1e-15
                known += 1
    assert known >= 3


def test_values_that_are_not_known():
    enclosure = Enclosure(80)
    for factor in (2 - 1 / i, 1 - 1 / (i - 6000), 1 + 600 / i, 1 + (i - 2000) / i**3, 1 + sp.sqrt(2) / i**2):
        with pytest.raises(OutOfReach, match="a long product"):
            enclosure.value(partial_product(factor), {n: Fraction(10**5)})
    with pytest.raises(OutOfReach, match="no whole number"):
        enclosure.value(LAW, {T: Fraction(3), n: Fraction(1, 2)})
    with pytest.raises(NotReal):
        enclosure.value(partial_product(1 + 1 / (i - 2)), {n: Fraction(3)})
    with flint.ctx.workprec(80):
        doubling = compiled(partial_product(2 - 1 / i))
        assert not flint.arb(doubling({n: flint.fmpq(10**6)})).is_finite()
