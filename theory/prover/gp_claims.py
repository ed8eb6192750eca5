"""What a script has to show of a lemma where it is used: claims, in PARI/GP, from what the lemma's parameters are."""

from dataclasses import dataclass
from functools import singledispatch

import sympy as sp

from ..sympy_types import as_expression, symbols
from .conditions import NONNEGATIVE, POSITIVE, Condition
from .gp_text import Names
from .lemmas import Estimate, Lemma

#: What has to be true, each with what it is about.
Claims = list[tuple[str, str]]


@dataclass(frozen=True)
class Application:
    """A lemma where it is used.

    Attributes:
        estimate, conditions: the lemma's.
        names: of the script.
        inner: of the lemmas inside of it, what their [P, V] is called, and whether it is an estimate from below.
    """

    estimate: Estimate
    conditions: tuple[Condition, ...]
    names: Names
    inner: tuple[tuple[str, bool | None], ...] = ()

    @property
    def stated(self) -> list[sp.Expr]:
        """What conditions say to be >= 0 or > 0."""
        return [as_expression(c.expression) for c in self.conditions if c.kind in (NONNEGATIVE, POSITIVE)]

    @property
    def compared(self) -> sp.Expr:
        """What a condition says to be >= 0."""
        (expression,) = (c.expression for c in self.conditions if c.kind == NONNEGATIVE)
        return as_expression(expression)

    def nonnegative(self) -> str:
        """The same as text."""
        return self.names.text(self.compared)

    def needs(self, *expected: str) -> Claims:
        """That the conditions are about these expressions, in this order."""
        pairs = zip(self.stated, expected, strict=True)
        return [(" && ".join(f"{self.names.text(a)} == {b}" for a, b in pairs) or "1", "the conditions")]


@singledispatch
def claims(lemma: Lemma, used: Application) -> Claims:
    """That the estimate V of P and the conditions are what the lemma's statement says.

    Raises:
        ValueError: the lemma cannot be exported.
    """
    raise ValueError(f"proofs by {type(lemma).__name__} cannot be exported to PARI/GP yet.")


def power_of(known: str, base: sp.Expr, exponent: sp.Expr, used: Application) -> Claims:
    """That a power of numbers has its value; others are what they are named after."""
    if symbols(base) or symbols(exponent):
        return []
    value = f"number({used.names.text(base)})^number({used.names.text(exponent)})"
    return [(f"alike({known}, {value})", "the power")]
