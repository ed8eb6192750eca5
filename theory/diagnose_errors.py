"""What is known of the errors of measured losses, and what follows: is a linear model wrong, and where are its numbers?

A reading of a chain says mean losses X b, with a row of X for each iteration. Either standard errors are known, so that
generalised least squares has normal estimates and a chi-square misfit; or estimated, with Student's t and F; or
there are several seeds, and then nothing is assumed of how the losses of one chain go together: each seed is fitted by
itself, and the misfit is Hotelling's T^2 of contrasts that the model says are zero.
"""

import abc
import math
from dataclasses import dataclass

import numpy as np

Matrix = np.ndarray


@dataclass(frozen=True)
class Interval:
    """An estimate with its interval; without one where the losses leave no degree of freedom for it."""

    value: float
    low: float | None
    high: float | None

    def __str__(self) -> str:
        return f"{self.value:.4g}" + ("" if self.low is None else f" [{self.low:.4g}, {self.high:.4g}]")

    def values(self) -> dict[str, float | None]:
        """As JSON: `value`, `low`, `high`."""
        return {"value": self.value, "low": self.low, "high": self.high}


@dataclass(frozen=True)
class Test:
    """How far losses are from a model.

    Attributes:
        name: "chi-square" or "F".
        statistic: of the misfit; 0 for none.
        degrees: of freedom: one number for chi-square, two for F.
        log_likelihood: less that of a model with one free mean an iteration (for F its profile over the errors' size).
    """

    name: str
    statistic: float
    degrees: tuple[float, ...]
    log_likelihood: float

    @property
    def p_value(self) -> float:
        """Of losses that are as far off or farther, if the model is true."""
        from scipy import special  # not at the top, for it doubles what `import theory` costs

        above = special.chdtrc if len(self.degrees) == 1 else special.fdtrc
        return float(above(*self.degrees, self.statistic))

    @property
    def above(self) -> float:
        """One less the p-value, with its digits where that is near 1."""
        from scipy import special

        below = special.chdtr if len(self.degrees) == 1 else special.fdtr
        return float(below(*self.degrees, self.statistic))

    def stretch(self, level: float) -> float:
        """How many times as large the standard errors would have to be for the model just to fit."""
        from scipy import special

        one = len(self.degrees) == 1
        largest = special.chdtri(*self.degrees, 1 - level) if one else special.fdtri(*self.degrees, level)
        return math.sqrt(self.statistic / float(largest))


@dataclass(frozen=True)
class Contrast:
    """A combination of mean losses over its standard error, and the degrees of freedom of that."""

    t: float
    freedom: float

    @property
    def p_value(self) -> float:
        """Of a combination that is as far from 0 or farther, on either side, if its mean is 0."""
        from scipy import special

        return float(2 * special.stdtr(self.freedom, -abs(self.t)))


class Errors(abc.ABC):
    """Mean losses, and what is known of their errors."""

    mean: np.ndarray
    assumed: str

    @abc.abstractmethod
    def test(self, X: Matrix) -> Test | None:
        """Whether the mean losses may be X b; `None` where that cannot be tested."""

    @abc.abstractmethod
    def intervals(self, X: Matrix, combinations: Matrix, level: float) -> list[Interval]:
        """Estimates of F b for the rows F of `combinations`, each with an interval at that level."""

    @abc.abstractmethod
    def contrast(self, weights: np.ndarray) -> Contrast | None:
        """The mean losses times weights; `None` where the losses say nothing of their errors."""


@dataclass(frozen=True, eq=False)
class Independent(Errors):
    """Errors that are normal and independent between iterations.

    Attributes:
        mean: losses, one an iteration.
        deviation: of their errors: known, or one estimate for all.
        freedom: degrees of freedom of that estimate: infinite where it is known, 0 where there is none.
        assumed: in words.
    """

    mean: np.ndarray
    deviation: np.ndarray
    freedom: float
    assumed: str

    def test(self, X: Matrix) -> Test | None:
        """Chi-square, or F where the deviation is estimated."""
        count, squares = len(X) - X.shape[1], self._misfit(X)
        if count == 0 or self.freedom == 0:
            return None
        if math.isinf(self.freedom):
            return Test("chi-square", squares, (count,), -squares / 2)
        likelihood = -(self.freedom + len(X)) / 2 * math.log1p(squares / self.freedom)
        return Test("F", squares / count, (count, self.freedom), likelihood)

    def intervals(self, X: Matrix, combinations: Matrix, level: float) -> list[Interval]:
        """Normal, or Student's t: with what the model itself leaves over where there is no other estimate."""
        weights = combinations @ np.linalg.pinv(X / self.deviation[:, None])
        errors, freedom = np.linalg.norm(weights, axis=1), self.freedom
        if freedom == 0:
            freedom = len(X) - X.shape[1]
            errors = errors * math.sqrt(self._misfit(X) / freedom) if freedom else errors * math.nan
        half = errors * _quantile(level, freedom)
        return [
            _interval(value, width) for value, width in zip(weights @ (self.mean / self.deviation), half, strict=True)
        ]

    def contrast(self, weights: np.ndarray) -> Contrast | None:
        """Normal, or Student's t where the deviation is estimated."""
        error = float(np.linalg.norm(weights * self.deviation))
        return Contrast(float(weights @ self.mean) / error, self.freedom) if self.freedom else None

    def _misfit(self, X: Matrix) -> float:
        scaled, losses = X / self.deviation[:, None], self.mean / self.deviation
        residual = losses - scaled @ (np.linalg.pinv(scaled) @ losses)
        return float(residual @ residual)


@dataclass(frozen=True, eq=False)
class BySeed(Errors):
    """Losses of independent chains, normal, whatever the covariance of the losses of one chain.

    Attributes:
        losses: a row a seed, a column an iteration.
    """

    losses: np.ndarray
    assumed = (
        "seeds are independent and their losses normal; how the losses of one chain go together is left to the data"
    )

    @property
    def mean(self) -> np.ndarray:  # pyright: ignore[reportIncompatibleVariableOverride]: read alone
        """Over seeds."""
        return self.losses.mean(0)

    def test(self, X: Matrix) -> Test | None:
        """Of as many contrasts as half the seeds' degrees of freedom, the smoothest, chosen before any loss is seen."""
        seeds, count = len(self.losses), len(X) - X.shape[1]
        if count == 0:
            return None
        used = min(count, max(1, (seeds - 1) // 2))
        values = self.losses @ _contrasts(X)[:, :used]
        centre, spread = values.mean(0), np.atleast_2d(np.cov(values.T))
        if np.linalg.matrix_rank(spread, hermitian=True) < used:
            raise ValueError(
                f"the losses of the {seeds} seeds differ in too few ways for a test; give chains that share no seed."
            )
        squared = float(seeds * centre @ np.linalg.solve(spread, centre))
        statistic = squared * (seeds - used) / (used * (seeds - 1))
        return Test("F", statistic, (used, seeds - used), -seeds / 2 * math.log1p(squared / (seeds - 1)))

    def intervals(self, X: Matrix, combinations: Matrix, level: float) -> list[Interval]:
        """Student's t of the seeds' estimates by least squares."""
        values = self.losses @ (combinations @ np.linalg.pinv(X)).T
        half = values.std(0, ddof=1) / math.sqrt(len(values)) * _quantile(level, len(values) - 1)
        return [_interval(value, width) for value, width in zip(values.mean(0), half, strict=True)]

    def contrast(self, weights: np.ndarray) -> Contrast | None:
        """Student's t of the seeds' own."""
        values = self.losses @ weights
        error = float(values.std(ddof=1)) / math.sqrt(len(values))
        return Contrast(float(values.mean()) / error, len(values) - 1) if error else None


def _contrasts(X: Matrix) -> Matrix:
    """Orthonormal columns that are orthogonal to those of X: of the powers of n, the lowest first."""
    found = [*np.linalg.qr(X)[0].T]
    for column in np.polynomial.legendre.legvander(np.linspace(-1, 1, len(X)), len(X) - 1).T:
        rest = column / np.linalg.norm(column)
        for _ in range(2):  # once more for the digits that the first time cancels
            rest = rest - np.stack(found, 1) @ (np.stack(found, 1).T @ rest)
        if np.linalg.norm(rest) > 1e-6 and len(found) < len(X):
            found.append(rest / np.linalg.norm(rest))
    return np.stack(found[X.shape[1] :], axis=1)


def _quantile(level: float, freedom: float) -> float:
    from scipy import special

    return float(special.stdtrit(freedom, (1 + level) / 2)) if freedom else math.nan


def _interval(value: float, half: float) -> Interval:
    value = float(value)
    return (
        Interval(value, None, None) if math.isnan(half) else Interval(value, value - float(half), value + float(half))
    )
