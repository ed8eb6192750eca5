"""States as LaTeX, printed from their terms."""

from typing import Any

import sympy as sp
from sympy.printing.latex import LatexPrinter

from .indices import N, public
from .terms import Equation, Expectation, Expression, Family, Letter, Monomial, State, Word

#: What bound indices are called, where nothing else in the statement is.
_NAMES = ("i", "j", "k", "l", "m", "s", "t", "u")


class _Printer(LatexPrinter):
    """SymPy's, with functions of indices as p_{n,k}: these are the entries of tables."""

    def _print_Function(self, expr: Any, exp: Any = None) -> str:
        if isinstance(expr, sp.core.function.AppliedUndef):
            arguments = ",".join(self._print(x) for x in expr.args)
            name, above = (expr.func.__name__ + "^").split("^")[:2]
            name = self._print(sp.Symbol(name))
            power = "" if exp is None else f"^{{{exp}}}"
            printed = f"{name}^{{{above}}}_{{{arguments}}}" if above else f"{name}_{{{arguments}}}"
            return f"{{{printed}}}{power}" if above and power else printed + power
        return super()._print_Function(expr, exp)


def latex(expression: sp.Expr) -> str:
    """A coefficient or an index, in theory's symbols."""
    return _Printer().doprint(public(expression))


def statement(state: State) -> str:
    """What the state claims, with what it is called at n = 1 where that is apart."""
    if isinstance(state, Equation):
        relation = r"\simeq" if state.limit else "="
        printed = f"{matrix(state.left)} {relation} {matrix(state.right)}"
        if state.base is not None:
            printed += rf",\quad {matrix(state.base[0])} = {matrix(state.base[1])}"
        return printed + _definitions(state)
    relation = r"\simeq" if state.limit else "="
    printed = f"E_n {relation} {matrix(state.expression)}"
    return printed if state.base is None else rf"{printed},\quad E_1 = {matrix(state.base)}"


def _definitions(state: Equation) -> str:
    """What G_n stands for, where a model is solved for."""
    found: list[Family] = []
    for letter in state.left.letters():
        if letter.family.definition is not None and letter.family not in found:
            found.append(letter.family)
    return "".join(
        rf",\quad {matrix(Expression((Monomial(sp.S.One, (), (), (family(N),)),), True))} = "
        f"{matrix(family.definition(N))}"
        for family in found
        if family.definition is not None
    )


def matrix(expression: Expression) -> str:
    """A sum of monomials."""
    if not expression.monomials:
        return "0"
    printed = [_monomial(monomial, expression.is_matrix) for monomial in expression.monomials]
    return " + ".join(printed).replace("+ -", "- ").strip()


def _monomial(monomial: Monomial, is_matrix: bool) -> str:
    taken = {s.name for s in monomial.coefficient.atoms(sp.Symbol)}
    taken |= {s.name for x in monomial.letters() for s in x.index.free_symbols if isinstance(s, sp.Symbol)}
    free = [name for name in _NAMES if name not in taken]
    symbols = (sp.Symbol(name, integer=True, positive=True) for name in free)
    monomial = monomial.at(dict(zip((name for name, _, _ in monomial.sums), symbols, strict=False)))
    sums = "".join(rf"\sum_{{{latex(n)}={latex(a)}}}^{{{latex(b)}}} " for n, a, b in monomial.sums)
    traces = r"\, ".join(_expectation(traces) for traces in monomial.expectations)
    word = _word(monomial.word) or ("I" if is_matrix and not traces else "")
    rest = r"\, ".join(part for part in (traces, word) if part)
    coefficient = monomial.coefficient
    if not rest:
        return sums + latex(coefficient)
    if coefficient == 1:
        return sums + rest
    if coefficient == -1:
        return "-" + sums + rest
    if not sums:
        return rf"{_factor(coefficient)}\, {rest}"
    constant, varying = coefficient.as_independent(*(name for name, _, _ in monomial.sums), as_Add=False)
    head = "" if constant == 1 else ("-" if constant == -1 else rf"{_factor(constant)} ")
    inner = "" if varying == 1 else rf"{_factor(varying)}\, "
    return head + sums + inner + rest


def _factor(coefficient: sp.Expr) -> str:
    printed = latex(coefficient)
    return rf"\left({printed}\right)" if coefficient.is_Add else printed


def _expectation(traces: Expectation) -> str:
    """E[tr … tr …]; E tr(delta_m delta_m') is E_m."""
    if len(traces) == 1 and (index := squared_error(traces[0])) is not None:
        return f"E{subscript(index)}"
    inside = r"\, ".join(rf"\operatorname{{tr}}\left({_word(w)}\right)" for w in traces)
    return rf"\mathbb{{E}} {inside}" if len(traces) == 1 else rf"\mathbb{{E}}\left[{inside}\right]"


def subscript(index: sp.Expr) -> str:
    """An index below, in braces where it needs them."""
    printed = latex(index)
    return f"_{printed}" if len(printed) == 1 else f"_{{{printed}}}"


def squared_error(word: Word) -> sp.Expr | None:
    """The m of which the word is delta_m delta_m', under the trace."""
    if len(word) != 2 or word[0].family is not word[1].family or word[0].index != word[1].index:
        return None
    vector = word[0].family.zero_at is not None and word[0].transposed != word[1].transposed
    return word[0].index if vector else None


def _word(word: Word) -> str:
    return " ".join(map(_letter, word))


def _letter(letter: Letter) -> str:
    symbol, family = letter.family.symbol, letter.family
    power = r"\top" if letter.transposed else ("" if letter.power == 1 else latex(letter.power))
    if family.has_index:
        symbol += subscript(letter.index)
    if not power:
        return symbol
    if family.singular and letter.power <= 0:  # + is the Moore-Penrose inverse
        inverse = f"{{{symbol}}}^{{+}}" if "^" in symbol else f"{symbol}^{{+}}"
        if letter.power == 0:
            return f"{inverse} {symbol}"
        return inverse if letter.power == -1 else rf"{{\left({inverse}\right)}}^{{{latex(-letter.power)}}}"
    # a second superscript needs braces
    return f"{{{symbol}}}^{{{power}}}" if "^" in symbol else f"{symbol}^{{{power}}}"
