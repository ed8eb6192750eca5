"""Means of functions of the eigenvalues of a random matrix, whatever the function, by quadrature.

Where the eigenvalues u_i have the density prod_i weight(u_i) · prod_{i<j} |u_i - u_j|, de Bruijn (1955) has the mean of
prod_i e^(t f(u_i)) as the Pfaffian of A(t), up to a factor without t, with

    A_ij(t) = integral of sgn(y - x) p_i(x) p_j(y) phi(x) phi(y),     phi = weight · e^(t f),

for any polynomials p_0, …, p_{d-1}; where d is odd, A has one more row, of the integrals of p_i phi. Mean and variance
of tr f, the sum of f over the eigenvalues, are derivatives of log Pf A = (1/2) log det A at t = 0.
"""

import abc
from collections.abc import Callable
from dataclasses import dataclass
from functools import cached_property, lru_cache

import numpy as np

#: Arrays of float64.
Array = np.ndarray

#: The exponent of e at which a tail is cut off.
TAIL = 42.0


@lru_cache(maxsize=4)  # few numbers of nodes, and many ensembles
def _legendre(nodes: int) -> tuple[Array, Array, Array, Array]:
    """Points and weights in [-1, 1]; the integrals of the polynomials up to each point, and what expands in them."""
    from scipy.special import roots_legendre  # not at the top, for it doubles what `import theory` costs

    x, w = roots_legendre(nodes)
    legendre = np.polynomial.legendre.legvander(x, nodes)
    k = np.arange(1, nodes)
    integrated = np.empty((nodes, nodes))
    integrated[:, 0] = x + 1
    integrated[:, 1:] = (legendre[:, 2:] - legendre[:, :-2]) / (2 * k + 1)
    return x, w, integrated, (np.arange(nodes)[:, None] + 0.5) * legendre[:, :-1].T * w


@dataclass(frozen=True)
class Ensemble(abc.ABC):
    """The eigenvalues of a matrix, as functions of a variable x in which p_k times the weight are smooth.

    Attributes:
        d: how many there are.
        nodes: of the quadrature.
    """

    d: int
    nodes: int

    @property
    @abc.abstractmethod
    def interval(self) -> tuple[float, float]:
        """Of x, outside which nothing is left."""

    @abc.abstractmethod
    def eigenvalue(self, x: Array) -> Array:
        """The eigenvalue at x."""

    @abc.abstractmethod
    def log_weight(self, x: Array) -> Array:
        """The logarithm of weight(u) du/dx, up to a constant."""

    def moments(self, f: Callable[[Array], Array]) -> tuple[float, float]:
        """The mean and the variance of tr f."""
        values = f(self._u)
        centre = float(values @ self._density)
        values = values - centre
        first, second = self._solved(self._matrix(values)), self._solved(self._second(values))
        mean = 0.5 * float(np.trace(first))
        return self.d * centre + mean, 0.5 * float(np.trace(second) - (first * first.T).sum())

    def mean(self, f: Callable[[Array], Array]) -> float:
        """The mean of tr f."""
        return 0.5 * float(np.trace(self._solved(self._matrix(f(self._u)))))

    @cached_property
    def _points(self) -> tuple[Array, Array, Array]:
        """Points, weights, and the matrix that integrates from the lower end to each point."""
        low, high = self.interval
        x, w, integrated, expand = _legendre(self.nodes)
        half = (high - low) / 2
        return low + half * (x + 1), half * w, half * integrated @ expand

    @cached_property
    def level_density(self) -> tuple[Array, Array]:
        """Eigenvalues u_q and weights, so that the mean of tr f is the sum over q of weight_q f(u_q), for every f."""
        p, (_, w, cumulative) = self._functions, self._points
        inverse = np.linalg.inv(self._zeroth)
        beyond = (p @ w)[:, None] - 2 * p @ cumulative.T
        found = np.einsum("iq,ij,jq->q", p, inverse[: self.d, : self.d].T, beyond, optimize=True)
        if self.d % 2:
            found = found + inverse[self.d, : self.d] @ p
        return self._u, w * found

    @cached_property
    def _u(self) -> Array:
        return self.eigenvalue(self._points[0])

    @cached_property
    def _functions(self) -> Array:
        """p_k times the weight, k = 0, …, d - 1, orthonormal: by their three-term recursion, found as it is used."""
        x, w, _ = self._points
        log = self.log_weight(x)
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


def turning_points(x: Array, excess: Array) -> tuple[float | None, float | None]:
    """Where an eigenfunction lives: between its turning points, and on to where e^-42 of it is left.

    Args:
        x: evenly spaced.
        excess: the potential less the energy there.

    Returns:
        The two ends; `None` for one that x does not reach.
    """
    inside = np.flatnonzero(excess <= 0)
    decay = np.sqrt(np.maximum(excess, 0)) * (x[1] - x[0])
    first, last = inside[0], inside[-1]
    below, above = np.cumsum(decay[first::-1]), np.cumsum(decay[last:])
    start, end = int((below < TAIL).sum()), int((above < TAIL).sum())
    return (
        None if start > first else float(x[first - start]),
        None if last + end >= len(x) else float(x[last + end]),
    )
