"""Files and folders that are written whole or not at all: killed at any time, no half is left."""

import json
import os
import secrets
import shutil
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from glob import escape
from pathlib import Path
from typing import Any

from filelock import FileLock, Timeout

from theory.program import say

from .locks import Lock, beside


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


def make_once(path: Path, make: Callable[[Path], object]) -> None:
    """Have a file that many may ask for: made as by `write_whole` if it is not there, by one process at a time."""
    if not path.exists():
        path.parent.mkdir(parents=True, exist_ok=True)
        with Lock(path, beside(path), wait=True):
            if not path.exists():
                write_whole(path, make)


def read_json(path: Path) -> Any:
    """The value of a JSON file.

    Raises:
        ValueError: it is none.
    """
    try:
        return json.loads(path.read_text())
    except (ValueError, RecursionError) as error:
        raise ValueError(f"{path} is not JSON that can be read ({str(error).splitlines()[0]}).") from error


@contextmanager
def anew(folder: Path, by: str) -> Iterator[Path]:
    """A folder for results that replace those in `folder`, together and at the end; killed, the next one goes on there.

    Args:
        folder: of the results.
        by: whose: each has a folder of its own.

    Raises:
        ValueError: another process is at it.
    """
    staging, whole = folder / f".{by}.partial", folder / f".{by}.whole.partial"
    folder.mkdir(parents=True, exist_ok=True)
    with Lock(folder, folder / f".{by}.lock", advice="Wait until it has ended."):
        _move(whole, folder)  # should a run have been killed just then
        if staging.exists() and any(staging.iterdir()):
            say(f"Going on with {staging}, which an unfinished run left; delete it to begin anew.")
        staging.mkdir(parents=True, exist_ok=True)
        yield staging
        staging.rename(whole)
        _move(whole, folder)


def _move(whole: Path, folder: Path) -> None:
    """Every table, and not what a run of another configuration may have left half done."""
    if whole.exists():
        for path in sorted(whole.glob("[!.]*")):
            path.replace(folder / path.name)
        shutil.rmtree(whole)
