"""The search for certificates. Nothing here is trusted: what it finds counts once `certificate.check` accepts it."""

from collections.abc import Iterator
from fractions import Fraction

import sympy as sp

from .canonical import difference, order, step
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
from .symbols import T, d, i, n, sigma

#: A run of all large n begins at one of these past the domain's first; smaller n are judged one by one.
_STARTS = (0, 1, 2, 3, 5, 8, 12, 20, 40, 80, 160, 320)
#: With T or d in the remaining sums, each n costs more.
_FEW_STARTS = (0, 1, 2, 3, 5, 8, 12)
_ROOT_STARTS = (1, 2, 3, 4, 5, 6, 8, 10, 13, 17, 20)
_LARGEST_START = 1100
_LARGEST_DEGREE = 120
#: How many choices of lemmas are tried on one region.
_MOST_CHOICES = 12
_SAMPLE = {T: Fraction(1000), d: Fraction(10), n: Fraction(50), sigma: Fraction(1), i: Fraction(1)}


def find(law: sp.Expr, bound: sp.Expr, domain: Domain, *, thorough: bool) -> Certificate | None:
    """A certificate of law <= bound on the domain; `None` where this search finds none, `thorough` or quick."""
    goals = {"difference": difference(law, bound)}
    cases: list[Case] = []
    for cell in range(len(domain.cells())):
        found = _cell(goals, cell, domain, thorough)
        if found is None:
            return None
        cases += found
    return Certificate(domain, tuple(cases))


def _cell(goals: dict[str, sp.Expr], cell: int, domain: Domain, thorough: bool) -> list[Case] | None:
    """Cases that reach every n in one cell."""
    for goal in ("difference", "step"):
        if goal == "step":
            goals.setdefault("step", step(goals["difference"]))
        for runs in _runs(goals["difference"], domain.least_n, thorough):
            tails = [_case(goals[goal], goal, cell, run, domain) for run in runs]
            if any(case is None for case in tails):
                continue
            # The first n of an induction is judged too; so is every n that comes before.
            upto = max(run.least for run in runs) + (goal == "step")
            before = []
            for value in range(domain.least_n, upto):
                case = _case(goals["difference"], "difference", cell, Only(value), domain)
                if case is None:
                    break
                before.append(case)
            else:
                return before + tails
            break  # a small n at which nothing is shown is in the way of every other run too
    return None


def _runs(goal: sp.Expr, least_n: int, thorough: bool) -> Iterator[tuple[From | RootFrom, ...]]:
    """Ways to write all large n, the hopeful first."""
    roots = [p for p in goal.atoms(sp.Pow) if p.exp.is_Rational and p.exp.q > 1 and p.base.has(n)]
    linear = [p.base.as_poly(n) for p in roots if p.base.is_polynomial(n) and p.base.free_symbols == {n}]
    sums = [total for total in goal.atoms(sp.Sum) if total.function.free_symbols & {T, d}]
    starts = (_FEW_STARTS if thorough else _FEW_STARTS[:2]) if sums else _STARTS
    if any(p.base.is_negative and p.exp.has(n) for p in goal.atoms(sp.Pow)):
        yield from ((From(least_n + start, 2), From(least_n + start + 1, 2)) for start in starts)
        return
    bases = {tuple(base.all_coeffs()) for base in linear if base.degree() == 1}
    bases = {(a, b) for a, b in bases if a.is_Integer and a > 0 and b.is_Integer}
    if bases:
        degrees = [int(sp.ilcm(*(p.exp.q for p in roots), 1))]
        scale, shift = max(bases, key=lambda base: base[::-1])
    else:
        yield from ((From(least_n + start),) for start in starts)
        # log n is compared with roots of n where it must stay below a power of n.
        degrees, scale, shift = ([2, 3] if goal.has(sp.log, sp.harmonic) else []), 1, 0
    for degree in degrees:
        for root in _ROOT_STARTS:
            run = RootFrom(root, degree, int(scale), int(shift))
            if degree <= _LARGEST_DEGREE and least_n <= run.least <= least_n + _LARGEST_START:
                yield (run,)


def _case(goal: sp.Expr, name: str, cell: int, run: From | Only | RootFrom, domain: Domain) -> Case | None:
    region = Region(domain.cells()[cell], run)
    for choice, (lemmas, remains) in enumerate(_eliminations(goal, region)):
        checkpoint()
        if not _fails_at_samples(remains, region) and region.is_nonnegative(remains):
            return Case(name, cell, run, lemmas)
        if choice >= _MOST_CHOICES:
            break
    return None


def _fails_at_samples(remains: sp.Expr, region: Region) -> bool:
    """Whether the expression is negative at some point of the region: cheaper to see than its coefficients."""
    written = region.write(remains)
    variables = sorted(written.free_symbols, key=sp.default_sort_key)
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


def _eliminations(goal: sp.Expr, region: Region) -> Iterator[tuple[tuple[Lemma, ...], sp.Expr]]:
    """Sequences of lemmas after which the goal is rational, with what they leave; depth first."""
    options = _options(goal, region)
    if options is None:
        yield (), goal
        return
    for lemma in options:
        checkpoint()
        try:
            remains = lemma.apply(goal, region)
        except Unsound:
            continue
        for lemmas, final in _eliminations(remains, region):
            yield (lemma, *lemmas), final


def _options(goal: sp.Expr, region: Region) -> list[Lemma] | None:
    """Lemmas that remove one part of the goal; `None` where nothing is left to remove."""
    single = isinstance(region.run, Only)
    sums = sorted(goal.atoms(sp.Sum), key=sp.default_sort_key)
    for total in sums:
        if total.limits[0][2] is sp.oo:
            return _tail_options(goal, total)
        if not single:
            return _sum_options(total.function)
    harmonics = sorted(goal.atoms(sp.harmonic), key=sp.default_sort_key)
    for part in harmonics if not single else [h for h in harmonics if h.args[0] != n]:
        if order(part) == 1:
            return [HarmonicLog(part.args[0], k) for below in _sides(goal, part) for k in ((1, 3) if below else (0, 2))]
        return [ZetaTail(int(order(part)))] if part.args[0] == n else []
    return _function_options(goal, region)


def _function_options(goal: sp.Expr, region: Region) -> list[Lemma] | None:
    logs = sorted((part for part in goal.atoms(sp.log) if part.args[0].free_symbols), key=sp.default_sort_key)
    single = isinstance(region.run, Only)
    logs = [part for part in logs if not (single and part.args[0].free_symbols == {n})]
    for part in sorted(logs, key=lambda part: part.args[0] == n):
        x = part.args[0]
        run = region.run
        if isinstance(run, RootFrom) and run.shift and x == n:
            # n is taken to where the root is rational
            return [LogRatio(n, n + sp.Rational(run.shift, run.scale), below) for below in _sides(goal, part)]
        if isinstance(run, RootFrom) and run.shift and _is_root_base(x, run):
            return [option for below in _sides(goal, part) for option in _log_bounds(x, below, region)]
        lead = sp.LC(x, n) if x.is_polynomial(n) and x != n and sp.degree(x, n) == 1 else None
        if lead is not None and lead.is_Rational and lead > 0:
            return [LogRatio(x, lead * n, below) for below in _sides(goal, part)]
        return [option for below in _sides(goal, part) for option in _log_bounds(x, below, region)]
    degree = region.run.degree if isinstance(region.run, RootFrom) else 1
    for power in sorted(goal.atoms(sp.Pow, sp.exp), key=sp.default_sort_key):
        x, e = power.as_base_exp()
        if isinstance(region.run, RootFrom) and e.has(n) and not x.free_symbols:
            return [PowerBound(power, below) for below in _sides(goal, power)]
        if not (e.is_Rational and e.q > 1 and x.free_symbols) or single and x.free_symbols == {n}:
            continue
        if isinstance(region.run, RootFrom) and degree % e.q == 0 and _is_root_base(x, region.run):
            continue  # rational in the region's variables
        if 0 < e < 1:
            return [option for below in _sides(goal, power) for option in _root_bounds(x, e, below, region)]
    return None


def _is_root_base(x: sp.Expr, run: RootFrom) -> bool:
    """Whether x is a multiple of scale*n + shift."""
    return sp.expand(x * run.scale - sp.diff(x, n) * (run.scale * n + run.shift)) == 0


def _log_bounds(x: sp.Expr, below: bool, region: Region) -> list[Lemma]:
    corner = _corner(x, region)
    if below:
        return [LogBound(x, c, 1, True) for c in dict.fromkeys((corner, sp.Integer(2), sp.S.One)) if c > 0]
    k = region.run.degree if isinstance(region.run, RootFrom) else 1
    start = sp.Integer(region.run.root) if isinstance(region.run, RootFrom) else max(corner, sp.S.One)
    return [LogBound(x, c, k, False) for c in (start, 2 * start)]


def _root_bounds(x: sp.Expr, e: sp.Rational, below: bool, region: Region) -> list[Lemma]:
    corner = _corner(x, region)
    flat: list[Lemma] = [RootBound(x, e, corner**e, True, flat=True)] if below and corner > 0 else []
    return flat + [RootBound(x, e, sp.Integer(c), below) for c in (1, 2)]


def _corner(x: sp.Expr, region: Region) -> sp.Expr:
    """The value of x where all of the region's variables are 0: its least, if x rises in all of them."""
    written = region.write(x)
    value = written.xreplace(dict.fromkeys(written.free_symbols, sp.S.Zero))
    return value if value.is_Rational else sp.S.One


def _sides(goal: sp.Expr, part: sp.Expr) -> tuple[bool, ...]:
    """Whether to estimate `part` from below: the side that keeps the goal small, and the other where unclear."""
    stand_in = sp.Dummy()
    slope = sp.diff(goal.xreplace({part: stand_in}), stand_in).xreplace({stand_in: part})
    slack = {symbol: Fraction(0) for symbol in slope.free_symbols - set(_SAMPLE)}
    try:
        direction = sign(Enclosure(80).value(slope, _SAMPLE | slack))
    except (NotReal, OutOfReach):
        direction = None
    return {1: (True,), -1: (False,)}.get(direction, (True, False))


def _expansion(term: sp.Expr) -> tuple[int, sp.Expr, sp.Expr] | None:
    """(p, c, c') with 1/term = c i^p + c' i^(p - 1) + …"""
    numerator, denominator = (part.as_poly(i) for part in sp.fraction(sp.together(term)))
    if numerator is None or denominator is None or numerator.is_zero:
        return None
    p = denominator.degree() - numerator.degree()
    lead = sp.cancel(denominator.LC() / numerator.LC())
    next_terms = (
        part.coeff_monomial(i ** (part.degree() - 1)) if part.degree() > 0 else 0 for part in (denominator, numerator)
    )
    below_denominator, below_numerator = next_terms
    return p, lead, sp.cancel((below_denominator - lead * below_numerator) / numerator.LC())


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


def _tail_options(goal: sp.Expr, total: sp.Sum) -> list[Lemma]:
    term = total.function
    positive = sign(Enclosure(80).value(term, _SAMPLE)) != -1
    lemmas: list[Lemma] = []
    for below in _sides(goal, total):
        # A negative term's tail is bounded through the tail of its opposite.
        values = _tails(term, below=below) if positive else [-value for value in _tails(-term, below=not below)]
        lemmas += [TailBound(term, sp.factor(value), below) for value in values]
    return lemmas


def _sum_options(term: sp.Expr) -> list[Lemma]:
    """Estimates from below of the sum over i = 1..n of `term`."""
    lemmas: list[Lemma] = [Termwise(term, sp.S.Zero)]
    expansion = _expansion(term)
    if expansion is None or expansion[0] < 1:
        return lemmas
    p, c, _ = expansion
    first = term.subs(i, 1)
    others = [1 / (c * i**p) + (first - 1 / c) / i ** (p + 1), first / i**p, 1 / (c * i**p)]
    lemmas += [Termwise(term, sp.factor(other)) for other in others]
    lemmas.append(Termwise(term, sp.factor(term.subs(i, 2) * 2**p / i**p), first=2))
    if p >= 2:  # from below: minus the tail of the opposite, from above
        lemmas += [Telescoping(term, value) for value in _tails(-term, below=False)]
    return lemmas
