"""`python -m sim WORKFLOW --design fresh --T 100 --d 32 --replicates 10000`: simulate, and hold against the law."""

import signal

signal.signal(signal.SIGINT, signal.SIG_DFL)  # Ctrl-C while the imports run ends without a traceback

import argparse
import contextlib
import json
import math
import os
import sys
from collections.abc import Iterable, Iterator

import jax
import jax.random as jr
import numpy as np

from theory import Law, RuleDoesNotApply, UnequalLaw, Workflow, unequal
from theory.cli import (
    Parser,
    add_workflows,
    build_workflow,
    natural_number,
    positive_number,
    run as run_command,
    whole_number,
)
from theory.linear import DESIGNS, test_error

from .hosts import Lost, join, use_all_cores
from .model import LinearRegression
from .run import Run, run
from .samplers import PRECISIONS, SAMPLERS
from .statistics import Comparison, compare


def _options(command: Parser) -> None:
    add = command.add_argument
    add("--design", choices=DESIGNS, required=True, help="one X for all iterations, or a fresh one each")
    add("--T", type=_whole_numbers, required=True, help="samples an iteration, at least d + 2; or one each: 100,200")
    add("--d", type=whole_number, required=True, help="features")
    add("--sigma", type=_positive_numbers, default=1.0, help="noise standard deviation; or one each (default: 1)")
    add("--iterations", type=whole_number, default=10, help="model-fitting iterations (default: 10)")
    add("--replicates", type=whole_number, help="independent chains (default: 1000); at most, with --relative-error")
    add("--relative-error", type=_share, help="go on until every standard error is this share of its mean, as 0.1%%")
    add("--sampler", choices=SAMPLERS, default="auto", help="default: auto, the fastest exact one")
    add("--precision", choices=PRECISIONS, help="of the chains (default: float32 where nothing is lost by it)")
    add("--checkpoint", metavar="FILE", help="keep the state there, and go on from it after an interruption")
    add("--seed", type=natural_number, default=0, help="seed of all random numbers (default: 0)")
    add("--batch-size", type=whole_number, help="chains under way at once; bounds memory, changes no digit")
    add("--distributed", action="store_true", help="share the run with other processes of a cluster")
    add("--coordinator", metavar="HOST:PORT", help="where process 0 listens, if no cluster is detected")
    add("--processes", type=whole_number, help="how many processes there are")
    add("--process", type=natural_number, help="which of them this is, from 0")
    add("--asymptotic", action="store_true", help="hold the run against a law that is exact only for T -> oo")
    add("--json", action="store_true", help="print one JSON value")


def _whole_numbers(text: str) -> int | tuple[int, ...]:
    values = tuple(whole_number(part) for part in text.split(","))
    return values if len(values) > 1 else values[0]


def _positive_numbers(text: str) -> float | tuple[float, ...]:
    values = tuple(positive_number(part) for part in text.split(","))
    return values if len(values) > 1 else values[0]


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


def _law(workflow: Workflow, model: LinearRegression) -> Law | UnequalLaw | None:
    if not model.is_unequal:
        return test_error(workflow, design=model.design)
    try:
        return unequal(workflow, design=model.design)
    except RuleDoesNotApply:
        return None


@contextlib.contextmanager
def _results_only() -> Iterator[None]:
    """Standard output is for results; what a transport writes there of its connections goes to standard error."""
    kept = os.dup(1)
    os.dup2(2, 1)
    try:
        yield
    finally:
        os.dup2(kept, 1)
        os.close(kept)


def _run(options: argparse.Namespace) -> Run:
    place = options.coordinator, options.processes, options.process
    if options.distributed:
        join(*place)
    elif any(value is not None for value in place):
        raise ValueError("--coordinator, --processes and --process say where a run is shared: add --distributed.")
    use_all_cores()
    model = LinearRegression(options.T, options.d, options.sigma, design=options.design)
    replicates = options.replicates
    if replicates is None and options.relative_error is None:
        replicates = 1000
    with jax.enable_x64(True):  # else a seed beyond 32 bits would be cut
        key = jr.key(options.seed)
    try:
        return run(
            model,
            build_workflow(options),
            iterations=options.iterations,
            replicates=replicates,
            key=key,
            sampler=options.sampler,
            precision=options.precision,
            relative_error=options.relative_error,
            checkpoint=options.checkpoint,
            batch_size=options.batch_size,
            progress=True,
        )
    except Lost as lost:
        print(f"python -m sim: {lost}", file=sys.stderr, flush=True)
        os._exit(2)  # a regular exit would wait for the lost process


def _main(options: argparse.Namespace) -> int:
    with _results_only() if options.distributed else contextlib.nullcontext():
        result = _run(options)
    model, workflow = result.model, result.workflow
    law = _law(workflow, model)
    if law is None:
        none = np.full(result.iterations, np.nan)
        comparison = Comparison(none, none, math.nan, "not comparable", f"no law of {workflow} at unequal pools.")
    else:
        comparison = compare(result, law, asymptotic=options.asymptotic)
    estimate = result.test_error
    summary = {
        "workflow": workflow.command(),
        "parameters": {name: None if value is None else str(value) for name, value in workflow.parameters.items()},
        "design": model.design,
        "T": model.T,
        "d": model.d,
        "sigma": model.sigma,
        "iterations": result.iterations,
        "replicates": result.replicates,
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
    if jax.process_index() == 0:
        print(json.dumps(summary, allow_nan=False)) if options.json else _print(summary)
    return 1 if comparison.verdict == "disagree" else 0


def _print(summary: dict) -> None:
    print(
        "{workflow}, {design} design, T={T}, d={d}, sigma={sigma}: {replicates:,} replicates, {sampler} sampler in "
        "{precision}\ntest error of model n, noise left out, n = 1 the fit to real data".format(**summary)
    )
    print(f"{'n':>4}  {'mean':>12}  {'std. error':>12}  {'law':>12}  {'z':>6}  {'2.5 %':>12}  {'97.5 %':>12}")
    nothing = [None] * summary["iterations"]
    columns = [summary[name] or nothing for name in ("mean", "standard_error", "theory", "z")]
    columns += [summary["quantiles"].get(level, nothing) for level in ("0.025", "0.975")]
    formats = (("12", ".6g"), ("12", ".6g"), ("12", ".6g"), ("6", ".2f"), ("12", ".6g"), ("12", ".6g"))
    for iteration, values in enumerate(zip(*columns, strict=True), 1):
        cells = [
            f"{'-' if value is None else format(value, form):>{width}}"
            for value, (width, form) in zip(values, formats, strict=True)
        ]
        print(f"{iteration:>4}  " + "  ".join(cells))
    print(f"verdict: {summary['verdict']}: {summary['reason']}")
    if summary["note"] and summary["note"] != summary["reason"]:
        print(f"note: {summary['note']}")


def main(arguments: list[str] | None = None) -> int:
    """Run the command line; returns the exit status."""
    parser = Parser(prog="python -m sim", description=__doc__)
    add_workflows(parser, _options)
    return run_command(parser, _main, arguments)


if __name__ == "__main__":
    sys.exit(main())
