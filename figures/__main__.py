"""`python -m figures`: simulate what the figures need, or read what is recorded, and draw into figures/out."""

import theory.interruption  # noqa: F401, I001 - first: Ctrl-C while the rest is imported ends without a traceback

# isort: split

import argparse
import sys

import matplotlib

from neural.files import write_bytes
from sim.hosts import keep_compiled, use_all_cores
from theory.cli import Parser, run

from . import report
from .catalogue import OUT, plots
from .style import save


def _main(options: argparse.Namespace) -> int:
    matplotlib.use("Agg")
    use_all_cores()
    keep_compiled()
    if options.report:
        path = OUT / "report.html"
        write_bytes(path, report.page(plots(fresh=options.fresh)).encode())
        print(path)
        return 0
    for picture, plot in plots(fresh=options.fresh):
        for path in save(OUT, picture.name, plot):
            print(path)
    return 0


def main(arguments: list[str] | None = None) -> int:
    """Run the command line; returns the exit status."""
    parser = Parser(prog="python -m figures", description=__doc__)
    parser.add_argument("--fresh", action="store_true", help="run everything again, whatever results are there")
    parser.add_argument(
        "--report", action="store_true", help="write them into one page, figures/out/report.html, instead"
    )
    return run(parser, _main, arguments)


if __name__ == "__main__":
    sys.exit(main())
