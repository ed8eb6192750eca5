"""`python -m neural MODEL WORKFLOW --preset cpu --run-dir runs/lm`: models trained on their own samples."""

import theory.interruption  # noqa: F401, I001 - first: Ctrl-C while the rest is imported ends without a traceback

# isort: split

import argparse
import json
import sys
import time
from contextlib import ExitStack
from dataclasses import fields, replace
from functools import partial
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import jax
import numpy as np

from sim.hosts import Lost, agree, check_devices, leave, platforms, together, use_all_cores
from sim.keys import same_bits
from sim.sharing import PLACE, add_sharing, join_others, results_only
from theory import Workflow
from theory.cli import (
    Parser,
    add_workflows,
    build_workflow,
    command_parser,
    exact_number,
    natural_number,
    nonnegative_number,
    positive_number,
    run as run_command,
    whole_number,
)
from theory.program import program, say

from . import results_command
from .configuration import BUDGETS, OF_CONVERGED, Configuration, Kind
from .conformers.configuration import DIFFUSION
from .directory import RunDirectory, look, models_measured
from .distance import distance
from .dry_run import described, dry_run
from .helper import check_same, serve
from .hooks import Hooks
from .images.configuration import AUTOENCODER
from .language.configuration import TRANSFORMER
from .loop import Learner, run
from .own import OWN
from .processes import Processes
from .remarks import kept
from .tensorboard import TensorBoard

KINDS = {kind.name: kind for kind in (TRANSFORMER, AUTOENCODER, DIFFUSION, OWN)}

_TYPES = {int: whole_number, int | None: whole_number, float: positive_number, float | None: positive_number}
_METAVARS = {int: "N", int | None: "N", float: "X", float | None: "X"}

#: Fields that may be 0, for none.
_FROM_ZERO = ("weight_decay", "averaging")

#: What options of files and folders take.
_PATHS = {"file": "FILE", "test_file": "FILE", "folder": "FOLDER", "cache": "FOLDER"}


def _options(kind: Kind, command: Parser) -> None:
    command.set_defaults(main=_main)
    add = command.add_argument
    add("--preset", choices=kind.presets, default="cpu", help="sets what is not given (default: cpu)")
    if kind.models:
        add("--model", choices=kind.models, help="one of the paper's (default: the preset's own)")
    add("--run-dir", type=Path, metavar="FOLDER", required=True, help="folder of the run: tables, samples, checkpoints")
    add("--resume", action="store_true", help="go on with the run in that folder, if there is one")
    add(
        "--checkpoint-seconds",
        type=positive_number,
        default=30.0,
        help="between checkpoints of a fit (default: 30)",
        metavar="SECONDS",
    )
    add(
        "--watch",
        action="store_true",
        help="measure the test loss after each chunk of steps too, for training.csv; give it again with --resume",
    )
    add(
        "--distance",
        action="store_true",
        help="fit model 1 until converged too, and say how far the budget leaves it from that",
    )
    add(
        "--dry-run",
        action="store_true",
        help="say what would be done, on which rows and how long it takes, and keep nothing",
    )
    add("--tensorboard", action="store_true", help="write losses and metrics for TensorBoard, below the run's folder")
    add_sharing(command)
    add("--json", action="store_true", help="print one JSON value")
    group = command.add_argument_group("configuration, each by default as the preset has it")
    for entry in fields(kind.presets["cpu"]):
        metavar = entry.metadata.get("metavar", _METAVARS.get(entry.type))
        form: dict[str, Any] = {"type": _TYPES.get(entry.type, str), "metavar": metavar}
        if entry.type is bool:
            form = {"action": argparse.BooleanOptionalAction}
        elif "choices" in entry.metadata:
            form = {"choices": entry.metadata["choices"]}
        elif entry.name in _FROM_ZERO:
            form = {"type": nonnegative_number, "metavar": "X"}
        elif entry.name == "seed":
            form = {"type": natural_number, "metavar": "N"}
        elif "exact" in entry.metadata:
            form = {"type": _exactly, "metavar": metavar}
        elif entry.name in _PATHS:
            form = {"metavar": _PATHS[entry.name]}
        told = f"{entry.metadata['help']}{by_preset(kind, entry.name)}".replace("%", "%%")
        flag = entry.metadata.get("flag", _flag(entry.name))
        group.add_argument(flag, dest=entry.name, default=argparse.SUPPRESS, help=told, **form)


def _exactly(text: str) -> str:
    """Numbers in one form, so that a run goes on whichever way they are written: 0.2 is 1/5."""
    return ",".join(str(exact_number(part)) for part in text.split(","))


def by_preset(kind: Kind, name: str) -> str:
    """The values that the presets give a field, as the end of its help; empty where none of them gives any."""
    values = {preset: _told(getattr(configuration, name)) for preset, configuration in kind.presets.items()}
    of = {value: [preset for preset in values if values[preset] == value] for value in values.values()}
    if of.keys() == {_told(None)}:
        return ""
    if len(of) == 1:
        return f" (default: {next(iter(of))})"
    each = [f"{value} at {', '.join(presets)}" for value, presets in of.items()]
    return f" (default: {'; '.join(each)})"


def _told(value: object) -> str:
    if isinstance(value, bool):
        return "yes" if value else "no"
    return "none" if value is None else f"{value:g}" if isinstance(value, float) else str(value)


def _flag(name: str) -> str:
    return "--" + name.replace("_", "-")


def configure(kind: Kind, options: argparse.Namespace) -> Configuration:
    """The preset, with what the data and a named model put in place of its own, and with every field that was given."""
    preset = kind.presets[options.preset]
    given = {entry.name: getattr(options, entry.name) for entry in fields(preset) if entry.name in options}
    budgets = [_flag(name) for name in BUDGETS if name in given]
    if len(budgets) > 1:
        raise ValueError(f"give {' or '.join(budgets)}, not {'both' if len(budgets) == 2 else 'all'}.")
    if budgets:
        given = {**dict.fromkeys(BUDGETS), **given}
    model = kind.models[options.model] if kind.models and options.model is not None else {}
    data = kind.by_data.get(given.get("data", ""), {})
    configuration = replace(preset, **{**data, **model, **given})
    idle = [_flag(name) for name in OF_CONVERGED if name in given]
    if configuration.until is None and idle and not options.distance:
        raise ValueError(f"{idle[0]} is for fits until converged; add --until converged, or leave it out.")
    if configuration.until is not None and options.distance:
        raise ValueError("--distance is of fits of a given length; leave it out, or leave --until out.")
    return configuration


def sized(kind: Kind, configuration: Configuration, workflow: Workflow, options: argparse.Namespace) -> Configuration:
    """The configuration with no more rows than a user's own data have, unless the user says how many; and that said."""
    with kept():  # what is said of the data is said where they are read for the run
        found = configuration.sized(workflow, [entry.name for entry in fields(configuration) if entry.name in options])
    if changed := [name for name in configuration.SIZES if getattr(found, name) != getattr(configuration, name)]:
        sizes = ", ".join(
            f"{_flag(name)} {getattr(found, name)} (not {getattr(configuration, name)})" for name in changed
        )
        say(f"{kind.name}: as many as these data allow: {sizes}")
    return found


def record(kind: Kind, configuration: Configuration, workflow: Workflow) -> dict[str, object]:
    """What a run directory keeps of the configuration."""
    parameters = {name: None if value is None else str(value) for name, value in workflow.parameters.items()}
    return {"kind": kind.name, "workflow": workflow.command(), "parameters": parameters, **configuration.recorded()}


def _main(options: argparse.Namespace) -> int:
    if options.dry_run and options.distributed:
        raise ValueError("a dry run is of one process; leave --distributed out, or --dry-run.")
    with results_only(options):
        join_others("neural", options, _settings(options), again="--resume")
        use_all_cores()
        check_devices()
        try:
            found = _dry_run(options) if options.dry_run else _run(options)
        except Lost as lost:
            say(f"{program('neural')}: {lost}")
            leave(2)
        except KeyboardInterrupt:
            if not options.distributed:
                raise
            say(f"{program('neural')}: interrupted")
            leave(130)
    if found is None:
        return 0
    if options.json:
        print(json.dumps(found, allow_nan=False))
    elif options.dry_run:
        print(described(found))
    else:
        _print(found)
    return 0


def _settings(options: argparse.Namespace) -> dict[str, Any]:
    """What all processes of a run must be told alike; where one of them keeps or shows something is its own affair."""
    own = (*PLACE, "build", "main", "json", "run_dir", "cache")
    return {name: str(value) for name, value in vars(options).items() if name not in own}


def _asked(options: argparse.Namespace) -> tuple[Kind, Workflow, Configuration]:
    """What is to be run."""
    kind, workflow = KINDS[options.kind], build_workflow(options)
    return kind, workflow, sized(kind, configure(kind, options), workflow, options)


def _begun(
    options: argparse.Namespace, configuration: Configuration, recorded: dict[str, object], held: ExitStack
) -> tuple[RunDirectory, Hooks, Learner]:
    """What the process that has the run makes for it; the folder is held as long as `held` is."""
    directory = RunDirectory(options.run_dir, recorded, resume=options.resume)
    hooks = configuration.hooks
    if options.tensorboard:
        hooks = replace(hooks, loggers=(TensorBoard(options.run_dir / "tensorboard"),))
    held.enter_context(directory.held())
    return directory, hooks, directory.prepared(configuration.learner)


def _run(options: argparse.Namespace) -> dict[str, Any] | None:
    """The run, and what is printed of it; nothing by a process that only helps the first."""
    started = time.monotonic()
    agree(_settings(options))
    kind, workflow, configuration = together(lambda: _asked(options))
    plan, training, processes = configuration.plan, configuration.training, Processes(jax.process_count())
    trainings = [training, *([configuration.converged] if options.distance else [])]
    processes.shares(plan.seeds)
    if jax.process_index() > 0:
        with TemporaryDirectory() as folder, same_bits():
            learner = together(lambda: configuration.learner(Path(folder)))
            check_same(learner, plan)
            serve(learner, plan, trainings)
        return None
    recorded = record(kind, configuration, workflow)
    with ExitStack() as held, same_bits():
        directory, hooks, learner = together(lambda: _begun(options, configuration, recorded, held))
        check_same(learner, plan)
        held.enter_context(processes.led())
        metrics = run(
            learner,
            workflow,
            plan,
            training,
            directory,
            checkpoint_seconds=options.checkpoint_seconds,
            watch=options.watch,
            progress=True,
            hooks=hooks,
            processes=processes,
        )
        away = {}
        if options.distance:
            found = distance(learner, workflow, configuration, directory, metrics, processes)
            away["distance_from_converged"] = found.tolist()
    losses = metrics["test_loss"]
    return {
        "model": getattr(options, "model", None) or kind.name,
        "workflow": workflow.command(),
        "parameters": recorded["parameters"],
        "data": recorded["data"],
        "preset": options.preset,
        "seeds": plan.seeds,
        "metric": kind.metric,
        "test_loss": losses.mean(0).tolist(),
        "standard_error": _standard_error(losses),
        "test_loss_per_seed": losses.tolist(),
        "metrics": {name: values.mean(0).tolist() for name, values in metrics.items()},
        **away,
        "run_dir": str(options.run_dir),
        "device": jax.devices()[0].device_kind,
        "wall_seconds": round(time.monotonic() - started, 1),
    }


def _dry_run(options: argparse.Namespace) -> dict[str, Any]:
    kind, workflow, configuration = _asked(options)
    recorded = record(kind, configuration, workflow)
    there = look(options.run_dir, recorded, resume=options.resume)
    done = min(models_measured(options.run_dir), configuration.iterations) if options.resume and there.there else 0
    where = f"{options.run_dir}, where a run is, with {done} of {configuration.iterations} models measured"
    return {
        "model": getattr(options, "model", None) or options.kind,
        "workflow": workflow.command(),
        "data": recorded["data"],
        "preset": options.preset,
        "run_dir": str(options.run_dir),
        "folder": there.objection or (where if there.there else f"{options.run_dir}, where nothing is yet"),
        **dry_run(configuration, workflow, done=done, watch=options.watch, distance=options.distance),
    }


def _standard_error(values: np.ndarray) -> list[float | None]:
    seeds, iterations = values.shape
    return [None] * iterations if seeds < 2 else (values.std(0, ddof=1) / seeds**0.5).tolist()


def _print(summary: dict) -> None:
    print("{model} on {data}, {workflow}: mean of {seeds} seeds; test_loss is {metric}".format(**summary))
    names = list(summary["metrics"])
    print(f"{'n':>4}  {'std. error':>12}" + "".join(f"  {name:>12}" for name in names))
    for index, error in enumerate(summary["standard_error"]):
        numbers = "".join(f"  {summary['metrics'][name][index]:>12.6g}" for name in names)
        print(f"{index + 1:>4}  {'-' if error is None else format(error, '.6g'):>12}{numbers}")
    if "distance_from_converged" in summary:
        parts = ", ".join(f"{part:+.1%}" for part in summary["distance_from_converged"])
        print(f"Model 1's test loss is {parts} from that of models fitted until converged, by seed.")
    print(f"{summary['run_dir']} holds the tables, samples and models.")


def parser() -> Parser:
    """That of the command line."""
    smoke = "--preset smoke --run-dir runs"
    of_neural = command_parser(
        "neural",
        "Train models on their own samples, as a workflow says, and measure each on real data.",
        [f"{name} accumulate {smoke}/{name}" for name, kind in KINDS.items() if not kind.needed],
        on=("jax", "jaxlib", "equinox", "optax"),
        note=f", on {platforms()}",
    )
    models = of_neural.add_subparsers(metavar="MODEL", dest="kind", required=True)
    for kind in KINDS.values():
        command = models.add_parser(
            kind.name,
            help=kind.summary,
            description=f"{kind.summary.capitalize()}.",
            examples=[
                f"accumulate {kind.needed}{smoke}/{kind.name}",
                f"accumulate {kind.own_data} --run-dir runs/mine",
            ],
        )
        add_workflows(command, partial(_options, kind), example=f"{kind.needed}{smoke}/{kind.name}")
    results_command.add_to(models, KINDS)
    return of_neural


def main(arguments: list[str] | None = None) -> int:
    """Run the command line; returns the exit status."""
    return run_command(parser(), lambda options: options.main(options), arguments)


if __name__ == "__main__":
    sys.exit(main())
