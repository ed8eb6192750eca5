"""Coefficients as numbers: SymPy's trees walked here, with exact arithmetic as far as it goes."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from fractions import Fraction
from math import gamma
from typing import Any

import sympy as sp

from ...workflow import Pool
from ..indices import CARRIED, ENERGY, FEATURES, LENGTH, NOISE, REAL_SIZE, RIDGE, ROWS, SAMPLED, SIGMA, SIZE, N

#: An exact number, or a float where a root came in.
Amount = Any


@dataclass(frozen=True)
class Numbers:
    """What stands for the symbols of a derivation.

    Attributes:
        T, d: rows of the first pool, and features.
        sigma: noise standard deviation where all pools have the same.
        size, noise: rows and noise standard deviation of the chain's pool k.
        real_size: rows of the real data of iteration k.
        share, real_share: of the chain's pool k, or of the real data of iteration k, in the loss of iteration n.
        thinning: v_n, the variance that a draw adds, in units of sigma^2/T.
        carried: the share of a model's error that labels sampled from it hand on.
        sampled: the variance of their noise, in units of that of real labels.
        shift: the length of what they are shifted by.
        others: the symbols of the workflow.
        ridge: what is added to each training set's Gram matrix; 0 for none.
        fit: (rows) -> bias and variance of one fit with the ridge, or of least norm.
        least_norm: whether fits are of least norm, and negative powers those of the Moore-Penrose inverse.
    """

    T: int
    d: int
    sigma: Fraction
    size: Callable[[int], Fraction]
    noise: Callable[[int], Fraction]
    real_size: Callable[[int], Fraction]
    share: Callable[[int, int], Fraction]
    real_share: Callable[[int, int], Fraction]
    thinning: Callable[[int], Fraction]
    carried: Fraction
    sampled: Fraction
    shift: Fraction
    others: Mapping[sp.Symbol, Fraction] = field(default_factory=dict)
    ridge: Fraction = Fraction(0)
    fit: Callable[[int], tuple[float, float]] | None = None
    least_norm: bool = False

    @property
    def energy(self) -> int:
        """The squared length of the truth where all noises are averaged over: its entries are 1, 2, …."""
        return sum(entry**2 for entry in range(1, self.d + 1))

    def rows(self, pool: Pool) -> int:
        """Of a pool."""
        if pool.index == 1:
            return self.T
        return int(self.real_size(pool.index) if pool.fresh_real else self.size(pool.index))

    def weight(self, n: int, k: int, own: Callable[[int, int], Fraction]) -> Fraction:
        """What noise k, which comes in with the share own(m, k) at iteration m, weighs in model n."""
        found: dict[int, Fraction] = {}
        for m in range(k, n + 1):
            inherited = (self.carried * self.share(m, j) * found[j - 1] for j in range(k + 1, m + 1))
            found[m] = own(m, k) + sum(inherited, Fraction(0))
        return found[n]

    def variance(self, k: int) -> Fraction:
        """Of the noise of the chain's pool k, in units of that of real labels."""
        return Fraction(1) if k == 1 else self.sampled

    def shifted(self, n: int) -> Fraction:
        """How often the shift of sampled labels is in model n."""
        found: dict[int, Fraction] = {}
        for m in range(1, n + 1):
            through = (self.share(m, k) * (1 + self.carried * found[k - 1]) for k in range(2, m + 1))
            found[m] = sum(through, Fraction(0))
        return found[n]

    def index(self, expression: Any, values: Mapping[sp.Symbol, int]) -> int:
        """An index as an integer."""
        found = Fraction(self.of(expression, values))
        assert found.denominator == 1
        return int(found)

    def of(self, expression: Any, values: Mapping[sp.Symbol, int]) -> Amount:
        """The coefficient, with `values` for n and bound indices."""
        if isinstance(expression, (sp.Rational, sp.Integer)):
            return Fraction(int(expression.p), int(expression.q))
        if isinstance(expression, sp.Symbol):
            known = {ROWS: self.T, FEATURES: self.d, SIGMA: self.sigma, **self.others, **values}
            known |= {CARRIED: self.carried, SAMPLED: self.sampled, LENGTH: self.shift}
            known |= {RIDGE: self.ridge, ENERGY: self.energy}
            return Fraction(known[expression])
        if isinstance(expression, sp.Add):
            return sum((self.of(x, values) for x in expression.args), Fraction(0))
        if isinstance(expression, sp.Mul):
            found: Amount = Fraction(1)
            for x in expression.args:
                found = found * self.of(x, values)
            return found
        if isinstance(expression, sp.Pow):
            base, power = (self.of(x, values) for x in expression.args)
            return base ** (int(power) if power == int(power) else float(power))
        if isinstance(expression, sp.Indexed):
            table = {SIZE: self.size, NOISE: self.noise, REAL_SIZE: self.real_size}[expression.base]
            return Fraction(table(self.index(expression.indices[0], values)))
        if isinstance(expression, sp.Sum):
            ((name, first, last),) = expression.limits
            steps = range(self.index(first, values), self.index(last, values) + 1)
            return sum((self.of(expression.function, {**values, name: step}) for step in steps), Fraction(0))
        if isinstance(expression, sp.Product):
            ((name, first, last),) = expression.limits
            steps = range(self.index(first, values), self.index(last, values) + 1)
            found = Fraction(1)
            for step in steps:
                found = found * self.of(expression.function, {**values, name: step})
            return found
        if isinstance(expression, (sp.Min, sp.Max)):
            least = isinstance(expression, sp.Min)
            return (min if least else max)(self.of(x, values) for x in expression.args)
        if isinstance(expression, sp.gamma):
            return gamma(float(self.of(expression.args[0], values)))
        return self._function(expression, [self.index(x, values) for x in expression.args])

    def _fit(self, rows: int) -> tuple[float, float]:
        assert self.fit is not None  # where there is a ridge, or fits are of least norm
        return self.fit(rows)

    def _function(self, expression: Any, at: list[int]) -> Amount:
        tables: dict[str, Callable[..., Amount]] = {
            "p": self.share,
            "q": self.real_share,
            "R": lambda n, k: self.weight(n, k, self.share),
            "R^r": lambda n, k: self.weight(n, k, self.real_share),
            "Q": lambda n, k: self.weight(n, k, lambda m, k: Fraction(m == k)),
            "v": self.thinning,
            "nu": self.variance,
            "D": self.shifted,
            "B": lambda m: self._fit(m)[0],
            "V": lambda m: self._fit(m)[1],
            "KroneckerDelta": lambda i, j: Fraction(i == j),
            "harmonic": lambda n, p=1: sum((Fraction(1, m**p) for m in range(1, n + 1)), Fraction(0)),
        }
        return tables[expression.func.__name__](*at)


def at_iteration(n: int) -> dict[sp.Symbol, int]:
    """The values of the symbols at iteration n."""
    return {N: n}
