"""`python -m neural transformer WORKFLOW --preset cpu --run-dir runs/lm`: models trained on their own samples."""

import signal

signal.signal(signal.SIGINT, signal.SIG_DFL)  # Ctrl-C while the imports run ends without a traceback

import argparse
import json
import sys
import time
from dataclasses import asdict, fields, replace
from pathlib import Path

import jax
import numpy as np

from theory import Workflow
from theory.cli import (
    Parser,
    add_workflows,
    build_workflow,
    natural_number,
    positive_number,
    run as run_command,
    whole_number,
)

from .configuration import PRESETS, Configuration, sizes
from .directory import RunDirectory
from .loop import run
from .transformer import PAPER

_TYPES = {int: whole_number, int | None: whole_number, float: positive_number, float | None: positive_number}


def _options(command: Parser) -> None:
    add = command.add_argument
    add("--preset", choices=PRESETS, default="cpu", help="sets what is not given (default: cpu)")
    add("--model", choices=PAPER, help="one of the paper's four transformers, in place of the preset's")
    add("--run-dir", type=Path, required=True, help="folder of the run: tables, samples, checkpoints")
    add("--resume", action="store_true", help="go on with the run in that folder, if there is one")
    add("--checkpoint-seconds", type=float, default=30.0, help="between checkpoints of a fit (default: 30)")
    add("--json", action="store_true", help="print one JSON value")
    group = command.add_argument_group("configuration, each by default as the preset has it")
    for entry in fields(Configuration):
        kind: dict[str, object] = {"type": _TYPES.get(entry.type, str)}
        if entry.type is bool:
            kind = {"action": argparse.BooleanOptionalAction}
        elif "choices" in entry.metadata:
            kind = {"choices": entry.metadata["choices"]}
        elif entry.name == "seed":
            kind = {"type": natural_number}
        group.add_argument(_flag(entry.name), default=argparse.SUPPRESS, help=entry.metadata["help"], **kind)


def _flag(name: str) -> str:
    return "--" + name.replace("_", "-")


def configure(options: argparse.Namespace) -> Configuration:
    """The preset, with a named model in place of its own, and with every field that was given."""
    given = {entry.name: getattr(options, entry.name) for entry in fields(Configuration) if entry.name in options}
    if "epochs" in given and "steps" in given:
        raise ValueError("give --epochs or --steps, not both.")
    if "epochs" in given or "steps" in given:
        given = {"epochs": None, "steps": None, **given}
    configuration = PRESETS[options.preset]
    if options.model is not None:
        configuration = replace(configuration, **sizes(options.model))
    configuration = replace(configuration, **given)
    # A longer context needs positions for it; a model with more has them anyway.
    return replace(configuration, positions=max(configuration.positions, configuration.context))


def record(configuration: Configuration, workflow: Workflow) -> dict[str, object]:
    """What a run directory keeps of the configuration."""
    parameters = {name: None if value is None else str(value) for name, value in workflow.parameters.items()}
    return {"kind": "transformer", "workflow": workflow.command(), "parameters": parameters, **asdict(configuration)}


def _main(options: argparse.Namespace) -> int:
    started = time.monotonic()
    workflow, configuration = build_workflow(options), configure(options)
    plan, training = configuration.plan, configuration.training
    directory = RunDirectory(options.run_dir, record(configuration, workflow), resume=options.resume)
    learner = configuration.learner(options.run_dir)
    metrics = run(
        learner,
        workflow,
        plan,
        training,
        directory,
        checkpoint_seconds=options.checkpoint_seconds,
        progress=True,
    )
    losses = metrics["test_loss"]
    summary = {
        "model": options.model or "transformer",
        "workflow": workflow.command(),
        "parameters": record(configuration, workflow)["parameters"],
        "data": configuration.data,
        "preset": options.preset,
        "seeds": plan.seeds,
        "metric": "test cross-entropy, nats a token",
        "test_loss": losses.mean(0).tolist(),
        "standard_error": _standard_error(losses),
        "test_loss_per_seed": losses.tolist(),
        "metrics": {name: values.mean(0).tolist() for name, values in metrics.items()},
        "run_dir": str(options.run_dir),
        "device": jax.devices()[0].device_kind,
        "wall_seconds": round(time.monotonic() - started, 1),
    }
    if options.json:
        print(json.dumps(summary, allow_nan=False))
    else:
        _print(summary)
    return 0


def _standard_error(values: np.ndarray) -> list[float | None]:
    seeds, iterations = values.shape
    return [None] * iterations if seeds < 2 else (values.std(0, ddof=1) / seeds**0.5).tolist()


def _print(summary: dict) -> None:
    print("{model} on {data}, {workflow}: mean of {seeds} seeds; test_loss in nats a token".format(**summary))
    names = list(summary["metrics"])
    print(f"{'n':>4}  {'std. error':>12}" + "".join(f"  {name:>12}" for name in names))
    for index, error in enumerate(summary["standard_error"]):
        numbers = "".join(f"  {summary['metrics'][name][index]:>12.6g}" for name in names)
        print(f"{index + 1:>4}  {'-' if error is None else format(error, '.6g'):>12}{numbers}")
    print(f"{summary['run_dir']} holds the tables, samples and models.")


def main(arguments: list[str] | None = None) -> int:
    """Run the command line; returns the exit status."""
    parser = Parser(prog="python -m neural", description=__doc__)
    models = parser.add_subparsers(metavar="MODEL", dest="kind", required=True)
    transformer = models.add_parser("transformer", help="language models", description="Language models.")
    add_workflows(transformer, _options)
    return run_command(parser, _main, arguments)


if __name__ == "__main__":
    sys.exit(main())
