"""Which lemmas may remove a part of an expression, the hopeful first: what the search for a proof chooses from."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from fractions import Fraction

import sympy as sp

from ..symbols import i, n
from ..sympy_types import (
    as_expression,
    at,
    coefficient,
    fraction,
    operands,
    parts,
    rational,
    summand,
    symbols,
)
from .canonical import factor_of, is_tail, order
from .enclosure import Enclosure, NotReal, OutOfReach
from .inside import inside
from .lemmas import (
    HarmonicLog,
    Lemma,
    LogBound,
    LogRatio,
    PowerBound,
    RootBound,
    ZetaTail,
)
from .powers import (
    AsExponential,
    Bernoulli,
    ExponentBound,
    ExpTangent,
    Geometric,
    PowerRatio,
    base_and_exponent,
)
from .products import product_bounds
from .region import Only, Region, RootFrom
from .series import HarmonicPower, HarmonicRises, ZetaBound
from .sides import Sample, corner_of, sides_of
from .sum_estimates import sum_options, tail_options


@dataclass(frozen=True)
class Choice:
    """What may be done with one part of a goal.

    Attributes:
        part: the part.
        lemmas: each removes it, the hopeful first.
        keep: whether it may also stay as it is.
    """

    part: sp.Expr
    lemmas: Sequence[Lemma]
    keep: bool = False


def choice(goal: sp.Expr, region: Region, sample: Sample, kept: frozenset[sp.Expr]) -> Choice | None:
    """What may be done with one part of the goal; `None` where nothing is left to remove.

    Args:
        goal: to be shown >= 0.
        region: where.
        sample: a point of the domain, `i` included, at which two things are compared where it is not plain which side
            of a part an estimate has to be on.
        kept: parts that stay as they are.
    """
    found = _choice(goal, region, sample, kept)
    if found is None:
        return None
    return replace(found, lemmas=inside(found.lemmas, found.part, goal, region, sample))


def _choice(goal: sp.Expr, region: Region, sample: Sample, kept: frozenset[sp.Expr]) -> Choice | None:
    """The same for a part that stands in no root and no exponent."""
    single = isinstance(region.run, Only)
    for total in parts(goal, sp.Sum):
        if is_tail(total):
            return Choice(total, tail_options(goal, total, sample))
        if not single:
            return Choice(total, sum_options(summand(total)))
    for product in parts(goal, sp.Product):
        if not single:
            return Choice(product, _product_options(goal, product, sample))
    for part in parts(goal, sp.harmonic):
        x = operands(part)[0]
        if single and symbols(x) == {n}:
            continue
        return Choice(part, _harmonic_options(goal, part, x, sample))
    for part in parts(goal, sp.zeta):
        if symbols(part) and not (single and symbols(part) == {n}) and len(part.args) == 1:
            return Choice(part, [ZetaBound(operands(part)[0], below) for below in sides_of(goal, part, sample)])
    return (
        _log_choice(goal, region, sample)
        or _power_choice(goal, region, sample, kept)
        or _root_choice(goal, region, sample, kept)
    )


def _product_options(goal: sp.Expr, product: sp.Product, sample: Sample) -> list[Lemma]:
    return product_bounds(factor_of(product), sides_of(goal, product, sample), exponentials=goal.has(sp.exp))


def _harmonic_options(goal: sp.Expr, part: sp.Expr, x: sp.Expr, sample: Sample) -> list[Lemma]:
    p = order(part)
    if p == 1:
        sides = sides_of(goal, part, sample)
        return [HarmonicLog(x, terms) for below in sides for terms in ((1, 3) if below else (0, 2))]
    if not isinstance(p, sp.Rational):
        return []
    if x != n:
        return _shifted_options(goal, part, x, sample)
    if p.is_Integer:
        return [ZetaTail(int(p))]
    ends, sides = (True, False) if fraction(p) > 1 else (False,), sides_of(goal, part, sample)
    powers: list[Lemma] = [HarmonicPower(p, below, endless) for below in sides for endless in ends]
    return powers


def _shifted_options(goal: sp.Expr, part: sp.Expr, x: sp.Expr, sample: Sample) -> list[Lemma]:
    """Of a harmonic number of an order p other than 1, not at n: the others of that order, and its series for p > 1."""
    p, sides = order(part), sides_of(goal, part, sample)
    if not isinstance(p, sp.Rational):
        return []
    others = [operands(other)[0] for other in parts(goal, sp.harmonic) if other != part and order(other) == p]
    lemmas: list[Lemma] = [HarmonicRises(x, y, p, below) for below in sides for y in others]
    return lemmas + [HarmonicPower(p, below, True, x) for below in sides if fraction(p) > 1]


def _log_choice(goal: sp.Expr, region: Region, sample: Sample) -> Choice | None:
    single, run = isinstance(region.run, Only), region.run
    logs = [(operands(part)[0], part) for part in parts(goal, sp.log)]
    logs = [(x, part) for x, part in logs if symbols(x) - {i} and not (single and symbols(x) == {n})]
    for x, part in sorted(logs, key=lambda pair: pair[0] == n):
        sides = sides_of(goal, part, sample)
        if sp.expand_log(part) != part:  # the logarithm of a product
            return Choice(part, [LogRatio(x, x, below) for below in sides[:1]])
        if isinstance(run, RootFrom) and run.shift and x == n:
            # n is taken to where the root is rational
            return Choice(part, [LogRatio(n, n + sp.Rational(run.shift, run.scale), below) for below in sides])
        rooted = isinstance(run, RootFrom) and run.shift and _is_root_base(x, run)
        lead = sp.LC(x, n) if x.is_polynomial(n) and x != n and sp.degree(x, n) == 1 and not rooted else None
        if lead is not None and lead.is_number and lead.is_positive:
            return Choice(part, [LogRatio(x, lead * n, below) for below in sides])
        return Choice(part, [option for below in sides for option in _log_bounds(x, below, region)])
    return None


def _power_choice(goal: sp.Expr, region: Region, sample: Sample, kept: frozenset[sp.Expr]) -> Choice | None:
    """Of a power with a variable in its exponent."""
    single, run = isinstance(region.run, Only), region.run
    powers = sorted((*parts(goal, sp.Pow), *parts(goal, sp.exp)), key=sp.default_sort_key)
    divisors = {power: _divisors(power, powers) for power in powers}
    for power in sorted(powers, key=lambda power: not divisors[power]):
        base, exponent = base_and_exponent(power)
        if power in kept or not symbols(exponent) - {i} or single and symbols(power) == {n}:
            continue
        if single and at(exponent, n, run.least).is_Integer:
            continue
        sides = sides_of(goal, power, sample)
        lemmas: list[Lemma] = [PowerRatio(power, c) for c in divisors[power]]
        exponents = [operands(other)[0] for other in powers if isinstance(other, sp.exp) and other != power]
        if symbols(base):
            lemmas += [AsExponential(power, below) for below in sides if exponents]
            lemmas += [ExponentBound(power, c, below) for below in sides for c in (sp.S.One, sp.S.Zero)]
            lemmas += [Bernoulli(base, exponent, sp.S.One, below) for below in sides]
            if (exponent / 2).is_integer:  # so that the base may be negative
                lemmas += [Bernoulli(base**2, exponent / 2, sp.S.One, below) for below in sides]
        else:
            # of two exponentials the one in the place of the other
            lemmas += [ExponentBound(power, c, below) for below in sides if base == sp.E for c in exponents]
            others = {rate for other in powers if other != power and (rate := _rate(other)) is not None}
            rates = sorted(others - {_rate(power)}, key=sp.default_sort_key)
            lemmas += [Geometric(power, rate, run.least, below) for below in sides for rate in rates]
            at_least = sp.S.Zero if n not in symbols(exponent) else at(exponent, n, run.least)
            points = [sp.S.Zero, *([at_least] if at_least.is_Rational and at_least != 0 else [])]
            lowest = _lowest(goal, exponent, sample) if _grows(base, exponent) else []
            points += [c for c in lowest if c not in points]
            lemmas += [ExpTangent(power, c, below) for below in sides for c in points]
        lemmas += [PowerBound(power, below) for below in sides if not symbols(base)] if symbols(exponent) == {n} else []
        lemmas += [PowerBound(power, below) for below in sides if symbols(base)]
        plain = not symbols(base) and symbols(exponent) == {n} and not isinstance(run, RootFrom)
        return Choice(power, lemmas, keep=plain)
    return None


def _divisors(power: sp.Expr, powers: Sequence[sp.Expr]) -> list[sp.Expr]:
    """For a power of a sum the bases of those that it may be divided by, as n in (n + 1)^n n^(-n)."""
    base, exponent = base_and_exponent(power)
    if not isinstance(base, sp.Add) or not symbols(exponent):
        return []
    others = [base_and_exponent(other) for other in powers]
    return [c for c, e in others if symbols(c) and not isinstance(c, sp.Add) and sp.expand(e + exponent) == 0]


def _rate(power: sp.Expr) -> sp.Expr | None:
    """What a power of a number is multiplied by from n to n + 1; `None` where that is not always the same."""
    base, exponent = base_and_exponent(power)
    slope = coefficient(exponent, n, 1)
    linear = not symbols(base) and slope.is_Integer and slope != 0 and not symbols(exponent - slope * n)
    return base**slope if linear else None


def _grows(base: sp.Expr, exponent: sp.Expr) -> bool:
    """Whether a power of a number grows with n, so that a tangent of it may be above what grows less."""
    slope = as_expression(sp.diff(exponent, n))
    return symbols(exponent) == {n} and bool(slope.is_number and (slope * sp.log(base)).is_positive)


def _lowest(goal: sp.Expr, exponent: sp.Expr, sample: Sample) -> list[sp.Expr]:
    """The exponent where the goal is least along n, roughly: where a tangent should touch."""
    enclosure = Enclosure(80)
    slack = {symbol: Fraction(0) for symbol in symbols(goal) - set(sample)}

    def value(iteration: int) -> float | None:
        try:
            return float(enclosure.interval(enclosure.value(goal, {**sample, **slack, n: Fraction(iteration)})).mid)
        except (NotReal, OutOfReach, OverflowError):
            return None

    known = {k: height for j in range(16) if (height := value(k := 2**j)) is not None}
    if not known:
        return []
    best = min(known, key=lambda k: known[k])
    low, high = max(1, best // 2), 2 * best
    while high - low > 2:
        left, right = low + (high - low) // 3, high - (high - low) // 3
        heights = value(left), value(right)
        if heights[0] is None or heights[1] is None:
            return []
        low, high = (low, right) if heights[0] <= heights[1] else (left, high)
    middle = (low + high) // 2
    return [as_expression(at(exponent, n, middle + ahead)) for ahead in (0, 1, 2, -1)]


def _root_choice(goal: sp.Expr, region: Region, sample: Sample, kept: frozenset[sp.Expr]) -> Choice | None:
    """Of a power with a number for its exponent."""
    single, run = isinstance(region.run, Only), region.run
    for power in parts(goal, sp.Pow):
        x, e = operands(power)
        if power in kept or not (isinstance(e, sp.Rational) and e.q > 1 and symbols(x) - {i}):
            continue
        if single and symbols(x) == {n}:
            continue
        if isinstance(run, RootFrom) and run.degree % e.q == 0 and _is_root_base(x, run):
            continue  # rational in the region's variables
        sides = sides_of(goal, power, sample)
        if 0 < fraction(e) < 1:
            return Choice(power, [option for below in sides for option in _root_bounds(x, e, below, region)])
        if fraction(e) > 1:
            # x^e = x^floor(e) times a root
            whole = sp.Integer(int(e.p // e.q))
            powers = [whole, whole + 1]
            lemmas: list[Lemma] = [ExponentBound(power, c, below) for below in sides for c in powers]
            return Choice(power, [*lemmas, *(Bernoulli(x, e, sp.S.One, True) for below in sides if below)])
        return Choice(
            power, [ExponentBound(power, -sp.Integer(int(-e.p // e.q) + up), below) for below in sides for up in (0, 1)]
        )
    return None


def _is_root_base(x: sp.Expr, run: RootFrom) -> bool:
    """Whether x is a multiple of scale*n + shift."""
    return sp.expand(x * run.scale - sp.diff(x, n) * (run.scale * n + run.shift)) == 0


def _log_bounds(x: sp.Expr, below: bool, region: Region) -> list[LogBound]:
    corner = corner_of(x, region)
    if below:
        return [LogBound(x, rational(c), 1, True) for c in dict.fromkeys((corner, Fraction(2), Fraction(1))) if c > 0]
    k = region.run.degree if isinstance(region.run, RootFrom) else 1
    start = Fraction(region.run.root) if isinstance(region.run, RootFrom) else max(corner, Fraction(1))
    return [LogBound(x, rational(c), k, False) for c in (start, 2 * start)]


def _root_bounds(x: sp.Expr, e: sp.Rational, below: bool, region: Region) -> list[RootBound]:
    corner = corner_of(x, region)
    flat = [RootBound(x, e, rational(corner) ** e, True, flat=True)] if below and corner > 0 else []
    # x is at least each of its positive addends, and near the one that leads.
    spread = as_expression(sp.expand(x)) if x.is_polynomial(*symbols(x)) else x
    addends = [part for part in sp.Add.make_args(spread) if symbols(part) and part.is_positive and part != x]
    known = [as_expression(part**e) for part in addends]
    flat += [RootBound(x, e, c, True, flat=True) for c in known if below]
    sloped = [RootBound(x, e, c, below) for c in known]
    return [*flat, *(RootBound(x, e, sp.Integer(c), below) for c in (1, 2)), *sloped]
