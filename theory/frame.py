"""`Frame`: rows with named columns, as which every result is handed out: to files, pandas, notebooks."""

import csv
import importlib
import importlib.util
import json
import math
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from html import escape
from pathlib import Path
from typing import Any

#: Rows of a frame that are printed: the first ones and the last ones of a longer one.
_PRINTED = 40

#: The types of columns, as pyarrow calls them: of one that is empty, of whole numbers, of numbers, of anything else.
_EMPTY, _WHOLE, _REAL, _TEXT = "null", "int64", "float64", "string"


@dataclass(frozen=True, eq=False)
class Frame:
    """A table.

    Attributes:
        columns: lists of the same length by name, of numbers, text, and `None` where a row has nothing there.

    >>> frame = Frame({"n": [1, 2], "value": [0.5, 0.75]}) + Frame({"n": [3], "note": ["far out"]})
    >>> print(frame)
    n  value  note
    1    0.5
    2   0.75
    3         far out
    >>> frame["value"], frame.where(n=2).rows()
    ([0.5, 0.75, None], [{'n': 2, 'value': 0.75, 'note': None}])
    """

    columns: Mapping[str, Sequence[Any]]

    def __post_init__(self) -> None:
        """Check that there is an entry for each row in each column."""
        lengths = {name: len(column) for name, column in self.columns.items()}
        if len(set(lengths.values())) > 1:
            raise ValueError(f"the columns of a frame need one length; got {lengths}.")

    @classmethod
    def of(cls, rows: Sequence[Mapping[str, Any]]) -> "Frame":
        """That of some rows; columns are in the order in which they are first named."""
        names = dict.fromkeys(name for row in rows for name in row)
        return cls({name: [row.get(name) for row in rows] for name in names})

    def __len__(self) -> int:
        """How many rows there are."""
        return len(next(iter(self.columns.values()), ()))

    def __getitem__(self, name: str) -> list[Any]:
        """A column.

        Raises:
            KeyError: there is none of that name.
        """
        if name not in self.columns:
            raise KeyError(f"no column {name!r}; there are {', '.join(self.columns)}")
        return list(self.columns[name])

    def __iter__(self) -> Iterator[dict[str, Any]]:
        """Row by row."""
        return iter(self.rows())

    def rows(self) -> list[dict[str, Any]]:
        """Each row by the names of the columns."""
        return [dict(zip(self.columns, entries, strict=True)) for entries in zip(*self.columns.values(), strict=True)]

    def where(self, **entries: Any) -> "Frame":
        """The rows that have these entries.

        Args:
            entries: by column.

        Raises:
            KeyError: there is no such column.
        """
        wanted = list(zip(*(self[name] for name in entries), strict=True)) if entries else [()] * len(self)
        kept = [place for place, found in enumerate(wanted) if found == tuple(entries.values())]
        return Frame({name: [column[place] for place in kept] for name, column in self.columns.items()})

    def __add__(self, other: "Frame") -> "Frame":
        """The rows of both; `None` where one of them has no such column."""
        names = [*self.columns, *(name for name in other.columns if name not in self.columns)]
        parts = [(frame.columns, [None] * len(frame)) for frame in (self, other)]
        return Frame({name: [entry for of, none in parts for entry in of.get(name, none)] for name in names})

    def to_csv(self, path: str | Path) -> None:
        """Write a comma-separated file; numbers read back to the bit, and what is missing is empty."""

        def write(partial: Path) -> None:
            with partial.open("w", newline="", encoding="utf-8") as file:
                writer = csv.writer(file, lineterminator="\n")
                writer.writerow(self.columns)
                writer.writerows(zip(*self.columns.values(), strict=True))

        _whole(path, write)

    def to_json(self, path: str | Path) -> None:
        """Write a list of objects, one a row; what is missing or no finite number is null."""
        rows = [{name: _finite(entry) for name, entry in row.items()} for row in self]
        lines = ",\n".join(json.dumps(row, ensure_ascii=False, allow_nan=False) for row in rows)
        _whole(path, lambda partial: partial.write_text(f"[\n{lines}\n]\n", encoding="utf-8"))

    def to_parquet(self, path: str | Path) -> None:
        """Write a parquet file.

        Raises:
            ValueError: pyarrow is not installed.
        """
        check_format(Path(path))
        arrow, parquet = importlib.import_module("pyarrow"), importlib.import_module("pyarrow.parquet")
        kinds = {name: _kind(column) for name, column in self.columns.items()}
        schema = arrow.schema([(name, getattr(arrow, kind)()) for name, kind in kinds.items()])
        table = arrow.table(
            {
                name: [str(x) if kinds[name] == _TEXT and x is not None else x for x in column]
                for name, column in self.columns.items()
            },
            schema=schema,
        )
        _whole(path, lambda partial: parquet.write_table(table, partial))

    def write(self, path: str | Path) -> None:
        """Write a file as its name ends: `.csv`, `.json` or `.parquet`.

        Raises:
            ValueError: it ends otherwise, or pyarrow is not installed, which a parquet file needs.
        """
        check_format(Path(path))
        {".csv": self.to_csv, ".json": self.to_json, ".parquet": self.to_parquet}[Path(path).suffix.lower()](path)

    def to_pandas(self) -> Any:
        """As a `pandas.DataFrame`.

        Raises:
            ValueError: pandas is not installed.
        """
        if importlib.util.find_spec("pandas") is None:
            raise ValueError("to_pandas needs pandas, which is not installed: pip install pandas.")
        return importlib.import_module("pandas").DataFrame(dict(self.columns))

    def __str__(self) -> str:
        """Aligned text; what all rows have alike stands above."""
        alike = {name: column[0] for name, column in self.columns.items() if len(self) > 1 and _is_constant(column)}
        told = ", ".join(f"{name}: {_shown(entry)}" for name, entry in alike.items() if entry is not None)
        names = [name for name in self.columns if name not in alike] or list(self.columns)
        lines = [[name, *map(_shown, _ends(self.columns[name]))] for name in names]
        widths = [max(map(len, line)) for line in lines]
        right = [_kind(self.columns[name]) != _TEXT for name in names]
        rows = [
            "  ".join(
                cell.rjust(width) if numbers else cell.ljust(width)
                for cell, width, numbers in zip(row, widths, right, strict=True)
            ).rstrip()
            for row in zip(*lines, strict=True)
        ]
        return "\n".join([*([told] if told else []), *rows, *self._left_out()])

    def _left_out(self) -> list[str]:
        """That not all rows are shown, where it is so."""
        return [f"({len(self):,} rows, of which {_PRINTED} are shown)"] if len(self) > _PRINTED else []

    def _repr_html_(self) -> str:
        def line(cells: Sequence[str], tag: str) -> str:
            return "<tr>" + "".join(f"<{tag}>{escape(cell)}</{tag}>" for cell in cells) + "</tr>"

        cells = zip(*(map(_shown, _ends(column)) for column in self.columns.values()), strict=True)
        rows = [line(list(self.columns), "th"), *(line(row, "td") for row in cells)]
        return "\n".join(["<table>", *rows, "</table>", *(f"<p>{text}</p>" for text in self._left_out())])


def check_format(path: Path) -> None:
    """Refuse a file that a frame cannot be written to, by its name.

    Raises:
        ValueError: it ends otherwise than the three formats, or pyarrow is not installed, which one of them needs.
    """
    suffix = path.suffix.lower()
    if suffix not in (".csv", ".json", ".parquet"):
        raise ValueError(f"a table is written to a file that ends in .csv, .json or .parquet; got {str(path)!r}.")
    if suffix == ".parquet" and importlib.util.find_spec("pyarrow") is None:
        raise ValueError(f"{path} needs pyarrow, which is not installed: pip install pyarrow, or name a .csv file.")


def _whole(path: str | Path, write: Any) -> None:
    from .files import write_whole  # which brings locks: it takes its time

    write_whole(Path(path), write)


def _kind(column: Sequence[Any]) -> str:
    """The type of all entries of a column that are there."""
    found = {type(entry) for entry in column if entry is not None}
    if not found:
        return _EMPTY
    if found == {int}:
        return _WHOLE
    return _REAL if found <= {int, float} else _TEXT


def _is_constant(column: Sequence[Any]) -> bool:
    return all(type(entry) is type(column[0]) and entry == column[0] for entry in column)


def _finite(entry: Any) -> Any:
    return None if isinstance(entry, float) and not math.isfinite(entry) else entry


def _ends(column: Sequence[Any]) -> list[Any]:
    """The entries that are shown."""
    half = _PRINTED // 2
    return [*column] if len(column) <= _PRINTED else [*column[:half], *column[-half:]]


def _shown(entry: Any) -> str:
    return "" if entry is None else f"{entry:.6g}" if isinstance(entry, float) else str(entry)
