"""Proofs in parts, where no formula for all n is known: by stretches of the first n, and for all later ones at once."""

from collections.abc import Iterable, Sequence
from dataclasses import replace

import sympy as sp
from flint import arb, fmpq

from ..symbols import n
from ..sympy_types import as_expression
from . import certificate, search
from .ball_sums import NoValue
from .balls import compiled
from .certificate import Certificate
from .deadline import checkpoint
from .enclosure import OutOfReach
from .parts import Part, Parts
from .region import Only, Region
from .statement import Beyond, Statement
from .unsound import Unsound

#: How hard each part of a proof is tried: one n, or all later ones; and a stretch, which can be taken apart.
_PARTS, _STRETCH = (*search.QUICK, search.Round(12, 0)), search.QUICK
#: Where formulas that stand for a law begin: the later, the closer they are.
_STARTS = (8, 16, 32, 64)
#: A stretch is looked at in so many of its n before a proof is tried.
_LOOKS = 50


def certified(
    smaller: sp.Expr,
    larger: sp.Expr,
    statement: Statement,
    lower: bool,
    rounds: Sequence[search.Round],
    known: search.Known | None = None,
) -> Certificate | None:
    """A certificate of smaller <= larger on the statement's domain, checked; `None` where none is found."""
    found = search.find(smaller, larger, statement.unit, statement.domain, rounds, known)
    if found is None:
        return None
    found = replace(found, asymptotic=statement.asymptotic, lower=lower)
    try:
        certificate.check(smaller, larger, found)
    except Unsound:  # the search is not trusted, so neither is its opinion of what it found
        return None
    return found


def in_parts(statement: Statement, other: Statement, lower: bool) -> Parts | None:
    """A proof for stretches of n up to some, and one for all later n; `None` where none is found.

    Of a law without a formula the largest value in a stretch stands for all of them, or the smallest; and far out a
    formula that lies between the two sides.
    """
    smaller, larger = (other, statement) if lower else (statement, other)
    least_n, most_n = statement.domain.least_n, statement.domain.most_n
    for start in _STARTS:
        above, below = _beyond(smaller, start, True), _beyond(larger, start, False)
        first = None if above is None or below is None else max(least_n, above.first, below.first)
        if above is None or below is None or first is None or most_n is not None and first > most_n:
            parts = None if most_n is None else _stretches(smaller, larger, least_n, most_n, statement, lower)
            return None if parts is None else Parts(parts)
        sides = above.expr, below.expr
        later = replace(statement, domain=replace(statement.domain, least_n=first))
        far = certified(*sides, later, lower, _PARTS)
        if far is None:
            continue
        parts = _stretches(smaller, larger, least_n, first - 1, statement, lower) if first > least_n else ()
        if parts is None:
            return None
        words = _in_words(
            (each, how, formula)
            for each, how, formula in zip((smaller, larger), ("most", "least"), sides, strict=True)
            if each.beyond is not None
        )
        return Parts((*parts, Part(f"n >= {first}, where {words}", sides, far)))
    return None


def _stretches(
    smaller: Statement, larger: Statement, first: int, last: int, statement: Statement, lower: bool
) -> tuple[Part, ...] | None:
    """A proof for first <= n <= last, in halves where there is none for all at once; `None` where none is found."""
    checkpoint()
    try:
        small, large = _value(smaller, first, last, largest=True), _value(larger, first, last, largest=False)
    except OutOfReach:
        return None
    here = replace(statement, domain=replace(statement.domain, least_n=first, most_n=last))
    if small is not None and large is not None and _holds_at_a_sample(small, large, here):
        found = certified(small, large, here, lower, _PARTS if first == last else _STRETCH)
        if found is not None:
            sides = small, large
            return (Part(_where(smaller, larger, first, last, sides), sides, found),)
    if first == last:
        return None
    middle = (first + last) // 2
    before = _stretches(smaller, larger, first, middle, statement, lower)
    after = None if before is None else _stretches(smaller, larger, middle + 1, last, statement, lower)
    return None if before is None or after is None else before + after


def _value(statement: Statement, first: int, last: int, *, largest: bool) -> sp.Expr | None:
    """What stands for the statement's expression in a stretch; `None` where its values are not ordered by number."""
    if first == last:
        value = statement.expr if statement.at is None else statement.at(first, {})
        return Region({}, Only(first)).write(value)  # sums are added up
    if statement.at is None:
        return statement.expr
    values = [statement.at(one, {}) for one in range(first, last + 1)]
    ratios = [as_expression(value / statement.unit) for value in values]
    if not all(ratio.is_Rational for ratio in ratios):
        return None
    choose = max if largest else min
    return values[choose(range(len(values)), key=lambda k: ratios[k])]


def _holds_at_a_sample(smaller: sp.Expr, larger: sp.Expr, statement: Statement) -> bool:
    """Whether smaller <= larger is not false at one point of the domain and some of its n: cheaper than a proof."""
    gap, domain = compiled((larger - smaller) / statement.unit), statement.domain
    last = domain.least_n if domain.most_n is None else domain.most_n
    point = {x: fmpq(value.numerator, value.denominator) for x, value in domain.sample().items()}
    step = max(1, (last - domain.least_n) // _LOOKS)
    try:
        return not any(arb(gap({**point, n: fmpq(k)})) < 0 for k in (*range(domain.least_n, last, step), last))
    except NoValue:
        return False


def _where(smaller: Statement, larger: Statement, first: int, last: int, sides: tuple[sp.Expr, sp.Expr]) -> str:
    if first == last:
        return f"n = {first}"
    words = _in_words(
        (each, how, value)
        for each, how, value in zip((smaller, larger), ("most", "least"), sides, strict=True)
        if each.at is not None
    )
    return f"{first} <= n <= {last}" + (f", where {words}" if words else "")


def _in_words(sides: Iterable[tuple[Statement, str, sp.Expr]]) -> str:
    return " and ".join(f"{each.name} is at {how} {formula}" for each, how, formula in sides)


def _beyond(statement: Statement, start: int, above: bool) -> Beyond | None:
    if statement.beyond is not None:
        return statement.beyond(start, above)
    return Beyond(1, statement.expr) if statement.at is None else None
