"""The run directory: configuration, tables, pools, models and checkpoints, of which none is ever half there."""

import csv
import io
import json
import math
import shutil
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any, TypeVar

import equinox as eqx
import numpy as np
from jaxtyping import Float, PyTree

from sim.files import read_json
from sim.locks import Lock, inside
from sim.seals import NAME as CHECKSUMS, Seals, damaged
from theory.program import say

from .files import write_bytes

METRICS = ("iteration", "seed", "metric", "value")
TRAINING = ("iteration", "step", "seed", "loss", "test_loss", "held_out_loss")

#: The file that says what a run is of.
CONFIGURATION = "configuration.json"
_TABLES = ("metrics.csv", "training.csv")

#: What a run may have more of than it was begun with; nothing that was done before depends on it.
_EXTENDED = "iterations"

#: Where a learner keeps what it learns of its data until the run has started.
_PREPARED = ".prepared"

T = TypeVar("T")


@dataclass(frozen=True)
class Contents:
    """What is in the folder of a run that is asked for.

    Attributes:
        there: whether a run is.
        extends: whether it is the one that is asked for, but for fewer iterations.
        objection: why what is asked for cannot begin there or go on.
    """

    there: bool
    extends: bool = False
    objection: str | None = None


def look(path: Path, configuration: Mapping[str, Any], *, resume: bool) -> Contents:
    """What is in the folder of a run; nothing is written.

    Args:
        path: of the folder.
        configuration: of the run that is asked for.
        resume: whether the run that is there is to go on.
    """
    stored = path / CONFIGURATION
    if not path.is_dir() and path.exists():
        return Contents(False, objection=f"{path} is no folder; choose another --run-dir.")
    # A run that was killed as it started leaves nothing more than these.
    beginnings = (CONFIGURATION, CHECKSUMS, _PREPARED, inside(path).name)
    names = [path.name for path in path.iterdir()] if path.is_dir() else []
    if all(name in beginnings or (name.startswith(".") and ".partial" in name) for name in names):
        return Contents(False)
    if not stored.exists():
        return Contents(False, objection=f"{path} is not empty and holds no run; choose another --run-dir.")
    try:
        found = dict(read_json(stored))
    except (ValueError, TypeError):
        return Contents(False, objection=f"{stored} is no configuration of a run; choose another --run-dir.")
    if not resume:
        advice = "--resume goes on with it, or choose another --run-dir."
        return Contents(True, objection=f"{path} holds a run already; {advice}")
    asked = json.loads(json.dumps(configuration))
    differing = [name for name in {**found, **asked} if found.get(name) != asked.get(name)]
    extends = differing == [_EXTENDED] and found.get(_EXTENDED, math.inf) < asked.get(_EXTENDED, 0)
    if differing and not extends:
        listing = "; ".join(f"{name}: there {found.get(name)}, now {asked.get(name)}" for name in differing)
        objection = f"{path} holds a run of another configuration ({listing}); choose another --run-dir."
        return Contents(True, objection=objection)
    return Contents(True, extends)


def models_measured(path: Path) -> int:
    """How many models the table of metrics in a folder says are measured."""
    table = path / "metrics.csv"
    rows = _rows(table.read_bytes(), METRICS) if table.exists() else []
    return max((int(row["iteration"]) for row in rows if row is not None), default=0)


class RunDirectory:
    """A folder that holds one run, and from which the run goes on wherever it was killed.

    `configuration.json`, `metrics.csv` (a line a value), `training.csv` (mean loss of a chunk of steps, the test loss
    after it, if watched, and the held-out loss, if it was looked at), `pools/` (arrays of (seeds, rows, ...)),
    `models/` (`eqx.tree_serialise_leaves` behind a line of JSON), `samples/` (to look at), `checksums.json` (of all
    that is read again). The run starts, and its configuration is there, with the first thing that it keeps.
    """

    def __init__(self, path: Path, configuration: dict[str, Any], *, resume: bool) -> None:
        self.path = path
        self._configuration, self._resume = configuration, resume
        self._lock = Lock(path, inside(path), advice="Wait until it has ended, or choose another --run-dir.")
        self._holds = 0
        self._extends = False
        self._started = self._is_there()

    def _is_there(self) -> bool:
        """Whether the run that is asked for is in the folder already.

        Raises:
            ValueError: something else is, or it is and nobody asked to go on with it.
        """
        found = look(self.path, self._configuration, resume=self._resume)
        if found.objection is not None:
            raise ValueError(found.objection)
        self._extends = found.extends
        return found.there

    @contextmanager
    def held(self) -> Iterator[None]:
        """Keep other processes out; in the end nothing is left of a run that did not start. May be nested.

        Raises:
            ValueError: another process is at it.
        """
        made = not self.path.exists()
        self.path.mkdir(parents=True, exist_ok=True)
        try:
            with self._lock:
                if self._holds == 0:
                    self._started = self._is_there()  # since we looked, another may have been here
                self._holds += 1
                try:
                    yield
                finally:
                    self._holds -= 1
                    if not self._started:
                        shutil.rmtree(self.path / _PREPARED, ignore_errors=True)
        finally:
            if made and not self._started:
                with suppress(OSError):  # another process has begun in it
                    self.path.rmdir()

    def prepared(self, make: Callable[[Path], T]) -> T:
        """What is made with a folder to keep things in: the run's own, if and when it has started.

        Args:
            make: (folder) what it has kept there before it need not make again.
        """
        if not self._started:
            folder = self.path / _PREPARED
            shutil.rmtree(folder, ignore_errors=True)  # another's, who was refused or killed
            return make(folder)
        there = _files(self.path)
        for name in there & set(self._seals.names) - set(_TABLES):
            self._seals.check(name)
        made = make(self.path)
        if new := _files(self.path) - there:
            self._seals.note(new)
            self._seals.store()
        return made

    def start(self) -> None:
        """From now on there is a run in the folder, or a longer one; without effect if it has started."""
        if self._extends:
            self._write_configuration()
        if not self._started:
            (self.path / CHECKSUMS).unlink(missing_ok=True)
            self._write_configuration()
            self._started = True
            for name in _files(self.path / _PREPARED):
                content = (self.path / _PREPARED / name).read_bytes()
                self._keep(name, lambda partial, content=content: partial.write_bytes(content))
            shutil.rmtree(self.path / _PREPARED, ignore_errors=True)
            self._seals.store()

    def _write_configuration(self) -> None:
        text = json.dumps(self._configuration, indent=1, allow_nan=False) + "\n"
        write_bytes(self.path / CONFIGURATION, text.encode())
        self._extends = False

    @cached_property
    def _seals(self) -> Seals:
        """The checksums; of a run from before there were any those of what is there."""
        seals = Seals(self.path)
        paths = [*self.path.glob("pools/[!.]*.npy"), *self.path.glob("models/[!.]*.eqx")]
        if not seals.exist and (paths or any((self.path / name).exists() for name in _TABLES)):
            say(f"{self.path} was made before runs had checksums: it is taken as it is, and checked from now on.")
            for pool in self.path.glob("pools/[!.]*.npy"):
                if not np.isfinite(_read_pool(pool)).all():
                    raise damaged(pool, "not all of its numbers are finite")
            names = [path.relative_to(self.path).as_posix() for path in paths]
            seals.note([*names, *_TABLES])
            seals.store()
        return seals

    def _keep(self, name: str, fill: Callable[[Path], object]) -> None:
        self.start()
        self._seals.write(name, fill)

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
        return self._read("training.csv", TRAINING, grows=True)

    def log(self, iteration: int, step: int, losses: Mapping[str, Float[np.ndarray, " seeds"]]) -> None:
        """Add the losses of a chunk of steps.

        Args:
            iteration: the one whose models are fitted.
            step: the one at which the chunk ended.
            losses: by the names of their columns; "loss", the chunk's mean, and what else was measured after it.
        """
        seeds = range(len(losses["loss"]))
        columns = [losses.get(name) for name in TRAINING[3:]]
        rows = [
            (iteration, step, seed, *("" if column is None else float(column[seed]) for column in columns))
            for seed in seeds
        ]
        self.start()
        with (self.path / "training.csv").open("a", newline="") as file:
            csv.writer(file, lineterminator="\n").writerows(rows)

    def save(self, name: str, header: dict[str, Any], tree: PyTree) -> None:
        """Write the arrays of a tree to `models/NAME.eqx`, behind a line of JSON."""
        # In memory first: Equinox would wrap the error of a full disk in one of its own.
        content = io.BytesIO()
        content.write(json.dumps(header).encode() + b"\n")
        eqx.tree_serialise_leaves(content, tree)
        self.start()
        self._seals.note(["training.csv"])  # whatever led to this state has a checksum before it is there
        self._keep(f"models/{name}.eqx", lambda partial: partial.write_bytes(content.getbuffer()))

    def load(self, name: str, like: PyTree) -> tuple[dict[str, Any], PyTree] | None:
        """What `save` wrote, into a tree of the same structure; `None` if there is nothing.

        Raises:
            ValueError: the file is damaged.
        """
        path = self.path / "models" / f"{name}.eqx"
        if not path.exists():
            return None
        self._seals.check(f"models/{name}.eqx")
        try:
            with path.open("rb") as file:
                return dict(json.loads(file.readline())), eqx.tree_deserialise_leaves(file, like)
        except Exception as error:  # what is raised depends on where the damage is
            raise damaged(path, "it does not hold a model of this run") from error

    def remove(self, name: str) -> None:
        """Remove `models/NAME.eqx`, if it is there."""
        (self.path / "models" / f"{name}.eqx").unlink(missing_ok=True)
        self._seals.forget([f"models/{name}.eqx"])

    def pool(self, name: str, make: Callable[[], np.ndarray]) -> np.ndarray:
        """The array `pools/NAME.npy`, made first if it is not there; read from disk as it is needed.

        Raises:
            ValueError: the file is damaged.
        """
        path = self.path / "pools" / f"{name}.npy"
        if not path.exists():
            array = make()
            self._keep(f"pools/{name}.npy", lambda partial: np.save(partial, array))
        self._seals.check(f"pools/{name}.npy")
        return _read_pool(path)

    def remove_pools(self, pattern: str) -> None:
        """Remove the pools whose names match."""
        for path in (self.path / "pools").glob(f"{pattern}.npy"):
            path.unlink()
            self._seals.forget([f"pools/{path.name}"])

    def write_sample(self, name: str, content: bytes) -> None:
        """Write `samples/NAME`."""
        self.start()
        write_bytes(self.path / "samples" / name, content)

    def _read(self, name: str, columns: tuple[str, ...], *, grows: bool = False) -> list[dict[str, str]]:
        """The whole lines of a table; a killed run may have left the last ones half written."""
        path = self.path / name
        if not path.exists():
            return []
        sealed = self._seals.check(name, grows=grows)
        content = path.read_bytes()
        rows = _rows(content[:sealed], columns)
        if None in rows:
            raise damaged(path, f"row {rows.index(None) + 1} is none of {', '.join(columns)}")
        if grows:
            head, tail = content.partition(b"\n")[0], content[sealed:]
            rows += _rows(head + b"\n" + tail[: tail.rfind(b"\n") + 1], columns)
        return [row for row in rows if row is not None]

    def _write(self, name: str, columns: tuple[str, ...], rows: Iterable[Sequence[Any]]) -> None:
        def fill(partial: Path) -> None:
            with partial.open("w", newline="") as file:
                csv.writer(file, lineterminator="\n").writerows([columns, *rows])

        self._keep(name, fill)


def _read_pool(path: Path) -> np.ndarray:
    try:
        found = np.load(path, mmap_mode="r")
    except (ValueError, EOFError, OSError) as error:
        raise damaged(path, "it is no array") from error
    if found.dtype.kind not in "biuf":
        raise damaged(path, f"it holds {found.dtype}, not numbers")
    return found


def _rows(content: bytes, columns: tuple[str, ...]) -> list[dict[str, str] | None]:
    """The rows of a table; `None` where one has no numbers in these columns, but for what an older table lacks."""
    table = csv.DictReader(content.decode(errors="replace").splitlines())
    return [_row(row, columns) for row in table]


def _row(row: dict[str, str | None], columns: tuple[str, ...]) -> dict[str, str] | None:
    found = {column: row.get(column, "") or "" for column in columns}
    form = {"iteration": int, "step": int, "seed": int, "metric": str}
    form |= dict.fromkeys(("test_loss", "held_out_loss"), lambda text: float(text or 0))
    try:
        for column, text in found.items():
            form.get(column, float)(text)
    except ValueError:
        return None
    return None if None in row.values() else found


def _files(folder: Path) -> set[str]:
    """The names of the files in a folder, but for hidden ones and what every run directory has."""
    return {path.name for path in folder.glob("[!.]*") if path.is_file()} - {CONFIGURATION, CHECKSUMS}
