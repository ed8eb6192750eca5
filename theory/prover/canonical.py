"""One form for sums, harmonic numbers and polygamma functions of n, so that what is equal cancels.

Every step is an identity: the recurrences psi(z + 1) = psi(z) + 1/z and H_n = H_{n-1} + 1/n, the series
psi(z) = -gamma + sum_{i >= 1} (1/i - 1/(i - 1 + z)) (DLMF 5.7.6, 5.15.1), and linearity of sums.
"""

from functools import lru_cache

import sympy as sp

from ..symbols import i, n
from ..sympy_types import (
    as_expression,
    at,
    operands,
    parts,
    polynomial,
    replaced,
    slope,
    sum_of,
    summand,
    symbols,
)
from .unsound import Unsound

#: Harmonic numbers at n + c are taken back to n for |c| up to this.
_LARGEST_SHIFT = 50


def difference(law: sp.Expr, bound: sp.Expr, unit: sp.Expr) -> sp.Expr:
    """(bound - law)/unit in canonical form; where the unit is positive, the sign is the same."""
    # Denominators stay whole: behind symbols they are not multiplied out with each other. So do products, which else
    # would be written in two ways.
    kept = {p: sp.Dummy() for p in bound.atoms(sp.Pow, sp.Product) if isinstance(p, sp.Product) or p.exp.is_negative}
    numerators = sp.Add.make_args(as_expression(sp.expand_mul(replaced(bound, kept))))
    addends = [replaced(addend, {symbol: p for p, symbol in kept.items()}) for addend in numerators]
    return canonical(sp.Add(*(_divided(addend, unit) for addend in [*addends, -law])))


def _divided(addend: sp.Expr, by: sp.Expr) -> sp.Expr:
    """The quotient, with what is rational in other symbols than n alone reduced."""
    scale, rest = [], []
    for factor in sp.Mul.make_args(addend):
        reducible = factor.free_symbols.isdisjoint({i, n}) and _is_rational(factor)
        (scale if reducible else rest).append(factor)
    return as_expression(sp.factor(sp.cancel(sp.Mul(*scale) / by)) * sp.Mul(*rest))


def _is_rational(expression: sp.Expr) -> bool:
    """Whether it is made of rational numbers and symbols; of e^(7/9) SymPy would take the ninth root as a variable."""
    if isinstance(expression, sp.Pow):
        return bool(expression.exp.is_Integer) and _is_rational(operands(expression)[0])
    return (
        expression.is_Rational
        or expression.is_Symbol
        or (isinstance(expression, (sp.Add, sp.Mul)) and all(map(_is_rational, operands(expression))))
    )


def partial_sum(term: sp.Expr) -> sp.Expr:
    """The sum of `term` over i = 1..n, unevaluated."""
    return sum_of(term, i, 1, n)


def partial_product(factor: sp.Expr) -> sp.Expr:
    """The product of `factor` over i = 1..n, unevaluated."""
    return as_expression(sp.Product(factor, (i, 1, n)))


def factor_of(product: sp.Product) -> sp.Expr:
    """What is multiplied."""
    return as_expression(product.function)


def tail(term: sp.Expr) -> sp.Expr:
    """The sum of `term` over i > n, unevaluated."""
    return sum_of(term, i, n + 1, sp.oo)


def is_tail(total: sp.Sum) -> bool:
    """Whether the sum has infinitely many terms."""
    return total.limits[0][2] is sp.oo


def sums_are_plain(expression: sp.Expr) -> bool:
    """Whether every sum runs over i = 1..n or i > n, every product over i = 1..n, and none has n or another in it."""
    plain = all(
        product.limits == ((i, 1, n),)
        and n not in symbols(factor_of(product))
        and not factor_of(product).has(sp.Sum, sp.Product)
        for product in parts(expression, sp.Product)
    )
    return plain and all(
        total.limits in (((i, 1, n),), ((i, n + 1, sp.oo),))
        and n not in symbols(summand(total))
        and not summand(total).has(sp.Sum, sp.Product)
        for total in parts(expression, sp.Sum)
    )


def step(expression: sp.Expr) -> sp.Expr:
    """expression(n + 1) - expression(n), in canonical form.

    Raises:
        Unsound: a sum has n in its term, so that the next n changes every term.
    """
    if not sums_are_plain(expression):
        raise Unsound(f"{expression} has a sum with n in its term.")
    sums = {total: sp.Dummy() for total in parts(expression, sp.Sum)}
    products = {product: sp.Dummy() for product in parts(expression, sp.Product)}
    shifted = at(replaced(expression, sums | products), n, n + 1)
    # The next n adds a term to a partial sum, takes one from a tail, and multiplies a product by a factor.
    following = {
        symbol: total + (-1 if is_tail(total) else 1) * at(summand(total), i, n + 1) for total, symbol in sums.items()
    }
    following |= {symbol: product * at(factor_of(product), i, n + 1) for product, symbol in products.items()}
    return canonical(replaced(shifted, following) - expression)


def before(expression: sp.Expr) -> sp.Expr:
    """expression(n - 1), with sums and products over i = 1..n still; where a factor is 0 it has no value.

    Raises:
        Unsound: a sum or product has n in it, or is another one.
    """
    if not sums_are_plain(expression):
        raise Unsound(f"{expression} has a sum or product with n in it.")
    totals, products = parts(expression, sp.Sum), parts(expression, sp.Product)
    stand_ins = {part: sp.Dummy() for part in (*totals, *products)}
    # A partial sum has had one term less, and a tail one more.
    earlier = {stand_ins[s]: s + at(summand(s), i, n) * (1 if is_tail(s) else -1) for s in totals}
    earlier |= {stand_ins[p]: p / at(factor_of(p), i, n) for p in products}
    return replaced(at(replaced(expression, stand_ins), n, n - 1), earlier)


def canonical(expression: sp.Expr) -> sp.Expr:
    """The expression with polygamma functions as sums, harmonic numbers at n, and sums merged where they are linear."""
    expression = as_expression(expression.replace(sp.polygamma, _polygamma).replace(sp.harmonic, _harmonic))
    found = sorted(expression.atoms(sp.Sum, sp.harmonic), key=sp.default_sort_key)
    found = [part for part in found if isinstance(part, sp.Sum) or part.args[0] == n]
    stand_ins = {part: sp.Dummy() for part in found}
    opaque = replaced(expression, stand_ins)
    slopes = {part: slope(opaque, stand_in) for part, stand_in in stand_ins.items()}
    merged = {part for part, factor in slopes.items() if factor.free_symbols.isdisjoint({n, *stand_ins.values()})}
    # What stands in a product with n or another sum, or in a function, is written by itself.
    apart = {stand_in: _alone(part) for part, stand_in in stand_ins.items() if part not in merged}
    rest = replaced(opaque, apart | {stand_ins[part]: sp.S.Zero for part in merged})
    finite, infinite = sp.S.Zero, sp.S.Zero
    for part in found:
        if part not in merged:
            continue
        if isinstance(part, sp.Sum) and is_tail(part):
            infinite += slopes[part] * summand(part)
        elif _term(part).is_rational_function(i):
            finite += slopes[part] * _term(part)
        else:
            rest += slopes[part] * part
    infinite = as_expression(sp.factor(infinite))
    return rest + _summed(finite) + (0 if infinite == 0 else tail(infinite))


def _alone(part: sp.Expr) -> sp.Expr:
    """A sum as harmonic numbers, where it is these alone."""
    plain = isinstance(part, sp.Sum) and not is_tail(part) and _term(part).is_rational_function(i)
    return _summed(_term(part)) if plain else part


def order(part: sp.Expr) -> sp.Expr:
    """The p of H_n^(p)."""
    return operands(part)[1] if len(part.args) > 1 else sp.S.One


def _term(part: sp.Basic) -> sp.Expr:
    """The term of a sum or harmonic number."""
    return summand(part) if isinstance(part, sp.Sum) else i ** -order(as_expression(part))


@lru_cache(maxsize=4096)
def _summed(term: sp.Expr) -> sp.Expr:
    """The sum of a rational function over i = 1..n: harmonic numbers and polynomials where that is all there is."""
    if term == 0:
        return sp.S.Zero
    term = as_expression(sp.factor(term))
    values = [_addend_summed(addend) for addend in (_split(term) if _splits(term) else sp.Add.make_args(term))]
    known = [value for value in values if value is not None]
    return sp.Add(*known) if len(known) == len(values) else partial_sum(term)


def _split(term: sp.Expr) -> list[sp.Expr]:
    """Partial fractions; over a power of i alone they are the numerator's terms."""
    above, below = (polynomial(part, i) for part in sp.fraction(sp.together(term)))
    if above is None or below is None or len(below.terms()) > 1:
        return list(sp.Add.make_args(as_expression(sp.apart(term, i))))
    lead, p = below.LC(), below.degree()
    return [sp.factor(c / lead) * i ** (power - p) for (power,), c in above.terms()]


def _splits(term: sp.Expr) -> bool:
    """Whether the poles in i are at whole numbers <= 0, so that partial fractions are harmonic numbers."""
    denominator = sp.fraction(sp.together(term))[1].as_poly(i)
    if denominator is None or len(denominator.terms()) == 1:
        return True
    roots = {} if denominator.free_symbols_in_domain else sp.roots(denominator)
    whole = all(root.is_Integer and -_LARGEST_SHIFT <= root <= 0 for root in roots)
    return whole and sum(roots.values()) == denominator.degree()


def _addend_summed(addend: sp.Expr) -> sp.Expr | None:
    coefficient, varying = addend.as_independent(i, as_Add=False)
    if varying.is_polynomial(i):
        return as_expression(coefficient * sp.expand(sp.summation(varying, (i, 1, n))))
    base, exponent = varying.as_base_exp()
    linear = polynomial(base, i)
    if not exponent.is_Integer or linear is None or linear.degree() != 1:
        return None
    slope, constant = linear.all_coeffs()
    shift, p = sp.cancel(constant / slope), -exponent
    if not (shift.is_Integer and shift >= 0):
        return None
    ahead = sum(((n + j) ** -p for j in range(1, shift + 1)), sp.harmonic(n, p) if p > 1 else sp.harmonic(n))
    return coefficient * slope**-p * (ahead - sp.harmonic(shift, p))


def _harmonic(x: sp.Expr, p: sp.Expr = sp.S.One) -> sp.Expr:
    shift = x - n
    if not (shift.is_Integer and 0 < abs(shift) <= _LARGEST_SHIFT):
        return sp.harmonic(x, p) if p != 1 else sp.harmonic(x)
    between = sum(((n + j) ** -p for j in range(min(shift, 0) + 1, max(shift, 0) + 1)), sp.S.Zero)
    return (sp.harmonic(n, p) if p != 1 else sp.harmonic(n)) + sp.sign(shift) * between


def _polygamma(m: sp.Expr, z: sp.Expr) -> sp.Expr:
    if not z.free_symbols:
        return sp.polygamma(m, z)
    sign, p = (-1) ** m, m + 1
    offset = as_expression(sp.expand(z - n))
    if offset.is_Integer or z.has(n) and offset.has(n):
        zeta = -sp.EulerGamma if m == 0 else -sign * sp.factorial(m) * sp.zeta(p)
        return zeta + sign * sp.factorial(m) * (_harmonic(z, p) - z**-p)
    if z.has(n):
        return _polygamma(m, offset) + partial_sum(sign * sp.factorial(m) / (i - 1 + offset) ** p)
    term = -sign * sp.factorial(m) / (i - 1 + z) ** p
    if m == 0:
        term += 1 / i
        return -sp.EulerGamma + partial_sum(term) + tail(term)
    return partial_sum(term) + tail(term)
