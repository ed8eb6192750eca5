"""Numbers as users write them, made exact: the one border that every number of a workflow or task passes."""

import math
import numbers
from decimal import Decimal
from fractions import Fraction
from typing import Any

import sympy as sp


class Unevaluated:
    """What stands for a number that is not known yet; it passes the border as it is."""

    __slots__ = ()


def exact(value: Any) -> Any:
    """The number as a Fraction, a float as the simple fraction that it stands for; what is no number passes as it is.

    In an expression with symbols the floats become rational numbers.

    Raises:
        ValueError: text or a float that is no finite number.

    >>> exact(0.1), exact("1/3")
    (Fraction(1, 10), Fraction(1, 3))
    """
    if isinstance(value, (Fraction, int)):
        return Fraction(value)
    if isinstance(value, Unevaluated):
        return value
    if isinstance(value, sp.Basic):
        return _of_sympy(value)
    if isinstance(value, numbers.Rational):  # NumPy's integers would stay in the fraction, and overflow
        return Fraction(int(value.numerator), int(value.denominator))
    if isinstance(value, (str, Decimal)):
        return _of_text(str(value))
    return _of_float(value) if isinstance(value, numbers.Real) else value


def required(value: Any, what: str) -> Fraction:
    """The number as a Fraction, where nothing else will do.

    Raises:
        ValueError: it is none; the message starts with `what`.
    """
    number = exact(value)
    if not isinstance(number, Fraction):
        hint = "Make symbols parameters of the workflow" if getattr(number, "free_symbols", None) else "Round it"
        raise ValueError(f"{what} must be a rational number, such as 2, 0.25 or '1/3'; got {value!r}. {hint}.")
    return number


class Whole(int):
    """A whole number whose quotients and powers are exact too: 1/3 is a third, 2**-60 is no decimal."""

    def __add__(self, other: Any) -> Any:
        return _whole(int.__add__(self, other))

    def __sub__(self, other: Any) -> Any:
        return _whole(int.__sub__(self, other))

    def __rsub__(self, other: Any) -> Any:
        return _whole(int.__rsub__(self, other))

    def __mul__(self, other: Any) -> Any:
        return _whole(int.__mul__(self, other))

    def __floordiv__(self, other: Any) -> Any:
        return _whole(int.__floordiv__(self, other))

    def __mod__(self, other: Any) -> Any:
        return _whole(int.__mod__(self, other))

    def __neg__(self) -> "Whole":
        return Whole(int.__neg__(self))

    def __truediv__(self, other: Any) -> Any:
        return Fraction(self, other) if isinstance(other, int) else NotImplemented

    def __rtruediv__(self, other: Any) -> Any:
        return Fraction(other, self) if isinstance(other, int) else NotImplemented

    def __pow__(self, other: Any, modulo: Any = None) -> Any:
        if modulo is not None or not isinstance(other, int):
            return int.__pow__(self, other, modulo)
        return Whole(int.__pow__(self, other)) if other >= 0 else Fraction(self) ** other

    def __rpow__(self, other: Any, modulo: Any = None) -> Any:
        return Whole(other) ** self if isinstance(other, int) else int.__rpow__(self, other, modulo)

    __radd__, __rmul__ = __add__, __mul__


def _whole(value: Any) -> Any:
    return Whole(value) if type(value) is int else value


def parameter(value: Any) -> Any:
    """A parameter as a workflow's methods get it: numbers are `Whole` or Fraction, in tuples and tables too.

    Text that is no number, and all other objects, stay as they are.
    """
    if isinstance(value, bool) or (isinstance(value, str) and not _is_numeral(value)):
        return value
    if type(value) in (tuple, list):
        return type(value)(parameter(entry) for entry in value)
    if type(value) is dict:
        return {key: parameter(entry) for key, entry in value.items()}
    if isinstance(value, numbers.Integral):
        return Whole(value)
    if isinstance(value, (numbers.Real, Decimal)) and not math.isfinite(value):
        return value
    return exact(value)


def _is_numeral(text: str) -> bool:
    try:
        Fraction(text)
    except (ValueError, ZeroDivisionError):
        return False
    return True


def _of_text(text: str) -> Fraction:
    if not _is_numeral(text):
        raise ValueError(f"a number is needed, such as 2, 0.25 or '1/3'; got {text!r}.")
    return Fraction(text)


def _of_float(value: Any) -> Fraction:
    """The simplest fraction within the rounding of the value's own precision, else its shortest decimal."""
    if not math.isfinite(value):
        return _of_text(str(value))
    digits = {2: 3, 4: 7}.get(getattr(value, "itemsize", 8), 15)  # of NumPy's half, single and double precision
    as_stored = Fraction(float(value))
    if (as_stored.numerator & -as_stored.numerator).bit_length() + digits * 26 // 15 > as_stored.numerator.bit_length():
        return as_stored  # few binary digits, as in 2.0**-40: meant as it is stored
    simple = as_stored.limit_denominator(10 ** (digits * 2 // 5))
    # 1 - 0.9 is 0.09999999999999998: within rounding of 1/10
    near = math.isclose(simple, value, rel_tol=4 * 10.0**-digits)
    return simple if near else Fraction(str(value) if digits < 15 else repr(float(value)))


def _of_sympy(value: sp.Basic) -> Any:
    if isinstance(value, sp.Rational):
        return Fraction(int(value.p), int(value.q))
    if isinstance(value, sp.Float):
        return _of_float(float(value)) if value._prec <= 53 else _of_text(str(value))
    if value is sp.nan or (isinstance(value, sp.Expr) and value.is_infinite):
        return _of_text(str(value))
    floats = value.atoms(sp.Float)
    if not floats:
        return value
    exactly = value.xreplace({number: sp.Rational(*exact(number).as_integer_ratio()) for number in floats})
    return exact(exactly) if isinstance(exactly, sp.Rational) else exactly
