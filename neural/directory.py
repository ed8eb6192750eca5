"""The run directory: configuration, tables, pools, models and checkpoints, of which none is ever half there."""

import csv
import io
import json
import os
from collections.abc import Callable, Iterable, Mapping, Sequence
from pathlib import Path
from typing import Any

import equinox as eqx
import numpy as np
from jaxtyping import Float, PyTree

from sim.results import write_whole

from .files import write_bytes

METRICS = ("iteration", "seed", "metric", "value")
TRAINING = ("iteration", "step", "seed", "loss", "test_loss")


class RunDirectory:
    """A folder that holds one run, and from which the run goes on wherever it was killed.

    `configuration.json`, `metrics.csv` (a line a value), `training.csv` (mean loss of a chunk of steps, and the test
    loss after it, if watched), `pools/` (arrays of (seeds, rows, ...)), `models/` (`eqx.tree_serialise_leaves` behind
    a line of JSON), `samples/` (to look at).
    """

    def __init__(self, path: Path, configuration: dict[str, Any], *, resume: bool) -> None:
        self.path = path
        stored = path / "configuration.json"
        # Nothing but a configuration is what a run leaves that was refused before anything was computed.
        taken = any(other != stored for other in path.iterdir()) if path.is_dir() else path.exists()
        if taken and stored.exists():
            self._check(stored, configuration, resume)
        else:
            if taken:
                raise ValueError(f"{path} is not empty and holds no run; choose another --run-dir.")
            text = json.dumps(configuration, indent=1, allow_nan=False) + "\n"
            write_bytes(stored, text.encode())

    def _check(self, stored: Path, configuration: dict[str, Any], resume: bool) -> None:
        try:
            found = dict(json.loads(stored.read_text()))
        except ValueError as error:
            raise ValueError(f"{stored} is no configuration of a run; choose another --run-dir.") from error
        if not resume:
            raise ValueError(f"{self.path} holds a run already; --resume goes on with it, or choose another --run-dir.")
        asked = json.loads(json.dumps(configuration))
        differing = [name for name in {**found, **asked} if found.get(name) != asked.get(name)]
        if differing:
            listing = "; ".join(f"{name}: there {found.get(name)}, now {asked.get(name)}" for name in differing)
            raise ValueError(f"{self.path} holds a run of another configuration ({listing}); choose another --run-dir.")

    def metrics(self) -> list[dict[str, str]]:
        """The table of metrics so far."""
        return self._read("metrics.csv", METRICS)

    def record(self, iteration: int, values: Mapping[str, Float[np.ndarray, " seeds"]]) -> None:
        """Add an iteration's metrics, one value a seed: all of them at once, or none."""
        rows = [(iteration, seed, name, float(x)) for name, xs in values.items() for seed, x in enumerate(xs)]
        self._write("metrics.csv", METRICS, [*(tuple(row.values()) for row in self.metrics()), *rows])

    def rewind(self, iteration: int, step: int) -> None:
        """Forget the losses behind this step, which will be computed again."""
        rows = [tuple(row.values()) for row in self.training()]
        self._write("training.csv", TRAINING, [row for row in rows if (int(row[0]), int(row[1])) <= (iteration, step)])

    def training(self) -> list[dict[str, str]]:
        """The table of losses while the models were fitted."""
        return self._read("training.csv", TRAINING)

    def log(
        self,
        iteration: int,
        step: int,
        losses: Float[np.ndarray, " seeds"],
        tested: Float[np.ndarray, " seeds"] | None = None,
    ) -> None:
        """Add the losses of a chunk of steps.

        Args:
            iteration: the one whose models are fitted.
            step: the one at which the chunk ended.
            losses: mean training losses of the chunk.
            tested: test losses after it, if they were measured.
        """
        after = [""] * len(losses) if tested is None else map(float, tested)
        rows = [(iteration, step, seed, float(x), y) for seed, (x, y) in enumerate(zip(losses, after, strict=True))]
        self._append("training.csv", rows)

    def save(self, name: str, header: dict[str, Any], tree: PyTree) -> None:
        """Write the arrays of a tree to `models/NAME.eqx`, behind a line of JSON."""
        # In memory first: Equinox would wrap the error of a full disk in one of its own.
        content = io.BytesIO()
        content.write(json.dumps(header).encode() + b"\n")
        eqx.tree_serialise_leaves(content, tree)

        def write(partial: Path) -> None:
            with partial.open("wb") as file:
                file.write(content.getbuffer())
                file.flush()
                os.fsync(file.fileno())

        write_whole(self.path / "models" / f"{name}.eqx", write)

    def load(self, name: str, like: PyTree) -> tuple[dict[str, Any], PyTree] | None:
        """What `save` wrote, into a tree of the same structure; `None` if there is nothing."""
        try:
            with (self.path / "models" / f"{name}.eqx").open("rb") as file:
                return json.loads(file.readline()), eqx.tree_deserialise_leaves(file, like)
        except FileNotFoundError:
            return None

    def remove(self, name: str) -> None:
        """Remove `models/NAME.eqx`, if it is there."""
        (self.path / "models" / f"{name}.eqx").unlink(missing_ok=True)

    def pool(self, name: str, make: Callable[[], np.ndarray]) -> np.ndarray:
        """The array `pools/NAME.npy`, made first if it is not there; read from disk as it is needed."""
        path = self.path / "pools" / f"{name}.npy"
        if not path.exists():
            array = make()
            write_whole(path, lambda partial: np.save(partial, array))
        return np.load(path, mmap_mode="r")

    def remove_pools(self, pattern: str) -> None:
        """Remove the pools whose names match."""
        for path in (self.path / "pools").glob(f"{pattern}.npy"):
            path.unlink()

    def write_sample(self, name: str, content: bytes) -> None:
        """Write `samples/NAME`."""
        write_bytes(self.path / "samples" / name, content)

    def _read(self, name: str, columns: tuple[str, ...]) -> list[dict[str, str]]:
        """The whole lines of a table; a killed run may have left the last one half written."""
        try:
            text = (self.path / name).read_text()
        except FileNotFoundError:
            return []
        lines = text[: text.rfind("\n") + 1].splitlines()
        rows = [row for row in csv.DictReader(lines) if None not in row.values()]
        return [{column: row.get(column, "") for column in columns} for row in rows]  # an older table may lack some

    def _write(self, name: str, columns: tuple[str, ...], rows: Iterable[Sequence[Any]]) -> None:
        def write(partial: Path) -> None:
            with partial.open("w", newline="") as file:
                csv.writer(file, lineterminator="\n").writerows([columns, *rows])

        write_whole(self.path / name, write)

    def _append(self, name: str, rows: Iterable[Sequence[Any]]) -> None:
        with (self.path / name).open("a", newline="") as file:
            csv.writer(file, lineterminator="\n").writerows(rows)
