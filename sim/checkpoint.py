"""The state of an unfinished run in one file: killed at any moment, the run goes on from it to the same digits."""

import hashlib
import io
import json
import time
from pathlib import Path
from typing import Any

import jax
import numpy as np

from .hosts import gather
from .results import write_whole
from .statistics import Moments, Stream

_MAGIC = "model-collapse checkpoint"

#: A state is written at most so often.
_SECONDS = 2.0


class Checkpoint:
    """The file of a run; with several processes that of the first, which tells the others."""

    def __init__(self, path: Path, configuration: dict[str, Any]) -> None:
        self.path, self.configuration = path, configuration
        self._saved = time.monotonic()
        if path.exists() and not path.is_file():
            raise ValueError(f"the checkpoint {path} is no regular file. Name another.")
        if not path.parent.is_dir():
            raise ValueError(
                f"there is no folder {path.parent} for the checkpoint {path.name}. Make it, or name another."
            )

    def save(self, stream: Stream, *, at_once: bool) -> None:
        """Write the statistics of whole blocks, in one step: now, or if the last time is long ago."""
        if jax.process_index() or not (at_once or time.monotonic() - self._saved > _SECONDS):
            return
        body = io.BytesIO()
        np.savez_compressed(
            body,
            configuration=np.array(json.dumps(self.configuration)),
            count=np.array(stream.count),
            mean=stream.mean,
            squares=stream.moments.squares,
            lowest=np.array(stream.histogram.lowest),
            counts=stream.histogram.counts,
        )
        digest = hashlib.sha256(body.getvalue()).hexdigest()
        content = f"{_MAGIC} {digest}\n".encode() + body.getvalue()
        write_whole(self.path, lambda partial: partial.write_bytes(content) and None)
        self._saved = time.monotonic()

    def load(self, iterations: int) -> Stream:
        """What was saved; an empty stream where there is no file yet.

        Raises:
            ValueError: the file is damaged, no checkpoint, or of other settings; it is left as it is.
        """
        stream = Stream(iterations)
        content = self._content()
        if not content:
            return stream
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
            made = json.loads(str(saved["configuration"]))
            differ = [
                f"{name} is {made.get(name)} there and {self.configuration.get(name)} here"
                for name in made.keys() | self.configuration.keys()
                if made.get(name) != self.configuration.get(name)
            ]
            if differ:
                raise ValueError(
                    f"{self.path} is of another run: {'; '.join(sorted(differ))}. It is left as it is; name another "
                    "file, or run with its settings."
                )
            stream.moments = Moments(int(saved["count"]), saved["mean"], saved["squares"])
            stream.histogram.merge(int(saved["lowest"]), saved["counts"])
        return stream

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
