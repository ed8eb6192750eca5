"""The search for certificates. Nothing here is trusted: what it finds counts once `certificate.check` accepts it."""

import contextlib
import math
from collections.abc import Iterable, Iterator, Sequence
from fractions import Fraction
from typing import NamedTuple

import flint
import sympy as sp
from flint import fmpq

from ..symbols import i, n
from ..sympy_types import fraction, parts, polynomial, substituted, summand, symbols
from .ball_sums import NoValue
from .balls import compiled
from .canonical import difference, step, sums_are_plain
from .certificate import Case, Certificate
from .completion import squares
from .deadline import checkpoint
from .domain import Domain
from .estimates import choice
from .lemmas import Estimate, Lemma
from .pieces import split_of
from .region import Between, From, Only, Region, RootFrom, Run
from .sides import Sample
from .splits import Cell, Split, refined, variables

#: The lemmas of a case; `None` where none were found.
Found = tuple[Lemma, ...] | None
#: The search on each region, as far as it has come, named by the goal, the run and the cell.
Known = dict[tuple[str, Run, tuple[sp.Expr, ...]], "_Lemmas"]
#: A run of all large n begins at one of these past the domain's first; smaller n are judged one by one.
_STARTS = (0, 1, 2, 3, 5, 8, 12, 20, 40, 80, 160, 320)
#: With the domain's variables in the remaining sums, each n costs more.
_FEW_STARTS = (0, 1, 2, 3, 5, 8, 12)
_ROOT_STARTS = (1, 2, 3, 4, 5, 6, 8, 10, 13, 17, 20)
_LARGEST_START = 1100
_LARGEST_DEGREE = 120
#: Units of work that one of them takes, at least and for each part of what is left.
_CHOICE, _PART = 300, 2


class Round(NamedTuple):
    """How hard a search tries.

    Attributes:
        starts: how many runs of all large n are tried in a cell.
        splits: how often one cell is split.
        choices: how many choices of lemmas are tried on one region.
    """

    starts: int
    splits: int
    choices: int = 13


#: Rounds of the search, the cheap first; what one of them has tried the next does not try again.
QUICK, THOROUGH = (Round(2, 2, 4),), (Round(3, 6), Round(12, 0), Round(5, 3))
#: Where what is left is looked at before its coefficients are, in each variable; and at how many bits.
_NEAR, _FAR, _SAMPLE_BITS = fmpq(0), fmpq(10**9), 80
#: A stretch of so few n is judged one by one.
_SHORT = 6
#: Where there are no more n than this, all n from the first on are not tried before.
_FEW_ITERATIONS = 200


def find(
    law: sp.Expr,
    bound: sp.Expr,
    unit: sp.Expr,
    domain: Domain,
    rounds: Sequence[Round] = QUICK + THOROUGH,
    known: Known | None = None,
) -> Certificate | None:
    """A certificate of law <= bound; `None` where this search finds none.

    Args:
        law, bound: expressions in the domain's symbols and n.
        unit: an expression, positive on the whole domain, by which differences are divided.
        domain: where law <= bound is to hold.
        rounds: how hard to try; all by default.
        known: what was found so far for the same law, bound, unit and domain; more is put there.
    """
    goal = difference(law, bound, unit)
    if not sums_are_plain(goal):
        return None
    known = {} if known is None else known
    for each in rounds:
        found = _round(goal, domain, each, known)
        if found is not None:
            cases, splits = found
            return Certificate(domain, unit, tuple(cases), splits=tuple(splits))
    return None


def _round(goal: sp.Expr, domain: Domain, hard: Round, known: Known) -> tuple[list[Case], list[Split]] | None:
    """Cases and splits."""
    cases: list[Case] = []
    splits: list[Split] = []
    waiting = [(cell, hard.splits) for cell in range(len(domain.cells()))]
    while waiting:
        number, left = waiting.pop()
        cells = refined(domain, splits)
        found = _Cell(goal, number, cells[number], domain, hard, known).cases()
        if found is not None:
            cases += found
            continue
        split = split_of(goal, number, cells[number], domain) if left else None
        if split is None:
            return None
        splits.append(split)
        waiting += [(part, left - 1) for part in (number, len(cells))]
    return cases, splits


class _Cell:
    """The search in one cell.

    Args:
        goal: the difference that is to be shown >= 0.
        number: the cell's.
        values: the domain's variables in the cell.
        domain: which the cell is of.
        hard: how hard to try.
        known: the searches on each region so far.
    """

    def __init__(self, goal: sp.Expr, number: int, values: Cell, domain: Domain, hard: Round, known: Known) -> None:
        self.goal, self.number, self.values, self.domain = goal, number, values, domain
        self.hard, self.known = hard, known
        self.sample = _sample(domain, values)

    def cases(self) -> list[Case] | None:
        """Cases that reach every n; few are judged one by one or in stretches."""
        first, last = self.domain.least_n, self.domain.most_n
        few = last is not None and last - first < _FEW_ITERATIONS
        found = self._up_to(last) if few and last is not None else None
        if found is not None:
            return found
        for name in ("difference", "step"):
            goal = self.goal if name == "difference" else step(self.goal)
            for runs in self._runs():
                tails = self._cases(goal, name, runs)
                if tails is None:
                    continue
                # The first n of an induction is judged too; so is every n that comes before.
                before = self._stretch(first, max(run.least for run in runs) + (name == "step"))
                if before is not None:
                    return before + tails
                break  # a small n at which nothing is shown is in the way of every other run too
        return None if few or last is None else self._up_to(last)

    def _up_to(self, last: int) -> list[Case] | None:
        """Cases for all n up to the last, which is judged by itself: beyond it nothing has to hold."""
        before = self._stretch(self.domain.least_n, last)
        end = None if before is None else self._cases(self.goal, "difference", [Only(last)])
        return None if before is None or end is None else before + end

    def _stretch(self, first: int, last: int) -> list[Case] | None:
        """Cases for first <= n < last."""
        if last - first <= _SHORT:
            return self._cases(self.goal, "difference", [Only(value) for value in range(first, last)])
        together = self._cases(self.goal, "difference", [Between(first, last)])
        if together is not None:
            return together
        middle = (first + last) // 2
        before = self._stretch(first, middle)
        after = None if before is None else self._stretch(middle, last)
        return None if before is None or after is None else before + after

    def _cases(self, goal: sp.Expr, name: str, runs: Iterable[Run]) -> list[Case] | None:
        """A case for each of the runs; `None` where there is none for one of them."""
        cases = []
        for run in runs:
            case = self._case(goal, name, run)
            if case is None:
                return None
            cases.append(case)
        return cases

    def _case(self, goal: sp.Expr, name: str, run: Run) -> Case | None:
        key = (name, run, tuple(self.values.values()))
        if key not in self.known:
            self.known[key] = _Lemmas(goal, Region(self.values, run), self.sample)
        lemmas = self.known[key].found(self.hard.choices)
        return None if lemmas is None else Case(name, self.number, run, lemmas)

    def _runs(self) -> Iterator[tuple[From | RootFrom, ...]]:
        """Ways to write all large n, the hopeful first."""
        goal, domain = self.goal, self.domain
        least_n, powers = domain.least_n, parts(goal, sp.Pow)
        roots = [(p.base, p.exp.q) for p in powers if isinstance(p.exp, sp.Rational) and p.exp.q > 1 and p.base.has(n)]
        sums = [total for total in goal.atoms(sp.Sum) if symbols(summand(total)) & set(domain.symbols)]
        starts = (_FEW_STARTS if sums else _STARTS)[: self.hard.starts]
        if any(p.base.is_negative and p.exp.has(n) for p in powers):
            yield from ((From(least_n + start, 2), From(least_n + start + 1, 2)) for start in starts)
            return
        bases = [line for base, _ in roots if (line := _line(base)) is not None]
        degree = math.lcm(*(degree for _, degree in roots))
        if bases and degree <= _LARGEST_DEGREE:
            # That one of several lines is a power makes only its own root rational.
            ways = [(degree, shift, scale) for shift, scale in sorted(set(bases), reverse=True)]
        else:
            yield from ((From(least_n + start),) for start in starts)
            # log n is compared with roots of n where it must stay below a power of n.
            ways = [(2, 0, 1), (3, 0, 1)] if goal.has(sp.log, sp.harmonic) else []
        for degree, shift, scale in ways:
            for root in _ROOT_STARTS[: self.hard.starts]:
                run = RootFrom(root, degree, scale, shift)
                if least_n <= run.least <= least_n + _LARGEST_START:
                    yield (run,)


class _Lemmas:
    """The search for lemmas that show a goal to be >= 0 on a region; it goes on where it was left."""

    def __init__(self, goal: sp.Expr, region: Region, sample: Sample) -> None:
        self.goal, self.region, self.sample = goal, region, sample
        self._begin()

    def _begin(self) -> None:
        self._found: Found = None
        self._tried = 0
        self._choices = _Eliminations(self.region, self.sample).of(self.goal)

    def found(self, choices: int) -> Found:
        """The first lemmas among so many choices."""
        done = False
        try:
            while self._found is None and self._tried < choices:
                following = next(self._choices, None)
                if following is None:
                    break
                self._tried += 1
                self._found = self._shown(*following)
            done = True
        finally:
            if not done:  # out of work amid the choices, which cannot go on
                self._begin()
        return self._found

    def _shown(self, lemmas: tuple[Lemma, ...], remains: sp.Expr) -> Found:
        """The lemmas where what they leave is >= 0, perhaps by squares."""
        region = self.region
        checkpoint(_cost(remains))
        if _fails_at_samples(remains, region):
            return None
        if region.is_nonnegative(remains):
            return lemmas
        more = squares(remains, region) or ()
        for square in more:
            remains = square.apply(remains, region)
        return (*lemmas, *more) if more and region.is_nonnegative(remains) else None


def _sample(domain: Domain, cell: Cell) -> Sample:
    """A point of the cell, far from its ends, i included."""
    point = domain.sample() | {i: Fraction(1)}
    if cell in domain.cells():
        return point
    slacks = dict.fromkeys(variables(domain, cell), sp.Integer(10))
    return point | {symbol: fraction(substituted(value, slacks)) for symbol, value in cell.items()}


def _line(base: sp.Expr) -> tuple[int, int] | None:
    """(shift, scale) of scale*n + shift with whole numbers, scale > 0; `None` for what is none."""
    form = polynomial(base, n) if symbols(base) == {n} else None
    if form is None or form.degree() != 1:
        return None
    scale, shift = form.all_coeffs()
    return (int(shift), int(scale)) if scale.is_Integer and shift.is_Integer and scale > 0 else None


def _fails_at_samples(remains: sp.Expr, region: Region) -> bool:
    """Whether the expression is negative at some point of the region: cheaper to see than its coefficients."""
    written = region.write(remains)
    variables = sorted(symbols(written), key=sp.default_sort_key)
    points = [dict.fromkeys(variables, value) for value in (_NEAR, fmpq(1), _FAR)]
    points += [{x: _FAR if x == far else _NEAR for x in variables} for far in variables]
    points += [{x: _NEAR if x == near else _FAR for x in variables} for near in variables]
    value = compiled(written)
    with flint.ctx.workprec(_SAMPLE_BITS):
        for point in points:
            with contextlib.suppress(NoValue):
                if value(point) < 0:
                    return True
    return False


def _cost(goal: sp.Expr) -> int:
    return max(_CHOICE, _PART * len([*sp.preorder_traversal(goal)]))


class _Eliminations:
    """Sequences of lemmas after which a goal is rational on a region."""

    def __init__(self, region: Region, sample: Sample) -> None:
        self.region, self.sample = region, sample
        #: What a lemma says, `None` where it does not hold: most come up again after other choices before them.
        self._estimates: dict[Lemma, Estimate | None] = {}

    def of(self, goal: sp.Expr, kept: frozenset[sp.Expr] = frozenset()) -> Iterator[tuple[tuple[Lemma, ...], sp.Expr]]:
        """Sequences with what they leave: one of each first lemma in turn."""
        found = choice(goal, self.region, self.sample, kept)
        if found is None:
            yield (), goal
            return
        ways: list[Iterator[tuple[tuple[Lemma, ...], sp.Expr]]] = []
        if found.keep:
            ways.append(self.of(goal, kept | {found.part}))
        ways += [self._after(lemma, goal, kept) for lemma in found.lemmas]
        while ways:
            for way in list(ways):
                following = next(way, None)
                if following is None:
                    ways.remove(way)
                else:
                    yield following

    def _after(
        self, lemma: Lemma, goal: sp.Expr, kept: frozenset[sp.Expr]
    ) -> Iterator[tuple[tuple[Lemma, ...], sp.Expr]]:
        checkpoint(_cost(goal))
        if lemma not in self._estimates:
            holds = all(condition.holds() for condition in lemma.conditions(self.region))
            self._estimates[lemma] = lemma.estimate(self.region) if holds else None
        estimate = self._estimates[lemma]
        if estimate is not None:
            for lemmas, final in self.of(estimate.within(goal), kept):
                yield (lemma, *lemmas), final
