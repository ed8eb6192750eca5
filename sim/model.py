"""What is refitted: linear regression by least squares, as in Gerstgrasser et al. (2404.01413), section 3."""

import math
from collections.abc import Sequence
from dataclasses import dataclass, field
from fractions import Fraction
from typing import Any

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
        sizes, noises = _several("T", self.T), _several("sigma", self.sigma)
        _, d, _ = check_domain(sizes[0], self.d, noises[0])
        noises = tuple(check_domain(sizes[0], d, sigma)[2] for sigma in noises)
        for T in sizes:
            # later pools may be smaller than d + 2: what counts is the training sets, which a run checks
            if isinstance(T, bool) or not isinstance(T, (int, np.integer)) or not 1 <= T <= 2**53:
                raise ValueError(f"T must be whole numbers of at least 1, one an iteration; got {T!r} among them.")
        sizes = tuple(int(T) for T in sizes)
        object.__setattr__(self, "T", sizes if _is_several(self.T) else sizes[0])
        object.__setattr__(self, "sigma", noises if _is_several(self.sigma) else noises[0])
        object.__setattr__(self, "d", d)
        object.__setattr__(self, "covariance", _checked(self.covariance, d))

    @property
    def first_T(self) -> int:
        """Rows of real(1)."""
        return _several("T", self.T)[0]

    @property
    def unit(self) -> float:
        """The noise standard deviation of real(1): chains run in its units."""
        return _several("sigma", self.sigma)[0]

    @property
    def is_unequal(self) -> bool:
        """Whether T or sigma is given iteration by iteration."""
        return _is_several(self.T) or _is_several(self.sigma)

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


def _is_several(value: object) -> bool:
    return isinstance(value, (Sequence, np.ndarray)) and not isinstance(value, str)


def _several(name: str, value: Any) -> tuple:
    """One value, or one an iteration, as a tuple."""
    if not _is_several(value):
        return (value,)
    if len(value) == 0:
        raise ValueError(f"{name} needs a number, or one an iteration; got none.")
    return tuple(value)


def _checked(covariance: np.ndarray | None, d: int) -> np.ndarray | None:
    """A copy that nobody can change."""
    if covariance is None:
        return None
    covariance = np.array(covariance, np.float64)
    valid = covariance.shape == (d, d) and np.allclose(covariance, covariance.T)
    if not valid or not np.linalg.eigvalsh(covariance).min() > 0:
        raise ValueError(
            f"covariance must be a symmetric positive definite matrix of shape ({d}, {d}); "
            f"got shape {covariance.shape}. Leave it out for the identity."
        )
    covariance.setflags(write=False)
    return covariance


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
