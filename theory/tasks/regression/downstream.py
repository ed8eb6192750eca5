"""Ridge on the data of other models: after a chain of generators (2402.07712), and of one bad source (2410.04840).

After n generators, each fitted by least squares to T_0 >= d + 2 rows that the one before labelled, a ridge is fitted to
T rows of the last one. With the equivalents of that fit

    E = B + sigma^2 V + n sigma_0^2 rho,   rho = [df_2 + kappa^2 tr (Sigma + kappa)^-2 df_2/(T - df_2)]/(T_0 - d - 1).

For eigenvalues j^-beta, the source exponent r (`Spectrum.power_law`), r' = min(r, 1), and lambda = T^-l, that is up to
constants, with T_0 = T^b, d = T^a and m = max(1, a) - b,

    E ~ T^(-2 r' l) + T^(max(0, m) - 1 + l/beta),

so that the best l is (1 - max(0, m)) beta/(2 r' beta + 1): the data of generators want more ridge than real ones.
"""

import math
from dataclasses import dataclass

from .equivalents import Equivalent
from .spectrum import Spectrum


def downstream_error(
    spectrum: Spectrum, T: int, ridge: float, *, generators: int, T0: int, sigma: float = 1.0, sigma0: float = 1.0
) -> float:
    """The test error of a ridge fit to T rows of the last of some generators, in the limit d/T -> gamma.

    Args:
        spectrum: of the covariance and w*.
        T: rows of the fit.
        ridge: lambda > 0 beside the mean of the squares.
        generators: n, at least 0; with none the rows are real.
        T0: rows of each generator's fit, at least d + 2.
        sigma, sigma0: noise standard deviations of the labels of the fit, and of the generators'.

    Raises:
        ValueError: T0 < d + 2, or a number that is not of this kind.

    >>> alike = Spectrum.isotropic(100)
    >>> [round(downstream_error(alike, 60, 0.3, generators=n, T0=250), 4) for n in (0, 1, 5)]
    [0.9708, 1.2117, 2.1754]
    """
    d = spectrum.d
    if generators < 0 or T < 1 or not 0 < ridge < math.inf:
        raise ValueError(
            f"generators must be at least 0, T at least 1 and ridge more than 0; got generators={generators}, T={T}, "
            f"ridge={ridge}."
        )
    if T0 < d + 2:
        raise ValueError(f"generators need T0 >= d + 2 rows for a finite mean; got T0={T0}, d={d}. Use more rows.")
    fit = Equivalent(spectrum, T, ridge)
    freedom = T * (1 - fit.spread)
    lost = float((fit.multiplicities * (1 - fit.kept) ** 2).sum())
    inherited = (freedom + lost * freedom / (T - freedom)) / (T0 - d - 1)
    return fit.bias + sigma**2 * fit.variance + generators * sigma0**2 * inherited


@dataclass(frozen=True)
class Rate:
    """The ridge that falls best with T under a power law, and how the error then falls.

    Attributes:
        ridge: l, where lambda = T^-l.
        error: e, where the test error is T^-e up to a constant; 0 where it does not fall.
    """

    ridge: float
    error: float


def best_rate(capacity: float, source: float, *, generator_rows: float = math.inf, features: float = 1.0) -> Rate:
    """The best ridge exponent for data of generators, of T_0 = T^b rows and d = T^a features.

    Args:
        capacity: beta > 1, of the eigenvalues j^-beta.
        source: r > 0; from 1 on a ridge makes no more of it.
        generator_rows: b; infinite for real data.
        features: a.

    Raises:
        ValueError: a number is not of this kind.

    >>> best_rate(2.0, 0.5)
    Rate(ridge=0.6666666666666666, error=0.6666666666666666)
    >>> best_rate(2.0, 0.5, generator_rows=0.7, features=0.5).error < best_rate(2.0, 0.5).error
    True
    """
    if not capacity > 1 or not source > 0 or not generator_rows > 0 or not features > 0:
        raise ValueError(
            "rates need capacity > 1, source > 0, generator_rows > 0 and features > 0; got "
            f"{capacity}, {source}, {generator_rows} and {features}."
        )
    source, lacking = min(source, 1.0), max(0.0, max(1.0, features) - generator_rows)
    ridge = max(0.0, 1 - lacking) * capacity / (2 * source * capacity + 1)
    return Rate(ridge, 2 * source * ridge)


def mixture_error(T: int, d: int, *, synthetic: float, shift: float, sigma: float = 1.0) -> float:
    """The test error of least squares on real rows and on rows that another model labelled, in the limit d/T -> gamma.

    With phi = d/T, p_2 the share of the other model's rows, p_1 = 1 - p_2, and c the length of its w less w*,

        E = sigma^2 phi/(1 - phi) + c^2 (p_2^2 + p_1 p_2 phi/(1 - phi)):

    however many rows, the floor p_2^2 c^2 stays (2410.04840, Corollary 1).

    Args:
        T: rows in all, more than d.
        d: features.
        synthetic: p_2, from 0 to 1.
        shift: c, where all features are alike.
        sigma: noise standard deviation of all labels.

    Raises:
        ValueError: T <= d, or p_2 is no share.

    >>> round(mixture_error(1500, 300, synthetic=0.3, shift=1.0), 4)
    0.3925
    """
    if T <= d or not 0 <= synthetic <= 1:
        raise ValueError(f"T must be more than d, and synthetic a share from 0 to 1; got T={T}, d={d}, {synthetic}.")
    odds = d / (T - d)
    return sigma**2 * odds + shift**2 * (synthetic**2 + (1 - synthetic) * synthetic * odds)
