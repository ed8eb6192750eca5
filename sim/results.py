"""Results on disk: a tidy CSV with the numbers, a JSON beside it with where they came from. Never half a file."""

import csv
import hashlib
import json
import platform
import time
from collections.abc import Sequence
from contextlib import suppress
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from typing import Any

import jax

from theory.files import write_whole

#: Packages whose versions a result records, as far as they are installed.
_PACKAGES = ("jax", "jaxlib", "numpy", "sympy", "scipy", "equinox", "optax", "rdkit")


def configuration_hash(configuration: dict[str, Any]) -> str:
    """A short digest of a JSON-like configuration, the same whatever the order of its keys."""
    text = json.dumps(configuration, sort_keys=True, allow_nan=False)
    return hashlib.sha256(text.encode()).hexdigest()[:16]


class Results:
    """One table `NAME.csv` with its provenance `NAME.json` in a folder.

    The CSV has one row a (configuration, iteration, metric); floats are written so that they read back to the bit.
    """

    def __init__(self, folder: Path, name: str) -> None:
        self.table = folder / f"{name}.csv"
        self.provenance = folder / f"{name}.json"

    def load(self, configuration: dict[str, Any] | None) -> list[dict[str, str]] | None:
        """The rows, if they are whole and were made from this configuration, or for `None` from any; else `None`."""
        try:
            recorded = json.loads(self.provenance.read_text())
            rows = list(csv.DictReader(self.table.read_text().splitlines()))
        except (OSError, ValueError, RecursionError):
            return None
        if not (isinstance(recorded, dict) and isinstance(recorded.get("configuration"), dict)):
            return None
        table_hash = hashlib.sha256(self.table.read_bytes()).hexdigest()
        asked: Any = recorded["configuration"] if configuration is None else configuration
        fresh = recorded.get("hash") == configuration_hash(asked) and recorded.get("table") == table_hash
        return rows if fresh else None

    def save(self, configuration: dict[str, Any], rows: Sequence[dict[str, Any]], started: float) -> None:
        """Write the table, then the provenance that makes it count. `started` is `time.monotonic()` of the start."""

        def write_table(path: Path) -> None:
            with path.open("w", newline="") as file:
                writer = csv.DictWriter(file, list(rows[0]), lineterminator="\n")
                writer.writeheader()
                writer.writerows(rows)

        write_whole(self.table, write_table)
        provenance = {
            "configuration": configuration,
            "hash": configuration_hash(configuration),
            "table": hashlib.sha256(self.table.read_bytes()).hexdigest(),
            "versions": {"python": platform.python_version()} | _versions(),
            "device": str(jax.devices()[0].device_kind),
            "wall_seconds": round(time.monotonic() - started, 1),
        }
        write_whole(self.provenance, lambda path: path.write_text(json.dumps(provenance, indent=1) + "\n"))


def _versions() -> dict[str, str]:
    found = {}
    for name in _PACKAGES:
        with suppress(PackageNotFoundError):
            found[name] = version(name)
    return found
