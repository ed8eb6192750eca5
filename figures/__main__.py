"""`python -m figures`: simulate what the figures need, or read what is recorded, and draw into figures/out."""

import signal

signal.signal(signal.SIGINT, signal.SIG_DFL)  # Ctrl-C while the imports run ends without a traceback

import argparse
import sys

import matplotlib

from sim.hosts import keep_compiled, use_all_cores
from sim.results import write_whole
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
        text = report.page(plots(fresh=options.fresh))
        write_whole(path, lambda partial: partial.write_text(text, encoding="utf-8") and None)
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
