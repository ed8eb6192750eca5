"""Ridge on other models' data: against fits, the master equation, and slopes in T."""

import numpy as np
import pytest

from theory import Spectrum, best_rate, downstream_error, mixture_error
from theory.tasks.regression.master import Groups, Space, second_moments


def test_after_generators():
    """Given its X a fit takes over each generator's noise, of covariance sigma_0^2 Sigma^-1/(T_0 - d - 1)."""
    T, T0, d, ridge, n = 60, 250, 100, 0.05, 5
    spectrum = Spectrum.power_law(d, 0.8, 0.6)
    s, energies = np.array(spectrum.values), np.array(spectrum.energies)
    rng, found = np.random.default_rng(2), []
    for _ in range(60):
        x = rng.standard_normal((T, d)) * np.sqrt(s)
        resolvent = np.linalg.inv(x.T @ x / T + ridge * np.eye(d))
        kept, heard = resolvent @ (x.T @ x / T), resolvent @ x.T / T
        lost = np.einsum("ij,i,j->", (kept - np.eye(d)) ** 2, s, energies)
        noise = 0.25 * np.einsum("ij,i->", heard**2, s)
        inherited = 0.49 * n * np.einsum("ij,i,j->", kept**2, s, 1 / s) / (T0 - d - 1)
        found.append(lost + noise + inherited)
    mean, deviation = np.mean(found), np.std(found, ddof=1) / np.sqrt(len(found))
    law = downstream_error(spectrum, T, ridge, generators=n, T0=T0, sigma=0.5, sigma0=0.7)
    assert deviation < 0.1 * law / 10
    assert abs(mean - law) < 5 * deviation + 0.01 * law
    real = downstream_error(spectrum, T, ridge, generators=0, T0=T0, sigma=0.5)
    assert law - real > 0.05 * law


def slope(capacity, source, ridge, *, b=None):
    """Of log E in log T between 10^5 and 10^7, the sum over features cut off far beyond what matters."""
    errors, rows, d = [], np.array([10**5, 10**7]), 2000
    spectrum = Spectrum.power_law(d, capacity, source)
    for T in rows:
        generated = 0 if b is None else 1
        # the features are a cut-off here: their number enters the generators' error as T_0 - d - 1 alone
        T0 = 2 * d if b is None else d + 1 + int(float(T) ** b)
        errors.append(downstream_error(spectrum, int(T), float(T) ** -ridge, generators=generated, T0=T0))
    return float(np.diff(np.log(errors))[0] / np.diff(np.log(rows))[0])


@pytest.mark.parametrize(("capacity", "source"), [(2.0, 0.5), (3.0, 0.6), (1.5, 0.8), (2.0, 3.0)])
def test_rates_of_real_data(capacity, source):
    """The error falls as said, and slower at other exponents."""
    best = best_rate(capacity, source)
    assert slope(capacity, source, best.ridge) == pytest.approx(-best.error, abs=0.03)
    for other in (0.7, 1.3):
        assert slope(capacity, source, best.ridge * other) > -best.error + 0.03


def test_generators_want_more_ridge():
    """With T_0 - d of T^b, b = 0.8, both the exponent and the rate are 0.8 times those of real data."""
    real, fake = best_rate(2.0, 0.5), best_rate(2.0, 0.5, generator_rows=0.8)
    assert fake.ridge == pytest.approx(0.8 * real.ridge)
    assert fake.error == pytest.approx(0.8 * real.error)
    assert slope(2.0, 0.5, fake.ridge, b=0.8) == pytest.approx(-fake.error, abs=0.03)
    assert slope(2.0, 0.5, real.ridge, b=0.8) > -fake.error + 0.05
    for fewer in (0.1, 0.5, 0.8):  # as are those of which the slope is, 2,000 at any T
        assert best_rate(2.0, 0.5, generator_rows=0.8, features=fewer) == fake
    assert best_rate(2.0, 0.5, generator_rows=2.0).error == real.error
    assert best_rate(2.0, 0.5, generator_rows=0.5, features=2.0).error == 0
    assert best_rate(2.0, 1.0) == best_rate(2.0, 3.0)


@pytest.mark.parametrize("share", [0.0, 0.3, 1.0])
def test_a_share_of_another_models_labels(share):
    """One fit to two groups of rows, the other model standing as a shift, in the master equation."""
    T, d, shift, sigma = 500, 100, 1.5, 0.7
    groups = [(1 - share, 0.0), (share, 1.0)]
    parts = [(weight, says) for weight, says in groups if weight]
    coefficients = np.array([[[0.0, 0.0], [-weight * says, weight]] for weight, says in parts])
    noise = np.array([[[0.0, 0.0], [0.0, weight**2 * sigma**2]] for weight, _ in parts])
    forces, penalties = np.zeros((1, 2, 2)), np.array([1.0, 0.0])
    forces[0, 0, 0] = shift**2
    space = Space(np.ones(1), np.array([float(d)]), forces, penalties)
    master = second_moments(
        Groups(coefficients, noise, np.array([weight * T for weight, _ in parts])), space, corrected=False
    )
    assert mixture_error(T, d, synthetic=share, shift=shift, sigma=sigma) == pytest.approx(master[1, 1], rel=1e-9)


def test_the_floor_stays():
    few, many = (mixture_error(T, 10, synthetic=0.3, shift=1.0) for T in (100, 10**7))
    assert many == pytest.approx(0.09, rel=1e-4)
    # the first order beside the floor: (sigma^2 + p_1 p_2 c^2) d/T
    assert mixture_error(10**4, 10, synthetic=0.3, shift=1.0) - 0.09 == pytest.approx(1.21e-3, rel=2e-3)
    assert few > many
    assert mixture_error(1500, 300, synthetic=0.3, shift=1.0) == pytest.approx(0.3925)


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (lambda: downstream_error(Spectrum.isotropic(9), 5, 0.1, generators=1, T0=10), "T0 >= d \\+ 2 rows .* d=9"),
        (lambda: downstream_error(Spectrum.isotropic(9), 5, 0.0, generators=1, T0=20), "ridge more than 0; got"),
        (lambda: downstream_error(Spectrum.isotropic(9), 5, 1.0, generators=-1, T0=20), "at least 0, T at least 1"),
        (lambda: best_rate(1.0, 0.5), "rates need capacity > 1"),
        (lambda: best_rate(2.0, 0.0), "rates need capacity > 1"),
        (lambda: mixture_error(5, 5, synthetic=0.1, shift=1), "T must be more than d"),
        (lambda: mixture_error(9, 5, synthetic=1.1, shift=1), "synthetic a share"),
    ],
)
def test_what_is_refused(call, message):
    with pytest.raises(ValueError, match=message):
        call()
