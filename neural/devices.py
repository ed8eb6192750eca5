"""Seeds on all local devices, and on a CPU no digit that depends on how many there are.

On a CPU each core is a device (`sim.hosts.use_all_cores`) and computes one block of seeds at a time, alone: a block's
program is the same on every core and whatever is computed beside it, and so are its digits, to the bit. A block is one
seed; where there are many, an eighth of them, side by side. Its steps are done in parts, and the devices take these in
turn: so blocks need be no multiple of the devices. In fits, cores beyond the blocks stay idle; rows to be sampled are
cut into parts for them too. (One program for a mesh of them would be compiled once and not for each, but rounds
differently for another number of devices.)

On accelerators, which one small network does not fill, seeds are shared out evenly over a mesh, those of a device side
by side; where devices are left over, each seed has several, and these share the rows of a batch. There another number
of devices rounds differently.
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

#: On a CPU seeds are cut into at most so many blocks, whatever the number of devices.
BLOCKS = 8

S = TypeVar("S")
T = TypeVar("T")


def one_at_a_time() -> bool:
    """Whether a device computes one block of seeds at a time: a core does."""
    return jax.local_devices()[0].platform == "cpu"


def blocks(seeds: int) -> list[slice]:
    """Which seeds are computed side by side."""
    size = -(-seeds // BLOCKS)
    return [slice(start, min(start + size, seeds)) for start in range(0, seeds, size)]


def whole(of: Sequence[slice]) -> slice:
    """The seeds of neighbouring blocks."""
    return slice(of[0].start, of[-1].stop)


def groups(count: int, devices: int) -> Iterator[list[tuple[int, int]]]:
    """The parts of all blocks' steps, as (part, block), those that are done at the same time together.

    A block comes at most once in a group, and its parts in their order. The last group may be smaller.
    """
    every = [(part, block) for part in range(PARTS) for block in range(count)]
    size = min(devices, count)
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


def entries(stacked: PyTree, block: slice) -> PyTree:
    """A block's entries of stacked arrays, on no device: they go to the one that computes with them."""

    def taken(leaf: Any) -> Any:
        return np.asarray(leaf)[block] if eqx.is_array(leaf) else leaf

    return jax.tree.map(taken, stacked)


def stacked(every: Sequence[PyTree]) -> PyTree:
    """The entries of all blocks as one, on the first device: what is computed of them together is computed there."""
    first = jax.local_devices()[0]

    def joined(*leaves: Any) -> Any:
        return jax.device_put(np.concatenate(leaves), first) if isinstance(leaves[0], np.ndarray) else leaves[0]

    return jax.tree.map(joined, *every)


def mesh(seeds: int, rows: int) -> Mesh:
    """The accelerators, as a grid: as many along "seeds" as divide these, and of what is left as divide the rows.

    Args:
        seeds: that are computed together.
        rows: of a seed that are, as those of a batch.
    """
    devices = jax.local_devices()
    across = _most(seeds, len(devices))
    within = _most(rows, len(devices) // across)
    return Mesh(np.array(devices[: across * within]).reshape(across, within), ("seeds", "rows"))


def _most(count: int, devices: int) -> int:
    """The largest number of devices over which so many can be shared out evenly."""
    return max(number for number in range(1, devices + 1) if count % number == 0)


def spread(stacked: PyTree, over: Mesh, *axes: str | None) -> PyTree:
    """Stacked arrays, shared out over accelerators, and whatever else as it is.

    Args:
        stacked: arrays, and whatever else.
        over: the accelerators.
        axes: of the mesh along which the arrays' leading axes are shared out; along the others each device has all.
    """
    sharding = NamedSharding(over, PartitionSpec(*axes))
    return jax.tree.map(lambda leaf: jax.device_put(leaf, sharding) if eqx.is_array(leaf) else leaf, stacked)


def sample_on_devices(
    sample: Callable[..., np.ndarray], models: PyTree, keys: Key[Array, "seeds rows"], of: Sequence[slice]
) -> np.ndarray:
    """What `sample` draws of some of the stacked models, a row for each key, on all local devices.

    Args:
        sample: (models, keys=...) -> rows, as a learner has it.
        models: stacked, an entry a seed.
        keys: of the rows.
        of: neighbouring blocks of seeds.
    """
    if not one_at_a_time():
        own = whole(of)
        if own != slice(0, len(keys)):
            models, keys = entries(models, own), keys[own]
        over = mesh(*keys.shape)
        return sample(spread(models, over, "seeds"), keys=spread(keys, over, "seeds", "rows"))
    _, rows = keys.shape
    # The last part is filled up: all have one shape, and are compiled once for each device.
    size = -(-rows // PARTS)
    bits = np.asarray(jr.key_data(keys))[:, np.arange(PARTS * size) % rows]

    def drawn(job: tuple[slice, int]) -> np.ndarray:
        block, part = job
        own = jr.wrap_key_data(jnp.asarray(bits[block, part * size : (part + 1) * size]), impl=jr.key_impl(keys))
        return sample(entries(models, block), keys=own)

    found = side_by_side(drawn, [(block, part) for block in of for part in range(PARTS)])
    of_blocks = [np.concatenate(found[start : start + PARTS], axis=1) for start in range(0, len(found), PARTS)]
    return np.concatenate(of_blocks)[:, :rows]
