"""Lemmas about the roots and exponents in which a part stands that is to be estimated."""

from collections.abc import Sequence

import sympy as sp

from ..sympy_types import operands, parts, rational
from .canonical import order
from .lemmas import Lemma, LogBound
from .powers import Inside, InsideRoot, base_and_exponent
from .region import Region
from .series import HarmonicRises
from .sides import Sample, corner_of, sides_of


def inside(lemmas: Sequence[Lemma], part: sp.Expr, goal: sp.Expr, region: Region, sample: Sample) -> Sequence[Lemma]:
    """The lemmas about a part, or, where it stands in a root or an exponent of the goal, lemmas about these.

    Nothing can be said of a root or exponent in which there is the variable of an estimate.
    """
    chain = _around(part, goal)
    if not chain:
        return lemmas
    least = _least(part, region)
    rooted = isinstance(part, sp.harmonic) and base_and_exponent(chain[0])[1].is_Rational
    if rooted and least is not None and True in sides_of(goal, part, sample):
        lemmas = [least, *lemmas]
    return [each for lemma in lemmas if (each := _wrapped(lemma, least, chain, region)) is not None]


def _around(part: sp.Expr, goal: sp.Expr) -> list[sp.Expr]:
    """A root or exponent of the goal in which the part stands, and those in which that stands, the innermost first."""
    chain = [part]
    for power in sorted((*parts(goal, sp.Pow), *parts(goal, sp.exp)), key=_length):
        base, exponent = base_and_exponent(power)
        within = base if exponent.is_Rational else exponent
        if not exponent.is_Integer and power != chain[-1] and within.has(chain[-1]):
            chain.append(power)
    return chain[1:]


def _length(expression: sp.Expr) -> int:
    return sum(1 for _ in sp.preorder_traversal(expression))


def _wrapped(lemma: Lemma, least: Lemma | None, chain: Sequence[sp.Expr], region: Region) -> Lemma | None:
    """The lemma inside of the powers, the innermost first; `least` is an estimate of the same part from below."""
    below = lemma.estimate(region).below
    if below is None:  # without a variable
        return lemma
    for power in chain:
        if not base_and_exponent(power)[1].is_Rational:
            lemma, least = Inside(power, lemma), None if least is None else Inside(power, least)
        elif below or least is not None:
            lemma = InsideRoot(power, lemma, None if below else least)
            least = None if least is None else InsideRoot(power, least)
        else:
            return None
    return lemma


def _least(part: sp.Expr, region: Region) -> Lemma | None:
    """A number that the part is at least, where that is plain."""
    if not isinstance(part, (sp.log, sp.harmonic)):
        return None
    x = operands(part)[0]
    corner = corner_of(x, region)
    if isinstance(part, sp.log):
        return LogBound(x, rational(corner), 1, True) if corner > 0 else None
    p = order(part)
    return HarmonicRises(x, rational(max(corner // 1, 0)), p, True) if isinstance(p, sp.Rational) else None
