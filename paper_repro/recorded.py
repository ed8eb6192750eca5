"""Recorded tables: where they lie, what a row is, and how one is read, or made where it is missing or stale."""

import json
import shutil
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path

from tqdm import tqdm

from sim.locks import Lock, beside
from sim.results import Results, configuration_hash
from theory.files import write_whole

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


def read_or_make_parts(
    folder: Path,
    name: str,
    configuration: dict[str, object],
    parts: Sequence[Callable[[], list[dict[str, object]]]],
    unit: str,
) -> list[Row]:
    """As `read_or_make`, of a table that is made part by part: what a killed process has finished is not made again.

    Args:
        folder: of the table; a hidden folder there holds the parts until all are made.
        name: of the table.
        configuration: everything that the numbers depend on, as JSON.
        parts: each makes some rows; whichever it is, the others' rows do not change.
        unit: what a part is called by the progress bar on standard error.
    """
    kept = folder / f".{name}-{configuration_hash(configuration)}.partial"

    def make() -> list[dict[str, object]]:
        made = (_part(kept / f"{index}.json", part) for index, part in enumerate(parts))
        return [row for rows in tqdm(made, desc=name, unit=unit, total=len(parts)) for row in rows]

    def clear() -> None:
        for left in folder.glob(f".{name}-*.partial"):  # those of other configurations too
            shutil.rmtree(left, ignore_errors=True)

    return read_or_make(folder, name, configuration, make, clear)


def _part(path: Path, make: Callable[[], list[dict[str, object]]]) -> list[dict[str, object]]:
    if not path.exists():
        rows = make()
        write_whole(path, lambda partial: partial.write_text(json.dumps(rows)))
    return json.loads(path.read_text())


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
