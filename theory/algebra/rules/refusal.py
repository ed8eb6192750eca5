"""How a rule refuses: with the reason, and the term that offends."""

from typing import NoReturn

from ...derivation import RuleDoesNotApply
from ..printing import matrix
from ..terms import Equation, Expression, Monomial, State, Value


def refuse(reason: str, offending: Expression | Monomial | None = None) -> NoReturn:
    """Raise it.

    Raises:
        RuleDoesNotApply: always.
    """
    if isinstance(offending, Monomial):
        offending = Expression((offending,), False)
    raise RuleDoesNotApply(reason if offending is None else f"{reason}: {matrix(offending)}")


def an_equation(state: State | None) -> Equation:
    """The state, which must be an equation."""
    if not isinstance(state, Equation):
        refuse("this rule works on an equation")
    return state


def a_value(state: State | None) -> Value:
    """The state, which must be the value of an expected squared error."""
    if not isinstance(state, Value):
        refuse("this rule works on an expected squared error")
    return state
