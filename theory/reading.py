"""A workflow read at a symbolic iteration, so that what is said of it holds for every iteration.

The workflow's own method is called with an `Index` in place of an integer. It takes part in arithmetic, answers a
comparison that is true (or false) for every iteration beyond `start`, and refuses everything else: so a workflow that
branches on the iteration, even by `if iteration % 2`, is not read at all, rather than read wrongly.
"""

from dataclasses import dataclass
from typing import Any

import sympy as sp

from .symbols import k, n
from .workflow import Workflow


class Index:
    """A symbolic integer for the methods of a workflow."""

    def __init__(self, expr: sp.Expr) -> None:
        self.expr = expr

    def __add__(self, other: Any) -> "Index":
        return Index(self.expr + plain(other))

    def __sub__(self, other: Any) -> "Index":
        return Index(self.expr - plain(other))

    def __rsub__(self, other: Any) -> "Index":
        return Index(plain(other) - self.expr)

    def __mul__(self, other: Any) -> "Index":
        return Index(self.expr * plain(other))

    def __truediv__(self, other: Any) -> "Index":
        return Index(self.expr / plain(other))

    def __rtruediv__(self, other: Any) -> "Index":
        return Index(plain(other) / self.expr)

    def __pow__(self, other: Any) -> "Index":
        return Index(self.expr ** plain(other))

    def __neg__(self) -> "Index":
        return Index(-self.expr)

    __radd__, __rmul__ = __add__, __mul__

    def __lt__(self, other: Any) -> bool:
        return _decide((plain(other) - self.expr).is_positive)

    def __le__(self, other: Any) -> bool:
        return _decide((plain(other) - self.expr).is_nonnegative)

    def __gt__(self, other: Any) -> bool:
        return _decide((self.expr - plain(other)).is_positive)

    def __ge__(self, other: Any) -> bool:
        return _decide((self.expr - plain(other)).is_nonnegative)

    def __eq__(self, other: object) -> bool:
        return _decide((self.expr - plain(other)).is_zero)

    __hash__ = None  # pyright: ignore[reportAssignmentType]: `iteration in {3, 4}` would pass equality by

    def __bool__(self) -> bool:
        raise TypeError("the truth of a symbolic iteration is not known")


@dataclass(frozen=True)
class Reading:
    """A training set as expressions in n, for every n beyond the start.

    Attributes:
        parts: runs of pools as (first, last, fresh_real).
        shares: one a part; `None` where every row counts alike.
        drawn: rows drawn, in multiples of T; `None` for pools used whole.
        size: rows of the chain's pool k >= 2 in multiples of T, an expression in k.
    """

    parts: tuple[tuple[sp.Expr, sp.Expr, bool], ...]
    shares: tuple[sp.Expr, ...] | None
    drawn: sp.Expr | None
    size: sp.Expr


def read(workflow: Workflow, start: sp.Expr = sp.S.One) -> Reading | None:
    """The training set of every iteration n > `start`; `None` where the workflow cannot be read so."""
    beyond = sp.Dummy("beyond", integer=True, positive=True)
    try:
        training_set = workflow.training_set(Index(start + beyond))
        size = plain(workflow.pool_size(Index(1 + beyond))).subs(beyond, k - 1)
        parts = tuple((plain(p.first), plain(p.last), p.fresh_real and p.last != 1) for p in training_set.parts)
        shares = None if training_set.shares is None else tuple(map(plain, training_set.shares))
        drawn = None if training_set.drawn is None else plain(training_set.drawn)
    except (ArithmeticError, AttributeError, LookupError, TypeError, ValueError):
        return None  # written for integers alone

    def in_n(value: Any) -> Any:
        return sp.expand(value.subs(beyond, n - start)) if isinstance(value, sp.Expr) else value

    return Reading(
        tuple(tuple(map(in_n, part)) for part in parts),
        None if shares is None else tuple(map(in_n, shares)),
        in_n(drawn),
        size,
    )


def plain(value: Any) -> sp.Expr:
    """The SymPy expression of an `Index`, a number or an expression."""
    return value.expr if isinstance(value, Index) else sp.sympify(value, strict=True)


def _decide(answer: bool | None) -> bool:
    if answer is None:
        raise TypeError("this comparison is not the same for every iteration")
    return answer
