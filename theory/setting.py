"""The domain of the laws: which T, d, sigma and design make sense, refused in one line where they do not."""

import numbers

import numpy as np

DESIGNS = ("fixed", "fresh")


def check_domain(T: int, d: int, sigma: float) -> tuple[int, int, float]:
    """T, d and sigma as plain numbers, where the test error of least squares has a mean.

    Raises:
        ValueError: T < d + 2, d < 1, sigma not positive and finite, or not numbers of the right kind.
    """
    for name, value in (("T", T), ("d", d)):
        if isinstance(value, bool) or not isinstance(value, (int, np.integer)):
            raise ValueError(f"{name} must be a whole number; got {name}={value!r}.")
    if d < 1:
        raise ValueError(f"d counts features and must be at least 1; got d={d}.")
    if T < d + 2:
        raise ValueError(
            f"test error needs T >= d + 2 for a finite mean; got T={T}, d={d}. Use more samples or fewer features."
        )
    if T > 2**53:
        raise ValueError(f"T must be at most 2^53, the whole numbers that float64 can tell apart; got T={T}.")
    real = isinstance(sigma, numbers.Real) and not isinstance(sigma, bool)
    if not real or not 1e-60 < sigma < 1e60:
        raise ValueError(
            "sigma is a noise standard deviation, a positive finite number between 1e-60 and 1e60; "
            f"got sigma={sigma!r}."
        )
    return int(T), int(d), float(sigma)


def check_design(design: str) -> None:
    """Refuse anything but the two designs."""
    if design not in DESIGNS:
        raise ValueError(
            f"design must be 'fixed' (one X for all iterations) or 'fresh' (a new X each); got {design!r}."
        )
