"""`python -m theory check-bound WORKFLOW BOUND --design fixed`: is the workflow's law at most the bound?"""

import argparse
import json
from fractions import Fraction

from . import linear
from .bounds import check_bound
from .cli import Parser, add_workflows, build_workflow, positive_number
from .prover.bounds import Proved, Refuted, Undecided


def _options(command: Parser) -> None:
    add = command.add_argument
    add("bound", help="in T, d, sigma and n, as in 'sigma**2*d/(T-d-1)*pi**2/6'")
    add("--design", choices=linear.DESIGNS, required=True, help="one X for all iterations, or a fresh one each")
    add("--domain", action="append", default=[], metavar="RELATION", help="as in 'T >= 2*d'; may be repeated")
    add("--time-limit", type=positive_number, default=20.0, help="seconds (default: 20)")
    add("--json", action="store_true", help="print one JSON value")
    command.set_defaults(main=_main, kind="check-bound")


def _number(value: int | Fraction) -> int | float:
    return value if isinstance(value, int) else int(value) if value.denominator == 1 else float(value)


def _main(options: argparse.Namespace) -> int:
    law = linear.test_error(build_workflow(options), design=options.design)
    verdict = check_bound(law, options.bound, domain=options.domain, time_limit=options.time_limit)
    point = {k: _number(v) for k, v in verdict.counterexample.items()} if isinstance(verdict, Refuted) else None
    steps = verdict.certificate.steps() if isinstance(verdict, Proved) else None
    if options.json:
        summary = {
            "workflow": law.workflow.command(),
            "design": law.design,
            "expression": str(law.expr),
            "bound": options.bound,
            "domain": options.domain,
            "verdict": verdict.verdict,
            "counterexample": point,
            "certificate": steps,
            "tried": list(verdict.tried) if isinstance(verdict, Undecided) else None,
            "exact": law.exact,
        }
        print(json.dumps(summary, allow_nan=False))
        return 0
    print(f"{law.expr} <= {options.bound}: {verdict.verdict}{'' if law.exact else ' (of the large-T law)'}")
    if point is not None:
        print("  the law exceeds the bound at " + ", ".join(f"{name} = {value}" for name, value in point.items()))
    for line in steps or (verdict.tried if isinstance(verdict, Undecided) else ()):
        print(f"  {line}")
    return 0


def add_to(commands: "argparse._SubParsersAction[Parser]") -> None:
    """Add `check-bound`, with one subcommand a workflow."""
    summary = "prove or refute that a workflow's law is at most a bound"
    add_workflows(commands.add_parser("check-bound", help=summary, description=f"{summary.capitalize()}."), _options)
