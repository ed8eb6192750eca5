"""Files written whole: killed at any time, no half is left."""

from pathlib import Path

from sim.results import write_whole


def write_bytes(path: Path, content: bytes) -> None:
    """Write a file, or leave the one that is there as it is."""

    def write(partial: Path) -> None:
        partial.write_bytes(content)

    write_whole(path, write)
