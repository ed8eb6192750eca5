"""The lemma about products over i = 1..n, and the estimates that the search tries with it."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import sympy as sp

from ..symbols import i, n
from ..sympy_types import as_expression, at, cancelled, multiplied, polynomial
from .canonical import partial_product
from .conditions import Condition, nonnegative, numbers, positive, without
from .lemmas import Estimate, Lemma
from .region import Region


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


def product_bounds(factor: sp.Expr, sides: Sequence[bool]) -> list[Lemma]:
    """What may stand for the product, the sharp first.

    With factor = 1 + a/i^2 + …, (n + s - a)/(n + s) tends to 1 as the product to its limit, and for s = (1 + a)/2 as
    fast up to the order n^-3. With 1 + a/i + … the product is like a power of n. A constant is below a product that
    rises, and above one that falls.
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
    return [ProductBound(factor, as_expression(value), below) for below in sides for value in (*values, sp.S.One)]
