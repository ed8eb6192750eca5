"""Lemmas about powers, exponentials and squares, whose bases and exponents may hold the domain's variables."""

from collections.abc import Iterator
from dataclasses import dataclass

import sympy as sp

from ..symbols import i, n
from ..sympy_types import as_expression, at, cancelled, coefficient, operands, polynomial, replaced
from .conditions import Condition, nonnegative, numbers, positive, without
from .lemmas import Estimate, Lemma
from .region import Region


def base_and_exponent(power: sp.Expr) -> tuple[sp.Expr, sp.Expr]:
    """The two of a power or exponential as it is written."""
    if isinstance(power, sp.Pow):
        base, exponent = operands(power)
        return base, exponent
    return (sp.E, operands(power)[0]) if isinstance(power, sp.exp) else (power, sp.S.One)


@dataclass(frozen=True)
class ExpTangent(Lemma):
    """b^e >= b^c (1 + t) with t = (e - c) log b, as exp is convex; from above b^e <= b^c/(1 - t) where t < 1.

    DLMF 4.5.2 and 4.5.3, for any c. Needs b > 0.
    """

    power: sp.Expr
    c: sp.Expr
    below: bool

    def conditions(self, region: Region) -> Iterator[Condition]:
        """A positive base, and t < 1 from above."""
        yield from without(i, self.power, self.c)
        yield positive(base_and_exponent(self.power)[0], region)
        yield numbers(bool(self.c.is_extended_real), lambda: f"a real exponent {self.c}")
        if not self.below:
            yield positive(1 - self._t(), region)

    def estimate(self, region: Region) -> Estimate:
        """The power."""
        known = base_and_exponent(self.power)[0] ** self.c
        return Estimate(self.power, known * (1 + self._t()) if self.below else known / (1 - self._t()), self.below)

    def _t(self) -> sp.Expr:
        base, exponent = base_and_exponent(self.power)
        return (exponent - self.c) * sp.log(base)


@dataclass(frozen=True)
class ExponentBound(Lemma):
    """b^e >= b^c, or <=: powers of a base b >= 1 rise with the exponent, those of 0 <= b <= 1 fall.

    Where b may be 0 both exponents are >= 0, with 0^0 = 1.
    """

    power: sp.Expr
    c: sp.Expr
    below: bool

    def conditions(self, region: Region) -> Iterator[Condition]:
        """A base on one side of 1, and exponents in the order that this asks for."""
        base, exponent = base_and_exponent(self.power)
        yield from without(i, self.power, self.c)
        falls = self._falls(region)
        yield nonnegative(1 - base if falls else base - 1, region, lambda: f"{base} on one side of 1")
        more = exponent - self.c if self.below != falls else self.c - exponent
        yield nonnegative(more, region)
        if falls and not region.is_positive(base):
            for part in (base, exponent, self.c):
                yield nonnegative(part, region)

    def estimate(self, region: Region) -> Estimate:
        """The power."""
        return Estimate(self.power, base_and_exponent(self.power)[0] ** self.c, self.below)

    def _falls(self, region: Region) -> bool:
        return not region.is_nonnegative(base_and_exponent(self.power)[0] - 1)


#: Stands for the part that another lemma estimates; of what sign it is is not known.
_STAND_IN = sp.Dummy("part", real=True)


@dataclass(frozen=True)
class Inside(Lemma):
    """b^e >= b^f, or <=, for b >= 1: in f another lemma's estimate stands for a part in which e rises."""

    power: sp.Expr
    inner: Lemma

    def conditions(self, region: Region) -> Iterator[Condition]:
        """Those of the other lemma; powers that rise, and an exponent linear in the part."""
        base, exponent = base_and_exponent(self.power)
        yield from without(i, self.power)
        yield from self.inner.conditions(region)
        yield nonnegative(base - 1, region, lambda: f"{base} >= 1")
        yield from _rises(exponent, self.inner.estimate(region).part, region)

    def estimate(self, region: Region) -> Estimate:
        """The power."""
        base, exponent = base_and_exponent(self.power)
        inner = self.inner.estimate(region)
        return Estimate(self.power, base ** replaced(exponent, {inner.part: inner.value}), inner.below)


@dataclass(frozen=True)
class InsideRoot(Lemma):
    """x^e >= v^e, or <=, for a rational e > 0 and x >= 0: in v another lemma's estimate stands for a part of x.

    x rises in the part. From below v >= 0, so that x >= 0 too; from above another lemma, `least`, shows that x >= 0.
    """

    root: sp.Expr
    inner: Lemma
    least: Lemma | None = None

    def conditions(self, region: Region) -> Iterator[Condition]:
        """Those of the other lemmas, about one part in which x is linear and rises; and a least x that is >= 0."""
        x, e = base_and_exponent(self.root)
        yield from without(i, self.root)
        yield numbers(bool(e.is_Rational and e.is_positive), lambda: f"a rational exponent > 0; got {e}")
        yield from self.inner.conditions(region)
        inner = self.inner.estimate(region)
        lowest = inner
        # Of two estimates from below the other one would say nothing of v, whose even power may be larger.
        yield numbers(self.least is None or inner.below is False, "no other least value beside an estimate from below")
        if self.least is not None:
            yield from self.least.conditions(region)
            lowest = self.least.estimate(region)
        yield numbers(lowest.part == inner.part, lambda: f"two estimates of {inner.part}; one is of {lowest.part}")
        yield numbers(lowest.below is True, lambda: f"an estimate of {inner.part} from below")
        yield from _rises(x, inner.part, region)
        smallest = replaced(x, {lowest.part: lowest.value})
        yield nonnegative(smallest, region, lambda: f"{x} >= {smallest} >= 0")

    def estimate(self, region: Region) -> Estimate:
        """The root."""
        x, e = base_and_exponent(self.root)
        inner = self.inner.estimate(region)
        return Estimate(self.root, replaced(x, {inner.part: inner.value}) ** e, inner.below)


def _rises(expression: sp.Expr, part: sp.Expr, region: Region) -> Iterator[Condition]:
    """The expression is linear in the part, and does not fall with it."""
    slope = as_expression(sp.diff(replaced(expression, {part: _STAND_IN}), _STAND_IN))
    yield from without(_STAND_IN, slope)
    yield nonnegative(slope, region, lambda: f"{expression} to rise")


@dataclass(frozen=True)
class AsExponential(Lemma):
    """b^e <= exp(e (b - 1)) and b^e >= exp(e (1 - 1/b)), for b > 0 and e >= 0 (DLMF 4.5.1)."""

    power: sp.Expr
    below: bool

    def conditions(self, region: Region) -> Iterator[Condition]:
        """A positive base, and an exponent >= 0."""
        base, exponent = base_and_exponent(self.power)
        yield from without(i, self.power)
        yield positive(base, region)
        yield nonnegative(exponent, region)

    def estimate(self, region: Region) -> Estimate:
        """The power."""
        base, exponent = base_and_exponent(self.power)
        rate = cancelled(1 - 1 / base if self.below else base - 1)
        return Estimate(self.power, as_expression(sp.exp(exponent * rate)), self.below)


@dataclass(frozen=True)
class PowerRatio(Lemma):
    """b^e = c^e (b/c)^e for b, c > 0."""

    power: sp.Expr
    c: sp.Expr

    def conditions(self, region: Region) -> Iterator[Condition]:
        """Two positive bases."""
        yield from without(i, self.power, self.c)
        yield positive(base_and_exponent(self.power)[0], region)
        yield positive(self.c, region)

    def estimate(self, region: Region) -> Estimate:
        """The power, exactly."""
        base, exponent = base_and_exponent(self.power)
        ratio = as_expression(sp.expand(cancelled(base / self.c)))
        return Estimate(self.power, self.c**exponent * ratio**exponent, None)


@dataclass(frozen=True)
class Bernoulli(Lemma):
    """x^e >= c^e (1 + e (x/c - 1)) for e >= 1, and <= for 0 <= e <= 1, with x >= 0 and c > 0 (DLMF 4.5.8 for c = 1)."""

    x: sp.Expr
    e: sp.Expr
    c: sp.Expr
    below: bool

    def conditions(self, region: Region) -> Iterator[Condition]:
        """Where the power is convex, or concave."""
        yield from without(i, self.x, self.e, self.c)
        yield nonnegative(self.x, region)
        yield positive(self.c, region)
        if self.below:
            yield nonnegative(self.e - 1, region, lambda: f"{self.e} >= 1")
        else:
            yield nonnegative(self.e, region)
            yield nonnegative(1 - self.e, region, lambda: f"{self.e} <= 1")

    def estimate(self, region: Region) -> Estimate:
        """x^e."""
        return Estimate(self.x**self.e, self.c**self.e * (1 + self.e * (self.x / self.c - 1)), self.below)


@dataclass(frozen=True)
class Geometric(Lemma):
    """b^e(n) >= b^e(N) q^(n - N) for n >= N, where e is linear with slope s and b^s >= q > 0; <= where b^s <= q."""

    power: sp.Expr
    rate: sp.Expr
    first: int
    below: bool

    def conditions(self, region: Region) -> Iterator[Condition]:
        """An exponent linear in n, positive rates in the order that this asks for, and n >= N."""
        yield from without(i, self.power, self.rate)
        base, exponent = base_and_exponent(self.power)
        yield from without(n, base, self.rate)
        slope = self._slope()
        yield numbers(bool(slope.is_Integer) and not (exponent - slope * n).free_symbols, "an exponent linear in n")
        yield positive(base, region)
        yield positive(self.rate, region)
        more = base**slope - self.rate if self.below else self.rate - base**slope
        yield nonnegative(more, region)
        yield nonnegative(n - self.first, region, lambda: f"n >= {self.first}")

    def estimate(self, region: Region) -> Estimate:
        """The power."""
        return Estimate(self.power, at(self.power, n, self.first) * self.rate ** (n - self.first), self.below)

    def _slope(self) -> sp.Expr:
        return coefficient(base_and_exponent(self.power)[1], n, 1)


@dataclass(frozen=True)
class Square(Lemma):
    """0 >= -weight * root^2 for a weight >= 0 and a polynomial as root: what is left has to be >= 0 without it."""

    weight: sp.Expr
    root: sp.Expr

    def conditions(self, region: Region) -> Iterator[Condition]:
        """A weight >= 0, and a real root."""
        yield from without(i, self.weight, self.root)
        form = polynomial(self.root)
        real = form is not None and all(c.is_Rational for c in form.coeffs()) and all(x.is_real for x in form.gens)
        yield numbers(bool(real), lambda: f"a polynomial with rational coefficients; got {self.root}")
        yield nonnegative(self.weight, region)

    def estimate(self, region: Region) -> Estimate:
        """An addend of 0."""
        return Estimate(sp.S.Zero, -self.weight * self.root**2, below=True)
