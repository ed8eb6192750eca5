"""A logger for TensorBoard: its event files, written without it, so that a run needs no further package.

An event file is a row of records, each its length, a checksum of that, its bytes, and a checksum of those (TFRecord);
the bytes are a protocol buffer of type Event: 1 wall time (double), 2 step (varint), 3 version (string), 5 summary; a
summary has values (1), each with 1 tag (string) and 2 number (float).
"""

import struct
import time
from collections.abc import Callable, Mapping
from functools import cached_property
from pathlib import Path

import numpy as np
from jaxtyping import Float

from .hooks import Logger


class TensorBoard(Logger):
    """Writes losses by step, one run a fit, and metrics by iteration; each seed has a curve of its own."""

    def __init__(self, folder: Path, *, clock: Callable[[], float] = time.time) -> None:
        """A file of its own, begun with the first that is written.

        Args:
            folder: that `tensorboard --logdir` is given.
            clock: the wall time, seconds.
        """
        self._folder, self._clock = folder, clock

    def fitted(self, iteration: int, step: int, losses: Mapping[str, Float[np.ndarray, " seeds"]]) -> None:
        """The losses at a step of one fit."""
        self._scalars(f"fit {iteration}", step, losses)

    def measured(self, iteration: int, metrics: Mapping[str, Float[np.ndarray, " seeds"]]) -> None:
        """The metrics of an iteration."""
        self._scalars("metrics", iteration, metrics)

    @cached_property
    def _path(self) -> Path:
        self._folder.mkdir(parents=True, exist_ok=True)
        path = self._folder / f"events.out.tfevents.{time.time_ns()}.model-collapse"
        path.write_bytes(self._record(_field(3, b"brain.Event:2")))
        return path

    def _scalars(self, group: str, step: int, values: Mapping[str, Float[np.ndarray, " seeds"]]) -> None:
        scalars = [
            _field(1, _field(1, f"{group}/{name}/seed {seed}".encode()) + b"\x15" + struct.pack("<f", float(value)))
            for name, by_seed in values.items()
            for seed, value in enumerate(by_seed)
        ]
        record = self._record(b"\x10" + _varint(step) + _field(5, b"".join(scalars)))
        with self._path.open("ab") as file:  # a whole record, as soon as it is known
            file.write(record)

    def _record(self, event: bytes) -> bytes:
        content = b"\x09" + struct.pack("<d", self._clock()) + event
        length = struct.pack("<Q", len(content))
        return length + _masked(length) + content + _masked(content)


def _field(number: int, content: bytes) -> bytes:
    """A field of bytes."""
    return _varint(number << 3 | 2) + _varint(len(content)) + content


def _varint(value: int) -> bytes:
    """Seven bits a byte, the lowest first."""
    found = bytearray()
    while value > 127:
        found.append(value & 127 | 128)
        value >>= 7
    return bytes([*found, value])


def _remainder(byte: int) -> int:
    for _ in range(8):
        byte = byte >> 1 ^ (0x82F63B78 if byte & 1 else 0)
    return byte


_TABLE = [_remainder(byte) for byte in range(256)]


def checksum(content: bytes) -> int:
    """CRC-32C (Castagnoli).

    >>> hex(checksum(b"123456789"))
    '0xe3069283'
    """
    value = 0xFFFFFFFF
    for byte in content:
        value = value >> 8 ^ _TABLE[(value ^ byte) & 255]
    return value ^ 0xFFFFFFFF


def _masked(content: bytes) -> bytes:
    """The checksum as records have it: turned by 15 bits, and moved."""
    value = checksum(content)
    return struct.pack("<I", ((value >> 15 | value << 17) + 0xA282EAD8) & 0xFFFFFFFF)
