"""Strict numerics for all tests. Imports none of our packages: the shape-checking hook must see them first."""

import tempfile

import jax

jax.config.update("jax_enable_x64", True)
jax.config.update("jax_numpy_dtype_promotion", "strict")
jax.config.update("jax_numpy_rank_promotion", "raise")

# Each run of a simulation is compiled anew; what is equal comes from here, a fifth of the time. A folder for each
# process, since what another is writing could be read half.
CACHE = tempfile.TemporaryDirectory()
jax.config.update("jax_compilation_cache_dir", CACHE.name)
jax.config.update("jax_persistent_cache_min_compile_time_secs", 0.1)
