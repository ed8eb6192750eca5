"""What users read: the README and the pages in the packages' folders, with their code and commands."""

import re
from collections.abc import Collection
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
    """Those of all documents."""
    found = []
    for document, text in TEXT.items():
        heading = ""
        for match in BLOCK.finditer(text):
            heading = match["heading"] or heading
            if match["kind"]:
                found.append(Block(document, heading, match["kind"], match["body"]))
    return found


def programs() -> dict[str, tuple[str, str]]:
    """Python's blocks with what is said to be printed, the block of text below, by heading; a second is numbered."""
    found: dict[str, tuple[str, str]] = {}
    every = blocks()
    for block, below in zip(every, [*every[1:], None], strict=True):
        if block.kind == "python":
            printed = below.body if below and (below.document, below.kind) == (block.document, "text") else ""
            found[_name(block, found)] = (block.body, printed)
    return found


def commands() -> dict[str, list[str]]:
    """The lines of each of the shell's blocks that start Python, by heading; a second is numbered.

    Of the READMEs alone: a page on a user's own data has commands on such data, and a test of its own.
    """
    found: dict[str, list[str]] = {}
    for block in blocks():
        lines = [line for line in block.body.splitlines() if line.startswith("python")]
        if block.kind == "sh" and lines and Path(block.document).name == "README.md":
            found[_name(block, found)] = lines
    return found


def _name(block: Block, before: Collection[str]) -> str:
    """The heading, with a number if there is one like it before."""
    count = sum(re.fullmatch(rf"{re.escape(block.heading)}( \d+)?", name) is not None for name in before)
    return f"{block.heading} {count + 1}" if count else block.heading
