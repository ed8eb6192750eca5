"""One ridge fit in the limit d/T -> gamma: its bias and variance by deterministic equivalents.

For T rows, with kappa - lambda = kappa df_1/T, lambda beside a mean, and df_k = sum_j m_j (s_j/(s_j + kappa))^k,

    B = kappa^2 sum_j s_j w_j^2/(s_j + kappa)^2 / (1 - df_2/T),     V = (df_2/T)/(1 - df_2/T)

(Hastie et al. 2022, Ann. Statist. 50; 2402.07712), the bias and the variance in units of sigma^2.
"""

from dataclasses import dataclass
from functools import cached_property, lru_cache
from math import inf

import numpy as np

from ...derivation import Step
from .ridge import Ridge
from .spectrum import Spectrum

#: Arrays of float64.
Array = np.ndarray

STEP = Step(
    "deterministic equivalents",
    r"\kappa - \lambda = \kappa\, \mathrm{df}_1/T,\quad B = \kappa^2 \sum_j \frac{s_j w_j^2}{(s_j + \kappa)^2}"
    r" \Big/ \Big(1 - \frac{\mathrm{df}_2}{T}\Big),\quad V = \frac{\mathrm{df}_2/T}{1 - \mathrm{df}_2/T}",
    "bias and variance of one fit in the limit d/T -> gamma, derived and not proved here",
)


@dataclass(frozen=True)
class Equivalent:
    """One fit.

    Attributes:
        spectrum: of the features.
        rows: T.
        penalty: lambda beside a mean over the rows; 0 where they are not as many as the features.

    >>> one = Equivalent(Spectrum((1.5, 0.5), (50, 50), (0.4, 0.8)), 160, 0.3)
    >>> round(one.kappa, 12), round(one.bias + 0.25 * one.variance, 8)
    (0.493708428599, 0.26819376)
    """

    spectrum: Spectrum
    rows: float
    penalty: float

    @cached_property
    def values(self) -> Array:
        """s_j."""
        return np.array(self.spectrum.values)

    @cached_property
    def multiplicities(self) -> Array:
        """m_j."""
        return np.array(self.spectrum.multiplicities, float)

    @cached_property
    def energies(self) -> Array:
        """w_j^2."""
        return np.array(self.spectrum.energies)

    @cached_property
    def kappa(self) -> float:
        """The ridge that the fit has in effect; 0 only without a ridge and with rows enough."""
        from scipy.optimize import root_scalar  # not at the top, for it doubles what `import theory` costs

        def excess(log_kappa: float) -> float:
            kappa = np.exp(log_kappa)
            freedom = float((self.multiplicities * self.values / (self.values + kappa)).sum())
            return self.penalty / kappa + freedom / self.rows - 1

        if self.penalty == 0 and self.rows >= self.spectrum.d:
            return 0.0
        low = high = float(np.log(self.values.max()))
        while excess(low) <= 0:
            low -= 1
        while excess(high) >= 0:
            high += 1
        return float(np.exp(root_scalar(excess, bracket=(low, high), method="brentq", xtol=1e-15, rtol=1e-15).root))

    @cached_property
    def kept(self) -> Array:
        """A_j = s_j/(s_j + kappa), the share of w* in each eigenspace that the fit keeps in the mean."""
        return self.values / (self.values + self.kappa)

    @cached_property
    def spread(self) -> float:
        """1 - df_2/T."""
        return 1 - float((self.multiplicities * self.kept**2).sum()) / self.rows

    @property
    def bias(self) -> float:
        """B; it is 0 where w* is kept as a whole."""
        lost = float((self.values * self.energies * (1 - self.kept) ** 2).sum())
        return lost / self.spread if lost else 0.0

    @property
    def variance(self) -> float:
        """V, in units of sigma^2; infinite, as at finite T, without a ridge at rows within one of the features."""
        return inf if self.penalty == 0 and abs(self.rows - self.spectrum.d) < 2 else 1 / self.spread - 1


@lru_cache(maxsize=10_000)
def one_fit(ridge: Ridge, rows: int, d: int) -> Equivalent:
    """The fit of a regression with a ridge, to so many rows."""
    return Equivalent(ridge.of_features(d), rows, ridge.penalty_at(rows))


def bias_and_variance(ridge: Ridge, rows: int, d: int) -> tuple[float, float]:
    """B, and V in units of sigma^2, in the limit; as `ridge_fit.bias_and_variance` for any spectrum."""
    fit = one_fit(ridge, rows, d)
    return fit.bias, fit.variance
