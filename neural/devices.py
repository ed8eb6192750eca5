"""Seeds on all local devices, and on a CPU no digit that depends on how many there are.

On a CPU each core is a device (`sim.hosts.use_all_cores`) and computes one seed at a time, alone: a seed's program is
the same on every core and whatever is computed beside it, and so are its digits, to the bit. A seed's steps are done in
parts, and the devices take these in turn: so seeds need be no multiple of the devices. (One program for a mesh of them
would be compiled once and not for each, but rounds differently for another number of devices.)

On accelerators, which one small network does not fill, seeds are shared out evenly over a mesh, those of a device side
by side: there another number of devices rounds differently.
"""

from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from typing import Any, TypeVar

import equinox as eqx
import jax
import jax.numpy as jnp
import jax.random as jr
import numpy as np
from jax.sharding import Mesh, NamedSharding, PartitionSpec
from jaxtyping import Array, Key, PyTree

from sim.keys import same_bits

#: On a CPU the steps of a chunk, and the rows that a seed samples at once, are cut into so many parts, each for any
#: device that is free. On any number of devices there are as many: a program of another length may round differently.
PARTS = 4

S = TypeVar("S")
T = TypeVar("T")


def one_at_a_time() -> bool:
    """Whether a device computes one seed at a time: a core does."""
    return jax.local_devices()[0].platform == "cpu"


def groups(seeds: int, devices: int) -> Iterator[list[tuple[int, int]]]:
    """The parts of all seeds' steps, as (part, seed), those that are done at the same time together.

    A seed comes at most once in a group, and its parts in their order. The last group may be smaller.
    """
    every = [(part, seed) for part in range(PARTS) for seed in range(seeds)]
    size = min(devices, seeds)
    for start in range(0, len(every), size):
        yield every[start : start + size]


def side_by_side(function: Callable[[S], T], jobs: Sequence[S]) -> list[T]:
    """What a function gives for each job, in the order of the jobs; each device computes one at a time."""
    devices = jax.local_devices()[: len(jobs)]

    def on(place: int) -> list[T]:
        # A thread has settings of its own, and those of random bits among them.
        with same_bits(), jax.default_device(devices[place]):
            return [function(job) for job in jobs[place :: len(devices)]]

    with ThreadPoolExecutor(len(devices)) as pool:
        found = list(pool.map(on, range(len(devices))))
    return [found[number % len(devices)][number // len(devices)] for number in range(len(jobs))]


def entry(stacked: PyTree, seed: int) -> PyTree:
    """One seed's entry of stacked arrays, itself stacked, on no device: it goes to the one that computes with it."""

    def taken(leaf: Any) -> Any:
        return np.asarray(leaf)[seed : seed + 1] if eqx.is_array(leaf) else leaf

    return jax.tree.map(taken, stacked)


def stacked(entries: Sequence[PyTree]) -> PyTree:
    """The entries of all seeds as one, on the first device: what is computed of them together is computed there."""
    first = jax.local_devices()[0]

    def joined(*leaves: Any) -> Any:
        return jax.device_put(np.concatenate(leaves), first) if isinstance(leaves[0], np.ndarray) else leaves[0]

    return jax.tree.map(joined, *entries)


def spread(stacked: PyTree, axis: int = 0) -> PyTree:
    """Stacked arrays, shared out over as many accelerators as divide the number of seeds.

    Args:
        stacked: arrays with an entry a seed, and whatever else.
        axis: of the entries.
    """
    devices = jax.local_devices()
    seeds = next(leaf.shape[axis] for leaf in jax.tree.leaves(stacked) if eqx.is_array(leaf))
    count = max(number for number in range(1, len(devices) + 1) if seeds % number == 0)
    sharding = NamedSharding(Mesh(np.array(devices[:count]), ("seeds",)), PartitionSpec(*[None] * axis, "seeds"))
    return jax.tree.map(lambda leaf: jax.device_put(leaf, sharding) if eqx.is_array(leaf) else leaf, stacked)


def sample_on_devices(sample: Callable[..., np.ndarray], models: PyTree, keys: Key[Array, "seeds rows"]) -> np.ndarray:
    """What `sample` draws of stacked models, a row for each key, on all local devices.

    Args:
        sample: (models, keys=...) -> rows, as a learner has it.
        models: stacked, an entry a seed.
        keys: of the rows.
    """
    if not one_at_a_time():
        return sample(spread(models), keys=spread(keys))
    seeds, rows = keys.shape
    # The last part is filled up: all have one shape, and are compiled once for each device.
    size = -(-rows // PARTS)
    bits = np.asarray(jr.key_data(keys))[:, np.arange(PARTS * size) % rows]

    def drawn(job: tuple[int, int]) -> np.ndarray:
        seed, part = job
        own = jr.wrap_key_data(
            jnp.asarray(bits[seed : seed + 1, part * size : (part + 1) * size]), impl=jr.key_impl(keys)
        )
        return sample(entry(models, seed), keys=own)[0]

    found = side_by_side(drawn, [(seed, part) for seed in range(seeds) for part in range(PARTS)])
    return np.concatenate(found).reshape(seeds, PARTS * size, *found[0].shape[1:])[:, :rows]
