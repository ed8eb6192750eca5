"""Means of functions of the Gram matrix A = X'X of Gaussian rows, at finite T: by quadrature over its eigenvalues.

Of T rows and d features the smaller number is how many eigenvalues are not 0, say p, and q the larger. Their density is

    prod_i u_i^((q-p-1)/2) e^(-u_i/2) · prod_{i<j} |u_i - u_j|                     (Muirhead 1982, Thm 3.2.18),

so that means are Pfaffians (`pfaffian`). With u = x^2 the weight is x^(q-p) e^(-x^2/2), and p_k times it may be the
eigenfunctions of a harmonic oscillator, which are orthonormal.
"""

from collections.abc import Callable
from dataclasses import dataclass
from functools import lru_cache

import numpy as np

from .pfaffian import Array, Ensemble, turning_points

#: With half as many nodes again the means have to be the same up to this.
_PRECISION = 1e-11

#: More features than this need too many nodes.
MOST_FEATURES = 300

#: More rows than this leave too narrow a peak.
MOST_ROWS = 10**7

#: Nodes at the most.
_MOST_NODES = 2100


@dataclass(frozen=True)
class Laguerre(Ensemble):
    """The eigenvalues of X'X that are not 0.

    Attributes:
        excess: how many more rows than features there are, or the other way round.
    """

    excess: int

    @property
    def interval(self) -> tuple[float, float]:
        """Of x, the square root of an eigenvalue."""
        a, energy = self.excess, 4 * self.d + 2 * self.excess + 1
        root = np.sqrt(float(energy) ** 2 - 4.0 * a**2)
        first, last = np.sqrt(2.0 * a**2 / (energy + root)), np.sqrt((energy + root) / 2)
        x = np.linspace(max(first - 12, 0), last + 12, 20_001)[1:]
        low, high = turning_points(x, x**2 + (a / x) ** 2 - energy)
        return 0.0 if low is None else low, float(x[-1]) if high is None else high

    def eigenvalue(self, x: Array) -> Array:
        """x^2."""
        return x**2

    def log_weight(self, x: Array) -> Array:
        """x^(q-p) e^(-x^2/2)."""
        return self.excess * np.log(x) - x**2 / 2


@lru_cache(maxsize=200)
def _level_density(rows: int, d: int, nodes: int) -> tuple[Array, Array]:
    return Laguerre(min(rows, d), nodes, abs(rows - d)).level_density


def objection(rows: int, d: int) -> str | None:
    """Why means over a Gram matrix are not found; `None` where they are."""
    if min(rows, d) > MOST_FEATURES or max(rows, d) > MOST_ROWS:
        return (
            f"means over X'X are found for at most {MOST_FEATURES} eigenvalues and {MOST_ROWS:,} rows; got {rows} rows "
            f"of {d} features. Take the limit d/T -> gamma, validity='proportional'."
        )
    return None


def mean(f: Callable[[Array], Array], rows: int, d: int) -> Array:
    """The mean of the sum of f over the eigenvalues of X'X that are not 0, min(rows, d) of them.

    Args:
        f: from eigenvalues, of shape (nodes,), to values of shape (…, nodes).
        rows: of X.
        d: features.

    Raises:
        ValueError: there are too many, or f is too steep for the quadrature.

    >>> round(float(mean(lambda u: u, 5, 3)), 10)
    15.0
    """
    reason = objection(rows, d)
    if reason is not None:
        raise ValueError(reason)
    nodes, before = 80 + 2 * min(rows, d), None
    while nodes < _MOST_NODES:
        u, weights = _level_density(rows, d, nodes)
        now = f(u) @ weights
        if before is not None and np.allclose(before, now, rtol=_PRECISION, atol=0):
            return now
        before, nodes = now, nodes + nodes // 2
    raise ValueError(
        f"means over X'X of {rows} rows and {d} features were not found to {_PRECISION:g}; the ridge is too small for "
        "the quadrature. Take a larger one, or the limit d/T -> gamma, validity='proportional'."
    )
