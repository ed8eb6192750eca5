"""`python -m theory plan --T 100 --d 32 --error 0.6 …`: the cheapest workflow that keeps models below an error."""

import argparse
import json
from fractions import Fraction

from .cli import Parser, exact_number, whole_number
from .plan import plan
from .tasks.regression.checks import DESIGNS


def add_to(commands: "argparse._SubParsersAction[Parser]") -> None:
    """Add `plan`."""
    summary = "the workflow that keeps models below an error at the least cost, by the exact laws, or why none does"
    example = "--T 100 --d 32 --error 0.6 --iterations 20 --real-cost 10 --sampled-cost 1"
    command = commands.add_parser(
        "plan", help=summary, description=f"{summary.capitalize()}.", examples=[example, f"{example} --json"]
    )
    add = command.add_argument
    add("--error", type=exact_number, required=True, help="every model's mean error has to be below it")
    add("--iterations", type=whole_number, required=True, help="models")
    add("--T", type=whole_number, required=True, help="rows of the first real data, and of a sampled pool of size 1")
    add("--d", type=whole_number, help="features of a linear regression (default: --excess is given)")
    add("--sigma", type=exact_number, default=Fraction(1), help="noise standard deviation (default: 1)")
    add("--design", choices=DESIGNS, default="fixed", help="one X, or a new one each iteration (default: fixed)")
    add("--excess", type=exact_number, help="measured, of one fit, in place of --d (default: that of a regression)")
    add("--real-cost", type=exact_number, default=Fraction(1), help="of a real row (default: 1)")
    add("--sampled-cost", type=exact_number, default=Fraction(0), help="of a sampled row (default: 0)")
    add("--budget", type=exact_number, help="the most that all rows may cost (default: no limit)")
    share = "the least share of the loss on sampled data from the second training set on (default: 1/2)"
    add("--least-sampled", type=exact_number, default=Fraction(1, 2), help=share)
    add("--largest", type=whole_number, default=10, help="the largest sampled pool that is tried, over T (default: 10)")
    add("--json", action="store_true", help="print one JSON value")
    command.set_defaults(main=_main)


def _main(options: argparse.Namespace) -> int:
    names = ("error", "iterations", "T", "d", "sigma", "design", "excess", "real_cost", "sampled_cost")
    given = {name: getattr(options, name) for name in (*names, "least_sampled", "largest")}
    found = plan(options.budget, **given)
    print(json.dumps(found.values(), allow_nan=False) if options.json else found)
    return 0
