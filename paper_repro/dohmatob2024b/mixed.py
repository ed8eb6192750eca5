"""Least squares on real rows and on rows that another model labelled, drawn and fitted."""

from collections.abc import Mapping
from typing import Any

import numpy as np
from jaxtyping import Float

from ..chains import Chains

#: The share of the other model's rows, and the distance of that model from the truth; features, and their noise.
SYNTHETIC, SHIFT, FEATURES, SIGMA = 0.3, 1.0, 100, 1.0


def loop(
    random: np.random.Generator, chains: int, iterations: tuple[int, ...], setting: Mapping[str, Any]
) -> dict[str, Float[np.ndarray, "chains iterations"]]:
    """The test error of one fit, noise left out.

    Args:
        random: where all numbers come from.
        chains: how many fits.
        iterations: the first alone.
        setting: `rows` in all.
    """
    return {"test_error": np.array([[_error(random, setting["rows"])] * len(iterations) for _ in range(chains)])}


def _error(random: np.random.Generator, rows: int) -> float:
    x = random.standard_normal((rows, FEATURES))
    away = random.standard_normal(FEATURES)
    away *= SHIFT / np.linalg.norm(away)
    others = np.arange(rows) < SYNTHETIC * rows
    labels = others * (x @ away) + SIGMA * random.standard_normal(rows)  # the truth is 0
    return float((np.linalg.solve(x.T @ x, x.T @ labels) ** 2).sum())


MIXED = Chains(
    "dohmatob_mixed", loop, {f"T = {rows}": {"rows": rows} for rows in (500, 2000)}, (1,), chains=400, seed=43
)
