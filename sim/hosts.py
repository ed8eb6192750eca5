"""Several processes that share a run, and the devices of one.

Each process computes on its own devices alone; what crosses hosts is the statistics, gathered in the order of the
processes.
"""

import atexit
import os
from tempfile import TemporaryDirectory

import jax
import numpy as np
from jax.experimental import multihost_utils
from jaxtyping import Shaped


def use_all_cores() -> None:
    """Make each core a device of its own: one device leaves all cores but one idle in batched linear algebra.

    For entry points, before anything is computed. Without effect where the user has set a number.
    """
    chosen = "xla_force_host_platform_device_count" in os.environ.get("XLA_FLAGS", "")
    if chosen or "JAX_NUM_CPU_DEVICES" in os.environ:
        return
    try:
        jax.config.update("jax_num_cpu_devices", cores())
    except RuntimeError:  # something was computed already, on the devices there were
        return


def keep_compiled() -> None:
    """Compile equal programs once in this process: JAX does it anew for each network and each run of a simulation.

    For entry points that run many. Without effect where the user has set JAX_COMPILATION_CACHE_DIR.
    """
    chosen = jax.config.jax_compilation_cache_dir  # pyright: ignore[reportAttributeAccessIssue]: JAX adds it at run time
    if chosen is None:
        folder = TemporaryDirectory(prefix="model-collapse-")
        atexit.register(folder.cleanup)
        jax.config.update("jax_compilation_cache_dir", folder.name)
        if "JAX_PERSISTENT_CACHE_MIN_COMPILE_TIME_SECS" not in os.environ:
            jax.config.update("jax_persistent_cache_min_compile_time_secs", 0.1)


def cores() -> int:
    """Cores that this process may use."""
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1


def join(coordinator: str | None = None, processes: int | None = None, process: int | None = None) -> None:
    """Become number `process` of several that share a run; on a known cluster nothing needs to be named.

    Raises:
        ValueError: some are named and some not, or no cluster is detected, or the others do not come.
    """
    named = [value is not None for value in (coordinator, processes, process)]
    if any(named) and not all(named):
        raise ValueError(
            "a distributed run names coordinator (host:port), processes and process all three, or none on a cluster "
            f"that JAX detects; got coordinator={coordinator}, processes={processes}, process={process}."
        )
    if processes is not None and process is not None and not 0 <= process < processes:
        raise ValueError(f"process counts from 0 to {processes - 1}; got {process}.")
    try:
        jax.distributed.initialize(coordinator, processes, process)
    except (ValueError, RuntimeError) as error:
        raise ValueError(
            f"could not join the distributed run ({str(error).splitlines()[0]}). Start every process with the same "
            "coordinator and number of processes, or all by the cluster's own launcher."
        ) from error


class Lost(ConnectionError):
    """Another process of a distributed run has stopped."""


def gather(values: Shaped[np.ndarray, "*shape"]) -> Shaped[np.ndarray, "processes *shape"]:
    """The values of all processes, in their order, to the bit.

    Raises:
        Lost: another process has stopped.
    """
    if jax.process_count() == 1:
        return values[None]
    words = np.frombuffer(np.ascontiguousarray(values).tobytes(), np.uint32)  # whatever dtypes the devices know
    try:
        everyone = np.asarray(multihost_utils.process_allgather(words))
    except Exception as error:  # what is raised depends on the transport
        raise Lost(
            f"process {jax.process_index()} of {jax.process_count()} lost another process of this run; that one's own "
            "output says why. Start all of them again, with --checkpoint to go on from what is saved."
        ) from error
    return everyone.reshape(-1).view(values.dtype).reshape(jax.process_count(), *values.shape)
