"""A mixture of two Gaussians refitted to its own samples by expectation and maximisation, in one dimension."""

from collections.abc import Mapping
from typing import Any

import numpy as np
from jaxtyping import Float
from scipy.special import ndtr

from ..chains import Chains

#: The truth has two equal parts of deviation 1, so far to either side of 0.
APART = 2.0

#: No part's deviation falls below this share of that of all rows: the likelihood of a part on one row has no bound.
NARROWEST = 1e-3

#: Beyond this to either side lies a hundredth of the truth.
_TAIL = 4.3263


def loop(
    random: np.random.Generator, chains: int, iterations: tuple[int, ...], setting: Mapping[str, Any]
) -> dict[str, Float[np.ndarray, "chains iterations"]]:
    """Models 1, 2, … of so many `rows` each, each fitted in so many `steps` from the model that made its rows.

    Args:
        random: where all numbers come from.
        chains: how many.
        iterations: those that are recorded.
        setting: `rows` and `steps`.
    """
    rows = setting["rows"]
    weights = np.full((chains, 2), 0.5)
    means = np.tile((-APART, APART), (chains, 1))
    deviations, found = np.ones((chains, 2)), []
    for n in range(1, iterations[-1] + 1):
        part = (random.random((chains, rows)) >= weights[:, :1]).astype(int)
        x = np.take_along_axis(means, part, 1)
        x = x + np.take_along_axis(deviations, part, 1) * random.standard_normal((chains, rows))
        for _ in range(setting["steps"]):
            weights, means, deviations = fitted(x, weights, means, deviations)
        if n in iterations:
            found.append((weights, means, deviations))
    # (chains, iterations, parts)
    weights, means, deviations = (np.array(values).swapaxes(0, 1) for values in zip(*found, strict=True))
    centre = (weights * means).sum(2)
    beyond = ndtr((means - _TAIL) / deviations) + ndtr((-means - _TAIL) / deviations)
    return {
        "variance": (weights * (deviations**2 + means**2)).sum(2) - centre**2,
        "part_lost": (weights.min(2) < 1 / rows).astype(float),
        "tail_halved": ((weights * beyond).sum(2) < 0.005).astype(float),
    }


def fitted(
    x: Float[np.ndarray, "chains rows"],
    weights: Float[np.ndarray, "chains 2"],
    means: Float[np.ndarray, "chains 2"],
    deviations: Float[np.ndarray, "chains 2"],
) -> tuple[Float[np.ndarray, "chains 2"], Float[np.ndarray, "chains 2"], Float[np.ndarray, "chains 2"]]:
    """Weights, means and deviations after one step of expectation and maximisation.

    Args:
        x: the rows.
        weights: of the parts, before; one that has lost all weight stays without.
        means: theirs.
        deviations: theirs.
    """
    z = (x[:, :, np.newaxis] - means[:, np.newaxis]) / deviations[:, np.newaxis]
    with np.errstate(divide="ignore"):
        logs = np.log(weights / deviations)[:, np.newaxis] - z**2 / 2
    shares = np.exp(logs - logs.max(2, keepdims=True))
    shares /= shares.sum(2, keepdims=True)
    counts = shares.sum(1)
    heard = np.maximum(counts, np.finfo(float).tiny)
    moved = np.where(counts > 0, (shares * x[:, :, np.newaxis]).sum(1) / heard, means)
    spread = np.sqrt((shares * (x[:, :, np.newaxis] - moved[:, np.newaxis]) ** 2).sum(1) / heard)
    return counts / x.shape[1], moved, np.maximum(spread, NARROWEST * x.std(1, keepdims=True))


MIXTURE = Chains(
    "shumailov_mixture",
    loop,
    {"M = 100": {"rows": 100, "steps": 40}},
    (1, 2, 5, 10, 20, 50, 100, 200, 300),
    chains=200,
    seed=34,
)
