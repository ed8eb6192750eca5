"""The lemmas a proof may use: each writes one part of an expression as an estimate plus or minus a variable >= 0.

A lemma is an inclusion: at every point of the region there is a y >= 0 for which the replacement is exact. So an
expression that is non-negative for all y >= 0 after the replacement was non-negative before. Each `apply` checks its
own conditions, and raises `Unsound` where they are not shown.
"""

import abc
from dataclasses import dataclass

import sympy as sp

from ..symbols import i, n
from ..sympy_types import at, coefficient, polynomial, replaced, symbols
from .canonical import canonical, partial_sum, tail
from .region import From, Region
from .unsound import Unsound


def _slack(below: bool) -> sp.Expr:
    """+y for an estimate from below, -y for one from above."""
    y = sp.Dummy("y", nonnegative=True)
    return y if below else -y


@dataclass(frozen=True)
class Lemma(abc.ABC):
    """One replacement, valid on a region."""

    @abc.abstractmethod
    def apply(self, expression: sp.Expr, region: Region) -> sp.Expr:
        """The expression after the replacement."""

    def require(self, condition: bool, what: str) -> None:
        """Refuse the step unless its condition is shown."""
        if not condition:
            raise Unsound(f"{type(self).__name__} needs {what}.")

    def require_without(self, symbol: sp.Symbol, *expressions: sp.Expr) -> None:
        """Refuse what would be mistaken for something else where `symbol` takes its values."""
        for expression in expressions:
            self.require(symbol not in symbols(expression), f"{expression} without {symbol}")


@dataclass(frozen=True)
class ZetaTail(Lemma):
    """H_n^(p) = zeta(p) - sum_{i > n} i^-p for p >= 2."""

    p: int

    def apply(self, expression: sp.Expr, region: Region) -> sp.Expr:
        """Replace it."""
        self.require(isinstance(self.p, int) and self.p >= 2, "a whole number p >= 2")
        return canonical(
            replaced(expression, {sp.harmonic(n, self.p): sp.zeta(self.p) - tail(i ** -sp.Integer(self.p))})
        )


@dataclass(frozen=True)
class TailBound(Lemma):
    """sum_{i > n} term(i) >= value(n), or <=, by telescoping: value falls by at most term, or at least; value -> 0."""

    term: sp.Expr
    value: sp.Expr
    below: bool

    def apply(self, expression: sp.Expr, region: Region) -> sp.Expr:
        """Replace the tail."""
        self.require_without(n, self.term)
        self.require_without(i, self.value)
        gap = at(self.term, i, n + 1) - self.value + at(self.value, n, n + 1)
        shown = region.onwards.is_nonnegative(gap if self.below else -gap)
        self.require(shown, f"{self.value} to fall by {'at most' if self.below else 'at least'} each term")
        self.require(self._vanishes(region), f"{self.value} -> 0 for n -> oo")
        return replaced(expression, {tail(self.term): self.value + _slack(self.below)})

    def _vanishes(self, region: Region) -> bool:
        if self.value == 0:
            return True
        numerator, denominator = (polynomial(part, n) for part in sp.fraction(sp.together(self.value)))
        if numerator is None or denominator is None:
            return False
        lead = denominator.LC()
        return numerator.degree() < denominator.degree() and (region.is_positive(lead) or region.is_positive(-lead))


@dataclass(frozen=True)
class Termwise(Lemma):
    """sum_{i = 1}^n term(i) >= sum_{i = 1}^n other(i), for term(i) >= other(i) at every i >= 1.

    With `first` 2, only for i >= 2, and the difference of the first terms is added.
    """

    term: sp.Expr
    other: sp.Expr
    first: int = 1

    def apply(self, expression: sp.Expr, region: Region) -> sp.Expr:
        """Replace the sum."""
        self.require(self.first in (1, 2), "first to be 1 or 2")  # so that n >= first - 1
        self.require_without(n, self.term, self.other)
        gap = at(self.term - self.other, i, n)
        shown = Region(region.cell, From(self.first)).is_nonnegative(gap)
        self.require(shown, f"{self.term} >= {self.other} for all i >= {self.first}")
        known = at(gap, n, 1) if self.first == 2 else sp.S.Zero
        self.require(not known.has(sp.nan, sp.zoo, sp.oo), f"a value of {self.term - self.other} at i = 1")
        estimate = partial_sum(self.other) + known + _slack(True)
        return canonical(replaced(expression, {partial_sum(self.term): estimate}))


@dataclass(frozen=True)
class Telescoping(Lemma):
    """sum_{i = 1}^n term(i) >= sum_{i = 1}^N term(i) + value(n) - value(N), N the least n of the region.

    Needs term(n + 1) >= value(n + 1) - value(n) from there on.
    """

    term: sp.Expr
    value: sp.Expr

    def apply(self, expression: sp.Expr, region: Region) -> sp.Expr:
        """Replace the sum."""
        self.require_without(n, self.term)
        self.require_without(i, self.value)
        least = region.run.least
        self.require(least >= 1, "a least n of 1 or more")
        gap = at(self.term, i, n + 1) - at(self.value, n, n + 1) + self.value
        self.require(
            region.onwards.is_nonnegative(gap), f"{self.term} at n + 1 to be at least the step of {self.value}"
        )
        known = sp.Add(*(at(self.term, i, j) for j in range(1, least + 1))) - at(self.value, n, least)
        return replaced(expression, {partial_sum(self.term): known + self.value + _slack(True)})


@dataclass(frozen=True)
class HarmonicLog(Lemma):
    """H_x against log x + gamma + 1/(2x) - sum_{j = 1}^terms B_2j / (2j x^2j), x > 0 (DLMF 5.11.2).

    The error has the sign of the first term left out: an odd number of terms is below, an even number above.
    """

    x: sp.Expr
    terms: int

    def apply(self, expression: sp.Expr, region: Region) -> sp.Expr:
        """Replace the harmonic number."""
        self.require_without(i, self.x)
        self.require(self.terms >= 0, "no less than 0 terms")
        self.require(region.is_positive(self.x), f"{self.x} > 0")
        corrections = (sp.bernoulli(2 * j) / (2 * j * self.x ** (2 * j)) for j in range(1, self.terms + 1))
        estimate = sp.log(self.x) + sp.EulerGamma + 1 / (2 * self.x) - sum(corrections, sp.S.Zero)
        return replaced(expression, {sp.harmonic(self.x): estimate + _slack(self.terms % 2 == 1)})


@dataclass(frozen=True)
class LogRatio(Lemma):
    """log x = log y + log(1 + t), with 2t/(2 + t) <= log(1 + t) <= t(6 + t)/(6 + 4t) for t >= 0 (Pade).

    For x < y the same with x and y exchanged.
    """

    x: sp.Expr
    y: sp.Expr
    below: bool

    def apply(self, expression: sp.Expr, region: Region) -> sp.Expr:
        """Replace log x."""
        self.require_without(i, self.x, self.y)
        self.require(region.is_positive(self.x) and region.is_positive(self.y), "two positive numbers")
        up = region.is_nonnegative(self.x - self.y)
        self.require(up or region.is_nonnegative(self.y - self.x), f"{self.x} and {self.y} in one order")
        t = sp.cancel(self.x / self.y - 1 if up else self.y / self.x - 1)
        estimate = 2 * t / (2 + t) if self.below == up else t * (6 + t) / (6 + 4 * t)
        replacement = sp.expand_log(sp.log(self.y), force=False) + (estimate if up else -estimate) + _slack(self.below)
        return replaced(expression, {sp.log(self.x): replacement})


@dataclass(frozen=True)
class LogBound(Lemma):
    """log c <= log x for x >= c > 0; log x <= k log c + k (x^(1/k)/c - 1) for every c > 0 and k >= 1."""

    x: sp.Expr
    c: sp.Rational
    k: int
    below: bool

    def apply(self, expression: sp.Expr, region: Region) -> sp.Expr:
        """Replace log x."""
        self.require_without(i, self.x, self.c)
        self.require(bool(self.c > 0) and self.k >= 1, "c > 0 and k >= 1")
        if self.below:
            self.require(region.is_nonnegative(self.x - self.c), f"{self.x} >= {self.c}")
            estimate = sp.log(self.c)
        else:
            self.require(region.is_positive(self.x), f"{self.x} > 0")
            estimate = self.k * (sp.log(self.c) + self.x ** sp.Rational(1, self.k) / self.c - 1)
        return replaced(expression, {sp.log(self.x): estimate + _slack(self.below)})


@dataclass(frozen=True)
class RootBound(Lemma):
    """c t/(1 + (1 - e)(t - 1)) <= x^e <= c (1 + e (t - 1)) for 0 < e < 1, c, x > 0 and t = x/c^(1/e) (Bernoulli).

    Where x >= c^(1/e), c <= x^e is another estimate from below: the `flat` one.
    """

    x: sp.Expr
    e: sp.Rational
    c: sp.Expr
    below: bool
    flat: bool = False

    def apply(self, expression: sp.Expr, region: Region) -> sp.Expr:
        """Replace x^e."""
        self.require_without(i, self.x, self.c)
        self.require(bool(0 < self.e < 1 and self.c > 0), "0 < e < 1 and c > 0")
        self.require(region.is_positive(self.x), f"{self.x} > 0")
        t = self.x / self.c ** (1 / self.e)
        if self.flat:
            self.require(
                self.below and region.is_nonnegative(self.x - self.c ** (1 / self.e)), f"{self.x}^e >= {self.c}"
            )
            estimate = self.c
        else:
            estimate = self.c * (t / (1 + (1 - self.e) * (t - 1)) if self.below else 1 + self.e * (t - 1))
        return replaced(expression, {self.x**self.e: estimate + _slack(self.below)})


@dataclass(frozen=True)
class PowerBound(Lemma):
    """b^e(n) for b > 0 and e linear: at least its value at the least n if it grows; between 0 and that if it decays."""

    power: sp.Expr
    below: bool

    def apply(self, expression: sp.Expr, region: Region) -> sp.Expr:
        """Replace the power."""
        self.require_without(i, self.power)
        base, exponent = self.power.as_base_exp()
        slope = coefficient(exponent, n, 1)
        linear = slope.is_Rational and not (exponent - slope * n).free_symbols
        self.require(bool(linear and base.is_positive), "a power of a positive number with an exponent linear in n")
        rate = base**slope
        grows = bool(rate > 1)
        self.require(self.below or not grows, "growth to be estimated from below")
        estimate = at(self.power, n, region.run.least) if grows or not self.below else sp.S.Zero
        return replaced(expression, {self.power: estimate + _slack(self.below)})
