"""`make mutants`: random slips of the pen by Cosmic Ray, each judged by the tests that mirror its file.

An operator is replaced, a number changed by one, a condition turned round, at places drawn from a seed. What no test
of either tier sees is printed as a diff: write the test, or, where nothing that a user sees has changed, list it in
`equivalent.toml`.
"""

import argparse
import ast
import asyncio
import csv
import difflib
import hashlib
import json
import random
import shutil
import signal
import sys
import tomllib
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from tempfile import TemporaryDirectory

from cosmic_ray.ast import ast_nodes, get_ast  # pyright: ignore[reportMissingImports]: of the extra `mutation`
from cosmic_ray.mutating import mutate_code  # pyright: ignore[reportMissingImports]
from cosmic_ray.plugins import get_operator, operator_names  # pyright: ignore[reportMissingImports]

from tests.engines import CHROMIUM
from tests.faults.__main__ import LISTS, ROOT, copy_tree, pytest, write

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

#: A source that more files of tests import than these is judged by its own tests.
MOST_IMPORTING = 8

#: A test that waits, and takes no time of a processor, is ended after so many seconds.
WAITING = 600
#: Pytest's exit status where it found none.
NO_TESTS = 5

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

    def name(self, text: str) -> str:
        """As no other mutant, of this text or another, is called."""
        return f"{self.file} {self.operator} {self.occurrence} {_digest(text)}"

    def shown(self, text: str) -> str:
        """As a diff."""
        lines = text.splitlines(), self.planted(text).splitlines()
        return "\n".join(difflib.unified_diff(*lines, self.file, self.operator, n=1, lineterm=""))


def _digest(*texts: str) -> str:
    return hashlib.sha256("\0".join(texts).encode()).hexdigest()[:16]


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
    """Those that mirror a file and those that the table names for it, else those of the innermost folder there; and
    those that import it.
    """
    table = tomllib.loads((LISTS / "mirrors.toml").read_text())
    folder, _, name = file.rpartition("/")
    mirror = f"tests/{folder}/test_{name}"
    own = [mirror] * (root / mirror).is_file() + table.get(file, [])
    folders = [key for key in table if key.endswith("/") and file.startswith(key)]
    own = own or (table[max(folders, key=len)] if folders else [])
    return [*dict.fromkeys([*own, *importing(file, root)]), *table["every"]] if own else []


@cache
def importing(file: str, root: Path) -> list[str]:
    """The tests that import a file by its name; none of a file that everybody imports."""
    module = file.removesuffix(".py").removesuffix("/__init__").replace("/", ".")
    paths = sorted((root / "tests").rglob("test_*.py"))
    found = [str(path.relative_to(root)) for path in paths if module in _imports(path)]
    return found if len(found) <= MOST_IMPORTING else []


@cache
def _imports(path: Path) -> set[str]:
    """Modules, and names that may be modules, that a file imports."""
    found = set()
    for node in ast.walk(ast.parse(path.read_text())):
        if isinstance(node, ast.Import):
            found |= {each.name for each in node.names}
        elif isinstance(node, ast.ImportFrom) and node.module and not node.level:
            found |= {node.module, *(f"{node.module}.{each.name}" for each in node.names)}
    return found


def drawn(package: str, root: Path, sample: int, seed: int) -> list[Mutant]:
    """So many mutants at random: places first, then one of those at each, so that no operator crowds out others.

    A place is drawn by its file, line and column as they are written: a larger sample begins with the smaller, and what
    changes elsewhere does not change the sample.
    """
    ranked: list[tuple[str, list[Mutant]]] = []
    for file in sources(package, root):
        text = (root / file).read_text()
        lines = text.splitlines()
        for ((line, column), _), mutants in places(file, text).items():
            ranked.append((_digest(str(seed), file, lines[line - 1].strip(), str(column)), mutants))
    ranked.sort(key=lambda each: each[0])
    return [random.Random(rank).choice(mutants) for rank, mutants in ranked[:sample]]


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


class Judge:
    """Runs tests on mutants in a copy of the tree.

    Attributes:
        copy: of the tree.
        known: the seconds that tests took, which grow; `watch.py` orders tests by them.
    """

    def __init__(self, copy: Path, known: dict[str, float]) -> None:
        self.copy, self.known = copy, known

    async def __call__(self, mutant: Mutant) -> tuple[str, str]:
        """What becomes of a mutant, and the test that ended it."""
        path = self.copy / mutant.file
        text = path.read_text()
        write(path, mutant.planted(text))
        try:
            status, _, last = await self.tested(tests_of(mutant.file, self.copy))
        finally:
            write(path, text)
        if status in (0, NO_TESTS):
            return "survived", ""
        return ("timed_out" if status == -signal.SIGXCPU else "killed"), last

    async def tested(self, tests: Sequence[str], *options: str) -> tuple[int, str, str]:
        """Pytest's exit status and output, and the test that did not pass, if it came to one."""
        with TemporaryDirectory(prefix="mutants-") as folder:
            known, told = Path(folder) / "known.json", Path(folder) / "told.jsonl"
            known.write_text(json.dumps(self.known))
            told.touch()
            compiled = self.copy.with_name(f"{self.copy.name}-compiled")
            watched = ("-p", "tests.faults.watch", f"--known={known}", f"--told={told}", f"--compiled={compiled}")
            limited = ("-x", "--numprocesses=0", f"--timeout={WAITING}")
            status, output = await pytest(self.copy, *limited, *watched, *options, *tests)
            if status < 0:  # it may have ended while it wrote there
                shutil.rmtree(compiled, ignore_errors=True)
            lines = [json.loads(line) for line in told.read_text().splitlines()]
        self.known.update({test: max(seconds, self.known.get(test, 0)) for test, seconds in lines if seconds})
        return status, output, lines[-1][0] if lines and lines[-1][1] is None else ""

    async def sound(self, tests: Sequence[str], *options: str) -> str:
        """What pytest prints, if the tests pass without a mutant.

        Raises:
            ValueError: one does not, so that it says nothing of mutants.
        """
        output = ""
        if tests:
            status, output, last = await self.tested(tests, *options)
            if status not in (0, NO_TESTS):
                said = output.strip().splitlines()[-1] if output.strip() else "it took too long"  # and was ended
                raise ValueError(f"{last or 'collecting'} fails without a mutant: {said}")
        return output


async def run(mutants: Sequence[Mutant], root: Path, jobs: int, kept: Path | None = None) -> dict[str, int]:
    """How many of each outcome; survivors are shown as they come.

    Args:
        mutants: to be planted.
        root: the tree.
        jobs: mutants at a time.
        kept: a file that has what became of mutants before, and gets what becomes of others. What it has is planted
            again where the source has changed, or a survivor's tests or what these can run, or where the test that
            killed it is no more.

    Raises:
        ValueError: a test that killed a mutant fails without it too.
    """
    task = asyncio.current_task()
    assert task is not None
    asyncio.get_running_loop().add_signal_handler(signal.SIGTERM, task.cancel)
    counts, listed = dict.fromkeys(OUTCOMES, 0), equivalents(root)
    state = json.loads(kept.read_text()) if kept and kept.exists() else {"judged": {}, "seconds": {}}
    queue, killers = list(mutants), set[str]()

    async def work(judge: Judge) -> None:
        while queue:
            mutant = queue.pop(0)
            text = (root / mutant.file).read_text()
            name, old_new = mutant.name(text), tuple(" ".join(lines) for lines in mutant.lines(text))
            tests = _digest(
                *missing(), *((root / test.partition("::")[0]).read_text() for test in tests_of(mutant.file, root))
            )
            outcome, test, of = state["judged"].get(name, ("survived", "", ""))
            if (mutant.file, *old_new) in listed:
                outcome, test = "equivalent", ""
            elif (outcome == "survived" and of != tests) or (test and test not in collected):
                outcome, test = await judge(mutant)
                state["judged"][name] = outcome, test, tests
            if outcome in ("killed", "timed_out"):
                killers.add(test)
            if kept:
                kept.write_text(json.dumps(state))
            counts[outcome] += 1
            print(f"{outcome:<11} {mutant.file} {mutant.operator} {test}", flush=True)
            if outcome == "survived":
                print(mutant.shown(text), flush=True)

    with TemporaryDirectory(prefix="mutants-") as folder:
        judges = [Judge(Path(folder) / str(number), state["seconds"]) for number in range(jobs)]
        for judge in judges:
            copy_tree(root, judge.copy)
        every = {test.partition("::")[0] for mutant in mutants for test in tests_of(mutant.file, root)}
        collected = set((await judges[0].sound(sorted(every), "--collect-only")).splitlines())
        async with asyncio.TaskGroup() as group:
            for judge in judges:
                group.create_task(work(judge))
        await judges[0].sound(sorted(killers - {""}))
    return counts


def missing() -> list[str]:
    """Programs that tests want and skip without; what these tests alone see survives."""
    programs = {"PARI/GP": ("gp",), "Chromium": CHROMIUM}
    return [program for program, names in programs.items() if not any(map(shutil.which, names))]


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
    parser.add_argument("--kept", type=Path, metavar="FILE", help="go on from what this file has of a run before")
    parser.add_argument("--record", action="store_true", help=f"keep the counts in {TABLE.name}")
    options = parser.parse_args(arguments)
    if missing():
        print(f"not installed: {', '.join(missing())}; what only tests with that see survives", file=sys.stderr)
    untested = [file for file in sources(options.package, root) if not tests_of(file, root)]
    print("".join(f"no test mirrors {file}: name one in mirrors.toml\n" for file in untested), end="")
    mutants = [m for m in drawn(options.package, root, options.sample, options.seed) if m.file not in untested]
    try:
        counts = asyncio.run(run(mutants, root, options.jobs, options.kept))
    except (KeyboardInterrupt, asyncio.CancelledError):
        print("python -m tests.faults.mutants: interrupted", file=sys.stderr)
        return 130
    except ValueError as error:
        print(f"python -m tests.faults.mutants: {error}", file=sys.stderr)
        return 1
    row = {"package": options.package, "seed": options.seed, "sample": len(mutants), **counts}
    print(", ".join(f"{name} {value}" for name, value in row.items()))
    if options.record:
        record(row)
    return 0


if __name__ == "__main__":
    sys.exit(main())
