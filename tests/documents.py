"""What users read: the README and the pages in the packages' folders, with their code and commands."""

import re
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
    all_blocks = blocks()
    for block, below in zip(all_blocks, [*all_blocks[1:], None], strict=True):
        if block.kind == "python":
            count = sum(name.startswith(block.heading) for name in found)
            printed = below.body if below and (below.document, below.kind) == (block.document, "text") else ""
            found[block.heading + (f" {count + 1}" if count else "")] = (block.body, printed)
    return found


def commands() -> list[str]:
    """The lines of the shell's blocks that start Python, once each."""
    lines = (line for block in blocks() if block.kind == "sh" for line in block.body.splitlines())
    return list(dict.fromkeys(line for line in lines if line.startswith("python")))
