"""Values at one concrete point, with certainty: exact fractions where they are rational, intervals elsewhere.

Interval arithmetic is mpmath's, rounded outwards. Harmonic numbers, zeta and polygamma functions come from the
Euler-Maclaurin expansion of sum_{k >= 0} (x + k)^-p, whose error is at most the first term left out, with its sign
(DLMF 5.11.2 and 25.11.43; the summand is completely monotone).
"""

import math
import operator
from collections.abc import Callable, Mapping
from fractions import Fraction
from functools import partial, reduce
from operator import itemgetter
from typing import Any

import mpmath
import sympy as sp
from mpmath.ctx_iv import MPIntervalContext

from ..symbols import i, n
from ..sympy_types import as_expression, fraction, operands, rational, substituted, summand, symbols
from .deadline import checkpoint
from .summands import divisors, is_small_beyond, partial_fractions, whole_roots

Value = Any  # a Fraction (exact) or an interval of mpmath's
Evaluation = Callable[[Mapping[sp.Symbol, Fraction]], Value]
#: Powers are kept exact up to this many bits, and sums up to this many terms.
_MOST_BITS = 20_000
_MOST_TERMS = 200
#: Sums whose terms have no partial fractions over the rationals are added up term by term to here.
_LONGEST_SUM = 5_000
#: So many factors of a longer product are multiplied one by one.
_HEAD = 1_000
#: The exponential of x needs as many bits as x has before the point.
_LARGEST_EXPONENT_BITS = 4_096
_MOST_EXPANSION_TERMS = 60
#: Harmonic numbers, zeta and polygamma functions are enclosed up to this order.
_LARGEST_ORDER = 1_000
#: Values of one part of an expression that are kept at a time.
_MOST_REMEMBERED = 4_096
#: How many sums are kept with all their partial sums.
_MOST_SUMS = 64


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
        self._hurwitz_known: dict[tuple[Value, Value], Value] = {}
        self._known: dict[sp.Expr, Evaluation] = {}
        self._partial_sums: dict[tuple[sp.Expr, tuple[Fraction, ...]], list[Value]] = {}

    def value(self, expression: sp.Expr, at: Mapping[sp.Symbol, Fraction]) -> Value:
        """A Fraction, or an interval that holds the value.

        Raises:
            NotReal: the expression has no real value there.
            OutOfReach: its value cannot be enclosed.
        """
        return self._evaluation(expression)(at)

    def _evaluation(self, expression: sp.Expr) -> Evaluation:
        """How the expression is evaluated; its tree is walked once, and not at every point."""
        found = self._known.get(expression)
        if found is None:
            found = self._known[expression] = self._walked(expression)
        return found

    def _walked(self, expression: sp.Expr) -> Evaluation:
        match expression:
            case sp.Rational():
                number = fraction(expression)
                return lambda _: number
            case sp.Symbol():
                return itemgetter(expression)
            case sp.Sum():
                return _remembering(expression, self._walked_sum(expression))
            case sp.Product():
                return _remembering(expression, self._walked_product(expression))
        arguments = [self._evaluation(argument) for argument in operands(expression)]
        operation = partial(_operation(expression), self)

        def applied(at: Mapping[sp.Symbol, Fraction]) -> Value:
            return operation(*[argument(at) for argument in arguments])

        # Sums and products of a few numbers cost less than to look them up.
        plain = isinstance(expression, (sp.Add, sp.Mul)) or isinstance(expression, sp.Pow) and expression.exp.is_Integer
        return applied if plain and expression.free_symbols else _remembering(expression, applied)

    def _walked_sum(self, total: sp.Sum) -> Evaluation:
        ((_, first, last),) = total.limits
        term, upto = summand(total), self._evaluation(as_expression(last))

        def added(at: Mapping[sp.Symbol, Fraction]) -> Value:
            if first != 1:
                raise OutOfReach("a sum that does not begin at 1")
            return self._sum(term, upto(at), at)

        return added

    def _walked_product(self, product: sp.Product) -> Evaluation:
        ((index, first, last),) = product.limits
        factor, upto = self._evaluation(as_expression(product.function)), self._evaluation(as_expression(last))

        def multiplied(at: Mapping[sp.Symbol, Fraction]) -> Value:
            count = upto(at)
            if first != 1 or not (isinstance(count, Fraction) and count.denominator == 1 and count >= 0):
                raise OutOfReach("a product that does not begin at 1, or ends at what is no whole number")
            head = int(count) if count <= _LONGEST_SUM else _HEAD
            rest = [self._long_product(as_expression(product.function), head, count, at)] if count > head else []
            checkpoint(head)
            values = [factor({**at, index: Fraction(k)}) for k in range(1, head + 1)]
            few = count <= _MOST_TERMS
            return self.multiply(Fraction(1), *(values if few else map(self.interval, values)), *rest)

        return multiplied

    def _constant(self, which: str) -> Value:
        return +getattr(self.context, which)

    def interval(self, value: Value) -> Any:
        """The value as an interval."""
        if isinstance(value, Fraction):
            return self.context.mpf(value.numerator) / self.context.mpf(value.denominator)
        return value

    def add(self, *values: Value) -> Value:
        """The sum."""
        return reduce(operator.add, self._alike(values))

    def multiply(self, *values: Value) -> Value:
        """The product."""
        return reduce(operator.mul, self._alike(values))

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
        return self.exp(self.multiply(exponent, self.log(base))) if root is None else root

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
            return self.multiply(flip, self.exp(self.multiply(Fraction(exponent), self.log(abs(base)))))
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

    def exp(self, x: Value) -> Value:
        """The exponential."""
        if isinstance(x, Fraction) and x == 0:
            return Fraction(1)
        x = self.interval(x)
        if not abs(x) < self.context.mpf(2) ** _LARGEST_EXPONENT_BITS:
            raise OutOfReach("an exponential of a huge number")
        return self.context.exp(x)

    def harmonic(self, x: Value, p: Value = Fraction(1)) -> Value:  # noqa: B008 - a Fraction is immutable
        """The generalised harmonic number H_x^(p) = sum_{k = 1}^x k^-p, continued to real x > -1."""
        if isinstance(x, Fraction) and x.denominator == 1 and 0 <= x <= _MOST_TERMS:
            opposite = self.multiply(Fraction(-1), p)
            return self.add(Fraction(0), *(self.power(Fraction(k), opposite) for k in range(1, int(x) + 1)))
        beyond = self.hurwitz(p, self.add(x, Fraction(1)))
        return self.add(self.hurwitz(p, Fraction(1)), self.multiply(Fraction(-1), beyond))

    def zeta(self, p: Value, x: Value = Fraction(1)) -> Value:  # noqa: B008 - a Fraction is immutable
        """Zeta of p > 0 but 1; with x, Hurwitz's."""
        if isinstance(p, Fraction) and p == 1:
            raise NotReal("zeta at its pole")
        return self.hurwitz(p, x)

    def polygamma(self, m: Value, x: Value) -> Value:
        """psi^(m)(x) for x > 0 and a whole number m >= 0."""
        if not (isinstance(m, Fraction) and m.denominator == 1 and 0 <= m <= _LARGEST_ORDER):
            raise OutOfReach(f"a polygamma function of an order that is no whole number from 0 to {_LARGEST_ORDER}")
        order = int(m)
        factor = Fraction((-1) ** (order + 1) * math.factorial(order))
        return self.multiply(factor, self.hurwitz(m + 1, x))

    def hurwitz(self, p: Value, x: Value) -> Value:
        """sum_{k >= 0} (x + k)^-p, continued to p > 0, and -psi(x) for p = 1."""
        if isinstance(x, Fraction) and x.denominator == 1 and x <= 0:
            raise NotReal("a polygamma function at a pole")
        if sign(x) != 1:
            raise OutOfReach("a polygamma function at what may not be positive")
        if sign(p) != 1 or not p <= _LARGEST_ORDER:
            raise OutOfReach(f"a harmonic number, zeta or polygamma function of an order outside 0..{_LARGEST_ORDER}")
        if (p, x) not in self._hurwitz_known:
            self._hurwitz_known[p, x] = self._hurwitz(p, self.interval(x))
        return self._hurwitz_known[p, x]

    def _hurwitz(self, order: Value, x: Any) -> Any:
        mpf, result = self.context.mpf, self.context.mpf(0)
        exact = isinstance(order, Fraction) and order.denominator == 1
        # A whole order stays one: what it is multiplied to is exact, and its powers are products.
        p: Any = int(order) if exact else self.interval(order)
        if not exact and sign(p - 1) is None:
            raise OutOfReach("a zeta function at what may be its pole")

        def power(exponent: Any) -> Any:
            return x**exponent if exact else self.context.exp(exponent * self.context.log(x))

        # The expansion gains about six bits per unit of its argument, and needs more than that for a large order.
        start = self.context.prec // 6 + 5 + (max(0, p - 20) if exact else 0)
        while x < start:
            result += power(-p)
            x += 1
        term = mpf(0)
        result += (-self.context.log(x) if exact and p == 1 else power(1 - p) / (p - 1)) + power(-p) / 2
        rising: Any = Fraction(1) if exact else mpf(1)
        for j in range(1, _MOST_EXPANSION_TERMS):
            # B_2j p (p + 1) … (p + 2j - 2) / (2j)! x^(1 - p - 2j)
            for factor in range(max(0, 2 * j - 3), 2 * j - 1):
                rising = rising * (p + factor)
            bernoulli = Fraction(*map(int, mpmath.bernfrac(2 * j))) / math.factorial(2 * j)
            term = self.multiply(bernoulli, rising)
            term = self.interval(term) * power(1 - p - 2 * j)
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
            return self._short_sum(term, count, at)
        self._refuse_poles(term, count, at)
        whole, parts = partial_fractions(term)
        if parts is None:
            if count > _LONGEST_SUM:
                raise OutOfReach("a long sum without partial fractions")
            checkpoint(count * len(term.args))
            return self.add(*(self.interval(self.value(term, {**at, i: Fraction(k)})) for k in range(1, count + 1)))
        values = [self.value(whole, {**at, n: upto})]
        for coefficient, shift_, p in parts:
            try:
                factor, shift = self.value(coefficient, at), self.value(shift_, at)
            except NotReal as error:  # poles that are apart in general meet at this point
                raise OutOfReach("a long sum with a double pole") from error
            if not isinstance(shift, Fraction):
                raise OutOfReach("a long sum with a pole that is not rational")
            # Terms at i + shift <= 0 are added one by one.
            skip = min(max(0, -(shift.numerator // shift.denominator)), count)
            if skip > _LONGEST_SUM:
                raise OutOfReach("a long sum with a pole far out")
            checkpoint(skip)
            values += [self.multiply(factor, self.power(shift + k, Fraction(-p))) for k in range(1, skip + 1)]
            if skip == count:
                continue
            first, beyond = (self.hurwitz(Fraction(p), shift + k + 1) for k in (skip, count))
            values.append(self.multiply(factor, self.add(first, self.multiply(Fraction(-1), beyond))))
        return self.add(*values)

    def _long_product(self, factor: sp.Expr, first: int, last: Fraction, at: Mapping[sp.Symbol, Fraction]) -> Value:
        """The product of `factor`, a rational function of i that is near 1, over i = first + 1..last.

        With x = factor - 1 of one sign and |x| <= 1/2 it is exp(sum x - x^2/2 + rest), where |rest| <= 2/3 sum |x|^3.
        """
        from_one = as_expression(sp.cancel(substituted(factor, {x: rational(v) for x, v in at.items() if x != i}) - 1))
        if not is_small_beyond(from_one, first):
            raise OutOfReach("a long product of factors that are not near 1")

        def total(power: int) -> Any:
            term = as_expression(from_one**power)
            before = self.multiply(Fraction(-1), self._sum(term, Fraction(first), {}))
            return self.interval(self.add(self._sum(term, last, {}), before))

        return self.exp(total(1) - total(2) / 2 + total(3) * self.context.mpf([-2, 2]) / 3)

    def _short_sum(self, term: sp.Expr, count: int, at: Mapping[sp.Symbol, Fraction]) -> Value:
        """Term by term, from the longest sum with the same numbers that was added up before."""
        letters = sorted(symbols(term) - {i}, key=sp.default_sort_key)
        key = term, tuple([at[letter] for letter in letters])
        if len(self._partial_sums) >= _MOST_SUMS:
            self._partial_sums.clear()
        sums = self._partial_sums.setdefault(key, [Fraction(0)])
        while len(sums) <= count:
            sums.append(self.add(sums[-1], self.value(term, {**at, i: Fraction(len(sums))})))
        return sums[count]

    def _refuse_poles(self, term: sp.Expr, upto: int, at: Mapping[sp.Symbol, Fraction]) -> None:
        """A pole that cancels in partial fractions is one all the same."""
        for root in self.poles(term, at):
            if root <= upto:
                raise NotReal(f"a term with a division by zero at i = {root}")

    def poles(self, term: sp.Expr, at: Mapping[sp.Symbol, Fraction]) -> list[int]:
        """The whole numbers i >= 1 at which a summand divides by zero, where its divisors are polynomials in i."""
        found: set[int] = set()
        for coefficients in divisors(term):
            values = [self.value(c, at) for c in coefficients]
            if all(isinstance(value, Fraction) for value in values):
                found |= set(whole_roots(values))
        return sorted(root for root in found if root >= 1)


def _remembering(expression: sp.Expr, evaluation: Evaluation) -> Evaluation:
    """The evaluation with the values that it had lately; at neighbouring points most symbols have the same numbers."""
    letters = sorted(symbols(expression), key=sp.default_sort_key)
    known: dict[tuple[Fraction, ...], Value] = {}

    def remembered(at: Mapping[sp.Symbol, Fraction]) -> Value:
        point = tuple([at[letter] for letter in letters])
        if point not in known:
            if len(known) >= _MOST_REMEMBERED:
                known.clear()
            known[point] = evaluation(at)
        return known[point]

    return remembered


def _operation(expression: sp.Expr) -> Callable[..., Value]:
    """What is done with the values of the arguments."""
    for constant, name in _CONSTANTS.items():
        if expression == constant:
            return partial(Enclosure._constant, which=name)
    known = _OPERATIONS.get(expression.func)
    if known is not None:
        return known

    def unknown(*_: Value) -> Value:
        raise OutOfReach(f"no enclosure of {expression.func} is known")

    return unknown


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


_CONSTANTS: dict[sp.Expr, str] = {sp.pi: "pi", sp.E: "e", sp.EulerGamma: "euler"}
_OPERATIONS: dict[type[sp.Expr], Callable[..., Value]] = {
    sp.Add: Enclosure.add,
    sp.Mul: Enclosure.multiply,
    sp.Pow: Enclosure.power,
    sp.exp: Enclosure.exp,
    sp.log: Enclosure.log,
    sp.harmonic: Enclosure.harmonic,
    sp.zeta: Enclosure.zeta,
    sp.polygamma: Enclosure.polygamma,
}
