"""What the samplers of ridge regression share: the truth, the spectrum, the ridge, and which moments there are.

Gaussian rows can be turned, so the covariance is taken diagonal, and w* has one component in each eigenspace. Chains
run in units of the noise. A training set's rows are weighted so that its normal equations are

    (sum of weights x x' + strength) w = sum of weights x y

with one strength for all iterations: the weights add up to T if the ridge is scaled, else to the rows of the set.
"""

from dataclasses import dataclass
from fractions import Fraction
from typing import ClassVar

import equinox as eqx
import jax.numpy as jnp
import numpy as np
from jaxtyping import Array, Float, Float64

from theory import LinearRegression, Spectrum, Workflow
from theory.tasks.regression.ridge import Ridge

from .base import AbstractSampler
from .least_squares import different_rows, features, first_rows, is_fixed, is_least_squares, unit


class AbstractRidge(AbstractSampler[LinearRegression]):
    """A sampler of test errors of ridge regression and of least-norm fits, in units of the noise variance.

    Attributes:
        numbers: of the task.
        root: the square roots of the eigenvalues of a row's covariance.
        truth: w* along the eigenvectors, in units of the noise.
    """

    advice: ClassVar[str] = "Use float64, a larger ridge, or training sets whose rows are further from d in number."

    numbers: "RidgeNumbers" = eqx.field(static=True)
    root: Float[Array, " d"]
    truth: Float[Array, " d"]

    @classmethod
    def serves(cls, task: LinearRegression, workflow: Workflow, iterations: int) -> bool:
        """Where there is a ridge, or a fit may have fewer rows than features; if it is the one that is meant."""
        return not is_least_squares(task, workflow, iterations) and cls.is_meant(task, workflow, iterations)

    @classmethod
    def is_meant(cls, task: LinearRegression, workflow: Workflow, iterations: int) -> bool:
        """Whether this is the one that is meant, where several samplers with a ridge have one name."""
        del task, workflow, iterations
        return True

    @property
    def scale(self) -> float:
        """Errors are in units of the noise variance."""
        return self.numbers.sigma**2

    @property
    def moments(self) -> int:
        """All, with a ridge; without one those of the training set whose rows are nearest to d in number."""
        return self.numbers.moments

    @property
    def note(self) -> str:
        """Which moments are missing, and why."""
        return self.numbers.note

    def squared(self, error: Float[Array, " d"]) -> Float[Array, ""]:
        """The excess risk of an error along the eigenvectors."""
        return ((error * self.root) ** 2).sum()


@dataclass(frozen=True)
class RidgeNumbers:
    """The numbers of a ridge regression under a workflow.

    Attributes:
        T: rows of real(1).
        d: features.
        sigma: the noise standard deviation.
        fixed: whether one X serves every pool.
        strength: what is added to the diagonal of a training set's weighted X'X; 0 without a ridge.
        different: of each training set the fewest and the most different rows.
    """

    T: int
    d: int
    sigma: float
    fixed: bool
    strength: float
    different: tuple[tuple[int, int], ...]

    @classmethod
    def of(cls, task: LinearRegression, workflow: Workflow, iterations: int) -> "RidgeNumbers":
        """Those of a task under a workflow."""
        T, ridge = first_rows(task), penalty(task)
        strength = ridge.penalty * (T if ridge.scaled else 1)
        different = tuple(different_rows(task, workflow, iterations))
        return cls(T, features(task), unit(task), is_fixed(task), strength, different)

    @property
    def gaps(self) -> tuple[int, ...]:
        """How far each training set's rows are from d in number, at least."""
        return tuple(max(0, fewest - self.d, self.d - most) for fewest, most in self.different)

    @property
    def moments(self) -> int:
        """Without a ridge moment q is finite where 2 q is less than |rows - d| + 1, and what is not stays so."""
        return 2 if self.strength else min(2, min(self.gaps) // 2)

    @property
    def full_rank(self) -> bool:
        """Whether every fit has one solution whatever its norm."""
        return bool(self.strength) or min(fewest for fewest, _ in self.different) >= self.d

    @property
    def note(self) -> str:
        """What to know of the moments; empty where there are two."""
        if self.moments == 2:
            return ""
        gap = min(self.gaps)
        model = self.gaps.index(gap) + 1
        fewest, most = self.different[model - 1]
        rows = str(fewest) if fewest == most else f"{fewest} to {most}"
        why = f"without a ridge, model {model} is fitted to {rows} different rows at d={self.d}, and its test error "
        if self.moments == 1:
            return why + (
                "has a mean but its variance is infinite (finite from d - 4 rows down and from d + 4 up): a standard "
                "error would mean nothing and is not given."
            )
        return why + (
            "has no mean (there is one from d - 2 rows down and from d + 2 up): neither a mean from there on nor a "
            "standard error means anything. Quantiles do, or use a ridge."
        )


def penalty(task: LinearRegression) -> Ridge:
    """The ridge of a task that has one."""
    assert task.penalty is not None, "the samplers of ridge regression serve no other tasks"
    return task.penalty


def spectrum(task: LinearRegression) -> Spectrum:
    """That of the covariance and w*."""
    return penalty(task).of_features(features(task))


def root_of(task: LinearRegression, dtype: np.dtype) -> Float[Array, " d"]:
    """The square roots of the covariance's eigenvalues."""
    found = spectrum(task)
    return jnp.asarray(np.repeat(found.values, found.multiplicities) ** 0.5, dtype)


def truth_of(task: LinearRegression, dtype: np.dtype) -> Float[Array, " d"]:
    """W* along the eigenvectors, the first of each eigenspace turned to it; in units of the noise."""
    found = spectrum(task)
    components = np.zeros(found.d)
    first = np.cumsum((0, *found.multiplicities))[:-1]
    components[first] = np.sqrt(found.energies) / unit(task)
    return jnp.asarray(components, dtype)


def totals(task: LinearRegression, workflow: Workflow, iterations: int) -> Float64[np.ndarray, " iterations"]:
    """What the weights of each training set's rows add up to, in multiples of T."""
    ridge = penalty(task)
    return np.array([1.0 if ridge.scaled else float(rows_of(workflow, n)) for n in range(1, iterations + 1)])


def rows_of(workflow: Workflow, iteration: int) -> Fraction:
    """The rows that a model is fitted to, each repetition counted, in multiples of T."""
    drawn = workflow.drawn(iteration)
    if drawn is not None:
        return drawn
    return sum((workflow.size(pool) for pool, share in workflow.shares(iteration).items() if share), Fraction(0))
