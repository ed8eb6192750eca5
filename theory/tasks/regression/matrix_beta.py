"""Means of functions of a matrix beta by quadrature: the eigenvalues of U = W^(-1/2) S W^(-1/2), W = S + R.

S and R are Wishart of s and r rows, both at least d. The eigenvalues u_i have the density

    prod_i u_i^((s-d-1)/2) (1 - u_i)^((r-d-1)/2) · prod_{i<j} |u_i - u_j|          (Muirhead 1982, Thm 3.3.4),

so that means are Pfaffians (`pfaffian`). With u = sin^2 x the weight is sin^(s-d) x · cos^(r-d) x, and p_k times it may
be the eigenfunctions of the Pöschl-Teller potential, which are orthonormal. They tell the interval outside which
nothing is left.
"""

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from .pfaffian import Array, Ensemble, turning_points

#: With half as many nodes again the means have to be the same up to this.
_PRECISION = 1e-12

#: More features than this need too many nodes.
MOST_FEATURES = 1000

#: More rows than this leave too narrow a peak.
MOST_ROWS = 10**7


@dataclass(frozen=True)
class Jacobi(Ensemble):
    """The eigenvalues of a matrix beta, for quadrature.

    Attributes:
        rows, others: s and r, both at least d.
    """

    rows: int
    others: int

    @property
    def interval(self) -> tuple[float, float]:
        """Of x, from 0 to pi/2 at most."""
        x = np.linspace(0, np.pi / 2, 20_001)[1:-1]
        a, b = self.rows - self.d, self.others - self.d
        low, high = turning_points(x, (a / np.sin(x)) ** 2 + (b / np.cos(x)) ** 2 - (2 * self.d + a + b) ** 2)
        return 0.0 if low is None else low, float(np.pi / 2) if high is None else high

    def eigenvalue(self, x: Array) -> Array:
        """sin^2 x."""
        return np.sin(x) ** 2

    def log_weight(self, x: Array) -> Array:
        """sin^(s-d) x · cos^(r-d) x."""
        return _power(self.rows - self.d, np.sin(x)) + _power(self.others - self.d, np.cos(x))


def _power(exponent: int, base: Array) -> Array:
    """The logarithm of base^exponent, 0^0 being 1."""
    return exponent * np.log(base) if exponent else np.zeros_like(base)


def agreed(compute: Callable[[Jacobi], Array], d: int, rows: int, others: int) -> Array:
    """What is computed from the eigenvalues, with so many nodes that half as many again change nothing.

    Args:
        compute: from the quadrature to an array.
        d: features, at most `MOST_FEATURES`.
        rows, others: of the two Wishart matrices, in all at most `MOST_ROWS`.

    Raises:
        ValueError: there are more, or no number of nodes is enough.
    """
    if d > MOST_FEATURES or rows + others > MOST_ROWS:
        raise ValueError(
            f"moments of a matrix beta are found for at most {MOST_FEATURES} features and {MOST_ROWS:,} rows; "
            f"got d={d} and {rows + others} rows. Use fewer."
        )
    nodes = 80 + 2 * d
    before = compute(Jacobi(d, nodes, rows, others))
    for _ in range(8):
        nodes += nodes // 2
        now = compute(Jacobi(d, nodes, rows, others))
        if np.allclose(before, now, rtol=_PRECISION, atol=0):
            return now
        before = now
    raise ValueError(
        f"moments of a matrix beta with {rows} and {others} rows at d={d} were not found to {_PRECISION:g}; "
        "choose a weight nearer to the share of the rows, or more samples."
    )
