"""The state of an unfinished run in one file: killed at any moment, the run goes on from it to the same digits."""

import hashlib
import io
import json
import marshal
import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import asdict
from functools import singledispatch
from pathlib import Path
from types import FunctionType
from typing import Any

import jax
import numpy as np
import sympy as sp

from theory import Generator, Population, Quantity, Spectrum, Task, Workflow
from theory.files import partial_file, write_whole

from .hosts import first_alone, from_first
from .locks import Lock, beside
from .statistics import Histogram, Moments, RunningStatistics

_MAGIC = "model-collapse checkpoint"

#: A state is written at most so often.
_SECONDS = 2.0

_TRAINING_SETS = "training sets"

#: What files did not say when there was one task, and no generator.
_OLDER = {"task": "regression", "of": "test_error", "generator": str(Generator())}


def configuration(
    task: Task,
    quantity: Quantity,
    workflow: Workflow | Population,
    settings: dict[str, Any],
    generator: Generator | None = None,
) -> dict[str, Any]:
    """What a run's digits depend on, as JSON.

    Args:
        task: its fields stand beside the others, under their own names as far as these are free.
        quantity: what is simulated.
        workflow: told by its name with its parameters, and by its training sets: a class may move to another module,
            and two of one name are still told apart.
        settings: of the run; with "iterations".
        generator: how data are sampled from a model; by default as they are.
    """
    common = {
        "task": task.name,
        "of": quantity.name,
        "workflow": str(workflow),
        _TRAINING_SETS: _training_sets(workflow, settings["iterations"]),
        "generator": str(generator or Generator()),
        "platform": jax.local_devices()[0].platform,
        "jax": jax.__version__,
    } | settings
    usual = {detail.name: detail.default for detail in task.details}  # of which older files say nothing
    told = {name: value for name, value in task.fields.items() if name not in usual or value != usual[name]}
    fields = {name if name not in common else f"{name} of the task": value for name, value in told.items()}
    return json.loads(json.dumps({name: _plain(value) for name, value in fields.items()} | common))


@singledispatch
def _plain(value: Any) -> Any:
    """What JSON takes of a field."""
    return value


@_plain.register
def _of_array(value: np.ndarray) -> str:
    return hashlib.sha256(value.tobytes()).hexdigest()


@_plain.register
def _of_spectrum(value: Spectrum) -> dict[str, Any]:
    return asdict(value)


@_plain.register
def _of_expression(value: sp.Basic) -> str:
    return str(value)


@_plain.register
def _of_function(value: FunctionType) -> str:
    """Its name, and a digest of what it does by itself: its code, its defaults and what it was made with."""
    made_with = [cell.cell_contents for cell in value.__closure__ or ()]
    does = marshal.dumps(value.__code__) + repr((value.__defaults__, value.__kwdefaults__, made_with)).encode()
    return f"{value.__qualname__} {hashlib.sha256(does).hexdigest()}"


def _training_sets(workflow: Workflow | Population, iterations: int) -> str:
    """A digest of every iteration's pools with their shares and sizes, and of the rows drawn from them."""
    digest = hashlib.sha256()
    if isinstance(workflow, Population):  # the same at all iterations, and its text says all of it
        return hashlib.sha256(str(workflow).encode()).hexdigest()
    for iteration in range(1, iterations + 1):
        pools = sorted((pool, share, workflow.size(pool)) for pool, share in workflow.shares(iteration).items())
        told = "; ".join(f"{pool}: {share} of {size}" for pool, share, size in pools)
        digest.update(f"{told}; drawn {workflow.drawn(iteration)}\n".encode())
    return digest.hexdigest()


class Checkpoint:
    """The file of a run; with several processes that of the first, which tells the others."""

    def __init__(self, path: Path, workflow: Workflow | Population, configuration: dict[str, Any]) -> None:
        self.path, self.workflow, self.configuration = path, workflow, configuration
        self._saved = time.monotonic()

    @contextmanager
    def held(self) -> Iterator[None]:
        """Keep other runs from the file; with several processes the first does.

        Raises:
            ValueError: another run is at it, or it is no file or in no folder.
        """
        with ExitStack() as stack:
            first_alone(lambda: self._take(stack))
            yield

    def _take(self, stack: ExitStack) -> None:
        path = self.path
        if path.exists() and not path.is_file():
            raise ValueError(f"the checkpoint {path} is no regular file. Name another.")
        if not path.parent.is_dir():
            raise ValueError(
                f"there is no folder {path.parent} for the checkpoint {path.name}. Make it, or name another."
            )
        try:
            stack.enter_context(Lock(path, beside(path), advice="Wait until it has ended, or name another file."))
        except OSError as error:
            raise self._unwritable(error) from error

    def try_out(self, found: RunningStatistics) -> None:
        """See that it can be written, before anything is computed.

        Raises:
            ValueError: it cannot.
        """
        first_alone(lambda: self._try(found))

    def _try(self, found: RunningStatistics) -> None:
        try:
            with partial_file(self.path) as partial:
                partial.write_bytes(self._packed(found))
        except OSError as error:
            raise self._unwritable(error) from error

    def _unwritable(self, error: OSError) -> ValueError:
        return ValueError(
            f"the checkpoint {self.path} cannot be written ({error.strerror}). Make room or name another file."
        )

    def save(self, found: RunningStatistics, *, at_once: bool) -> None:
        """Write the statistics of whole blocks, in one step: now, or if the last time is long ago."""
        if jax.process_index() or not (at_once or time.monotonic() - self._saved > _SECONDS):
            return
        content = self._packed(found)
        write_whole(self.path, lambda partial: partial.write_bytes(content))
        self._saved = time.monotonic()

    def _packed(self, found: RunningStatistics) -> bytes:
        """The file of these statistics."""
        body = io.BytesIO()
        lowest, counts = found.histogram.arrays()
        np.savez_compressed(
            body,
            configuration=np.array(json.dumps(self.configuration)),
            count=np.array(found.count),
            mean=found.moments.mean,
            squares=found.moments.squares,
            lost=found.lost,
            lowest=np.array(lowest),
            counts=counts,
        )
        digest = hashlib.sha256(body.getvalue()).hexdigest()
        return f"{_MAGIC} {digest}\n".encode() + body.getvalue()

    def load(self, columns: int, has_quantiles: bool) -> RunningStatistics:
        """What was saved; nothing where there is no file yet.

        Args:
            columns: of the statistics.
            has_quantiles: whether they have a histogram, of numbers of at least 0.

        Raises:
            ValueError: the file is damaged, no checkpoint, or of other settings; it is left as it is.
        """
        content = self._content()
        if content is None:
            return RunningStatistics(columns)
        if not content:
            raise ValueError(f"{self.path} is empty, no checkpoint. Remove it, or name another file.")
        head, _, body = content.partition(b"\n")
        magic, _, digest = head.decode(errors="replace").rpartition(" ")
        if magic != _MAGIC:
            raise ValueError(f"{self.path} is no checkpoint of a simulation; it is left as it is. Name another file.")
        if digest != hashlib.sha256(body).hexdigest():
            raise self._damaged("its content does not match its checksum")
        try:
            with np.load(io.BytesIO(body), allow_pickle=False) as saved:
                arrays = {"lost": np.zeros(columns, np.int64)} | dict(saved)  # of which older files say nothing
            made = _OLDER | json.loads(str(arrays["configuration"]))
        except Exception as error:  # what is raised depends on where it was forged
            raise self._damaged("it does not hold the state of a run") from error
        self._compare(made)
        objection = _objection(arrays, columns, has_quantiles)
        if objection is not None:
            raise self._damaged(objection)
        found = RunningStatistics(columns)
        found.moments = Moments(int(arrays["count"]), arrays["mean"], arrays["squares"], arrays["lost"])
        found.histogram.merge(Histogram.of(int(arrays["lowest"]), arrays["counts"]))
        return found

    def _damaged(self, reason: str) -> ValueError:
        return ValueError(f"{self.path} is damaged: {reason}. It is left as it is; remove it to start anew.")

    def _compare(self, made: dict[str, Any]) -> None:
        """Refuse what was made with other settings."""
        here = self.configuration
        if _TRAINING_SETS not in made and _is_older_name(made.get("workflow"), self.workflow):
            made |= {name: here[name] for name in ("workflow", _TRAINING_SETS)}
        differ = [
            f"{name} is {made.get(name)} there and {here.get(name)} here"
            for name in made.keys() | here.keys()
            if made.get(name) != here.get(name)
        ]
        if differ:
            raise ValueError(
                f"{self.path} is of another run: {'; '.join(sorted(differ))}. It is left as it is; name another "
                "file, or run with its settings."
            )

    def _content(self) -> bytes | None:
        """The file's bytes, in every process those that the first one reads; `None` where there is no file."""
        here = jax.process_index() == 0 and self.path.exists()
        content = from_first(b"file" + self.path.read_bytes() if here else b"")
        return content.removeprefix(b"file") if content else None


def _objection(saved: dict[str, Any], iterations: int, has_quantiles: bool) -> str | None:
    """Why these arrays, whose checksum is right, cannot be the statistics of a run; `None` if they can."""
    kinds = {"count": "i", "lowest": "i", "mean": "f", "squares": "f", "lost": "i"}
    for name, kind in kinds.items():
        shape = () if name in ("count", "lowest") else (iterations,)
        if name not in saved or saved[name].shape != shape or saved[name].dtype.kind != kind:
            return f"{name} is missing, or is not what a run of {iterations} iterations has"
    counts = saved.get("counts")
    if counts is None or counts.ndim != 2 or len(counts) != iterations or counts.dtype != np.int64:
        return "the counts of its histogram are missing, or no table of whole numbers"
    for name in ("mean", "squares"):
        # without quantiles a mean may be below 0
        least = 0 if has_quantiles or name == "squares" else -np.inf
        if not (np.isfinite(saved[name]).all() and (saved[name] >= least).all()):
            return f"{name} is not finite, or negative"
    kept = saved["count"] - saved["lost"]
    counted = kept if has_quantiles else np.zeros_like(kept)
    if saved["count"] < 0 or (counts < 0).any() or (counts.sum(1) != counted).any():
        return "the counts of its histogram are negative, or do not add up to its replicates"
    if (saved["lost"] < 0).any() or (kept < 0).any():
        return "its replicates without a number are less than none, or more than all"
    if not 0 <= saved["lowest"] <= Histogram.BINS - counts.shape[1]:
        return "its histogram has bins that there are not"
    return None


def _is_older_name(text: Any, workflow: Workflow | Population) -> bool:
    """Whether an older file, which tells a workflow as module.Name(…) and not by its training sets, means this one.

    The toolkit's own have moved within `theory`; any other class must be where it was, or it may be another one.
    """
    module, own = type(workflow).__module__, "theory."
    moved = module.startswith(own) and str(text).startswith(own) and str(text).endswith(f".{workflow}")
    return moved or text == f"{module}.{workflow}"
