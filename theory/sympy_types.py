"""What SymPy returns, with the types that it has: SymPy's own annotations say `Basic`, `None` or nothing."""

from collections.abc import Iterable, Mapping
from fractions import Fraction
from typing import Any, TypeVar

import sympy as sp

Part = TypeVar("Part", bound=sp.Basic)


def as_expression(value: Any) -> sp.Expr:
    """The value, which is an expression.

    Raises:
        TypeError: it is a relation, a set or `None`.
    """
    if not isinstance(value, sp.Expr):
        raise TypeError(f"an expression is needed; got {value!r}.")
    return value


def fraction(number: Any) -> Fraction:
    """A rational number of SymPy's.

    Raises:
        TypeError: it is no rational number.
    """
    if not isinstance(number, sp.Rational):
        raise TypeError(f"a rational number is needed; got {number!r}.")
    return Fraction(int(number.p), int(number.q))


def rational(number: Fraction | int) -> sp.Rational:
    """A rational number for SymPy."""
    result = sp.Rational(*number.as_integer_ratio())
    assert isinstance(result, sp.Rational)
    return result


def prime_exponents(number: sp.Rational) -> dict[int, int]:
    """The number as a product of powers of primes, negative where they divide."""
    exponents: Any = sp.factorrat(number)
    return {int(prime): int(exponent) for prime, exponent in exponents.items()}


def replaced(expression: sp.Expr, by: Mapping[Any, Any]) -> sp.Expr:
    """The expression with parts of it replaced, as they stand (SymPy's xreplace)."""
    return as_expression(expression.xreplace(by))


def substituted(expression: sp.Expr, by: Mapping[Any, Any]) -> sp.Expr:
    """The expression with values in the place of symbols, all at once (SymPy's subs)."""
    return as_expression(expression.subs(dict(by), simultaneous=True))


def at(expression: sp.Expr, symbol: sp.Symbol, value: Any) -> sp.Expr:
    """The expression with one value in the place of one symbol (SymPy's subs)."""
    return as_expression(expression.subs(symbol, value))


def operands(expression: sp.Expr) -> tuple[sp.Expr, ...]:
    """The arguments of a sum, product, power or function."""
    return tuple(map(as_expression, expression.args))


def parts(expression: sp.Basic, kind: type[Part]) -> list[Part]:
    """The parts of one kind, always in the same order."""
    return sorted((part for part in expression.atoms(kind) if isinstance(part, kind)), key=sp.default_sort_key)


def symbols(expression: sp.Basic) -> set[sp.Symbol]:
    """The free symbols."""
    return {symbol for symbol in expression.free_symbols if isinstance(symbol, sp.Symbol)}


def summand(total: sp.Sum) -> sp.Expr:
    """The term of a sum."""
    return as_expression(total.function)


def sum_of(term: sp.Expr, symbol: sp.Symbol, first: Any, last: Any) -> sp.Expr:
    """The sum of the term over first..last, unevaluated."""
    return as_expression(sp.Sum(term, (symbol, first, last)))


def polynomial(expression: sp.Expr, *variables: sp.Symbol) -> sp.Poly | None:
    """The expression as a polynomial; `None` where it is none."""
    return expression.as_poly(*variables)


def coefficient(expression: sp.Expr, symbol: sp.Symbol, power: int) -> sp.Expr:
    """The coefficient of symbol**power."""
    return as_expression(expression.coeff(symbol, power))


def slope(expression: sp.Expr, symbol: sp.Symbol) -> sp.Expr:
    """The derivative; of an expression with many terms, few of which hold the symbol, faster than SymPy's own."""
    found: list[sp.Expr] = []
    for addend in sp.Add.make_args(expression):
        if symbol in addend.free_symbols:
            rest, own = addend.as_independent(symbol, as_Add=False)
            found.append(as_expression(rest if own == symbol else sp.diff(addend, symbol)))
    return added(found)


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
