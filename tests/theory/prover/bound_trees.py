"""Bounds as trees of tuples: printed as text, built in SymPy, and evaluated in mpmath, by no code of the toolkit."""

from collections.abc import Callable
from fractions import Fraction
from typing import Any

import mpmath
import sympy as sp

#: ("num", Fraction), ("sym", name), ("+" | "-" | "*" | "/" | "**", tree, tree), ("f", name, *trees), ("sum", tree).
Tree = tuple[Any, ...]
Numbers = dict[str, Any]


def num(value: Any) -> Tree:
    return ("num", Fraction(value))


def sym(name: str) -> Tree:
    return ("sym", name)


N, T, D, SIGMA, I = map(sym, ("n", "T", "d", "sigma", "i"))
ONE = num(1)


def plus(a: Tree, b: Tree) -> Tree:
    return ("+", a, b)


def minus(a: Tree, b: Tree) -> Tree:
    return ("-", a, b)


def times(a: Tree, b: Tree) -> Tree:
    return ("*", a, b)


def over(a: Tree, b: Tree) -> Tree:
    return ("/", a, b)


def power(a: Tree, b: Tree) -> Tree:
    return ("**", a, b)


def f(name: str, *arguments: Tree) -> Tree:
    return ("f", name, *arguments)


def text(tree: Tree) -> str:
    """As it is typed, with more brackets than are needed."""
    match tree:
        case ("num", value):
            return str(value) if value.denominator == 1 and value >= 0 else f"({value})"
        case ("sym", name):
            return name
        case ("f", name, *arguments):
            return f"{name}({', '.join(map(text, arguments))})"
        case ("sum", term):
            return f"Sum({text(term)}, (i, 1, n))"
        case (operator, a, b):
            return f"({text(a)} {operator} {text(b)})"
    raise AssertionError(tree)


_SYMBOLS = {
    "T": sp.Symbol("T", integer=True, positive=True),
    "d": sp.Symbol("d", integer=True, positive=True),
    "n": sp.Symbol("n", integer=True, positive=True),
    "i": sp.Symbol("i", integer=True, positive=True),
    "sigma": sp.Symbol("sigma", positive=True),
    "pi": sp.pi,
    "E": sp.E,
    "EulerGamma": sp.EulerGamma,
}
_SYMPY = {
    "log": sp.log,
    "sqrt": sp.sqrt,
    "exp": sp.exp,
    "harmonic": sp.harmonic,
    "digamma": sp.digamma,
    "zeta": sp.zeta,
}


def expression(tree: Tree) -> Any:
    """In SymPy."""
    match tree:
        case ("num", value):
            return sp.Rational(value.numerator, value.denominator)
        case ("sym", name):
            return _SYMBOLS[name]
        case ("f", name, *arguments):
            return _SYMPY[name](*map(expression, arguments))
        case ("sum", term):
            return sp.Sum(expression(term), (_SYMBOLS["i"], 1, _SYMBOLS["n"]))
        case (operator, a, b):
            left, right = expression(a), expression(b)
            operations: dict[str, Callable[[Any, Any], Any]] = {
                "+": lambda x, y: x + y,
                "-": lambda x, y: x - y,
                "*": lambda x, y: x * y,
                "/": lambda x, y: x / y,
                "**": lambda x, y: x**y,
            }
            return operations[operator](left, right)
    raise AssertionError(tree)


_CONSTANTS = {"pi": mpmath.pi, "E": mpmath.e, "EulerGamma": mpmath.euler}
_FUNCTIONS: dict[str, Callable[..., Any]] = {
    "log": mpmath.log,
    "sqrt": mpmath.sqrt,
    "exp": mpmath.exp,
    "harmonic": lambda x, p=1: mpmath.harmonic(x) if p == 1 else mpmath.zeta(p) - mpmath.zeta(p, x + 1),
    "digamma": lambda x: mpmath.psi(0, x),
    "zeta": mpmath.zeta,
}
#: Sums and windows are followed up to here.
LONGEST = 300_000


class Unknown(Exception):
    """Too long to add up here."""


def value(tree: Tree, at: Numbers) -> Any:
    """In mpmath's real numbers.

    Raises:
        ZeroDivisionError, ValueError: it has no real value.
        Unknown: it is not known here.
    """
    match tree:
        case ("num", number):
            return mpmath.mpf(number.numerator) / number.denominator
        case ("sym", name):
            return +_CONSTANTS[name] if name in _CONSTANTS else mpmath.mpf(at[name])
        case ("f", name, *arguments):
            numbers = [value(each, at) for each in arguments]
            if name in ("log", "digamma") and numbers[0] <= 0 or name == "sqrt" and numbers[0] < 0:
                raise ValueError(name)
            return _FUNCTIONS[name](*numbers)
        case ("sum", term):
            if at["n"] > LONGEST:
                raise Unknown
            return mpmath.fsum(value(term, {**at, "i": k}) for k in range(1, at["n"] + 1))
        case ("**", a, b):
            base, exponent = value(a, at), value(b, at)
            if base < 0 and exponent != int(exponent) or base == 0 and exponent < 0:
                raise ValueError("power")
            return base**exponent
        case (operator, a, b):
            left, right = value(a, at), value(b, at)
            if operator == "/":
                if right == 0:
                    raise ZeroDivisionError
                return left / right
            return {"+": left + right, "-": left - right, "*": left * right}[operator]
    raise AssertionError(tree)
