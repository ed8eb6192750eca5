"""Networks in tests are small."""

import pytest


@pytest.fixture(autouse=True)
def _small_networks(quickly_compiled: None) -> None:
    del quickly_compiled
