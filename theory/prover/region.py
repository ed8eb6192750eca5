"""Is an expression non-negative on a region of real points? A sufficient, exact test on coefficients.

A region writes a domain's variables and n in variables u, v, m >= 0. There a quotient of polynomials is non-negative
if all coefficients of both are; real constants in the coefficients (pi, log 2, …) are judged by interval arithmetic.
Real variables without a floor stay as they are: they are positive, so that a monomial in them alone is nowhere zero.
"""

import math
from collections import defaultdict
from collections.abc import Mapping
from dataclasses import dataclass
from fractions import Fraction
from functools import lru_cache
from typing import NamedTuple

import sympy as sp

from ..symbols import i, n
from ..sympy_types import (
    added,
    as_expression,
    at,
    coefficient,
    fraction,
    operands,
    parts,
    prime_exponents,
    rational,
    replaced,
    summand,
)
from .deadline import checkpoint
from .domain import m
from .enclosure import Enclosure, NotReal, OutOfReach, sign
from .quotients import Polynomial, Ratio, ratio
from .size import MOST_TERMS, multiplied_out

#: Bits at which the signs of real constants are decided; a constant closer to zero counts as undecided.
_PRECISION = 300
_ENCLOSURE = Enclosure(_PRECISION)
#: Units of work that the sign of one term takes.
_TERM = 10
#: How many powers of m the exponential b^m is compared with: b^m >= sum_{j <= ORDER} C(m, j) (b - 1)^j.
_GEOMETRIC_ORDER = 3


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
class Between:
    """first <= n < last, real numbers included, written as (first + last*m)/(1 + m)."""

    first: int
    last: int

    @property
    def least(self) -> int:
        """The least n."""
        return self.first

    def iteration(self) -> sp.Expr:
        """N in the proofs' variables."""
        return (self.first + self.last * m) / (1 + m)


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


Run = Only | From | Between | RootFrom


@dataclass(frozen=True)
class Region:
    """The points with the variables in a cell and n in a run of iterations.

    Attributes:
        cell: the variables in slacks >= 0.
        run: which n.
    """

    cell: Mapping[sp.Symbol, sp.Expr]
    run: Run

    @property
    def onwards(self) -> "Region":
        """The same cell, with every n from the least on."""
        return Region(self.cell, From(self.run.least))

    def write(self, expression: sp.Expr) -> sp.Expr:
        """The expression in the region's variables; sums up to a number are added up."""
        return _written(expression, self.run, tuple(self.cell.items()))

    def is_nonnegative(self, expression: sp.Expr) -> bool:
        """Whether the expression is shown to be real and >= 0 on the region."""
        return self._judge(expression, strictly=False)

    def is_positive(self, expression: sp.Expr) -> bool:
        """Whether the expression is shown to be real and > 0 on the region."""
        return self._judge(expression, strictly=True)

    def quotient(self, expression: sp.Expr) -> "Quotient | None":
        """The expression as it is judged; `None` where it is no quotient of polynomials, or too large a one."""
        found = _quotient(expression, self.run, tuple(self.cell.items()))
        if found is None:
            return None
        written, constants = found
        return Quotient(written.numerator.as_expr(), written.denominator(), constants)

    def _judge(self, expression: sp.Expr, *, strictly: bool) -> bool:
        found = _quotient(expression, self.run, tuple(self.cell.items()))
        if found is None:
            return False
        quotient, constants = found
        negative = False
        for base, power in quotient.denominators.items():
            base_sign = _definite_sign(base, constants)
            if base_sign is None:
                return False
            negative ^= base_sign < 0 and power % 2 == 1
        terms = _terms(-quotient.numerator if negative else quotient.numerator, constants)
        if any(term.sign is None or term.sign < 0 for term in terms):
            return False
        return not strictly or any(term.sign == 1 and term.nowhere_zero for term in terms)


@dataclass(frozen=True)
class Quotient:
    """An expression as a quotient of polynomials in variables >= 0, or > 0 if they are positive.

    Attributes:
        numerator, denominator: in the region's variables and in symbols that stand for irrational constants.
        constants: what these symbols stand for.
    """

    numerator: sp.Expr
    denominator: sp.Expr
    constants: Mapping[sp.Symbol, sp.Expr]


@lru_cache(maxsize=4096)
def _written(expression: sp.Expr, run: Run, cell: tuple[tuple[sp.Symbol, sp.Expr], ...]) -> sp.Expr:
    if isinstance(run, Only):
        sums = [total for total in parts(expression, sp.Sum) if total.limits[0][2] == n]
        terms = range(1, run.value + 1)
        expression = replaced(expression, {s: sp.Add(*(at(summand(s), i, k) for k in terms)) for s in sums})
        products = [product for product in parts(expression, sp.Product) if product.limits == ((i, 1, n),)]
        factors = {p: [at(as_expression(p.function), i, k) for k in terms] for p in products}
        expression = replaced(expression, {p: sp.Mul(*values) for p, values in factors.items()})
    expression = replaced(expression, {**dict(cell), n: sp.sympify(run.iteration())})
    if expression.has(sp.log):
        expression = as_expression(sp.expand_log(expression))
    return _geometric(expression) if expression.has(sp.Pow, sp.exp) else expression


def _geometric(expression: sp.Expr) -> sp.Expr:
    """Powers b^(m + …) through a variable y >= 0: for b > 1, b^m = sum_{j <= ORDER} (m log b)^j / j! + y."""
    variables: dict[sp.Expr, sp.Expr] = {}
    replacements = {}
    for power in [p for p in expression.atoms(sp.Pow, sp.exp) if p.as_base_exp()[1].has(m)]:
        base, exponent = power.as_base_exp()
        slope, rest = coefficient(exponent, m, 1), coefficient(exponent, m, 0)
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
    return replaced(expression, replacements)


@lru_cache(maxsize=4096)
def _quotient(
    expression: sp.Expr, run: Run, cell: tuple[tuple[sp.Symbol, sp.Expr], ...]
) -> tuple[Ratio, dict[sp.Symbol, sp.Expr]] | None:
    named = _constants_named(_written(expression, run, cell))
    if named is None or multiplied_out(named[0]) > MOST_TERMS:
        return None
    found = ratio(named[0])
    return None if found is None else (found, named[1])


def _primitive(rate: sp.Expr) -> tuple[sp.Expr | None, int]:
    """The rate as root ** times with root > 1, the same root for rates that are powers of one number."""
    if isinstance(rate, sp.Rational) and fraction(rate) > 0 and rate != 1:
        exponents = prime_exponents(rate)
        times = math.gcd(*exponents.values())
        root = math.prod((Fraction(p) ** (e // times) for p, e in exponents.items()), start=Fraction(1))
        return (rational(root), times) if root > 1 else (rational(1 / root), -times)
    base, exponent = rate.as_base_exp()
    if base == sp.E and exponent.is_Integer:
        return sp.E, int(exponent)
    return None, 0


def _constants_named(expression: sp.Expr) -> tuple[sp.Expr, dict[sp.Symbol, sp.Expr]] | None:
    """The expression with a symbol for every irrational constant; `None` if it is no quotient of polynomials then."""
    if expression.has(sp.Sum, sp.Product):
        return None
    constants: dict[sp.Expr, sp.Symbol] = {}

    def name(part: sp.Expr) -> sp.Expr:
        if part.is_Rational or part.is_Symbol:
            return part
        if not part.args or (not part.free_symbols and not isinstance(part, (sp.Add, sp.Mul)) and not _is_power(part)):
            return constants.setdefault(part, sp.Dummy("c"))
        return as_expression(part.func(*map(name, operands(part))))

    return name(expression), {symbol: constant for constant, symbol in constants.items()}


def _is_power(part: sp.Expr) -> bool:
    return isinstance(part, sp.Pow) and bool(part.exp.is_Integer)


class _Term(NamedTuple):
    """A term of a polynomial in a region's variables: the sign of its coefficient, `None` where it is not known."""

    sign: int | None
    nowhere_zero: bool


def _terms(polynomial: Polynomial, constants: Mapping[sp.Symbol, sp.Expr]) -> list[_Term]:
    """The terms in the region's variables; the coefficients are expressions in the constants."""
    checkpoint(_TERM * len(polynomial))
    letters = polynomial.ring.symbols
    variable = [k for k, x in enumerate(letters) if x not in constants]
    named = [k for k, x in enumerate(letters) if x in constants]
    coefficients: dict[tuple[int, ...], list[sp.Expr]] = defaultdict(list)
    for powers, factor in polynomial.terms():
        number = rational(Fraction(int(factor.numerator), int(factor.denominator)))
        product = sp.Mul(number, *(constants[letters[k]] ** powers[k] for k in named if powers[k]))
        coefficients[tuple(powers[k] for k in variable)].append(product)
    positive = [bool(letters[k].is_positive) for k in variable]
    return [
        _Term(_constant_sign(added(values)), all(sure for sure, power in zip(positive, powers, strict=True) if power))
        for powers, values in coefficients.items()
    ]


def _definite_sign(polynomial: Polynomial, constants: Mapping[sp.Symbol, sp.Expr]) -> int | None:
    """1 or -1 if the polynomial is shown to keep that sign and to be nowhere zero."""
    terms = _terms(polynomial, constants)
    for wanted in (1, -1):
        if all(term.sign is not None and term.sign * wanted >= 0 for term in terms):
            return wanted if any(term.sign == wanted and term.nowhere_zero for term in terms) else None
    return None


@lru_cache(maxsize=4096)
def _constant_sign(constant: sp.Expr) -> int | None:
    """The sign of a real constant; `None` where it is too close to zero."""
    if constant.is_Rational:
        return sign(fraction(constant))
    try:
        return sign(_ENCLOSURE.value(constant, {}))
    except (OutOfReach, NotReal):
        return None
