"""`python -m figures`: simulate what the figures need, or read what is recorded, and draw into figures/out."""

import theory.interruption  # noqa: F401, I001 - first: Ctrl-C while the rest is imported ends without a traceback

# isort: split

import argparse
import os
import sys
from pathlib import Path

os.environ["MPLBACKEND"] = "Agg"  # that of a notebook, which this is not, may not be there

import matplotlib

from neural.files import write_bytes
from paper_repro.recorded import MADE
from sim.hosts import check_devices, keep_compiled, use_all_cores
from sim.keys import same_bits
from sim.locks import Lock, inside
from theory.cli import Parser, command_parser, run
from theory.parser import meant
from theory.tasks import TASKS

from . import report
from .catalogue import OUT, PICTURES, plots
from .style import save


def _picture(text: str) -> str:
    """The name of a figure."""
    names = [picture.name for picture in PICTURES]
    if text not in names:
        near = meant(text, names) or "; --list names them all"
        raise argparse.ArgumentTypeError(f"there is no figure {text!r}{near}")
    return text


def _main(options: argparse.Namespace) -> int:
    if options.list:
        width = max(len(picture.name) for picture in PICTURES)
        print("\n".join(f"{picture.name:<{width}}  {picture.title}" for picture in PICTURES))
        return 0
    if options.report and options.names:
        raise ValueError(f"--report has all figures in one page; leave out {' '.join(options.names)}, or --report.")
    matplotlib.use("Agg")
    use_all_cores()
    keep_compiled()
    check_devices()
    out, made = options.out or OUT, options.out or MADE
    out.mkdir(parents=True, exist_ok=True)
    with Lock(out, inside(out), advice="Wait until it has ended, or choose another --out."), same_bits():
        drawn = plots(options.names, fresh=options.fresh, out=out, made=made)
        if options.report:
            path = out / "report.html"
            write_bytes(path, report.page(drawn, TASKS, out=out, made=made).encode())
            print(path)
            return 0
        for picture, plot in drawn:
            for path in save(out, picture.name, plot):
                print(path)
    return 0


def main(arguments: list[str] | None = None) -> int:
    """Run the command line; returns the exit status."""
    return run(parser(), _main, arguments)


def parser() -> Parser:
    """That of the command line."""
    of_figures = command_parser(
        "figures",
        "Draw every figure, or those that are named: simulate what it needs, or read what is recorded of it.",
        ["linear_a creep --out pictures", "--list", "--report --out pictures"],
        on=("jax", "jaxlib", "matplotlib"),
    )
    of_figures.add_argument(
        "names", nargs="*", type=_picture, metavar="NAME", help="figures to draw (default: every one; see --list)"
    )
    of_figures.add_argument("--list", action="store_true", help="list the figures by name, and draw none")
    of_figures.add_argument("--fresh", action="store_true", help="run everything again, whatever results are there")
    of_figures.add_argument("--report", action="store_true", help="write them into one page, report.html, instead")
    of_figures.add_argument(
        "--out",
        type=Path,
        metavar="FOLDER",
        help="for pictures and what is run for them (default: figures/out below the current folder)",
    )
    return of_figures


if __name__ == "__main__":
    sys.exit(main())
