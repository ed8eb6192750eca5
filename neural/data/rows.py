"""Real rows, new ones at every iteration."""

import jax.random as jr
import numpy as np
from jaxtyping import Array, Key, Shaped


def collect(
    real: Shaped[np.ndarray, "all ..."], iteration: int, rows: int, *, noun: str, key: Key[Array, ""]
) -> Shaped[np.ndarray, "rows ..."]:
    """Rows that no earlier iteration of the same key collected: each key has them in an order of its own.

    Args:
        real: all there are, perhaps a memory map.
        iteration: at which they are collected, from 1 on.
        rows: how many; as many at each iteration.
        noun: what they are, as on the command line.
        key: of the order.

    Raises:
        ValueError: there are not so many.
    """
    if iteration * rows > len(real):
        raise ValueError(
            f"iteration {iteration} needs {rows} real {noun} beside those before it, {iteration * rows} in "
            f"all, and there are {len(real)} to train on; use fewer --{noun}."
        )
    order = np.random.default_rng(jr.key_data(key).tolist()).permutation(len(real))
    return np.asarray(real[order[(iteration - 1) * rows : iteration * rows]])
