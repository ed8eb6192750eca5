"""Statistics of replicates as they come, in memory that does not grow with their number."""

from dataclasses import dataclass

import numpy as np
from jaxtyping import Float, Float64, Int64

#: The levels that a run reports: the central 95 % and the quartiles.
LEVELS = (0.025, 0.25, 0.5, 0.75, 0.975)

#: A run is refused where more than this share of its replicates has no number: what is left says little of the others.
MOST_LOST = 0.05


@dataclass(frozen=True, eq=False)
class Moments:
    """Of each column of some rows, the mean and the sum of squared deviations of the numbers that are there.

    Attributes:
        count: rows.
        mean: of each column; 0 where it has no number.
        squares: sums of squared deviations from it.
        lost: so many rows have NaN, no number, in a column.
    """

    count: int
    mean: Float64[np.ndarray, " columns"]
    squares: Float64[np.ndarray, " columns"]
    lost: Int64[np.ndarray, " columns"]

    @classmethod
    def of(cls, rows: Float64[np.ndarray, "rows columns"]) -> "Moments":
        """Those of these rows."""
        there = ~np.isnan(rows)
        kept = there.sum(0)
        mean = np.where(there, rows, 0).sum(0) / np.maximum(kept, 1)
        deviation = np.where(there, rows - mean, 0)
        return cls(len(rows), mean, np.einsum("ij,ij->j", deviation, deviation), len(rows) - kept)

    @property
    def kept(self) -> Float64[np.ndarray, " columns"]:
        """The numbers that are there, by column."""
        return (self.count - self.lost).astype(np.float64)

    def __add__(self, other: "Moments") -> "Moments":
        """Those of the rows of both, in float64 (Chan, Golub and LeVeque 1983)."""
        kept = np.maximum(self.kept + other.kept, 1)
        delta = other.mean - self.mean
        squares = self.squares + other.squares + delta**2 * (self.kept * other.kept / kept)
        mean = self.mean + delta * (other.kept / kept)
        return Moments(self.count + other.count, mean, squares, self.lost + other.lost)


class Histogram:
    """Counts of non-negative numbers, column by column, in bins of relative width 2^-9 to 2^-10, and their quantiles.

    A bin is what the exponent and the leading 9 bits of the mantissa leave of a number. Numbers more than `_OCTAVES`
    below the largest of the first rows are counted in the lowest bin.
    """

    _BITS = 9
    _SHIFT = 52 - _BITS
    _OCTAVES = 100

    #: Of all non-negative numbers.
    BINS = 1 << (63 - _SHIFT)

    def __init__(self, columns: int) -> None:
        self.lowest = 0
        self.counts = np.zeros((columns, 0), np.int64)

    def add(self, rows: Float64[np.ndarray, "rows columns"]) -> None:
        """Count some more rows in; NaN is no number, and is left out."""
        bins, there = rows.view(np.int64) >> self._SHIFT, ~np.isnan(rows)
        highest = int(bins.max(where=there, initial=-1))
        if highest < 0:
            return
        if self.counts.size == 0:
            self.lowest = highest
        bins = np.maximum(bins, max(0, self.lowest + self.counts.shape[1] - (self._OCTAVES << self._BITS)))
        self._cover(int(bins.min(where=there, initial=highest)), highest)
        columns, width = self.counts.shape
        np.add.at(self.counts.reshape(-1), (bins + (np.arange(columns) * width - self.lowest))[there], 1)

    def merge(self, other: "Histogram") -> None:
        """Count in what another histogram has."""
        width = other.counts.shape[1]
        if width == 0:
            return
        if self.counts.size == 0:
            self.lowest = other.lowest
        self._cover(other.lowest, other.lowest + width - 1)
        start = other.lowest - self.lowest
        self.counts[:, start : start + width] += other.counts

    def arrays(self) -> tuple[int, Int64[np.ndarray, "columns bins"]]:
        """All there is to it, for files and other processes: the number of the lowest bin, and the counts."""
        return self.lowest, self.counts

    @classmethod
    def of(cls, lowest: int, counts: Int64[np.ndarray, "columns bins"]) -> "Histogram":
        """The histogram with these arrays."""
        histogram = cls(len(counts))
        histogram.lowest, histogram.counts = lowest, counts
        return histogram

    def _cover(self, lowest: int, highest: int) -> None:
        below = max(0, self.lowest - lowest)
        above = max(0, highest + 1 - (self.lowest + self.counts.shape[1]))
        if below or above:
            self.counts = np.pad(self.counts, ((0, 0), (below, above)))
            self.lowest -= below

    def quantile(self, level: float | Float64[np.ndarray, " columns"]) -> Float64[np.ndarray, " columns"]:
        """The quantile at a level, or at one a column, between the ends of its bin in proportion."""
        cumulative = np.cumsum(self.counts, axis=1)
        wanted = np.maximum(level * cumulative[:, -1], 0.5)
        place = (cumulative < wanted[:, None]).sum(1)[:, None]
        inside = np.take_along_axis(self.counts, place, 1)[:, 0]
        before = np.take_along_axis(cumulative, place, 1)[:, 0] - inside
        bins = place[:, 0] + self.lowest
        low, high = ((end << self._SHIFT).view(np.float64) for end in (bins, bins + 1))
        return low + (high - low) * (wanted - before) / inside


class RunningStatistics:
    """Moments and quantiles of non-negative rows that come one after another.

    A number that is lost is NaN, and is in none of them: they are of the numbers that are there.
    """

    def __init__(self, columns: int) -> None:
        self.moments = Moments(0, np.zeros(columns), np.zeros(columns), np.zeros(columns, np.int64))
        self.histogram = Histogram(columns)

    def add(self, rows: Float64[np.ndarray, "rows columns"]) -> None:
        """Take in some more rows, of numbers that are finite and non-negative, or lost."""
        self.moments += Moments.of(rows)
        self.histogram.add(rows)

    @property
    def count(self) -> int:
        """Rows so far."""
        return self.moments.count

    @property
    def lost(self) -> Int64[np.ndarray, " columns"]:
        """Of these rows, those that have no number in a column."""
        return self.moments.lost

    @property
    def lost_share(self) -> float:
        """The largest share of the rows that have no number in a column."""
        return float(self.lost.max()) / max(1, self.count)

    @property
    def mean(self) -> Float64[np.ndarray, " columns"]:
        """The mean; NaN where there is no number."""
        return np.where(self.moments.kept > 0, self.moments.mean, np.nan)

    @property
    def standard_error(self) -> Float64[np.ndarray, " columns"]:
        """The standard error of the mean; NaN below two numbers."""
        kept = np.where(self.moments.kept > 1, self.moments.kept, np.nan)
        return np.sqrt(self.moments.squares / (kept - 1) / kept)

    @property
    def relative_error(self) -> float:
        """The largest standard error of a mean, relative to that mean; infinite where the mean is 0."""
        mean = np.abs(self.mean)
        return float(np.where(mean > 0, self.standard_error / np.where(mean > 0, mean, 1), np.inf).max())

    def quantile(self, level: float | Float64[np.ndarray, " columns"]) -> Float64[np.ndarray, " columns"]:
        """The quantile at a level, or at one a column."""
        return self.histogram.quantile(level)

    def quantile_error(self, level: float) -> Float64[np.ndarray, " columns"]:
        """The standard error of that quantile: half the distance of those one binomial standard deviation away."""
        spread = np.sqrt(level * (1 - level) / self.moments.kept)
        low, high = (self.quantile(np.clip(end, 0.0, 1.0)) for end in (level - spread, level + spread))
        return (high - low) / 2


@dataclass(frozen=True, eq=False)
class Estimate:
    """An expectation estimated from independent replicates; one entry an iteration, the first is iteration 1.

    Of a population all arrays are (iterations, models).

    Attributes:
        mean: over replicates.
        standard_error: of that mean; NaN where the variance is infinite or there is one replicate.
        quantiles: level -> quantile over replicates, each within 0.2 % of the sample's; empty where the replicates'
            values are not test errors.
        quantile_errors: level -> the standard error of that quantile.
    """

    mean: Float[np.ndarray, "iterations *models"]
    standard_error: Float[np.ndarray, "iterations *models"]
    quantiles: dict[float, Float[np.ndarray, "iterations *models"]]
    quantile_errors: dict[float, Float[np.ndarray, "iterations *models"]]

    @classmethod
    def of(
        cls, found: RunningStatistics, *, has_variance: bool, has_quantiles: bool, models: int | None = None
    ) -> "Estimate":
        """What was found; with `models` the columns are those of so many models at each iteration."""

        def shaped(columns: Float64[np.ndarray, " columns"]) -> Float[np.ndarray, "iterations *models"]:
            return columns if models is None else columns.reshape(-1, models)

        error = found.standard_error if has_variance else np.full_like(found.mean, np.nan)
        levels = LEVELS if has_quantiles else ()
        return cls(
            shaped(found.mean),
            shaped(error),
            {level: shaped(found.quantile(level)) for level in levels},
            {level: shaped(found.quantile_error(level)) for level in levels},
        )
