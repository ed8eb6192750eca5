"""What a lemma needs, as data: a kind, an expression and where it is to hold, so that others can check it again."""

from collections.abc import Callable
from dataclasses import dataclass
from functools import partial

import sympy as sp

from ..symbols import n
from ..sympy_types import polynomial, symbols
from .region import Region

#: The expression is >= 0, or > 0, everywhere on the region.
NONNEGATIVE, POSITIVE = "nonnegative", "positive"
#: The expression goes to 0 for n -> oo, at every point of the region's cell.
VANISHES = "vanishes"
#: The symbol is not in the expression, where it would be mistaken for one that takes other values.
WITHOUT = "without"
#: A relation between numbers: it is decided as it stands, and its kind says what it is about.
NUMBERS = "numbers"


Words = str | Callable[[], str]


@dataclass(frozen=True)
class Condition:
    """One condition of a lemma.

    Attributes:
        kind: one of the constants above.
        expression: of which it speaks; of NUMBERS it is SymPy's true or false.
        words: for the refusal: the lemma needs …; or what makes them, since to write an expression takes time.
        region: where; `None` where the condition does not depend on it. A term is written with n for its i.
        symbol: of WITHOUT.
    """

    kind: str
    expression: sp.Basic
    words: Words
    region: Region | None = None
    symbol: sp.Symbol | None = None

    @property
    def needs(self) -> str:
        """What the lemma needs, in words."""
        return self.words if isinstance(self.words, str) else self.words()

    def holds(self) -> bool:
        """Whether it is shown to hold."""
        expression, region = self.expression, self.region
        if self.kind == NUMBERS:
            return expression == sp.true
        if not isinstance(expression, sp.Expr):
            return False
        if self.kind == WITHOUT:
            return self.symbol is not None and self.symbol not in symbols(expression)
        if region is None:
            return False
        if self.kind == VANISHES:
            return _vanishes(expression, region)
        if self.kind == POSITIVE:
            return region.is_positive(expression)
        return self.kind == NONNEGATIVE and region.is_nonnegative(expression)


def nonnegative(expression: sp.Expr, region: Region, needs: Words | None = None) -> Condition:
    """The expression is >= 0 on the region."""
    return Condition(NONNEGATIVE, expression, needs or (lambda: f"{expression} >= 0"), region)


def positive(expression: sp.Expr, region: Region, needs: Words | None = None) -> Condition:
    """The expression is > 0 on the region."""
    return Condition(POSITIVE, expression, needs or (lambda: f"{expression} > 0"), region)


def vanishes(expression: sp.Expr, region: Region) -> Condition:
    """The expression goes to 0 for n -> oo."""
    return Condition(VANISHES, expression, lambda: f"{expression} -> 0 for n -> oo", region)


def without(symbol: sp.Symbol, *expressions: sp.Expr) -> list[Condition]:
    """The symbol is in none of the expressions."""
    return [Condition(WITHOUT, part, partial(_without, part, symbol), symbol=symbol) for part in expressions]


def _without(part: sp.Expr, symbol: sp.Symbol) -> str:
    return f"{part} without {symbol}"


def numbers(holds: object, needs: Words) -> Condition:
    """A relation between numbers holds."""
    return Condition(NUMBERS, sp.true if holds is True or holds == sp.true else sp.false, needs)


def _vanishes(expression: sp.Expr, region: Region) -> bool:
    if expression == 0:
        return True
    numerator, denominator = (polynomial(part, n) for part in sp.fraction(sp.together(expression)))
    if numerator is None or denominator is None:
        return False
    lead = denominator.LC()
    return numerator.degree() < denominator.degree() and (region.is_positive(lead) or region.is_positive(-lead))
