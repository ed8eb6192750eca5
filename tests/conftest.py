"""Strict numerics for all tests. Imports none of our packages: the shape-checking hook must see them first."""

import gc
import os
import tempfile
from collections.abc import Iterator
from pathlib import Path

# Digits that tests hold are a CPU's, as CI's are; JAX_PLATFORMS=cuda runs the others on a GPU. Read as JAX is imported.
os.environ.setdefault("JAX_PLATFORMS", "cpu")

import hypothesis
import jax
import pytest
from jaxlib.version import __version_info__ as jaxlib_version

# The same examples in each run: a test that fails for one in a thousand would fail for whoever comes that day.
hypothesis.settings.register_profile("fixed", derandomize=True, deadline=None)
hypothesis.settings.load_profile("fixed")

# Compilation is half of the tests' time, and takes half as long so. Read by XLA at the first compilation; processes
# that tests start have it too, unless they print digits that a person will see without it. Programs as small as the
# tests' take longer to be divided into parts than is won. XLA ends at a flag that it does not know: these are known to
# the jaxlib of each Python that is served.
FLAGS = {
    "xla_backend_optimization_level": "1",
    "xla_cpu_parallel_codegen_split_count": "1",
}
if jaxlib_version[:2] == (0, 10):  # Python 3.11's; later ones do not know the flag
    FLAGS["xla_cpu_use_fusion_emitters"] = "false"
for flag, value in FLAGS.items():
    if flag not in os.environ.get("XLA_FLAGS", ""):
        os.environ["XLA_FLAGS"] = f"{os.environ.get('XLA_FLAGS', '')} --{flag}={value}".strip()

jax.config.update("jax_enable_x64", True)
jax.config.update("jax_numpy_dtype_promotion", "strict")
jax.config.update("jax_numpy_rank_promotion", "raise")

# Each run of a simulation is compiled anew; what is equal comes from here, a fifth of the time. A folder for each
# process, since what another is writing could be read half.
CACHE = tempfile.TemporaryDirectory()
jax.config.update("jax_compilation_cache_dir", CACHE.name)
jax.config.update("jax_persistent_cache_min_compile_time_secs", 0.1)

# A compiled program has some 15 memory maps. Linux allows a process 65,530, and XLA crashes at the next one: all tests
# in one process came there after an hour.
MAPS = Path("/proc/self/maps")
MOST_MAPS = 20_000


@pytest.fixture(autouse=True, scope="module")
def few_programs() -> Iterator[None]:
    """Lets go what was compiled, when there is much of it, before the next file's tests."""
    yield
    if MAPS.exists() and MAPS.read_bytes().count(b"\n") > MOST_MAPS:
        jax.clear_caches()
        gc.collect()


@pytest.hookimpl(wrapper=True)
def pytest_collection() -> Iterator[None]:
    """What is there once the tests are collected stays to the end: it is not looked through for garbage again and
    again, which took a fifth of the time of the collection itself, and a tenth of SymPy's tests; and new garbage is
    looked for less often.
    """
    gc.disable()
    result = yield
    gc.enable()
    gc.collect()
    gc.freeze()
    gc.set_threshold(50_000, 20, 50)
    return result


@pytest.fixture
def quickly_compiled() -> Iterator[None]:
    """For small networks: most of the time is compilation, which takes a third of it without optimisations."""
    jax.config.update("jax_disable_most_optimizations", True)
    yield
    jax.config.update("jax_disable_most_optimizations", False)
