"""A page for each module from its docstrings: `make docs` writes them into `docs/out`, and needs no network.

The pages are pdoc's, with two things mended. That of a package begins with the names that its `__init__` offers, since
pdoc shows a name where it is defined and nowhere else; and a name that has no page, as a private class, is no link.
"""

import argparse
import ast
import importlib
import inspect
import re
import shutil
import sys
import warnings
from functools import cache
from pathlib import Path
from types import ModuleType

import pdoc  # pyright: ignore[reportMissingImports] - `make docs` installs it
import pdoc.render  # pyright: ignore[reportMissingImports]

from figures.console import PACKAGES

OUT = Path(__file__).parents[2] / "docs" / "out"


def public(package: ModuleType) -> dict[str, str]:
    """What a user imports from a package (`from .law import Law as Law` in its `__init__`), with links to its pages."""
    found = {}
    parsed = ast.walk(ast.parse(inspect.getsource(package)))
    for node in (node for node in parsed if isinstance(node, ast.ImportFrom)):
        for alias in node.names:
            if alias.name == alias.asname:
                value = getattr(package, alias.name)
                module = importlib.import_module("." + (node.module or ""), package.__name__).__name__
                if isinstance(value, type) or inspect.isfunction(value):
                    module, place = value.__module__, f"#{value.__qualname__}"
                elif isinstance(value, ModuleType):
                    module, place = value.__name__, ""
                else:
                    place = f"#{alias.name}"
                found[alias.name] = f"{module.replace('.', '/')}.html{place}"
    return found


def offers(package: ModuleType) -> str:
    """A table of these names, each with what it says of itself."""
    lines = ["| name | what it is |", "|---|---|"]
    for name, link in sorted(public(package).items(), key=lambda item: item[0].casefold()):
        value = getattr(package, name)
        documented = isinstance(value, type | ModuleType) or inspect.isfunction(value)
        said = (value.__doc__ or "").partition("\n")[0] if documented else ""
        lines.append(f"| [{name}]({link}) | {said} |")
    return "\n".join(lines)


def drop_dead_links(folder: Path) -> None:
    """Leave the words alone of a link to a place that no page has."""

    @cache
    def places(page: Path) -> frozenset[str]:
        return frozenset(re.findall(r'\bid="([^"]+)"', page.read_text())) if page.is_file() else frozenset()

    for page in folder.rglob("*.html"):

        def kept(link: re.Match[str], page: Path = page) -> str:
            file, place = link[1].split("#")
            there = place in places((page.parent / file).resolve() if file else page.resolve())
            return link[0] if there else link[2]

        page.write_text(re.sub(r'<a href="([^":]*#[^"]+)"[^>]*>(.*?)</a>', kept, page.read_text()))


def main(arguments: list[str] | None = None) -> int:
    """Write the pages; returns the exit status."""
    parser = argparse.ArgumentParser(prog="python -m tests.docs", description=f"{__doc__}".partition("\n")[0])
    parser.add_argument(
        "--out", type=Path, default=OUT, help="the folder of the pages, made anew (default: %(default)s)"
    )
    out = parser.parse_args(arguments).out
    packages = [importlib.import_module(name) for name in PACKAGES]
    for package in packages:
        if public(package):
            package.__doc__ = f"{package.__doc__}\n\n{offers(package)}"
    # Of annotations that only a type checker reads, which it shows as they are written.
    warnings.filterwarnings("ignore", category=UserWarning, module="pdoc")
    pdoc.render.configure(docformat="google", show_source=False)
    shutil.rmtree(out, ignore_errors=True)
    pdoc.pdoc(*PACKAGES, output_directory=out)
    drop_dead_links(out)
    print(out / "index.html")
    return 0


if __name__ == "__main__":
    sys.exit(main())
