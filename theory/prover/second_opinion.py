"""A second opinion on "proved": a search for a counterexample by a route that shares no code with the proof.

Law and bound are evaluated in ball arithmetic (`balls`) at corners, in small boxes, far out, along proportional paths,
and at random points from a fixed seed. A proof is right or wrong, so that what this finds is a defect of the prover.
"""

from collections.abc import Callable
from dataclasses import dataclass

import flint
import sympy as sp
from flint import arb, fmpq

from .ball_sums import NoValue
from .balls import Ball, Values, compiled
from .domain import Domain
from .points import points

#: Bits at which points are looked at; at the second where the first leaves the sign open.
_PRECISIONS = (96, 640)


class Contradiction(RuntimeError):
    """What was proved is false at a point: a defect of the prover."""


@dataclass(frozen=True)
class SecondOpinion:
    """How many points were looked at without a counterexample.

    Attributes:
        points: where law <= bound was not contradicted.
        unknown: where law or bound could not be evaluated.
    """

    points: int
    unknown: int

    def __str__(self) -> str:
        """In words."""
        left = f" ({self.unknown:,} more could not be evaluated)" if self.unknown else ""
        return f"no counterexample at {self.points:,} points by ball arithmetic{left}"


def second_opinion(law: sp.Expr, bound: sp.Expr, domain: Domain) -> SecondOpinion:
    """Look for law > bound, which was proved not to be.

    Args:
        law: in the domain's symbols and n.
        bound: likewise.
        domain: where law <= bound was proved.

    Raises:
        Contradiction: it does not hold at a point, or the bound has no real value there.
    """
    gap_at = compiled(sp.Add(bound, sp.Mul(sp.S.NegativeOne, law, evaluate=False), evaluate=False))
    known = unknown = 0
    for values in points(domain):
        try:
            sign = _sign(gap_at, values)
        except NoValue as error:
            raise Contradiction(_defect(law, bound, values, f"there is {error}")) from error
        if sign == -1:
            raise Contradiction(_defect(law, bound, values, "ball arithmetic shows the contrary"))
        known, unknown = known + (sign is not None), unknown + (sign is None)
    return SecondOpinion(known, unknown)


def _sign(gap_at: Callable[[Values], Ball], values: Values) -> int | None:
    """The gap's sign; 0 where it is too close to zero to tell, `None` where it is not known."""
    gap: Ball = fmpq(0)
    for precision in _PRECISIONS:
        with flint.ctx.workprec(precision):
            gap = gap_at(values)
            if gap < 0:
                return -1
            if gap > 0:
                return 1
            if isinstance(gap, fmpq):
                return 0
    return 0 if arb(gap).is_finite() else None


def _defect(law: sp.Expr, bound: sp.Expr, values: Values, what: str) -> str:
    where = ", ".join(f"{symbol} = {value}" for symbol, value in values.items())
    return (
        f"the proof and the second opinion disagree, a defect of the prover, please report it: {law} <= {bound} was"
        f" proved, and at {where} {what}; no verdict is given."
    )
