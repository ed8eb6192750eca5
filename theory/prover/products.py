"""The lemmas about products over i = 1..n, and the estimates that the search tries with them."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import sympy as sp

from ..symbols import i, n
from ..sympy_types import as_expression, at, cancelled, multiplied, polynomial
from .canonical import canonical, partial_product, partial_sum
from .conditions import Condition, nonnegative, numbers, positive, without
from .lemmas import Estimate, Lemma
from .region import From, Region


@dataclass(frozen=True)
class ProductBound(Lemma):
    """prod_{i = 1}^n factor(i) >= c value(n), or <=, where they are equal at the least n of the region.

    By induction: the factors are >= 0, and value(n + 1) <= factor(n + 1) value(n) from N on, or >=.
    """

    factor: sp.Expr
    value: sp.Expr
    below: bool

    def conditions(self, region: Region) -> Iterator[Condition]:
        """What the induction needs, from the least n on."""
        yield from without(n, self.factor)
        yield from without(i, self.value)
        yield numbers(region.run.least >= 1, "a least n of 1 or more")
        onwards = region.onwards
        following = at(self.factor, i, n + 1)
        yield nonnegative(following, onwards, lambda: f"{self.factor} >= 0")
        yield nonnegative(self._first(region), onwards, lambda: f"the first product of {self.factor} to be >= 0")
        yield positive(at(self.value, n, region.run.least), onwards, lambda: f"{self.value} > 0 at the least n")
        gap = cancelled(following * self.value - at(self.value, n, n + 1))
        change = "at most" if self.below else "at least"
        needed = gap if self.below else -gap
        yield nonnegative(needed, onwards, lambda: f"{self.value} to change by {change} the factor {self.factor}")

    def estimate(self, region: Region) -> Estimate:
        """The product."""
        c = self._first(region) / at(self.value, n, region.run.least)
        return Estimate(partial_product(self.factor), c * self.value, self.below)

    def _first(self, region: Region) -> sp.Expr:
        return multiplied(at(self.factor, i, k) for k in range(1, region.run.least + 1))


@dataclass(frozen=True)
class ProductSum(Lemma):
    """prod_{i = 1}^n factor(i) >= 1 + sum_{i = 1}^n (factor(i) - 1), for factors that are all >= 1 or all in 0..1.

    From above it is at most the exponential of that sum, for factors >= 0 (Weierstrass; DLMF 4.5.2: 1 + x <= e^x).
    """

    factor: sp.Expr
    below: bool

    def conditions(self, region: Region) -> Iterator[Condition]:
        """Factors on one side of 1 from below, and none below 0, for every i >= 1."""
        yield from without(n, self.factor)
        everywhere, each = Region(region.cell, From(1)), at(self.factor, i, n)
        if self.below and everywhere.is_nonnegative(each - 1):
            yield nonnegative(each - 1, everywhere, lambda: f"{self.factor} >= 1")
            return
        yield nonnegative(each, everywhere, lambda: f"{self.factor} >= 0")
        if self.below:
            yield nonnegative(1 - each, everywhere, lambda: f"{self.factor} on one side of 1")

    def estimate(self, region: Region) -> Estimate:
        """The product."""
        total = partial_sum(cancelled(self.factor - 1))
        value = 1 + total if self.below else as_expression(sp.exp(canonical(total)))
        return Estimate(partial_product(self.factor), value, self.below)


def product_bounds(factor: sp.Expr, sides: Sequence[bool], *, exponentials: bool) -> list[Lemma]:
    """What may stand for the product, the sharp first.

    With factor = 1 + a/i^2 + …, (n + s - a)/(n + s) tends to 1 as the product to its limit, and for s = (1 + a)/2 as
    fast up to the order n^-3. With 1 + a/i + … the product is like a power of n. A constant is below a product that
    rises, and above one that falls. Sums of factor - 1 are like the products in the first order; where there are
    `exponentials`, so are theirs.
    """
    values: list[sp.Expr] = []
    above, below = (polynomial(as_expression(part), i) for part in sp.fraction(sp.cancel(factor - 1)))
    if above is not None and below is not None and not above.is_zero:
        order, a = below.degree() - above.degree(), cancelled(above.LC() / below.LC())
        if order == 2:
            shifts = ((1 + a) / 2, (1 + a) / 2 + 1 / (8 * n), sp.S.Zero, sp.S.One, sp.Rational(1, 2))
            values += [cancelled((n + s - a) / (n + s)) for s in shifts]
        if order == 1:
            values += [n, n + 1, 1 / n, 1 / (n + 1)]
    sums: list[Lemma] = [ProductSum(factor, below) for below in sides if below or exponentials]
    return sums + [
        ProductBound(factor, as_expression(value), below) for below in sides for value in (*values, sp.S.One)
    ]
