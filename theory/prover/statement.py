"""What is compared with bounds, where, and what is known of it: all that the prover knows of a law."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from fractions import Fraction
from typing import NamedTuple

import sympy as sp

from .domain import Domain


class Beyond(NamedTuple):
    """An expression that stands for another one at every n >= first, as one that is at least it, or at most."""

    first: int
    expr: sp.Expr


class Recursion(NamedTuple):
    """An expression at n is factor times that at n - 1, and what is added, for every n >= 2."""

    factor: sp.Expr
    added: sp.Expr


@dataclass(frozen=True)
class Statement:
    """What is compared with bounds, and what is known of it.

    Attributes:
        expr: in the domain's symbols and n.
        domain: where it is judged.
        unit: an expression, positive on the whole domain, by which differences are divided.
        at: the expression at one n, and values of the symbols, for one that has no formula in n; raises `OutOfReach`
            where it is not known. `expr` is any of the same symbols then.
        beyond: what is at least the expression (given `True`) or at most it for all n from about the given one on, if
            that is known: where there is no formula in n, or another one is simpler.
        recursion: for one that has no formula in n, what it obeys, if that is known.
        gain: a function of n, for `tightest`: expr/unit, or its limit along a path in the domain. `None` where no
            formula in n is known.
        name: what it is called where it is left open.
        asymptotic: whether it is a limit that is compared, and not values at finite points; verdicts say so.
    """

    expr: sp.Expr
    domain: Domain
    unit: sp.Expr = sp.S.One
    at: Callable[[int, Mapping[sp.Symbol, Fraction]], sp.Expr] | None = None
    beyond: Callable[[int, bool], Beyond | None] | None = None
    recursion: Recursion | None = None
    gain: sp.Expr | None = None
    name: str = "the law"
    asymptotic: bool = False
