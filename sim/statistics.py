"""Statistics of a stream of replicates, in memory that does not grow with their number, and the verdict on a law."""

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
from jaxtyping import Float, Float64, Int64

from theory import Law, UnequalLaw

if TYPE_CHECKING:
    from .run import Run

#: A law is rejected where |mean - law| exceeds this many standard errors. Were means normal, a true law would be
#: rejected at an iteration with probability 6e-7; squared errors are skewed, and with `NOISIEST` it was measured
#: as at most 6e-4 at T = d + 4, 2e-4 from T = d + 5 on, and below 1e-4 where T - d and the replicates are large.
Z = 5.0

#: The largest relative standard error at which a z-value is taken to say anything.
NOISIEST = 0.05

#: Replicates below which the error of an outer quantile is not known well enough for a verdict.
FEWEST_FOR_QUANTILES = 4000

#: The levels that a run reports: the central 95 % and the quartiles.
LEVELS = (0.025, 0.25, 0.5, 0.75, 0.975)


@dataclass(frozen=True)
class Moments:
    """Count, mean and sum of squared deviations of each column of some rows."""

    count: int
    mean: Float64[np.ndarray, " columns"]
    squares: Float64[np.ndarray, " columns"]

    @classmethod
    def of(cls, rows: Float64[np.ndarray, "rows columns"]) -> "Moments":
        """Those of these rows."""
        mean = rows.mean(0)
        deviation = rows - mean
        return cls(len(rows), mean, np.einsum("ij,ij->j", deviation, deviation))

    def __add__(self, other: "Moments") -> "Moments":
        """Those of the rows of both, in float64 (Chan, Golub and LeVeque 1983)."""
        count = self.count + other.count
        delta = other.mean - self.mean
        squares = self.squares + other.squares + delta**2 * (self.count * other.count / count)
        return Moments(count, self.mean + delta * (other.count / count), squares)


class Histogram:
    """Counts of non-negative numbers, column by column, in bins of relative width 2^-9 to 2^-10, and their quantiles.

    A bin is what the exponent and the leading 9 bits of the mantissa leave of a number. Numbers more than `_OCTAVES`
    below the largest of the first rows are counted in the lowest bin.
    """

    _BITS = 9
    _SHIFT = 52 - _BITS
    _OCTAVES = 100

    def __init__(self, columns: int) -> None:
        self.lowest = 0
        self.counts = np.zeros((columns, 0), np.int64)

    def add(self, rows: Float64[np.ndarray, "rows columns"]) -> None:
        """Count some more rows in."""
        bins = rows.view(np.int64) >> self._SHIFT
        highest = int(bins.max())
        if self.counts.size == 0:
            self.lowest = highest
        bins = np.maximum(bins, max(0, self.lowest + self.counts.shape[1] - (self._OCTAVES << self._BITS)))
        self._cover(int(bins.min()), highest)
        columns, width = self.counts.shape
        np.add.at(self.counts.reshape(-1), (bins + (np.arange(columns) * width - self.lowest)).ravel(), 1)

    def merge(self, lowest: int, counts: Int64[np.ndarray, "columns bins"]) -> None:
        """Count in what another histogram has."""
        if counts.size == 0:
            return
        if self.counts.size == 0:
            self.lowest = lowest
        self._cover(lowest, lowest + counts.shape[1] - 1)
        start = lowest - self.lowest
        self.counts[:, start : start + counts.shape[1]] += counts

    def _cover(self, lowest: int, highest: int) -> None:
        below = max(0, self.lowest - lowest)
        above = max(0, highest + 1 - (self.lowest + self.counts.shape[1]))
        if below or above:
            self.counts = np.pad(self.counts, ((0, 0), (below, above)))
            self.lowest -= below

    def quantile(self, level: float) -> Float64[np.ndarray, " columns"]:
        """The quantile at `level`, between the ends of its bin in proportion."""
        cumulative = np.cumsum(self.counts, axis=1)
        wanted = np.maximum(level * cumulative[:, -1], 0.5)
        place = (cumulative < wanted[:, None]).sum(1)[:, None]
        inside = np.take_along_axis(self.counts, place, 1)[:, 0]
        before = np.take_along_axis(cumulative, place, 1)[:, 0] - inside
        bins = place[:, 0] + self.lowest
        low, high = ((end << self._SHIFT).view(np.float64) for end in (bins, bins + 1))
        return low + (high - low) * (wanted - before) / inside


class Stream:
    """Statistics of a stream of non-negative rows, in memory that does not grow with their number."""

    def __init__(self, columns: int) -> None:
        self.moments = Moments(0, np.zeros(columns), np.zeros(columns))
        self.histogram = Histogram(columns)

    def add(self, rows: Float64[np.ndarray, "rows columns"]) -> None:
        """Take in some more rows, all finite and non-negative."""
        self.moments += Moments.of(rows)
        self.histogram.add(rows)

    @property
    def count(self) -> int:
        """Rows so far."""
        return self.moments.count

    @property
    def mean(self) -> Float64[np.ndarray, " columns"]:
        """The mean."""
        return self.moments.mean

    @property
    def standard_error(self) -> Float64[np.ndarray, " columns"]:
        """The standard error of the mean; NaN below two rows."""
        if self.count < 2:
            return np.full_like(self.mean, np.nan)
        return np.sqrt(self.moments.squares / (self.count - 1) / self.count)

    @property
    def relative_error(self) -> float:
        """The largest standard error of a mean, relative to that mean."""
        return float((self.standard_error / self.mean).max())

    def quantile(self, level: float) -> Float64[np.ndarray, " columns"]:
        """The quantile at `level`."""
        return self.histogram.quantile(level)

    def quantile_error(self, level: float) -> Float64[np.ndarray, " columns"]:
        """The standard error of that quantile: half the distance of those one binomial standard deviation away."""
        spread = np.sqrt(level * (1 - level) / self.count)
        low, high = (self.quantile(min(max(end, 0.0), 1.0)) for end in (level - spread, level + spread))
        return (high - low) / 2


@dataclass(frozen=True)
class Estimate:
    """An expectation estimated from independent replicates; one entry an iteration, the first is iteration 1.

    Attributes:
        mean: over replicates.
        standard_error: of that mean; NaN where the variance is infinite or there is one replicate.
        quantiles: level -> quantile over replicates, each within 0.2 % of the sample's; empty where the replicates'
            values are not test errors.
        quantile_errors: level -> the standard error of that quantile.
    """

    mean: Float[np.ndarray, " iterations"]
    standard_error: Float[np.ndarray, " iterations"]
    quantiles: dict[float, Float[np.ndarray, " iterations"]]
    quantile_errors: dict[float, Float[np.ndarray, " iterations"]]

    @classmethod
    def of(cls, stream: Stream, *, has_variance: bool, has_quantiles: bool) -> "Estimate":
        """What a stream shows."""
        error = stream.standard_error if has_variance else np.full_like(stream.mean, np.nan)
        levels = LEVELS if has_quantiles else ()
        quantiles = {level: stream.quantile(level) for level in levels}
        return cls(stream.mean, error, quantiles, {level: stream.quantile_error(level) for level in levels})


@dataclass(frozen=True)
class Comparison:
    """A simulation held against a law.

    Attributes:
        law: the law's values at iterations 1, 2, …
        z: (mean - law) / standard error at each iteration, or that of the quantile furthest off where means have no
            standard error; NaN where there is neither.
        max_abs_z: the largest |z|; NaN likewise.
        verdict: "agree", "disagree" (some |z| above `Z`) or "not comparable".
        reason: why, in a sentence.
    """

    law: Float[np.ndarray, " iterations"]
    z: Float[np.ndarray, " iterations"]
    max_abs_z: float
    verdict: str
    reason: str


def compare(run: "Run", law: Law | UnequalLaw, *, asymptotic: bool = False) -> Comparison:
    """Hold a run's mean test error against a law, iteration by iteration.

    Where the variance is infinite (a training set of fewer than d + 4 rows) a mean has no z-value: there the quantiles
    are held against the exact distribution, at the iterations where it is known. A run of the `gaussian` sampler is
    held against the limit that it simulates, c_n sigma^2 d / T.

    "not comparable" where there is nothing of this: no known distribution, too few replicates for a relative standard
    error of `NOISIEST`, or a law that holds only for T -> oo and `asymptotic` was not asked for. An asymptotic
    comparison counts the law's own error at finite T as disagreement: ask for it at T of at least 50 (d + 1) or so.

    Raises:
        ValueError: the law is of another workflow or design, or of equal pools where the run's are unequal.
    """
    model = run.model
    if (law.workflow, law.design) != (run.workflow, model.design) or isinstance(law, Law) == model.is_unequal:
        kinds = {False: "equal", True: "unequal"}
        raise ValueError(
            f"the run is of {run.workflow} at {model.design} design with {kinds[model.is_unequal]} pools, the law of "
            f"{law.workflow} at {law.design} design with {kinds[isinstance(law, UnequalLaw)]} pools. Compare a run "
            "with the law of its own workflow, design and pools."
        )
    values = _values(run, law)
    error = run.test_error.standard_error
    noise = float((error / run.test_error.mean).max())
    exact = isinstance(law, UnequalLaw) or law.exact or run.sampler == "gaussian"
    if run.moments < 2 and isinstance(law, Law) and run.moments:
        return _compare_quantiles(run, law, values)
    z = (run.test_error.mean - values) / error
    worst = float(np.abs(z).max())
    if run.moments < 2:
        verdict, reason = "not comparable", run.note
    elif not noise <= NOISIEST:
        verdict = "not comparable"
        reason = f"the standard error reaches {noise:.0%} of the mean and a verdict needs {NOISIEST:.0%}; use " + (
            f"about {run.replicates * (noise / NOISIEST) ** 2:.0f} replicates." if noise > 0 else "more replicates."
        )
    elif not exact and not asymptotic:
        verdict, reason = (
            "not comparable",
            "the law holds for T -> oo only; ask for an asymptotic comparison at large T.",
        )
    elif worst > Z:
        verdict, reason = (
            "disagree",
            f"the mean is {worst:.1f} standard errors from the law; at most {Z:g} is expected.",
        )
    else:
        verdict, reason = "agree", f"every mean is within {Z:g} standard errors of the law."
    return Comparison(values, z, worst, verdict, reason)


def _values(run: "Run", law: Law | UnequalLaw) -> Float[np.ndarray, " iterations"]:
    """What the law says of this run's means."""
    model, iterations = run.model, run.iterations
    if isinstance(law, UnequalLaw):
        return law.evaluate(T=model.rows(iterations), d=model.d, sigma=tuple(model.unit * model.noise(iterations)))
    if run.sampler == "gaussian":
        return np.array([float(c) for c in law.gain(iterations)]) * model.unit**2 * model.d / model.first_T
    return law.evaluate(T=model.first_T, d=model.d, sigma=model.unit, n=range(1, iterations + 1))


def _compare_quantiles(run: "Run", law: Law, values: Float[np.ndarray, " iterations"]) -> Comparison:
    """By quantiles, where the distribution is known and the mean's error is not."""
    z = np.full(run.iterations, np.nan)
    for n in range(1, run.iterations + 1):
        try:
            known = law.distribution(T=run.model.first_T, d=run.model.d, sigma=run.model.unit, n=n)
        except ValueError:
            continue
        shifts = [
            (values[n - 1] - known.ppf(level)) / run.test_error.quantile_errors[level][n - 1]
            for level, values in run.test_error.quantiles.items()
        ]
        z[n - 1] = max(shifts, key=abs, default=np.nan)
    compared = np.flatnonzero(np.isfinite(z)) + 1
    if not len(compared) or run.replicates < FEWEST_FOR_QUANTILES:
        reason = f"the variance is infinite; quantiles need {FEWEST_FOR_QUANTILES:,} replicates, and this run has none."
        return Comparison(values, np.full_like(z, np.nan), float("nan"), "not comparable", reason)
    worst = float(np.nanmax(np.abs(z)))
    where = "every iteration" if len(compared) == run.iterations else f"iteration {', '.join(map(str, compared))}"
    reason = (
        f"the variance is infinite, so the quantiles were held against the exact distribution at {where}: they are at "
        f"most {worst:.1f} standard errors away, and {Z:g} is expected."
    )
    return Comparison(values, z, worst, "disagree" if worst > Z else "agree", reason)
