"""Model-fitting iterations are counted from 1: the checks of how many are asked for, and of which."""

from collections.abc import Sequence

import numpy as np


def check_iterations(iterations: int) -> None:
    """Refuse a number of iterations below 1.

    Raises:
        ValueError: it is.
    """
    if iterations < 1:
        raise ValueError(f"iterations are counted from 1; got {iterations}. Ask for at least one.")


def as_iterations(n: int | Sequence[int] | np.ndarray) -> np.ndarray:
    """An iteration or several as an array.

    Raises:
        ValueError: there is none, or one is no whole number from 1 on.
    """
    iterations = np.asarray(n)
    whole = iterations.size > 0 and np.issubdtype(iterations.dtype, np.integer)
    if not whole or iterations.min() < 1:
        raise ValueError(f"n counts model-fitting iterations from 1; got n={n}. Use whole numbers >= 1.")
    return iterations
