"""What the samplers of regression have in common: rows, noises, moments, and the pools in multiples of T."""

import math
from collections.abc import Sequence
from dataclasses import dataclass
from fractions import Fraction
from typing import ClassVar, TypeVar

import equinox as eqx
import jax.numpy as jnp
import numpy as np
from jaxtyping import Array, Float, Float64

from theory import Generator, LinearRegression, Pool, TrainingSet, Workflow
from theory.workflow import Index, Number

from .base import FIRST_LOOK, AbstractSampler

#: Rows a training set that float32 takes by default, over d + 8: fits are then well-conditioned, and what the tails
#: of float32 normal variables lack is below one part in a million of a mean.
_WELL_CONDITIONED = 2

_Number = TypeVar("_Number", int, float)


class AbstractLeastSquares(AbstractSampler[LinearRegression]):
    """A sampler of test errors, in units of real(1)'s noise variance."""

    advice: ClassVar[str] = (
        "Use float64, more samples, fewer features, or leave the covariance out, which changes no law."
    )

    numbers: "Numbers" = eqx.field(static=True)

    @classmethod
    def serves(cls, task: LinearRegression, workflow: Workflow, iterations: int) -> bool:
        """Where there is no ridge, if it is the one that is meant."""
        return is_least_squares(task, workflow, iterations) and cls.is_meant(task, workflow, iterations)

    @classmethod
    def is_meant(cls, task: LinearRegression, workflow: Workflow, iterations: int) -> bool:
        """Whether this is the one that is meant, where several samplers of least squares have one name."""
        del task, workflow, iterations
        return True

    @classmethod
    def generator_objection(
        cls, generator: Generator, task: LinearRegression, workflow: Workflow, iterations: int
    ) -> str | None:
        """Sizes and noises must not be given twice."""
        del workflow, iterations
        return given_twice(task, generator)

    @classmethod
    def suits_float32(cls, task: LinearRegression, workflow: Workflow, iterations: int) -> bool:
        """Where every training set has many rows."""
        return fewest_rows(task, workflow, iterations) >= _WELL_CONDITIONED * (features(task) + 8)

    @property
    def T(self) -> int:
        """Rows of real(1)."""
        return self.numbers.T

    @property
    def d(self) -> int:
        """Features."""
        return self.numbers.d

    @property
    def fixed(self) -> bool:
        """Whether one X serves every pool."""
        return self.numbers.fixed

    @property
    def scale(self) -> float:
        """Errors scale with sigma^2, and in its units no sigma is too small or too large to be carried."""
        return self.numbers.unit**2

    @property
    def moments(self) -> int:
        """Those of a fit to the fewest rows."""
        return self.numbers.moments

    @property
    def note(self) -> str:
        """Which moments are missing, and why."""
        return self.numbers.note


@dataclass(frozen=True)
class Numbers:
    """The numbers of a regression that its samplers share.

    Attributes:
        T: rows of real(1).
        d: features.
        unit: the noise standard deviation of real(1): chains run in its units.
        fixed: whether one X serves every pool.
        fewest: the fewest different rows of x that a training set can have.
    """

    T: int
    d: int
    unit: float
    fixed: bool
    fewest: int

    @classmethod
    def of(cls, task: LinearRegression, workflow: Workflow, iterations: int) -> "Numbers":
        """Those of a task under a workflow."""
        fewest = fewest_rows(task, workflow, iterations)
        return cls(first_rows(task), features(task), unit(task), is_fixed(task), fewest)

    @property
    def moments(self) -> int:
        """The number of moments that the test error has: moment q is finite where 2 q < rows - d + 1."""
        return max(0, min(2, (self.fewest - self.d) // 2))

    @property
    def note(self) -> str:
        """What to know of the moments; empty where there are two."""
        if self.moments == 1:
            return (
                f"with {self.fewest} rows in a training set at d={self.d} the test error has a mean but its variance "
                "is infinite (finite from d + 4 rows on): a standard error would mean nothing and is not given."
            )
        if self.moments == 0:
            return (
                f"a training set has, or by an unlucky draw may have, {self.fewest} different rows at d={self.d}, and "
                "a finite mean needs d + 2: the test error has no mean, and no standard error is given."
            )
        return ""


def first_rows(task: LinearRegression) -> int:
    """Rows of real(1)."""
    return _each("T", task.T, 1)[0]


def features(task: LinearRegression) -> int:
    """The features d."""
    return _each("d", task.d, 1)[0]


def unit(task: LinearRegression) -> float:
    """The noise standard deviation of real(1)."""
    return _each("sigma", task.sigma, 1)[0]


def is_fixed(task: LinearRegression) -> bool:
    """Whether one X serves every pool."""
    return task.design == "fixed"


def noises(task: LinearRegression, iterations: int) -> Float64[np.ndarray, " iterations"]:
    """The noise of the pools made at iterations 1, 2, …, in units of that of real(1)."""
    return np.array(_each("sigma", task.sigma, iterations)) / unit(task)


def _each(name: str, value: _Number | Sequence[_Number] | None, iterations: int) -> tuple[_Number, ...]:
    """A parameter's numbers of iterations 1, 2, …, `iterations`."""
    if value is None:
        raise ValueError(f"a simulation of regression needs a number for {name}.")
    if not isinstance(value, Sequence):
        return (value,) * iterations
    if len(value) < iterations:
        raise ValueError(f"{name} names {len(value)} iterations and {iterations} are run. Give one number for each.")
    return tuple(value[:iterations])


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


def sized(task: LinearRegression, workflow: Workflow, iterations: int) -> Workflow:
    """The workflow with its pools in multiples of the rows of real(1), whatever T is at each iteration."""
    return Sized(workflow, _each("T", task.T, iterations)) if isinstance(task.T, Sequence) else workflow


def given_twice(task: LinearRegression, generator: Generator) -> str | None:
    """Why a generator's sizes or noises are ambiguous beside the task's; `None` where they are not."""
    for name, own, of_pools in (("T", task.T, "sizes"), ("sigma", task.sigma, "noises")):
        if isinstance(own, Sequence) and getattr(generator, of_pools):
            return (
                f"{name} is given one an iteration, and the generator has {of_pools} too. Give one {name}, or leave "
                f"the {of_pools} out."
            )
    return None


def fewest_rows(task: LinearRegression, workflow: Workflow, iterations: int) -> int:
    """The fewest different rows of x that a training set can have: they decide which moments the test error has."""
    return min(fewest for fewest, _ in different_rows(task, workflow, iterations))


def different_rows(task: LinearRegression, workflow: Workflow, iterations: int) -> list[tuple[int, int]]:
    """The fewest and the most different rows of x that each training set can have.

    At fixed design a pool repeats the rows of X, and an unlucky subsample draws as many copies of each as there are.
    """
    in_T_1, T, found = sized(task, workflow, iterations), first_rows(task), []
    for iteration in range(1, iterations + 1):
        rows = sum((in_T_1.size(pool) for pool, share in in_T_1.shares(iteration).items() if share), Fraction(0))
        drawn = in_T_1.drawn(iteration)
        most = rows if drawn is None else drawn
        fewest = most
        if is_fixed(task):
            fewest = Fraction(1) if drawn is None else drawn / rows
            most = min(most, Fraction(1))
        found.append((math.ceil(fewest * T), math.ceil(most * T)))
    return found


def is_least_squares(task: LinearRegression, workflow: Workflow, iterations: int) -> bool:
    """Whether all fits are by least squares on more rows than features, so that neither w* nor a spectrum matters."""
    if task.penalty is None:
        return True
    return task.penalty.penalty == 0 and fewest_rows(task, workflow, iterations) >= features(task) + 2


def replicates_needed(
    task: LinearRegression, workflow: Workflow, iterations: int, relative_error: float, *, averaged: bool
) -> float:
    """So many replicates a run to a relative standard error takes, by a fit to the fewest rows.

    With W = X'X of N rows the test error of one fit has the mean sigma^2 tr W^-1 given W, and the variance
    2 sigma^4 tr W^-2 around it; E tr W^-2 and the variance of tr W^-1 are those of an inverse Wishart matrix.

    Args:
        task: with numbers for all of its parameters.
        workflow: what each model is fitted to.
        iterations: model-fitting iterations.
        relative_error: aimed at; finite variances, N >= d + 4, are assumed.
        averaged: whether a replicate is the mean given W.
    """
    d, N = features(task), fewest_rows(task, workflow, iterations)
    c, d = float(N - d), float(d)
    square = 1 / (c * (c - 1) * (c - 3))
    around, of_squares = 2 * d * (N - 1) * square, (d**2 * (c - 2) + 2 * d) * square
    mean = d / (c - 1)
    variance = of_squares - mean**2 + (0 if averaged else around)
    return max(float(FIRST_LOOK), variance / mean**2 / relative_error**2)


def draws(workflow: Workflow, iterations: int) -> bool:
    """Whether a training set is a subsample of its pools."""
    return any(workflow.drawn(iteration) is not None for iteration in range(1, iterations + 1))


def whole_pools_objection(task: LinearRegression, workflow: Workflow, iterations: int) -> str | None:
    """Why the pools are not used whole, as rows (fresh design) or as copies of X (fixed design)."""
    if draws(workflow, iterations):
        return f"{workflow} draws subsamples, and this sampler is exact only for pools used whole."
    in_T_1, T = sized(task, workflow, iterations), first_rows(task)
    copy, kind = (T, f"copies of the {T} rows of X") if is_fixed(task) and T > 1 else (1, "rows")
    found: dict[Pool, Fraction] = {}
    for iteration in range(1, iterations + 1):
        new = [pool for pool, share in in_T_1.shares(iteration).items() if share and pool not in found]
        found |= {pool: in_T_1.size(pool) * T for pool in new}
    for pool, rows in sorted(found.items()):
        if rows % copy:
            return (
                f"{workflow}: a pool of iteration {pool.index} has {rows} rows at T={T}, not a whole number of {kind}. "
                "Choose T or the workflow's sizes so that it is."
            )
    return None


def covariance_root(task: LinearRegression, dtype: np.dtype) -> Float[Array, "d d"] | None:
    """R with R R' the covariance of a row; `None` for the identity."""
    return None if task.covariance is None else jnp.asarray(np.linalg.cholesky(task.covariance), dtype)
