"""The eigenvalues of the covariance of x, and how much of w* lies in each eigenspace: what matters with a ridge.

Gaussian rows can be turned, so that of a covariance and w* no more matters than the eigenvalues s_j, how often each is
there, m_j, and the energies, the squared lengths of w* in the eigenspaces.
"""

import math
import numbers
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from .checks import features, is_whole

#: Relative; energies are squares of numbers that a user may have rounded.
_ROUNDED = 1e-9


@dataclass(frozen=True)
class Spectrum:
    """Eigenspaces of the covariance.

    Attributes:
        values: s_j, more than 0.
        multiplicities: m_j, whole numbers of at least 1 that add up to d.
        energies: the squared length of w* in each eigenspace, as a whole; they add up to |w*|^2.

    Raises:
        ValueError: the three are not of one length, or a number is not of this kind.

    >>> spectrum = Spectrum((1.5, 0.5), (50, 50), (0.4, 0.8))
    >>> spectrum.d, round(spectrum.signal**2, 12), round(spectrum.risk, 12)
    (100, 1.2, 1.0)
    """

    values: tuple[float, ...]
    multiplicities: tuple[int, ...]
    energies: tuple[float, ...]

    def __post_init__(self) -> None:
        """Check the numbers, and store them as plain ones."""
        values = tuple(_real("an eigenvalue of the covariance", value) for value in self.values)
        energies = tuple(_real("an energy of w*", energy) for energy in self.energies)
        counts = len(values), len(self.multiplicities), len(energies)
        if len(set(counts)) != 1 or not values:
            raise ValueError(
                "a spectrum needs as many multiplicities and energies as eigenvalues, and one at least; "
                f"got {counts[0]} eigenvalues, {counts[1]} multiplicities and {counts[2]} energies."
            )
        if not min(values) > 0:
            raise ValueError(
                f"the covariance is singular or negative: an eigenvalue is {min(values):g}, and all must be more than "
                "0. Leave out the features that do not vary."
            )
        for multiplicity in self.multiplicities:
            if not is_whole(multiplicity) or multiplicity < 1:
                raise ValueError(f"a multiplicity must be a whole number of at least 1; got {multiplicity!r}.")
        if min(energies) < 0:
            raise ValueError(f"an energy of w* is a squared length and must be at least 0; got {min(energies):g}.")
        for name, value in (
            ("values", values),
            ("multiplicities", tuple(map(int, self.multiplicities))),
            ("energies", energies),
        ):
            # a frozen dataclass has no other way to keep its fields in one form
            object.__setattr__(self, name, value)

    @classmethod
    def isotropic(cls, d: int, signal: float = 1.0) -> "Spectrum":
        """Features that are all alike: the covariance is the identity."""
        return cls((1.0,), (features(d),), (signal**2,))

    @classmethod
    def of(cls, values: Sequence[float], energies: Sequence[float]) -> "Spectrum":
        """Features one by one: the eigenvalues, and the square of w*'s component along each eigenvector."""
        return cls(tuple(values), (1,) * len(values), tuple(energies))

    @classmethod
    def power_law(cls, d: int, capacity: float, source: float, signal: float = 1.0) -> "Spectrum":
        """s_j = j^-capacity, j = 1, …, d, and energies in proportion to j^-(1 + capacity (2 source - 1)).

        So sum_j s_j^(1 - 2 source) w_j^2 is on the edge of converging: the capacity and source conditions of Dohmatob
        et al. (2402.07712), where the capacity is called beta and the source r.

        Args:
            d: features.
            capacity: more than 0; from 1 on the trace of the covariance stays bounded as d grows.
            source: at least 0; the larger, the more of w* lies where x varies most.
            signal: |w*|.

        Raises:
            ValueError: a number is not of this kind.
        """
        d, capacity, source = features(d), _real("the capacity", capacity), _real("the source", source)
        if not capacity > 0 or source < 0:
            raise ValueError(
                f"a power law needs capacity > 0 and source >= 0; got capacity={capacity:g}, source={source:g}."
            )
        decay = 1 + capacity * (2 * source - 1)
        shares = [float(j) ** -decay for j in range(1, d + 1)]
        whole = math.fsum(shares)
        return cls.of([float(j) ** -capacity for j in range(1, d + 1)], [signal**2 * x / whole for x in shares])

    @property
    def d(self) -> int:
        """Features."""
        return sum(self.multiplicities)

    @property
    def signal(self) -> float:
        """|w*|."""
        return math.sqrt(math.fsum(self.energies))

    @property
    def risk(self) -> float:
        """The test error of predicting 0."""
        return math.fsum(s * energy for s, energy in zip(self.values, self.energies, strict=True))

    @property
    def is_isotropic(self) -> bool:
        """Whether the covariance is a multiple of the identity."""
        return min(self.values) == max(self.values)

    def check_signal(self, signal: float) -> None:
        """Refuse energies that do not add up to the square of |w*| = `signal`."""
        if not math.isclose(self.signal, signal, rel_tol=_ROUNDED):
            raise ValueError(
                f"the energies of w* add up to {self.signal**2:g}, and must add up to signal^2 = {signal**2:g}. "
                f"Give signal={self.signal!r}, or other energies."
            )


def _real(name: str, value: Any) -> float:
    if isinstance(value, bool) or not isinstance(value, numbers.Real) or not abs(float(value)) < 1e60:
        raise ValueError(f"{name} must be a number below 1e60; got {value!r}.")
    return float(value)
