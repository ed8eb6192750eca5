"""`make faults`: plants each fault of the lists in a copy of the tree, and runs the test that must see it.

A list is a TOML file beside this one, with `[[fault]]` tables. Random mutation (`mutants.py`) makes slips of the pen;
these are slips of the mind: a formula, a key, a column, a bound that a person might get wrong.
"""

import argparse
import asyncio
import itertools
import os
import shutil
import signal
import subprocess
import sys
import tomllib
from collections import Counter
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory, TemporaryFile
from typing import Any

ROOT = Path(__file__).parents[2]
LISTS = Path(__file__).parent

#: What may become of a fault; all but the first two are failures.
KILLED, SKIPPED, SURVIVED, BROKEN, STALE, UNSOUND = (
    "killed",
    "TEST IS SKIPPED",  # a program that it needs is not on this machine
    "SURVIVED",
    "DOES NOT RUN",
    "DOES NOT APPLY",
    "TEST FAILS WITHOUT IT",
)


@dataclass(frozen=True)
class Fault:
    """A change that a test must see.

    Attributes:
        id: of the fault.
        file: that is changed.
        kind: of mistake.
        old: text of the file.
        new: what stands in its place.
        test: its node id in pytest.
        why: what a user would get.
        count: how often the old text occurs; every one is changed.
    """

    id: str
    file: str
    kind: str
    old: str
    new: str
    test: str
    why: str
    count: int = 1

    def planted(self, text: str) -> str:
        """The file's text with the fault.

        Raises:
            ValueError: the old text is not there as often as it should be.
        """
        found = text.count(self.old)
        if found != self.count:
            raise ValueError(
                f"{self.id}: its old text occurs {found} times in {self.file}, to be {self.count}. The code has "
                f"changed: write the fault anew in tests/faults."
            )
        return text.replace(self.old, self.new)


def read(folder: Path = LISTS) -> list[Fault]:
    """All faults of the lists in a folder.

    Raises:
        ValueError: two of one id, or one that changes nothing.
    """
    faults = [Fault(**entry) for path in sorted(folder.glob("*.toml")) for entry in _entries(path)]
    ids = [fault.id for fault in faults]
    for fault in faults:
        if ids.count(fault.id) > 1 or fault.old == fault.new:
            raise ValueError(f"{fault.id}: there are two faults of this id, or it changes nothing.")
    return faults


def _entries(path: Path) -> list[dict[str, Any]]:
    return tomllib.loads(path.read_text()).get("fault", [])


def copy_tree(root: Path, to: Path) -> None:
    """The files of a checkout that Git knows or would add, as they are now."""
    listing = ["git", "ls-files", "-z", "--cached", "--others", "--exclude-standard"]
    names = subprocess.run(listing, cwd=root, check=True, capture_output=True, text=True).stdout.split("\0")
    for name in filter(None, names):
        if (root / name).is_file():  # not what was deleted and is still known
            (to / name).parent.mkdir(parents=True, exist_ok=True)
            shutil.copy(root / name, to / name)


#: Of a written file: each differs from all others, and from the time of what was copied.
STAMPS = itertools.count(1)


def write(path: Path, text: str) -> None:
    """Change a file so that Python sees it: a byte-compiled file is known by second and length of its source alone."""
    path.write_text(text)
    stamp = next(STAMPS)
    os.utime(path, (stamp, stamp))


async def pytest(copy: Path, *arguments: str) -> tuple[int, str]:
    """The exit status and output of the tests of a copy, which sees nothing of the checkout."""
    temporary = copy.with_name(f"{copy.name}-temporary")  # what tests leave goes with the copy
    temporary.mkdir(exist_ok=True)
    # byte-compiled files are written whatever the user has set: they save a quarter of a short test's time
    environment = os.environ | {"PYTHONPATH": str(copy), "PYTHONDONTWRITEBYTECODE": "", "TMPDIR": str(temporary)}
    with TemporaryFile() as output:  # a pipe would be left open, and complain, when the loop is closed by an interrupt
        process = await asyncio.create_subprocess_exec(
            *(sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider", "--tb=line", *arguments),
            cwd=copy,
            env=environment,
            stdout=output,
            stderr=asyncio.subprocess.STDOUT,
            start_new_session=True,  # so that what a test starts ends with it
        )
        try:
            await process.wait()
        finally:
            with suppress(ProcessLookupError):
                os.killpg(process.pid, signal.SIGKILL)
            status = await process.wait()  # of an interrupted one too: the loop is not closed before it has ended
        output.seek(0)
        return status, output.read().decode(errors="replace")


async def judged(fault: Fault, copy: Path) -> tuple[str, str]:
    """What becomes of a fault in a copy, which is left as it was; and why."""
    path = copy / fault.file
    text = path.read_text() if path.is_file() else ""
    try:
        write(path, fault.planted(text))
    except ValueError as error:
        return STALE, str(error)
    try:
        status, output = await pytest(copy, "-x", "--numprocesses=0", "-rs", fault.test)
    finally:
        write(path, text)
    # 0: all passed, 1: a test failed, the others: pytest found no test or could not read it
    outcome = {0: SURVIVED, 1: KILLED}.get(status, BROKEN)
    last = output.strip().splitlines()[-1]
    if outcome == SURVIVED and " passed" not in last:
        skipped = next(line for line in output.splitlines() if line.startswith("SKIPPED"))
        return SKIPPED, skipped.partition(": ")[2]
    return outcome, "" if outcome == KILLED else last


async def missing(tests: Sequence[str], copy: Path) -> dict[str, str]:
    """Those of the tests that pytest misses first, with what it says: beside one of them it runs no other."""
    _, output = await pytest(copy, "--collect-only", "--numprocesses=0", *tests)
    said = [line for line in output.splitlines() if line.startswith("ERROR") and "not found: " in line]
    named = {test: line for test in tests for line in said if line.endswith((test, test.partition("[")[0]))}
    if len(named) < 2:
        return named
    # pytest leaves out which case of a test it misses
    each = [await missing([test], copy) for test in named]
    return {test: line for found in each for test, line in found.items()}


async def unsound(faults: Sequence[Fault], copy: Path, jobs: int) -> dict[str, str]:
    """The tests that are not there, or do not pass without any fault, with what pytest says of them."""
    tests = sorted({fault.test for fault in faults})
    if not tests:
        return {}
    gone = await missing(tests, copy)
    if gone:
        return gone | await unsound([fault for fault in faults if fault.test not in gone], copy, jobs)
    status, output = await pytest(copy, f"--numprocesses={jobs}", "-rfE", *tests)
    if status == 0:
        return {}
    said = [line for line in output.splitlines() if line.startswith(("FAILED", "ERROR"))]
    named = {test: line for test in tests for line in said if f"{test} " in f"{line} " or f"{test}[" in line}
    return named or dict.fromkeys(tests, output.strip().splitlines()[-1])


async def run(faults: Sequence[Fault], root: Path, jobs: int) -> list[tuple[Fault, str, str]]:
    """Each fault with what became of it and why, told as they come."""
    asyncio.get_running_loop().add_signal_handler(signal.SIGTERM, asyncio.current_task().cancel)  # pyright: ignore
    queue, found = list(faults), []
    with TemporaryDirectory(prefix="faults-") as folder:
        copies = [Path(folder) / str(number) for number in range(jobs)]
        for copy in copies:
            copy_tree(root, copy)
        print("first the tests that the faults name, without a fault …", file=sys.stderr)
        failing = await unsound(faults, copies[0], jobs)

        async def work(copy: Path) -> None:
            while queue:
                fault = queue.pop(0)
                said = failing.get(fault.test)
                outcome, reason = (UNSOUND, said) if said else await judged(fault, copy)
                found.append((fault, outcome, reason))
                print(f"{outcome:<22} {len(found)} of {len(faults)} {fault.kind:<14} {fault.id}", flush=True)

        async with asyncio.TaskGroup() as group:
            for copy in copies:
                group.create_task(work(copy))
    return found


def main(arguments: list[str] | None = None, root: Path = ROOT, lists: Path = LISTS) -> int:
    """Run the command line; returns the exit status."""
    parser = argparse.ArgumentParser(prog="python -m tests.faults", description=__doc__)
    parser.add_argument("-k", default="", metavar="TEXT", help="those alone that have it in their id, file or kind")
    parser.add_argument("--jobs", type=int, default=2, help="faults at a time (default: 2)")
    options = parser.parse_args(arguments)
    faults = [f for f in read(lists) if options.k in f"{f.id} {f.file} {f.kind}"]
    if not faults:
        parser.error(f"no fault has {options.k!r} in its id, file or kind.")
    try:
        found = asyncio.run(run(faults, root, options.jobs))
    except (KeyboardInterrupt, asyncio.CancelledError):
        print("python -m tests.faults: interrupted", file=sys.stderr)
        return 130
    for fault, outcome, reason in found:
        if outcome != KILLED:
            print(f"{fault.id} ({fault.file}): {outcome.lower()}; {fault.test}; {fault.why}; {reason}", file=sys.stderr)
    counts = Counter(outcome for _, outcome, _ in found)
    skipped = f"; the tests of {counts[SKIPPED]} are skipped on this machine" if counts[SKIPPED] else ""
    print(f"{counts[KILLED]} of {len(found)} faults are killed{skipped}.")
    return 0 if counts.keys() <= {KILLED, SKIPPED} else 1


if __name__ == "__main__":
    sys.exit(main())
