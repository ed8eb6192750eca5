"""Values at one concrete point, with certainty: exact fractions where they are rational, intervals elsewhere.

Interval arithmetic is mpmath's, rounded outwards. Harmonic numbers, zeta and polygamma functions come from the
Euler-Maclaurin expansion of sum_{k >= 0} (x + k)^-p, whose error is at most the first term left out, with its sign
(DLMF 5.11.2 and 25.11.43; the summand is completely monotone).
"""

import math
from collections.abc import Callable, Mapping
from fractions import Fraction
from functools import lru_cache, reduce
from typing import Any

import mpmath
import sympy as sp
from mpmath.ctx_iv import MPIntervalContext

from ..symbols import i, n
from ..sympy_types import as_expression, operands, polynomial, summand

Value = Any  # a Fraction (exact) or an interval of mpmath's
#: Powers are kept exact up to this many bits, and sums up to this many terms.
_MOST_BITS = 20_000
_MOST_TERMS = 200
#: Sums whose terms have no partial fractions over the rationals are added up term by term to here.
_LONGEST_SUM = 5_000
#: The exponential of x needs as many bits as x has before the point.
_LARGEST_EXPONENT_BITS = 4_096
_MOST_EXPANSION_TERMS = 60


class NotReal(ValueError):
    """The expression has no real value at the point: a pole, or a root or logarithm of what is not positive."""


class OutOfReach(ArithmeticError):
    """No enclosure of the value is known, or none at this precision."""


def sign(value: Value) -> int | None:
    """-1, 0 or 1; `None` where an interval holds zero."""
    if isinstance(value, Fraction):
        return (value > 0) - (value < 0)
    return 1 if value > 0 else -1 if value < 0 else None


class Enclosure:
    """Evaluates expressions at `precision` bits."""

    def __init__(self, precision: int) -> None:
        self.context: Any = MPIntervalContext()  # mpmath makes the operators of its intervals at run time
        self.context.prec = precision
        self._hurwitz_known: dict[tuple[int, Fraction], Value] = {}
        self._known: dict[sp.Expr, Value] = {}

    def value(self, expression: sp.Expr, at: Mapping[sp.Symbol, Fraction]) -> Value:
        """A Fraction, or an interval that holds the value.

        Raises:
            NotReal: the expression has no real value there.
            OutOfReach: its value cannot be enclosed.
        """
        if isinstance(expression, sp.Rational):
            return Fraction(int(expression.p), int(expression.q))
        if isinstance(expression, sp.Symbol):
            return at[expression]
        if not expression.free_symbols:  # constants come up at every point
            if expression not in self._known:
                self._known[expression] = self._value(expression, at)
            return self._known[expression]
        return self._value(expression, at)

    def _value(self, expression: sp.Expr, at: Mapping[sp.Symbol, Fraction]) -> Value:
        if isinstance(expression, sp.Sum):
            ((_, first, last),) = expression.limits
            if first != 1:
                raise OutOfReach("a sum that does not begin at 1")
            return self._sum(summand(expression), self.value(last, at), at)
        if expression in (sp.pi, sp.E, sp.EulerGamma):
            constant = {sp.pi: self.context.pi, sp.E: self.context.e, sp.EulerGamma: self.context.euler}[expression]
            return +constant
        if isinstance(expression, sp.exp):
            return self._exp(self.value(operands(expression)[0], at))
        arguments = [self.value(argument, at) for argument in operands(expression)]
        operation = _OPERATIONS.get(expression.func)
        if operation is None:
            raise OutOfReach(f"no enclosure of {expression.func} is known")
        return operation(self, *arguments)

    def interval(self, value: Value) -> Any:
        """The value as an interval."""
        if isinstance(value, Fraction):
            return self.context.mpf(value.numerator) / self.context.mpf(value.denominator)
        return value

    def add(self, *values: Value) -> Value:
        """The sum."""
        return reduce(lambda a, b: a + b, self._alike(values))

    def multiply(self, *values: Value) -> Value:
        """The product."""
        return reduce(lambda a, b: a * b, self._alike(values))

    def _alike(self, values: tuple[Value, ...]) -> list[Value]:
        exact = all(isinstance(value, Fraction) for value in values)
        return list(values) if exact else [self.interval(value) for value in values]

    def power(self, base: Value, exponent: Value) -> Value:
        """base ** exponent."""
        if isinstance(exponent, Fraction) and exponent.denominator == 1:
            return self._whole_power(base, int(exponent))
        base_sign = sign(base)
        if base_sign == -1:
            raise NotReal("a root or power of a negative number")
        if base_sign == 0:
            if sign(exponent) == 1:
                return Fraction(0)
            raise NotReal("a division by zero")
        root = _exact_root(base, exponent)
        return self._exp(self.multiply(exponent, self.log(base))) if root is None else root

    def _whole_power(self, base: Value, exponent: int) -> Value:
        base_sign = sign(base)
        if exponent < 0 and base_sign == 0:
            raise NotReal("a division by zero")
        if exponent < 0 and base_sign is None:
            raise OutOfReach("a division by what may be zero")
        if isinstance(base, Fraction):
            bits = max(abs(base.numerator).bit_length(), base.denominator.bit_length())
            if base_sign == 0 or abs(base) == 1 or bits * abs(exponent) <= _MOST_BITS:
                return base ** (exponent if abs(base) != 1 else exponent % 2)
            flip = Fraction(-1 if base < 0 and exponent % 2 else 1)
            return self.multiply(flip, self._exp(self.multiply(Fraction(exponent), self.log(abs(base)))))
        if exponent.bit_length() > 64:
            raise OutOfReach("a power beyond 64 bits of an inexact number")
        result = base ** abs(exponent)
        return 1 / result if exponent < 0 else result

    def log(self, x: Value) -> Value:
        """The natural logarithm."""
        x_sign = sign(x)
        if x_sign is None:
            raise OutOfReach("a logarithm of what may be zero")
        if x_sign < 1:
            raise NotReal("a logarithm of what is not positive")
        return Fraction(0) if isinstance(x, Fraction) and x == 1 else self.context.log(self.interval(x))

    def _exp(self, x: Value) -> Value:
        if isinstance(x, Fraction) and x == 0:
            return Fraction(1)
        x = self.interval(x)
        if not abs(x) < self.context.mpf(2) ** _LARGEST_EXPONENT_BITS:
            raise OutOfReach("an exponential of a huge number")
        return self.context.exp(x)

    def harmonic(self, x: Value, p: Value = Fraction(1)) -> Value:  # noqa: B008 - a Fraction is immutable
        """The generalised harmonic number H_x^(p) = sum_{k = 1}^x k^-p, continued to real x >= 0."""
        order, above = int(p), self.add(x, Fraction(1))
        if isinstance(x, Fraction) and x.denominator == 1 and 0 <= x <= _MOST_TERMS:
            return sum((Fraction(1, k**order) for k in range(1, int(x) + 1)), Fraction(0))
        return self.add(self.hurwitz(order, Fraction(1)), self.multiply(Fraction(-1), self.hurwitz(order, above)))

    def zeta(self, p: Value) -> Value:
        """Zeta of a whole number p >= 2."""
        return self.hurwitz(int(p), Fraction(1))

    def polygamma(self, m: Value, x: Value) -> Value:
        """psi^(m)(x) for x > 0."""
        order = int(m)
        factor = Fraction((-1) ** (order + 1) * math.factorial(order))
        return self.multiply(factor, self.hurwitz(order + 1, x))

    def hurwitz(self, p: int, x: Value) -> Value:
        """sum_{k >= 0} (x + k)^-p for p >= 2, and its continuation -psi(x) for p = 1."""
        if isinstance(x, Fraction) and x.denominator == 1 and x <= 0:
            raise NotReal("a polygamma function at a pole")
        if sign(x) != 1:
            raise OutOfReach("a polygamma function at what may not be positive")
        if not isinstance(x, Fraction):
            return self._hurwitz(p, x)
        if (p, x) not in self._hurwitz_known:
            self._hurwitz_known[p, x] = self._hurwitz(p, self.interval(x))
        return self._hurwitz_known[p, x]

    def _hurwitz(self, p: int, x: Any) -> Any:
        mpf, result = self.context.mpf, self.context.mpf(0)
        start = self.context.prec // 6 + 5  # the expansion gains about six bits per unit of its argument
        while x < start:
            result += 1 / x**p
            x += 1
        term = mpf(0)
        result += (-self.context.log(x) if p == 1 else x ** (1 - p) / (p - 1)) + 1 / (2 * x**p)
        for j in range(1, _MOST_EXPANSION_TERMS):
            bernoulli = Fraction(*map(int, mpmath.bernfrac(2 * j)))
            # B_2j p (p + 1) … (p + 2j - 2) / (2j)! x^(1 - p - 2j)
            rising = Fraction(math.prod(range(p, p + 2 * j - 1)), math.factorial(2 * j))
            term = self.interval(bernoulli * rising) / x ** (p + 2 * j - 1)
            if abs(term) < mpf(2) ** -self.context.prec or j == _MOST_EXPANSION_TERMS - 1:
                break
            result += term
        return result + term * mpf([0, 1])  # what is left out is between zero and the next term

    def _sum(self, term: sp.Expr, upto: Value, at: Mapping[sp.Symbol, Fraction]) -> Value:
        """The sum of `term`, a rational function of i, over i = 1..upto."""
        if not (isinstance(upto, Fraction) and upto.denominator == 1 and upto >= 0):
            raise OutOfReach("a sum up to what is no whole number")
        count = int(upto)
        if count <= _MOST_TERMS:
            return sum((self.value(term, {**at, i: Fraction(k)}) for k in range(1, count + 1)), Fraction(0))
        whole, parts = _partial_fractions(term)
        if parts is None:
            if count > _LONGEST_SUM:
                raise OutOfReach("a long sum without partial fractions")
            return self.add(*(self.interval(self.value(term, {**at, i: Fraction(k)})) for k in range(1, count + 1)))
        values = [self.value(whole, {**at, n: upto})]
        for coefficient, shift_, p in parts:
            try:
                factor, shift = self.value(coefficient, at), self.value(shift_, at)
            except NotReal as error:  # poles that are apart in general meet at this point
                raise OutOfReach("a long sum with a double pole") from error
            skip = max(0, -(shift.numerator // shift.denominator))  # terms at i + shift <= 0 are added one by one
            values += [self.multiply(factor, self.power(shift + k, Fraction(-p))) for k in range(1, skip + 1)]
            first, beyond = self.hurwitz(p, shift + skip + 1), self.hurwitz(p, shift + count + 1)
            values.append(self.multiply(factor, self.add(first, self.multiply(Fraction(-1), beyond))))
        return self.add(*values)


def _exact_root(base: Value, exponent: Value) -> Fraction | None:
    """A rational power of a rational number where it is rational and small."""
    if not (isinstance(base, Fraction) and isinstance(exponent, Fraction)):
        return None
    if max(base.numerator.bit_length(), base.denominator.bit_length()) * abs(exponent) > _MOST_BITS:
        return None
    roots = [sp.integer_nthroot(number, exponent.denominator) for number in (base.numerator, base.denominator)]
    if not all(exact for _, exact in roots):
        return None
    return Fraction(int(roots[0][0]), int(roots[1][0])) ** exponent.numerator


@lru_cache(maxsize=1024)
def _partial_fractions(term: sp.Expr) -> tuple[sp.Expr, list[tuple[sp.Expr, sp.Expr, int]] | None]:
    """The sum of the polynomial part as an expression in n, and the c/(i + b)^p of the rest as (c, b, p)."""
    whole: sp.Expr = sp.S.Zero
    parts: list[tuple[sp.Expr, sp.Expr, int]] = []
    for addend in sp.Add.make_args(as_expression(sp.apart(sp.together(term), i))):
        constant, varying = addend.as_independent(i, as_Add=False)
        if varying.is_polynomial(i):
            whole += constant * sp.summation(varying, (i, 1, n))
            continue
        base, exponent = varying.as_base_exp()
        linear = polynomial(base, i)
        if not exponent.is_Integer or linear is None or linear.degree() != 1:
            return sp.S.Zero, None
        slope, rest = linear.all_coeffs()
        parts.append((constant * slope**exponent, as_expression(sp.cancel(rest / slope)), -int(exponent)))
    return as_expression(sp.expand(whole)), parts


_OPERATIONS: dict[type[sp.Expr], Callable[..., Value]] = {
    sp.Add: Enclosure.add,
    sp.Mul: Enclosure.multiply,
    sp.Pow: Enclosure.power,
    sp.log: Enclosure.log,
    sp.harmonic: Enclosure.harmonic,
    sp.zeta: Enclosure.zeta,
    sp.polygamma: Enclosure.polygamma,
}
