"""Expressions of proofs in LaTeX: with the names that functions have in books, and broken where they are long."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any

import sympy as sp
from sympy.printing.latex import LatexPrinter

from ..symbols import i, n
from ..sympy_types import as_expression, replaced, symbols

#: A display is broken before it is wider than this, in columns of SymPy's printing with letters alone.
_WIDTH = 84
#: A number with more digits gets a name.
_DIGITS = 24
#: Before what follows a break; a sign after it is one between two terms.
_INDENT = r"\quad {}"
#: Digits that stand together, where a long number may be broken.
_GROUP = 10


class _Printer(LatexPrinter):
    """SymPy's, with H_n, psi and zeta as they are written."""

    def _print_harmonic(self, expr: Any, exp: Any = None) -> str:
        x, p = (*expr.args, sp.S.One)[:2]
        order = "" if p == 1 else f"^{{({self._print(p)})}}"
        return self._raised(f"H{order}_{{{self._print(x)}}}", exp)

    def _print_polygamma(self, expr: Any, exp: Any = None) -> str:
        order, x = expr.args
        name = r"\psi" if order == 0 else rf"\psi^{{({self._print(order)})}}"
        return self._raised(rf"{name}\left({self._print(x)}\right)", exp)

    def _print_Symbol(self, expr: Any, style: str = "plain") -> str:
        name, _, primes = expr.name.partition("'")
        printed = super()._print_Symbol(sp.Symbol(name), style)
        return f"{printed}'{primes}" if "'" in expr.name else printed

    def _raised(self, printed: str, exponent: Any) -> str:
        return printed if exponent is None else rf"\left({printed}\right)^{{{exponent}}}"


def latex(expression: sp.Basic) -> str:
    """An expression or a relation."""
    return _Printer().doprint(expression)


def width(expression: sp.Expr) -> int:
    """About how wide it is printed."""
    return max(map(len, sp.pretty(expression, wrap_line=False).splitlines()))


def broken(before: str, expression: sp.Expr, after: str = "") -> Iterator[str]:
    """A display of it, between two pieces of LaTeX, in several lines where it is long."""
    return broken_sum(before, [as_expression(term) for term in expression.as_ordered_terms()], after)


def broken_sum(before: str, terms: Sequence[sp.Expr], after: str = "", wide: int = 0) -> Iterator[str]:
    """A display of the sum of the terms, in this order.

    Args:
        before, after: LaTeX around it.
        terms: of the sum; there may be none.
        wide: how wide `after` is, in columns, where it is no single line.
    """
    lines, line, used = [], before, _columns(before)
    for position, term in enumerate(terms):
        if used + width(term) > _WIDTH and position:
            lines.append(line)
            line, used = _INDENT, 2
        line += f" {signed(term, position, len(terms))}"
        used += width(term) + 3
    if after and used + (wide or _columns(after)) > _WIDTH and terms:
        lines.append(line)
        line = _INDENT
    lines.append(line + after)
    yield from display(lines)


def display(lines: Iterable[str]) -> Iterator[str]:
    """Lines of LaTeX below each other."""
    yield r"\begin{align*}"
    yield " \\\\\n".join(rf"& \fit{{{each}}}" for each in lines)
    yield r"\end{align*}"


def signed(term: sp.Expr, position: int, count: int) -> str:
    """A term where it stands among others; one that is a sum itself is a coefficient, in parentheses."""
    printed = rf"\left({latex(term)}\right)" if term.is_Add and count > 1 else latex(term)
    return printed if position == 0 or printed.startswith("-") else f"+ {printed}"


def _columns(text: str) -> int:
    """About how wide a short piece of LaTeX is: letters and signs, and nothing of commands and braces."""
    return len(text.translate(dict.fromkeys(map(ord, r"\{}_^ "))))


def turned(expression: sp.Expr, point: Mapping[sp.Symbol, sp.Expr]) -> sp.Expr:
    """The same with differences the other way round that are negative at the point: 1/(T - d), not -1/(d - T)."""

    def positive(product: sp.Expr) -> sp.Expr:
        sign, factors = sp.S.One, []
        for factor in sp.Mul.make_args(product):
            base, exponent = as_expression(factor).as_base_exp()
            if base.is_Add and exponent.is_Integer and _is_negative(base, point):
                sign, factor = sign * (-1) ** exponent, (-base) ** exponent
            factors.append(factor)
        # SymPy multiplies -1 into a single sum, which would be as it was.
        return product if sign == -1 and len(factors) == 1 else sp.Mul(sign, *factors)

    return as_expression(expression.replace(lambda part: isinstance(part, (sp.Mul, sp.Pow)), positive))


def _is_negative(difference: sp.Expr, point: Mapping[sp.Symbol, sp.Expr]) -> bool:
    if not symbols(difference) - {n, i}:
        return False  # n - 464 has either sign
    value = replaced(difference, point)
    return not symbols(value) and bool(value.is_negative)


class LongNumbers:
    """The names of numbers that would fill lines, such as (101/100)^321, and what they are."""

    def __init__(self) -> None:
        self._names: dict[sp.Expr, sp.Symbol] = {}

    def within(self, expression: sp.Expr) -> sp.Expr:
        """The expression with names in their place."""
        found = [x for x in expression.atoms(sp.Rational) if len(str(abs(x))) > _DIGITS]
        for number in sorted(found, key=abs):
            self._names.setdefault(abs(number), sp.Symbol(f"q_{len(self._names) + 1}", positive=True))
        return replaced(expression, {x: self._names[abs(x)] * (1 if x > 0 else -1) for x in found})

    def lines(self) -> Iterator[str]:
        """Each name with its number, to the last digit."""
        if self._names:
            yield r"\section*{Numbers}"
        for number, name in self._names.items():
            above, below = map(_digits, sp.fraction(number))
            over = "" if below == "1" else f" divided by {below}"
            yield rf"\textbf{{${latex(name)}$}} $\approx {latex(sp.N(number, 6))}$ is {above}{over}.\par\smallskip"


def _digits(number: sp.Expr) -> str:
    """Of a whole number, in groups between which a line may end."""
    text = str(number)
    groups: Iterable[str] = (text[k : k + _GROUP] for k in range(0, len(text), _GROUP))
    return r"\allowbreak ".join(groups)
