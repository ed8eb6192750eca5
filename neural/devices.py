"""Seeds on all local devices, and no digit that depends on how many there are.

On a CPU each core is a device (`sim.hosts.use_all_cores`) and computes one seed at a time, alone: a seed's program has
one shape, whatever is computed beside it, so its digits are the same to the bit on any number of devices. A seed's
steps are done in parts, and the devices take these in turn: so seeds need be no multiple of the devices.

On accelerators, which one small network does not fill, seeds are shared out evenly, those of a device side by side:
there another number of devices rounds differently.
"""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import cache, cached_property, wraps
from typing import Any

import equinox as eqx
import jax
import numpy as np
from jax.sharding import Mesh, NamedSharding, PartitionSpec
from jaxtyping import Array, Key, PyTree

#: The axis of the mesh: devices that compute side by side.
LANES = "lanes"

#: On a CPU the steps of a chunk, and the rows that a seed samples at once, are cut into so many parts, each for any
#: device that is free. On any number of devices there are as many: a program of another length may round differently.
PARTS = 4


@dataclass(frozen=True)
class Devices:
    """How the fits of several seeds, or what is sampled of them, are laid on the local devices.

    Attributes:
        jobs: that can be done at the same time.
    """

    jobs: int

    @cached_property
    def mesh(self) -> Mesh:
        """The devices that compute at the same time."""
        devices = jax.local_devices()
        lanes = min(len(devices), self.jobs)
        if not one_at_a_time():
            lanes = max(number for number in range(1, lanes + 1) if self.jobs % number == 0)
        return Mesh(np.array(devices[:lanes]), (LANES,))

    @property
    def at_once(self) -> int:
        """Jobs that are done at the same time."""
        return self.mesh.size if one_at_a_time() else self.jobs

    def groups(self, parts: int) -> Iterator[list[tuple[int, int]]]:
        """The parts of all jobs, as (part, job), those that are done at the same time together.

        A job comes at most once in a group, and its parts in their order. The last group may be smaller.
        """
        every = [(part, job) for part in range(parts) for job in range(self.jobs)]
        for start in range(0, len(every), self.at_once):
            yield every[start : start + self.at_once]

    def placed(self, stacked: PyTree, jobs: list[int], axis: int = 0) -> PyTree:
        """The entries of these jobs along an axis, each on the device that computes it; the first fills an empty place.

        Args:
            stacked: arrays with an entry a job, and whatever else.
            jobs: at most as many as are done at the same time.
            axis: of the entries.
        """
        sharding = NamedSharding(self.mesh, PartitionSpec(*[None] * axis, LANES))
        chosen = np.array([*jobs, *jobs[:1] * (self.at_once - len(jobs))])
        everything = chosen.tolist() == list(range(self.jobs))

        def place(leaf: Any) -> Any:
            if not eqx.is_array(leaf):
                return leaf
            return jax.device_put(leaf if everything else _entries(leaf, chosen, axis), sharding)

        return jax.tree.map(place, stacked)


def parts() -> int:
    """How many parts the steps of a chunk are cut into."""
    return PARTS if one_at_a_time() else 1


def one_at_a_time() -> bool:
    """Whether a device computes one job at a time: a core does."""
    return jax.local_devices()[0].platform == "cpu"


def _entries(leaf: Any, chosen: np.ndarray, axis: int) -> Any:
    """Some entries of an array along an axis, off the devices that it is on."""
    if jax.dtypes.issubdtype(leaf.dtype, jax.dtypes.prng_key):
        return leaf[(slice(None),) * axis + (chosen,)]
    return np.take(np.asarray(leaf), chosen, axis)


def replaced(stacked: PyTree, found: PyTree, jobs: list[int]) -> PyTree:
    """Arrays with an entry a job, where these jobs have the entries that were found of them."""

    def replace(leaf: Any, new: Any) -> Any:
        if not eqx.is_array(leaf):
            return leaf
        if jobs == list(range(len(leaf))):
            whole = new
        else:
            whole = np.array(leaf)
            whole[jobs] = np.asarray(new)[: len(jobs)]
        # What is computed of all jobs together is computed on one core, whatever the others did.
        return jax.device_put(np.asarray(whole), jax.local_devices()[0]) if one_at_a_time() else whole

    return jax.tree.map(replace, stacked, found)


def options(mesh: Mesh) -> dict[str, Any]:
    """Of a program for these devices: on a CPU they are the threads, and each computes alone."""
    cpu = mesh.devices.flat[0].platform == "cpu"
    return {"compiler_options": {"xla_cpu_multi_thread_eigen": False}} if cpu else {}


def by_lanes(function: Callable[..., PyTree]) -> Callable[..., PyTree]:
    """A compiled function of arrays with an entry a model, and of settings; on a mesh each device is alone.

    Args:
        function: of several models' arrays; what is no array is the same for all.
    """

    @cache
    def program(mesh: Mesh) -> Callable[..., PyTree]:
        def whole(*arguments: Any) -> PyTree:
            arrays, settings = eqx.partition(arguments, eqx.is_array)
            spec = PartitionSpec(LANES)

            def lane(arrays: PyTree) -> PyTree:
                return function(*eqx.combine(arrays, settings))

            return jax.shard_map(lane, mesh=mesh, in_specs=(spec,), out_specs=spec, check_vma=False)(arrays)

        return eqx.filter_jit(whole, **options(mesh))

    alone = eqx.filter_jit(function)

    @wraps(function)
    def call(*arguments: Any) -> PyTree:
        for leaf in jax.tree.leaves(arguments):
            if (
                isinstance(leaf, Array)
                and isinstance(leaf.sharding, NamedSharding)
                and LANES in leaf.sharding.mesh.axis_names
            ):
                return program(leaf.sharding.mesh)(*arguments)
        return alone(*arguments)

    return call


def sample_on_devices(sample: Callable[..., np.ndarray], models: PyTree, keys: Key[Array, "seeds rows"]) -> np.ndarray:
    """What `sample` draws of stacked models, a row for each key, on all local devices.

    Args:
        sample: (models, keys=...) -> rows, as a learner has it.
        models: stacked, an entry a seed.
        keys: of the rows.
    """
    seeds, rows = keys.shape
    if not one_at_a_time():
        devices, every = Devices(seeds), list(range(seeds))
        return sample(devices.placed(models, every), keys=devices.placed(keys, every))
    # The last piece is filled up: all have one shape, and are compiled once.
    size = -(-rows // PARTS)
    pieces = keys[:, np.arange(PARTS * size) % rows].reshape(seeds * PARTS, size)
    devices, found = Devices(seeds * PARTS), []
    for group in devices.groups(1):
        jobs = [job for _, job in group]
        own = devices.placed(models, [job // PARTS for job in jobs])
        found += list(sample(own, keys=devices.placed(pieces, jobs))[: len(jobs)])
    return np.concatenate(found).reshape(seeds, PARTS * size, *found[0].shape[1:])[:, :rows]
