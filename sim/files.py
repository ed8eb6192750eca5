"""Files that many ask for, JSON that is read again, and folders that are replaced whole or not at all."""

import json
import shutil
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from theory.files import write_whole
from theory.program import say

from .locks import Lock, beside


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
