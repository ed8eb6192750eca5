"""Bias and variance of one ridge fit at finite T, where all features are alike.

With A = X'X of T rows and lambda added to it, and z = x/sqrt(s) for the covariance s I,

    B = (|w*|^2 s/d) E tr (lambda/s)^2 (A + lambda/s)^-2,     V = E tr A (A + lambda/s)^-2,

the second in units of sigma^2, over the eigenvalues of A, of which d - T are 0 where rows are fewer than features.
Without a ridge B = (1 - T/d)+ |w*|^2 s and V = d/(T - d - 1), or T/(d - T - 1) where T < d.
"""

from functools import lru_cache
from math import inf

import numpy as np

from .ridge import Ridge
from .wishart import Array, mean


@lru_cache(maxsize=10_000)
def bias_and_variance(ridge: Ridge, rows: int, d: int) -> tuple[float, float]:
    """B, and V in units of sigma^2; infinite without a ridge where rows are as many as features, or one more or less.

    Args:
        ridge: isotropic.
        rows: T.
        d: features.

    Raises:
        ValueError: as `wishart.mean`.
    """
    spectrum = ridge.of_features(d)
    nonzero, scale, risk = min(rows, d), spectrum.values[0], spectrum.risk
    if ridge.penalty == 0:
        gap = abs(rows - d) - 1
        return risk * (1 - nonzero / d), nonzero / gap if gap > 0 else inf
    penalty = ridge.penalty_at(rows) * rows / scale

    def both(u: Array) -> Array:
        return np.stack([(penalty / (u + penalty)) ** 2, u / (u + penalty) ** 2])

    bias, variance = mean(both, rows, d)
    return float(risk * (d - nonzero + bias) / d), float(variance)
