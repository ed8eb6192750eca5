"""Means of functions of a matrix beta by quadrature: the eigenvalues of U = W^(-1/2) S W^(-1/2), W = S + R.

S and R are Wishart of s and r rows, both at least d. The eigenvalues u_i have the density

    prod_i u_i^((s-d-1)/2) (1 - u_i)^((r-d-1)/2) · prod_{i<j} |u_i - u_j|          (Muirhead 1982, Thm 3.3.4),

so that by de Bruijn (1955) the mean of prod_i e^(t f(u_i)) is the Pfaffian of A(t), up to a factor without t, with

    A_ij(t) = integral of sgn(y - x) p_i(x) p_j(y) phi(x) phi(y),     phi = weight · e^(t f),

for any polynomials p_0, …, p_{d-1}; where d is odd, A has one more row, of the integrals of p_i phi. Mean and variance
of tr f(U) are derivatives of log Pf A = (1/2) log det A at t = 0.

With u = sin^2 x the weight is sin^(s-d) x · cos^(r-d) x, and p_k times it may be the eigenfunctions of the
Pöschl-Teller potential, which are orthonormal. They tell the interval outside which nothing is left.
"""

from collections.abc import Callable
from dataclasses import dataclass
from functools import cached_property

import numpy as np

#: Arrays of float64.
Array = np.ndarray

#: The exponent of e at which a tail is cut off.
_TAIL = 42.0

#: With half as many nodes again the means have to be the same up to this.
_PRECISION = 1e-12

#: More features than this need too many nodes.
MOST_FEATURES = 1000

#: More rows than this leave too narrow a peak.
MOST_ROWS = 10**7


@dataclass(frozen=True)
class Jacobi:
    """The eigenvalues of a matrix beta, for quadrature.

    Attributes:
        d: how many there are.
        rows, others: s and r, both at least d.
        nodes: of the quadrature.
    """

    d: int
    rows: int
    others: int
    nodes: int

    def moments(self, f: Callable[[Array], Array]) -> tuple[float, float]:
        """The mean and the variance of tr f(U), f an array function of the eigenvalues."""
        values = f(self._u)
        centre = float(values @ self._density)
        values = values - centre
        first, second = self._solved(self._matrix(values)), self._solved(self._second(values))
        mean = 0.5 * float(np.trace(first))
        return self.d * centre + mean, 0.5 * float(np.trace(second) - (first * first.T).sum())

    def mean(self, f: Callable[[Array], Array]) -> float:
        """The mean of tr f(U)."""
        return 0.5 * float(np.trace(self._solved(self._matrix(f(self._u)))))

    @cached_property
    def _points(self) -> tuple[Array, Array, Array]:
        """Points, weights, and the matrix that integrates from the lower end to each point."""
        low, high = _interval(self.d, self.rows - self.d, self.others - self.d)
        x, w = np.polynomial.legendre.leggauss(self.nodes)
        legendre = np.polynomial.legendre.legvander(x, self.nodes)
        k = np.arange(1, self.nodes)
        integrated = np.empty((self.nodes, self.nodes))
        integrated[:, 0] = x + 1
        integrated[:, 1:] = (legendre[:, 2:] - legendre[:, :-2]) / (2 * k + 1)
        expand = (np.arange(self.nodes)[:, None] + 0.5) * legendre[:, :-1].T * w
        half = (high - low) / 2
        return low + half * (x + 1), half * w, half * integrated @ expand

    @cached_property
    def _u(self) -> Array:
        return np.sin(self._points[0]) ** 2

    @cached_property
    def _functions(self) -> Array:
        """p_k times the weight, k = 0, …, d - 1, orthonormal: by their three-term recursion, found as it is used."""
        x, w, _ = self._points
        a, b = self.rows - self.d, self.others - self.d
        log = _power(a, np.sin(x)) + _power(b, np.cos(x))
        found = np.empty((self.d, self.nodes))
        found[0] = np.exp(log - log.max())
        found[0] /= np.sqrt(w @ found[0] ** 2)
        for k in range(1, self.d):
            new = self._u * found[k - 1]
            for _ in range(2):  # twice is enough
                new = new - (found[:k] * w) @ new @ found[:k]
            found[k] = new / np.sqrt(w @ new**2)
        return found

    @cached_property
    def _density(self) -> Array:
        """About that of an eigenvalue."""
        return (self._functions**2).sum(0) * self._points[1] / self.d

    def _paired(self, left: Array, right: Array) -> Array:
        """The integrals of sgn(y - x) left_i(x) right_j(y)."""
        _, w, cumulative = self._points
        until = cumulative @ right.T
        return (left * w) @ (right @ w - 2 * until)

    def _bordered(self, matrix: Array, border: Array) -> Array:
        """With one more row where d is odd."""
        if self.d % 2 == 0:
            return matrix
        return np.block([[matrix, border[:, None]], [-border[None], np.zeros((1, 1))]])

    @cached_property
    def _zeroth(self) -> Array:
        p = self._functions
        return self._bordered(self._paired(p, p), p @ self._points[1])

    def _solved(self, matrix: Array) -> Array:
        return np.linalg.solve(self._zeroth, matrix)

    def _matrix(self, f: Array) -> Array:
        """The first derivative of A."""
        p, w = self._functions, self._points[1]
        half = self._paired(p * f, p)
        return self._bordered(half - half.T, (p * f) @ w)

    def _second(self, f: Array) -> Array:
        """The second derivative of A."""
        p, w = self._functions, self._points[1]
        half = self._paired(p * f**2, p)
        return self._bordered(half - half.T + 2 * self._paired(p * f, p * f), (p * f**2) @ w)


def _power(exponent: int, base: Array) -> Array:
    """The logarithm of base^exponent, 0^0 being 1."""
    return exponent * np.log(base) if exponent else np.zeros_like(base)


def _interval(d: int, a: int, b: int) -> tuple[float, float]:
    """Where the d-th eigenfunction lives: between its turning points, and on to where e^-42 of it is left."""
    x = np.linspace(0, np.pi / 2, 20_001)[1:-1]
    excess = (a / np.sin(x)) ** 2 + (b / np.cos(x)) ** 2 - (2 * d + a + b) ** 2
    inside = np.flatnonzero(excess <= 0)
    decay = np.sqrt(np.maximum(excess, 0)) * (x[1] - x[0])
    first, last = inside[0], inside[-1]
    below, above = np.cumsum(decay[first::-1]), np.cumsum(decay[last:])
    start, end = int((below < _TAIL).sum()), int((above < _TAIL).sum())
    return (
        0.0 if start > first else float(x[first - start]),
        float(np.pi / 2) if last + end >= len(x) else float(x[last + end]),
    )


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
    before = compute(Jacobi(d, rows, others, nodes))
    for _ in range(8):
        nodes += nodes // 2
        now = compute(Jacobi(d, rows, others, nodes))
        if np.allclose(before, now, rtol=_PRECISION, atol=0):
            return now
        before = now
    raise ValueError(
        f"moments of a matrix beta with {rows} and {others} rows at d={d} were not found to {_PRECISION:g}; "
        "choose a weight nearer to the share of the rows, or more samples."
    )
