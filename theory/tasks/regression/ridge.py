"""The ridge of a regression: what the loss of each fit is given besides the squares, and where its mean error exists.

With the ridge w* and the covariance matter, which least squares on T >= d + 2 rows does not see; of them the spectrum
is all that does. A ridge of 0 is least squares, and where rows are fewer than features the solution of least norm.
"""

import numbers
import sys
from collections.abc import Mapping
from dataclasses import dataclass
from fractions import Fraction
from typing import Any

import sympy as sp

from ...derivation import Spread
from ...finite_size import fitted_rows
from ...prover.domain import Domain, Variable
from ...symbols import T
from ...task import Quantity
from ...workflow import Workflow
from .checks import features, is_whole
from .spectrum import Spectrum
from .symbols import d, sigma

#: With a ridge there may be any number of rows.
DOMAIN = Domain((Variable(d, (sp.Integer(1),)), Variable(T, (sp.Integer(1),)), Variable(sigma)))

#: Bias of one fit to so many rows, and its variance in units of sigma^2: with a ridge neither has a formula.
BIAS, VARIANCE = sp.Function("B"), sp.Function("V")
#: A law without a formula in n.
ERROR = sp.Function("test_error")
ONE_RIDGE_FIT = BIAS(T) + sigma**2 * VARIANCE(T)


@dataclass(frozen=True)
class Ridge:
    """The ridge, and what matters where there is one.

    Attributes:
        penalty: lambda, at least 0.
        scaled: whether the loss is the mean over rows of the squares + lambda |w|^2, so that the ridge counts as much
            beside many rows as beside few; else it is the sum of the squares + lambda |w|^2.
        signal: |w*|.
        spectrum: of the covariance and w*; `None` for the identity.
    """

    penalty: float
    scaled: bool
    signal: float
    spectrum: Spectrum | None

    @property
    def is_isotropic(self) -> bool:
        """Whether all features are alike."""
        return self.spectrum is None or self.spectrum.is_isotropic

    def of_features(self, d: int) -> Spectrum:
        """The spectrum at d features."""
        return Spectrum.isotropic(d, self.signal) if self.spectrum is None else self.spectrum

    def penalty_at(self, rows: float) -> float:
        """Lambda of a loss that is a mean over so many rows."""
        return self.penalty if self.scaled else self.penalty / rows

    def check(self, T: Any, d: Any) -> tuple[int, int]:
        """T and d as plain numbers, where the test error has a mean.

        Raises:
            ValueError: it has none, or the spectrum is one of other features.
        """
        d = features(d)
        if not is_whole(T) or not 1 <= T <= 2**53:
            raise ValueError(f"T must be a whole number of at least 1 and at most 2^53; got T={T!r}.")
        if self.spectrum is not None and self.spectrum.d != d:
            raise ValueError(
                f"the multiplicities of the spectrum add up to {self.spectrum.d}, and must add up to d={d}."
            )
        if self.penalty == 0 and abs(T - d) < 2:
            raise ValueError(
                f"without a ridge the test error has no finite mean where T is d - 1, d or d + 1; got T={T}, d={d}. "
                "Use T <= d - 2, T >= d + 2, or ridge > 0."
            )
        return int(T), d

    @property
    def relations(self) -> tuple[sp.Basic, ...]:
        """What the domain does not say: without a ridge T is not within one of d."""
        return () if self.penalty else (sp.Gt(sp.Abs(T - d), 1, evaluate=False),)

    @property
    def quantity(self) -> Quantity:
        """The test error; its variance is infinite near as many rows as features, if there is no ridge."""
        return Quantity(
            "test_error",
            "test error of model n, noise left out, n = 1 the fit to real data",
            unit=ONE_RIDGE_FIT,
            limit_unit=ONE_RIDGE_FIT,
            short="test error, noise left out",
            outside="the test error has no finite mean",
            infinite_variance=None if self.penalty else sp.Lt(sp.Abs(T - d), 4),
        )


@dataclass(frozen=True)
class RidgeError(Spread):
    """What is known of the test error beyond its mean: which moments exist.

    Attributes:
        workflow: what each model is fitted to.
        design: "fixed" or "fresh".
        ridge: with a penalty above 0 the error is at most a polynomial of Gaussian numbers.
    """

    workflow: Workflow
    design: str
    ridge: Ridge

    def moments_exist(self, numbers: Mapping[str, Any]) -> int:
        """All with a ridge. Else moment q of a fit to m rows is finite where 2q < |m - d| + 1; the closest m decides.

        At fixed design all training sets repeat the same T rows.
        """
        if self.ridge.penalty:
            return sys.maxsize
        T, d = numbers["T"], numbers["d"]
        rows = [Fraction(T)]
        if self.design == "fresh":
            rows = [T * each for each in fitted_rows(self.workflow)]
        return int(min(abs(m - d) for m in rows) // 2)

    def variance(self) -> None:
        """It is not known."""

    def objection(self, n: int) -> str:
        """Nothing but the mean is known."""
        del n
        return "only its mean is known"

    def distribution(self, mean: float, numbers: Mapping[str, Any]) -> Any:
        """There is always an objection."""
        raise ValueError(self.objection(1))

    def one_fit_exceeds(self, value: Any, numbers: Mapping[str, Any]) -> Any:
        """There is always an objection."""
        raise ValueError(self.objection(1))


def checked(ridge: Any, scaled: Any, signal: Any, spectrum: Any) -> Ridge | None:
    """The ridge that the fields of a regression name; `None` where they name none.

    Args:
        ridge: lambda, or `None`.
        scaled, signal, spectrum: as in `Ridge`; checked in any case.

    Raises:
        ValueError: lambda < 0, |w*| < 0, a spectrum that is none, or energies that do not add up to |w*|^2.
    """
    signal = _at_least_0("signal", "|w*|", signal)
    if not isinstance(scaled, bool):
        raise ValueError(f"scaled must be True or False; got {scaled!r}.")
    if spectrum is not None:
        if not isinstance(spectrum, Spectrum):
            raise ValueError(f"spectrum must be a Spectrum, such as Spectrum.isotropic(d, signal); got {spectrum!r}.")
        spectrum.check_signal(signal)
    if ridge is None:
        return None
    return Ridge(_at_least_0("ridge", "lambda of lambda |w|^2", ridge), scaled, signal, spectrum)


def _at_least_0(name: str, meaning: str, value: Any) -> float:
    real = isinstance(value, numbers.Real) and not isinstance(value, bool)
    if not real or not (float(value) == 0 or 1e-60 < float(value) < 1e60):
        raise ValueError(f"{name} is {meaning}, and must be 0 or between 1e-60 and 1e60; got {name}={value!r}.")
    return float(value)
