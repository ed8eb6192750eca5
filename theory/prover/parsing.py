"""Bounds as theorists type them, in text or LaTeX, read safely: the text is parsed word by word, never evaluated."""

from collections.abc import Iterable, Mapping

import sympy as sp

from ..symbols import i, n
from ..sympy_types import as_expression, parts, replaced, summand, symbols as symbols_of
from .names import allowed
from .reader import Reader
from .tokens import shown

#: No bound of interest is longer; the limit keeps hostile text from costing time.
_LONGEST_TEXT = 2000


def parse_bound(bound: str | int | sp.Expr, symbols: Iterable[sp.Symbol]) -> sp.Expr:
    r"""A bound as an expression in the given symbols.

    Text may hold these symbols by their names; whole numbers and decimals (taken exactly); + - * / ** (or ^) and
    brackets; pi, E (e), EulerGamma (gamma); sqrt, log (ln), exp, harmonic(x) (H) and harmonic(x, p), zeta(p),
    digamma(x) (psi), polygamma(m, x); and Sum(term, (i, 1, n)) with a term in i. Greek letters, raised digits and
    × · ÷ − √ ∑ are read, and LaTeX: \sigma, \frac, \sqrt, \cdot, \times, \log, \left, H_n, H_n^{(2)}, \psi^{(1)}(n),
    \sum_{i=1}^{n}. What could be meant in two ways is refused:

    - A product may leave the * out: 2 sigma^2 d, 2(n+1), (n+1)(n+2), n(n+1). It binds as one with *. After / it is
      refused: 1/2 n is (1/2)*n or 1/(2*n).
    - A power binds before a product: 2 sigma^2 d is 2*(sigma^2)*d. Where the next factor touches the exponent, as in
      2^2n and e^nd, it is refused; sigma^2d is read.
    - log n, ln n and sqrt n take one symbol, number or fraction; a +, a - or the end follows. log^2 n is (log n)^2.
    - \sum_{i=1}^{n} takes the product that follows, up to the next + or -; its index may have any new name. A sum that
      divides or stands in an exponent needs brackets.

    >>> from theory.symbols import T, n
    >>> parse_bound(r"\frac{T^2}{n} + 2(n-1)", (T, n))
    T**2/n + 2*n - 2

    Raises:
        ValueError: not such an expression, or one that is too large, has no value, or is not real. The message says
            at which character, counted from 1.
    """
    named = {symbol.name: symbol for symbol in symbols}
    if isinstance(bound, str):
        expression = _parse_text(bound, named)
    elif isinstance(bound, (int, sp.Expr)) and not isinstance(bound, bool):
        expression = _named_symbols(as_expression(sp.sympify(bound)), named)
    else:
        raise ValueError(f"a bound is text or a SymPy expression; got {type(bound).__name__}.")
    if expression.has(sp.nan, sp.zoo, sp.oo, sp.I) or expression.is_extended_real is False:
        raise ValueError(f"the bound {shown(str(bound))} is not a finite real number; check divisions and roots.")
    return expression


def parts_of(text: str, symbols: Iterable[sp.Symbol]) -> tuple[sp.Expr, list[sp.Expr]]:
    """The expression of a bound's text, and all parts that the text has and that may have no value.

    The parts are as they are written, also where they cancel in the expression.

    Raises:
        ValueError: as `parse_bound`.
    """
    expression, reader = parse_bound(text, symbols), Reader(text, {symbol.name: symbol for symbol in symbols})
    reader.whole()
    return expression, reader.partial


def _parse_text(text: str, symbols: Mapping[str, sp.Symbol]) -> sp.Expr:
    if len(text) > _LONGEST_TEXT:
        raise ValueError(f"a bound has at most {_LONGEST_TEXT} characters; got {len(text)}.")
    if not text.strip():
        raise ValueError(f"the bound is empty; use {allowed(symbols)}.")
    return Reader(text, symbols).whole()


def _named_symbols(expression: sp.Expr, symbols: Mapping[str, sp.Symbol]) -> sp.Expr:
    """The given symbols in the place of symbols of the same name, and nothing but what text may hold."""
    found = sorted(symbols_of(expression), key=str)
    for symbol in found:
        if symbol.name not in symbols:
            raise ValueError(f"the bound uses the unknown symbol {symbol.name}; the symbols are {', '.join(symbols)}.")
    expression = replaced(expression, {symbol: symbols[symbol.name] for symbol in found})
    kinds = (sp.harmonic, sp.log, sp.exp, sp.zeta, sp.polygamma, sp.Sum, sp.Tuple, sp.Add, sp.Mul, sp.Pow, sp.Symbol)
    for part in sp.preorder_traversal(expression):
        if not isinstance(part, (*kinds, sp.NumberSymbol, sp.Rational)):
            raise ValueError(f"the bound holds {shown(str(part))}, which is not one of: {allowed(symbols)}.")
    if any(sum_.limits != ((i, 1, n),) for sum_ in parts(expression, sp.Sum)):
        raise ValueError("a sum in a bound runs over i = 1..n: Sum(term, (i, 1, n)).")
    for sum_ in parts(expression, sp.Sum):
        if n in symbols_of(summand(sum_)) or summand(sum_).has(sp.Sum):
            raise ValueError(f"a sum in a bound has a term without n and without sums; got {shown(str(sum_))}.")
    return expression
