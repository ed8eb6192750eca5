"""An estimated number with its standard error, and whether its confidence interval shows what a claim says."""

import math
from dataclasses import dataclass

from scipy import stats


@dataclass(frozen=True)
class Estimate:
    """A mean with its standard error.

    Attributes:
        mean: the number.
        standard_error: of it; 0 where it is exact.
        degrees: of freedom of the standard error: seeds - 1, infinite where it is known.
    """

    mean: float
    standard_error: float = 0.0
    degrees: float = math.inf

    def __sub__(self, other: "Estimate") -> "Estimate":
        """The difference of two independent estimates, degrees of freedom by Welch and Satterthwaite."""
        return _combined(
            self.mean - other.mean, (self.standard_error, self.degrees), (other.standard_error, other.degrees)
        )

    def __truediv__(self, other: "Estimate") -> "Estimate":
        """The ratio of two independent estimates, to first order in their errors."""
        ratio = self.mean / other.mean
        return _combined(
            ratio,
            (self.standard_error / abs(other.mean), self.degrees),
            (abs(ratio) * other.standard_error / abs(other.mean), other.degrees),
        )

    def interval(self, level: float) -> tuple[float, float]:
        """The two-sided confidence interval of the mean by Student's t."""
        half = stats.t.ppf((1 + level) / 2, self.degrees) * self.standard_error if self.standard_error else 0.0
        return self.mean - half, self.mean + half


def _combined(mean: float, *parts: tuple[float, float]) -> Estimate:
    variance = sum(error**2 for error, _ in parts)
    if variance == 0:
        return Estimate(mean)
    spread = sum(error**4 / degrees for error, degrees in parts)
    return Estimate(mean, variance**0.5, variance**2 / spread if spread else math.inf)
