"""What the command lines of theory, sim and neural share: workflow names, number types, one line a mistake."""

import argparse
import math
import os
import signal
import sys
from collections.abc import Callable
from dataclasses import MISSING, fields
from fractions import Fraction
from typing import NoReturn

from .workflow import WORKFLOWS, Workflow


class Parser(argparse.ArgumentParser):
    """An argument parser whose errors are one line on standard error, with exit status 2."""

    def __init__(self, **options: object) -> None:
        super().__init__(allow_abbrev=False, **options)

    def error(self, message: str) -> NoReturn:
        """Say what was given and what is needed."""
        self.exit(2, f"{self.prog}: {message} (--help shows the options)\n")


def add_workflows(parser: Parser, add_options: Callable[[Parser], None]) -> "argparse._SubParsersAction[Parser]":
    """Add one subcommand a workflow, each with the workflow's parameters and the options given; returns their group."""
    commands = parser.add_subparsers(metavar="WORKFLOW", dest="workflow", required=True)
    for workflow in WORKFLOWS:
        summary = (workflow.__doc__ or "").splitlines()[0]
        command = commands.add_parser(workflow.command(), help=summary, description=summary)
        command.set_defaults(build=workflow)
        for field in fields(workflow):  # pyright: ignore[reportArgumentType]: every workflow is a dataclass
            needed = field.default is MISSING
            command.add_argument(
                f"--{field.name.replace('_', '-')}",
                type=exact_number,
                required=needed,
                default=argparse.SUPPRESS,
                help="" if needed else f"(default: {field.default})",
            )
        add_options(command)
    return commands


def build_workflow(options: argparse.Namespace) -> Workflow:
    """The workflow that the options name."""
    names = [field.name for field in fields(options.build)]
    return options.build(**{name: getattr(options, name) for name in names if hasattr(options, name)})


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


def positive_number(text: str) -> float:
    """A positive finite number, as in `--sigma 0.5`."""
    try:
        value = float(text)
    except ValueError:
        value = math.nan
    if not 0 < value < math.inf:
        raise argparse.ArgumentTypeError(f"must be a positive finite number; got {text!r}")
    return value


def run(parser: Parser, main: Callable[[argparse.Namespace], int], arguments: list[str] | None) -> int:
    """Parse, call `main`, and turn a user's mistake into one line and exit status 2."""
    signal.signal(signal.SIGINT, signal.default_int_handler)
    # Gains of thousands of iterations have more digits than Python prints by default.
    sys.set_int_max_str_digits(0)
    options = parser.parse_args(arguments)
    try:
        status = main(options)
        sys.stdout.flush()
        return status
    except BrokenPipeError:  # the reader, as in `| head`, has seen enough
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return 0
    except (ValueError, FloatingPointError, OSError) as error:
        words = [getattr(options, name) for name in ("kind", "workflow") if name in options]
        print(f"{' '.join([parser.prog, *words])}: {error}", file=sys.stderr)
        return 2
    except KeyboardInterrupt:
        print(f"{parser.prog}: interrupted", file=sys.stderr)
        return 130
