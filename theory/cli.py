"""What the command lines share: workflows and tasks as options, number types, one line a mistake."""

import argparse
import math
import os
import shlex
import signal
import sys
from collections.abc import Callable, Sequence
from dataclasses import MISSING, fields
from fractions import Fraction
from functools import partial
from pathlib import Path
from typing import Any

import sympy as sp

from .parser import Parser as Parser
from .program import program, say, versions
from .prover.second_opinion import Contradiction
from .ranges import Range
from .summary import summary
from .task import Parameter, Task
from .tasks import TASKS
from .workflow import Workflow
from .workflows import WORKFLOWS

#: How JAX's errors begin where a device's memory is full, or what is asked for would fit into none.
_NO_MEMORY = ("RESOURCE_EXHAUSTED", "random bits array of size exceeding")


def command_parser(
    package: str, description: str, examples: Sequence[str], *, on: Sequence[str], note: str = ""
) -> Parser:
    """The parser of `python -m PACKAGE`, with its `--version`.

    Args:
        package: its name.
        description: what it does, the first lines of its help.
        examples: of its command lines, without the program's name; the last lines of its help.
        on: the installed packages that its numbers depend on.
        note: what else `--version` says.
    """
    parser = Parser(prog=program(package), description=description, examples=examples)
    said = f"{parser.prog}: {versions(*on)}{note}"
    parser.add_argument("--version", action="version", version=said, help="print the versions and exit")
    return parser


def add_workflows(
    parser: Parser, add_options: Callable[[Parser], None], *, example: str = "", symbols: bool = False
) -> "argparse._SubParsersAction[Parser]":
    """Add one subcommand for each workflow, with its parameters and the options given; returns their group.

    Args:
        parser: that gets them.
        add_options: adds the other options to the parser of each workflow.
        example: options that follow those of a workflow in the example of its help; none without.
        symbols: whether a letter may stand for a parameter: for all numbers of its range.
    """
    commands = parser.add_subparsers(metavar="WORKFLOW", dest="workflow", required=True)
    for workflow in WORKFLOWS:
        said = summary(workflow)
        needed = [field.name for field in fields(workflow) if field.default is MISSING]  # pyright: ignore[reportArgumentType]: every workflow is a dataclass
        given = [f"{_flag(name)} {workflow.ranges[name].example}" for name in needed]
        examples = [" ".join([example, *given])] if example else []
        command = commands.add_parser(workflow.command(), help=said, description=said, examples=examples)
        command.set_defaults(build=workflow)
        for field in fields(workflow):  # pyright: ignore[reportArgumentType]: every workflow is a dataclass
            numbers = workflow.ranges[field.name]
            meaning = numbers.meaning.removeprefix("is ") + "; a number, or a letter for all of these" * symbols
            if field.name not in needed:
                meaning += f" (default: {numbers.without if field.default is None else field.default})"
            command.add_argument(
                _flag(field.name),
                type=partial(_number_or_symbol, numbers) if symbols else exact_number,
                required=field.name in needed,
                default=argparse.SUPPRESS,
                metavar=field.name.upper().rpartition("_")[2],
                help=meaning,
            )
        add_options(command)
    return commands


def _flag(name: str) -> str:
    return "--" + name.replace("_", "-")


def build_workflow(options: argparse.Namespace) -> Workflow:
    """The workflow that the options name."""
    names = [field.name for field in fields(options.build)]
    return options.build(**{name: getattr(options, name) for name in names if hasattr(options, name)})


def named_workflow(option: str, text: str) -> Workflow:
    """A workflow with its parameters, as they are written after a command, in the value of an option.

    Args:
        option: the command and the option, as mistakes name it.
        text: as `sliding-window --k 3`; letters stand for parameters.
    """
    parser = Parser(prog=f"{program('theory')} {option}")
    add_workflows(parser, lambda _: None, symbols=True)
    try:
        return build_workflow(parser.read(shlex.split(text)))
    except ValueError as error:
        raise argparse.ArgumentTypeError(str(error)) from error


def chosen_task(prog: str, arguments: Sequence[str] | None) -> type[Task]:
    """The task that `--task` names, before the other options are known: these are the task's own."""
    parser = Parser(prog=prog, add_help=False)
    add_task_name(parser)
    known, _ = parser.parse_known_args(arguments)
    return next(task for task in TASKS if task.name == known.task)


def add_task_name(command: Parser) -> None:
    """Add `--task`."""
    names = [task.name for task in TASKS]
    listed = f"what is refitted: {', '.join(names)} (default: {names[0]})"
    command.add_argument("--task", choices=names, default=names[0], metavar="NAME", help=listed)


def add_task(
    command: Parser,
    task: type[Task],
    *,
    choices: bool = True,
    parameters: bool = True,
    needed: bool = False,
    each: bool = False,
) -> None:
    """Add `--task`, `--of`, and an option for each choice, parameter and detail of the task.

    Args:
        command: the parser.
        task: whose options.
        choices: whether choices and details are options at all.
        parameters: whether they are.
        needed: whether parameters without a default must be given.
        each: whether parameters that may differ between iterations take several numbers, as 100,200.
    """
    add = command.add_argument
    add_task_name(command)
    names = [quantity.name for quantity in task.quantities]
    add("--of", type=_underscored, choices=names, default=names[0], help=f"the quantity (default: {names[0]})")
    for choice in task.choices if choices else ():
        meaning = choice.meaning if choice.default is None else f"{choice.meaning} (default: {choice.default})"
        needs = {"required": choice.default is None, "default": choice.default}
        add(f"--{choice.name}", choices=choice.options, help=meaning, **needs)
    for numbers in task.several if choices else ():
        meaning = f"{numbers.meaning} (default: {','.join(map(str, numbers.default))})"
        add(f"--{numbers.name}", type=_numbers, default=numbers.default, help=meaning)
    told = {name for detail in task.details for name in detail.tells}
    for parameter in task.parameters if parameters else ():
        several = each and parameter.each
        form = _several(number_type(parameter)) if several else number_type(parameter)
        meaning = parameter.meaning + "; or one each: 100,200" * several
        if not needed or parameter.default is not None:
            default = "its symbol" if parameter.default is None else f"{parameter.default:g}"
            meaning += f" (default: {default})"
        required = needed and parameter.default is None and parameter.name not in told
        add(f"--{parameter.name}", type=form, default=parameter.default, required=required, help=meaning)
    for detail in (detail for detail in task.details if choices and detail.typed):
        if detail.switch:
            action = "store_false" if detail.default else "store_true"
            add(f"--{detail.switch}", dest=detail.name, action=action, help=detail.meaning)
        elif detail.words:
            add(f"--{detail.name}", choices=detail.words, default=detail.default, help=detail.meaning)
        else:
            add(f"--{detail.name}", type=nonnegative_number, default=detail.default, help=detail.meaning)


def example_of(task: type[Task], *, parameters: bool = True) -> str:
    """Options that a task can be given, with its typical numbers."""
    options = [f"--{choice.name} {choice.options[0]}" for choice in task.choices if choice.default is None]
    for parameter in task.parameters if parameters else ():
        number = parameter.default if parameter.typical is None else parameter.typical
        options += [] if number is None else [f"--{parameter.name} {number:g}"]
    return " ".join(options)


def build_task(task: type[Task], options: argparse.Namespace, *, parameters: bool) -> Task:
    """The task that the options name, with its numbers or with symbols for them."""
    names = [each.name for each in (*task.choices, *task.several)]
    names += [detail.name for detail in task.details if detail.typed]
    names += [parameter.name for parameter in task.parameters] if parameters else []
    return task(**{name: getattr(options, name) for name in names})


def _underscored(name: str) -> str:
    """`mean-error` as `mean_error`."""
    return name.replace("-", "_")


def _numbers(text: str) -> tuple[Fraction, ...]:
    """Several numbers as written, as in `--p 1/2,0.3,0.2`."""
    return tuple(map(exact_number, text.split(",")))


def number_type(parameter: Parameter) -> Callable[[str], int] | Callable[[str], float]:
    """How the command line reads a number of the parameter."""
    return whole_number if parameter.symbol.is_integer else positive_number


def _several(one: Callable[[str], Any]) -> Callable[[str], Any]:
    def read(text: str) -> Any:
        first, *rest = [one(part) for part in text.split(",")]
        return (first, *rest) if rest else first

    return read


def whole_number(text: str) -> int:
    """A whole number of at least 1, as in `--T 100`."""
    return _whole(text, least=1)


def natural_number(text: str) -> int:
    """A whole number of at least 0 below 2^63, as in `--seed 0`."""
    return _whole(text, least=0)


def _whole(text: str, least: int) -> int:
    try:
        # an int exactly; 1e6 through a float, which is exact for what a float can tell apart
        value = int(text) if text.isdecimal() and len(text) < 20 else float(text)
    except ValueError:
        value = math.nan
    if value >= 2**63:
        raise argparse.ArgumentTypeError(f"must be below 2^63; got {text!r}")
    if not least <= value or value != int(value):
        raise argparse.ArgumentTypeError(f"must be a whole number of at least {least}; got {text!r}")
    return int(value)


def exact_number(text: str) -> Fraction:
    """A number taken exactly as written, as in `--weight 1/2` or `--weight 0.3`."""
    try:
        if len(text) > 40 or "e" in text.lower():  # an exponent could ask for any number of digits
            raise ValueError(text)
        return Fraction(text)
    except (ValueError, ZeroDivisionError) as error:
        raise argparse.ArgumentTypeError(f"must be a number such as 2, 1/2 or 0.5; got {text!r}") from error


def _number_or_symbol(numbers: Range, text: str) -> Fraction | sp.Symbol:
    """A number, or a symbol for all numbers of a parameter's range, as in `--weight w`."""
    return numbers.symbol(text) if text.isidentifier() else exact_number(text)


def positive_number(text: str) -> float:
    """A positive finite number, as in `--sigma 0.5`."""
    value = _finite(text)
    if not value > 0:
        raise argparse.ArgumentTypeError(f"must be a positive finite number; got {text!r}")
    return value


def nonnegative_number(text: str) -> float:
    """A finite number of at least 0, as in `--ridge 0.1`."""
    value = _finite(text)
    if not value >= 0:
        raise argparse.ArgumentTypeError(f"must be a finite number of at least 0; got {text!r}")
    return value


def _finite(text: str) -> float:
    """The number, or nan where it is none, or infinite."""
    try:
        value = float(text)
    except ValueError:
        return math.nan
    return value if math.isfinite(value) else math.nan


def run(parser: Parser, main: Callable[[argparse.Namespace], int], arguments: list[str] | None) -> int:
    """Parse, call `main`, and turn a user's mistake into one line and exit status 2; a defect of the prover into 1."""
    signal.signal(signal.SIGINT, signal.default_int_handler)
    sys.excepthook = sys.__excepthook__
    # Gains of thousands of iterations have more digits than Python prints by default.
    sys.set_int_max_str_digits(0)
    options = parser.read(sys.argv[1:] if arguments is None else arguments)
    try:
        status = main(options)
        sys.stdout.flush()
        return status
    except BrokenPipeError:  # the reader, as in `| head`, has seen enough
        _drop_output()
        return 0
    except Contradiction as error:  # no mistake of the user's
        _say(parser, options, error)
        return 1
    except (ValueError, FloatingPointError, OSError, MemoryError, RuntimeError) as error:
        if isinstance(error, RuntimeError) and not str(error).startswith(_NO_MEMORY):
            raise
        _say(parser, options, _told(error, options))
        return 2
    except KeyboardInterrupt:
        say(f"{parser.prog}: interrupted")
        return 130


def _say(parser: Parser, options: argparse.Namespace, what: object) -> None:
    """What is wrong, in one line on standard error, after what was printed so far."""
    words = [getattr(options, name) for name in ("kind", "workflow") if name in options]
    say(f"{' '.join([parser.prog, *words])}: {what}")
    try:
        sys.stdout.flush()
    except OSError:  # that was it, and Python would try again in the end
        _drop_output()


def _told(error: Exception, options: argparse.Namespace) -> str:
    """What an error says; of a file that the system refuses, also which option named it, or its folder."""
    if isinstance(error, MemoryError | RuntimeError):
        first = next(iter(str(error).splitlines()), "none is left")
        return f"there is not enough memory ({first}); choose smaller numbers"
    if not isinstance(error, OSError) or error.filename is None or error.strerror is None:
        return str(error)
    file = Path(os.fsdecode(error.filename))
    for name, value in vars(options).items():
        given = Path(value) if isinstance(value, str | Path) and value else None
        hidden = given is not None and file.parent == given.parent and file.name.startswith(f".{given.stem}")
        if given is not None and (hidden or given in (file, *file.parents)):
            return f"{_flag(name)} {value}: {error.strerror} ({file}); give one that can be read and written"
    return str(error)


def _drop_output() -> None:
    """Let what is still to be printed go nowhere."""
    os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
