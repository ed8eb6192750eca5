"""Terms of sums over i = 1..n as they are evaluated: where they divide by zero, how small, their partial fractions."""

from collections.abc import Sequence
from fractions import Fraction
from functools import lru_cache

import sympy as sp

from ..symbols import i, n
from ..sympy_types import as_expression, parts, polynomial, rational


def whole_roots(coefficients: Sequence[Fraction]) -> list[int]:
    """Where a polynomial is zero, among whole numbers; the coefficient of the highest power is the first.

    Of the zero polynomial only 1 is named.
    """
    while coefficients and coefficients[0] == 0:
        coefficients = coefficients[1:]
    match coefficients:
        case []:
            return [1]
        case [_]:
            return []
        case [slope, constant]:
            root = -constant / slope
            return [int(root)] if root.denominator == 1 else []
    roots = sp.Poly(list(map(rational, coefficients)), i).ground_roots()
    return [int(root) for root in roots if root.is_Integer]


@lru_cache(maxsize=1024)
def divisors(term: sp.Expr) -> tuple[tuple[sp.Expr, ...], ...]:
    """What a summand divides by, as it stands: the coefficients of each polynomial in i, the highest power's first."""
    powers = [power for power in parts(term, sp.Pow) if power.exp.could_extract_minus_sign() and power.base.has(i)]
    forms = [polynomial(as_expression(sp.fraction(sp.together(power.base))[0]), i) for power in powers]
    polynomials = [form for form in forms if form is not None and form.gens == (i,)]
    return tuple(tuple(map(as_expression, form.all_coeffs())) for form in polynomials)


@lru_cache(maxsize=1024)
def partial_fractions(term: sp.Expr) -> tuple[sp.Expr, list[tuple[sp.Expr, sp.Expr, int]] | None]:
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
        if linear is None or linear.degree() != 1:
            return sp.S.Zero, None
        slope, rest = linear.all_coeffs()
        parts.append((constant * slope**exponent, as_expression(sp.cancel(rest / slope)), -int(exponent)))
    return as_expression(sp.expand(whole)), parts


def is_small_beyond(term: sp.Expr, first: int) -> bool:
    """Whether a rational function of i with rational numbers has one sign and is at most 1/2 at all i > first.

    By the coefficients of polynomials around first + 1, which are all >= 0: never said where it is not so.
    """
    above, below = (polynomial(as_expression(part), i) for part in sp.fraction(sp.cancel(term)))
    if above is None or below is None or not all(c.is_Rational for c in (*above.all_coeffs(), *below.all_coeffs())):
        return False
    above, below = (form * int(sp.sign(form.LC())) for form in (above, below))
    return all(_is_positive_from(form, first + 1) for form in (below, below - 2 * above)) and (
        above.is_zero or _is_positive_from(above, first + 1)
    )


def _is_positive_from(form: sp.Poly, start: int) -> bool:
    """Whether a polynomial in i is > 0 at all i >= start, as the signs of its coefficients around there tell."""
    *coefficients, at_start = form.compose(sp.Poly(i + start, i)).all_coeffs()
    return bool(at_start > 0 and all(c >= 0 for c in coefficients))
