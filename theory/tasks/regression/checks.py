"""Which numbers make sense in a regression: refused in one line where they do not."""

import numbers
from typing import Any

import numpy as np

DESIGNS = ("fixed", "fresh")


def check(T: Any, d: Any, sigma: Any) -> tuple[int, int, float]:
    """T, d and sigma as plain numbers, where the test error of least squares has a mean.

    Raises:
        ValueError: T < d + 2, d < 1, sigma not positive and finite, or not numbers of the right kind.
    """
    d = features(d)
    check_samples(T, d)
    return int(T), d, noise(sigma)


def check_design(design: str) -> None:
    """Refuse anything but the two designs."""
    if design not in DESIGNS:
        raise ValueError(
            f"design must be 'fixed' (one X for all iterations) or 'fresh' (a new X each); got {design!r}."
        )


def check_samples(T: Any, d: int) -> None:
    """Refuse numbers of samples at which the test error of one fit to d features has no mean."""
    if not is_whole(T):
        raise ValueError(f"T must be a whole number; got T={T!r}.")
    if T < d + 2:
        raise ValueError(
            f"test error needs T >= d + 2 for a finite mean; got T={T}, d={d}. Use more samples or fewer features."
        )
    if T > 2**53:
        raise ValueError(f"T must be at most 2^53, the whole numbers that float64 can tell apart; got T={T}.")


def is_whole(value: Any) -> bool:
    """Whether it is an integer, of Python's or NumPy's."""
    return isinstance(value, (int, np.integer)) and not isinstance(value, bool)


def features(d: Any) -> int:
    """d as an integer of at least 1."""
    if not is_whole(d):
        raise ValueError(f"d must be a whole number; got d={d!r}.")
    if d < 1:
        raise ValueError(f"d counts features and must be at least 1; got d={d}.")
    return int(d)


def noise(sigma: Any) -> float:
    """Sigma as a float that is positive and not too far from 1 to be squared."""
    real = isinstance(sigma, numbers.Real) and not isinstance(sigma, bool)
    if not real or not 1e-60 < float(sigma) < 1e60:
        raise ValueError(
            "sigma is a noise standard deviation, a positive finite number between 1e-60 and 1e60; "
            f"got sigma={sigma!r}."
        )
    return float(sigma)
