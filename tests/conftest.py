"""Strict numerics for all tests. Imports none of our packages: the shape-checking hook must see them first."""

import jax

jax.config.update("jax_enable_x64", True)
jax.config.update("jax_numpy_dtype_promotion", "strict")
jax.config.update("jax_numpy_rank_promotion", "raise")
