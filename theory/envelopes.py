"""Is a law without a formula at most a bound? As it lies between formulas, these are judged in its place.

A proof is one of a formula that the law is at most, and a counterexample one of a formula that the law is at least;
each is none of the law itself. Where a bound goes between them the verdict is left open.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from itertools import product
from time import monotonic

import sympy as sp

from .derivation import Envelope
from .prover.bounds import judge
from .prover.domain import Domain
from .prover.parts import Parts
from .prover.statement import Statement
from .prover.verdicts import Proved, Refuted, Undecided
from .sympy_types import as_expression, substituted


@dataclass(frozen=True)
class Between:
    """What stands for one side of a comparison.

    Attributes:
        above: what it is at most; of an expression itself.
        below: what it is at least, likewise.
    """

    above: tuple[Statement, ...]
    below: tuple[Statement, ...]


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


def itself(statement: Statement) -> Between:
    """Of an expression that is known."""
    return Between((statement,), (statement,))


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
    tried: dict[str, None] = {}
    for kind, pairs in ((Proved, proofs), (Refuted, counterexamples)):
        for mine, other in pairs:
            left = None if end is None else max(end - monotonic(), 0.0)
            found = judge(mine, other, lower=lower, time_limit=left)
            if isinstance(found, kind):
                return _told(found, mine, other) if isinstance(found, Proved) else found
            tried[f"{mine.expr} against {other.expr}, which stand for the two sides: {found.verdict}"] = None
    return Undecided(tuple(tried) or (_NOTHING,), lower=lower)


#: Why nothing was tried.
_NOTHING = "no formula that the law lies on the right side of holds on the whole domain: narrow it, as by T >= d + 2"


def _holds(need: sp.Basic, domain: Domain, numbers: Mapping[sp.Symbol, sp.Rational]) -> bool:
    """Whether lhs >= rhs is shown on the domain."""
    assert isinstance(need, sp.Ge)  # the form of all that envelopes need
    difference = substituted(as_expression(need.lhs - need.rhs), numbers)
    return bool(difference >= 0) if difference.is_number else domain.shows_nonnegative(difference)


def _told(proof: Proved, mine: Statement, other: Statement) -> Proved:
    """The proof in parts that say what stands for which side."""
    words = f"where {mine.name} is replaced by {mine.expr}, and {other.name} by {other.expr}"
    parts = tuple(replace(part, where=", ".join(filter(None, (part.where, words)))) for part in proof.parts)
    return replace(proof, certificate=Parts(parts), parts=parts)
