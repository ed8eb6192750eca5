"""Means over the eigenvalues of a Gram matrix: against moments, chi^2, and the densities of one and two of them."""

import numpy as np
import pytest
from scipy import integrate, stats

from tests.theory.tasks.regression.literal_ridge import chi_square
from theory.tasks.regression.wishart import Laguerre, mean


@pytest.mark.parametrize(("T", "d"), [(1, 1), (5, 3), (3, 8), (12, 13), (20, 10), (1000, 4)])
def test_moments(T, d):
    """Muirhead (1982), 3.3.15, and E A^-1; A of fewer rows than features has the eigenvalues of XX'."""
    expected = [min(T, d), T * d, T * d * (T + d + 1)]
    np.testing.assert_allclose(mean(lambda u: np.stack([u**0, u, u**2]), T, d), expected, rtol=1e-12)
    if abs(T - d) > 1:
        assert mean(lambda u: 1 / u, T, d) == pytest.approx(min(T, d) / (abs(T - d) - 1), rel=1e-11)


@pytest.mark.parametrize(("T", "ridge"), [(1, 0.3), (3, 1.0), (40, 0.01)])
def test_one_feature_is_chi_square(T, ridge):
    def integrand(x):
        # u = x^2, for the density of chi^2_1 is infinite at 0
        return 2 * x**3 / (x**2 + ridge) ** 2 * chi_square(x**2, T)

    expected, _ = integrate.quad(integrand, 0, 14, epsabs=1e-14, epsrel=1e-13, limit=500)
    assert mean(lambda u: u / (u + ridge) ** 2, T, 1) == pytest.approx(expected, rel=1e-10)


@pytest.mark.parametrize("rows", [1, 2, 30, 10**4, 10**7])
def test_nodes_lie_where_eigenvalues_do(rows):
    """Of one feature x is chi: outside is less than 1e-14, and inside no more than 30 of its deviations."""
    low, high = Laguerre(1, 10, rows - 1).interval
    x = stats.chi(rows)
    assert x.cdf(low) < 1e-14
    assert x.sf(high) < 1e-14
    assert high - low < 30 * x.std()


@pytest.mark.parametrize("T", [3, 6])
def test_two_features_by_their_joint_density(T):
    """Density in proportion to (u v)^((T-3)/2) e^(-(u+v)/2) |u - v|, integrated over u > v."""

    def joint(x, y, f):
        u, v = x**2, y**2
        return 4 * x * y * (u * v) ** ((T - 3) / 2) * np.exp(-(u + v) / 2) * (u - v) * f(u, v)

    def over(f):
        return integrate.dblquad(lambda y, x: joint(x, y, f), 0, 9, 0, lambda x: x, epsabs=1e-11, epsrel=1e-10)[0]

    expected = over(lambda u, v: u / (u + 0.7) ** 2 + v / (v + 0.7) ** 2) / over(lambda u, v: 1.0)
    assert mean(lambda u: u / (u + 0.7) ** 2, T, 2) == pytest.approx(expected, rel=1e-9)


def test_three_features_by_sampling():
    """Odd numbers of eigenvalues have one more row in the Pfaffian."""
    x = np.random.default_rng(3).standard_normal((200_000, 4, 3))
    found = np.linalg.eigvalsh(np.einsum("rti,rtj->rij", x, x))
    found = (1 / (found + 1.0)).sum(1)
    deviation = found.std() / np.sqrt(len(found))
    expected = mean(lambda u: 1 / (u + 1.0), 4, 3)
    assert deviation < 0.01 * expected / 10
    assert abs(found.mean() - expected) < 5 * deviation


def test_what_it_is_not_for():
    with pytest.raises(ValueError, match="at most 300 eigenvalues and 10,000,000 rows; got 400 rows of 500 features"):
        mean(np.ones_like, 400, 500)
    with pytest.raises(ValueError, match="of 3 rows and 4 features were .* the ridge is too small for the quadrature"):
        mean(lambda u: u / (u + 1e-9) ** 2, 3, 4)
    with pytest.raises(ValueError, match="the ridge is too small for the quadrature"):
        mean(lambda u: 1e-12 * u / (u + 1e-9) ** 2, 3, 3)  # however small the mean is
