"""`python -m theory WORKFLOW --design fresh --T 100 --d 32`: a workflow's law, with its derivation.

`python -m theory check-bound WORKFLOW "3*sigma**2*d/(T-d-1)" --design fixed` judges a bound on it.
"""

import signal

signal.signal(signal.SIGINT, signal.SIG_DFL)  # Ctrl-C while the imports run ends without a traceback

import argparse
import json
import sys
from typing import Any

import sympy as sp

from . import bound_command, linear, table
from .cli import Parser, add_workflows, build_workflow, positive_number, run, whole_number
from .law import Law

#: The gains of so many iterations, exact fractions, take seconds.
LISTED = 5000


def _options(command: Parser) -> None:
    add = command.add_argument
    add(
        "--design",
        choices=linear.DESIGNS,
        required=True,
        help="one X for all iterations, or a fresh one each",
    )
    add("--T", type=whole_number, help="samples an iteration, at least d + 2")
    add("--d", type=whole_number, help="features")
    add("--sigma", type=positive_number, default=1.0, help="noise standard deviation (default: 1)")
    add("--iterations", type=whole_number, default=10, help="model-fitting iterations (default: 10)")
    output = command.add_mutually_exclusive_group()
    output.add_argument("--latex", action="store_true", help="print the derivation as LaTeX")
    output.add_argument("--json", action="store_true", help="print one JSON value")


def summary(law: Law, T: int | None, d: int | None, sigma: float, iterations: int) -> dict[str, Any]:
    """What `--json` prints; `test_error` is null where T and d are not given."""
    growth = law.growth()
    numbers = None if T is None or d is None else law.evaluate(T=T, d=d, sigma=sigma, n=range(1, iterations + 1))
    return {
        "workflow": law.workflow.command(),
        "parameters": {name: None if value is None else str(value) for name, value in law.workflow.parameters.items()},
        "design": law.design,
        "expression": str(law.expr),
        "exact": law.exact,
        "test_error": None if numbers is None else numbers.tolist(),
        "gain": [str(c) for c in law.gain(iterations)],
        "closed_form": _text(law.closed_form()),
        "limit": _text(law.limit()),
        "growth": None if growth is None else growth.kind,
        "growth_constant": None if growth is None else str(growth.constant),
        "assumptions": [str(relation) for relation in law.assumptions],
        "source": law.source,
        "T": T,
        "d": d,
        "sigma": sigma,
        "iterations": iterations,
    }


def _text(expression: sp.Expr | None) -> str | None:
    return None if expression is None else str(expression)


def _print(law: Law, summary: dict[str, Any]) -> None:
    print(f"{law.workflow}, {law.design} design: test error of model n, noise left out, n = 1 the fit to real data")
    print(f"  E_n         = {law.expr}")
    print(f"  closed form = {law.closed_form()}")
    print(f"  limit       = {law.limit()}")
    print(f"  growth      : {law.growth()}")
    print(f"  needs       : {', '.join(map(str, law.assumptions))}")
    print(f"  validity    : {'exact at finite T' if law.exact else 'large-T'}")
    print(f"  source      : {law.source}")
    print(f"derivation\n{law.derivation}")
    numbers = summary["test_error"]
    print(f"{'n':>4}  {'gain c_n':>12}  " + ("" if numbers is None else "test error"))
    for row, c in enumerate(law.gain(summary["iterations"])):
        value = "" if numbers is None else f"{numbers[row]:.10g}"
        print(f"{row + 1:>4}  {float(c):>12.8g}  {value}")


def _main(options: argparse.Namespace) -> int:
    law = linear.test_error(build_workflow(options), design=options.design)
    if (options.T is None) != (options.d is None):
        raise ValueError("--T and --d go together: give both for numbers, or neither for the formulas alone.")
    if options.iterations > LISTED:
        raise ValueError(
            f"at most {LISTED:,} iterations are listed; got {options.iterations:,}. The closed form and the growth, "
            "where there is one, hold for every n."
        )
    result = summary(law, options.T, options.d, options.sigma, options.iterations)
    if options.json:
        print(json.dumps(result, allow_nan=False))
    elif options.latex:
        print(law.derivation.latex())
    else:
        _print(law, result)
    return 0


def _table(options: argparse.Namespace) -> int:
    laws = table.rows()
    if options.json:
        print(json.dumps(table.values(laws), allow_nan=False))
    else:
        print(table.latex(laws) if options.latex else table.markdown(laws))
    return 0


def main(arguments: list[str] | None = None) -> int:
    """Run the command line; returns the exit status."""
    parser = Parser(prog="python -m theory", description=__doc__)
    commands = add_workflows(parser, _options)
    bound_command.add_to(commands)
    summary = "every workflow at both designs: gain, closed form, limit, growth, needs, source"
    command = commands.add_parser("table", help=summary, description=f"{summary.capitalize()}.")
    command.set_defaults(main=_table)
    output = command.add_mutually_exclusive_group()
    for style in ("markdown", "latex", "json"):
        output.add_argument(f"--{style}", action="store_true", help=f"print it as {style}")
    return run(parser, lambda options: getattr(options, "main", _main)(options), arguments)


if __name__ == "__main__":
    sys.exit(main())
