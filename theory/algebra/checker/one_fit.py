"""Bias and variance of one fit by quadrature: with a ridge at d = 1 and d = 2, and of least norm at any d."""

from fractions import Fraction
from functools import cache

import numpy as np

#: Midpoints that are added up, and how far beyond the root of the rows.
_POINTS, _FAR = 1000, 12


@cache
def one_fit(d: int, ridge: Fraction, rows: int) -> tuple[float, float]:
    """|w|^2 ridge^2/d E tr A^-2 and E tr X'X A^-2 of A = X'X + ridge, X of Gaussian rows, |w|^2 = 1 + … + d^2.

    The roots x, y of the eigenvalues have the density (xy)^(rows - d) exp(-(x^2 + y^2)/2) |x^2 - y^2|, by Muirhead
    (1982), Thm 3.2.18.
    """
    x = (np.arange(_POINTS) + 0.5) * (np.sqrt(rows) + _FAR) / _POINTS
    logarithm = (rows - d) * np.log(x) - x**2 / 2
    weight = np.exp(logarithm - logarithm.max())
    if d == 2:
        weight = weight * (np.abs(x[:, None] ** 2 - x**2) @ weight)
    weight = weight / weight.sum()
    u, added = x**2, float(ridge)
    length = sum(entry**2 for entry in range(1, d + 1))
    return length * float(weight @ (added / (u + added)) ** 2), d * float(weight @ (u / (u + added) ** 2))


def least_norm_fit(d: int, rows: int) -> tuple[float, float]:
    """|w|^2 (1 - E tr A^+ A/d) and E tr A^+ of A = X'X, X of Gaussian rows, |w|^2 = 1 + … + d^2.

    With m and M the smaller and the larger of rows and d, the nonzero eigenvalues are those of an m x m Wishart matrix
    with M degrees of freedom. Each diagonal entry of its inverse is 1/chi-square of M - m + 1 (Muirhead 1982, 3.2.12).
    """
    few, many = sorted((rows, d))
    degrees = many - few + 1
    if degrees < 3:
        raise ArithmeticError("1/chi-square has no mean")
    # of the logarithm of a chi, whose density falls exponentially on either side
    t = np.linspace(-40, 4, 4001)
    logarithm = degrees * t - np.exp(2 * t) / 2
    weight = np.exp(logarithm - logarithm.max())
    length = sum(entry**2 for entry in range(1, d + 1))
    return length * (1 - few / d), few * float((weight * np.exp(-2 * t)).sum() / weight.sum())
