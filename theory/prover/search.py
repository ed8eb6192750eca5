"""The search for certificates. Nothing here is trusted: what it finds counts once `certificate.check` accepts it."""

import math
from collections.abc import Iterable, Iterator, Mapping, Sequence
from fractions import Fraction

import sympy as sp

from ..symbols import i, n
from ..sympy_types import (
    as_expression,
    at,
    fraction,
    operands,
    parts,
    polynomial,
    rational,
    replaced,
    summand,
    symbols,
)
from .canonical import difference, is_tail, order, step
from .certificate import Case, Certificate
from .deadline import checkpoint
from .domain import Domain
from .enclosure import Enclosure, NotReal, OutOfReach, sign
from .lemmas import (
    HarmonicLog,
    Lemma,
    LogBound,
    LogRatio,
    PowerBound,
    RootBound,
    TailBound,
    Telescoping,
    Termwise,
    Unsound,
    ZetaTail,
)
from .region import From, Only, Region, RootFrom

#: A run of all large n begins at one of these past the domain's first; smaller n are judged one by one.
_STARTS = (0, 1, 2, 3, 5, 8, 12, 20, 40, 80, 160, 320)
#: With the domain's variables in the remaining sums, each n costs more.
_FEW_STARTS = (0, 1, 2, 3, 5, 8, 12)
_ROOT_STARTS = (1, 2, 3, 4, 5, 6, 8, 10, 13, 17, 20)
_LARGEST_START = 1100
_LARGEST_DEGREE = 120
#: How many choices of lemmas are tried on one region.
_MOST_CHOICES = 12

#: A point of the domain, where two things are compared for the search to go by.
Sample = Mapping[sp.Symbol, Fraction]


def find(law: sp.Expr, bound: sp.Expr, unit: sp.Expr, domain: Domain, *, thorough: bool) -> Certificate | None:
    """A certificate of law <= bound; `None` where this search finds none.

    Args:
        law, bound: expressions in the domain's symbols and n.
        unit: an expression, positive on the whole domain, by which differences are divided.
        domain: where law <= bound is to hold.
        thorough: whether to try more ways, at more cost.
    """
    goals = {"difference": difference(law, bound, unit)}
    cases: list[Case] = []
    for cell in range(len(domain.cells())):
        found = _cell(goals, cell, domain, thorough)
        if found is None:
            return None
        cases += found
    return Certificate(domain, unit, tuple(cases))


def _cell(goals: dict[str, sp.Expr], cell: int, domain: Domain, thorough: bool) -> list[Case] | None:
    """Cases that reach every n in one cell."""
    for goal in ("difference", "step"):
        if goal == "step":
            goals.setdefault("step", step(goals["difference"]))
        for runs in _runs(goals["difference"], domain, thorough):
            tails = _cases(goals[goal], goal, cell, runs, domain)
            if tails is None:
                continue
            # The first n of an induction is judged too; so is every n that comes before.
            upto = max(run.least for run in runs) + (goal == "step")
            singles = [Only(value) for value in range(domain.least_n, upto)]
            before = _cases(goals["difference"], "difference", cell, singles, domain)
            if before is not None:
                return before + tails
            break  # a small n at which nothing is shown is in the way of every other run too
    return None


def _cases(
    goal: sp.Expr, name: str, cell: int, runs: Iterable[From | Only | RootFrom], domain: Domain
) -> list[Case] | None:
    """A case for each of the runs; `None` where there is none for one of them."""
    cases = []
    for run in runs:
        case = _case(goal, name, cell, run, domain)
        if case is None:
            return None
        cases.append(case)
    return cases


def _runs(goal: sp.Expr, domain: Domain, thorough: bool) -> Iterator[tuple[From | RootFrom, ...]]:
    """Ways to write all large n, the hopeful first."""
    least_n, powers = domain.least_n, parts(goal, sp.Pow)
    roots = [(p.base, p.exp.q) for p in powers if isinstance(p.exp, sp.Rational) and p.exp.q > 1 and p.base.has(n)]
    sums = [total for total in goal.atoms(sp.Sum) if symbols(summand(total)) & set(domain.symbols)]
    starts = (_FEW_STARTS if thorough else _FEW_STARTS[:2]) if sums else _STARTS
    if any(p.base.is_negative and p.exp.has(n) for p in powers):
        yield from ((From(least_n + start, 2), From(least_n + start + 1, 2)) for start in starts)
        return
    bases = [line for base, _ in roots if (line := _line(base)) is not None]
    if bases:
        degrees = [math.lcm(*(degree for _, degree in roots))]
        shift, scale = max(bases)
    else:
        yield from ((From(least_n + start),) for start in starts)
        # log n is compared with roots of n where it must stay below a power of n.
        degrees, scale, shift = ([2, 3] if goal.has(sp.log, sp.harmonic) else []), 1, 0
    for degree in degrees:
        for root in _ROOT_STARTS:
            run = RootFrom(root, degree, scale, shift)
            if degree <= _LARGEST_DEGREE and least_n <= run.least <= least_n + _LARGEST_START:
                yield (run,)


def _line(base: sp.Expr) -> tuple[int, int] | None:
    """(shift, scale) of scale*n + shift with whole numbers, scale > 0; `None` for what is none."""
    form = polynomial(base, n) if symbols(base) == {n} else None
    if form is None or form.degree() != 1:
        return None
    scale, shift = form.all_coeffs()
    return (int(shift), int(scale)) if scale.is_Integer and shift.is_Integer and scale > 0 else None


def _case(goal: sp.Expr, name: str, cell: int, run: From | Only | RootFrom, domain: Domain) -> Case | None:
    region = Region(domain.cells()[cell], run)
    for choice, (lemmas, remains) in enumerate(_eliminations(goal, region, domain.sample() | {i: Fraction(1)})):
        checkpoint()
        if not _fails_at_samples(remains, region) and region.is_nonnegative(remains):
            return Case(name, cell, run, lemmas)
        if choice >= _MOST_CHOICES:
            break
    return None


def _fails_at_samples(remains: sp.Expr, region: Region) -> bool:
    """Whether the expression is negative at some point of the region: cheaper to see than its coefficients."""
    written = region.write(remains)
    variables = sorted(symbols(written), key=sp.default_sort_key)
    points = [{x: Fraction(value) for x in variables} for value in (0, 1, 10**9)]
    points += [{x: Fraction(10**9 if x == far else 0) for x in variables} for far in variables]
    points += [{x: Fraction(0 if x == near else 10**9) for x in variables} for near in variables]
    enclosure = Enclosure(80)
    for point in points:
        try:
            if sign(enclosure.value(written, point)) == -1:
                return True
        except (NotReal, OutOfReach):
            continue
    return False


def _eliminations(goal: sp.Expr, region: Region, sample: Sample) -> Iterator[tuple[tuple[Lemma, ...], sp.Expr]]:
    """Sequences of lemmas after which the goal is rational, with what they leave; depth first."""
    options = _options(goal, region, sample)
    if options is None:
        yield (), goal
        return
    for lemma in options:
        checkpoint()
        try:
            remains = lemma.apply(goal, region)
        except Unsound:
            continue
        for lemmas, final in _eliminations(remains, region, sample):
            yield (lemma, *lemmas), final


def _options(goal: sp.Expr, region: Region, sample: Sample) -> Sequence[Lemma] | None:
    """Lemmas that remove one part of the goal; `None` where nothing is left to remove."""
    single = isinstance(region.run, Only)
    for total in parts(goal, sp.Sum):
        if is_tail(total):
            return _tail_options(goal, total, sample)
        if not single:
            return _sum_options(summand(total))
    for part in parts(goal, sp.harmonic):
        x = operands(part)[0]
        if single and x == n:
            continue
        if order(part) == 1:
            sides = _sides(goal, part, sample)
            return [HarmonicLog(x, terms) for below in sides for terms in ((1, 3) if below else (0, 2))]
        return [ZetaTail(int(order(part)))] if x == n else []
    return _function_options(goal, region, sample)


def _function_options(goal: sp.Expr, region: Region, sample: Sample) -> Sequence[Lemma] | None:
    single, run = isinstance(region.run, Only), region.run
    logs = [(operands(part)[0], part) for part in parts(goal, sp.log)]
    logs = [(x, part) for x, part in logs if symbols(x) and not (single and symbols(x) == {n})]
    for x, part in sorted(logs, key=lambda pair: pair[0] == n):
        sides = _sides(goal, part, sample)
        if isinstance(run, RootFrom) and run.shift and x == n:
            # n is taken to where the root is rational
            return [LogRatio(n, n + sp.Rational(run.shift, run.scale), below) for below in sides]
        if isinstance(run, RootFrom) and run.shift and _is_root_base(x, run):
            return [option for below in sides for option in _log_bounds(x, below, region)]
        lead = sp.LC(x, n) if x.is_polynomial(n) and x != n and sp.degree(x, n) == 1 else None
        if lead is not None and lead.is_Rational and lead > 0:
            return [LogRatio(x, lead * n, below) for below in sides]
        return [option for below in sides for option in _log_bounds(x, below, region)]
    for power in sorted((*parts(goal, sp.Pow), *parts(goal, sp.exp)), key=sp.default_sort_key):
        x, e = power.as_base_exp()
        if isinstance(run, RootFrom) and e.has(n) and not symbols(x):
            return [PowerBound(power, below) for below in _sides(goal, power, sample)]
        if not (isinstance(e, sp.Rational) and e.q > 1 and symbols(x)) or single and symbols(x) == {n}:
            continue
        if isinstance(run, RootFrom) and run.degree % e.q == 0 and _is_root_base(x, run):
            continue  # rational in the region's variables
        if 0 < fraction(e) < 1:
            return [option for below in _sides(goal, power, sample) for option in _root_bounds(x, e, below, region)]
    return None


def _is_root_base(x: sp.Expr, run: RootFrom) -> bool:
    """Whether x is a multiple of scale*n + shift."""
    return sp.expand(x * run.scale - sp.diff(x, n) * (run.scale * n + run.shift)) == 0


def _log_bounds(x: sp.Expr, below: bool, region: Region) -> list[LogBound]:
    corner = _corner(x, region)
    if below:
        return [LogBound(x, rational(c), 1, True) for c in dict.fromkeys((corner, Fraction(2), Fraction(1))) if c > 0]
    k = region.run.degree if isinstance(region.run, RootFrom) else 1
    start = Fraction(region.run.root) if isinstance(region.run, RootFrom) else max(corner, Fraction(1))
    return [LogBound(x, rational(c), k, False) for c in (start, 2 * start)]


def _root_bounds(x: sp.Expr, e: sp.Rational, below: bool, region: Region) -> list[RootBound]:
    corner = _corner(x, region)
    flat = [RootBound(x, e, rational(corner) ** e, True, flat=True)] if below and corner > 0 else []
    return flat + [RootBound(x, e, sp.Integer(c), below) for c in (1, 2)]


def _corner(x: sp.Expr, region: Region) -> Fraction:
    """The value of x where all of the region's variables are 0: its least, if x rises in all of them."""
    written = region.write(x)
    value = replaced(written, dict.fromkeys(symbols(written), sp.S.Zero))
    return fraction(value) if value.is_Rational else Fraction(1)


def _sides(goal: sp.Expr, part: sp.Expr, sample: Sample) -> tuple[bool, ...]:
    """Whether to estimate `part` from below: the side that keeps the goal small, and the other where unclear."""
    stand_in = sp.Dummy()
    slope = replaced(as_expression(sp.diff(replaced(goal, {part: stand_in}), stand_in)), {stand_in: part})
    slack = {symbol: Fraction(0) for symbol in symbols(slope) - set(sample)}
    try:
        direction = sign(Enclosure(80).value(slope, {**sample, **slack}))
    except (NotReal, OutOfReach):
        direction = None
    return (True, False) if direction in (None, 0) else (direction == 1,)


def _expansion(term: sp.Expr) -> tuple[int, sp.Expr, sp.Expr] | None:
    """(p, c, c') with 1/term = c i^p + c' i^(p - 1) + …"""
    numerator, denominator = (polynomial(part, i) for part in sp.fraction(sp.together(term)))
    if numerator is None or denominator is None or numerator.is_zero:
        return None
    p = int(denominator.degree()) - int(numerator.degree())
    lead = as_expression(sp.cancel(denominator.LC() / numerator.LC()))
    next_terms = (
        part.coeff_monomial(i ** (part.degree() - 1)) if part.degree() > 0 else 0 for part in (denominator, numerator)
    )
    below_denominator, below_numerator = next_terms
    return p, lead, as_expression(sp.cancel((below_denominator - lead * below_numerator) / numerator.LC()))


def _tails(term: sp.Expr, *, below: bool) -> list[sp.Expr]:
    """Estimates of sum_{i > n} term for a positive term, the sharp first: the midpoint rule, or Euler-Maclaurin."""
    expansion = _expansion(term)
    if expansion is None or expansion[0] < 2:
        return [sp.S.Zero] if below else []
    p, c, following = expansion
    shift = following / (p * c)

    def midpoint(offset: sp.Expr) -> sp.Expr:
        return 1 / ((p - 1) * c * sp.cancel(n + offset + shift) ** (p - 1))

    if sp.cancel(term * i**p * c) == 1:
        expanded = 1 / ((p - 1) * n ** (p - 1)) - 1 / (2 * n**p)
        third = sp.Rational(p, 12) / n ** (p + 1)
        fourth = sp.Rational(p * (p + 1) * (p + 2), 720) / n ** (p + 3)
        if below:
            return [(expanded + third - fourth) / c, expanded / c, sp.S.Zero]
        return [(expanded + third) / c, midpoint(sp.Rational(1, 2))]
    if below:
        return [midpoint(sp.Rational(1, 2) + 1 / (4 * n)), midpoint(sp.S.One), sp.S.Zero]
    return [midpoint(sp.Rational(1, 2)), midpoint(sp.S.Zero)]


def _tail_options(goal: sp.Expr, total: sp.Sum, sample: Sample) -> list[Lemma]:
    term = summand(total)
    positive = sign(Enclosure(80).value(term, sample)) != -1
    lemmas: list[Lemma] = []
    for below in _sides(goal, total, sample):
        # A negative term's tail is bounded through the tail of its opposite.
        values = _tails(term, below=below) if positive else [-value for value in _tails(-term, below=not below)]
        lemmas += [TailBound(term, as_expression(sp.factor(value)), below) for value in values]
    return lemmas


def _sum_options(term: sp.Expr) -> list[Lemma]:
    """Estimates from below of the sum over i = 1..n of `term`."""
    lemmas: list[Lemma] = [Termwise(term, sp.S.Zero)]
    expansion = _expansion(term)
    if expansion is None or expansion[0] < 1:
        return lemmas
    p, c, _ = expansion
    first = at(term, i, 1)
    others = [1 / (c * i**p) + (first - 1 / c) / i ** (p + 1), first / i**p, 1 / (c * i**p)]
    lemmas += [Termwise(term, as_expression(sp.factor(other))) for other in others]
    lemmas.append(Termwise(term, as_expression(sp.factor(at(term, i, 2) * 2**p / i**p)), first=2))
    if p >= 2:  # from below: minus the tail of the opposite, from above
        lemmas += [Telescoping(term, value) for value in _tails(-term, below=False)]
    return lemmas
