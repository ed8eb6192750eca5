"""`python -m theory check-bound WORKFLOW BOUND --design fixed`: is the workflow's law at most the bound?"""

import argparse
import json
from fractions import Fraction
from functools import partial

from .bounds import check_bound
from .cli import Parser, add_task, add_workflows, build_task, build_workflow, positive_number
from .law import law as law_of
from .prover.bounds import Proved, Refuted, Undecided
from .task import Task


def _options(task: type[Task], command: Parser) -> None:
    add = command.add_argument
    names = ", ".join(parameter.name for parameter in task.parameters)
    add("bound", help=f"in {names} and n, as in '{task.quantities[0].unit}*pi**2/6'")
    add_task(command, task, parameters=False)
    add("--domain", action="append", default=[], metavar="RELATION", help="as in 'T >= 2*d'; may be repeated")
    add("--time-limit", type=positive_number, help="seconds (default: none; searches end after units of work)")
    add("--asymptotic", action="store_true", help="judge the limits for T -> oo, in units of one fit's, over n alone")
    add("--json", action="store_true", help="print one JSON value")
    command.set_defaults(main=partial(_main, task), kind="check-bound")


def _number(value: int | Fraction) -> int | float:
    return value if isinstance(value, int) else int(value) if value.denominator == 1 else float(value)


def _main(task: type[Task], options: argparse.Namespace) -> int:
    law = law_of(build_task(task, options, parameters=False), build_workflow(options), options.of)
    verdict = check_bound(
        law, options.bound, domain=options.domain, time_limit=options.time_limit, asymptotic=options.asymptotic
    )
    point = {k: _number(v) for k, v in verdict.counterexample.items()} if isinstance(verdict, Refuted) else None
    steps = verdict.certificate.steps() if isinstance(verdict, Proved) else None
    if options.json:
        summary = {
            "task": law.task.name,
            "quantity": law.quantity.name,
            "workflow": law.workflow.command(),
            **{choice.name: getattr(law.task, choice.name) for choice in law.task.choices},
            "expression": str(law.expr),
            "bound": options.bound,
            "domain": options.domain,
            "verdict": verdict.verdict,
            "counterexample": point,
            "certificate": steps,
            "tried": list(verdict.tried) if isinstance(verdict, Undecided) else None,
            "validity": law.validity,
            "exact": law.exact,
            "asymptotic": verdict.asymptotic,
        }
        print(json.dumps(summary, allow_nan=False))
        return 0
    print(f"{law.expr} <= {options.bound}: {verdict.verdict}{' in the limit T -> oo' if verdict.asymptotic else ''}")
    if point is not None:
        print(
            f"  the {'gain' if verdict.asymptotic else 'law'} exceeds the bound at "
            + ", ".join(f"{name} = {value}" for name, value in point.items())
        )
    for line in steps or (verdict.tried if isinstance(verdict, Undecided) else ()):
        print(f"  {line}")
    return 0


def add_to(commands: "argparse._SubParsersAction[Parser]", task: type[Task]) -> None:
    """Add `check-bound`, with one subcommand for each workflow."""
    summary = "prove or refute that a workflow's law is at most a bound"
    command = commands.add_parser("check-bound", help=summary, description=f"{summary.capitalize()}.")
    add_workflows(command, partial(_options, task))
