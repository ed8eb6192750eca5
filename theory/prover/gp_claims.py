"""What a script has to show of a lemma where it is used: claims, in PARI/GP, from what the lemma's parameters are."""

from dataclasses import dataclass
from functools import singledispatch

import sympy as sp

from ..sympy_types import as_expression, symbols
from .conditions import NONNEGATIVE, POSITIVE, VANISHES, Condition
from .gp_text import Names
from .lemmas import Estimate, Lemma

#: What has to be true, each with what it is about.
Claims = list[tuple[str, str]]
#: How the kinds of conditions are written that are shown apart.
_SIGNS = {NONNEGATIVE: ">=", POSITIVE: ">", VANISHES: "->"}


@dataclass(frozen=True)
class Application:
    """A lemma where it is used.

    Attributes:
        estimate, conditions: the lemma's.
        names: of the script.
        inner: of the lemmas inside of it, what their [P, V] is called, whether it is an estimate from below, and their
            conditions, which are among the lemma's.
    """

    estimate: Estimate
    conditions: tuple[Condition, ...]
    names: Names
    inner: tuple[tuple[str, bool | None, tuple[Condition, ...]], ...] = ()

    @property
    def stated(self) -> list[sp.Expr]:
        """What conditions say to be >= 0 or > 0."""
        return [as_expression(c.expression) for c in self.conditions if c.kind in (NONNEGATIVE, POSITIVE)]

    @property
    def compared(self) -> sp.Expr:
        """What a condition says to be >= 0."""
        (expression,) = (c.expression for c in self.conditions if c.kind == NONNEGATIVE)
        return as_expression(expression)

    def needs(self, *expected: str) -> Claims:
        """That the conditions are those of the lemmas inside, and these, as "x >= 0", "x > 0" or "x -> 0", in order."""
        own, inside = self._shown(self.conditions), [c for *_, each in self.inner for c in self._shown(each)]
        handed_on = [(c.kind, c.expression, c.region) for c in own[: len(inside)]]
        holds = [str(int(handed_on == [(c.kind, c.expression, c.region) for c in inside]))]
        for condition, text in zip(own[len(inside) :], expected, strict=True):
            wanted, sign, _ = text.rsplit(" ", 2)
            is_said = _SIGNS[condition.kind] == sign or (condition.kind, sign) == (POSITIVE, ">=")
            holds.append(f"{int(is_said)} && {self.names.text(as_expression(condition.expression))} == {wanted}")
        return [(" && ".join(holds), "the conditions")]

    @staticmethod
    def _shown(conditions: tuple[Condition, ...]) -> list[Condition]:
        """Those that are shown apart."""
        return [condition for condition in conditions if condition.kind in _SIGNS]


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
