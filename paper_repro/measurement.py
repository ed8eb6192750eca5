"""A measured number with its standard error, and its confidence interval by Student's t: the one for all of them."""

import math
from dataclasses import dataclass

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

    Attributes:
        mean: the number.
        standard_error: of it; 0 where it is exact.
        degrees: of freedom of the standard error: seeds - 1, infinite where it is known.
    """

    mean: float
    standard_error: float = 0.0
    degrees: float = math.inf

    def __sub__(self, other: "Measurement") -> "Measurement":
        """The difference of two independent measurements, degrees of freedom by Welch and Satterthwaite."""
        return _combined(
            self.mean - other.mean, (self.standard_error, self.degrees), (other.standard_error, other.degrees)
        )

    def __truediv__(self, other: "Measurement") -> "Measurement":
        """The ratio of two independent measurements, to first order in their errors."""
        ratio = self.mean / other.mean
        return _combined(
            ratio,
            (self.standard_error / abs(other.mean), self.degrees),
            (abs(ratio) * other.standard_error / abs(other.mean), other.degrees),
        )

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
