"""`python -m theory check-bound WORKFLOW BOUND --design fixed`: is the workflow's law at most the bound?"""

import argparse
import json
import sys
from dataclasses import asdict
from fractions import Fraction
from functools import partial
from pathlib import Path
from typing import Any

from . import generator_command
from .bounds import check_bound
from .cli import (
    Parser,
    add_task,
    add_workflows,
    build_task,
    build_workflow,
    exact_number,
    example_of,
    named_workflow,
    number_type,
    positive_number,
    whole_number,
)
from .generator import Generator
from .law import Law, law as law_of
from .probability import check_probability
from .prover.verdicts import Proved, Refuted, Undecided
from .task import Task
from .workflow import Workflow


def _options(task: type[Task], command: Parser) -> None:
    add = command.add_argument
    names = ", ".join(parameter.name for parameter in task.parameters)
    example = f"'{task.quantities[0].unit}*pi**2/6'"
    add("bound", nargs="?", help=f"in {names}, n and the workflow's letters, as in {example}; or give --below")
    add_task(command, task, parameters=False)
    below = "judge law <= that workflow's, as 'sliding-window --k 3'; with --lower law >= that workflow's"
    add("--below", type=partial(named_workflow, "check-bound: --below"), metavar="WORKFLOW", help=below)
    add("--lower", action="store_true", help="judge law >= bound (default: law <= bound)")
    add("--probability", type=exact_number, metavar="P", help="judge P(error of model n > bound) <= P, for every n")
    add("--n", type=whole_number, help="with --probability: for this n alone (default: every n)")
    for parameter in task.parameters:
        add(f"--{parameter.name}", type=number_type(parameter), help=f"{parameter.meaning} (default: all there may be)")
    help = "judge only where this holds, as 'T >= 2*d'; may be repeated (default: the law's whole domain)"
    add("--domain", action="append", default=[], metavar="RELATION", help=help)
    add("--time-limit", type=positive_number, help="seconds (default: none; searches end after units of work)")
    generator_command.add_to(command)
    add("--asymptotic", action="store_true", help="judge the limits for T -> oo, in units of one fit's, over n alone")
    add(
        "--export",
        type=_new_file,
        metavar="FILE",
        help="write a proof as a script that PARI/GP verifies: gp -q -f FILE",
    )
    output = command.add_mutually_exclusive_group()
    output.add_argument("--json", action="store_true", help="print one JSON value")
    output.add_argument("--latex", action="store_true", help="print the proof as a LaTeX document")
    command.set_defaults(main=partial(_main, task), kind="check-bound")


def _new_file(text: str) -> Path:
    """A file that can be written, which is seen to before there is anything to write."""
    path = Path(text)
    if path.is_dir() or not path.parent.is_dir():
        raise argparse.ArgumentTypeError(f"needs a file in a folder that is there; got {text!r}")
    return path


def _number(value: int | Fraction) -> int | float:
    return value if isinstance(value, int) else int(value) if value.denominator == 1 else float(value)


def _law(task: Task, workflow: Workflow, options: argparse.Namespace) -> Law:
    """The law of a workflow under the generator that the options name."""
    generator = generator_command.build(options)
    if generator == Generator():
        return law_of(task, workflow, options.of)
    if task.numbers:
        given = ", ".join(f"--{name}" for name in task.numbers)
        raise ValueError(
            f"--temperature and --bias are judged for all parameters; put {given} into --domain, as 'T >= 9'."
        )
    return task.generated(workflow, generator, options.of).judged


def _other(task: Task, options: argparse.Namespace) -> str | Law:
    """The bound, or the law that serves as one."""
    if (options.bound is None) == (options.below is None):
        raise ValueError("give a bound, or a workflow whose law is one: --below replace-growing; one of the two.")
    if options.below is None:
        return options.bound
    return _law(task, options.below, options)


def _main(task: type[Task], options: argparse.Namespace) -> int:
    if options.probability is not None:
        return _tail(task, options)
    if options.n is not None:
        raise ValueError("--n goes with --probability; a bound is judged for every n from 1 on, or --domain 'n >= 2'.")
    chosen = build_task(task, options, parameters=True)
    law, other = _law(chosen, build_workflow(options), options), _other(chosen, options)
    verdict = check_bound(
        law,
        other,
        lower=options.lower,
        domain=options.domain,
        time_limit=options.time_limit,
        asymptotic=options.asymptotic,
    )
    bound = str(other.expr) if isinstance(other, Law) else other
    if isinstance(verdict, Proved):
        if options.export is not None:
            options.export.write_text(verdict.gp_script(), encoding="utf-8")
    elif options.export is not None or options.latex:
        print("there is no proof to be exported.", file=sys.stderr)
    if options.latex and isinstance(verdict, Proved):
        print(verdict.latex(), end="")
    elif options.json:
        print(json.dumps(_summary(law, bound, verdict, options), allow_nan=False))
    else:
        _print(law, bound, verdict)
    return 0


def _tail(task: type[Task], options: argparse.Namespace) -> int:
    """Judge a probability."""
    chosen, usual = map(generator_command.written, (generator_command.build(options), Generator()))
    given = [
        name
        for name in ("below", "lower", "asymptotic", "domain", "time_limit", "export", "latex")
        if getattr(options, name)
    ] + [name for name, value in chosen.items() if value != usual[name]]
    if given or options.bound is None:
        what = f"--{given[0].replace('_', '-')} does not go with it" if given else "it needs the bound"
        raise ValueError(f"--probability judges P(error > bound) at numbers of the parameters; {what}.")
    law = law_of(build_task(task, options, parameters=False), build_workflow(options), options.of)
    names = [parameter.name for parameter in task.parameters]
    numbers = {name: getattr(options, name) for name in names if getattr(options, name) is not None}
    verdict = check_probability(law, options.bound, options.probability, n=options.n, **numbers)
    if options.json:
        summary = {
            "task": law.task.name,
            "quantity": law.quantity.name,
            "workflow": law.workflow.command(),
            "parameters": _parameters(law.workflow),
            **{choice.name: getattr(law.task, choice.name) for choice in law.task.choices},
            **law.task.values(numbers),
            "bound": options.bound,
            "probability": str(options.probability),
            "n": options.n,
            "verdict": verdict.verdict,
            "counterexample": verdict.counterexample,
            "enclosure": verdict.enclosure,
            "gain": None if verdict.gain is None else str(verdict.gain),
            "certificate": None if verdict.certificate is None else verdict.certificate.steps(),
            "tried": list(verdict.tried) if verdict.verdict == "undecided" else None,
        }
        print(json.dumps(summary, allow_nan=False))
        return 0
    at = "every n" if options.n is None else f"n = {options.n}"
    print(f"P({law.quantity.name} of model n > {options.bound}) <= {options.probability} for {at}: {verdict.verdict}")
    if verdict.enclosure is not None:
        where = f"at n = {verdict.counterexample['n']}" if verdict.counterexample else f"at the gain {verdict.gain}"
        print(f"  it is between {verdict.enclosure[0]!r} and {verdict.enclosure[1]!r} {where}")
    for line in (*(verdict.certificate.steps() if verdict.certificate else ()), *verdict.tried):
        print(f"  {line}")
    return 0


def _summary(
    law: Law, bound: str, verdict: Proved | Refuted | Undecided, options: argparse.Namespace
) -> dict[str, Any]:
    """What `--json` prints."""
    below = options.below
    return {
        "task": law.task.name,
        "quantity": law.quantity.name,
        "workflow": law.workflow.command(),
        "parameters": _parameters(law.workflow),
        **{choice.name: getattr(law.task, choice.name) for choice in law.task.choices},
        **generator_command.written(generator_command.build(options)),
        "expression": str(law.expr),
        "bound": bound,
        "below": None if below is None else {"workflow": below.command(), "parameters": _parameters(below)},
        "lower": verdict.lower,
        "domain": options.domain,
        "verdict": verdict.verdict,
        "counterexample": _point(verdict),
        "certificate": verdict.certificate.steps() if isinstance(verdict, Proved) else None,
        "tried": list(verdict.tried) if isinstance(verdict, Undecided) else None,
        "validity": law.validity,
        "exact": law.exact,
        "asymptotic": verdict.asymptotic,
        "second_opinion": asdict(verdict.second_opinion) if isinstance(verdict, Proved) else None,
    }


def _parameters(workflow: Workflow) -> dict[str, str | None]:
    return {name: None if value is None else str(value) for name, value in workflow.parameters.items()}


def _point(verdict: Proved | Refuted | Undecided) -> dict[str, int | float] | None:
    if not isinstance(verdict, Refuted):
        return None
    return {name: _number(value) for name, value in verdict.counterexample.items()}


def _print(law: Law, bound: str, verdict: Proved | Refuted | Undecided) -> None:
    limit = " in the limit T -> oo" if verdict.asymptotic else ""
    print(f"{law.expr} {'>=' if verdict.lower else '<='} {bound}: {verdict.verdict}{limit}")
    point = _point(verdict)
    if point is not None:
        what, how = "gain" if verdict.asymptotic else "law", "is below" if verdict.lower else "exceeds"
        print(f"  the {what} {how} the bound at " + ", ".join(f"{name} = {value}" for name, value in point.items()))
    for line in verdict.certificate.steps() if isinstance(verdict, Proved) else verdict.tried:
        print(f"  {line}")
    if isinstance(verdict, Proved):
        print(f"  {verdict.second_opinion}")


def add_to(commands: "argparse._SubParsersAction[Parser]", task: type[Task]) -> None:
    """Add `check-bound`, with one subcommand for each workflow."""
    summary = "prove or refute that a workflow's law is at most a bound, or at least, or below another workflow's law"
    command = commands.add_parser(
        "check-bound", help=summary, description=f"{summary.capitalize()}.", examples=examples(task)
    )
    bound, chosen = f"'{_unit(task)}*n'", example_of(task, parameters=False)
    add_workflows(command, partial(_options, task), example=f"{bound} {chosen} --asymptotic", symbols=True)


def examples(task: type[Task]) -> list[str]:
    """Command lines without what comes before the workflow's name."""
    chosen = example_of(task, parameters=False)
    return [f"accumulate '{_unit(task)}*pi^2/6' {chosen}", f"accumulate --below replace-growing {chosen}"]


def _unit(task: type[Task]) -> str:
    """Of one fit, without spaces, which would let a shell or a terminal break it."""
    return str(task.quantities[0].unit).replace(" ", "")
