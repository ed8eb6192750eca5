"""What is refitted: linear regression by least squares, as in Gerstgrasser et al. (2404.01413), section 3."""

import math
from collections.abc import Sequence
from dataclasses import dataclass, field
from fractions import Fraction

import numpy as np
from jaxtyping import Float64

from theory import Pool, TrainingSet, Workflow
from theory.setting import check_design, check_domain
from theory.workflow import Index, Number


@dataclass(frozen=True, eq=False)
class LinearRegression:
    """Rows x ~ N(0, covariance), labels y = x·w* + noise, noise ~ N(0, sigma^2); each model by least squares.

    The test error is the excess risk (w_n - w*)' covariance (w_n - w*): the noise of a test label is left out.

    Attributes:
        T: rows a pool, at least d + 2; or one number an iteration, of the pools made at iterations 1, 2, …
        d: features.
        sigma: noise standard deviation; or one an iteration, likewise.
        design: "fixed" (one X serves every pool, only the labels are new) or "fresh" (each pool has its own X).
        covariance: d × d positive definite; the identity where it is `None`. The law does not depend on it.

    Raises:
        ValueError: outside this domain.
    """

    T: int | Sequence[int]
    d: int
    sigma: float | Sequence[float] = 1.0
    design: str = field(kw_only=True)
    covariance: np.ndarray | None = None

    def __post_init__(self) -> None:
        """Check the values, and store them as plain numbers."""
        check_design(self.design)
        values: dict[str, object] = {}
        for name in ("T", "sigma"):
            given = getattr(self, name)
            many = isinstance(given, (Sequence, np.ndarray)) and not isinstance(given, str)
            if many and len(given) == 0:
                raise ValueError(f"{name} needs a number, or one an iteration; got none.")
            values[name] = tuple(given) if many else given
        first_T, first_sigma = self._first(values["T"]), self._first(values["sigma"])
        values["d"] = check_domain(first_T, self.d, first_sigma)[1]
        for sigma in values["sigma"] if isinstance(values["sigma"], tuple) else ():
            check_domain(first_T, self.d, sigma)
        for T in values["T"] if isinstance(values["T"], tuple) else ():
            # later pools may be smaller than d + 2: what counts is the training sets, which a run checks
            if isinstance(T, bool) or not isinstance(T, (int, np.integer)) or not 1 <= T <= 2**53:
                raise ValueError(f"T must be whole numbers of at least 1, one an iteration; got {T!r} among them.")
        covariance = self.covariance
        if covariance is not None:
            covariance = np.array(covariance, np.float64)
            d = self.d
            valid = covariance.shape == (d, d) and np.allclose(covariance, covariance.T)
            if not valid or not np.linalg.eigvalsh(covariance).min() > 0:
                raise ValueError(
                    f"covariance must be a symmetric positive definite matrix of shape ({d}, {d}); "
                    f"got shape {covariance.shape}. Leave it out for the identity."
                )
            covariance.setflags(write=False)
        plain = {"T": int, "sigma": float}
        for name, kind in plain.items():
            given = values[name]
            values[name] = tuple(map(kind, given)) if isinstance(given, tuple) else kind(given)  # type: ignore
        for name, value in (values | {"covariance": covariance}).items():
            object.__setattr__(self, name, value)

    @staticmethod
    def _first(value: object) -> object:
        return value[0] if isinstance(value, tuple) else value

    @property
    def first_T(self) -> int:
        """Rows of real(1)."""
        return self.T[0] if isinstance(self.T, tuple) else self.T  # type: ignore

    @property
    def unit(self) -> float:
        """The noise standard deviation of real(1): chains run in its units."""
        return self.sigma[0] if isinstance(self.sigma, tuple) else self.sigma  # type: ignore

    @property
    def is_unequal(self) -> bool:
        """Whether T or sigma is given iteration by iteration."""
        return isinstance(self.T, tuple) or isinstance(self.sigma, tuple)

    def rows(self, iterations: int) -> tuple[int, ...]:
        """T of iterations 1, 2, …, `iterations`."""
        return self._each("T", iterations)

    def noise(self, iterations: int) -> Float64[np.ndarray, " iterations"]:
        """The noise of the pools made at iterations 1, 2, …, in units of that of real(1)."""
        return np.array(self._each("sigma", iterations)) / self.unit

    def _each(self, name: str, iterations: int) -> tuple:
        value = getattr(self, name)
        if not isinstance(value, tuple):
            return (value,) * iterations
        if len(value) < iterations:
            raise ValueError(
                f"{name} names {len(value)} iterations and {iterations} are run. Give one number for each."
            )
        return value[:iterations]

    def sized(self, workflow: Workflow, iterations: int) -> Workflow:
        """The workflow with its pools in multiples of the rows of real(1), whatever T is at each iteration."""
        return Sized(workflow, self.rows(iterations)) if isinstance(self.T, tuple) else workflow


@dataclass(frozen=True)
class Sized(Workflow):
    """A workflow whose iteration i has T_i in place of T; sizes are in multiples of T_1."""

    workflow: Workflow
    rows: tuple[int, ...]

    def training_set(self, iteration: Index) -> TrainingSet:
        """That of the workflow."""
        return self.workflow.training_set(iteration)

    def pool_size(self, pool: Index) -> Number:
        """That of the workflow, times T_i / T_1."""
        return self.workflow.pool_size(pool) * Fraction(self.rows[pool - 1], self.rows[0])

    def size(self, pool: Pool) -> Fraction:
        """The same for real pools."""
        return self.workflow.size(pool) * Fraction(self.rows[pool.index - 1], self.rows[0])

    def __str__(self) -> str:
        """That of the workflow."""
        return str(self.workflow)


def fewest_rows(model: LinearRegression, workflow: Workflow, iterations: int) -> int:
    """The fewest different rows of x that a training set can have: they decide which moments the test error has.

    At fixed design a pool repeats the rows of X, and an unlucky subsample draws as many copies of each as there are.
    """
    sized, fewest = model.sized(workflow, iterations), math.inf
    for iteration in range(1, iterations + 1):
        rows = sum(sized.size(pool) for pool, share in sized.shares(iteration).items() if share)
        drawn = sized.drawn(iteration)
        if model.design == "fixed":
            rows = Fraction(1) if drawn is None else drawn / rows
        elif drawn is not None:
            rows = drawn
        fewest = min(fewest, math.ceil(rows * model.first_T))
    return int(fewest)
