"""A Gaussian refitted to its own samples, by mean and unbiased variance: one dimension, a standard normal as truth."""

from collections.abc import Mapping
from typing import Any

import numpy as np
from jaxtyping import Float

from ..chains import Chains

#: Below this variance a chain counts as frozen: its samples hardly differ.
FROZEN = 1e-6


def loop(
    random: np.random.Generator, chains: int, iterations: tuple[int, ...], setting: Mapping[str, Any]
) -> dict[str, Float[np.ndarray, "chains iterations"]]:
    """Models 1, 2, … of so many `rows` each; what is recorded of them.

    Args:
        random: where all numbers come from.
        chains: how many.
        iterations: those that are recorded.
        setting: `rows`, M in the paper.
    """
    mean, deviation, found = np.zeros(chains), np.ones(chains), []
    for n in range(1, iterations[-1] + 1):
        # Deviations from the old mean, in units of the old one: a chain's may be far below the mean's last digit.
        rows = random.standard_normal((chains, setting["rows"]))
        mean = mean + deviation * rows.mean(1)
        deviation = deviation * rows.std(1, ddof=1)
        if n in iterations:
            found.append((mean, deviation))
    means, deviations = (np.array(values).T for values in zip(*found, strict=True))
    return {
        "squared_error_of_mean": means**2,
        "variance_of_a_sample": means**2 + deviations**2,
        "wasserstein": means**2 + (1 - deviations) ** 2,
        "log_variance": 2 * np.log(deviations),
        "frozen": (deviations**2 < FROZEN).astype(float),
    }


GAUSSIAN = Chains(
    "shumailov_gaussian", loop, {"M = 100": {"rows": 100}}, (1, 2, 5, 10, 20, 30, 40, 50), chains=20_000, seed=31
)
LONG = Chains(
    "shumailov_long", loop, {"M = 10": {"rows": 10}}, (1, 10, 30, 100, 200, 300, 500, 1000), chains=4000, seed=32
)
