"""Expressions as text for PARI/GP: quotients of polynomials as they are, everything else under a name."""

import re
from collections.abc import Callable, Iterable

import sympy as sp

from ..symbols import i, n
from ..sympy_types import as_expression, at, operands, summand, symbols
from .canonical import canonical, factor_of, is_tail, order
from .powers import base_and_exponent


def number(constant: sp.Expr) -> str:
    """A real constant as GP computes it.

    Raises:
        ValueError: it holds a function that is not known here.
    """
    arguments = [number(part) for part in operands(constant)]
    if isinstance(constant, sp.Rational):
        return f"({constant.p}/{constant.q})" if constant.q != 1 else f"({constant.p})"
    if isinstance(constant, (sp.Add, sp.Mul)):
        return f"({('+' if isinstance(constant, sp.Add) else '*').join(arguments)})"
    if constant.func not in _NUMBERS:
        raise ValueError(f"{constant} cannot be written for PARI/GP.")
    return _NUMBERS[constant.func](*arguments)


def _polygamma(order: str, x: str) -> str:
    return f"(if({order} == 0, psi({x}), (-1)^({order} + 1)*{order}!*zetahurwitz({order} + 1, {x})))"


_NUMBERS: dict[type[sp.Basic], Callable[..., str]] = {
    type(sp.pi): lambda: "Pi",
    type(sp.E): lambda: "exp(1)",
    type(sp.EulerGamma): lambda: "Euler",
    sp.log: lambda x: f"log({x})",
    sp.exp: lambda x: f"exp({x})",
    sp.Pow: lambda base, exponent: f"({base})^({exponent})",
    sp.zeta: lambda p, x="1": f"zeta({p})" if x == "1" else f"zetahurwitz({p}, {x})",
    sp.polygamma: _polygamma,
    sp.harmonic: lambda x, p="1": f"(psi({x} + 1) + Euler)" if p == "1" else f"(zeta({p}) - zetahurwitz({p}, {x} + 1))",
}


def number_at(function: sp.Expr, arguments: Iterable[sp.Expr]) -> str:
    """The value of a function of constants, from its arguments."""
    if function.func not in _NUMBERS:
        raise ValueError(f"{function} cannot be written for PARI/GP.")
    return _NUMBERS[function.func](*map(number, arguments))


class Names:
    """What a script calls symbols, constants and functions, and what it has to say of each."""

    def __init__(self) -> None:
        self.constants: dict[sp.Expr, str] = {}
        self.sums: dict[sp.Expr, tuple[str, str]] = {}
        self.tails: dict[sp.Expr, tuple[str, str]] = {}
        self.products: dict[sp.Expr, tuple[str, str]] = {}
        #: Functions of n that are no sums of rational terms, and functions of the other variables.
        self.functions: dict[sp.Expr, str] = {}
        #: What a function equals: for its name, an expression in other names.
        self.rules: dict[str, str] = {}
        #: Of the names of powers: exponent * log(base).
        self.powers: dict[str, str] = {}
        self._symbols: dict[sp.Symbol, str] = {}

    def symbol(self, symbol: sp.Symbol) -> str:
        """Its name; a trailing underscore keeps it apart from GP's own."""
        if symbol not in self._symbols:
            plain = "y" if isinstance(symbol, sp.Dummy) else re.sub(r"\W", "", symbol.name, flags=re.ASCII) or "x"
            plain = plain if plain[0].isalpha() else f"x{plain}"
            taken = set(self._symbols.values())
            numbered = plain in ("y", "c", "S", "R", "F") or f"{plain}_" in taken
            choices = [f"{plain}{k}_" for k in range(1, len(taken) + 2)]
            self._symbols[symbol] = next(c for c in choices if c not in taken) if numbered else f"{plain}_"
        return self._symbols[symbol]

    def known(self) -> list[sp.Symbol]:
        """All symbols that have a name."""
        return list(self._symbols)

    def text(self, expression: sp.Expr) -> str:
        """The expression, in names."""
        if isinstance(expression, sp.Rational):
            return number(expression)
        if isinstance(expression, sp.Symbol):
            return self.symbol(expression)
        if isinstance(expression, (sp.Add, sp.Mul)):
            sign = " + " if isinstance(expression, sp.Add) else "*"
            return f"({sign.join(self.text(part) for part in operands(expression))})"
        if isinstance(expression, sp.Pow) and isinstance(expression.exp, sp.Integer):
            return f"({self.text(as_expression(expression.base))}^({expression.exp}))"
        return self.name(expression)

    def name(self, part: sp.Expr) -> str:
        """The name of what is no sum, product or whole power."""
        if not symbols(part):
            number(part)
            expanded = as_expression(sp.expand_log(part)) if isinstance(part, sp.log) else part
            if expanded != part:  # log 4 = 2 log 2, as regions write it
                return self.text(expanded)
            return self.constants.setdefault(part, f"c{len(self.constants) + 1}")
        if isinstance(part, sp.Sum):
            table, letter = (self.tails, "R") if is_tail(part) else (self.sums, "S")
            return self._listed(table, letter, part, summand(part))
        if isinstance(part, sp.harmonic) and operands(part)[0] == n and order(part).is_Integer:
            return self._listed(self.sums, "S", part, i ** -order(part))
        if part not in self.functions:
            self.functions[part] = name = f"F{len(self.functions) + 1}"
            if isinstance(part, sp.Product):
                self.products[part] = name, self.text(factor_of(part))
            base, exponent = base_and_exponent(part)
            if isinstance(part, (sp.Pow, sp.exp)) and base.is_positive:
                self.powers[name] = self.text(exponent) if base == sp.E else self.text(exponent * sp.log(base))
            rule = rule_of(part)
            if rule is not None:
                self.rules[name] = self.text(rule)
        return self.functions[part]

    def _listed(self, table: dict[sp.Expr, tuple[str, str]], letter: str, part: sp.Expr, term: sp.Expr) -> str:
        if part not in table:
            table[part] = f"{letter}{len(table) + 1}", self.text(term)
        return table[part][0]

    def functions_in(self, expression: sp.Expr) -> list[sp.Expr]:
        """The parts that have a name and hold symbols, in the order of their names."""
        found: dict[sp.Expr, None] = {}

        def walk(part: sp.Expr) -> None:
            plain = isinstance(part, (sp.Add, sp.Mul)) or isinstance(part, sp.Pow) and isinstance(part.exp, sp.Integer)
            if plain:
                for inner in operands(part):
                    walk(inner)
            elif symbols(part) and not isinstance(part, sp.Symbol):
                found.setdefault(part)

        walk(expression)
        return list(found)


def rule_of(part: sp.Expr) -> sp.Expr | None:
    """What a function equals by an identity that says more than its name: logarithms of products, powers, sums."""
    if isinstance(part, sp.log):
        found = as_expression(sp.expand_log(part, force=True))
    elif isinstance(part, (sp.harmonic, sp.polygamma)):
        found = canonical(part)
    elif isinstance(part, sp.Pow) and isinstance(part.exp, sp.Rational):
        whole = sp.floor(part.exp)
        found = sp.Mul(part.base**whole, part.base ** (part.exp - whole), evaluate=False) if whole != 0 else part
    elif isinstance(part, (sp.Pow, sp.exp)):
        found = _power_rule(*part.as_base_exp())
    else:
        return None
    return None if found == part else found


def _power_rule(base: sp.Expr, exponent: sp.Expr) -> sp.Expr:
    """b^(x + r) is b^r b^x for an x linear in n, (1/b)^x is b^-x, and x^-y is 1/x^y."""
    if symbols(base) and exponent.could_extract_minus_sign():
        return sp.Pow(sp.Pow(base, -exponent), -1, evaluate=False)
    if isinstance(base, sp.Rational) and 0 < base < 1:
        base, exponent = as_expression(1 / base), -exponent
    rest = at(exponent, n, 0)
    if symbols(base) or not exponent.is_polynomial(n):
        return sp.Pow(base, exponent)
    left = base ** sp.expand(exponent - rest)
    return left if rest == 0 else sp.Mul(base**rest, left, evaluate=False)
