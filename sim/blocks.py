"""Blocks of replicates, computed on all local devices.

A replicate's random numbers depend on the key and its index alone. Its digits could also depend on the shape of the
block that it is computed in: so that shape depends on nothing but the problem and the kind of device, blocks are
sharded whole over the devices, and the last one is computed whole and cut.
"""

from collections import deque
from collections.abc import Iterator

import equinox as eqx
import jax
import jax.numpy as jnp
import jax.random as jr
import numpy as np
from jax.sharding import Mesh, PartitionSpec
from jaxtyping import Array, Float, Key, PRNGKeyArray, UInt32

from .samplers.base import AbstractSampler

#: A replicate's index is 32 bits of what its key is made of.
MOST_REPLICATES = 2**32

#: On a CPU: what a block takes, and what of it is computed side by side, within a cache.
_BLOCK_BYTES, _GROUP_BYTES, _LARGEST = 16 * 2**20, 2**20, 2**12

#: jaxlib hands LAPACK work of 200,000 operations or more to a pool of threads and waits for it, in a thread of that
#: pool: with as many devices as threads all may wait for ever. A group's work stays below; a single matrix always may.
_LAPACK_WORK = 150_000

#: On an accelerator: what a block takes; all of it is computed side by side.
_ACCELERATOR_BYTES, _LARGEST_ACCELERATOR = 2**30, 2**18


def block_sizes(sampler: AbstractSampler, platform: str) -> tuple[int, int]:
    """Replicates a block, and how many of them are computed side by side; powers of two."""
    if platform != "cpu":
        block = _power(_ACCELERATOR_BYTES // sampler.bytes_per_replicate, _LARGEST_ACCELERATOR)
        return block, block
    block = _power(_BLOCK_BYTES // sampler.bytes_per_replicate, _LARGEST)
    side_by_side = min(_GROUP_BYTES // sampler.bytes_per_replicate, _LAPACK_WORK // max(1, sampler.lapack_work))
    return block, _power(side_by_side, block)


def _power(number: int, most: int) -> int:
    """The largest power of two that is no more than either; at least 1."""
    return min(most, 1 << max(0, number.bit_length() - 1))


class Blocks:
    """Computes blocks of `size` replicates each, one on each local device at a time."""

    def __init__(self, sampler: AbstractSampler, key: PRNGKeyArray) -> None:
        devices = jax.local_devices()
        size, group = block_sizes(sampler, devices[0].platform)
        self.size = size
        self.devices = len(devices)
        arrays, static = eqx.partition(sampler, eqx.is_array)

        def block(
            arrays: AbstractSampler, key: Key[Array, ""], first: UInt32[Array, " 1"]
        ) -> Float[Array, "1 block iterations"]:
            chain = eqx.combine(arrays, static)
            indices = first[0] + jnp.arange(size, dtype=jnp.uint32)
            return jax.lax.map(lambda index: chain(jr.fold_in(key, index)), indices, batch_size=group)[None]

        here, everywhere = PartitionSpec("blocks"), PartitionSpec()
        mesh = Mesh(np.array(devices), ("blocks",))
        self._arguments = arrays, key
        # On a CPU the devices are the threads: each computes alone.
        options = {"xla_cpu_multi_thread_eigen": False} if devices[0].platform == "cpu" else {}
        self._compute = jax.jit(
            jax.shard_map(block, mesh=mesh, in_specs=(everywhere, everywhere, here), out_specs=here, check_vma=False),
            compiler_options=options,
        )

    def __call__(self, first: int, last: int, ahead: int = 2) -> Iterator[np.ndarray]:
        """The results of blocks `first` to `last` - 1 in order, while `ahead` steps of all devices are under way."""
        pending: deque[tuple[int, jax.Array]] = deque()
        for start in range(first, last, self.devices):
            # the last step is padded with blocks that nobody reads
            starts = (start + np.arange(self.devices)) * self.size % MOST_REPLICATES
            pending.append((min(self.devices, last - start), self._compute(*self._arguments, starts.astype(np.uint32))))
            if len(pending) >= ahead:
                yield from self._ready(*pending.popleft())
        while pending:
            yield from self._ready(*pending.popleft())

    def _ready(self, count: int, results: jax.Array) -> Iterator[np.ndarray]:
        yield from np.asarray(results, np.float64)[:count]
