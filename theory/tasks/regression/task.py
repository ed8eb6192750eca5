"""Linear regression by least squares, as in Gerstgrasser et al. (2404.01413), section 3, or with a ridge: the task."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any, ClassVar

import numpy as np
import sympy as sp

from ...derivation import Derived
from ...generator import Generator
from ...prover.domain import Domain
from ...symbols import T
from ...task import Choice, Detail, Parameter, Quantity, Task
from ...workflow import Workflow
from . import laws, ridge_laws, unequal_pools
from .checks import DESIGNS, check, check_design, check_samples, features, is_whole, noise
from .generated import GeneratedLaw, objection as generated_objection
from .ridge import DOMAIN as RIDGE_DOMAIN, Ridge, checked as checked_ridge
from .spectrum import Spectrum
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

    With a ridge both matter, and any number of rows will do. A ridge of 0 is least squares too, for T >= d + 2 with the
    same laws, and for T <= d - 2 by the solution of least norm.

    Attributes:
        T: rows a pool, at least d + 2 without a ridge; or one number an iteration, of the pools made at iterations
            1, 2, …, then without a ridge.
        d: features; those of the spectrum, where it is not given.
        sigma: noise standard deviation; or one an iteration, likewise.
        design: "fixed" (one X serves every pool, only the labels are new) or "fresh" (each pool has its own X).
        covariance: d x d positive definite; the identity where it is `None`. No law depends on it. With a ridge the
            spectrum stands for it.
        ridge: lambda >= 0; `None` is least squares.
        scaled: whether the loss is a mean over rows of squares, + lambda |w|^2; else it is their sum, + lambda |w|^2.
        signal: |w*|. With the identity for a covariance its direction does not matter.
        spectrum: of the covariance and w*, with a ridge; `None` for the identity.

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
    details: ClassVar[tuple[Detail, ...]] = (
        Detail("ridge", "lambda >= 0 of a penalty lambda |w|^2; 0 is the least norm where T < d (default: no ridge)"),
        Detail(
            "scaled",
            "add the ridge to the sum of the squares (default: to their mean, so that it grows with the rows)",
            default=True,
            switch="unscaled",
        ),
        Detail("signal", "|w*|, which matters with a ridge alone (default: 1)", default=1.0),
        Detail("spectrum", "the eigenvalues of the covariance, and w* among them", typed=False),
    )
    fits: ClassVar[Mapping[str, Mapping[str, Any]]] = {
        "a ridge of 1 that grows with the rows": {"ridge": 1.0},
        "a ridge of 1 that does not": {"ridge": 1.0, "scaled": False},
    }
    domain: ClassVar[Domain] = DOMAIN
    invariant: ClassVar[tuple[str, ...]] = ("covariance",)

    T: int | Sequence[int] | None = None
    d: int | None = None
    sigma: float | Sequence[float] | None = None
    design: str = field(kw_only=True)
    covariance: np.ndarray | None = None
    ridge: float | None = field(default=None, kw_only=True)
    scaled: bool = field(default=True, kw_only=True)
    signal: float = field(default=1.0, kw_only=True)
    spectrum: Spectrum | None = field(default=None, kw_only=True)

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
        penalty = checked_ridge(self.ridge, self.scaled, self.signal, self.spectrum)
        if penalty is not None:
            d = self._checked_with(penalty, d)
        elif sizes[0] is not None and d is not None:
            check_samples(sizes[0], d)
        sizes = tuple(None if size is None else int(size) for size in sizes)
        # a frozen dataclass has no other way to keep its fields in one form
        object.__setattr__(self, "T", sizes if _is_several(self.T) else sizes[0])
        object.__setattr__(self, "sigma", noises if _is_several(self.sigma) else noises[0])
        object.__setattr__(self, "d", d)
        object.__setattr__(self, "covariance", _checked(self.covariance, d))
        object.__setattr__(self, "ridge", None if penalty is None else penalty.penalty)
        object.__setattr__(self, "signal", float(self.signal))

    def _checked_with(self, penalty: Ridge, d: int | None) -> int | None:
        """The number of features, where T, sigma and the covariance go with a ridge."""
        if _is_several(self.T) or _is_several(self.sigma):
            raise ValueError("with a ridge T and sigma are one number each; got one an iteration. Leave ridge out.")
        if self.covariance is not None:
            raise ValueError(
                "with a ridge the covariance is given by its spectrum, as spectrum=Spectrum.of(eigenvalues, squares of "
                "w*'s components along the eigenvectors); got covariance=…. Leave it out."
            )
        if d is None and self.spectrum is not None:
            d = self.spectrum.d
        if d is not None:
            penalty.check(d + 2 if self.T is None else self.T, d)
        return d

    @cached_property
    def penalty(self) -> Ridge | None:
        """The ridge with what matters beside it; `None` for least squares."""
        return checked_ridge(self.ridge, self.scaled, self.signal, self.spectrum)

    @cached_property
    def _in_effect(self) -> Ridge | None:
        """The ridge, but for one of 0 and T >= d + 2: then the laws are those of least squares."""
        if self.penalty is None or self.penalty.penalty or not isinstance(self.T, int) or self.d is None:
            return self.penalty
        return self.penalty if self.T < self.d + 2 else None

    @property
    def by_numbers(self) -> bool:
        """With a ridge the law depends on which of T and d is larger."""
        return self.penalty is not None

    @property
    def own_domain(self) -> Domain:
        """With a ridge, any T >= 1."""
        return DOMAIN if self._in_effect is None else RIDGE_DOMAIN

    @property
    def own_quantities(self) -> tuple[Quantity, ...]:
        """The test error; with a ridge there is no formula for its unit."""
        return self.quantities if self._in_effect is None else (self._in_effect.quantity,)

    def relations(self) -> tuple[sp.Basic, ...]:
        """The domain's, and without rows enough or a ridge, what is left out of it."""
        left_out = () if self._in_effect is None else self._in_effect.relations
        return (*self.own_domain.relations(), *left_out)

    @property
    def essential(self) -> dict[str, Any]:
        """Without a ridge neither w* nor the covariance."""
        names = {p.name for p in self.parameters} | {choice.name for choice in self.choices}
        names |= set() if self.penalty is None else {detail.name for detail in self.details}
        return {name: value for name, value in self.fields.items() if name in names}

    def _key(self) -> tuple[Any, ...]:
        covariance = None if self.covariance is None else self.covariance.tobytes()
        return *(value for name, value in self.fields.items() if name != "covariance"), covariance

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
        if self._in_effect is not None:
            return ridge_laws.derive(workflow, self.design, self._in_effect)
        return unequal_pools.derive(workflow, self.design) if self.is_unequal else laws.derive(workflow, self.design)

    def objection(self, workflow: Workflow, quantity: Quantity) -> str | None:
        """Unequal pools have a law under some workflows only."""
        if self._in_effect is not None:
            if self._in_effect.penalty == 0 and (self.T is None or self.d is None):
                return f"without a ridge the law is another one for T > d than for T < d; give {self} numbers T and d."
            return ridge_laws.objection(workflow, self.design, self._in_effect)
        return unequal_pools.objection(workflow) if self.is_unequal else None

    def generated(self, workflow: Workflow, generator: Generator, of: str | None = None) -> GeneratedLaw:
        """The law of the test error under a generator.

        Raises:
            ValueError: there is a ridge, or T or sigma is given iteration by iteration.
        """
        del of  # there is one quantity
        if self.penalty is not None or self.is_unequal:
            raise ValueError(self.generated_objection(workflow, generator))
        return GeneratedLaw(workflow, generator, self.design, LinearRegression(design=self.design))

    def generated_objection(self, workflow: Workflow, generator: Generator, of: str | None = None) -> str | None:
        """One T and one sigma are needed, no ridge, and pools used whole where labels are shifted."""
        del of
        if self.penalty is not None:
            return _generated_with_a_ridge(generator)
        if self.is_unequal:
            return f"under {generator} there is no law at unequal pools; its sizes and noises say how pools differ."
        return generated_objection(workflow, generator)

    def check(self, values: Mapping[str, Any]) -> dict[str, Any]:
        """T, d and sigma as plain numbers, where the test error has a mean; sequences as they are."""
        if self.penalty is not None:
            T, d = self.penalty.check(values["T"], values["d"])
            return {"T": T, "d": d, "sigma": noise(values["sigma"])}
        sizes, noises = _several("T", values["T"]), _several("sigma", values["sigma"])
        T, d, _ = check(sizes[0], values["d"], noises[0])
        checked = tuple(noise(value) for value in noises)
        return {
            "T": sizes if _is_several(values["T"]) else T,
            "d": d,
            "sigma": checked if _is_several(values["sigma"]) else checked[0],
        }


def _generated_with_a_ridge(generator: Generator) -> str:
    return f"under {generator} there is no law with a ridge; leave one of them out."


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
