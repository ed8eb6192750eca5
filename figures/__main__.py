"""`python -m figures`: simulate what the figures need, or read what is recorded, and draw into figures/out."""

import signal

signal.signal(signal.SIGINT, signal.SIG_DFL)  # Ctrl-C while the imports run ends without a traceback

import argparse
import sys
from pathlib import Path

import matplotlib

from paper_repro import language as language_models, linear, one_law as neural_law, vae as autoencoders
from sim.hosts import use_all_cores
from theory.cli import Parser, run

from . import designs, language, linear_a, linear_b, one_law, schematic, vae
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
    # Minutes of training: drawn from the table in the repository as long as its configuration is that of today.
    rows = neural_law.run(neural_law.EXPERIMENT, neural_law.RECORDED, again=options.fresh)
    for path in save(OUT, neural_law.EXPERIMENT.name, lambda: one_law.plot(rows)):
        print(path)
    metrics, images = autoencoders.run(autoencoders.VAE, again=options.fresh)
    ablation = [
        row
        for experiment in (autoencoders.ABLATION, autoencoders.LONGER)
        for row in autoencoders.run(experiment, again=options.fresh)[0]
    ]
    losses, _ = language_models.run(language.EXPERIMENT, again=options.fresh)
    for name, plot in (
        ("language", lambda: language.plot(losses)),
        ("vae", lambda: vae.plot(metrics)),
        ("vae_samples", lambda: vae.plot_samples(images)),
        ("vae_ablation", lambda: vae.plot_ablation(ablation)),
    ):
        for path in save(OUT, name, plot):
            print(path)
    return 0


def main(arguments: list[str] | None = None) -> int:
    """Run the command line; returns the exit status."""
    parser = Parser(prog="python -m figures", description=__doc__)
    parser.add_argument("--fresh", action="store_true", help="run everything again, whatever results are there")
    return run(parser, _main, arguments)


if __name__ == "__main__":
    sys.exit(main())
