"""Which numbers a workflow's parameter may be: checked where one is given, and the domain of a symbol in its place."""

from dataclasses import dataclass
from fractions import Fraction
from typing import Any

import sympy as sp

from .exact import exact
from .prover.domain import Variable


@dataclass(frozen=True)
class Range:
    """Real numbers above 0, up to `most` where there is such an end; or whole numbers from 1 on.

    A symbol stands for those above 0.

    Attributes:
        meaning: what the parameter is and has to be, as the words that follow its name in a refusal.
        most: the largest value; `None` where there is none.
        whole: whether it is a whole number.
        without: what holds where the parameter may be left out and is.
        zero: whether it may be 0 too.
    """

    meaning: str
    most: Fraction | None = None
    whole: bool = False
    without: str = ""
    zero: bool = False

    @property
    def example(self) -> str:
        """One of the numbers, as on a command line."""
        return "3" if self.whole else "1/2"

    def checked(self, value: Any, parameter: str) -> Any:
        """The value as an exact number, an int where it is whole; a symbol as it is.

        Raises:
            ValueError: a number outside the range; the message starts with `parameter`.
        """
        value = exact(value)
        if not isinstance(value, (int, Fraction)):
            return value
        inside = (
            (value > 0 or (self.zero and value == 0))
            and (self.most is None or value <= self.most)
            and (not self.whole or value.denominator == 1)
        )
        if not inside:
            raise ValueError(f"{parameter} {self.meaning}; got {value}.")
        return int(value) if self.whole else value

    def symbol(self, name: str) -> sp.Symbol:
        """A symbol for every number of the range."""
        return sp.Symbol(name, integer=True, positive=True) if self.whole else sp.Symbol(name, positive=True)

    def variable(self, symbol: sp.Symbol) -> Variable:
        """The symbol with these ends, for a bound that has to hold on the whole range.

        Raises:
            ValueError: SymPy does not know of the symbol what the range says.
        """
        if not symbol.is_positive or bool(symbol.is_integer) != self.whole:
            assumption = "integer=True, positive=True" if self.whole else "positive=True"
            raise ValueError(f"the parameter {symbol} {self.meaning}; use Symbol({symbol.name!r}, {assumption}).")
        return Variable(symbol, (sp.S.One,)) if self.whole else Variable(symbol, (), self.most)
