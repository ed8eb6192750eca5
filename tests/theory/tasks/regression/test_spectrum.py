"""Spectra: their constructors, and what is refused."""

import numpy as np
import pytest

from theory import LinearRegression, Spectrum


def test_constructors():
    alike = Spectrum.isotropic(5, 2.0)
    assert (alike.values, alike.multiplicities, alike.energies) == ((1.0,), (5,), (4.0,))
    assert alike.is_isotropic
    assert (alike.d, alike.signal, alike.risk) == (5, 2.0, 4.0)
    given = Spectrum.of([2, 1], [0.5, 0.25])
    assert given == Spectrum((2.0, 1.0), (1, 1), (0.5, 0.25))
    assert hash(given) == hash(Spectrum((2, 1), (1, 1), (0.5, 0.25)))
    assert given.risk == 1.25
    assert not given.is_isotropic
    assert Spectrum.of([2, 2], [0.5, 0.25]).is_isotropic


def test_a_power_law():
    """s_j = j^-capacity, and sum_j s_j^(1 - 2 source) w_j^2 = sum_j 1/j up to a factor: on the edge."""
    capacity, source = 1.5, 0.75
    found = Spectrum.power_law(50, capacity, source, 3.0)
    j = np.arange(1, 51)
    np.testing.assert_allclose(found.values, j**-capacity, rtol=1e-14)
    terms = np.array(found.energies) * np.array(found.values) ** (1 - 2 * source)
    np.testing.assert_allclose(terms * j, terms[0], rtol=1e-12)
    assert found.signal == pytest.approx(3.0)
    flat = Spectrum.power_law(4, 2.0, 0.25)
    np.testing.assert_allclose(flat.energies, 0.25)  # 1 + 2 (0.5 - 1) = 0


@pytest.mark.parametrize(
    ("make", "message"),
    [
        (lambda: Spectrum((1.0, 0.0), (1, 1), (1, 0)), "singular or negative: an eigenvalue is 0"),
        (lambda: Spectrum((1.0, -2.0), (1, 1), (1, 0)), "singular or negative: an eigenvalue is -2"),
        (lambda: Spectrum((1.0,), (1, 1), (1,)), "1 eigenvalues, 2 multiplicities and 1 energies"),
        (lambda: Spectrum((), (), ()), "and one at least"),
        (lambda: Spectrum((1.0,), (1.5,), (1,)), "a multiplicity must be a whole number"),  # pyright: ignore[reportArgumentType]
        (lambda: Spectrum((1.0,), (0,), (1,)), "a multiplicity must be"),
        (lambda: Spectrum((1.0,), (2,), (-1,)), "an energy of w. is a squared length and must be at least 0; got -1"),
        (lambda: Spectrum((float("nan"),), (2,), (1,)), "an eigenvalue of the covariance must be a number"),
        (lambda: Spectrum.power_law(5, 0, 1), "needs capacity > 0 and source >= 0; got capacity=0, source=1"),
        (lambda: Spectrum.power_law(5, 1, -1), "needs capacity > 0 and source >= 0"),
        (lambda: Spectrum.isotropic(0), "d counts features"),
        (
            lambda: LinearRegression(design="fresh", ridge=1.0, spectrum=Spectrum.isotropic(3, 2.0), signal=3.0),
            r"energies of w\* add up to 4, and must add up to signal\^2 = 9. Give signal=2.0",
        ),
        (
            lambda: LinearRegression(5, 4, design="fresh", ridge=1.0, spectrum=Spectrum.isotropic(3)),
            "multiplicities of the spectrum add up to 3, and must add up to d=4",
        ),
    ],
)
def test_what_is_refused(make, message):
    with pytest.raises(ValueError, match=message):
        make()


def test_features_follow_the_spectrum():
    task = LinearRegression(design="fresh", ridge=1.0, spectrum=Spectrum.isotropic(7))
    assert task.d == 7
    with pytest.raises(ValueError, match="is 7 in"):
        task.values({"T": 3, "d": 4})
