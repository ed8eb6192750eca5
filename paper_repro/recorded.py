"""Recorded tables: where they lie, what a row is, and how one is read, or made where it is missing or stale."""

import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path

from sim.locks import Lock, beside
from sim.results import Results

#: Where results that take minutes are kept, in the repository.
RECORDED = Path(__file__).parent / "results"

#: Where they are made: below the current folder, which in the repository is there, and in no case in an installation.
MADE = Path("paper_repro", "results")

#: A row of a table, as text.
Row = dict[str, str]


class Missing(Exception):
    """What a claim is to be judged by is not there; the message says what."""


#: The rows of a recorded table by its name; raises `Missing`.
Tables = Callable[[str], Sequence[Row]]


def matching(rows: Sequence[Row], place: Mapping[str, str]) -> Iterator[Row]:
    """The rows that have these values in these columns."""
    return (row for row in rows if place.items() <= row.items())


def read_or_make(
    folder: Path,
    name: str,
    configuration: dict[str, object],
    make: Callable[[], list[dict[str, object]]],
    clear: Callable[[], object] = lambda: None,
) -> list[Row]:
    """The rows of one table: read from a folder if they were made from this very configuration, else made.

    Args:
        folder: of the table.
        name: of the table.
        configuration: everything that the numbers depend on, as JSON.
        make: the rows.
        clear: removes, once they are written, what they were made from.
    """
    results = Results(folder, name)
    rows = results.load(configuration)
    if rows is None:
        with making(folder, name):
            started = time.monotonic()
            results.save(configuration, make(), started)
            clear()
        rows = results.load(configuration)
    if rows is None:
        raise ValueError(f"{results.table} was changed by another process as it was made. Run it again.")
    return rows


@contextmanager
def making(folder: Path, name: str) -> Iterator[None]:
    """Make a table alone.

    Raises:
        ValueError: another process makes it.
    """
    folder.mkdir(parents=True, exist_ok=True)
    table = folder / f"{name}.csv"
    with Lock(table, beside(table), advice="Wait until it has ended."):
        yield
