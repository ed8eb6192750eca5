"""Files and folders that are written whole or not at all: killed at any time, no half is left."""

import os
import shutil
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path


def write_whole(path: Path, write: Callable[[Path], object]) -> None:
    """Let `write` fill a file beside `path`, then move it there in one step: killed at any time, no half is left."""
    path.parent.mkdir(parents=True, exist_ok=True)
    # The name is always the same, so what a killed run leaves is overwritten by the next; the suffix tells a format.
    partial = path.with_name(f".{path.stem}.partial{path.suffix}")
    try:
        write(partial)
        os.replace(partial, path)
    finally:
        partial.unlink(missing_ok=True)


@contextmanager
def anew(folder: Path, by: str) -> Iterator[Path]:
    """A folder for results that replace those in `folder`, together and at the end; killed, the next one goes on there.

    Args:
        folder: of the results.
        by: whose: each has a folder of its own.
    """
    staging, whole = folder / f".{by}.partial", folder / f".{by}.whole.partial"
    _move(whole, folder)  # should a run have been killed just then
    if staging.exists() and any(staging.iterdir()):
        print(f"Going on with {staging}, which an unfinished run left; delete it to begin anew.", file=sys.stderr)
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
