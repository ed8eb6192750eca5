"""The expected density of a kernel density's models: the truth's, smoothed as often as a row is deep.

A row of model n that goes back through l models is a draw from the truth plus l independent kernels, so that

    E f_n = sum_l P(depth = l) f * N(0, l h^2),    E phi_n(t) = phi(t) g_n(exp(-h^2 t^2/2)),

with g_n the generating function of the depth: exactly, for every workflow and at every T. New here.
"""

from collections.abc import Callable
from fractions import Fraction

import numpy as np

from ...depth import depth
from ...workflow import Workflow


def expected_characteristic(
    workflow: Workflow,
    characteristic: Callable[[np.ndarray], np.ndarray],
    t: float,
    *,
    bandwidth: float,
    iterations: int,
) -> np.ndarray:
    """E of the characteristic functions of models 1, 2, … at t.

    Args:
        workflow: what each model is fitted to.
        characteristic: the truth's, of an array.
        t: where.
        bandwidth: h, in the truth's units, the same for all models.
        iterations: models.

    Raises:
        ValueError: a training set is not valid, or the bandwidth is not above 0.

    >>> from theory import Accumulate
    >>> found = expected_characteristic(Accumulate(), lambda t: np.sin(t) / t, 1.3, bandwidth=0.6, iterations=4)
    >>> print(found.round(5))
    [0.54679 0.47508 0.43355 0.40512]
    """
    shrinkage = np.exp(-(_checked(bandwidth) ** 2) * t**2 / 2)
    depths = np.arange(1, iterations + 1)
    value = characteristic(np.array(t))
    rows = depth(workflow).distribution(iterations)
    return np.array([float(value * (_shares(row) * shrinkage**depths).sum()) for row in rows])


def expected_density(workflow: Workflow, x: np.ndarray, *, bandwidth: float, iterations: int) -> np.ndarray:
    """E f_n(x) of the models of a standard normal truth: iterations by points.

    Args:
        workflow: what each model is fitted to.
        x: points, in standard deviations of the truth.
        bandwidth: h likewise, the same for all models.
        iterations: models.

    Raises:
        ValueError: as `expected_characteristic`.

    >>> from theory import Replace
    >>> expected_density(Replace(), np.array([0.0]), bandwidth=1, iterations=2).round(4).tolist()
    [[0.2821], [0.2303]]
    """
    variances = 1 + _checked(bandwidth) ** 2 * np.arange(1, iterations + 1)[:, None]
    densities = np.exp(-(np.asarray(x) ** 2) / (2 * variances)) / np.sqrt(2 * np.pi * variances)
    return np.array([_shares(row) @ densities for row in depth(workflow).distribution(iterations)])


def _shares(row: list[Fraction]) -> np.ndarray:
    return np.array([float(share) for share in row])


def _checked(bandwidth: float) -> float:
    if not bandwidth > 0:
        raise ValueError(f"a kernel needs a bandwidth above 0; got {bandwidth}.")
    return bandwidth
