"""Formulas as a browser shows them: MathML, printed by SymPy."""

from typing import Any

import sympy as sp
from sympy.printing.mathml import MathMLPresentationPrinter
from sympy.printing.precedence import PRECEDENCE

from theory.symbols import GAIN, n


class _MathML(MathMLPresentationPrinter):
    """As one writes by hand: first the unit as a fraction of its own, then what multiplies it."""

    def __init__(self, unit: sp.Expr | None) -> None:
        super().__init__()  # SymPy's printers are made to be inherited from
        self._unit = None if unit == 1 else unit

    def _print_Mul(self, expr: sp.Mul) -> Any:
        factors = _split(expr, self._unit)
        if factors is None:
            # 4 times 4^n would read 44^n
            digits = any(isinstance(factor, sp.Pow) and factor.base.is_Integer for factor in expr.args)
            self._settings["mul_symbol"] = "dot" if digits and abs(expr.as_coeff_Mul()[0]) != 1 else None
            return super()._print_Mul(expr)
        row = self.dom.createElement("mrow")
        for factor in factors:
            shown: Any = self.parenthesize(factor, PRECEDENCE["Mul"]) if factor.is_Add else self._print(factor)
            row.appendChild(shown)
        return row

    def _print_Sum(self, e: sp.Sum) -> Any:
        row: Any = super()._print_Sum(e)
        # The summands of the laws are fractions, which need no parentheses.
        row.replaceChild(self._print(e.function), row.lastChild)
        return row

    def _print_Product(self, e: sp.Product) -> Any:
        # SymPy's printer of MathML has none
        alike: Any = sp.Sum(e.function, *e.limits)
        row = self._print_Sum(alike)
        row.getElementsByTagName("munderover")[0].firstChild.firstChild.data = "&#x220F;"
        return row


def _split(expr: sp.Mul, unit: sp.Expr | None) -> tuple[sp.Expr, sp.Expr] | None:
    """The two factors that are shown side by side; `None` for one fraction."""
    gain = sp.S.One if unit is None else expr / unit
    if unit is not None and gain != 1 and not gain.free_symbols & unit.free_symbols:
        long = gain.has(sp.Sum) or (gain.is_Add and gain.has(n))
        return (unit, gain) if long else (gain if gain.free_symbols else sp.expand(gain), unit)
    sums = [factor for factor in expr.args if isinstance(factor, (sp.Sum, sp.Add)) and factor.has(n)]
    return (expr / sums[0], sums[0]) if len(sums) == 1 else None


def mathml(expr: sp.Basic, *, named: str = "", unit: sp.Expr | None = None) -> str:
    """The expression, or the equation `named` = expression, as a `math` element; the unit is kept in one piece."""
    written = expr
    if isinstance(expr, sp.Expr):
        written = sp.factor_terms(sp.powsimp(expr).replace(sp.Pow, _turned), sign=True)
    written = written.replace(sp.harmonic, _harmonic).replace(sp.polygamma, lambda _, x: sp.Function("ψ")(x))
    written = written.replace(GAIN, lambda m: sp.Symbol(f"c_{m}"))
    equation = sp.Eq(sp.Symbol(named), written, evaluate=False) if named else written
    # SymPy writes operators as entities of HTML, which its XML then escapes; and minus as a hyphen.
    printed = _MathML(unit).doprint(equation).replace("&amp;", "&").replace("<mo>-</mo>", "<mo>\N{MINUS SIGN}</mo>")
    return f'<math displaystyle="true">{printed}</math>'


def _turned(base: sp.Expr, exponent: sp.Expr) -> sp.Expr:
    """Differences with a weight, 0 < w <= 1, so that they are positive: (1 - w)^2, not (w - 1)^2; no count is one."""
    halves = [(symbol, sp.Rational(1, 2)) for symbol in base.free_symbols if not symbol.is_integer]
    backward = base.is_Add and len(halves) == 1 == len(base.free_symbols) and base.subs(halves) < 0
    return (-1) ** exponent * (-base) ** exponent if backward and exponent.is_integer else base**exponent


def _harmonic(m: sp.Expr, order: sp.Expr = sp.S.One) -> sp.Symbol:
    return sp.Symbol(f"H_{m}" if order == 1 else f"H_{m}__({order})")
