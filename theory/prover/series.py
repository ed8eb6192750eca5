"""Lemmas about series whose values are known: zeta and digamma functions, and harmonic numbers of any order."""

from collections.abc import Iterator
from dataclasses import dataclass

import sympy as sp

from ..symbols import i, n
from ..sympy_types import as_expression, at, polynomial
from .canonical import partial_sum, tail
from .conditions import Condition, nonnegative, numbers, positive, without
from .lemmas import Estimate, Lemma
from .region import Region


@dataclass(frozen=True)
class SeriesTail(Lemma):
    """sum_{i = 1}^n term(i) = sum_{i = 1}^oo term(i) - sum_{i > n} term(i), of terms c/(i + a)^p, numbers a > -1.

    The series is that of the c zeta(p, 1 + a), p >= 2, less that of the c psi(1 + a), p = 1, where these c add up to 0
    (DLMF 5.7.6, 25.11.1).
    """

    term: sp.Expr

    def conditions(self, region: Region) -> Iterator[Condition]:
        """Partial fractions of that form, which are the term, and simple poles that cancel far out."""
        yield from without(n, self.term)
        yield numbers(self.term.is_rational_function(i), lambda: f"a rational function of i; got {self.term}")
        found = partial_fractions(self.term)
        yield numbers(bool(found), lambda: f"partial fractions c/(i + a)^p of {self.term}")
        whole = sum((c / (i + a) ** p for c, a, p in found), sp.S.Zero)
        yield numbers(sp.cancel(self.term - whole) == 0, lambda: f"{self.term} to be {whole}")
        yield numbers(all(a > -1 and p >= 1 for _, a, p in found), lambda: f"no pole of {self.term} from i = 1 on")
        simple = sum((c for c, _, p in found if p == 1), sp.S.Zero)
        yield numbers(sp.cancel(simple) == 0, lambda: f"a series of {self.term} that converges")

    def estimate(self, region: Region) -> Estimate:
        """The sum, exactly."""
        found = partial_fractions(self.term)
        total = sum((-c * sp.polygamma(0, 1 + a) if p == 1 else c * sp.zeta(p, 1 + a) for c, a, p in found), sp.S.Zero)
        return Estimate(partial_sum(self.term), as_expression(sp.expand(total)) - tail(self.term), None)


def partial_fractions(term: sp.Expr) -> list[tuple[sp.Expr, sp.Expr, int]]:
    """The (c, a, p) of a sum of c/(i + a)^p with numbers a; none where it is no such sum."""
    found = []
    for addend in sp.Add.make_args(as_expression(sp.apart(sp.together(term), i))):
        c, varying = addend.as_independent(i, as_Add=False)
        base, exponent = varying.as_base_exp()
        line = polynomial(base, i)
        if line is None or line.degree() != 1 or not exponent.is_Integer or exponent > -1:
            return []
        slope, constant = line.all_coeffs()
        a = as_expression(sp.cancel(constant / slope))
        if not a.is_Rational:
            return []
        found.append((c * slope**exponent, a, -int(exponent)))
    return found


@dataclass(frozen=True)
class HarmonicPower(Lemma):
    """H_n^(p) against the integral of x^-p, for a rational p > 0 other than 1; x^-p falls.

    From below H_N^(p) + I(N + 1, n + 1), from above H_N^(p) + I(N, n), with N the least n of the region and I(a, b) the
    integral over a..b. With `endless`, for p > 1, from below zeta(p) - I(x, oo), from above zeta(p) - I(x + 1, oo), for
    H_x^(p) of any x > 0.
    """

    p: sp.Rational
    below: bool
    endless: bool = False
    x: sp.Expr = n

    def conditions(self, region: Region) -> Iterator[Condition]:
        """An order with such an integral, and x > 0."""
        yield from without(i, self.x)
        order = isinstance(self.p, sp.Rational) and self.p > (1 if self.endless else 0) and self.p != 1
        yield numbers(bool(order), "a rational order p > 0 other than 1, and above 1 for the whole series")
        yield numbers(self.endless or self.x == n, lambda: f"H_n^(p), or the whole series; got {self.x}")
        yield positive(self.x, region)

    def estimate(self, region: Region) -> Estimate:
        """The harmonic number."""
        integral, least = self.x ** (1 - self.p) / (1 - self.p), region.run.least
        ahead = (self.x + 1) ** (1 - self.p) / (1 - self.p)
        part = sp.harmonic(self.x, self.p)
        if self.endless:
            return Estimate(part, sp.zeta(self.p) + (integral if self.below else ahead), self.below)
        known = sum((sp.Integer(j) ** -self.p for j in range(1, least + 1)), sp.S.Zero)
        gain = ahead - at(ahead, n, least) if self.below else integral - at(integral, n, least)
        return Estimate(part, known + gain, self.below)


@dataclass(frozen=True)
class HarmonicRises(Lemma):
    """H_x^(p) >= H_y^(p) for x >= y >= 0 and a rational p > 0; <= for y >= x >= 0.

    H_x^(p) is the sum of k^-p - (k + x)^-p over k >= 1, which rise with x (DLMF 25.11.1, 5.7.6 for p = 1).
    """

    x: sp.Expr
    y: sp.Expr
    p: sp.Expr
    below: bool

    def conditions(self, region: Region) -> Iterator[Condition]:
        """An order > 0, and two numbers >= 0 in the order that this asks for."""
        yield from without(i, self.x, self.y)
        yield numbers(isinstance(self.p, sp.Rational) and self.p > 0, lambda: f"a rational order > 0; got {self.p}")
        less, more = (self.y, self.x) if self.below else (self.x, self.y)
        yield nonnegative(less, region)
        yield nonnegative(more - less, region, lambda: f"{more} >= {less}")

    def estimate(self, region: Region) -> Estimate:
        """The harmonic number."""
        return Estimate(_harmonic(self.x, self.p), _harmonic(self.y, self.p), self.below)


def _harmonic(x: sp.Expr, p: sp.Expr) -> sp.Expr:
    """As `canonical` writes it."""
    return sp.harmonic(x) if p == 1 else sp.harmonic(x, p)


@dataclass(frozen=True)
class ZetaBound(Lemma):
    """1/(s - 1) + 1/2 <= zeta(s) <= 1/(s - 1) + 1 for s > 1.

    The sum of the convex, falling x^-s is at least its trapezoids, and at most 1 + the integral (DLMF 25.2.8, N = 1).
    """

    s: sp.Expr
    below: bool

    def conditions(self, region: Region) -> Iterator[Condition]:
        """s > 1."""
        yield from without(i, self.s)
        yield positive(self.s - 1, region, lambda: f"{self.s} > 1")

    def estimate(self, region: Region) -> Estimate:
        """The zeta function."""
        return Estimate(sp.zeta(self.s), 1 / (self.s - 1) + (sp.Rational(1, 2) if self.below else 1), self.below)
