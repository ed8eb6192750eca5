"""The laws as a browser shows and computes them: printed by SymPy as MathML and as JavaScript."""

import json
from pathlib import Path
from typing import Any

import sympy as sp
from sympy.printing.jscode import JavascriptCodePrinter
from sympy.printing.mathml import MathMLPresentationPrinter
from sympy.printing.precedence import PRECEDENCE

from theory import Law, SlidingWindow, Workflow, gain
from theory.linear import DESIGNS, test_error
from theory.symbols import T, n
from theory.table import FAMILIES
from theory.tasks.regression.symbols import ONE_FIT

from .style import COLOUR

_HELPERS = Path(__file__).parent / "page" / "laws.js"

#: Iterations that the explorer draws, at most.
ITERATIONS = 100

#: Windows whose gains, which have no formula in n, go along as numbers: k = 2 to this; k = 1 is Replace.
WINDOWS = 10

#: What the explorer draws: each family once, all its parameters symbols.
EXPLORED: tuple[Workflow, ...] = tuple(w for w in FAMILIES if w.is_symbolic or not w.parameters)


def label(workflow: Workflow) -> str:
    """`FreshReal(s, w)`: the family with its parameters, `Replace` where it has none."""
    parameters = ", ".join(map(str, _given(workflow)))
    return f"{type(workflow).__name__}({parameters})" if parameters else type(workflow).__name__


def _given(workflow: Workflow) -> list[Any]:
    return [value for value in workflow.parameters.values() if value is not None]


class _JavaScript(JavascriptCodePrinter):
    """Sums become loops, and gains without a formula are looked up."""

    def _print_Sum(self, expr: sp.Sum) -> str:
        (index, first, last), term = expr.limits[0], self._print(expr.function)
        return f"sum({self._print(first)}, {self._print(last)}, ({index}) => {term})"

    def _print_Function(self, expr: sp.Expr) -> str:
        if expr.func != sp.Function("gain"):
            return super()._print_Function(expr)
        return f"gains[k - 2][{self._print(expr.args[0])} - 1]"


def script() -> str:
    """What the explorer computes, as JavaScript that needs no page."""
    gains = [[float(c) for c in gain(SlidingWindow(k), ITERATIONS)] for k in range(2, WINDOWS + 1)]
    entries = ",\n".join(_family(workflow) for workflow in EXPLORED)
    laws = f"const gains = {json.dumps(gains)};\nconst laws = {{\n{entries}\n}};\n"
    return f"{_HELPERS.read_text()}\n{laws}"


def _family(workflow: Workflow) -> str:
    symbols = sorted({"T", "d", "n", "sigma"} | {str(parameter) for parameter in _given(workflow)})
    lines = [
        f"  {json.dumps(label(workflow))}: {{",
        f"    colour: {json.dumps(COLOUR[workflow.command()])},",
        f"    parameters: {json.dumps([str(parameter) for parameter in _given(workflow)])},",
    ]
    for design in DESIGNS:
        law = test_error(workflow, design=design)
        error = f"({{ {', '.join(symbols)} }}) => {_JavaScript().doprint(law.expr)}"
        lines.append(f"    {design}: {{ exact: {json.dumps(law.exact)}, error: {error} }},")
    return "\n".join([*lines, "  }"])


class _MathML(MathMLPresentationPrinter):
    """As one writes by hand: first the error of one fit as a fraction of its own, then what multiplies it."""

    def _print_Mul(self, expr: sp.Mul) -> Any:
        factors = _split(expr)
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


def _split(expr: sp.Mul) -> tuple[sp.Expr, sp.Expr] | None:
    """The two factors that are shown side by side; `None` for one fraction."""
    gain = expr / ONE_FIT
    if gain != 1 and not gain.free_symbols & ONE_FIT.free_symbols:
        long = gain.has(sp.Sum) or (gain.is_Add and gain.has(n))
        return (ONE_FIT, gain) if long else (gain if gain.free_symbols else sp.expand(gain), ONE_FIT)
    sums = [factor for factor in expr.args if isinstance(factor, (sp.Sum, sp.Add)) and factor.has(n)]
    return (expr / sums[0], sums[0]) if len(sums) == 1 else None


def mathml(expr: sp.Basic, *, named: str = "") -> str:
    """The expression, or the equation `named` = expression, as a `math` element."""
    written = expr
    if isinstance(expr, sp.Expr):
        written = sp.factor_terms(sp.powsimp(expr).replace(sp.Pow, _turned), sign=True)
    written = written.replace(sp.harmonic, _harmonic).replace(sp.polygamma, lambda _, x: sp.Function("ψ")(x))
    written = written.replace(sp.Function("gain"), lambda m: sp.Symbol(f"c_{m}"))
    equation = sp.Eq(sp.Symbol(named), written, evaluate=False) if named else written
    # SymPy writes operators as entities of HTML, which its XML then escapes; and minus as a hyphen.
    printed = _MathML().doprint(equation).replace("&amp;", "&").replace("<mo>-</mo>", "<mo>\N{MINUS SIGN}</mo>")
    return f'<math displaystyle="true">{printed}</math>'


def _turned(base: sp.Expr, exponent: sp.Expr) -> sp.Expr:
    """Differences with a weight, 0 < w <= 1, so that they are positive: (1 - w)^2, not (w - 1)^2."""
    halves = [(symbol, sp.Rational(1, 2)) for symbol in base.free_symbols]
    backward = base.is_Add and len(halves) == 1 and base.subs(halves) < 0
    return (-1) ** exponent * (-base) ** exponent if backward and exponent.is_integer else base**exponent


def _harmonic(m: sp.Expr, order: sp.Expr = sp.S.One) -> sp.Symbol:
    return sp.Symbol(f"H_{m}" if order == 1 else f"H_{m}__({order})")


def equations(law: Law) -> list[str]:
    """The law, and where it has them its form without sums and its limit, each a `math` element."""
    limit, closed = law.limit(), law.closed_form()
    powers = [power for power in law.expr.atoms(sp.Pow) if power.exp == n - 1 and power.base.has(T)]
    if powers and limit is not None:
        # A rate that fills lines gets a name.
        last, rho = sp.symbols("E_∞ rho")
        shown = [mathml(last + (sp.Symbol("E_1") - last) * rho ** (n - 1), named="E_n"), mathml(ONE_FIT, named="E_1")]
        shown.append(mathml(powers[0].base, named="rho"))
    else:
        shown = [mathml(law.expr, named="E_n")]
        if closed is not None and closed != law.expr:
            shown.append(mathml(closed, named="E_n"))
    return shown if limit is None else [*shown, mathml(limit, named="E_∞")]
