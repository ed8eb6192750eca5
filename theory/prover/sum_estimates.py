"""Which lemmas may remove a sum over i = 1..n, or its tail over i > n, the hopeful first."""

from functools import lru_cache

import sympy as sp

from ..symbols import i, n
from ..sympy_types import as_expression, at, polynomial, summand, symbols
from .enclosure import Enclosure, sign
from .lemmas import Lemma, TailBound, Telescoping, Termwise
from .series import SeriesTail, partial_fractions
from .sides import Sample, sides_of


def _expansion(term: sp.Expr) -> tuple[int, sp.Expr, sp.Expr] | None:
    """(p, c, c') with 1/term = c i^p + c' i^(p - 1) + …"""
    numerator, denominator = (polynomial(part, i) for part in sp.fraction(sp.together(term)))
    if numerator is None or denominator is None or numerator.is_zero:
        return None
    p = int(denominator.degree()) - int(numerator.degree())
    lead = as_expression(sp.cancel(denominator.LC() / numerator.LC()))
    next_terms = (
        part.coeff_monomial(i ** (part.degree() - 1)) if part.degree() > 0 else 0 for part in (denominator, numerator)
    )
    below_denominator, below_numerator = next_terms
    return p, lead, as_expression(sp.cancel((below_denominator - lead * below_numerator) / numerator.LC()))


@lru_cache(maxsize=256)
def _tails(term: sp.Expr, *, below: bool) -> tuple[sp.Expr, ...]:
    """Estimates of sum_{i > n} term for a positive term, the sharp first: the midpoint rule, or Euler-Maclaurin."""
    expansion = _expansion(term)
    if expansion is None or expansion[0] < 2:
        return (sp.S.Zero,) if below else ()
    p, c, following = expansion
    shift = following / (p * c)

    def midpoint(offset: sp.Expr) -> sp.Expr:
        return 1 / ((p - 1) * c * sp.cancel(n + offset + shift) ** (p - 1))

    if sp.cancel(term * i**p * c) == 1:
        expanded = 1 / ((p - 1) * n ** (p - 1)) - 1 / (2 * n**p)
        third = sp.Rational(p, 12) / n ** (p + 1)
        fourth = sp.Rational(p * (p + 1) * (p + 2), 720) / n ** (p + 3)
        if below:
            return (expanded + third - fourth) / c, expanded / c, sp.S.Zero
        return (expanded + third) / c, midpoint(sp.Rational(1, 2))
    if below:
        return midpoint(sp.Rational(1, 2) + 1 / (4 * n)), midpoint(sp.S.One), sp.S.Zero
    return midpoint(sp.Rational(1, 2)), midpoint(sp.S.Zero)


def tail_options(goal: sp.Expr, total: sp.Sum, sample: Sample) -> list[Lemma]:
    """Estimates of a tail that the goal holds."""
    term = summand(total)
    positive = sign(Enclosure(80).value(term, sample)) != -1
    lemmas: list[Lemma] = []
    for below in sides_of(goal, total, sample):
        # A negative term's tail is bounded through the tail of its opposite.
        values = _tails(term, below=below) if positive else tuple(-value for value in _tails(-term, below=not below))
        lemmas += [TailBound(term, as_expression(sp.factor(value)), below) for value in values]
    return lemmas


@lru_cache(maxsize=256)
def sum_options(term: sp.Expr) -> tuple[Lemma, ...]:
    """Estimates from below of the sum over i = 1..n of `term`."""
    lemmas: list[Lemma] = []
    if _has_a_known_series(term):
        lemmas.append(SeriesTail(term))
    lemmas.append(Termwise(term, sp.S.Zero))
    expansion = _expansion(term)
    if expansion is None or expansion[0] < 1:
        return tuple(lemmas)
    p, c, _ = expansion
    first = at(term, i, 1)
    others = [1 / (c * i**p) + (first - 1 / c) / i ** (p + 1), first / i**p, 1 / (c * i**p)]
    lemmas += [Termwise(term, as_expression(sp.factor(other))) for other in others]
    lemmas.append(Termwise(term, as_expression(sp.factor(at(term, i, 2) * 2**p / i**p)), first=2))
    if p >= 2:  # from below: minus the tail of the opposite, from above
        lemmas += [
            Telescoping(term, value) for value in (*_tails(-term, below=False), -1 / ((p - 1) * c * n ** (p - 1)))
        ]
    else:  # each term against the one before of the harmonic numbers
        lemmas.append(Telescoping(term, (sp.harmonic(n) - 1 / n) / c))
    return tuple(lemmas)


def _has_a_known_series(term: sp.Expr) -> bool:
    """Whether the series converges, with a value in half-integers that SymPy writes by logarithms."""
    if not term.is_rational_function(i) or symbols(term) != {i}:
        return False
    found = partial_fractions(term)
    simple = sp.Add(*(c for c, _, p in found if p == 1))
    return bool(found) and simple == 0 and all(2 * a == int(2 * a) and a > -1 for _, a, _ in found)
