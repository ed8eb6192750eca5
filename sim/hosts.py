"""Several processes that share a run, and the devices of one.

Each process computes on its own devices alone; what crosses hosts is the statistics, gathered in the order of the
processes.
"""

import atexit
import json
import os
import subprocess
import sys
from collections.abc import Callable, Mapping
from tempfile import TemporaryDirectory
from typing import Any, NoReturn, TypeVar

import jax
import numpy as np
from jax.sharding import Mesh, NamedSharding, PartitionSpec
from jaxtyping import Array, Shaped

from theory.program import program

from .meeting import PATIENCE, meet

T = TypeVar("T")


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


def platforms() -> str:
    """What computes, as far as it is known before a device is started."""
    named = jax.config.jax_platforms  # pyright: ignore[reportAttributeAccessIssue]: JAX adds it at run time
    return named or "the fastest platform that is there (JAX_PLATFORMS names another)"


def check_devices() -> None:
    """Find the devices, for entry points, before anything is computed.

    Raises:
        ValueError: there are none of those that the user's settings name.
    """
    try:
        jax.local_devices()
    except (RuntimeError, ValueError, AssertionError) as error:  # the last where nothing is installed for it
        named, first = os.environ.get("JAX_PLATFORMS"), next(iter(str(error).splitlines()), "none is there")
        raise ValueError(
            f"JAX finds no device to compute on ({first}). "
            + (f"JAX_PLATFORMS is {named!r}: unset it, or set it to cpu." if named else "Set JAX_PLATFORMS=cpu.")
        ) from error


def cores() -> int:
    """Cores that this process may use."""
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1


def join(
    coordinator: str | None = None,
    processes: int | None = None,
    process: int | None = None,
    settings: dict[str, Any] | None = None,
    *,
    package: str = "sim",
    again: str = "--checkpoint",
) -> None:
    """Become number `process` of several that share a run; on a known cluster nothing needs to be named.

    Args:
        coordinator: host:port where process 0 listens.
        processes: how many there are.
        process: which of them this is, from 0.
        settings: that must be the same in all of them, as JSON.
        package: whose command line this is.
        again: the option with which all of them go on from what is saved, once one has died.

    Raises:
        ValueError: some are named and some not, or no cluster is detected, the others do not come in time or have
            other settings, or the port is in use.
    """
    named = [value is not None for value in (coordinator, processes, process)]
    if any(named) and not all(named):
        raise ValueError(
            "a distributed run names coordinator (host:port), processes and process all three, or none on a cluster "
            f"that JAX detects; got coordinator={coordinator}, processes={processes}, process={process}."
        )
    if processes is not None and process is not None and not 0 <= process < processes:
        raise ValueError(f"process counts from 0 to {processes - 1}; got {process}.")
    detection = None
    if coordinator is not None and processes is not None and process is not None:
        meet(coordinator, process, {"processes": processes, **(settings or {})}, compare)
        detection = "deactivate"  # what some other launcher left in the environment means nothing
    try:
        jax.distributed.initialize(
            coordinator,
            processes,
            process,
            cluster_detection_method=detection,
            initialization_timeout=PATIENCE,
            shutdown_timeout_seconds=PATIENCE,
        )
    except Exception as error:  # what is raised depends on the cluster
        raise ValueError(
            f"could not join the distributed run ({next(iter(str(error).splitlines()), type(error).__name__)}). Start "
            "every process with the same coordinator and number of processes, or all by the cluster's own launcher."
        ) from error
    _WATCH.begin("this process" if process is None else f"process {process} of {processes}", package, again)


class Lost(ConnectionError):
    """Another process of a distributed run has stopped."""


class _Watch:
    """Says why this process ended where it cannot: without its coordinator JAX ends it at once, in its own words.

    A small process of its own waits until this one has ended, and is silent if it was dismissed before.
    """

    _CODE = "import sys; sys.stdin.buffer.read() or print(sys.argv[1], file=sys.stderr)"

    def __init__(self) -> None:
        self._process: subprocess.Popen[bytes] | None = None
        self._again = "--checkpoint"

    def loss(self, who: str, words: str) -> str:
        return (
            f"{who} {words}; that one's own output says why. Start all of them again, with {self._again} to go on from "
            "what is saved."
        )

    def begin(self, who: str, package: str, again: str) -> None:
        self._again = again
        words = self.loss(who, "lost another process of this run, or was killed")
        command = [sys.executable, "-I", "-S", "-c", self._CODE, f"{program(package)}: {words}"]
        # in a session of its own, for Ctrl-C is not meant for it
        self._process = subprocess.Popen(command, stdin=subprocess.PIPE, start_new_session=True)
        atexit.register(self.dismiss)

    def dismiss(self) -> None:
        if self._process is not None:
            self._process.communicate(b"dismissed")
            self._process = None


_WATCH = _Watch()


def leave(status: int) -> NoReturn:
    """End this process of several at once: a regular end would wait for the others."""
    for stream in (sys.stdout, sys.stderr):
        stream.flush()
    _WATCH.dismiss()
    os._exit(status)


def gather(values: Shaped[np.ndarray, "*shape"]) -> Shaped[np.ndarray, "processes *shape"]:
    """The values of all processes, in their order, to the bit.

    Raises:
        Lost: another process has stopped.
    """
    if jax.process_count() == 1:
        return values[None]
    words = np.frombuffer(np.ascontiguousarray(values).tobytes(), np.uint32)  # whatever dtypes the devices know
    try:
        everyone = _gathered(words)
    except Exception as error:  # what is raised depends on the transport
        who = f"process {jax.process_index()} of {jax.process_count()}"
        raise Lost(_WATCH.loss(who, "lost another process of this run")) from error
    return everyone.reshape(-1).view(values.dtype).reshape(jax.process_count(), *values.shape)


def _gathered(words: Shaped[np.ndarray, " words"]) -> Shaped[np.ndarray, "processes words"]:
    """By one device of each process: one may have more of them than another, and each would hold all of it."""
    firsts = {device.process_index: device for device in reversed(jax.devices())}
    over = Mesh(np.array([firsts[process] for process in range(len(firsts))]), ("processes",))
    own = jax.device_put(words[None], firsts[jax.process_index()])
    apart = NamedSharding(over, PartitionSpec("processes"))
    every = jax.make_array_from_single_device_arrays((len(firsts), len(words)), apart, [own])
    return np.asarray(jax.jit(_same, out_shardings=NamedSharding(over, PartitionSpec()))(every).addressable_data(0))


def _same(x: Array) -> Array:
    """A function of its own, so that it is compiled once for each size."""
    return x


def from_first(content: bytes) -> bytes:
    """In every process the bytes that the first one has; the others' are not looked at."""
    length = int(gather(np.array([len(content)]))[0, 0])
    return _padded(content, length)[0].tobytes()[:length]


def _padded(content: bytes, length: int) -> Shaped[np.ndarray, "processes words"]:
    """Everybody's bytes, cut or filled up to `length` and then to whole words."""
    words = -(-length // 4)
    return gather(np.frombuffer(content[: 4 * words].ljust(4 * words, b"\0"), np.uint32))


def from_all(content: bytes) -> list[bytes]:
    """In every process the bytes of each, in the order of the processes."""
    lengths = gather(np.array([len(content)]))[:, 0].tolist()
    everyone = _padded(content, max(lengths))
    return [row.tobytes()[:length] for row, length in zip(everyone, lengths, strict=True)]


def together(action: Callable[[], T]) -> T:
    """What each process does for itself; what goes wrong in one ends all of them with the same words.

    Raises:
        ValueError: it went wrong in another process, or whatever it raises here.
    """
    try:
        made = action()
    except (ValueError, OSError) as error:
        from_all(str(error).encode())
        raise
    for told in from_all(b""):
        if told:
            raise ValueError(told.decode())
    return made


def first_alone(action: Callable[[], object]) -> None:
    """Let the first process do what one does for all, as `together`."""
    together(lambda: action() if jax.process_index() == 0 else None)


def agree(settings: dict[str, Any]) -> None:
    """See that all processes were started with the same settings, which are JSON.

    Raises:
        ValueError: they were not; it says which differ.
    """
    everyone = from_all(json.dumps(settings).encode())
    compare({process: json.loads(content) for process, content in enumerate(everyone)})


def compare(settings: Mapping[int, dict[str, Any]]) -> None:
    """The same, for settings by the numbers of their processes, that of process 0 among them."""
    for process, other in settings.items():
        differ = [
            f"{name} is {settings[0].get(name)} in process 0 and {other.get(name)} in process {process}"
            for name in {**settings[0], **other}
            if settings[0].get(name) != other.get(name)
        ]
        if differ:
            raise ValueError(
                f"the processes of this run were started with different options: {'; '.join(differ)}. Start all of "
                "them with the same."
            )
