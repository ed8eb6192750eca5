"""`python -m sim WORKFLOW --design fresh --T 100 --d 32 --replicates 10000`: simulate, and hold against the law."""

import theory.interruption  # noqa: F401, I001 - first: Ctrl-C while the rest is imported ends without a traceback

import argparse
import json
import math
import sys
from collections.abc import Iterable
from functools import partial
from typing import Any

import jax
import numpy as np

from theory import GeneratedLaw, Generator, Law, Task, Workflow, generator_command, law as law_of, output
from theory.cli import (
    Parser,
    add_task,
    add_workflows,
    build_task,
    build_workflow,
    chosen_task,
    command_parser,
    example_of,
    natural_number,
    run as run_command,
    whole_number,
)
from theory.program import program, say
from theory.tasks import TASKS

from .comparison import Comparison, compare, law_table
from .dispatch import PRECISIONS, sampler_names
from .hosts import Lost, check_devices, leave, platforms, use_all_cores
from .keys import key_of
from .run import Interrupted, Run, run
from .samplers.base import USUAL
from .sharing import PLACE, add_sharing, join_others, results_only


def _options(task: type[Task], command: Parser) -> None:
    add_task(command, task, needed=True, each=True)
    add = command.add_argument
    add("--iterations", type=whole_number, default=10, help="model-fitting iterations (default: 10)")
    add("--replicates", type=whole_number, help="independent chains (default: 1000); at most, with --relative-error")
    add(
        "--relative-error",
        type=_share,
        metavar="SHARE",
        help="go on until every standard error is this share of its mean, as 0.1%% (default: after --replicates)",
    )
    generator_command.add_to(command)
    samplers = sampler_names(task)
    told = f"of chains: {', '.join(samplers)} (default: auto, the fastest exact one)"
    add("--sampler", choices=samplers, default="auto", metavar="NAME", help=told)
    add("--quantiles", action="store_true", help="take no sampler of means alone, which --relative-error may choose")
    add("--precision", choices=PRECISIONS, help="of the chains (default: float32 where nothing is lost by it)")
    add("--checkpoint", metavar="FILE", help="keep the state there, and go on from it after an interruption")
    add("--seed", type=natural_number, default=0, help="seed of all random numbers (default: 0)")
    add(
        "--batch-size",
        type=whole_number,
        metavar="CHAINS",
        help="under way at once; bounds memory, changes no digit (default: as memory allows)",
    )
    add_sharing(command)
    add("--asymptotic", action="store_true", help="hold the run against a law that is exact only for T -> oo")
    output.add_output(command, "means and law by iteration")
    output.add_plot(command, "means and law by iteration")
    add("--json", action="store_true", help="print one JSON value")


def _share(text: str) -> float:
    try:
        value = float(text[:-1]) / 100 if text.endswith("%") else float(text)
    except ValueError:
        value = math.nan
    if not 0 < value < 1:
        raise argparse.ArgumentTypeError(f"needs a share between 0 and 1, as 0.1% or 0.001; got {text}")
    return value


def _numbers(values: Iterable[float]) -> list[float | None]:
    return [float(value) if math.isfinite(value) else None for value in values]


def _run(task: type[Task], options: argparse.Namespace) -> Run:
    join_others("sim", options, _settings(options), again="--checkpoint")
    use_all_cores()
    check_devices()
    replicates = options.replicates
    if replicates is None and options.relative_error is None:
        replicates = 1000
    try:
        return run(
            build_task(task, options, parameters=True),
            build_workflow(options),
            of=options.of,
            iterations=options.iterations,
            replicates=replicates,
            key=key_of(options.seed),
            sampler=options.sampler,
            precision=options.precision,
            relative_error=options.relative_error,
            generator=generator_command.build(options),
            quantiles=options.quantiles,
            checkpoint=options.checkpoint,
            batch_size=options.batch_size,
            progress=True,
        )
    except Lost as lost:
        say(f"{program('sim')}: {lost}")
        leave(2)


def _settings(options: argparse.Namespace) -> dict[str, Any]:
    """What all processes of a run must be told alike; where one of them keeps or shows something is its own affair."""
    shown = ("json", "asymptotic", "output", "plot")
    own = (*PLACE, *shown, "build", "batch_size", "checkpoint")
    told = {name: str(value) for name, value in vars(options).items() if name not in own}
    return told | {"checkpoint": options.checkpoint is not None}


def _compared(result: Run, workflow: Workflow, asymptotic: bool) -> tuple[Law | GeneratedLaw | None, Comparison]:
    """The law of what was run, if there is one, and the run held against it."""
    task, generator = result.task, result.generator
    usual, quantity = generator == USUAL, task.quantity(result.of)
    objection = (
        task.objection(workflow, quantity) if usual else task.generated_objection(workflow, generator, quantity.name)
    )
    if objection is not None:
        none = np.full(result.iterations, np.nan)
        return None, Comparison(none, none, math.nan, "not comparable", objection)
    law = law_of(task, workflow, result.of) if usual else task.generated(workflow, generator, result.of)
    return law, compare(result, law, asymptotic=asymptotic)


def _main(task: type[Task], options: argparse.Namespace) -> int:
    interruption = None
    with results_only(options):
        try:
            result = _run(task, options)
        except Interrupted as interrupted:
            if interrupted.run is None:
                raise
            result, interruption = interrupted.run, interrupted
    workflow = build_workflow(options)
    law, comparison = _compared(result, workflow, options.asymptotic)
    estimate = result.estimate
    summary = {
        "task": result.task.name,
        "quantity": result.of,
        "workflow": workflow.command(),
        "parameters": {name: None if value is None else str(value) for name, value in workflow.parameters.items()},
        **_chosen(result.task),
        **result.task.numbers,
        **result.task.typed_details,
        **generator_command.written(result.generator),
        "iterations": result.iterations,
        "replicates": result.replicates,
        "unconverged": list(result.unconverged),
        "seed": options.seed,
        "sampler": result.sampler,
        "precision": result.precision,
        "mean": _numbers(estimate.mean),
        "standard_error": _numbers(estimate.standard_error),
        "quantiles": {str(level): _numbers(values) for level, values in estimate.quantiles.items()},
        "quantile_errors": {str(level): _numbers(values) for level, values in estimate.quantile_errors.items()},
        "theory": None if law is None else _numbers(comparison.law),
        "z": _numbers(comparison.z),
        "max_abs_z": _numbers([comparison.max_abs_z])[0],
        "verdict": comparison.verdict,
        "reason": comparison.reason,
        "note": result.note,
    }
    asked = options.output is not None or options.plot is not None
    if jax.process_index() == 0:
        if interruption is None and asked:
            frame = result.table() if law is None else law_table(result, law) + result.table()
            output.write(frame, output=options.output, plot=options.plot)
        print(json.dumps(summary, allow_nan=False)) if options.json else _print(result.task, result.generator, summary)
    if interruption is not None:
        kept = f"{options.checkpoint} holds these, and the same command goes on from them."
        unwritten = " What they are of is not whole: neither --output nor --plot is written." * asked
        lost = "With --checkpoint FILE the next run could go on from where it is interrupted."
        say(
            f"{program('sim')}: interrupted after {result.replicates:,} replicates, of which the numbers are. "
            f"{kept if options.checkpoint else lost}{unwritten}"
        )
        return leave(130) if options.distributed else 130
    return 1 if comparison.verdict == "disagree" else 0


def _chosen(task: Task) -> dict[str, str]:
    """What the task was told in words."""
    return {choice.name: getattr(task, choice.name) for choice in task.choices}


def _print(task: Task, generator: Generator, summary: dict[str, Any]) -> None:
    chosen = "".join(f"{value} {name}, " for name, value in _chosen(task).items())
    numbers = ", ".join(f"{name}={value}" for name, value in (task.numbers | task.typed_details).items())
    numbers += "" if generator == USUAL else f", {generator}"
    print(
        "{workflow}, {chosen}{numbers}: {replicates:,} replicates, {sampler} sampler in {precision}".format(
            chosen=chosen, numbers=numbers, **summary
        )
    )
    print(task.quantity(summary["quantity"]).meaning)
    heading = f"{'n':>4}  {'mean':>12}  {'std. error':>12}  {'law':>12}  {'z':>6}  {'2.5 %':>12}  {'97.5 %':>12}"
    print(heading + (f"  {'unconverged':>12}" if summary["unconverged"] else ""))
    nothing = [None] * summary["iterations"]
    columns = [summary[name] or nothing for name in ("mean", "standard_error", "theory", "z")]
    columns += [summary["quantiles"].get(level, nothing) for level in ("0.025", "0.975")]
    formats = [("12", ".6g"), ("12", ".6g"), ("12", ".6g"), ("6", ".2f"), ("12", ".6g"), ("12", ".6g")]
    if summary["unconverged"]:
        columns, formats = [*columns, summary["unconverged"]], [*formats, ("12", ",")]
    for iteration, values in enumerate(zip(*columns, strict=True), 1):
        cells = [
            f"{'-' if value is None else format(value, form):>{width}}"
            for value, (width, form) in zip(values, formats, strict=True)
        ]
        print(f"{iteration:>4}  " + "  ".join(cells))
    print(f"verdict: {summary['verdict']}: {summary['reason']}")
    if summary["note"] and summary["note"] != summary["reason"]:
        print(f"note: {summary['note']}")


def parser(task: type[Task] = TASKS[0]) -> Parser:
    """That of the command line, for a task."""
    chosen = f"{example_of(task)} --replicates 500 --seed 1"
    of_sim = command_parser(
        "sim",
        "Simulate linear regression under a workflow, and hold the means against the law: status 1 if they disagree.",
        [f"accumulate {chosen}", f"replace {example_of(task)} --relative-error 1% --checkpoint replace.state"],
        on=("jax", "jaxlib"),
        note=f", on {platforms()}",
    )
    add_workflows(of_sim, partial(_options, task), example=chosen)
    return of_sim


def main(arguments: list[str] | None = None) -> int:
    """Run the command line; returns the exit status."""
    task = chosen_task(program("sim"), arguments)
    return run_command(parser(task), partial(_main, task), arguments)


if __name__ == "__main__":
    sys.exit(main())
