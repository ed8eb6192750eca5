"""A seed's key and its bits, the same whatever the environment says of JAX's random numbers."""

from contextlib import AbstractContextManager

import jax
import jax.numpy as jnp
import jax.random as jr
from jaxtyping import Array, Key


def key_of(seed: int) -> Key[Array, ""]:
    """The key of a seed below 2^64, all of whose bits count: that of `jax.random.key`, as it is by default.

    `jax.random.key` gives another one where JAX_DEFAULT_PRNG_IMPL, JAX_RANDOM_SEED_OFFSET or a mode of 32 bits say so.

    >>> import jax
    >>> bool(key_of(3) == jax.random.key(3))
    True
    """
    words = jnp.array([seed >> 32, seed & 0xFFFFFFFF], jnp.uint32)
    return jr.wrap_key_data(words, impl="threefry2x32")


def same_bits() -> AbstractContextManager[object]:
    """Within it a key's bits are those of JAX's default, whatever JAX_THREEFRY_PARTITIONABLE says."""
    return jax.threefry_partitionable(True)
