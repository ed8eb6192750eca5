"""`--temperature`, `--bias`, `--edited`: the law of a workflow whose models are sampled otherwise than as they are."""

import argparse
import json
from collections.abc import Mapping
from typing import Any

from .cli import exact_number
from .generator import Generator
from .parser import Parser
from .summation import without_sums
from .task import Task
from .tasks.regression import GeneratedLaw
from .workflow import Workflow

#: The gains of so many iterations, noise by noise, take seconds.
LISTED = 200


def add_to(command: Parser) -> None:
    """Add the options."""
    add = command.add_argument
    usual = Generator()
    meaning = f"the noise of sampled labels over that of real ones (default: {usual.temperature})"
    add("--temperature", type=exact_number, default=usual.temperature, help=meaning)
    meaning = f"the length of what every sampled label's model is shifted by (default: {usual.bias})"
    add("--bias", type=exact_number, default=usual.bias, help=meaning)
    meaning = f"the share of the newest data whose labels are sampled anew, the rest kept (default: {usual.edited})"
    add("--edited", type=exact_number, default=usual.edited, help=meaning)
    meaning = f"what that share is multiplied by from one model to the next (default: {usual.fading})"
    add("--fading", type=exact_number, default=usual.fading, help=meaning)


def build(options: argparse.Namespace) -> Generator:
    """The generator that the options name."""
    return Generator(temperature=options.temperature, bias=options.bias, edited=options.edited, fading=options.fading)


def written(generator: Generator) -> dict[str, str]:
    """What the options set, as JSON has it."""
    return {name: str(getattr(generator, name)) for name in ("temperature", "bias", "edited", "fading")}


def summary(task: Task, law: GeneratedLaw, numbers: Mapping[str, Any], iterations: int) -> dict[str, Any]:
    """What `--json` prints; the values are null where a parameter has no number.

    Args:
        task: with symbols for all parameters.
        law: its law.
        numbers: T, d and sigma, `None` where there is none.
        iterations: listed, from 1 on.
    """
    growth, limit, known = law.growth(), law.limit(), None not in numbers.values()
    values = law.evaluate(n=range(1, iterations + 1), **numbers).tolist() if known else None
    estimates: dict[str, Any] | None = None
    if not law.exact:
        further = law.estimates(iterations, **numbers) if known else {}
        estimates = {law.validity: values} | {name: found.tolist() for name, found in further.items()}
    closed = None if law.expr is None else without_sums(law.expr)
    return {
        "task": task.name,
        "quantity": "test_error",
        "workflow": law.workflow.command(),
        "parameters": {name: None if value is None else str(value) for name, value in law.workflow.parameters.items()},
        "design": law.design,
        **written(law.generator),
        "expression": None if law.expr is None else str(law.expr),
        "validity": law.validity,
        "exact": law.exact,
        "test_error": values,
        "values": values,
        "estimates": estimates,
        "gain": [str(c) for c in law.gain(iterations)],
        "shift": [str(shift) for shift in law.shift(iterations)],
        "closed_form": None if closed is None else str(closed),
        "limit": None if limit is None else str(limit),
        "growth": None if growth is None else growth.kind,
        "growth_constant": None if growth is None or growth.constant is None else str(growth.constant),
        "growth_scale": None if growth is None or growth.scale is None else str(growth.scale),
        "assumptions": [str(relation) for relation in task.domain.relations()],
        **numbers,
        "iterations": iterations,
    }


def report(task: Task, workflow: Workflow, generator: Generator, options: argparse.Namespace) -> None:
    """Print the law of a workflow under a generator.

    Args:
        task: with symbols for all parameters.
        workflow: what each model is fitted to.
        generator: how data are sampled from a model.
        options: of the command: `iterations`, `json`, `latex`, and the task's numbers.

    Raises:
        ValueError: there is no such law, or no derivation of it, where LaTeX is asked for.
    """
    law = task.generated(workflow, generator)
    if options.iterations > LISTED:
        raise ValueError(f"at most {LISTED} iterations are listed under a generator; got {options.iterations}.")
    if options.latex:
        print(law.derivation.latex())
        return
    numbers = {parameter.name: getattr(options, parameter.name) for parameter in task.parameters}
    found = summary(task, law, numbers, options.iterations)
    if options.json:
        print(json.dumps(found, allow_nan=False))
        return
    print(f"{workflow}, {law.design} design, {generator}: test error of model n, noise left out")
    print(f"  E_n         = {law.expr}")
    print(f"  growth      : {law.growth()}")
    print(f"  validity    : {'exact at finite T' if law.exact else law.validity}")
    columns = {"gain c_n": found["gain"], "shift D_n": found["shift"], "test error": found["values"]}
    columns |= {name: values for name, values in (found["estimates"] or {}).items() if name != law.validity}
    columns = {name: values for name, values in columns.items() if values is not None}
    print(f"{'n':>4}  " + "  ".join(f"{name:>14}" for name in columns))
    for row in range(options.iterations):
        cells = (values[row] for values in columns.values())
        print(f"{row + 1:>4}  " + "  ".join(f"{c if isinstance(c, str) else format(c, '.10g'):>14}" for c in cells))
