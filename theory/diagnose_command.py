"""`python -m theory diagnose losses.csv`: which workflow's law do measured losses follow?"""

import argparse
import csv
import json
from functools import partial
from pathlib import Path

import numpy as np

from .cli import Parser, named_workflow, positive_number, whole_number
from .diagnose import Diagnosis, diagnose

#: What a row may tell; others are not looked at.
_NEEDED, _OPTIONAL = ("iteration", "loss"), ("standard_error", "seed")


def from_table(file: Path, **options: object) -> Diagnosis:
    """Diagnose a table of CSV with the columns iteration and loss, and standard_error or seed where there are any.

    Args:
        file: a row a model; with seeds, every seed has the same iterations.
        options: as those of `diagnose`, the losses, standard errors and iterations left out.

    Raises:
        ValueError: no such columns, a row that is not numbers, an iteration that is there twice, or a gap.
    """
    with file.open(newline="", encoding="utf-8-sig") as lines:
        reader = csv.DictReader(lines)
        columns = reader.fieldnames or []
        missing = [name for name in _NEEDED if name not in columns]
        if missing:
            raise ValueError(
                f"{file} has no column {' and no column '.join(missing)}; the first line must name the columns: "
                f"{', '.join(_NEEDED)}, and standard_error or seed where there are any."
            )
        if all(name in columns for name in _OPTIONAL):
            raise ValueError(f"{file} has standard_error and seed; leave one of them out.")
        errors: dict[int, float] = {}
        losses: dict[str, dict[int, float]] = {}
        for row in reader:
            where = f"{file}, line {reader.line_num}"
            n = _number(row["iteration"], f"{where}: iteration")
            if n != int(n):
                raise ValueError(f"{where}: iteration must be a whole number; got {row['iteration']}.")
            chain = losses.setdefault(row.get("seed") or "", {})
            if n in chain:
                hint = "Give each chain a seed" if "seed" not in columns else "Keep one of them"
                raise ValueError(f"{where}: iteration {int(n)} is there twice. {hint}, and one workflow a file.")
            chain[int(n)] = _number(row["loss"], f"{where}: loss")
            if "standard_error" in columns:
                errors[int(n)] = _number(row["standard_error"], f"{where}: standard_error")
    if not losses:
        raise ValueError(f"{file} has no rows; give one a model, with its iteration and loss.")
    first, *others = losses.values()
    if any(other.keys() != first.keys() for other in others):
        raise ValueError(f"{file}: every seed must have the same iterations; leave out those that some seeds lack.")
    iterations = sorted(first)
    values = np.array([[chain[n] for n in iterations] for chain in losses.values()])
    given = [errors[n] for n in iterations] if errors else None
    return diagnose(values if others else values[0], given, iterations=iterations, **options)  # pyright: ignore[reportArgumentType]: as `diagnose` checks


def _number(text: str | None, what: str) -> float:
    try:
        return float(text or "")
    except ValueError:
        raise ValueError(f"{what} must be a number; got {text!r}.") from None


def _share(text: str) -> float:
    level = positive_number(text)
    if not level < 1:
        raise argparse.ArgumentTypeError(f"must be below 1, as 0.95; got {text!r}")
    return level


def _iterations(text: str) -> list[int]:
    return [whole_number(part) for part in text.split(",")]


def add_to(commands: "argparse._SubParsersAction[Parser]") -> None:
    """Add `diagnose`."""
    summary = "which workflows' laws measured losses fit, what they estimate, and what later models will show"
    command = commands.add_parser(
        "diagnose", help=summary, description=f"{summary.capitalize()}.", examples=["losses.csv", "losses.csv --json"]
    )
    add = command.add_argument
    add("file", type=Path, help="CSV with the columns iteration and loss, and standard_error or seed if there are any")
    known = partial(named_workflow, "diagnose: --workflow")
    add(
        "--workflow",
        dest="known",
        type=known,
        metavar="WORKFLOW",
        help="the only candidate, as 'sliding-window --k 3' (default: all named)",
    )
    add("--seeds", type=whole_number, help="that the standard errors were estimated from (default: they are exact)")
    add("--best-loss", type=float, help="of the best model, where it is known: 0 for an excess (default: estimated)")
    add("--level", type=_share, default=0.95, help="of intervals and tests (default: 0.95)")
    add("--forecasts", type=_iterations, default="20,100", help="iterations to say the loss of (default: 20,100)")
    add("--json", action="store_true", help="print one JSON value")
    command.set_defaults(main=_main)


def _main(options: argparse.Namespace) -> int:
    names = ("seeds", "best_loss", "level", "forecasts")
    found = from_table(options.file, workflow=options.known, **{name: getattr(options, name) for name in names})
    print(json.dumps(found.values(), allow_nan=False) if options.json else found)
    return 0
