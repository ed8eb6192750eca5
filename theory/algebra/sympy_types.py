"""SymPy's functions on expressions, with the types that they have there: SymPy declares wider ones."""

from collections.abc import Iterable, Mapping
from typing import Any

import sympy as sp


def factored(expression: Any) -> sp.Expr:
    """As a product of irreducible factors."""
    found: Any = sp.factor(expression)
    return found


def cancelled(expression: Any) -> sp.Expr:
    """As a quotient of two polynomials without a common factor."""
    found: Any = sp.cancel(expression)
    return found


def expanded(expression: Any) -> sp.Expr:
    """As a sum of products."""
    found: Any = sp.expand(expression)
    return found


def added(terms: Iterable[sp.Expr]) -> sp.Expr:
    """The sum of all terms."""
    found: Any = sp.Add(*terms)
    return found


def multiplied(factors: Iterable[sp.Expr]) -> sp.Expr:
    """The product of all factors."""
    found: Any = sp.Mul(*factors)
    return found


def exchanged(expression: Any, values: Mapping[Any, Any]) -> sp.Expr:
    """With parts of the expression replaced by others, each exactly where it stands."""
    found: Any = expression.xreplace(dict(values))
    return found


def summed(term: Any, name: sp.Symbol, first: Any, last: Any) -> sp.Expr:
    """The sum of a term over name = first..last, unevaluated."""
    found: Any = sp.Sum(term, (name, first, last))
    return found
