"""Files: written whole, so that no half is left; and a user's own, read as what they are, or refused in one line."""

import bz2
import gzip
import lzma
import zlib
from collections.abc import Sequence
from pathlib import Path

from theory.files import write_whole

#: How a compressed file is named, what is at its start, and how it is read.
COMPRESSED = {
    ".gz": (b"\x1f\x8b", gzip.decompress),
    ".bz2": (b"BZh", bz2.decompress),
    ".xz": (b"\xfd7zXZ\x00", lzma.decompress),
}

#: What files that hold no text start with, and what they are.
BINARY = {
    **{start: f"compressed ({suffix})" for suffix, (start, _) in COMPRESSED.items()},
    b"PAR1": "parquet",
    b"PK\x03\x04": "a zip archive",
    b"\x28\xb5\x2f\xfd": "compressed (.zst)",
    b"%PDF-": "a PDF document",
    b"\x89PNG": "an image",
    b"\xff\xd8\xff": "an image",
    b"GIF8": "an image",
}

#: Marks of an encoding, longest first: UTF-32's starts with UTF-16's.
MARKS = {
    b"\xff\xfe\x00\x00": "utf-32",
    b"\x00\x00\xfe\xff": "utf-32",
    b"\xef\xbb\xbf": "utf-8-sig",
    b"\xff\xfe": "utf-16",
    b"\xfe\xff": "utf-16",
}

#: What operating systems leave in folders, beside hidden files.
SYSTEM = ("@eadir", "__macosx", "desktop.ini", "thumbs.db")

#: Names that are left out of a list in one line of news, beyond the first ones.
NAMED = 5


def write_bytes(path: Path, content: bytes) -> None:
    """Write a file, or leave the one that is there as it is."""

    def write(partial: Path) -> None:
        partial.write_bytes(content)

    write_whole(path, write)


def suffix_of(path: Path) -> str:
    """The suffix that tells what a file holds: in small letters, without that of its compression."""
    suffixes = [suffix.lower() for suffix in path.suffixes]
    if suffixes and suffixes[-1] in COMPRESSED:
        suffixes.pop()
    return suffixes[-1] if suffixes else ""


def read_bytes(path: Path, *, option: str) -> bytes:
    """The content of a file, of a compressed one (`.gz`, `.bz2`, `.xz`) what it holds.

    Raises:
        ValueError: it cannot be read; the option that names it is said.
    """
    try:
        content = path.read_bytes()
    except OSError as error:
        raise ValueError(f"{option} {path}: {error.strerror}; give a file that can be read.") from error
    compression = COMPRESSED.get(path.suffix.lower())
    if compression is None or not content:
        return content
    start, decompress = compression
    if not content.startswith(start):
        raise ValueError(f"{path} is not compressed as its name says; take {path.suffix} off the name.")
    try:
        return decompress(content)
    except (OSError, EOFError, ValueError, zlib.error, lzma.LZMAError) as error:
        raise ValueError(f"{path} is compressed and damaged: {error}") from error


def read_text(path: Path, *, option: str) -> str:
    r"""The text of a file, its lines ended by `\n`: UTF-8, or what a byte-order mark at its start says.

    Raises:
        ValueError: it cannot be read, or holds no text.
    """
    return as_text(read_bytes(path, option=option), path)


def as_text(content: bytes, path: Path, needed: str = "a text file") -> str:
    """The text that these bytes of a file are, as `read_text` gives it.

    Args:
        content: of the file.
        path: of the file, to name it.
        needed: what the file must be, for what is said if it is not.

    Raises:
        ValueError: they are no text.
    """
    for start, what in BINARY.items():
        if content.startswith(start):
            raise ValueError(
                f"{path} is not text: by its content it is {what}; give {needed}, or name it as what it is."
            )
    encoding = next((name for mark, name in MARKS.items() if content.startswith(mark) and content != mark), "utf-8")
    try:
        text = content.decode(encoding)
    except UnicodeDecodeError as error:
        name = "UTF-8" if encoding.startswith("utf-8") else encoding.upper()
        raise ValueError(f"{path} is not text: byte {error.start} is not {name}; give {needed}, in UTF-8.") from error
    if "\0" in text:
        raise ValueError(f"{path} is not text: it holds zero bytes; give {needed}, in UTF-8.")
    return text.lstrip("\ufeff").replace("\r\n", "\n").replace("\r", "\n")


def of_a_system(path: Path, folder: Path) -> bool:
    """Whether a file in a folder is hidden or in a hidden folder, or was left there by an operating system."""
    return any(part.startswith(".") or part.lower() in SYSTEM for part in path.relative_to(folder).parts)


def some_of(names: Sequence[str], separator: str = ", ") -> str:
    """The first of these names, and how many there are besides."""
    more = f"{separator}and {len(names) - NAMED} more" if len(names) > NAMED else ""
    return separator.join(names[:NAMED]) + more
