"""Chi-square variables against SciPy's quantiles, point by point, and against mpmath in the far tails."""

import jax
import jax.numpy as jnp
import jax.random as jr
import mpmath
import numpy as np
import pytest
from scipy import stats

from sim.samplers.chi_square import FARTHEST, TOLERANCE, ChiSquare
from tests.helpers import thinned

pytestmark = pytest.mark.usefixtures("quickly_compiled")  # few numbers, of many tables


def table(*degrees, precision="float64"):
    return ChiSquare(np.array(degrees), jnp.dtype(precision))


DEGREES = [1, 2, 3, 4, 7, 16, 31, 32, 33, 47, 100, 999, 10**4, 10**6]


@pytest.mark.parametrize("degrees", thinned(DEGREES, every=3))
def test_is_the_quantile_of_the_normal_variable(degrees):
    z = np.linspace(-8.2, 8.2, 401)
    found = jax.vmap(lambda z: table(degrees)(z[None])[0])(jnp.asarray(z))
    expected = np.where(z < 0, stats.chi2.ppf(stats.norm.cdf(z), degrees), stats.chi2.isf(stats.norm.sf(z), degrees))
    np.testing.assert_allclose(found, expected, rtol=2 * TOLERANCE)


@pytest.mark.parametrize(("degrees", "z"), [(1, -8.0), (3, 8.0), (40, -7.0), (10**9, 5.0)])
def test_far_out_against_mpmath(degrees, z):
    found = float(table(degrees)(jnp.array([z]))[0])
    with mpmath.workdps(40):
        a = mpmath.mpf(degrees) / 2
        # the distribution function is flat in log x only by its density: one Newton step tells the distance in log x
        log_x = mpmath.log(mpmath.mpf(found))
        x = mpmath.exp(log_x)
        density = mpmath.exp(a * mpmath.log(x / 2) - x / 2 - mpmath.loggamma(a))
        if degrees < 1000:
            below = mpmath.gammainc(a, 0, x / 2, regularized=True)
            distance = (below - mpmath.ncdf(z)) / density
        else:  # Cornish-Fisher, whose next term is of the order of nu^-2
            nu, Z = mpmath.mpf(degrees), mpmath.mpf(z)
            quantile = nu + mpmath.sqrt(2 * nu) * Z + (Z**2 - 1) * 2 / 3 + (Z**3 - 7 * Z) / (9 * mpmath.sqrt(2 * nu))
            distance = log_x - mpmath.log(quantile)
        assert abs(distance) < 2 * TOLERANCE


def test_nought_degrees_are_nought():
    assert table(0, 5)(jnp.array([1.0, 1.0]))[0] == 0


@pytest.mark.slow
def test_float32_is_exact_to_its_rounding():
    z = jnp.linspace(-5, 5, 101)
    for degrees in (2, 20, 500):
        found = jax.vmap(lambda z, n=degrees: table(n, precision="float32")(z[None])[0])(z.astype(jnp.float32))
        assert found.dtype == jnp.float32
        expected = jax.vmap(lambda z, n=degrees: table(n)(z[None])[0])(z)
        np.testing.assert_allclose(found, expected, rtol=2e-5)


def test_normal_variables_stay_inside_the_table():
    # 53 bits: the largest is the quantile of 1 - 2^-53 or so
    assert float(jax.scipy.special.ndtri(jnp.array(1 - 2.0**-53))) < FARTHEST
    assert float(jnp.abs(jr.normal(jr.key(0), (10**6,))).max()) < FARTHEST
