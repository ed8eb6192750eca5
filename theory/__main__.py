"""`python -m theory WORKFLOW --design fresh --T 100 --d 32`: a workflow's law, with its derivation.

`python -m theory check-bound WORKFLOW "3*sigma**2*d/(T-d-1)" --design fixed` judges a bound on it.
"""

import theory.interruption  # noqa: F401, I001 - first: Ctrl-C while the rest is imported ends without a traceback

import argparse
import json
import math
import sys
from collections.abc import Mapping, Sequence
from functools import partial
from typing import Any

import numpy as np
import sympy as sp

from . import (
    bound_command,
    diagnose_command,
    generator_command,
    generator_table,
    output,
    plan_command,
    table,
    task_table,
)
from .cli import (
    Parser,
    add_task,
    add_workflows,
    build_task,
    build_workflow,
    chosen_task,
    command_parser,
    example_of,
    run,
    whole_number,
)
from .generator import Generator
from .derivation import MOST_EXACT
from .frame import Frame
from .law import Law, law as law_of
from .program import program
from .task import Task
from .tasks import TASKS
from .tasks.regression import GeneratedLaw

#: The gains of so many iterations, exact fractions, take seconds.
LISTED = 5000


def _options(task: type[Task], command: Parser) -> None:
    add_task(command, task)
    command.set_defaults(main=partial(_main, task))
    add = command.add_argument
    add("--iterations", type=whole_number, default=10, help="model-fitting iterations (default: 10)")
    generator_command.add_to(command)
    output.add_output(command, "the values by iteration")
    output.add_plot(command, "the values by iteration")
    printed = command.add_mutually_exclusive_group()
    printed.add_argument("--latex", action="store_true", help="print the derivation as LaTeX")
    printed.add_argument("--json", action="store_true", help="print one JSON value")


def summary(law: Law, numbers: dict[str, Any], iterations: int) -> dict[str, Any]:
    """What `--json` prints; the values are null where a parameter has no number.

    Args:
        law: with symbols for all parameters, or with these numbers.
        numbers: of the parameters, `None` where there is none.
        iterations: listed, from 1 on.
    """
    known = None not in numbers.values()
    growth = law.growth() or (law.growth(**numbers) if known else None)
    values = _listed(law.evaluate(n=range(1, iterations + 1), **numbers)) if known else None
    return {
        "task": law.task.name,
        "quantity": law.quantity.name,
        "workflow": law.workflow.command(),
        "parameters": {name: None if value is None else str(value) for name, value in law.workflow.parameters.items()},
        **{each.name: getattr(law.task, each.name) for each in (*law.task.choices, *law.task.several)},
        **law.task.typed_details,
        "expression": str(law.expr),
        "validity": law.validity,
        "exact": law.exact,
        law.quantity.name: values,
        "values": values,
        "estimates": None if law.exact else _estimates(law, numbers, iterations),
        "gain": [str(c) for c in law.gain(iterations)],
        "closed_form": _text(law.closed_form()),
        "limit": None if growth is None else str(growth.limit),
        "growth": None if growth is None else growth.kind,
        "growth_constant": None if growth is None or growth.constant is None else str(growth.constant),
        "growth_scale": None if growth is None else _text(growth.scale),
        "assumptions": [str(relation) for relation in law.assumptions],
        "source": law.source,
        **numbers,
        "iterations": iterations,
    }


def _estimates(law: Law, numbers: dict[str, Any], iterations: int) -> dict[str, list[float | None] | list[str] | None]:
    """Values by validity, as far as there are any, and kappa_n as exact rationals."""
    found: dict[str, list[float | None] | list[str] | None] = {law.validity: None}
    if None not in numbers.values():
        found = {name: _listed(values) for name, values in law.estimates(iterations, **numbers).items()}
    known = law.derived.kappa is not None and iterations <= MOST_EXACT
    return {**found, "kappa": list(map(str, law.kappa(iterations))) if known else None}


def _listed(values: np.ndarray) -> list[float | None]:
    """As JSON has them: `None` for what is infinite, or beyond what a float can be."""
    return [value if math.isfinite(value) else None for value in values.tolist()]


def _text(expression: sp.Expr | None) -> str | None:
    return None if expression is None else str(expression)


def _print(law: Law, summary: dict[str, Any]) -> None:
    chosen = "".join(f", {getattr(law.task, choice.name)} {choice.name}" for choice in law.task.choices)
    chosen += "".join(f", {name} {value}" for name, value in law.task.typed_details.items())
    print(f"{law.workflow}{chosen}: {law.quantity.meaning}")
    print(f"  {law.quantity.symbol:<11} = {law.expr}")
    print(f"  closed form = {law.closed_form()}")
    numbers = {name: summary[name] for name in (parameter.name for parameter in law.task.parameters)}
    growth = law.growth() or (law.growth(**numbers) if None not in numbers.values() else None)
    print(f"  limit       = {None if growth is None else growth.limit}")
    print(f"  growth      : {growth}")
    print(f"  needs       : {', '.join(map(str, law.assumptions))}")
    print(f"  validity    : {'exact at finite T' if law.exact else law.validity}")
    print(f"  source      : {law.source}")
    print(f"derivation\n{law.derivation}")
    values = summary["values"]
    print(f"{'n':>4}  {'gain c_n':>12}  " + ("" if values is None else law.quantity.name.replace("_", " ")))
    for row, c in enumerate(law.gain(summary["iterations"])):
        value = "" if values is None else "infinite" if values[row] is None else f"{values[row]:.10g}"
        print(f"{row + 1:>4}  {float(c):>12.8g}  {value}")
    _print_estimates(summary)


def _print_estimates(summary: dict[str, Any]) -> None:
    columns = {name: found for name, found in (summary["estimates"] or {}).items() if found}
    columns.pop(summary["validity"], None)
    if not columns:
        return
    print("besides, where the law is not exact (kappa: of the next order in 1/T)")
    print(f"{'n':>4}  " + "  ".join(f"{name:>14}" for name in columns))
    for row in range(summary["iterations"]):
        shown = (
            f"{values[row] if isinstance(values[row], str) else format(values[row], '.10g'):>14}"
            for values in columns.values()
        )
        print(f"{row + 1:>4}  " + "  ".join(shown))


def _main(task: type[Task], options: argparse.Namespace) -> int:
    of, workflow = build_task(task, options, parameters=False), build_workflow(options)
    generator = generator_command.build(options)
    numbers = {parameter.name: getattr(options, parameter.name) for parameter in task.parameters} | of.numbers
    needed = [parameter.name for parameter in task.parameters if parameter.default is None]
    missing = [name for name in needed if numbers[name] is None]
    if missing and len(missing) < len(needed):
        raise ValueError(
            f"{' and '.join(f'--{name}' for name in needed)} go together: give "
            f"{'both' if len(needed) == 2 else 'all'} for numbers, or {'neither' if len(needed) == 2 else 'none'} for "
            "the formulas alone."
        )
    if missing and (options.output or options.plot):
        needs = "--output" if options.output else "--plot"
        raise ValueError(f"{needs} needs numbers: give {' and '.join(f'--{name}' for name in missing)} too.")
    if options.iterations > LISTED:
        raise ValueError(
            f"at most {LISTED:,} iterations are listed; got {options.iterations:,}. The closed form and the growth, "
            "where there is one, hold for every n."
        )
    if generator == Generator():
        law = law_of(build_task(task, options, parameters=True) if of.by_numbers else of, workflow, options.of)
    else:
        law = of.generated(workflow, generator)
    if not isinstance(law, Law):
        _write(law, numbers, options)
        generator_command.report(of, workflow, generator, options)
        return 0
    if law.quantity.name != options.of:
        raise ValueError(f"under {generator} the law of the {law.quantity.name} is known; leave out --of {options.of}.")
    result = summary(law, numbers, options.iterations)
    if generator != Generator():
        result["temperature"] = str(generator.temperature)
    _write(law, numbers, options)
    if options.json:
        print(json.dumps(result, allow_nan=False))
    elif options.latex:
        print(law.derivation.latex())
    else:
        _print(law, result)
    return 0


def _write(law: Law | GeneratedLaw, numbers: dict[str, Any], options: argparse.Namespace) -> None:
    if options.output or options.plot:
        output.write(law.table(options.iterations, **numbers), output=options.output, plot=options.plot)


def _table(task: type[Task], options: argparse.Namespace) -> int:
    if options.tasks:
        lines = task_table.lines()
        _write_table(task_table.values(lines), options)
        print(json.dumps(task_table.values(lines)) if options.json else task_table.markdown(lines))
        return 0
    laws: list[table.Entry] = [*table.rows(task, options.of)]
    if options.of == task.quantities[0].name:  # of which the laws under generators are
        laws += generator_table.generator_rows(task)
    _write_table(table.values(laws), options)
    if options.json:
        print(json.dumps(table.values(laws), allow_nan=False))
    else:
        print(table.latex(laws) if options.latex else table.markdown(laws))
    return 0


def _write_table(rows: Sequence[Mapping[str, str | None]], options: argparse.Namespace) -> None:
    if options.output is not None:
        Frame.of(rows).write(options.output)


def parser(task: type[Task] = TASKS[0]) -> Parser:
    """That of the command line, for a task."""
    chosen = example_of(task)
    of_theory = command_parser(
        "theory",
        "A workflow's law with its derivation, bounds on it, and the table of all laws.",
        [f"accumulate {chosen}", f"check-bound {bound_command.examples(task)[0]}", "table --markdown"],
        on=("sympy", "python-flint"),
    )
    commands = add_workflows(of_theory, partial(_options, task), example=chosen)
    bound_command.add_to(commands, task)
    diagnose_command.add_to(commands)
    plan_command.add_to(commands)
    summary = (
        "every workflow in each variant of the task: gain, closed form, limit, growth, next order in 1/T, needs, source"
    )
    command = commands.add_parser("table", help=summary, description=f"{summary.capitalize()}.", examples=["--latex"])
    add_task(command, task, choices=False, parameters=False)
    command.set_defaults(main=partial(_table, task))
    meaning = "every task under the workflows that matter most, in a word each, in the place of one task's laws"
    command.add_argument("--tasks", action="store_true", help=meaning)
    output.add_output(command, "it")
    printed = command.add_mutually_exclusive_group()
    printed.add_argument("--markdown", action="store_true", help="print it as Markdown (default)")
    printed.add_argument("--latex", action="store_true", help="print it as LaTeX")
    printed.add_argument("--json", action="store_true", help="print one JSON value")
    return of_theory


def main(arguments: list[str] | None = None) -> int:
    """Run the command line; returns the exit status."""
    task = chosen_task(program("theory"), arguments)
    return run(parser(task), lambda options: options.main(options), arguments)


if __name__ == "__main__":
    sys.exit(main())
