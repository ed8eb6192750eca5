"""What there is to say of data as they are read: which rows are left out and why, which are there twice.

It is said on standard error, or kept for whoever asks before a run.
"""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass
from pathlib import Path

from theory.program import say

from .files import some_of

_KEPT: ContextVar["list[Remark] | None"] = ContextVar("remarks", default=None)


@dataclass(frozen=True)
class Remark:
    """What is true of some rows of a source.

    Attributes:
        source: file or folder.
        count: of the rows.
        what: is true of them: the reason, if they are left out.
        example: one of them.
        left_out: whether they are.
    """

    source: str
    count: int
    what: str
    example: str
    left_out: bool = True


@contextmanager
def kept() -> Iterator[list[Remark]]:
    """Inside, remarks come into this list, each once, and nothing is printed."""
    remarks: list[Remark] = []
    token = _KEPT.set(remarks)
    try:
        yield remarks
    finally:
        _KEPT.reset(token)


def tell(line: str, remarks: Sequence[Remark]) -> None:
    """Print a line on standard error, unless remarks are kept."""
    into = _KEPT.get()
    if into is None:
        say(line)
    else:
        into += [remark for remark in remarks if remark not in into]


def tell_left_out(source: Path | str, names: Sequence[str], why: str) -> None:
    """Count and name what is left out, if anything is."""
    if names:
        line = f"{source}: {len(names)} left out, {why} ({some_of(names)})"
        tell(line, [Remark(str(source), len(names), why, names[0])])


def tell_of_copies(source: Path | str, train: Sequence[object], test: Sequence[object], noun: str) -> None:
    """Say of rows that are there more than once, which stay, and of those that are both trained and tested on.

    Args:
        source: file or folder.
        train: what tells each row that is trained on from others.
        test: the same of those that are held out.
        noun: what rows are.
    """
    there = set(train)
    if copies := len(train) - len(there):
        what = f"of the {noun} to train on equal another one and are kept"
        _tell_count(source, copies, what)
    if seen := [number for number, one in enumerate(test, 1) if one in there]:
        what = f"of the {len(test)} {noun} held out are trained on too, so that the test loss is too low"
        _tell_count(source, len(seen), what)


def _tell_count(source: Path | str, count: int, what: str) -> None:
    tell(f"{source}: {count} {what}", [Remark(str(source), count, what, "", left_out=False)])
