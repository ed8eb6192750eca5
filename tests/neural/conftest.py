"""Networks in tests are small: most of the time is compilation, which takes a third of it without optimisations."""

from collections.abc import Iterator

import jax
import pytest


@pytest.fixture(autouse=True)
def _quickly_compiled() -> Iterator[None]:
    jax.config.update("jax_disable_most_optimizations", True)
    yield
    jax.config.update("jax_disable_most_optimizations", False)
