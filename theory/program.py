"""What a program is called by its user, its version, and what it says to them."""

import sys
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path

#: The program that an installation brings, and the name of that installation.
CONSOLE = "model-collapse"


def program(package: str) -> str:
    """How the command of a package was called: `model-collapse theory` or `python -m theory`."""
    return f"{CONSOLE if Path(sys.argv[0]).stem == CONSOLE else 'python -m'} {package}"


def one_line(text: str) -> str:
    r"""A text whose control characters are written out, as line breaks in the names of files.

    >>> one_line("café\nan image")
    'café\\nan image'
    """
    return "".join(c if c.isprintable() else c.encode("unicode_escape").decode() for c in text)


def say(text: str) -> None:
    """Tell the user in one line on standard error."""
    print(one_line(text), file=sys.stderr)


def versions(*packages: str) -> str:
    """The version of this installation, and of packages that it stands on."""
    found = []
    for name in (CONSOLE, *packages):
        try:
            found.append(f"{name} {version(name)}")
        except PackageNotFoundError:  # run from a folder of sources
            found.append(f"{name} (not installed)")
    return ", ".join(found)
