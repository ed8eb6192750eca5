"""The lemmas a proof may use: each writes one part of an expression as an estimate plus or minus a variable >= 0.

A lemma is an inclusion: at every point of the region there is a y >= 0 for which the replacement is exact. So an
expression that is non-negative for all y >= 0 after the replacement was non-negative before. Each states what it does
as data, its conditions included; `apply` checks these, and raises `Unsound` where one is not shown.
"""

import abc
from collections.abc import Iterator
from dataclasses import dataclass

import sympy as sp

from ..symbols import i, n
from ..sympy_types import at, coefficient, replaced
from .canonical import canonical, partial_sum, tail
from .conditions import Condition, nonnegative, numbers, positive, vanishes, without
from .region import From, Region
from .unsound import Unsound


@dataclass(frozen=True)
class Estimate:
    """What takes the place of a part of an expression.

    Attributes:
        part: that is replaced.
        value: the estimate itself.
        below: whether part >= value; otherwise part <= value. `None` where they are equal.
    """

    part: sp.Expr
    value: sp.Expr
    below: bool | None

    def within(self, expression: sp.Expr) -> sp.Expr:
        """The expression with value + y in the place of the part, or value - y, for a new variable y >= 0.

        Of a part 0 it is an addend that is replaced.
        """
        y = sp.S.Zero if self.below is None else sp.Dummy("y", nonnegative=True)
        if self.part == 0:
            return expression + self.value + (y if self.below else -y)
        result = replaced(expression, {self.part: self.value + (y if self.below else -y)})
        return canonical(result) if self.value.has(sp.Sum) else result


@dataclass(frozen=True)
class Lemma(abc.ABC):
    """One replacement, valid on a region where its conditions hold."""

    @abc.abstractmethod
    def conditions(self, region: Region) -> Iterator[Condition]:
        """What has to hold, in this order: a condition may have a meaning only where those before it hold."""

    @abc.abstractmethod
    def estimate(self, region: Region) -> Estimate:
        """What is replaced, by what; asked for where all conditions hold."""

    def apply(self, expression: sp.Expr, region: Region) -> sp.Expr:
        """The expression after the replacement.

        Raises:
            Unsound: a condition is not shown.
        """
        for condition in self.conditions(region):
            if not condition.holds():
                raise Unsound(f"{type(self).__name__} needs {condition.needs}.")
        return self.estimate(region).within(expression)


@dataclass(frozen=True)
class ZetaTail(Lemma):
    """H_n^(p) = zeta(p) - sum_{i > n} i^-p for p >= 2."""

    p: int

    def conditions(self, region: Region) -> Iterator[Condition]:
        """A whole order."""
        yield numbers(isinstance(self.p, int) and self.p >= 2, "a whole number p >= 2")

    def estimate(self, region: Region) -> Estimate:
        """The harmonic number, exactly."""
        return Estimate(sp.harmonic(n, self.p), sp.zeta(self.p) - tail(i ** -sp.Integer(self.p)), None)


@dataclass(frozen=True)
class TailBound(Lemma):
    """sum_{i > n} term(i) >= value(n), or <=, by telescoping: value falls by at most term, or at least; value -> 0."""

    term: sp.Expr
    value: sp.Expr
    below: bool

    def conditions(self, region: Region) -> Iterator[Condition]:
        """The value falls in every step from here on, and ends at 0."""
        yield from without(n, self.term)
        yield from without(i, self.value)
        gap = at(self.term, i, n + 1) - self.value + at(self.value, n, n + 1)
        fall = "at most" if self.below else "at least"
        needed = gap if self.below else -gap
        yield nonnegative(needed, region.onwards, lambda: f"{self.value} to fall by {fall} each term")
        yield vanishes(self.value, region)

    def estimate(self, region: Region) -> Estimate:
        """The tail."""
        return Estimate(tail(self.term), self.value, self.below)


@dataclass(frozen=True)
class Termwise(Lemma):
    """sum_{i = 1}^n term(i) >= sum_{i = 1}^n other(i), for term(i) >= other(i) at every i >= 1.

    With `first` 2, only for i >= 2, and the difference of the first terms is added.
    """

    term: sp.Expr
    other: sp.Expr
    first: int = 1

    def conditions(self, region: Region) -> Iterator[Condition]:
        """Term by term."""
        yield numbers(self.first in (1, 2), "first to be 1 or 2")  # so that n >= first - 1
        yield from without(n, self.term, self.other)
        later = Region(region.cell, From(self.first))
        yield nonnegative(self._gap(), later, lambda: f"{self.term} >= {self.other} for all i >= {self.first}")
        defined = not self._known().has(sp.nan, sp.zoo, sp.oo)
        yield numbers(defined, lambda: f"a value of {self.term - self.other} at i = 1")

    def estimate(self, region: Region) -> Estimate:
        """The sum."""
        return Estimate(partial_sum(self.term), partial_sum(self.other) + self._known(), True)

    def _gap(self) -> sp.Expr:
        return at(self.term - self.other, i, n)

    def _known(self) -> sp.Expr:
        return at(self._gap(), n, 1) if self.first == 2 else sp.S.Zero


@dataclass(frozen=True)
class Telescoping(Lemma):
    """sum_{i = 1}^n term(i) >= sum_{i = 1}^N term(i) + value(n) - value(N), N the least n of the region.

    Needs term(n + 1) >= value(n + 1) - value(n) from there on.
    """

    term: sp.Expr
    value: sp.Expr

    def conditions(self, region: Region) -> Iterator[Condition]:
        """The value rises by at most each term from here on."""
        yield from without(n, self.term)
        yield from without(i, self.value)
        yield numbers(region.run.least >= 1, "a least n of 1 or more")
        gap = canonical(at(self.term, i, n + 1) - at(self.value, n, n + 1) + self.value)
        yield nonnegative(gap, region.onwards, lambda: f"{self.term} at n + 1 to be at least the step of {self.value}")

    def estimate(self, region: Region) -> Estimate:
        """The sum."""
        least = region.run.least
        known = sp.Add(*(at(self.term, i, j) for j in range(1, least + 1))) - at(self.value, n, least)
        return Estimate(partial_sum(self.term), known + self.value, True)


@dataclass(frozen=True)
class HarmonicLog(Lemma):
    """H_x against log x + gamma + 1/(2x) - sum_{j = 1}^terms B_2j / (2j x^2j), x > 0 (DLMF 5.11.2).

    The error has the sign of the first term left out: an odd number of terms is below, an even number above.
    """

    x: sp.Expr
    terms: int

    def conditions(self, region: Region) -> Iterator[Condition]:
        """x > 0."""
        yield from without(i, self.x)
        yield numbers(self.terms >= 0, "no less than 0 terms")
        yield positive(self.x, region)

    def estimate(self, region: Region) -> Estimate:
        """The harmonic number."""
        corrections = (sp.bernoulli(2 * j) / (2 * j * self.x ** (2 * j)) for j in range(1, self.terms + 1))
        value = (
            sp.expand_log(sp.log(self.x), force=False) + sp.EulerGamma + 1 / (2 * self.x) - sum(corrections, sp.S.Zero)
        )
        return Estimate(sp.harmonic(self.x), value, self.terms % 2 == 1)


@dataclass(frozen=True)
class LogRatio(Lemma):
    """log x = log y + log(1 + t), with 2t/(2 + t) <= log(1 + t) <= t(6 + t)/(6 + 4t) for t >= 0 (Pade).

    For x < y the same with x and y exchanged.
    """

    x: sp.Expr
    y: sp.Expr
    below: bool

    def conditions(self, region: Region) -> Iterator[Condition]:
        """Two positive numbers of which one is the larger everywhere."""
        yield from without(i, self.x, self.y)
        yield positive(self.x, region, "two positive numbers")
        yield positive(self.y, region, "two positive numbers")
        larger, smaller = (self.x, self.y) if self._up(region) else (self.y, self.x)
        yield nonnegative(larger - smaller, region, lambda: f"{self.x} and {self.y} in one order")

    def estimate(self, region: Region) -> Estimate:
        """Log x."""
        up = self._up(region)
        t = sp.cancel(self.x / self.y - 1 if up else self.y / self.x - 1)
        change = 2 * t / (2 + t) if self.below == up else t * (6 + t) / (6 + 4 * t)
        value = sp.expand_log(sp.log(self.y), force=False) + (change if up else -change)
        return Estimate(sp.log(self.x), value, self.below)

    def _up(self, region: Region) -> bool:
        return region.is_nonnegative(self.x - self.y)


@dataclass(frozen=True)
class LogBound(Lemma):
    """log c <= log x for x >= c > 0; log x <= k log c + k (x^(1/k)/c - 1) for every c > 0 and k >= 1."""

    x: sp.Expr
    c: sp.Rational
    k: int
    below: bool

    def conditions(self, region: Region) -> Iterator[Condition]:
        """From below x >= c, from above x > 0."""
        yield from without(i, self.x, self.c)
        yield numbers(sp.And(sp.Gt(self.c, 0), sp.Ge(self.k, 1)), "c > 0 and k >= 1")
        if self.below:
            yield nonnegative(self.x - self.c, region, lambda: f"{self.x} >= {self.c}")
        else:
            yield positive(self.x, region)

    def estimate(self, region: Region) -> Estimate:
        """Log x."""
        above = self.k * (sp.log(self.c) + self.x ** sp.Rational(1, self.k) / self.c - 1)
        return Estimate(sp.log(self.x), sp.log(self.c) if self.below else above, self.below)


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

    def conditions(self, region: Region) -> Iterator[Condition]:
        """x > 0, and for the flat estimate x^e >= c."""
        yield from without(i, self.x, self.c)
        yield numbers(sp.And(sp.Lt(0, self.e), sp.Lt(self.e, 1), sp.Gt(self.c, 0)), "0 < e < 1 and c > 0")
        yield positive(self.x, region)
        if self.flat:
            yield numbers(self.below, lambda: f"an estimate from below, {self.x}^e >= {self.c}")
            yield nonnegative(self.x - self.c ** (1 / self.e), region, lambda: f"{self.x}^e >= {self.c}")

    def estimate(self, region: Region) -> Estimate:
        """x^e."""
        t = self.x / self.c ** (1 / self.e)
        sloped = t / (1 + (1 - self.e) * (t - 1)) if self.below else 1 + self.e * (t - 1)
        return Estimate(self.x**self.e, self.c if self.flat else self.c * sloped, self.below)


@dataclass(frozen=True)
class PowerBound(Lemma):
    """b^e(n) for e linear: at least its value at the least n if it grows; between 0 and that if it decays.

    It grows for b >= 1 if e does, and decays for 0 <= b <= 1; the other way round if e falls. Where b may be 0, e is at
    least 0 and rises, with 0^0 = 1. For even e, b may be -b.
    """

    power: sp.Expr
    below: bool

    def conditions(self, region: Region) -> Iterator[Condition]:
        """An exponent linear in n, a base on one side of 1, and no estimate of growth from above."""
        yield from without(i, self.power)
        base, exponent = self._base(region), self.power.as_base_exp()[1]
        yield from without(n, base)
        slope = coefficient(exponent, n, 1)
        linear = slope.is_Rational and not (exponent - slope * n).free_symbols
        yield numbers(bool(linear), "a power with an exponent linear in n")
        yield nonnegative(base - 1 if self._is_large(region) else 1 - base, region, lambda: f"{base} on one side of 1")
        if not region.is_positive(base):
            rises = bool(slope > 0 and at(exponent, n, region.run.least) >= 0)
            yield numbers(rises, lambda: f"{exponent} >= 0 that rises")
            yield nonnegative(base, region)
        yield numbers(self.below or not self._grows(region), "growth to be estimated from below")

    def estimate(self, region: Region) -> Estimate:
        """The power."""
        first = at(self.power, n, region.run.least)
        return Estimate(self.power, first if self._grows(region) or not self.below else sp.S.Zero, self.below)

    def _is_large(self, region: Region) -> bool:
        return region.is_nonnegative(self._base(region) - 1)

    def _base(self, region: Region) -> sp.Expr:
        """What is >= 0, of b and -b."""
        base, exponent = self.power.as_base_exp()
        return -base if (exponent / 2).is_integer and region.is_nonnegative(-base) else base

    def _grows(self, region: Region) -> bool:
        return self._is_large(region) == bool(coefficient(self.power.as_base_exp()[1], n, 1) >= 0)
