"""Categories refitted to their own samples by counting: which are lost, and when, until one is left."""

from collections.abc import Mapping
from typing import Any

import numpy as np
from jaxtyping import Float

from ..chains import Chains

#: The truth: from a half of all rows to half a row, at 100 rows; the sixth state has 1.5 rows, the seventh one.
PROBABILITIES = (0.5, 0.25, 0.13, 0.06, 0.03, 0.015, 0.01, 0.005)


def loop(
    random: np.random.Generator, chains: int, iterations: tuple[int, ...], setting: Mapping[str, Any]
) -> dict[str, Float[np.ndarray, "chains iterations"]]:
    """Models 1, 2, … of so many `rows` each; what they have lost.

    Args:
        random: where all numbers come from.
        chains: how many.
        iterations: those that are recorded.
        setting: `rows`, M in the paper.
    """
    shares, found = np.tile(PROBABILITIES, (chains, 1)), []
    for n in range(1, iterations[-1] + 1):
        shares = random.multinomial(setting["rows"], shares) / setting["rows"]
        if n in iterations:
            found.append(shares == 0)
    lost = np.array(found).transpose(2, 1, 0).astype(float)
    return {
        **{f"lost {p:g}": of for p, of in zip(PROBABILITIES, lost, strict=True)},
        "states_lost": lost.sum(0),
        "one_state": (lost.sum(0) == len(PROBABILITIES) - 1).astype(float),
    }


DISCRETE = Chains(
    "shumailov_discrete",
    loop,
    {"M = 100": {"rows": 100}},
    (1, 2, 5, 10, 20, 50, 100, 200, 500, 1000),
    chains=4000,
    seed=33,
)
