"""Is an expression non-negative on a region of real points? A sufficient, exact test on coefficients.

A region writes T, d and n in variables u, v, m >= 0. There a quotient of polynomials is non-negative if all
coefficients of both are; real constants in the coefficients (pi, log 2, …) are judged by interval arithmetic.
"""

import math
from collections import defaultdict
from collections.abc import Mapping
from dataclasses import dataclass
from functools import lru_cache

import sympy as sp
from sympy.polys.orderings import lex
from sympy.polys.rings import PolyRing

from .domain import m
from .enclosure import Enclosure, NotReal, OutOfReach, sign
from .symbols import i, n, sigma

#: Bits at which the signs of real constants are decided; a constant closer to zero counts as undecided.
_PRECISION = 300
_ENCLOSURE = Enclosure(_PRECISION)
#: How many powers of m the exponential b^m is compared with: b^m >= sum_{j <= ORDER} C(m, j) (b - 1)^j.
_GEOMETRIC_ORDER = 3

_s = sp.Symbol("s", positive=True)  # sigma, where it does not drop out


@dataclass(frozen=True)
class Only:
    """n = `value`."""

    value: int

    @property
    def least(self) -> int:
        """The least n."""
        return self.value

    def iteration(self) -> sp.Expr:
        """N in the proofs' variables."""
        return sp.Integer(self.value)


@dataclass(frozen=True)
class From:
    """n = first, first + step, …, written as first + step*m."""

    first: int
    step: int = 1

    @property
    def least(self) -> int:
        """The least n."""
        return self.first

    def iteration(self) -> sp.Expr:
        """N in the proofs' variables."""
        return self.first + self.step * m


@dataclass(frozen=True)
class RootFrom:
    """scale*n + shift >= root^degree, written as (root + m)^degree: its root is rational in m."""

    root: int
    degree: int
    scale: int = 1
    shift: int = 0

    @property
    def least(self) -> int:
        """The least n."""
        return -((self.shift - self.root**self.degree) // self.scale)

    def iteration(self) -> sp.Expr:
        """N in the proofs' variables."""
        return ((self.root + m) ** self.degree - self.shift) / self.scale


@dataclass(frozen=True)
class Region:
    """The points with (T, d) in a cell and n in a run of iterations.

    Attributes:
        cell: T and d in u, v >= 0.
        run: which n.
    """

    cell: Mapping[sp.Symbol, sp.Expr]
    run: Only | From | RootFrom

    @property
    def onwards(self) -> "Region":
        """The same cell, with every n from the least on."""
        return Region(self.cell, From(self.run.least))

    def write(self, expression: sp.Expr) -> sp.Expr:
        """The expression in the region's variables; sums up to a number are added up."""
        if isinstance(self.run, Only):
            sums = {total for total in expression.atoms(sp.Sum) if total.limits[0][2] == n}
            terms = range(1, self.run.value + 1)
            expression = expression.xreplace({s: sp.Add(*(s.function.subs(i, k) for k in terms)) for s in sums})
        expression = expression.subs(n, self.run.iteration())
        expression = expression.subs(self.cell, simultaneous=True).subs(sigma, _s)
        if expression.has(sp.log):
            expression = sp.expand_log(expression)
        return self._geometric(expression) if expression.has(sp.Pow, sp.exp) else expression

    def _geometric(self, expression: sp.Expr) -> sp.Expr:
        """Powers b^(m + …) through a variable y >= 0: for b > 1, b^m = sum_{j <= ORDER} (m log b)^j / j! + y."""
        variables: dict[sp.Expr, sp.Expr] = {}
        replacements = {}
        for power in [p for p in expression.atoms(sp.Pow, sp.exp) if p.as_base_exp()[1].has(m)]:
            base, exponent = power.as_base_exp()
            slope, rest = exponent.coeff(m, 1), exponent.coeff(m, 0)
            if base.free_symbols or rest.free_symbols or not slope.is_Integer or sp.expand(exponent - slope * m - rest):
                continue
            root, times = _primitive(base**slope)
            if root is None:
                continue
            if root not in variables:
                terms = ((m * sp.log(root)) ** j / sp.factorial(j) for j in range(_GEOMETRIC_ORDER + 1))
                series = sum(terms, sp.S.Zero)
                variables[root] = series + sp.Dummy("y", nonnegative=True)
            replacements[power] = base**rest * variables[root] ** times
        return expression.xreplace(replacements)

    def is_nonnegative(self, expression: sp.Expr) -> bool:
        """Whether the expression is shown to be real and >= 0 on the region."""
        return self._judge(expression, strictly=False)

    def is_positive(self, expression: sp.Expr) -> bool:
        """Whether the expression is shown to be real and > 0 on the region."""
        return self._judge(expression, strictly=True)

    def _judge(self, expression: sp.Expr, *, strictly: bool) -> bool:
        written = _constants_named(self.write(expression))
        if written is None:
            return False
        quotient, constants = written
        numerator, denominator = sp.fraction(sp.together(quotient))
        negative = False
        for factor in sp.Mul.make_args(denominator):
            base, exponent = factor.as_base_exp()
            factor_sign = _definite_sign(base, constants)
            if factor_sign is None or not exponent.is_Integer:
                return False
            negative ^= factor_sign < 0 and exponent % 2 == 1
        coefficients = _coefficients(-numerator if negative else numerator, constants)
        signs = {monomial: _constant_sign(value) for monomial, value in coefficients.items()}
        if any(s is None or s < 0 for s in signs.values()):
            return False
        return not strictly or any(s > 0 and not any(monomial) for monomial, s in signs.items())


def _primitive(rate: sp.Expr) -> tuple[sp.Expr | None, int]:
    """The rate as root ** times with root > 1, the same root for rates that are powers of one number."""
    if rate.is_Rational and rate > 0 and rate != 1:
        exponents = sp.factorrat(rate)
        times = math.gcd(*exponents.values())
        root = sp.prod([sp.Integer(prime) ** (exponent // times) for prime, exponent in exponents.items()], sp.S.One)
        return (root, times) if root > 1 else (1 / root, -times)
    base, exponent = rate.as_base_exp()
    if base == sp.E and exponent.is_Integer:
        return sp.E, int(exponent)
    return None, 0


def _constants_named(expression: sp.Expr) -> tuple[sp.Expr, dict[sp.Symbol, sp.Expr]] | None:
    """The expression with a symbol for every irrational constant; `None` if it is no quotient of polynomials then."""
    if expression.has(sp.Sum):
        return None
    constants: dict[sp.Expr, sp.Symbol] = {}

    def name(part: sp.Expr) -> sp.Expr:
        if part.is_Rational or part.is_Symbol:
            return part
        if not part.args or (not part.free_symbols and not isinstance(part, (sp.Add, sp.Mul)) and not _is_power(part)):
            return constants.setdefault(part, sp.Dummy("c"))
        return part.func(*map(name, part.args))

    named = name(expression)
    if not named.is_rational_function():
        return None
    return named, {symbol: constant for constant, symbol in constants.items()}


def _is_power(part: sp.Expr) -> bool:
    return isinstance(part, sp.Pow) and part.args[1].is_Integer


def _coefficients(polynomial: sp.Expr, constants: dict[sp.Symbol, sp.Expr]) -> dict[tuple[int, ...], sp.Expr]:
    """The coefficients in the region's variables, as expressions in the constants."""
    variables = sorted(polynomial.free_symbols - set(constants), key=sp.default_sort_key)
    names = sorted(polynomial.free_symbols & set(constants), key=sp.default_sort_key)
    ring = PolyRing([*variables, *names] or [sp.Dummy()], sp.QQ, lex)
    result: dict[tuple[int, ...], sp.Expr] = defaultdict(lambda: sp.S.Zero)
    for powers, coefficient in ring.from_expr(polynomial).terms():
        product = sp.Mul(*(constants[c] ** k for c, k in zip(names, powers[len(variables) :], strict=False)))
        result[powers[: len(variables)]] += sp.Rational(coefficient.numerator, coefficient.denominator) * product
    return result


def _definite_sign(polynomial: sp.Expr, constants: dict[sp.Symbol, sp.Expr]) -> int | None:
    """1 or -1 if the polynomial is shown to keep that sign and to be nowhere zero."""
    coefficients = _coefficients(polynomial, constants)
    signs = {monomial: _constant_sign(value) for monomial, value in coefficients.items()}
    for wanted in (1, -1):
        if all(s is not None and s * wanted >= 0 for s in signs.values()):
            constant = [s for monomial, s in signs.items() if not any(monomial)]
            # sigma alone is positive, so that a monomial in it is nowhere zero either
            return wanted if constant and constant[0] == wanted or polynomial == _s else None
    return None


@lru_cache(maxsize=4096)
def _constant_sign(constant: sp.Expr) -> int | None:
    """The sign of a real constant; `None` where it is too close to zero."""
    if constant.is_Rational:
        return int(sp.sign(constant))
    try:
        return sign(_ENCLOSURE.value(constant, {}))
    except (OutOfReach, NotReal):
        return None
