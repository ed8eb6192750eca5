"""SHA-256 checksums of the files in a folder, in a file beside them: what is read is what was written."""

import hashlib
import json
from collections.abc import Callable, Iterable
from pathlib import Path

from theory.files import write_whole

from .files import read_json

NAME = "checksums.json"

#: Bytes from a file's start on, and their SHA-256.
Seal = tuple[int, str]


class Seals:
    """The checksums of a folder's files by their names in it; for one process at a time.

    A checksum is noted before its file is moved into its place, beside that of the file which is there until then:
    killed in between, one of the two is right.
    """

    def __init__(self, folder: Path) -> None:
        self._folder, self._file = folder, folder / NAME
        self._seals: dict[str, list[Seal]] = {}
        #: Files that this process wrote or checked, as they were then: size and time of the last change. Each has one
        #: checksum.
        self._seen: dict[str, tuple[int, int]] = {}
        if self._file.exists():
            self._seals = _read(self._file)

    @property
    def exist(self) -> bool:
        """Whether the folder has checksums; those written before there were any have none."""
        return self._file.exists()

    @property
    def names(self) -> list[str]:
        """Of the files that have a checksum, whether they are there or not."""
        return list(self._seals)

    def write(self, name: str, fill: Callable[[Path], object]) -> None:
        """Write a file, whole or not at all, and its checksum."""

        def filled(partial: Path) -> None:
            fill(partial)
            self._seen.pop(name, None)  # stopped before the move, it is looked at again
            self._seals[name] = [*self._present(name), seal_of(partial)]
            self.store()

        write_whole(self._folder / name, filled)
        self._seals[name] = self._seals[name][-1:]
        self._seen[name] = _state(self._folder / name)

    def note(self, names: Iterable[str]) -> None:
        """Note the checksums of files as they are now, to be kept with the next one that is written, or by `store`."""
        for name in names:
            path = self._folder / name
            if path.is_file() and self._seen.get(name) != _state(path):
                self._seals[name] = [seal_of(path)]
                self._seen[name] = _state(path)

    def forget(self, names: Iterable[str]) -> None:
        """Drop the checksums of files that were removed; as `note`."""
        for name in names:
            self._seals.pop(name, None)
            self._seen.pop(name, None)

    def store(self) -> None:
        """Write the checksums."""
        text = json.dumps(self._seals, indent=0) + "\n"
        write_whole(self._file, lambda partial: partial.write_text(text))

    def check(self, name: str, *, grows: bool = False) -> int:
        """Compare a file with its checksum, once as long as it does not change; the bytes that this vouches for.

        Args:
            name: of a file that is there.
            grows: whether lines may have been added since its checksum was noted.

        Raises:
            ValueError: it does not match, or was never written here.
        """
        path = self._folder / name
        state = _state(path)
        if self._seen.get(name) == state:
            ((size, _),) = self._seals[name]
            return size
        matching = [
            (size, digest)
            for size, digest in self._seals.get(name, [])
            if (size <= state[0] if grows else size == state[0]) and seal_of(path, size) == (size, digest)
        ]
        if not matching:
            raise damaged(path, "its content does not match its checksum")
        self._seals[name] = matching[-1:]
        self._seen[name] = state
        return matching[-1][0]

    def _present(self, name: str) -> list[Seal]:
        """Of the file that is there now; of all that it may be, where this process has not looked."""
        return self._seals.get(name, []) if (self._folder / name).exists() else []


def damaged(path: Path, reason: str) -> ValueError:
    """The error that says so, and what to do."""
    return ValueError(f"{path} is damaged: {reason}. Restore it from a copy, or start anew in another folder.")


def _read(file: Path) -> dict[str, list[Seal]]:
    try:
        found = read_json(file)
        return {name: [(int(size), str(digest)) for size, digest in seals] for name, seals in found.items()}
    except (ValueError, TypeError, AttributeError) as error:
        raise damaged(file, "it is no table of checksums") from error


def _state(path: Path) -> tuple[int, int]:
    status = path.stat()
    return status.st_size, status.st_mtime_ns


def seal_of(path: Path, size: int | None = None) -> Seal:
    """The checksum of the whole file, or of its first `size` bytes."""
    with path.open("rb") as file:
        if size is None or size == path.stat().st_size:
            return path.stat().st_size, hashlib.file_digest(file, "sha256").hexdigest()
        return size, hashlib.sha256(file.read(size)).hexdigest()
