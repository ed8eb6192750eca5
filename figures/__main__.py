"""`python -m figures`: simulate what the figures need and draw them into figures/out, as PDF and PNG."""

import signal

signal.signal(signal.SIGINT, signal.SIG_DFL)  # Ctrl-C while the imports run ends without a traceback

import argparse
import sys
from pathlib import Path

import matplotlib

from paper_repro import linear
from sim.hosts import use_all_cores
from theory.cli import Parser, run

from . import designs, linear_a, linear_b, schematic
from .style import save

OUT = Path(__file__).parent / "out"
WITH_RESULTS = (linear_a, linear_b, designs)


def _main(options: argparse.Namespace) -> int:
    matplotlib.use("Agg")
    use_all_cores()
    for path in save(OUT, "schematic", schematic.plot):
        print(path)
    for module in WITH_RESULTS:
        rows = linear.run(module.EXPERIMENT, OUT, again=options.fresh)
        for path in save(OUT, module.EXPERIMENT.name, lambda m=module, r=rows: m.plot(r)):
            print(path)
    return 0


def main(arguments: list[str] | None = None) -> int:
    """Run the command line; returns the exit status."""
    parser = Parser(prog="python -m figures", description=__doc__)
    parser.add_argument("--fresh", action="store_true", help="simulate again, whatever results are there")
    return run(parser, _main, arguments)


if __name__ == "__main__":
    sys.exit(main())
