"""Expressions as functions in ball arithmetic: what the second opinion on a proof evaluates.

The balls are Arb's (python-flint): every operation encloses the exact result. Nothing here is shared with `enclosure`,
whose intervals the search and the checker of proofs use; a fault in one is none in the other.
"""

from collections.abc import Callable, Iterator, Mapping, Sequence

import flint
import sympy as sp
from flint import arb, fmpq

from ..sympy_types import as_expression, summand
from .ball_sums import NoValue, RationalProduct, RationalSum, unknown

#: A rational number, or a ball that holds the value; one that is not finite says that nothing is known.
Ball = fmpq | arb
Values = Mapping[sp.Symbol, fmpq]
Function = Callable[[Values], Ball]

#: Powers of rational numbers are kept exact up to this many bits.
_MOST_BITS = 20_000
#: Up to here without counting them.
_SMALL_EXPONENT = 2
#: Sums are added up term by term to here; longer ones with rational terms come from digamma and zeta functions.
_FEW_TERMS = 16
#: Longer ones whose terms are not rational are added up term by term to here.
_MOST_TERMS = 300
#: Harmonic numbers up to here are exact.
_SMALL_HARMONIC = 64
#: Zeta and polygamma functions are worked out up to this order.
_LARGEST_ORDER = 1_000


def compiled(expression: sp.Expr) -> Function:
    """The expression as a function of the values of its symbols, at the precision that is set when it is called.

    The function raises `NoValue` where the expression has no real value.
    """
    if isinstance(expression, sp.Rational):
        number = fmpq(int(expression.p), int(expression.q))
        return lambda values: number
    if isinstance(expression, sp.Symbol):
        return lambda values: values[expression]
    if isinstance(expression, sp.Sum):
        return _remembered(expression, _sum(expression))
    if isinstance(expression, sp.Product):
        return _remembered(expression, _product(expression))
    arguments = [compiled(argument) for argument in expression.args if isinstance(argument, sp.Expr)]
    if isinstance(expression, sp.Add):
        return lambda values: _added([argument(values) for argument in arguments])
    if isinstance(expression, sp.Mul):
        return lambda values: _multiplied([argument(values) for argument in arguments])
    if isinstance(expression, sp.Pow) and isinstance(expression.exp, sp.Integer):
        base, exponent = arguments[0], int(expression.exp)
        return lambda values: _whole_power(base(values), exponent)
    operation = _OPERATIONS.get(expression.func)
    if operation is None:
        return lambda values: unknown()
    return _remembered(expression, lambda values: operation(*(argument(values) for argument in arguments)))


def _remembered(expression: sp.Expr, function: Function) -> Function:
    """The function with a memory: at many points only some of the symbols change."""
    symbols = sorted((symbol for symbol in expression.free_symbols if isinstance(symbol, sp.Symbol)), key=str)
    known: dict[tuple[int, ...], tuple[list[fmpq], Ball]] = {}

    def call(values: Values) -> Ball:
        # By identity, since a hash costs more than most functions. The numbers are kept, and so are their identities.
        numbers = [values[symbol] for symbol in symbols]
        key = (flint.ctx.prec, *map(id, numbers))
        if key not in known:
            known[key] = numbers, function(values)
        return known[key][1]

    return call


def _added(values: Sequence[Ball]) -> Ball:
    result = values[0]
    for value in values[1:]:
        result = result + value
    return result


def _multiplied(values: Sequence[Ball]) -> Ball:
    result = values[0]
    for value in values[1:]:
        result = result * value
    return result


def _whole_power(base: Ball, exponent: int) -> Ball:
    if exponent < 0 and base == 0:
        raise NoValue("a division by zero")
    if isinstance(base, arb) or abs(exponent) <= _SMALL_EXPONENT:
        return base**exponent
    if max(int(base.p).bit_length(), int(base.q).bit_length()) * abs(exponent) <= _MOST_BITS:
        return base**exponent
    sign = -1 if base < 0 and exponent % 2 else 1
    return sign * arb(abs(base)) ** exponent


def _power(base: Ball, exponent: Ball) -> Ball:
    if isinstance(exponent, fmpq) and exponent.q == 1:
        return _whole_power(base, int(exponent.p))
    if base < 0:
        raise NoValue("a root or power of a negative number")
    if base == 0:
        if exponent > 0:
            return fmpq(0)
        raise NoValue("a division by zero")
    if isinstance(exponent, fmpq) and exponent.q == 2:
        return arb(base).sqrt() ** int(exponent.p)
    return arb(base) ** arb(exponent)


def _log(x: Ball) -> Ball:
    if x <= 0:
        raise NoValue("a logarithm of what is not positive")
    return fmpq(0) if isinstance(x, fmpq) and x == 1 else arb(x).log()


def _exp(x: Ball) -> Ball:
    return arb(x).exp()


def _harmonic(x: Ball, p: Ball = fmpq(1)) -> Ball:  # noqa: B008 - an fmpq is immutable
    if isinstance(x, fmpq) and x.q == 1 and 0 <= x <= _SMALL_HARMONIC and isinstance(p, fmpq) and p.q == 1:
        return sum((_whole_power(fmpq(k), -int(p.p)) for k in range(1, int(x.p) + 1)), fmpq(0))
    if isinstance(p, fmpq) and p == 1:
        return _digamma(x + 1) + arb.const_euler()
    return _zeta(p) - _zeta(p, x + 1)


def _digamma(x: Ball) -> Ball:
    if isinstance(x, fmpq) and x <= 0 and x.q == 1:
        raise NoValue("a digamma function at a pole")
    return arb(x).digamma()


def _zeta(p: Ball, x: Ball = fmpq(1)) -> Ball:  # noqa: B008 - an fmpq is immutable
    if p == 1:
        raise NoValue("a zeta function at its pole")
    return arb(p).zeta(arb(x)) if x > 0 and p <= _LARGEST_ORDER else unknown()


def _polygamma(m: Ball, x: Ball) -> Ball:
    if m == 0:
        return _digamma(x)
    if not (isinstance(m, fmpq) and m.q == 1 and m > 0):
        return unknown()
    sign = 1 if m.p % 2 else -1
    return sign * arb(m + 1).gamma() * _zeta(m + 1, x)


_OPERATIONS: dict[type[sp.Basic], Callable[..., Ball]] = {
    sp.Pow: _power,
    sp.log: _log,
    sp.exp: _exp,
    sp.harmonic: _harmonic,
    sp.zeta: _zeta,
    sp.polygamma: _polygamma,
    type(sp.pi): arb.pi,
    type(sp.E): arb.const_e,
    type(sp.EulerGamma): arb.const_euler,
}


def _sum(total: sp.Sum) -> Function:
    ((index, first, last),) = total.limits
    first_at, last_at = compiled(first), compiled(last)
    # A factor without the index may be irrational; what is left is a rational function as a rule.
    outside, inside = summand(total).as_independent(index, as_Add=False)
    factor_at, term_at = compiled(outside), compiled(inside)
    long_sum = RationalSum(inside, index)

    def call(values: Values) -> Ball:
        match first_at(values), last_at(values):
            case fmpq(p=start, q=1), fmpq(p=end, q=1):
                first, last = int(start), int(end)
            case _:
                return unknown()
        if last - first < _FEW_TERMS:
            return factor_at(values) * _added([fmpq(0), *_terms(term_at, index, first, last, values)])
        if long_sum.is_rational:
            return factor_at(values) * long_sum(first, last, values)
        if last - first < _MOST_TERMS:
            return factor_at(values) * _added([arb(0), *_terms(term_at, index, first, last, values)])
        return unknown()

    return call


def _product(product: sp.Product) -> Function:
    ((index, first, last),) = product.limits
    first_at, last_at, factor_at = compiled(first), compiled(last), compiled(as_expression(product.function))
    long_product = RationalProduct(as_expression(product.function), index)

    def call(values: Values) -> Ball:
        match first_at(values), last_at(values):
            case fmpq(p=start, q=1), fmpq(p=end, q=1):
                first, last = int(start), int(end)
            case _:
                return unknown()
        if last - first >= _MOST_TERMS:
            return long_product(first, last, values) if long_product.is_rational else unknown()
        one = fmpq(1) if last - first < _FEW_TERMS else arb(1)
        return _multiplied([one, *_terms(factor_at, index, first, last, values)])

    return call


def _terms(term_at: Function, index: sp.Symbol, first: int, last: int, values: Values) -> Iterator[Ball]:
    at = {**values}
    for k in range(first, last + 1):
        at[index] = fmpq(k)
        yield term_at(at)
