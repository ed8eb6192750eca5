"""What a program is called by its user, and its version."""

import sys
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path

#: The program that an installation brings, and the name of that installation.
CONSOLE = "model-collapse"


def program(package: str) -> str:
    """How the command of a package was called: `model-collapse theory` or `python -m theory`."""
    return f"{CONSOLE if Path(sys.argv[0]).stem == CONSOLE else 'python -m'} {package}"


def versions(*packages: str) -> str:
    """The version of this installation, and of packages that it stands on."""
    found = []
    for name in (CONSOLE, *packages):
        try:
            found.append(f"{name} {version(name)}")
        except PackageNotFoundError:  # run from a folder of sources
            found.append(f"{name} (not installed)")
    return ", ".join(found)
