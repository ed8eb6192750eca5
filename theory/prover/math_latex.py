"""Expressions of proofs in LaTeX: with the names that functions have in books, and broken where they are long."""

from collections.abc import Iterator, Sequence
from typing import Any

import sympy as sp
from sympy.printing.latex import LatexPrinter

from ..sympy_types import as_expression

#: A display is broken before it is longer than this, in characters of LaTeX.
_WIDTH = 160
#: Of a polynomial so many terms are shown.
MOST_TERMS = 8


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

    def _raised(self, printed: str, exponent: Any) -> str:
        return printed if exponent is None else rf"\left({printed}\right)^{{{exponent}}}"


def latex(expression: sp.Basic) -> str:
    """An expression or a relation."""
    return _Printer().doprint(expression)


def broken(before: str, expression: sp.Expr, after: str = "") -> Iterator[str]:
    """A display of it, between two pieces of LaTeX, in several lines where it is long."""
    lines, line = [], before
    for position, term in enumerate(as_expression(term) for term in expression.as_ordered_terms()):
        printed = latex(term)
        plus = "" if position == 0 or printed.startswith("-") else "+"
        if len(line) + len(printed) > _WIDTH and position:
            lines.append(line)
            line = r"\quad "
        line += f" {plus} {printed}"
    lines.append(line + after)
    yield r"\begin{align*}"
    yield " \\\\\n".join(f"& {each}" for each in lines)
    yield r"\end{align*}"


def cut(terms: Sequence[sp.Expr]) -> str:
    """The sum of some terms: the first ones, where they are many or long."""
    printed = ""
    for position, each in enumerate(map(latex, terms)):
        if position >= MOST_TERMS or position > 1 and len(printed) + len(each) > _WIDTH:
            return rf"{printed.strip()} + \dots"
        printed += f" + {each}" if position and not each.startswith("-") else f" {each}"
    return printed.strip()
