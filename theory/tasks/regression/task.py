"""Linear regression by least squares, as in Gerstgrasser et al. (2404.01413), section 3: the task and its domain."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, ClassVar

import numpy as np
import sympy as sp

from ...derivation import Derived
from ...generator import Generator
from ...prover.domain import Domain
from ...symbols import T
from ...task import Choice, Parameter, Quantity, Task
from ...workflow import Workflow
from . import laws, unequal_pools
from .checks import DESIGNS, check, check_design, check_samples, features, is_whole, noise
from .generated import GeneratedLaw, objection as generated_objection
from .symbols import DOMAIN, ONE_FIT, d, sigma

TEST_ERROR = Quantity(
    "test_error",
    "test error of model n, noise left out, n = 1 the fit to real data",
    unit=ONE_FIT,
    limit_unit=sigma**2 * d / T,
    short="test error, noise left out",
    outside="the test error has no finite mean",
    infinite_variance=sp.Lt(T, d + 4),
)


@dataclass(frozen=True, eq=False)
class LinearRegression(Task):
    """Rows x ~ N(0, covariance), labels y = x·w* + noise, noise ~ N(0, sigma^2); each model by least squares.

    The test error is the excess risk (w_n - w*)' covariance (w_n - w*): the noise of a test label is left out. Neither
    w* nor the covariance matters: with x -> covariance^(-1/2) x the fits are the same.

    Attributes:
        T: rows a pool, at least d + 2; or one number an iteration, of the pools made at iterations 1, 2, …
        d: features.
        sigma: noise standard deviation; or one an iteration, likewise.
        design: "fixed" (one X serves every pool, only the labels are new) or "fresh" (each pool has its own X).
        covariance: d x d positive definite; the identity where it is `None`. No law depends on it.

    Raises:
        ValueError: outside this domain.
    """

    name: ClassVar[str] = "regression"
    quantities: ClassVar[tuple[Quantity, ...]] = (TEST_ERROR,)
    parameters: ClassVar[tuple[Parameter, ...]] = (
        Parameter(T, "samples an iteration, at least d + 2", each=True, short="samples an iteration", typical=100),
        Parameter(d, "features", typical=32, most=10**4),
        Parameter(sigma, "noise standard deviation", default=1.0, each=True),
    )
    choices: ClassVar[tuple[Choice, ...]] = (
        Choice("design", DESIGNS, "one X for all iterations, or a fresh one each"),
    )
    domain: ClassVar[Domain] = DOMAIN
    invariant: ClassVar[tuple[str, ...]] = ("covariance",)

    T: int | Sequence[int] | None = None
    d: int | None = None
    sigma: float | Sequence[float] | None = None
    design: str = field(kw_only=True)
    covariance: np.ndarray | None = None

    def __post_init__(self) -> None:
        """Check the values, and store them as plain numbers."""
        check_design(self.design)
        sizes, noises = _several("T", self.T), _several("sigma", self.sigma)
        for size in sizes:
            # later pools may be smaller than d + 2: what counts is the training sets
            if size is not None and (not is_whole(size) or not 1 <= size <= 2**53):
                raise ValueError(f"T must be whole numbers of at least 1, one an iteration; got {size!r} among them.")
        d = None if self.d is None else features(self.d)
        noises = tuple(None if value is None else noise(value) for value in noises)
        if sizes[0] is not None and d is not None:
            check_samples(sizes[0], d)
        sizes = tuple(None if size is None else int(size) for size in sizes)
        # a frozen dataclass has no other way to keep its fields in one form
        object.__setattr__(self, "T", sizes if _is_several(self.T) else sizes[0])
        object.__setattr__(self, "sigma", noises if _is_several(self.sigma) else noises[0])
        object.__setattr__(self, "d", d)
        object.__setattr__(self, "covariance", _checked(self.covariance, d))

    def _key(self) -> tuple[Any, ...]:
        return self.T, self.d, self.sigma, self.design, None if self.covariance is None else self.covariance.tobytes()

    def __eq__(self, other: object) -> bool:
        """The same numbers, symbols, design and covariance."""
        return isinstance(other, LinearRegression) and self._key() == other._key()

    def __hash__(self) -> int:
        """Equal for equal tasks."""
        return hash(self._key())

    @property
    def is_unequal(self) -> bool:
        """Whether T or sigma is given iteration by iteration."""
        return isinstance(self.T, tuple) or isinstance(self.sigma, tuple)

    def derive(self, workflow: Workflow, quantity: Quantity) -> Derived:
        """The law of the test error: in T, d, sigma and n, or in sequences of T and sigma."""
        return unequal_pools.derive(workflow, self.design) if self.is_unequal else laws.derive(workflow, self.design)

    def objection(self, workflow: Workflow, quantity: Quantity) -> str | None:
        """Unequal pools have a law under some workflows only."""
        return unequal_pools.objection(workflow) if self.is_unequal else None

    def generated(self, workflow: Workflow, generator: Generator) -> GeneratedLaw:
        """The law of the test error under a generator."""
        return GeneratedLaw(workflow, generator, self.design, LinearRegression(design=self.design))

    def generated_objection(self, workflow: Workflow, generator: Generator) -> str | None:
        """One T and one sigma are needed, and pools used whole where labels are shifted."""
        if self.is_unequal:
            return f"under {generator} there is no law at unequal pools; its sizes and noises say how pools differ."
        return generated_objection(workflow, generator)

    def check(self, values: Mapping[str, Any]) -> dict[str, Any]:
        """T, d and sigma as plain numbers, where the test error has a mean; sequences as they are."""
        sizes, noises = _several("T", values["T"]), _several("sigma", values["sigma"])
        T, d, _ = check(sizes[0], values["d"], noises[0])
        checked = tuple(noise(value) for value in noises)
        return {
            "T": sizes if _is_several(values["T"]) else T,
            "d": d,
            "sigma": checked if _is_several(values["sigma"]) else checked[0],
        }


def _is_several(value: object) -> bool:
    return isinstance(value, (Sequence, np.ndarray)) and not isinstance(value, str)


def _several(name: str, value: Any) -> tuple[Any, ...]:
    """One value, or one an iteration, as a tuple."""
    if not _is_several(value):
        return (value,)
    if len(value) == 0:
        raise ValueError(f"{name} needs a number, or one an iteration; got none.")
    return tuple(value)


def _checked(covariance: np.ndarray | None, d: int | None) -> np.ndarray | None:
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
