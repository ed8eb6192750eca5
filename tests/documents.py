"""What users read: the README and the pages in the packages' folders, with their code and commands."""

import re
from collections.abc import Collection, Iterator
from dataclasses import dataclass
from pathlib import Path

from figures.console import PACKAGES

ROOT = Path(__file__).parents[1]
DOCUMENTS = (
    "README.md",
    *(str(path.relative_to(ROOT)) for name in PACKAGES for path in sorted((ROOT / name).glob("*.md"))),
)
TEXT = {name: (ROOT / name).read_text() for name in DOCUMENTS}
BLOCK = re.compile(r"^#+ (?P<heading>[^\n]+)$|```(?P<kind>\w+)\n(?P<body>.*?)```", flags=re.DOTALL | re.MULTILINE)


@dataclass(frozen=True)
class Block:
    """A block of code: the document, the heading above it, what it is of, and what stands in it."""

    document: str
    heading: str
    kind: str
    body: str


def blocks() -> list[Block]:
    """Those of the READMEs; a page on a user's own data has commands on such data, and a test of its own."""
    found = []
    for document, text in TEXT.items():
        if Path(document).name != "README.md":
            continue
        heading = ""
        for match in BLOCK.finditer(text):
            heading = match["heading"] or heading
            if match["kind"]:
                found.append(Block(document, heading, match["kind"], match["body"]))
    return found


def programs() -> dict[str, tuple[str, str]]:
    """Python's blocks with what is said to be printed, the block of text below, by heading; a second is numbered."""
    found: dict[str, tuple[str, str]] = {}
    for _, block, below in _with_neighbours():
        if block.kind == "python":
            found[_name(block, found)] = (block.body, below.body if below.kind == "text" else "")
    return found


@dataclass(frozen=True)
class Commands:
    """A block of the shell.

    Attributes:
        lines: those that start Python.
        file: what is in the file of CSV that they read, the block above; empty if there is none.
        printed: what the last of them prints, the block of text below; empty where that is not said.
    """

    lines: list[str]
    file: str
    printed: str


def commands() -> dict[str, Commands]:
    """The shell's blocks by heading; a second is numbered."""
    found: dict[str, Commands] = {}
    for above, block, below in _with_neighbours():
        lines = [line for line in block.body.splitlines() if line.startswith("python")]
        if block.kind == "sh" and lines:
            file, printed = above.body * (above.kind == "csv"), below.body * (below.kind == "text")
            found[_name(block, found)] = Commands(lines, file, printed)
    return found


def _with_neighbours() -> Iterator[tuple[Block, Block, Block]]:
    """Each block with those above and below it in its document; where there is none, with one of no kind."""
    every = blocks()
    for k, block in enumerate(every):
        none = Block(block.document, block.heading, "", "")
        near = (
            every[i] if 0 <= i < len(every) and every[i].document == block.document else none for i in (k - 1, k + 1)
        )
        above, below = near
        yield above, block, below


def _name(block: Block, before: Collection[str]) -> str:
    """The heading, with a number if there is one like it before."""
    count = sum(re.fullmatch(rf"{re.escape(block.heading)}( \d+)?", name) is not None for name in before)
    return f"{block.heading} {count + 1}" if count else block.heading
