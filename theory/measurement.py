"""A measured number with its standard error, and its confidence interval by Student's t: the one for all of them."""

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from scipy import stats

#: Of every confidence interval.
LEVEL = 0.95


def errors_to_a_side(degrees: int | float, level: float = LEVEL) -> float:
    """Standard errors that a two-sided confidence interval reaches to either side of a mean, by Student's t.

    >>> round(errors_to_a_side(3), 2), round(errors_to_a_side(math.inf), 2)
    (3.18, 1.96)
    """
    return float(stats.t.ppf((1 + level) / 2, degrees))


@dataclass(frozen=True)
class Measurement:
    """A mean with its standard error.

    Two measurements over the same number of seeds are paired, seed by seed, in differences and ratios: chains of one
    seed share data and first weights, so that much of their scatter is common to both. That is right too where they
    share nothing, since seeds are independent of each other.

    Attributes:
        mean: the number.
        standard_error: of it; 0 where it is exact.
        degrees: of freedom of the standard error: seeds - 1, infinite where it is known.
        by_seed: each seed's value, if they are known.
    """

    mean: float
    standard_error: float = 0.0
    degrees: float = math.inf
    by_seed: tuple[float, ...] = ()

    @classmethod
    def of(cls, by_seed: Sequence[float] | np.ndarray) -> "Measurement":
        """That of each seed's value.

        >>> of = Measurement.of([1.0, 2.0, 3.0])
        >>> of.mean, round(of.standard_error, 3), of.degrees
        (2.0, 0.577, 2.0)
        """
        values = np.asarray(by_seed, np.float64)
        error = float(values.std(ddof=1)) / len(values) ** 0.5
        return cls(float(values.mean()), error, len(values) - 1.0, tuple(values.tolist()))

    def __sub__(self, other: "Measurement") -> "Measurement":
        """The difference: of pairs, or of independent measurements, degrees of freedom by Welch and Satterthwaite."""
        if self._paired(other):
            return Measurement.of(np.subtract(self.by_seed, other.by_seed))
        return _combined(
            self.mean - other.mean, (self.standard_error, self.degrees), (other.standard_error, other.degrees)
        )

    def __truediv__(self, other: "Measurement") -> "Measurement":
        """The ratio of the means, of pairs or of independent measurements, to first order in their errors.

        What it keeps by seed are the ratio and each seed's part in its first-order error, whose mean is 0, so that
        further differences and ratios are paired too.
        """
        ratio = self.mean / other.mean
        if self._paired(other):
            # Each seed's part in the first-order error of the ratio.
            parts = np.subtract(self.by_seed, ratio * np.array(other.by_seed)) / other.mean
            return Measurement.of(ratio + parts)
        return _combined(
            ratio,
            (self.standard_error / abs(other.mean), self.degrees),
            (abs(ratio) * other.standard_error / abs(other.mean), other.degrees),
        )

    def _paired(self, other: "Measurement") -> bool:
        return bool(self.by_seed) and len(self.by_seed) == len(other.by_seed)

    def interval(self, level: float = LEVEL) -> tuple[float, float]:
        """The two-sided confidence interval of the mean."""
        half = errors_to_a_side(self.degrees, level) * self.standard_error if self.standard_error else 0.0
        return self.mean - half, self.mean + half


def _combined(mean: float, *parts: tuple[float, float]) -> Measurement:
    variance = sum(error**2 for error, _ in parts)
    if variance == 0:
        return Measurement(mean)
    spread = sum(error**4 / degrees for error, degrees in parts)
    return Measurement(mean, variance**0.5, variance**2 / spread if spread else math.inf)
