"""`python -m sim WORKFLOW --design fresh --T 100 --d 32 --replicates 10000`: simulate, and hold against the law."""

import signal

signal.signal(signal.SIGINT, signal.SIG_DFL)  # Ctrl-C while the imports run ends without a traceback

import argparse
import json
import math
import sys
from collections.abc import Iterable

import jax
import jax.random as jr

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

from .model import LinearRegression
from .run import run
from .statistics import compare


def _options(command: Parser) -> None:
    add = command.add_argument
    add("--design", choices=DESIGNS, required=True, help="one X for all iterations, or a fresh one each")
    add("--T", type=whole_number, required=True, help="samples an iteration, at least d + 2")
    add("--d", type=whole_number, required=True, help="features")
    add("--sigma", type=positive_number, default=1.0, help="noise standard deviation (default: 1)")
    add("--iterations", type=whole_number, default=10, help="model-fitting iterations (default: 10)")
    add("--replicates", type=whole_number, default=1000, help="independent chains (default: 1000)")
    add("--seed", type=natural_number, default=0, help="seed of all random numbers (default: 0)")
    add("--batch-size", type=whole_number, help="chains under way at once; bounds memory, changes no digit")
    add("--asymptotic", action="store_true", help="hold the run against a law that is exact only for T -> oo")
    add("--json", action="store_true", help="print one JSON value")


def _numbers(values: Iterable[float]) -> list[float | None]:
    return [float(value) if math.isfinite(value) else None for value in values]


def _main(options: argparse.Namespace) -> int:
    model = LinearRegression(options.T, options.d, options.sigma, design=options.design)
    workflow = build_workflow(options)
    with jax.enable_x64(True):  # else a seed beyond 32 bits would be cut
        key = jr.key(options.seed)
    result = run(
        model,
        workflow,
        iterations=options.iterations,
        replicates=options.replicates,
        key=key,
        batch_size=options.batch_size,
        progress=True,
    )
    comparison = compare(result, test_error(workflow, design=options.design), asymptotic=options.asymptotic)
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
        "mean": _numbers(estimate.mean),
        "standard_error": _numbers(estimate.standard_error),
        "quantiles": {str(level): _numbers(values) for level, values in estimate.quantiles.items()},
        "theory": _numbers(comparison.law),
        "z": _numbers(comparison.z),
        "max_abs_z": _numbers([comparison.max_abs_z])[0],
        "verdict": comparison.verdict,
        "reason": comparison.reason,
    }
    if options.json:
        print(json.dumps(summary, allow_nan=False))
    else:
        _print(summary)
    return 1 if comparison.verdict == "disagree" else 0


def _print(summary: dict) -> None:
    print(
        "{workflow}, {design} design, T={T}, d={d}, sigma={sigma:g}: {replicates} replicates, {sampler} sampler\n"
        "test error of model n, noise left out, n = 1 the fit to real data".format(**summary)
    )
    print(f"{'n':>4}  {'mean':>12}  {'std. error':>12}  {'law':>12}  {'z':>6}  {'2.5 %':>12}  {'97.5 %':>12}")
    columns = [summary[name] for name in ("mean", "standard_error", "theory", "z")]
    columns += [summary["quantiles"][level] for level in ("0.025", "0.975")]
    for iteration, (mean, error, law, z, low, high) in enumerate(zip(*columns, strict=True), 1):
        error_text, z_text = ("-" if x is None else format(x, f) for x, f in ((error, ".6g"), (z, ".2f")))
        print(
            f"{iteration:>4}  {mean:>12.6g}  {error_text:>12}  {law:>12.6g}  {z_text:>6}  {low:>12.6g}  {high:>12.6g}"
        )
    print(f"verdict: {summary['verdict']}: {summary['reason']}")


def main(arguments: list[str] | None = None) -> int:
    """Run the command line; returns the exit status."""
    parser = Parser(prog="python -m sim", description=__doc__)
    add_workflows(parser, _options)
    return run_command(parser, _main, arguments)


if __name__ == "__main__":
    sys.exit(main())
