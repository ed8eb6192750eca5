"""Counts, and waiting times: the families of Poisson, the negative binomial and Gamma, fitted by the mean."""

from dataclasses import dataclass
from typing import ClassVar

import sympy as sp

from ...prover.domain import Domain, Variable
from ...symbols import T
from ...task import Parameter, Quantity
from ..given import keep_plain
from .family import ExponentialFamily, mean_error, variance_of_model

#: The truth's mean, the shape of a Gamma distribution, and the number of successes of a negative binomial one.
mean, shape, r = sp.symbols("mean shape r", positive=True)

_ROWS = Parameter(T, "rows an iteration", typical=10)
_MEAN = Parameter(mean, "the truth's mean", default=1.0)
_ONE = (sp.S.One,)


@dataclass(frozen=True)
class Poisson(ExponentialFamily):
    """Counts ~ Poisson(mean); each model is the mean of its training set, and samples at that mean.

    Attributes:
        T: rows a pool.
        mean: the truth's; 1 where none is given and a number is needed.

    Raises:
        ValueError: outside this domain.
    """

    name: ClassVar[str] = "poisson"
    quantities: ClassVar[tuple[Quantity, ...]] = (mean_error(mean), variance_of_model(mean))
    parameters: ClassVar[tuple[Parameter, ...]] = (_ROWS, _MEAN)
    domain: ClassVar[Domain] = Domain((Variable(T, _ONE), Variable(mean)))
    curvature: ClassVar[sp.Expr] = sp.S.Zero

    T: int | None = None
    mean: float | None = None

    def __post_init__(self) -> None:
        """Check the values, and store them as plain numbers."""
        keep_plain(self)


@dataclass(frozen=True)
class Gamma(ExponentialFamily):
    """Positive numbers ~ Gamma with a known shape, 1 for exponential ones; each model is the mean of its training set.

    Attributes:
        T: rows a pool.
        shape: known, and kept by every model.
        mean: the truth's; 1 where none is given and a number is needed.

    Raises:
        ValueError: outside this domain.
    """

    name: ClassVar[str] = "gamma"
    quantities: ClassVar[tuple[Quantity, ...]] = (mean_error(mean**2 / shape), variance_of_model(mean**2 / shape))
    parameters: ClassVar[tuple[Parameter, ...]] = (
        _ROWS,
        Parameter(shape, "the known shape; 1 for exponential numbers", typical=1),
        _MEAN,
    )
    domain: ClassVar[Domain] = Domain((Variable(T, _ONE), Variable(shape), Variable(mean)))
    curvature: ClassVar[sp.Expr] = 1 / shape

    T: int | None = None
    shape: float | None = None
    mean: float | None = None

    def __post_init__(self) -> None:
        """Check the values, and store them as plain numbers."""
        keep_plain(self)


@dataclass(frozen=True)
class NegativeBinomial(ExponentialFamily):
    """Counts of failures before r successes, r known, also no whole number; each model is the mean of its training set.

    A count has the mean m and the variance m + m^2/r: it is Poisson with a Gamma(r) mean.

    Attributes:
        T: rows a pool.
        r: known, and kept by every model.
        mean: the truth's; 1 where none is given and a number is needed.

    Raises:
        ValueError: outside this domain.
    """

    name: ClassVar[str] = "negative-binomial"
    quantities: ClassVar[tuple[Quantity, ...]] = (
        mean_error(mean + mean**2 / r),
        variance_of_model(mean + mean**2 / r),
    )
    parameters: ClassVar[tuple[Parameter, ...]] = (
        _ROWS,
        Parameter(r, "the known number of successes", typical=2),
        _MEAN,
    )
    domain: ClassVar[Domain] = Domain((Variable(T, _ONE), Variable(r), Variable(mean)))
    curvature: ClassVar[sp.Expr] = 1 / r

    T: int | None = None
    r: float | None = None
    mean: float | None = None

    def __post_init__(self) -> None:
        """Check the values, and store them as plain numbers."""
        keep_plain(self)
