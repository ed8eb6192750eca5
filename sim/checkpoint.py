"""The state of an unfinished run in one file: killed at any moment, the run goes on from it to the same digits."""

import hashlib
import io
import json
import time
from pathlib import Path
from typing import Any

import jax
import numpy as np

from theory import Quantity, Task, Workflow

from .files import write_whole
from .hosts import gather
from .statistics import Histogram, Moments, RunningStatistics

_MAGIC = "model-collapse checkpoint"

#: A state is written at most so often.
_SECONDS = 2.0

_TRAINING_SETS = "training sets"

#: What files did not say when there was one task.
_OLDER = {"task": "regression", "of": "test_error"}


def configuration(task: Task, quantity: Quantity, workflow: Workflow, settings: dict[str, Any]) -> dict[str, Any]:
    """What a run's digits depend on, as JSON.

    Args:
        task: its fields stand beside the others, under their own names as far as these are free.
        quantity: what is simulated.
        workflow: told by its name with its parameters, and by its training sets: a class may move to another module,
            and two of one name are still told apart.
        settings: of the run; with "iterations".
    """
    common = {
        "task": task.name,
        "of": quantity.name,
        "workflow": str(workflow),
        _TRAINING_SETS: _training_sets(workflow, settings["iterations"]),
        "platform": jax.local_devices()[0].platform,
        "jax": jax.__version__,
    } | settings
    fields = {name if name not in common else f"{name} of the task": value for name, value in task.fields.items()}
    return json.loads(json.dumps({name: _plain(value) for name, value in fields.items()} | common))


def _plain(value: Any) -> Any:
    """An array as its digest."""
    return hashlib.sha256(value.tobytes()).hexdigest() if isinstance(value, np.ndarray) else value


def _training_sets(workflow: Workflow, iterations: int) -> str:
    """A digest of every iteration's pools with their shares and sizes, and of the rows drawn from them."""
    digest = hashlib.sha256()
    for iteration in range(1, iterations + 1):
        pools = sorted((pool, share, workflow.size(pool)) for pool, share in workflow.shares(iteration).items())
        told = "; ".join(f"{pool}: {share} of {size}" for pool, share, size in pools)
        digest.update(f"{told}; drawn {workflow.drawn(iteration)}\n".encode())
    return digest.hexdigest()


class Checkpoint:
    """The file of a run; with several processes that of the first, which tells the others."""

    def __init__(self, path: Path, workflow: Workflow, configuration: dict[str, Any]) -> None:
        self.path, self.workflow, self.configuration = path, workflow, configuration
        self._saved = time.monotonic()
        if path.exists() and not path.is_file():
            raise ValueError(f"the checkpoint {path} is no regular file. Name another.")
        if not path.parent.is_dir():
            raise ValueError(
                f"there is no folder {path.parent} for the checkpoint {path.name}. Make it, or name another."
            )

    def save(self, found: RunningStatistics, *, at_once: bool) -> None:
        """Write the statistics of whole blocks, in one step: now, or if the last time is long ago."""
        if jax.process_index() or not (at_once or time.monotonic() - self._saved > _SECONDS):
            return
        body = io.BytesIO()
        lowest, counts = found.histogram.arrays()
        np.savez_compressed(
            body,
            configuration=np.array(json.dumps(self.configuration)),
            count=np.array(found.count),
            mean=found.mean,
            squares=found.moments.squares,
            lowest=np.array(lowest),
            counts=counts,
        )
        digest = hashlib.sha256(body.getvalue()).hexdigest()
        content = f"{_MAGIC} {digest}\n".encode() + body.getvalue()
        write_whole(self.path, lambda partial: partial.write_bytes(content))
        self._saved = time.monotonic()

    def load(self, iterations: int) -> RunningStatistics:
        """What was saved; nothing where there is no file yet.

        Raises:
            ValueError: the file is damaged, no checkpoint, or of other settings; it is left as it is.
        """
        found = RunningStatistics(iterations)
        content = self._content()
        if not content:
            return found
        head, _, body = content.partition(b"\n")
        magic, _, digest = head.decode(errors="replace").rpartition(" ")
        if magic != _MAGIC:
            raise ValueError(f"{self.path} is no checkpoint of a simulation; it is left as it is. Name another file.")
        if digest != hashlib.sha256(body).hexdigest():
            raise ValueError(
                f"{self.path} is damaged: its content does not match its checksum. It is left as it is; remove it to "
                "start anew."
            )
        with np.load(io.BytesIO(body), allow_pickle=False) as saved:
            made, here = json.loads(str(saved["configuration"])), self.configuration
            made = _OLDER | made
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
            found.moments = Moments(int(saved["count"]), saved["mean"], saved["squares"])
            found.histogram.merge(Histogram.of(int(saved["lowest"]), saved["counts"]))
        return found

    def _content(self) -> bytes:
        """The file's bytes, in every process those that the first one reads."""
        content = b""
        if jax.process_index() == 0 and self.path.exists():
            content = self.path.read_bytes()
            if not content:
                raise ValueError(f"{self.path} is empty, no checkpoint. Remove it, or name another file.")
        length = int(gather(np.array([len(content)]))[0, 0])
        padded = np.frombuffer(content.ljust(-(-length // 4) * 4, b"\0"), np.uint32)
        return gather(padded if len(padded) else np.zeros(-(-length // 4), np.uint32))[0].tobytes()[:length]


def _is_older_name(text: Any, workflow: Workflow) -> bool:
    """Whether an older file, which tells a workflow as module.Name(…) and not by its training sets, means this one.

    The toolkit's own have moved within `theory`; any other class must be where it was, or it may be another one.
    """
    module, own = type(workflow).__module__, "theory."
    moved = module.startswith(own) and str(text).startswith(own) and str(text).endswith(f".{workflow}")
    return moved or text == f"{module}.{workflow}"
