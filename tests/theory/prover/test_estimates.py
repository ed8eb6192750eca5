"""Which lemmas the search offers for a part of a goal: the right side, in order, with estimates near the part.

What is expected is written by hand: Euler and Maclaurin's terms (DLMF 2.10.1), tangents, whole powers around a root.
"""

import math
from collections.abc import Callable
from dataclasses import fields
from fractions import Fraction

import mpmath
import pytest
import sympy as sp

from theory.prover.canonical import partial_product, partial_sum, tail
from theory.prover.estimates import choice
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
from theory.prover.powers import Bernoulli, ExponentBound, ExpTangent, Geometric, Inside, InsideRoot, PowerRatio
from theory.prover.products import ProductBound, ProductSum
from theory.prover.region import From, Only, Region, RootFrom, Run
from theory.prover.series import HarmonicPower, HarmonicRises, SeriesTail, ZetaBound
from theory.prover.sum_estimates import sum_options
from theory.symbols import T, i, n
from theory.sympy_types import rational
from theory.tasks.regression.symbols import DOMAIN, d, sigma

SAMPLE = DOMAIN.sample() | {i: Fraction(1)}
ALL, ONE = From(2), Only(3)
SQUARES, SHIFTED = RootFrom(3, 2), RootFrom(3, 2, 2, -1)  # n >= 3^2, 2 n - 1 >= 3^2
HALF, THREE_HALVES = rational(Fraction(1, 2)), rational(Fraction(3, 2))
LOG_ROOT, LEAST = sp.sqrt(1 + sp.log(n)), LogBound(n, sp.Integer(2), 1, True)
LIKE_A_POWER, WITH_A_LIMIT = 1 + 1 / (T * i), 1 - 1 / (T * i**2)
TERM, SQUARE, SERIES = 1 / (i * T - d - 1), 1 / (T * i**2 + 1), 1 / (i * (2 * i + 1))


def _lemmas(goal: sp.Expr, run: Run) -> list[Lemma] | None:
    found = choice(goal, Region(DOMAIN.cells()[0], run), SAMPLE, frozenset())
    return None if found is None else list(found.lemmas)


def _same(a: object, b: object) -> bool:
    """Equal, whatever the form in which SymPy writes the expressions."""
    if isinstance(a, Lemma) and isinstance(b, Lemma):
        pairs = ((getattr(a, field.name), getattr(b, field.name)) for field in fields(a))
        return type(a) is type(b) and all(_same(*pair) for pair in pairs)
    if isinstance(a, sp.Expr) and isinstance(b, sp.Expr):
        return a == b or sp.cancel(a - b) == 0
    return a == b


def _number(c: int | str) -> sp.Rational:
    return rational(Fraction(c))


OFFERED: list[tuple[sp.Expr, Run, list[Lemma] | None]] = [
    (T - d, ALL, None),
    # tails: three terms of Euler and Maclaurin from below, two from above; else the midpoint rule
    (
        tail(i**-2),
        ALL,
        [
            TailBound(i**-2, 1 / n - 1 / (2 * n**2) + 1 / (6 * n**3) - 1 / (30 * n**5), True),
            TailBound(i**-2, 1 / n - 1 / (2 * n**2), True),
            TailBound(i**-2, sp.S.Zero, True),
        ],
    ),
    (
        1 - tail(i**-2),
        ALL,
        [
            TailBound(i**-2, 1 / n - 1 / (2 * n**2) + 1 / (6 * n**3), False),
            TailBound(i**-2, 1 / (n + HALF), False),
        ],
    ),
    (
        tail(-(i**-2)),
        ALL,
        [
            TailBound(-(i**-2), -1 / n + 1 / (2 * n**2) - 1 / (6 * n**3), True),
            TailBound(-(i**-2), -1 / (n + HALF), True),
        ],
    ),
    (
        tail(2 / (3 * i**3)),
        ALL,
        [
            TailBound(
                2 / (3 * i**3),
                1 / (3 * n**2) - 1 / (3 * n**3) + 1 / (6 * n**4) - 1 / (18 * n**6),
                True,
            ),
            TailBound(2 / (3 * i**3), 1 / (3 * n**2) - 1 / (3 * n**3), True),
            TailBound(2 / (3 * i**3), sp.S.Zero, True),
        ],
    ),
    (tail(1 / i), ALL, [TailBound(1 / i, sp.S.Zero, True)]),  # which diverges
    (1 - tail(1 / i), ALL, []),
    (
        tail(1 / (i * (i + 1))),  # 1/(n + 1)
        ALL,
        [
            TailBound(1 / (i * (i + 1)), 1 / (n + 1 + 1 / (4 * n)), True),
            TailBound(1 / (i * (i + 1)), 1 / (n + THREE_HALVES), True),
            TailBound(1 / (i * (i + 1)), sp.S.Zero, True),
        ],
    ),
    (
        1 - tail(1 / (i * (i + 1))),
        ALL,
        [TailBound(1 / (i * (i + 1)), 1 / (n + 1), False), TailBound(1 / (i * (i + 1)), 1 / (n + HALF), False)],
    ),
    # sums: the first term and the limit of term * i^p
    (
        partial_sum(TERM),
        ALL,
        [
            Termwise(TERM, sp.S.Zero),
            Termwise(TERM, 1 / (T * i) + (1 / (T - d - 1) - 1 / T) / i**2),
            Termwise(TERM, 1 / ((T - d - 1) * i)),
            Termwise(TERM, 1 / (T * i)),
            Termwise(TERM, 2 / ((2 * T - d - 1) * i), first=2),
            Telescoping(TERM, (sp.harmonic(n) - 1 / n) / T),
        ],
    ),
    (partial_sum(TERM), ONE, None),  # three terms
    (
        partial_sum(SQUARE),
        ALL,
        [
            Termwise(SQUARE, sp.S.Zero),
            Termwise(SQUARE, 1 / (T * i**2) + (1 / (T + 1) - 1 / T) / i**3),
            Termwise(SQUARE, 1 / ((T + 1) * i**2)),
            Termwise(SQUARE, 1 / (T * i**2)),
            Termwise(SQUARE, 4 / ((4 * T + 1) * i**2), first=2),
            Telescoping(SQUARE, -1 / (T * (n + HALF))),
            Telescoping(SQUARE, -1 / (T * n)),
            Telescoping(SQUARE, -1 / (T * n)),
        ],
    ),
    (
        partial_sum(SERIES),
        ALL,
        [
            SeriesTail(SERIES),
            Termwise(SERIES, sp.S.Zero),
            Termwise(SERIES, 1 / (2 * i**2) - 1 / (6 * i**3)),
            Termwise(SERIES, 1 / (3 * i**2)),
            Termwise(SERIES, 1 / (2 * i**2)),
            Termwise(SERIES, 2 / (5 * i**2), first=2),
            Telescoping(SERIES, -1 / (2 * (n + _number("3/4")))),
            Telescoping(SERIES, -1 / (2 * (n + _number("1/4")))),
            Telescoping(SERIES, -1 / (2 * n)),
        ],
    ),
    (partial_sum(i + T), ALL, [Termwise(i + T, sp.S.Zero)]),  # nothing to compare it with
    # products: powers of n, or (n + s - a)/(n + s) for a factor 1 + a/i^2, and the constant
    (
        partial_product(LIKE_A_POWER),
        ALL,
        [
            ProductSum(LIKE_A_POWER, True),
            *(ProductBound(LIKE_A_POWER, each, True) for each in (n, n + 1, 1 / n, 1 / (n + 1), sp.S.One)),
        ],
    ),
    (
        -partial_product(WITH_A_LIMIT),
        ALL,
        [
            *(
                ProductBound(WITH_A_LIMIT, (n + s + 1 / T) / (n + s), False)
                for s in ((1 - 1 / T) / 2, (1 - 1 / T) / 2 + 1 / (8 * n), sp.S.Zero, sp.S.One, HALF)
            ),
            ProductBound(WITH_A_LIMIT, sp.S.One, False),
        ],
    ),
    (
        -partial_product(WITH_A_LIMIT) * sp.exp(T),
        ALL,
        [
            ProductSum(WITH_A_LIMIT, False),
            *(
                ProductBound(WITH_A_LIMIT, (n + s + 1 / T) / (n + s), False)
                for s in ((1 - 1 / T) / 2, (1 - 1 / T) / 2 + 1 / (8 * n), sp.S.Zero, sp.S.One, HALF)
            ),
            ProductBound(WITH_A_LIMIT, sp.S.One, False),
        ],
    ),
    (partial_product(2 + 1 / i), ALL, [ProductSum(2 + 1 / i, True), ProductBound(2 + 1 / i, sp.S.One, True)]),
    *(
        (sign * partial_product(1 + 2**-i), ALL, [*sums, ProductBound(1 + 2**-i, sp.S.One, sign > 0)])
        for sign, sums in ((1, [ProductSum(1 + 2**-i, True)]), (-1, []))
    ),
    # harmonic numbers: an odd number of terms is below
    (sp.harmonic(n), ALL, [HarmonicLog(n, 1), HarmonicLog(n, 3)]),
    (-sp.harmonic(n), ALL, [HarmonicLog(n, 0), HarmonicLog(n, 2)]),
    (sp.harmonic(n), ONE, None),
    (sp.harmonic(n + d), ONE, [HarmonicLog(n + d, 1), HarmonicLog(n + d, 3)]),
    (sp.harmonic(n, 2), ALL, [ZetaTail(2)]),
    (sp.harmonic(n + d, 2), ALL, [HarmonicPower(sp.Integer(2), True, True, n + d)]),
    (
        sp.harmonic(2 * n, 2) - sp.harmonic(n + d, 2),
        ALL,
        [HarmonicRises(2 * n, n + d, sp.Integer(2), True), HarmonicPower(sp.Integer(2), True, True, 2 * n)],
    ),
    (sp.harmonic(n, T), ALL, []),
    (-sp.harmonic(n, 1 + HALF), ALL, [HarmonicPower(THREE_HALVES, False, True), HarmonicPower(THREE_HALVES, False)]),
    (sp.harmonic(n, HALF), ALL, [HarmonicPower(HALF, True)]),
    (
        sp.exp(sp.harmonic(n)),
        ALL,
        [Inside(sp.exp(sp.harmonic(n)), HarmonicLog(n, 1)), Inside(sp.exp(sp.harmonic(n)), HarmonicLog(n, 3))],
    ),
    # inside roots and exponents, the innermost first; from above with a least value beside it
    (LOG_ROOT, ALL, [InsideRoot(LOG_ROOT, LogBound(n, _number(c), 1, True)) for c in (2, 1)]),
    (
        n - LOG_ROOT,
        ALL,
        [InsideRoot(LOG_ROOT, LogBound(n, _number(c), 1, False), LogBound(n, _number(2), 1, True)) for c in (2, 4)],
    ),
    (
        n - sp.sqrt(1 + LOG_ROOT),
        ALL,
        [
            InsideRoot(sp.sqrt(1 + LOG_ROOT), InsideRoot(LOG_ROOT, above, LEAST), InsideRoot(LOG_ROOT, LEAST))
            for above in (LogBound(n, _number(c), 1, False) for c in (2, 4))
        ],
    ),
    (
        sp.sqrt(sp.harmonic(n)),
        ALL,
        [
            InsideRoot(sp.sqrt(sp.harmonic(n)), lemma)
            for lemma in (HarmonicRises(n, _number(2), sp.S.One, True), HarmonicLog(n, 1), HarmonicLog(n, 3))
        ],
    ),
    (
        3**LOG_ROOT,
        ALL,
        [Inside(3**LOG_ROOT, InsideRoot(LOG_ROOT, LogBound(n, _number(c), 1, True))) for c in (2, 1)],
    ),
    (
        # a part that stands in two roots is estimated in one of them after the other
        LOG_ROOT + sp.sqrt(2 + sp.log(n)),
        ALL,
        [InsideRoot(LOG_ROOT, LogBound(n, _number(c), 1, True)) for c in (2, 1)],
    ),
    (sp.log(n) + LOG_ROOT, ONE, None),
    (sp.log(n) ** 2, ALL, [LogBound(n, _number(c), 1, True) for c in (2, 1)]),
    # a quotient of powers, whose divisor is a power of no sum
    (
        (n + 1) ** n * n ** (-n),
        ALL,
        [
            PowerRatio((n + 1) ** n, n),
            *(ExponentBound((n + 1) ** n, sp.Integer(c), True) for c in (1, 0)),
            Bernoulli(n + 1, n, sp.S.One, True),
            PowerBound((n + 1) ** n, True),
        ],
    ),
    (sp.zeta(1 + 1 / n), ALL, [ZetaBound(1 + 1 / n, True)]),
    (-sp.zeta(1 + 1 / n), ONE, None),
    (-sp.zeta(1 + 1 / d), ONE, [ZetaBound(1 + 1 / d, False)]),
    # logarithms: of a product, of what is near a multiple of n, of n
    (sp.log(2 * n * T), ALL, [LogRatio(2 * n * T, 2 * n * T, True)]),
    (sp.log(n + 1), ALL, [LogRatio(n + 1, n, True)]),
    (-sp.log(2 * n + 3), ALL, [LogRatio(2 * n + 3, 2 * n, False)]),
    (sp.log(n + 1), ONE, None),
    (sp.log(n), ALL, [LogBound(n, _number(c), 1, True) for c in (2, 1)]),
    (sp.log(n), From(5), [LogBound(n, _number(c), 1, True) for c in (5, 2, 1)]),
    (-sp.log(n), ALL, [LogBound(n, _number(c), 1, False) for c in (2, 4)]),
    (-sp.log(n), SQUARES, [LogBound(n, _number(c), 2, False) for c in (3, 6)]),
    (sp.log(n), SHIFTED, [LogRatio(n, n - HALF, True)]),
    (sp.log(2 * n - 1), SHIFTED, [LogBound(2 * n - 1, _number(c), 1, True) for c in (9, 2, 1)]),
    (-sp.log(sigma), ALL, [LogBound(sigma, _number(c), 1, False) for c in (1, 2)]),
    (sp.log(T), ONE, [LogBound(T, _number(c), 1, True) for c in (3, 2, 1)]),
    # powers: tangents at 0, at the least exponent and where the goal is least; another power's rate
    (
        2**n * (n - 20) - 50 * n,
        ALL,
        [*(ExpTangent(2**n, sp.Integer(c), True) for c in (0, 2, 19, 20, 21, 18)), PowerBound(2**n, True)],
    ),
    (
        # The least is at 15, between two powers of 2 of which the greater has the lower value.
        2**n - sp.Integer(22_713) * n,
        ALL,
        [*(ExpTangent(2**n, sp.Integer(c), True) for c in (0, 2, 15, 16, 17, 14)), PowerBound(2**n, True)],
    ),
    (HALF**n, ALL, [*(ExpTangent(HALF**n, sp.Integer(c), True) for c in (0, 2)), PowerBound(HALF**n, True)]),
    (
        HALF ** (2 * n) - HALF**n,
        ALL,
        [
            Geometric(HALF ** (2 * n), HALF, 2, True),
            *(ExpTangent(HALF ** (2 * n), sp.Integer(c), True) for c in (0, 4)),
            PowerBound(HALF ** (2 * n), True),
        ],
    ),
    (sp.exp(d), ALL, [ExpTangent(sp.exp(d), sp.S.Zero, True)]),
    # of two exponentials one with the exponent of the other, of no other power
    (
        sp.exp(d) + sp.exp(sigma),
        ALL,
        [ExponentBound(sp.exp(d), sigma, True), ExpTangent(sp.exp(d), sp.S.Zero, True)],
    ),
    (
        2**n - sp.exp(sp.sqrt(n)),
        ALL,
        [*(ExpTangent(2**n, sp.Integer(c), True) for c in (0, 2, 1, 3)), PowerBound(2**n, True)],
    ),
    (2**n, ONE, None),
    (
        (1 + d) ** n,
        ALL,
        [
            *(ExponentBound((1 + d) ** n, sp.Integer(c), True) for c in (1, 0)),
            Bernoulli(1 + d, n, sp.S.One, True),
            PowerBound((1 + d) ** n, True),
        ],
    ),
    (
        -(sigma ** (2 * n)),
        ALL,
        [
            *(ExponentBound(sigma ** (2 * n), sp.Integer(c), False) for c in (1, 0)),
            Bernoulli(sigma, 2 * n, sp.S.One, False),
            Bernoulli(sigma**2, n, sp.S.One, False),
            PowerBound(sigma ** (2 * n), False),
        ],
    ),
    # roots: the value at the corner, Bernoulli's line at 1 and 2, and the addends' own roots
    (
        sp.sqrt(n),
        ALL,
        [RootBound(n, HALF, sp.sqrt(2), True, True), *(RootBound(n, HALF, sp.Integer(c), True) for c in (1, 2))],
    ),
    (-sp.sqrt(n), ALL, [RootBound(n, HALF, sp.Integer(c), False) for c in (1, 2)]),
    (sp.sqrt(n), SQUARES, None),
    (sp.sqrt(2 * n - 1), SHIFTED, None),
    (sp.sqrt(4 * n - 2), SHIFTED, None),
    (
        sp.sqrt(T + n),
        ALL,
        [
            *(RootBound(T + n, HALF, c, True, True) for c in (sp.sqrt(5), sp.sqrt(T), sp.sqrt(n))),
            *(RootBound(T + n, HALF, c, True) for c in (sp.Integer(1), sp.Integer(2), sp.sqrt(T), sp.sqrt(n))),
        ],
    ),
    (
        n**THREE_HALVES,
        ALL,
        [
            *(ExponentBound(n**THREE_HALVES, sp.Integer(c), True) for c in (1, 2)),
            Bernoulli(n, THREE_HALVES, sp.S.One, True),
        ],
    ),
    (-(n**THREE_HALVES), ALL, [ExponentBound(n**THREE_HALVES, sp.Integer(c), False) for c in (1, 2)]),
    (n**-HALF, ALL, [ExponentBound(n**-HALF, sp.Integer(c), True) for c in (0, -1)]),
    (-(T ** _number("-7/3")), ONE, [ExponentBound(T ** _number("-7/3"), sp.Integer(c), False) for c in (-2, -3)]),
]


@pytest.mark.parametrize(("goal", "run", "expected"), OFFERED, ids=lambda x: str(x)[:50])
def test_lemmas_on_offer(goal: sp.Expr, run: Run, expected: list[Lemma] | None) -> None:
    found = _lemmas(goal, run)
    if expected is None:
        assert found is None
        return
    assert found is not None
    assert len(found) == len(expected), found
    for one, other in zip(found, expected, strict=True):
        assert _same(one, other), (one, other)


#: Poles at half-integers of 0 and less, and simple ones only so that the series converges.
KNOWN = (SERIES, i**-2, i**-3, (i + 1) ** -2, 1 / (4 * i**2 - 1), 1 / (2 * i - 1) ** 2)
UNKNOWN = (1 / i, 1 / i + i**-2, 1 / (i * (3 * i + 1)), 1 / (i**2 + 1), i, 1 / (T * i**2), 2**-i, (i - 1) ** -2)


@pytest.mark.parametrize("term", [*KNOWN, *UNKNOWN], ids=str)
def test_series_that_are_known(term: sp.Expr) -> None:
    assert [lemma for lemma in sum_options(term) if isinstance(lemma, SeriesTail)] == [SeriesTail(term)] * (
        term in KNOWN
    )


def test_the_side_is_unclear_where_the_goal_does_not_say() -> None:
    """At the sample the slope is 0: both sides are offered, from below first."""
    goal = (n - SAMPLE[n]) * sp.log(n)
    assert _lemmas(goal, ALL) == [
        *(LogBound(n, _number(c), 1, True) for c in (2, 1)),
        *(LogBound(n, _number(c), 1, False) for c in (2, 4)),
    ]


def test_what_may_stay() -> None:
    """A power of a number stays where the region can write it; so does what was kept before."""
    region = Region(DOMAIN.cells()[0], ALL)
    for goal, keep in ((2**n, True), (sp.exp(d), False), ((1 + d) ** n, False), (sp.log(n), False)):
        found = choice(goal, region, SAMPLE, frozenset())
        assert found is not None
        assert (found.part, found.keep) == (goal, keep)
    rooted = choice(2**n, Region(DOMAIN.cells()[0], SQUARES), SAMPLE, frozenset())
    assert rooted is not None
    assert not rooted.keep
    after = choice(2**n - sp.sqrt(n), region, SAMPLE, frozenset({2**n}))
    assert after is not None
    assert after.part == sp.sqrt(n)
    assert choice(2**n - sp.sqrt(n), region, SAMPLE, frozenset({2**n, sp.sqrt(n)})) is None


@pytest.mark.parametrize("p", [2, 3, 5])
@pytest.mark.parametrize("c", ["1", "3/2"])
def test_tails_are_near(p: int, c: str) -> None:
    """On the side that is said, and no further off than the first term of Euler and Maclaurin that is left out."""
    term = 1 / (_number(c) * i**p)
    above, below = _lemmas(1 - tail(term), ALL), _lemmas(tail(term), ALL)
    assert above is not None
    assert below is not None
    left_out = [
        (below[0], 5, Fraction(math.prod(range(p, p + 5)), 30_240)),
        (above[0], 3, Fraction(p * (p + 1) * (p + 2), 720)),
        (below[1], 1, Fraction(p, 12)),
        (above[1], 1, Fraction(p, 24)),  # the midpoint rule's
    ]
    for lemma, order, most in left_out:
        assert isinstance(lemma, TailBound)
        with mpmath.workdps(40):
            for k in (1, 2, 10, 300):
                exact = mpmath.zeta(p, k + 1) / mpmath.mpf(Fraction(c).numerator) * Fraction(c).denominator
                gap = (exact - sp.lambdify(n, lemma.value, "mpmath")(mpmath.mpf(k))) * (1 if lemma.below else -1)
                assert 0 < gap * k ** (p + order) < float(most)


@pytest.mark.parametrize(("below", "error"), [(True, lambda t: -(t**3) / 12), (False, lambda t: t**4 / 36)])
def test_logarithms_are_near(below: bool, error: Callable[[float], float]) -> None:
    """The first term of the series of log(1 + t) that Pade's fraction does not have."""
    value = LogRatio(n + d, n, below).estimate(Region(DOMAIN.cells()[0], ALL)).value
    at = {n: 1000, d: 1}
    off = sp.N((value - sp.log(n + d)).subs(at), 40)
    assert float(off) == pytest.approx(error(1e-3), rel=0.01)
