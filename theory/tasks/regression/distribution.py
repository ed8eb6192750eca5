"""Beyond the mean: which moments of the test error exist, its variance, and its exact distribution where known.

One fit has |delta|^2 = sigma^2 chi^2_d / chi^2_{T-d+1}, the two independent. At fixed design model n is Gaussian given
X, delta_n | X ~ N(0, c_n sigma^2 W^-1), so its squared error is c_n times that of one fit, for every exact law. At
fresh design the Replace chain is a random walk of independent steps, each isotropic with such a radius.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from fractions import Fraction
from typing import Any

import flint
import sympy as sp

from ...derivation import EXACT, Spread
from ...exact import required
from ...symbols import T, n
from .symbols import ONE_FIT, d, sigma

#: Variance of sigma^2 chi^2_d / chi^2_{T-d+1}, T >= d + 4: from E[1/chi^2_m] = 1/(m-2), E[chi^-4_m] = 1/((m-2)(m-4)).
ONE_FIT_VARIANCE = sigma**4 * 2 * d * (T - 1) / ((T - d - 1) ** 2 * (T - d - 3))


@dataclass(frozen=True)
class SquaredError(Spread):
    """That of a squared error whose mean is a law of regression.

    Attributes:
        mean: the law.
        validity, design: of it.
        draws: whether training sets are subsamples.
        walk: whether errors are sums of independent steps, as under Replace.
        fewest_rows: that every training set has, in multiples of T and at most 1; 0 where that is not known.
    """

    mean: sp.Expr
    validity: str
    design: str
    draws: bool
    walk: bool
    fewest_rows: Fraction = Fraction(1)

    @property
    def _is_multiple(self) -> bool:
        """Whether every squared error is a multiple of that of one fit."""
        return self.design == "fixed" and self.validity == EXACT

    def moments_exist(self, numbers: Mapping[str, Any]) -> int:
        """How many moments there are at every n: moment q of a fit to m rows is finite where 2q < m - d + 1.

        The smallest training set decides; at fixed design a larger one repeats the T rows of X.
        None for subsamples at fixed design, which repeat rows of X: for n large enough a draw has too few different
        ones.
        """
        if self.design == "fixed" and self.draws:
            return 0
        rows = int(self.fewest_rows * numbers["T"])
        return max(0, (rows - numbers["d"]) // 2)

    def variance(self) -> sp.Expr | None:
        """The variance of the test error of model n over replicates, for T >= d + 4; `None` where it is not known.

        At fixed design c_n^2 times that of one fit. For Replace at fresh design, with independent isotropic steps of
        squared length X, Var = n Var X + 2 n (n - 1) (E X)^2 / d: the inner product of two steps has mean square
        (E X)^2/d.
        """
        if self._is_multiple:
            return (self.mean / ONE_FIT) ** 2 * ONE_FIT_VARIANCE
        if self.walk:
            return n * ONE_FIT_VARIANCE + 2 * n * (n - 1) * ONE_FIT**2 / d
        return None

    def objection(self, n: int) -> str | None:
        """Known at fixed design for pools used whole, and for n = 1."""
        if n == 1 or self._is_multiple:
            return None
        return "it is known at fixed design for pools used whole, and everywhere for n = 1"

    def distribution(self, mean: float, numbers: Mapping[str, Any]) -> Any:
        """A multiple of an F variable with d and T - d + 1 degrees of freedom."""
        from scipy import stats  # not at the top, for it doubles what `import theory` costs

        T, d = numbers["T"], numbers["d"]
        # E F(d, m) = m/(m - 2) with m = T - d + 1
        return stats.f(d, T - d + 1, scale=mean * (T - d - 1) / (T - d + 1))

    def one_fit_exceeds(self, value: flint.arb, numbers: Mapping[str, Any]) -> flint.arb:
        """P(sigma^2 chi^2_d / chi^2_m > value), m = T - d + 1; chi^2_m / (chi^2_d + chi^2_m) is beta."""
        if value < 0:
            return flint.arb(1)
        variance = required(numbers["sigma"], "sigma") ** 2
        square = flint.arb(flint.fmpq(variance.numerator, variance.denominator))
        half_m, half_d = (flint.arb(flint.fmpq(k, 2)) for k in (numbers["T"] - numbers["d"] + 1, numbers["d"]))
        return (square / (square + value)).beta_lower(half_m, half_d, regularized=True)
