"""Statistics of a stream of replicates, in memory that does not grow with their number, and the verdict on a law."""

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
from jaxtyping import Float, Float64

from theory import Law

if TYPE_CHECKING:
    from .run import Run

#: A law is rejected where |mean - law| exceeds this many standard errors. Were means normal, a true law would be
#: rejected at an iteration with probability 6e-7; squared errors are skewed, and with `NOISIEST` it was measured
#: as at most 6e-4 at T = d + 4, 2e-4 from T = d + 5 on, and below 1e-4 where T - d and the replicates are large.
Z = 5.0

#: The largest relative standard error at which a z-value is taken to say anything.
NOISIEST = 0.05

#: The levels that a run reports: the central 95 % and the quartiles.
LEVELS = (0.025, 0.25, 0.5, 0.75, 0.975)


class Stream:
    """Mean, variance and quantiles of each column of a stream of non-negative rows, merged in the order they come.

    Mean and variance are merged pairwise (Chan, Golub and LeVeque 1983), in float64. Quantiles are read off a
    histogram whose bins are the leading 8 bits of the mantissa, so they are within 0.2 % of the sample quantile.
    """

    _BITS = 8

    def __init__(self, columns: int) -> None:
        self.count = 0
        self._mean = np.zeros(columns)
        self._squares = np.zeros(columns)
        self._lowest: int | None = None
        self._histogram = np.zeros((columns, 0), np.int64)

    def add(self, rows: Float64[np.ndarray, "rows columns"]) -> None:
        """Take in some more rows, all finite and non-negative."""
        count, mean = len(rows), rows.mean(0)
        delta, total = mean - self._mean, self.count + count
        self._squares += ((rows - mean) ** 2).sum(0) + delta**2 * (self.count * count / total)
        self._mean += delta * (count / total)
        self.count = total

        bins = rows.view(np.int64) >> (52 - self._BITS)
        lowest, highest = int(bins.min()), int(bins.max())
        if self._lowest is None:
            self._lowest = lowest
        end = self._lowest + self._histogram.shape[1]
        wider = ((0, 0), (max(0, self._lowest - lowest), max(0, highest + 1 - end)))
        self._histogram = np.pad(self._histogram, wider)
        self._lowest = min(lowest, self._lowest)
        np.add.at(self._histogram, (np.arange(rows.shape[1]), bins - self._lowest), 1)

    @property
    def mean(self) -> Float64[np.ndarray, " columns"]:
        """The mean."""
        return self._mean.copy()

    @property
    def standard_error(self) -> Float64[np.ndarray, " columns"]:
        """The standard error of the mean; NaN below two rows."""
        if self.count < 2:
            return np.full_like(self._mean, np.nan)
        return np.sqrt(self._squares / (self.count - 1) / self.count)

    def quantile(self, level: float) -> Float64[np.ndarray, " columns"]:
        """The quantile at `level`, in the middle of its bin."""
        reached = np.cumsum(self._histogram, axis=1) >= level * self.count
        bins = reached.argmax(1) + (self._lowest or 0)
        middle = (bins << (52 - self._BITS)) + (1 << (51 - self._BITS))
        return middle.astype(np.int64).view(np.float64)


@dataclass(frozen=True)
class Estimate:
    """An expectation estimated from independent replicates; one entry an iteration, the first is iteration 1.

    Attributes:
        mean: over replicates.
        standard_error: of that mean; NaN where the variance is infinite or there is one replicate.
        quantiles: level -> quantile over replicates, each within 0.2 % of the sample's.
    """

    mean: Float[np.ndarray, " iterations"]
    standard_error: Float[np.ndarray, " iterations"]
    quantiles: dict[float, Float[np.ndarray, " iterations"]]


@dataclass(frozen=True)
class Comparison:
    """A simulation held against a law.

    Attributes:
        law: the law's values at iterations 1, 2, …
        z: (mean - law) / standard error at each iteration; NaN where there is no standard error.
        max_abs_z: the largest |z|; NaN likewise.
        verdict: "agree", "disagree" (some |z| above `Z`) or "not comparable".
        reason: why, in a sentence.
    """

    law: Float[np.ndarray, " iterations"]
    z: Float[np.ndarray, " iterations"]
    max_abs_z: float
    verdict: str
    reason: str


def compare(run: "Run", law: Law, *, asymptotic: bool = False) -> Comparison:
    """Hold a run's mean test error against a law, iteration by iteration.

    "not comparable" where z has no meaning: infinite variance (T <= d + 3), too few replicates for a relative standard
    error of `NOISIEST`, or a law that holds only for T -> oo and `asymptotic` was not asked for. An asymptotic
    comparison counts the law's own error at finite T as disagreement: ask for it at T of at least 50 (d + 1) or so.

    Raises:
        ValueError: the law is of another workflow or design.
    """
    if (law.workflow, law.design) != (run.workflow, run.model.design):
        raise ValueError(
            f"the run is of {run.workflow} at {run.model.design} design, the law of {law.workflow} at {law.design} "
            "design. Compare a run with the law of its own workflow and design."
        )
    iterations = range(1, run.iterations + 1)
    values = law.evaluate(T=run.model.T, d=run.model.d, sigma=run.model.sigma, n=iterations)
    z = (run.test_error.mean - values) / run.test_error.standard_error
    worst = float(np.abs(z).max())
    noise = float((run.test_error.standard_error / run.test_error.mean).max())
    if not run.model.has_variance:
        verdict, reason = "not comparable", run.note
    elif not noise <= NOISIEST:
        verdict = "not comparable"
        reason = f"the standard error reaches {noise:.0%} of the mean and a verdict needs {NOISIEST:.0%}; use " + (
            f"about {run.replicates * (noise / NOISIEST) ** 2:.0f} replicates." if noise > 0 else "more replicates."
        )
    elif not law.exact and not asymptotic:
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
