"""Is an expression at most a bound, or at least, at every point of a domain? Proved, refuted, or left open."""

import time
from collections.abc import Callable, Mapping, Sequence
from fractions import Fraction
from functools import partial
from typing import TypeVar

import sympy as sp

from ..symbols import n
from ..sympy_types import as_expression, substituted
from . import search
from .cancelled import check_cancelled
from .certificate import Certificate
from .deadline import OutOfWork, within
from .domain import Domain
from .induction import by_induction, recursion_of
from .parsing import parse_bound
from .parts import Part, Parts
from .refutation import Point, Search, Sides
from .second_opinion import SecondOpinion, second_opinion
from .size import MOST_TERMS, multiplied_out
from .statement import Statement
from .stretches import certified, in_parts
from .verdicts import Proved, Refuted, Undecided

Result = TypeVar("Result")

#: Units of work after which each search is given up: those that find something need a tenth as a rule, and all of them
#: together take under five seconds of an ordinary processor. A proof that goes on does not repeat what was tried. Most
#: counterexamples downhill are found soon, so that what is true waits for a short search alone.
_SMALL, _FAR, _QUICK, _DOWNHILL, _PROOF, _IN_PARTS = 60_000, 20_000, 20_000, 110_000, 130_000, 60_000
_SHORT_DOWNHILL, _SHORT_PROOF, _SHORT_PARTS = 15_000, 60_000, 30_000


class Attempts:
    """Searches one after the other, each with units of work, all under one time limit; and why some have no result."""

    def __init__(self, time_limit: float | None) -> None:
        self.end = None if time_limit is None else time.monotonic() + time_limit
        #: What was said of each search the last time.
        self.failed: dict[str, str] = {}

    @property
    def left(self) -> float | None:
        """Seconds."""
        return None if self.end is None else self.end - time.monotonic()

    def attempt(self, what: str, units: int, work: Callable[[], Result | None]) -> Result | None:
        """The result of `work`, which ends after so many units; `None` where it has none."""
        left = self.left
        if left is not None and left <= 0:
            self.failed[what] = f"{what}: no time left"
            return None
        try:
            result = within(units, work, seconds=left)
        except TimeoutError:
            self.failed[what] = f"{what}: out of time"
            return None
        except OutOfWork:
            self.failed[what] = f"{what}: gave up after {units:,} units of work"
            return None
        if result is None:
            self.failed[what] = f"{what}: none found"
        return result


def judge(
    statement: Statement,
    bound: str | int | sp.Expr | Statement,
    *,
    lower: bool = False,
    time_limit: float | None = None,
) -> Proved | Refuted | Undecided:
    """Whether the statement's expression is at most the bound, not strict, on its whole domain.

    Args:
        statement: what is compared, and where.
        bound: text (see `parsing.parse_bound`) or a SymPy expression, in the domain's symbols and n; or another
            statement, judged on the domain and in the unit of this one.
        lower: judge that the expression is at least the bound.
        time_limit: seconds after which the verdict is `Undecided`; by default there is no clock, for each search has a
            budget in units of work.

    Raises:
        ValueError: the bound is no such expression, or not real on the whole domain.
        Contradiction: a proof was found that does not hold at a point, a defect of the prover.
    """
    domain, other = statement.domain, _other(bound, statement.domain)
    attempts = Attempts(time_limit)
    sides = Sides(_at_each(statement), _at_each(other), lower, other.name)
    lookout = Search(sides, domain, _mattering(statement, other))
    objection = _proof_objection(statement, other)

    def verdict(found: Point | Certificate | Parts) -> Proved | Refuted:
        if isinstance(found, (Certificate, Parts)):
            sides = (other.expr, statement.expr) if lower else (statement.expr, other.expr)
            parts = found.parts if isinstance(found, Parts) else (Part("", sides, found),)
            looks = [second_opinion(*part.sides, part.certificate.domain) for part in parts]
            opinion = SecondOpinion(sum(look.points for look in looks), sum(look.unknown for look in looks))
            return Proved(found, parts, opinion, statement.asymptotic, lower)
        return Refuted(_named(found, lookout), statement.asymptotic, lower)

    far = f"counterexamples downhill, to large {_listed(domain)}"
    proof = partial(_proof, statement, other, lower, {}) if objection is None else None
    thorough = proof and partial(proof, search.QUICK + search.THOROUGH)
    no_formula = any(each.at is not None for each in (statement, other))
    divisible = any(each.beyond is not None for each in (statement, other)) or no_formula and domain.most_n is not None
    by_parts = partial(in_parts, statement, other, lower) if divisible else None
    inductive = partial(by_induction, statement, other, lower) if recursion_of(statement) is not None else None
    if inductive is None and recursion_of(other) is not None:
        inductive = partial(by_induction, other, statement, not lower)
    searches: list[tuple[str, int, Callable[[], Point | Certificate | Parts | None] | None]] = [
        ("counterexamples among small points", _SMALL, lookout.small),
        ("counterexamples among points far out", _FAR, lookout.far),
        ("a quick proof", _QUICK, proof and partial(proof, search.QUICK)),
        ("a proof by induction", _SHORT_PARTS, inductive),
        ("a proof in parts", _SHORT_PARTS, by_parts if no_formula else None),
        (far, _SHORT_DOWNHILL, lookout.directed),
        ("a proof", _SHORT_PROOF, thorough),
        (far, _DOWNHILL, lookout.directed),
        ("a proof", _PROOF, thorough),
        ("a proof in parts", _IN_PARTS, by_parts),
    ]
    for what, units, work in searches:
        if work is None:
            continue
        found = attempts.attempt(what, units, work)
        if found is not None:
            return verdict(found)
    reasons = () if objection is None else (f"a proof for all n at once: {objection}",)
    return Undecided((*attempts.failed.values(), *reasons), statement.asymptotic, lower)


def _other(bound: str | int | sp.Expr | Statement, domain: Domain) -> Statement:
    if isinstance(bound, Statement):
        return bound
    if isinstance(bound, str):
        check_cancelled(bound, domain)
    return Statement(parse_bound(bound, domain.letters), domain, name="the bound")


def _at_each(statement: Statement) -> Callable[[int, Mapping[sp.Symbol, Fraction]], sp.Expr]:
    return statement.at or (lambda *_: statement.expr)


def _proof_objection(*statements: Statement) -> str | None:
    """Why no proof is looked for; `None` where one is."""
    for statement in statements:
        if statement.at is not None:
            return f"not tried, for no formula in n is known for {statement.name}"
    law, bound = statements
    gap = (bound.expr - law.expr) / law.unit
    count = max(multiplied_out(substituted(gap, cell)) for cell in law.domain.cells())
    return f"not tried, for multiplied out the bound may have {count:,} terms" if count > MOST_TERMS else None


def _listed(domain: Domain) -> str:
    """As in `T, d and n`."""
    names = [variable.symbol.name for variable in domain.integers]
    return f"{', '.join(names)} and {n}" if names else str(n)


def _proof(
    statement: Statement, other: Statement, lower: bool, known: search.Known, rounds: Sequence[search.Round]
) -> Certificate | None:
    smaller, larger = (other.expr, statement.expr) if lower else (statement.expr, other.expr)
    return certified(smaller, larger, statement, lower, rounds, known)


def _mattering(statement: Statement, other: Statement) -> frozenset[sp.Symbol]:
    """The real variables that do not drop out where both sides are divided by the unit."""
    sides = [sp.Add.make_args(as_expression(sp.expand_mul(side))) for side in (statement.expr, other.expr)]
    ratios = [addend / statement.unit for side in sides for addend in side]
    reals = (variable.symbol for variable in statement.domain.reals)
    return frozenset(symbol for symbol in reals if any(ratio.has(symbol) for ratio in ratios))


def _named(point: Point, lookout: Search) -> dict[str, int | Fraction]:
    values = lookout.at(point)
    return {symbol.name: int(values[symbol]) if symbol.is_integer else values[symbol] for symbol in lookout.shown}
