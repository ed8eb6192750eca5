"""Files that are written whole or not at all: killed at any time, no half is left."""

import os
import secrets
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from glob import escape
from pathlib import Path

from filelock import FileLock, Timeout


def write_whole(path: Path, write: Callable[[Path], object]) -> None:
    """Let `write` fill a file beside `path`, then move it there in one step: killed at any time, no half is left.

    Two processes that write at once have a file each, and the last one stays.
    """
    path.parent.mkdir(parents=True, exist_ok=True)
    with partial_file(path) as partial:
        write(partial)
        _to_disk(partial)
        os.replace(partial, path)


@contextmanager
def partial_file(path: Path) -> Iterator[Path]:
    """A new file beside `path`, of this process alone and gone at the end; the suffix tells a format.

    It is locked while it is there, so that what killed processes left, which is not, can be told from it and removed.
    """
    for left in path.parent.glob(f".{escape(path.stem)}.*partial{escape(path.suffix)}"):
        _remove_if_left(left)
    # Nobody knows the name before, and a link of that name would not be followed.
    partial = path.with_name(f".{path.stem}.{secrets.token_hex(4)}.partial{path.suffix}")
    with FileLock(partial):
        try:
            yield partial
        finally:
            partial.unlink(missing_ok=True)


def _remove_if_left(partial: Path) -> None:
    if partial.is_symlink():
        partial.unlink(missing_ok=True)
    elif partial.is_file():
        try:
            with FileLock(partial, timeout=0):
                partial.unlink(missing_ok=True)
        except Timeout:  # somebody is writing it
            return


def _to_disk(path: Path) -> None:
    """A file that is moved before its content is on the disk is empty after a power failure."""
    descriptor = os.open(path, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
