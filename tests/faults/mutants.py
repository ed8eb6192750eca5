"""`make mutants`: random slips of the pen by Cosmic Ray, each judged by the tests that mirror its file.

An operator is replaced, a number changed by one, a condition turned round, at places drawn from a seed. What no test
sees is printed as a diff: write the test, or, where nothing that a user sees has changed, list it in `equivalent.toml`.
"""

import argparse
import ast
import asyncio
import csv
import difflib
import random
import signal
import sys
import time
import tomllib
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory

from cosmic_ray.ast import ast_nodes, get_ast  # pyright: ignore[reportMissingImports]: of the extra `mutation`
from cosmic_ray.mutating import mutate_code  # pyright: ignore[reportMissingImports]
from cosmic_ray.plugins import get_operator, operator_names  # pyright: ignore[reportMissingImports]

from tests.faults.__main__ import LISTS, ROOT, copy_tree, pytest

#: What can be asked for, and what of it is asked for by itself.
PACKAGES = {
    "theory": ("theory/prover/",),
    "theory/prover": (),
    "sim": (),
    "neural": (),
    "paper_repro": (),
    "figures": (),
}

#: Operators that need to be told names, and one whose mutants Python refuses, or which only lose a cache.
LEFT_OUT = ("VariableReplacer", "VariableInserter", "RemoveDecorator")

#: A mutant may take so many times what the tests take without it, and so many seconds more.
TIMES, SECONDS = 4, 20

TABLE = LISTS / "mutants.csv"
OUTCOMES = ["killed", "timed_out", "equivalent", "survived"]
COLUMNS: list[str] = ["package", "seed", "sample", *OUTCOMES]

#: A place in a source: line and column of its start and of its end.
Place = tuple[tuple[int, int], tuple[int, int]]


@dataclass(frozen=True)
class Mutant:
    """A change of one place.

    Attributes:
        file: that is changed.
        operator: of Cosmic Ray.
        occurrence: which of the places in the file that the operator could change.
    """

    file: str
    operator: str
    occurrence: int

    def planted(self, text: str) -> str:
        """The file's text with the change."""
        changed = mutate_code(text, get_operator(self.operator)(), self.occurrence)
        assert changed is not None  # the place was found in this text
        return changed

    def lines(self, text: str) -> tuple[list[str], list[str]]:
        """What is taken away and what is put there, stripped."""
        diff = list(difflib.ndiff(text.splitlines(), self.planted(text).splitlines()))
        return [x[2:].strip() for x in diff if x[0] == "-"], [x[2:].strip() for x in diff if x[0] == "+"]

    def shown(self, text: str) -> str:
        """As a diff."""
        lines = text.splitlines(), self.planted(text).splitlines()
        return "\n".join(difflib.unified_diff(*lines, self.file, self.operator, n=1, lineterm=""))


def places(file: str, text: str) -> dict[Place, list[Mutant]]:
    """The mutants of a file by place; none of what only says types."""
    operators = [
        (name, get_operator(name)()) for name in sorted(operator_names()) if name.split("/")[-1] not in LEFT_OUT
    ]
    nodes, types = list(ast_nodes(get_ast(text))), list(_types(text))
    found: dict[Place, list[Mutant]] = {}
    for name, operator in operators:
        every = [place for node in nodes for place in operator.mutation_positions(node)]
        for occurrence, place in enumerate(every):
            if not any(start <= place[0] <= end for start, end in types):
                found.setdefault(place, []).append(Mutant(file, name, occurrence))
    return found


def _types(text: str) -> Iterator[Place]:
    """Where annotations stand."""
    for node in ast.walk(ast.parse(text)):
        for name in ("annotation", "returns"):
            part = getattr(node, name, None)
            if isinstance(part, ast.expr) and part.end_lineno is not None and part.end_col_offset is not None:
                yield (part.lineno, part.col_offset), (part.end_lineno, part.end_col_offset)


def sources(package: str, root: Path) -> list[str]:
    """The files of a package."""
    every = (str(path.relative_to(root)) for path in sorted((root / package).rglob("*.py")))
    return [name for name in every if not name.startswith(PACKAGES[package] or ("\0",))]


def tests_of(file: str, root: Path) -> list[str]:
    """Those that mirror a file and those that the table names for it; else those of the innermost folder there."""
    table = tomllib.loads((LISTS / "mirrors.toml").read_text())
    folder, _, name = file.rpartition("/")
    mirror = f"tests/{folder}/test_{name}"
    own = [mirror] * (root / mirror).is_file() + table.get(file, [])
    folders = [key for key in table if key.endswith("/") and file.startswith(key)]
    own = own or (table[max(folders, key=len)] if folders else [])
    return [*own, *table["every"]] if own else []


def drawn(package: str, root: Path, sample: int, seed: int) -> list[Mutant]:
    """So many mutants at random: places first, then one of those at each, so that no operator crowds out others."""
    every = [mutants for file in sources(package, root) for mutants in places(file, (root / file).read_text()).values()]
    dice = random.Random(seed)
    return [dice.choice(mutants) for mutants in dice.sample(every, min(sample, len(every)))]


def equivalents(root: Path) -> set[tuple[str, str, str]]:
    """(file, line, line in its place) of what changes nothing.

    Raises:
        ValueError: one is of a line that is not there any more.
    """
    listed = tomllib.loads((LISTS / "equivalent.toml").read_text()).get("equivalent", [])
    for entry in listed:
        if entry["old"] not in [line.strip() for line in (root / entry["file"]).read_text().splitlines()]:
            raise ValueError(f"{entry['file']} has no line {entry['old']!r} any more: take it out of equivalent.toml.")
    return {(entry["file"], entry["old"], entry["new"]) for entry in listed}


async def judged(mutant: Mutant, copy: Path, usual: dict[str, float]) -> str:
    """What becomes of a mutant; the time that tests take without it is kept in `usual`."""
    path, tests = copy / mutant.file, tests_of(mutant.file, copy)
    text = path.read_text()
    arguments = ("-x", "--numprocesses=0", "-m", "not slow", *tests)
    if mutant.file not in usual:
        started = time.monotonic()
        status, output = await pytest(copy, *arguments)
        if status:
            raise ValueError(f"{', '.join(tests)} do not pass without a mutant: {output.splitlines()[-1]}")
        usual[mutant.file] = time.monotonic() - started
    try:
        path.write_text(mutant.planted(text))
        status, _ = await asyncio.wait_for(pytest(copy, *arguments), SECONDS + TIMES * usual[mutant.file])
    except TimeoutError:
        return "timed_out"
    finally:
        path.write_text(text)
    return "killed" if status else "survived"


async def run(mutants: Sequence[Mutant], root: Path, jobs: int) -> dict[str, int]:
    """How many of each outcome; survivors are shown as they come."""
    task = asyncio.current_task()
    assert task is not None
    asyncio.get_running_loop().add_signal_handler(signal.SIGTERM, task.cancel)
    counts, known, usual = dict.fromkeys(OUTCOMES, 0), equivalents(root), {}
    queue = sorted(mutants, key=lambda m: m.file)

    async def work(copy: Path) -> None:
        copy_tree(root, copy)
        while queue:
            mutant = queue.pop(0)
            text = (root / mutant.file).read_text()
            old, new = mutant.lines(text)
            listed = (mutant.file, " ".join(old), " ".join(new)) in known
            outcome = "equivalent" if listed else await judged(mutant, copy, usual)
            counts[outcome] += 1
            print(f"{outcome:<11} {mutant.file} {mutant.operator}", flush=True)
            if outcome == "survived":
                print(mutant.shown(text), flush=True)

    with TemporaryDirectory(prefix="mutants-") as folder:
        async with asyncio.TaskGroup() as group:
            for number in range(jobs):
                group.create_task(work(Path(folder) / str(number)))
    return counts


def record(row: dict[str, object]) -> None:
    """Keep the row of a package in place of the one before."""
    kept = csv.DictReader(TABLE.read_text().splitlines() if TABLE.exists() else [])
    rows: list[dict[str, object]] = [dict(each) for each in kept if each["package"] != row["package"]]
    with TABLE.open("w", newline="") as file:
        writer = csv.DictWriter(file, COLUMNS, lineterminator="\n")
        writer.writeheader()
        writer.writerows(sorted([*rows, row], key=lambda each: str(each["package"])))


def main(arguments: list[str] | None = None, root: Path = ROOT) -> int:
    """Run the command line; returns the exit status."""
    parser = argparse.ArgumentParser(prog="python -m tests.faults.mutants", description=__doc__)
    parser.add_argument("--package", choices=PACKAGES, required=True)
    parser.add_argument("--sample", type=int, default=20, help="mutants (default: 20)")
    parser.add_argument("--seed", type=int, default=0, help="of the places that are drawn (default: 0)")
    parser.add_argument("--jobs", type=int, default=2, help="mutants at a time (default: 2)")
    parser.add_argument("--record", action="store_true", help=f"keep the counts in {TABLE.name}")
    options = parser.parse_args(arguments)
    untested = [file for file in sources(options.package, root) if not tests_of(file, root)]
    print("".join(f"no test mirrors {file}: name one in mirrors.toml\n" for file in untested), end="")
    mutants = [m for m in drawn(options.package, root, options.sample, options.seed) if m.file not in untested]
    try:
        counts = asyncio.run(run(mutants, root, options.jobs))
    except (KeyboardInterrupt, asyncio.CancelledError):
        print("python -m tests.faults.mutants: interrupted", file=sys.stderr)
        return 130
    row = {"package": options.package, "seed": options.seed, "sample": len(mutants), **counts}
    print(", ".join(f"{name} {value}" for name, value in row.items()))
    if options.record:
        record(row)
    return 0


if __name__ == "__main__":
    sys.exit(main())
