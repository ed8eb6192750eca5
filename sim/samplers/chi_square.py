"""Chi-square variables at a fixed cost: each is a smooth increasing function of one normal variable.

A rejection sampler loops, over a whole vector, until its slowest element accepts. Here the quantile transformation
x = F^-1(Phi(z)) is tabulated once: log(x / nu) is analytic in z, so a short Chebyshev series gives it to `TOLERANCE`.
From `_MANY` degrees of freedom on, one series in z and 1/sqrt(nu) serves them all: sqrt(nu/2) log(x/nu) tends to z.

Half a chi-square variable of 2a degrees of freedom is a gamma variable of shape a: degrees need not be whole numbers.
"""

import functools

import equinox as eqx
import jax
import jax.numpy as jnp
import numpy as np
from jaxtyping import Array, Float, Float64, Int, Real
from numpy.polynomial import chebyshev
from scipy import special

#: Largest |z| that a table covers; a normal variable made of 53 random bits stays below 8.3.
FARTHEST = 8.6

#: What the series leaves out of log(x / nu), at most: x is relatively this exact over all |z| <= FARTHEST.
TOLERANCE = 2e-10

_MANY = 32

#: The fewest degrees of freedom, but for 0, at which the series is as exact as `TOLERANCE`.
FEWEST = 1


class ChiSquare(eqx.Module):
    """Chi-square variables of given degrees of freedom, at least `FEWEST`; 0 degrees give 0."""

    degrees: Float[Array, "*shape"]
    coefficients: Float[Array, "order *shape"]

    def __init__(self, degrees: Real[np.ndarray, "*shape"], dtype: np.dtype) -> None:
        coefficients = np.zeros((_SMALL_ORDER + 1, degrees.size))
        flat = degrees.ravel()
        for value in np.unique(flat[(flat > 0) & (flat < _MANY)]):
            coefficients[:, flat == value] = _few(float(value))[:, None]
        many = flat >= _MANY
        coefficients[: _MANY_ORDER + 1, many] = _many(flat[many])
        # What the tail of a Chebyshev series adds is at most the sum of its coefficients.
        tail = np.abs(coefficients[::-1]).cumsum(0)[::-1].max(1, initial=0)
        kept = max(2, int((tail > TOLERANCE / 2).sum()))
        self.degrees = jnp.asarray(degrees, dtype)
        self.coefficients = jnp.asarray(coefficients[:kept].reshape(kept, *degrees.shape), dtype)

    def __call__(self, normal: Float[Array, "*shape"]) -> Float[Array, "*shape"]:
        """The chi-square variables at the same quantile as these standard normal ones."""
        x = normal / FARTHEST
        ahead, before = jnp.zeros_like(x), jnp.zeros_like(x)
        for coefficient in self.coefficients[:0:-1]:  # Clenshaw's recurrence
            ahead, before = coefficient + 2 * x * ahead - before, ahead
        return self.degrees * jnp.exp(self.coefficients[0] + x * ahead - before)

    def at(self, index: Int[Array, ""]) -> "ChiSquare":
        """Those of one index into the first axis of `degrees`."""
        return eqx.tree_at(
            lambda table: (table.degrees, table.coefficients), self, (self.degrees[index], self.coefficients[:, index])
        )


def gamma(normal: Float[Array, ""], shape: Float[Array, ""]) -> Float[Array, ""]:
    """A gamma variable of any shape of at least 16, at the quantile of a standard normal variable."""
    place = 2 * jnp.sqrt(_MANY / (2 * shape)) - 1

    def polynomials(pair: tuple[Array, Array], _: None) -> tuple[tuple[Array, Array], Array]:
        now, ahead = pair
        return (ahead, 2 * place * ahead - now), now

    def clenshaw(pair: tuple[Array, Array], coefficient: Array) -> tuple[tuple[Array, Array], None]:
        ahead, before = pair
        return (coefficient + 2 * x * ahead - before, ahead), None

    # loops, for as many operations written out take long to compile
    in_place = jax.lax.scan(polynomials, (jnp.ones_like(place), place), length=_ROOT_ORDER + 1)[1]
    coefficients, x, nought = jnp.asarray(_common(), normal.dtype) @ in_place, normal / FARTHEST, jnp.zeros_like(normal)
    ahead, before = jax.lax.scan(clenshaw, (nought, nought), coefficients[:0:-1])[0]
    return shape * jnp.exp((coefficients[0] + x * ahead - before) / jnp.sqrt(shape))


#: Orders that reach `TOLERANCE`: in z for 1, 2, … degrees of freedom; in z and in 1/sqrt(nu) for many.
_SMALL_ORDER, _MANY_ORDER, _ROOT_ORDER = 80, 24, 14


def _log_ratio(z: Float64[np.ndarray, "..."], degrees: Float64[np.ndarray, "..."]) -> Float64[np.ndarray, "..."]:
    """log(x / nu) at the quantile of z; each tail from its own end, so that neither loses digits."""
    lower = special.gammaincinv(degrees / 2, special.ndtr(np.minimum(z, 0)))
    upper = special.gammainccinv(degrees / 2, special.ndtr(np.minimum(-z, 0)))
    return np.log(np.where(z < 0, lower, upper) / (degrees / 2))


@functools.cache
def _few(degrees: float) -> Float64[np.ndarray, " order"]:
    """The series of log(x / nu) in z."""
    points = chebyshev.chebpts1(_SMALL_ORDER + 1)
    values = _log_ratio(points * FARTHEST, np.full_like(points, degrees))
    return np.linalg.solve(chebyshev.chebvander(points, _SMALL_ORDER), values)


def _many(degrees: Real[np.ndarray, " shape"]) -> Float64[np.ndarray, "order shape"]:
    """The series of log(x / nu) in z, from the common one in z and 1/sqrt(nu)."""
    place = 2 * np.sqrt(_MANY / degrees) - 1
    return _common() @ chebyshev.chebvander(place, _ROOT_ORDER).T * np.sqrt(2 / degrees)


@functools.cache
def _common() -> Float64[np.ndarray, "order root_order"]:
    """The series of sqrt(nu/2) log(x / nu) in z and 1/sqrt(nu), which runs from 0, where the value is z."""
    z = chebyshev.chebpts1(_MANY_ORDER + 1)
    place = chebyshev.chebpts2(_ROOT_ORDER + 1)
    degrees = _MANY * (2 / (place[1:] + 1)) ** 2
    at_limit = FARTHEST * z[:, None]
    values = np.hstack([at_limit, np.sqrt(degrees / 2) * _log_ratio(at_limit, degrees)])
    in_z = np.linalg.solve(chebyshev.chebvander(z, _MANY_ORDER), values)
    return np.linalg.solve(chebyshev.chebvander(place, _ROOT_ORDER), in_z.T).T
