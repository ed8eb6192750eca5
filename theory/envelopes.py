"""Is a law without a formula at most a bound? What it lies between is judged in its place.

A proof is one of what the law is at most, and a counterexample one of what the law is at least; neither is one of the
law itself. Where a bound goes between them the verdict is left open.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from fractions import Fraction
from itertools import product
from time import monotonic

import sympy as sp

from .derivation import AtNumbers, Envelope
from .law import Law
from .prover.bounds import judge
from .prover.domain import Domain
from .prover.enclosure import OutOfReach
from .prover.parts import Parts
from .prover.statement import Beyond, Statement
from .prover.verdicts import Proved, Refuted, Undecided
from .sympy_types import as_expression, substituted

#: Why nothing was tried.
_NOTHING = "no formula that the law lies on the right side of holds on the whole domain: narrow it, as by T >= d + 2"


@dataclass(frozen=True)
class Between:
    """What stands for one side of a comparison.

    Attributes:
        above: what it is at most; of an expression itself.
        below: what it is at least, likewise.
    """

    above: tuple[Statement, ...]
    below: tuple[Statement, ...]

    def joined(self, other: "Between") -> "Between":
        """What is known of both kinds."""
        return Between(self.above + other.above, self.below + other.below)


def at_numbers(law: Law) -> AtNumbers | None:
    """What a law lies between where the task's whole parameters have numbers; `None` where nothing is known."""
    whole = {parameter.name for parameter in law.task.parameters if parameter.symbol.is_integer}
    known = law.derived.at_numbers
    return known(law.task.numbers) if known is not None and whole <= law.task.numbers.keys() else None


def itself(statement: Statement) -> Between:
    """Of an expression that is known."""
    return Between((statement,), (statement,))


def between(
    envelopes: Iterable[Envelope], domain: Domain, numbers: Mapping[sp.Symbol, sp.Rational], name: str
) -> Between:
    """The formulas that a law is at most, and those that it is at least, on the whole domain.

    Args:
        envelopes: of the law.
        domain: of the symbols that have no numbers.
        numbers: of the others.
        name: of the law.
    """
    valid = [each for each in envelopes if all(_holds(need, domain, numbers) for need in each.needs)]
    found = [(each.above, Statement(substituted(each.expr, numbers), domain, name=name)) for each in valid]
    return Between(tuple(each for above, each in found if above), tuple(each for above, each in found if not above))


def iteration_by_iteration(
    known: AtNumbers, domain: Domain, numbers: Mapping[sp.Symbol, sp.Rational], name: str
) -> Between:
    """What a law is at most, and at least, at each iteration.

    Args:
        known: of the law.
        domain, numbers, name: as in `between`.
    """

    def stands(place: int) -> Statement:
        def at(iteration: int, values: Mapping[sp.Symbol, Fraction]) -> sp.Expr:
            del values
            if iteration > known.last:
                raise OutOfReach(f"the law is known up to n = {known.last}")
            return substituted(known.at(iteration)[place], numbers)

        def beyond(start: int, above: bool) -> Beyond | None:
            del above  # each stands for one side alone
            later = known.later(start)
            if later is None:
                return None
            first, *sides = later
            side = sides[place]
            return None if side is None else Beyond(first, substituted(side, numbers))

        return Statement(sp.S.One, domain, at=at, beyond=beyond, name=name)

    return Between((stands(1),), (stands(0),))


def judge_between(
    law: Between, bound: Between, *, lower: bool, time_limit: float | None
) -> Proved | Refuted | Undecided:
    """Whether law <= bound.

    Args:
        law, bound: what stands for each.
        lower: whether law >= bound is judged.
        time_limit: seconds for all attempts together; by default none.
    """
    end = None if time_limit is None else monotonic() + time_limit
    # to judge that it is larger, what stands for it has to be smaller
    closer, further = product(law.above, bound.below), product(law.below, bound.above)
    proofs, counterexamples = (further, closer) if lower else (closer, further)
    attempts = [*((Proved, pair) for pair in proofs), *((Refuted, pair) for pair in counterexamples)]
    tried: dict[str, None] = {}
    for kind, (mine, other) in sorted(attempts, key=lambda attempt: any(side.at for side in attempt[1])):
        left = None if end is None else max(end - monotonic(), 0.0)
        found = judge(mine, other, lower=lower, time_limit=left)
        if isinstance(found, kind):
            return _told(found, mine, other) if isinstance(found, Proved) else found
        tried[f"{_side(mine)} against {_side(other)}, which stand for the two sides: {found.verdict}"] = None
    return Undecided(tuple(tried) or (_NOTHING,), lower=lower)


def _holds(need: sp.Basic, domain: Domain, numbers: Mapping[sp.Symbol, sp.Rational]) -> bool:
    """Whether lhs >= rhs is shown on the domain."""
    assert isinstance(need, sp.Ge)  # the form of all that envelopes need
    difference = substituted(as_expression(need.lhs) - as_expression(need.rhs), numbers)
    return bool(difference >= 0) if difference.is_number else domain.shows_nonnegative(difference)


def _side(statement: Statement) -> str:
    return str(statement.expr) if statement.at is None else f"numbers for {statement.name}"


def _told(proof: Proved, mine: Statement, other: Statement) -> Proved:
    """The proof in parts that say what stands for which side."""
    words = f"where {mine.name} is replaced by {_side(mine)}, and {other.name} by {_side(other)}"
    parts = tuple(replace(part, where=", ".join(filter(None, (part.where, words)))) for part in proof.parts)
    return replace(proof, certificate=Parts(parts), parts=parts)
