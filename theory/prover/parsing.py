"""Bounds as users type them, read safely: the text is parsed to a syntax tree and walked, never evaluated."""

import ast
import re
import warnings
from collections.abc import Callable, Iterable, Mapping

import sympy as sp

from ..symbols import i, n
from ..sympy_types import as_expression, fraction, parts, replaced, sum_of, summand, symbols as symbols_of

#: No bound of interest is longer or deeper; the limits keep hostile text from costing time.
_LONGEST_TEXT = 2000
_DEEPEST = 150
_LARGEST_BITS = 4096
_LARGEST_EXPONENT = 64
_LARGEST_ARGUMENT = 1000
_LARGEST_ORDER = 20

CONSTANTS = {"pi": sp.pi, "E": sp.E, "EulerGamma": sp.EulerGamma, "gamma": sp.EulerGamma}
_ALLOWED = "numbers, + - * / **, pi, E, EulerGamma, sqrt, log, exp, harmonic, zeta, digamma, polygamma"
_NUMBER = re.compile(r"(\d+\.?\d*|\.\d+)(?:[eE]([+-]?\d{1,3}))?")


def parse_bound(bound: str | int | sp.Expr, symbols: Iterable[sp.Symbol]) -> sp.Expr:
    """A bound as an expression in the given symbols.

    Text may hold these symbols by their names; whole numbers and decimals (taken exactly); + - * / ** and brackets;
    pi, E, EulerGamma; sqrt, log (ln), exp, harmonic(x) (H) and harmonic(x, p), zeta(p), digamma(x), polygamma(m, x);
    and Sum(term, (i, 1, n)) with a term in i.

    Raises:
        ValueError: not such an expression, or one that is too large, has no value, or is not real.
    """
    named = {symbol.name: symbol for symbol in symbols}
    if isinstance(bound, str):
        expression = _parse_text(bound, named)
    elif isinstance(bound, (int, sp.Expr)) and not isinstance(bound, bool):
        expression = _named_symbols(as_expression(sp.sympify(bound)), named)
    else:
        raise ValueError(f"a bound is text or a SymPy expression; got {type(bound).__name__}.")
    if expression.has(sp.nan, sp.zoo, sp.oo, sp.I) or expression.is_extended_real is False:
        raise ValueError(f"the bound {_short(str(bound))} is not a finite real number; check divisions and roots.")
    return expression


def _parse_text(text: str, symbols: Mapping[str, sp.Symbol]) -> sp.Expr:
    if len(text) > _LONGEST_TEXT:
        raise ValueError(f"a bound has at most {_LONGEST_TEXT} characters; got {len(text)}.")
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", SyntaxWarning)  # about text that is refused anyway
            tree = ast.parse(text.strip(), mode="eval")
    except (SyntaxError, ValueError, RecursionError, MemoryError) as error:
        raise ValueError(f"the bound {_short(text)} is not an expression; use {_allowed(symbols)}.") from error
    return _Reader(text.strip(), symbols).expression(tree.body, 0, summand=False)


def _named_symbols(expression: sp.Expr, symbols: Mapping[str, sp.Symbol]) -> sp.Expr:
    """The given symbols in the place of symbols of the same name, and nothing but what text may hold."""
    found = sorted(symbols_of(expression), key=str)
    for symbol in found:
        if symbol.name not in symbols:
            raise ValueError(f"the bound uses the unknown symbol {symbol.name}; the symbols are {', '.join(symbols)}.")
    expression = replaced(expression, {symbol: symbols[symbol.name] for symbol in found})
    allowed = (sp.harmonic, sp.log, sp.exp, sp.zeta, sp.polygamma, sp.Sum, sp.Tuple, sp.Add, sp.Mul, sp.Pow, sp.Symbol)
    for part in sp.preorder_traversal(expression):
        if not isinstance(part, (*allowed, sp.NumberSymbol, sp.Rational)):
            raise ValueError(f"the bound holds {_short(str(part))}, which is not one of: {_allowed(symbols)}.")
    if any(total.limits != ((i, 1, n),) for total in parts(expression, sp.Sum)):
        raise ValueError("a sum in a bound runs over i = 1..n: Sum(term, (i, 1, n)).")
    for total in parts(expression, sp.Sum):
        if n in symbols_of(summand(total)) or summand(total).has(sp.Sum):
            raise ValueError(f"a sum in a bound has a term without n and without sums; got {_short(str(total))}.")
    return expression


def _allowed(symbols: Mapping[str, sp.Symbol]) -> str:
    return f"{', '.join(symbols)}, {_ALLOWED}"


def _short(text: str) -> str:
    return repr(text if len(text) <= 60 else text[:57] + "...")


class _Reader:
    """Builds the expression of one text, node by node."""

    def __init__(self, text: str, symbols: Mapping[str, sp.Symbol]) -> None:
        self.text, self.symbols = text, symbols

    def fail(self, node: ast.AST, why: str) -> ValueError:
        part = ast.get_source_segment(self.text, node) or self.text
        return ValueError(f"the bound cannot be read at {_short(part)}: {why}.")

    def expression(self, node: ast.expr, depth: int, *, summand: bool) -> sp.Expr:
        """The expression of `node`; `summand` says whether it stands in a sum, where `i` has a meaning."""

        def read(part: ast.expr) -> sp.Expr:
            return self.expression(part, depth + 1, summand=summand)

        if depth > _DEEPEST:
            raise self.fail(node, f"it is nested deeper than {_DEEPEST} levels")
        match node:
            case ast.Constant(value=value) if type(value) in (int, float):
                return self.number(node)
            case ast.Name(id=name):
                return self.name(node, name, summand)
            case ast.UnaryOp(op=ast.UAdd(), operand=operand):
                return read(operand)
            case ast.UnaryOp(op=ast.USub(), operand=operand):
                return -read(operand)
            case ast.BinOp(left=left, op=ast.Pow(), right=right):
                return self.power(node, read(left), read(right))
            case ast.BinOp(left=left, op=operator, right=right) if type(operator) in _OPERATORS:
                return self.sized(node, _OPERATORS[type(operator)](read(left), read(right)))
            case ast.Call(func=ast.Name(id="Sum"), args=[term, limits], keywords=[]) if not summand:
                return self.total(node, term, limits, depth)
            case ast.Call(func=ast.Name(id=name), args=arguments, keywords=[]) if name in _FUNCTIONS:
                least, most, function = _FUNCTIONS[name]
                if not least <= len(arguments) <= most:
                    raise self.fail(
                        node, f"{name} takes {least if least == most else f'{least} or {most}'} argument(s)"
                    )
                try:
                    return self.sized(node, function(*map(read, arguments)))
                except _BadArgument as error:
                    raise self.fail(node, str(error)) from error
        raise self.fail(node, f"use {_allowed(self.symbols)}")

    def number(self, node: ast.Constant) -> sp.Rational:
        match = _NUMBER.fullmatch(ast.get_source_segment(self.text, node) or "")
        if match is None:
            raise self.fail(node, "write numbers in decimal digits, as in 3, 2.5 or 1e-6")
        return sp.Rational(match[1]) * sp.Integer(10) ** int(match[2] or 0)

    def name(self, node: ast.Name, name: str, summand: bool) -> sp.Expr:
        if summand and name == "i":
            return i
        value = self.symbols.get(name, CONSTANTS.get(name))
        if value is None:
            raise self.fail(node, f"unknown symbol {name}; use {_allowed(self.symbols)}")
        return value

    def power(self, node: ast.expr, base: sp.Expr, exponent: sp.Expr) -> sp.Expr:
        if isinstance(exponent, sp.Rational):
            bits = abs(fraction(exponent)) * max(map(_bits, parts(base, sp.Rational)), default=1)
            if bits > _LARGEST_BITS:
                raise self.fail(node, f"its numbers go beyond {_LARGEST_BITS} bits")
            if not base.is_Rational and (abs(exponent) > _LARGEST_EXPONENT or exponent.q > _LARGEST_ARGUMENT):
                raise self.fail(
                    node, f"exponents go up to {_LARGEST_EXPONENT}, with denominators up to {_LARGEST_ARGUMENT}"
                )
        elif not (base.is_positive or (base.is_negative and exponent.is_integer)):
            raise self.fail(node, "a power with a symbol in its exponent needs a positive base")
        return self.sized(node, base**exponent)

    def total(self, node: ast.Call, term: ast.expr, limits: ast.expr, depth: int) -> sp.Expr:
        match limits:
            case ast.Tuple(elts=[ast.Name(id="i"), ast.Constant(value=1), ast.Name(id="n")]):
                inside = self.expression(term, depth + 1, summand=True)
                if not inside.has(n) and inside.is_rational_function():
                    return sum_of(inside, i, 1, n)
        others = ", ".join(name for name in self.symbols if name != n.name)
        term_in = f"i, {others}" if others else "i"
        raise self.fail(node, f"a sum is Sum(term, (i, 1, n)) with a rational function of {term_in} as its term")

    def sized(self, node: ast.expr, value: sp.Expr) -> sp.Expr:
        if any(_bits(number) > _LARGEST_BITS for number in value.atoms(sp.Rational)):
            raise self.fail(node, f"its numbers go beyond {_LARGEST_BITS} bits")
        return value


def _bits(number: sp.Basic) -> int:
    """The size of a rational number's larger part."""
    exact = fraction(number)
    return max(abs(exact.numerator), exact.denominator).bit_length()


class _BadArgument(ValueError):
    """A function was given an argument that it does not take here."""


def _modest(x: sp.Expr) -> sp.Expr:
    """Refuse numbers for which SymPy would add up that many terms."""
    modest = isinstance(x, sp.Rational) and 0 < fraction(x) <= _LARGEST_ARGUMENT and x.q <= _LARGEST_ARGUMENT
    if x.is_number and not modest:
        raise _BadArgument(f"it takes positive rational numbers up to {_LARGEST_ARGUMENT}, or symbols")
    return x


def _order(p: sp.Expr, least: int) -> sp.Integer:
    if not (isinstance(p, sp.Integer) and least <= int(p) <= _LARGEST_ORDER):
        raise _BadArgument(f"its order is a whole number from {least} to {_LARGEST_ORDER}")
    return p


def _harmonic(x: sp.Expr, p: sp.Expr = sp.S.One) -> sp.Expr:
    if x.is_number and not x.is_Integer:
        raise _BadArgument("it takes whole numbers, or symbols")
    return sp.harmonic(_modest(x), _order(p, 1))


_OPERATORS: dict[type[ast.operator], Callable[[sp.Expr, sp.Expr], sp.Expr]] = {
    ast.Add: lambda a, b: a + b,
    ast.Sub: lambda a, b: a - b,
    ast.Mult: lambda a, b: a * b,
    ast.Div: lambda a, b: a / b,
}

#: name -> (fewest arguments, most arguments, function)
_FUNCTIONS: dict[str, tuple[int, int, Callable[..., sp.Expr]]] = {
    "sqrt": (1, 1, sp.sqrt),
    "log": (1, 1, sp.log),
    "ln": (1, 1, sp.log),
    "exp": (1, 1, sp.exp),
    "harmonic": (1, 2, _harmonic),
    "H": (1, 2, _harmonic),
    "zeta": (1, 1, lambda p: sp.zeta(_order(p, 2))),
    "digamma": (1, 1, lambda x: sp.polygamma(0, _modest(x))),
    "polygamma": (2, 2, lambda m, x: sp.polygamma(_order(m, 0), _modest(x))),
}
