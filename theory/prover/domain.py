"""Where a bound is to hold: the symbols of an expression, which are integers and which real, and their least values."""

from dataclasses import dataclass

import sympy as sp

from ..symbols import n


@dataclass(frozen=True)
class Variable:
    """One symbol, an integer or a real number as SymPy knows it.

    Attributes:
        symbol: of the expressions.
        floors: it is at least each of these, rational numbers or affine in one earlier variable of the domain; a real
            variable without any is positive.
    """

    symbol: sp.Symbol
    floors: tuple[sp.Expr, ...] = ()


@dataclass(frozen=True)
class Domain:
    """All values that the variables can have, at every iteration n >= `least_n`.

    Attributes:
        variables: each after those that its floors are written in.
        least_n: at least 1.
    """

    variables: tuple[Variable, ...]
    least_n: int = 1

    @property
    def symbols(self) -> tuple[sp.Symbol, ...]:
        """All but n."""
        return tuple(variable.symbol for variable in self.variables)

    def relations(self) -> tuple[sp.Basic, ...]:
        """As SymPy relations: integers, the last first; n; real numbers. Unevaluated, or SymPy would print True."""
        integers = [v for v in reversed(self.variables) if v.symbol.is_integer]
        reals = [v for v in self.variables if not v.symbol.is_integer]
        return (
            *(sp.Ge(v.symbol, floor, evaluate=False) for v in integers for floor in v.floors),
            sp.Ge(n, self.least_n, evaluate=False),
            *(sp.Ge(v.symbol, floor, evaluate=False) for v in reals for floor in v.floors),
            *(sp.Gt(v.symbol, 0, evaluate=False) for v in reals if not v.floors),
        )
