"""The search for certificates. Nothing here is trusted: what it finds counts once `certificate.check` accepts it."""

import math
from collections.abc import Iterable, Iterator
from fractions import Fraction

import sympy as sp

from ..symbols import i, n
from ..sympy_types import parts, polynomial, summand, symbols
from .canonical import difference, step, sums_are_plain
from .certificate import Case, Certificate
from .deadline import checkpoint
from .domain import Domain
from .enclosure import Enclosure, NotReal, OutOfReach, sign
from .estimates import Sample, options
from .lemmas import Lemma
from .region import From, Only, Region, RootFrom
from .unsound import Unsound

#: A run of all large n begins at one of these past the domain's first; smaller n are judged one by one.
_STARTS = (0, 1, 2, 3, 5, 8, 12, 20, 40, 80, 160, 320)
#: With the domain's variables in the remaining sums, each n costs more.
_FEW_STARTS = (0, 1, 2, 3, 5, 8, 12)
_ROOT_STARTS = (1, 2, 3, 4, 5, 6, 8, 10, 13, 17, 20)
_LARGEST_START = 1100
_LARGEST_DEGREE = 120
#: How many choices of lemmas are tried on one region.
_MOST_CHOICES = 12
#: Units of work that one of them takes.
_CHOICE = 1_000


def find(law: sp.Expr, bound: sp.Expr, unit: sp.Expr, domain: Domain, *, thorough: bool) -> Certificate | None:
    """A certificate of law <= bound; `None` where this search finds none.

    Args:
        law, bound: expressions in the domain's symbols and n.
        unit: an expression, positive on the whole domain, by which differences are divided.
        domain: where law <= bound is to hold.
        thorough: whether to try more ways, at more cost.
    """
    goals = {"difference": difference(law, bound, unit)}
    if not sums_are_plain(goals["difference"]):
        return None
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
        checkpoint(_CHOICE)
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
    lemmas_to_try = options(goal, region, sample)
    if lemmas_to_try is None:
        yield (), goal
        return
    for lemma in lemmas_to_try:
        checkpoint(_CHOICE)
        try:
            remains = lemma.apply(goal, region)
        except Unsound:
            continue
        for lemmas, final in _eliminations(remains, region, sample):
            yield (lemma, *lemmas), final
