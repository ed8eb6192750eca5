"""A user's texts: plain text files, tables with a column of texts (CSV, JSON, JSON lines, parquet), or many of them."""

import csv
import glob
import io
import json
import re
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from ..files import of_a_system, read_bytes, read_text, some_of, suffix_of
from ..remarks import tell_left_out

#: What stands between two stories in the released text of TinyStories (Eldan and Li 2023).
END_OF_TEXT = "<|endoftext|>"

#: The column of a table that holds the texts, if none is named.
COLUMN = "text"

#: A byte-order mark inside a text, as joining files leaves it.
MARK = "\ufeff"

#: The first line of a table, by which it is known though its name says nothing.
_HEADER = re.compile(r'"?\w[\w-]*"?(?:([,;\t])"?\w[\w-]*"?)+')

#: What a cell holds, and where it stands.
Cells = Iterator[tuple[str, object]]


def read_texts(path: Path, *, column: str | None = None, option: str = "--file") -> list[str]:
    """The texts of a file, of all files in a folder, or of those that a pattern such as `train-*.parquet` matches.

    A table has them in a column: `.csv` and `.tsv`, `.json` (a list), `.jsonl` and `.ndjson` (a value a line), and
    `.parquet`. Any other file is text: stories with `<|endoftext|>` between them, as TinyStories is released, or else
    paragraphs with empty lines between them. Each may be compressed (`.gz`, `.bz2`, `.xz`).
    Rows without a text are left out; they are counted and named.

    Args:
        path: of the file, the folder, or a pattern.
        column: of a table; by default `text`.
        option: that gave the path, for what is said of it.

    Raises:
        ValueError: there is no text, or what there is contradicts its name.
    """
    texts = [text for file in _files(path, option) for text in _texts(file, column, option)]
    if not texts:
        raise ValueError(f"{path} holds no text; give a file with at least one text to train on and one to test on.")
    return texts


def _files(path: Path, option: str) -> list[Path]:
    if path.is_dir():
        files = sorted(file for file in path.rglob("*") if file.is_file() and not of_a_system(file, path))
        taken = [file for file in files if suffix_of(file) in READERS]
        others = [str(file.relative_to(path)) for file in files if suffix_of(file) not in READERS]
        tell_left_out(path, others, "not known by their suffix")
    elif not path.exists() and glob.has_magic(str(path)):
        taken = sorted(file for file in map(Path, glob.glob(str(path), recursive=True)) if file.is_file())
    else:
        return [path]
    if not taken:
        raise ValueError(f"{option} {path} holds no file of texts; give some of {', '.join(READERS)}.")
    if len({READERS[suffix_of(file)] if suffix_of(file) in READERS else None for file in taken}) > 1:
        kinds = sorted({suffix_of(file) for file in taken})
        raise ValueError(f"{option} {path} holds files of several kinds ({', '.join(kinds)}); choose one by a pattern.")
    names = [_without_compression(file) for file in taken]
    if twice := sorted({str(name) for name in names if names.count(name) > 1}):
        raise ValueError(f"{option} {path} holds a file compressed and as it is ({some_of(twice)}); keep one of them.")
    return taken


def _without_compression(path: Path) -> Path:
    return path.with_suffix("") if path.suffix.lower() != suffix_of(path) else path


def _texts(path: Path, column: str | None, option: str) -> list[str]:
    reader = READERS.get(suffix_of(path))
    if reader is None or reader is _plain:
        if column is not None:
            raise ValueError(f"{path} is plain text by its name and has no --column {column}; leave the option out.")
        cells = _plain(path, COLUMN, option)
    else:
        cells = reader(path, column or COLUMN, option)
    texts, empty = [], []
    for place, value in cells:
        if value is None:
            empty.append(place)
            continue
        text = _checked(value, f"{path}, {place}")
        texts += [text] if text else []
        empty += [] if text else [place]
    if reader is not None and reader is not _plain:
        tell_left_out(path, empty, "without a text")
    return texts


def _checked(value: object, place: str) -> str:
    if not isinstance(value, str):
        raise ValueError(f"{place}: {value!r:.60} is not a text; name the column that holds the texts by --column.")
    if "\0" in value:
        raise ValueError(f"{place}: the text holds zero bytes; take them out.")
    if not value.isascii() and any("\ud800" <= letter <= "\udfff" for letter in value):
        raise ValueError(f"{place}: the text holds half of a surrogate pair, which is no character; take it out.")
    return value.strip().strip(MARK).strip()


def _plain(path: Path, column: str, option: str) -> Cells:
    text = read_text(path, option=option)
    if kind := _belied(text, column):
        raise ValueError(f"{path} looks like {kind[0]} inside; name it with {kind[1]}, or give plain text.")
    for number, part in enumerate(text.split(END_OF_TEXT if END_OF_TEXT in text else "\n\n"), 1):
        yield f"text {number}", part


def _belied(text: str, column: str) -> tuple[str, str] | None:
    """The kind of table that plain text is in truth, and its suffix."""
    first, _, rest = text.lstrip().partition("\n")
    if first.startswith(("{", "[")):
        if isinstance(_json_or_none(first), dict):
            return ("JSON lines", ".jsonl") if rest.strip() else ("JSON", ".json")
        whole = _json_or_none(text)
        if isinstance(whole, dict) or (isinstance(whole, list) and all(isinstance(x, str | dict) for x in whole)):
            return "JSON", ".json"
    header = _HEADER.fullmatch(first.rstrip())
    if header is not None and (rest.startswith('"') or header[1] in rest.partition("\n")[0]):
        return ("a table", ".tsv") if header[1] == "\t" else ("a table", ".csv")
    if first.strip().strip('"') == column and rest.startswith('"'):
        return "a table", ".csv"
    return None


def _json_or_none(text: str) -> Any:
    try:
        return json.loads(text)
    except (ValueError, RecursionError):
        return None


def _of_csv(path: Path, column: str, option: str) -> Cells:
    text = read_text(path, option=option)
    rows = csv.reader(io.StringIO(text, newline=""), delimiter="\t" if suffix_of(path) == ".tsv" else ",", strict=True)
    with _fields_of_any_length():
        try:
            header = [name.strip() for name in next(filter(None, rows), [])]
            if not header:
                return
            place = _place(column, header, path)
            for row in rows:
                if row and len(row) != len(header):
                    raise ValueError(
                        f"{path}, line {rows.line_num}: has {len(row)} fields, and the first line {len(header)}; put "
                        "texts with a separator or a line break in quotes."
                    )
                if row:
                    yield f"line {rows.line_num}", row[place]
        except csv.Error as error:
            raise ValueError(f"{path}, line {rows.line_num}: is not a table as its name says: {error}") from error


@contextmanager
def _fields_of_any_length() -> Iterator[None]:
    limit = csv.field_size_limit(2**31 - 1)
    try:
        yield
    finally:
        csv.field_size_limit(limit)


def _place(column: str, names: list[str], path: Path) -> int:
    if names.count(column) != 1:
        number = "no column" if column not in names else "several columns"
        raise ValueError(f"{path} has {number} {column!r}, but {some_of(names)}; name one with texts by --column.")
    return names.index(column)


def _of_json(path: Path, column: str, option: str) -> Cells:
    text = read_text(path, option=option)
    try:
        value = json.loads(text) if text.strip() else []
    except (ValueError, RecursionError) as error:
        hint = " (a file with a JSON value a line is named .jsonl)" if "Extra data" in str(error) else ""
        raise ValueError(f"{path} is not JSON: {error}{hint}") from error
    if not isinstance(value, list):
        raise ValueError(f"{path} is JSON, but no list; give a list of texts, or of objects with a key {column!r}.")
    for number, item in enumerate(value, 1):
        yield f"item {number}", _cell(item, column, f"{path}, item {number}")


def _of_json_lines(path: Path, column: str, option: str) -> Cells:
    # Other ends of lines, such as U+2028, are letters of a JSON string.
    for number, line in enumerate(read_text(path, option=option).split("\n"), 1):
        if not line.strip():
            continue
        place = f"{path}, line {number}"
        try:
            item = json.loads(line)
        except (ValueError, RecursionError) as error:
            raise ValueError(f"{place}: is not JSON: {error} (a file that is one JSON value is named .json)") from error
        if isinstance(item, list):
            raise ValueError(f"{place}: holds a list; a file that is one JSON list is named .json.")
        yield f"line {number}", _cell(item, column, place)


def _cell(item: object, column: str, place: str) -> object:
    if isinstance(item, dict) and column not in item:
        raise ValueError(f"{place}: has no {column!r}, but {some_of(list(map(repr, item)))}; name one by --column.")
    return item[column] if isinstance(item, dict) else item


def _of_parquet(path: Path, column: str, option: str) -> Cells:
    try:
        import pyarrow
        import pyarrow.parquet
        from pyarrow import types
    except ImportError as error:
        raise ValueError(
            f"{path} is parquet, which needs pyarrow: pip install 'model-collapse[tinystories]'"
        ) from error
    content = io.BytesIO(read_bytes(path, option=option))
    try:
        file = pyarrow.parquet.ParquetFile(content)
    except (pyarrow.ArrowException, OSError) as error:
        first = str(error).splitlines()[0]
        raise ValueError(f"{path} is not parquet with a column named {column}: {first}") from error
    schema = file.schema_arrow
    _place(column, schema.names, path)
    kind = schema.field(column).type
    kind = kind.value_type if types.is_dictionary(kind) else kind
    if not (types.is_string(kind) or types.is_large_string(kind) or types.is_string_view(kind) or types.is_null(kind)):
        raise ValueError(
            f"{path}: its column {column!r} holds {kind}, no texts, but it has {some_of(schema.names)}; name one with "
            "texts by --column."
        )
    try:
        for number, value in enumerate(file.read(columns=[column])[column].to_pylist(), 1):
            yield f"row {number}", value
    except (pyarrow.ArrowException, OSError, UnicodeDecodeError) as error:
        first = str(error).splitlines()[0]
        raise ValueError(f"{path} is damaged: {first}") from error


#: How each kind of file is read, by its suffix.
READERS: dict[str, Callable[[Path, str, str], Cells]] = {
    ".txt": _plain,
    ".text": _plain,
    ".csv": _of_csv,
    ".tsv": _of_csv,
    ".json": _of_json,
    ".jsonl": _of_json_lines,
    ".ndjson": _of_json_lines,
    ".parquet": _of_parquet,
}
