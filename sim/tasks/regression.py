"""Linear regression by least squares or with a ridge: its samplers, and today's short spelling of the task."""

from collections.abc import Sequence
from typing import Any

import numpy as np

import theory
from theory import Law, Spectrum, UnequalLaw

from ..samplers.base import AbstractSampler
from ..samplers.conditional import Conditional
from ..samplers.edited import LiteralEdited
from ..samplers.gaussian import Gaussian
from ..samplers.literal import Literal
from ..samplers.population import PopulationLiteral, PopulationWishart, PopulationWishartFixed
from ..samplers.radial import Radial, RadialFixed
from ..samplers.ridge import RidgeFixed, RidgeWishart
from ..samplers.ridge_literal import RidgeLiteral
from ..samplers.subsample import LiteralSubsample
from ..samplers.wishart import Wishart, WishartFixed

#: The fastest first.
SAMPLERS: tuple[type[AbstractSampler[Any]], ...] = (
    Radial,
    RadialFixed,
    Wishart,
    WishartFixed,
    Literal,
    LiteralSubsample,
    LiteralEdited,
    Gaussian,
    Conditional,
    RidgeWishart,
    RidgeFixed,
    RidgeLiteral,
)

#: Those of populations, the fastest first.
POPULATIONS: tuple[type[AbstractSampler[Any]], ...] = (PopulationWishart, PopulationWishartFixed, PopulationLiteral)


def LinearRegression(
    T: int | Sequence[int],
    d: int,
    sigma: float | Sequence[float] = 1.0,
    *,
    design: str,
    covariance: np.ndarray | None = None,
    ridge: float | None = None,
    scaled: bool = True,
    signal: float = 1.0,
    spectrum: Spectrum | None = None,
) -> theory.LinearRegression:
    """The task with numbers for all of its parameters.

    Args:
        T: rows a pool, at least d + 2 without a ridge; or one number an iteration, of the pools made at iterations 1,
            2, …
        d: features.
        sigma: noise standard deviation; or one an iteration, likewise.
        design: "fixed" (one X serves every pool) or "fresh" (each pool has its own).
        covariance: d x d positive definite; the identity where it is `None`. No law depends on it.
        ridge: lambda >= 0 of a penalty lambda |w|^2; `None` is least squares.
        scaled: whether the loss is a mean over rows of squares, + lambda |w|^2; else it is their sum, + lambda |w|^2.
        signal: |w*|, which matters with a ridge alone.
        spectrum: of the covariance and w*, with a ridge; `None` for the identity.

    Raises:
        ValueError: outside this domain.

    >>> print(LinearRegression(T=100, d=32, design="fresh"))
    LinearRegression(T=100, d=32, sigma=1.0, design=fresh)
    """
    return theory.LinearRegression(
        T,
        d,
        sigma,
        design=design,
        covariance=covariance,
        ridge=ridge,
        scaled=scaled,
        signal=signal,
        spectrum=spectrum,
    )


def law_of(law: UnequalLaw, task: theory.Task) -> Law | None:
    """The law in sequences of T and sigma at the task's numbers; `None` where it is of another task."""
    regression = isinstance(task, theory.LinearRegression) and task.is_unequal and task.design == law.design
    return theory.law(task, law.workflow) if regression else None
