"""The operations and functions of which bounds are made, with limits on size: no bound of interest goes beyond them."""

from collections.abc import Callable, Iterator
from typing import Any

import sympy as sp

from ..symbols import i, n
from ..sympy_types import as_expression, fraction, parts, sum_of

_LARGEST_BITS = 4096
_LARGEST_EXPONENT = 64
_LARGEST_ARGUMENT = 1000
_LARGEST_ORDER = 20


class Refused(ValueError):
    """A value is too large, or a function does not take it; the message says what is taken."""


def _sized(value: sp.Expr) -> sp.Expr:
    """The value, whose numbers are not too large."""
    if any(_bits(number) > _LARGEST_BITS for number in value.atoms(sp.Rational)):
        raise Refused(f"its numbers go beyond {_LARGEST_BITS} bits")
    return value


def added(a: sp.Expr, b: sp.Expr) -> sp.Expr:
    """a + b."""
    return _sized(a + b)


def subtracted(a: sp.Expr, b: sp.Expr) -> sp.Expr:
    """a - b."""
    return _sized(a - b)


def multiplied(a: sp.Expr, b: sp.Expr) -> sp.Expr:
    """a*b."""
    return _sized(a * b)


def divided(a: sp.Expr, b: sp.Expr) -> sp.Expr:
    """a/b."""
    if b.is_zero:
        raise Refused("it divides by zero")
    return _sized(a / b)


def power(base: sp.Expr, exponent: sp.Expr) -> sp.Expr:
    """base**exponent."""
    if isinstance(exponent, sp.Rational):
        bits = abs(fraction(exponent)) * max(map(_bits, parts(base, sp.Rational)), default=0)
        if bits > _LARGEST_BITS:
            raise Refused(f"its numbers go beyond {_LARGEST_BITS} bits")
        if not base.is_Rational and (abs(exponent) > _LARGEST_EXPONENT or exponent.q > _LARGEST_ARGUMENT):
            raise Refused(f"exponents go up to {_LARGEST_EXPONENT}, with denominators up to {_LARGEST_ARGUMENT}")
    elif not (base.is_positive or (base.is_negative and exponent.is_integer)):
        raise Refused("a power with a symbol in its exponent needs a positive base")
    return _sized(base**exponent)


def total(term: sp.Expr) -> sp.Expr:
    """The sum of the term over i = 1..n."""
    if term.has(n):
        raise Refused("the term of a sum has no n")
    if not term.is_rational_function():
        raise Refused("the term of a sum is a rational function of i and the other symbols")
    return sum_of(term, i, 1, n)


def applied(name: str, *arguments: sp.Expr) -> sp.Expr:
    """The function of that name at the arguments."""
    least, most, function = FUNCTIONS[name]
    if not least <= len(arguments) <= most:
        raise Refused(f"{name} takes {' or '.join(map(str, sorted({least, most})))} argument(s)")
    return _sized(function(*arguments))


def _bits(number: sp.Basic) -> int:
    """The size of a rational number's larger part."""
    exact = fraction(number)
    return max(abs(exact.numerator), exact.denominator).bit_length()


def _modest(x: sp.Expr) -> sp.Expr:
    """Refuse numbers for which SymPy would add up that many terms."""
    modest = isinstance(x, sp.Rational) and 0 < fraction(x) <= _LARGEST_ARGUMENT and x.q <= _LARGEST_ARGUMENT
    if x.is_number and not modest:
        raise Refused(f"it takes positive rational numbers up to {_LARGEST_ARGUMENT}, or symbols")
    return x


def _order(p: sp.Expr, least: int) -> sp.Integer:
    if not (isinstance(p, sp.Integer) and least <= int(p) <= _LARGEST_ORDER):
        raise Refused(f"its order is a whole number from {least} to {_LARGEST_ORDER}")
    return p


def _harmonic(x: sp.Expr, p: sp.Expr = sp.S.One) -> sp.Expr:
    if x.is_number and not x.is_Integer:
        raise Refused("it takes whole numbers, or symbols")
    return sp.harmonic(_modest(x), _order(p, 1))


def _digamma(x: sp.Expr) -> sp.Expr:
    return sp.polygamma(0, _modest(x))


#: name -> (fewest arguments, most arguments, function)
FUNCTIONS: dict[str, tuple[int, int, Callable[..., sp.Expr]]] = {
    "sqrt": (1, 1, sp.sqrt),
    "log": (1, 1, sp.log),
    "ln": (1, 1, sp.log),
    "exp": (1, 1, sp.exp),
    "harmonic": (1, 2, _harmonic),
    "H": (1, 2, _harmonic),
    "zeta": (1, 1, lambda p: sp.zeta(_order(p, 2))),
    "digamma": (1, 1, _digamma),
    "psi": (1, 1, _digamma),
    "polygamma": (2, 2, lambda m, x: sp.polygamma(_order(m, 0), _modest(x))),
}


def as_written(operation: Callable[..., sp.Expr], *operands: Any) -> Iterator[sp.Expr]:
    """What an operation gives where it may have no value, not worked out: 1/x, roots, logarithms and the like."""
    if operation is divided:
        yield as_expression(sp.Pow(operands[1], -1, evaluate=False))
    elif operation is power and operands[1].is_Rational and not (operands[1].is_Integer and operands[1] >= 0):
        yield as_expression(sp.Pow(*operands, evaluate=False))
    elif operation is applied and operands[0] in _WRITTEN:
        name, *arguments = operands
        yield as_expression(_WRITTEN[name](*arguments, evaluate=False))


#: Functions that are not defined everywhere.
_WRITTEN: dict[str, Callable[..., sp.Basic]] = {
    "sqrt": lambda x, evaluate: sp.Pow(x, sp.Rational(1, 2), evaluate=evaluate),
    **dict.fromkeys(("log", "ln"), sp.log),
    **dict.fromkeys(("harmonic", "H"), sp.harmonic),
    **dict.fromkeys(("digamma", "psi"), lambda x, evaluate: sp.polygamma(0, x, evaluate=evaluate)),
    "polygamma": sp.polygamma,
}
