"""`python -m theory diagnose losses.csv`: which workflow's law do the losses of a chain, or of several, follow?"""

import argparse
import csv
import json
from collections.abc import Sequence
from dataclasses import dataclass
from functools import partial
from pathlib import Path

import numpy as np

from .cli import Parser, named_workflow, positive_number, whole_number
from .diagnose import Diagnosis, diagnose
from .diagnose_jointly import JointDiagnosis, diagnose_jointly

#: What a row may tell; others are not looked at.
_NEEDED, _OPTIONAL = ("iteration", "loss"), ("standard_error", "seed")

#: A row by the names of the columns, and its place in the file.
_Row = tuple[str, dict[str, str | None]]


def from_table(file: Path, **options: object) -> Diagnosis | JointDiagnosis:
    """Diagnose a table of CSV with the columns iteration and loss, and standard_error or seed, and chain, if any.

    Args:
        file: a row a model; with seeds, every seed of a chain has the same iterations.
        options: as those of `diagnose`, the losses, standard errors and iterations left out; `workflow` is of one
            chain, `workflows` of several.

    Raises:
        ValueError: no table, no such columns, a row that is not numbers, an iteration that is there twice, a gap, or
            chains of other seeds.
    """
    columns, found = _table(file)
    missing = [name for name in _NEEDED if name not in columns]
    if missing:
        raise ValueError(
            f"{file} has no column {' and no column '.join(missing)}; the first line must name the columns: "
            f"{', '.join(_NEEDED)}, and standard_error or seed where there are any, and chain of several."
        )
    if all(name in columns for name in _OPTIONAL):
        raise ValueError(f"{file} has standard_error and seed; leave one of them out.")
    rows: dict[str, list[_Row]] = {}
    for where, row in found:
        rows.setdefault(row.get("chain") or "", []).append((where, row))
    if not rows:
        raise ValueError(f"{file} has no rows; give one a model, with its iteration and loss.")
    chains = {name: _chain(file, given, columns) for name, given in rows.items()}
    workflows = options.pop("workflows", None)
    if "chain" not in columns:
        if workflows is not None:
            raise ValueError(
                f"{file} has no column chain, and several --workflow are given; give one, or name chains there."
            )
        (one,) = chains.values()
        return diagnose(one.losses, one.errors, iterations=one.iterations, **options)  # pyright: ignore[reportArgumentType]: as `diagnose` checks
    if options.pop("workflow", None) is not None:
        raise ValueError(
            f"{file} has {len(chains)} chains; give as many --workflow, or none for replace and accumulate."
        )
    first, *others = chains.values()
    if any(other.seeds != first.seeds for other in others):
        raise ValueError(
            f"{file}: chains are compared seed by seed, and have seeds of other names; name the same in each, or give "
            "mean losses with standard errors."
        )
    losses, errors, iterations = (
        {name: getattr(one, part) for name, one in chains.items()} for part in ("losses", "errors", "iterations")
    )
    if workflows is not None:
        options["workflows"] = workflows
    given = errors if "standard_error" in columns else None
    return diagnose_jointly(losses, given, iterations=iterations, **options)  # pyright: ignore[reportArgumentType]: as `diagnose_jointly` checks


def _table(file: Path) -> tuple[Sequence[str], list[_Row]]:
    """The names of the columns, and the rows."""
    try:
        with file.open(newline="", encoding="utf-8-sig") as lines:
            reader = csv.DictReader(lines)
            rows = [(f"{file}, line {reader.line_num}", row) for row in reader]
            return reader.fieldnames or [], rows
    except (csv.Error, UnicodeDecodeError) as error:
        raise ValueError(f"{file} is no table ({error}); give a text file of CSV, in UTF-8.") from error


@dataclass(frozen=True, eq=False)
class _Chain:
    """The losses of a chain, by seed where there are any, and what else is said of it."""

    losses: np.ndarray
    errors: list[float] | None
    iterations: list[int]
    seeds: list[str]


def _chain(file: Path, rows: list[_Row], columns: Sequence[str]) -> _Chain:
    """What the rows of one chain say; each comes with its place in the file."""
    errors: dict[int, float] = {}
    losses: dict[str, dict[int, float]] = {}
    for where, row in rows:
        n = _number(row["iteration"], f"{where}: iteration")
        if not n.is_integer():
            raise ValueError(f"{where}: iteration must be a whole number; got {row['iteration']}.")
        seed = losses.setdefault(row.get("seed") or "", {})
        if n in seed:
            lacking = [name for name in ("seed", "chain") if name not in columns]
            hint = f"Name each chain in a column {' or '.join(lacking)}" if lacking else "Keep one of them"
            raise ValueError(f"{where}: iteration {int(n)} is there twice. {hint}.")
        seed[int(n)] = _number(row["loss"], f"{where}: loss")
        if "standard_error" in columns:
            errors[int(n)] = _number(row["standard_error"], f"{where}: standard_error")
    first, *others = losses.values()
    if any(other.keys() != first.keys() for other in others):
        raise ValueError(f"{file}: every seed must have the same iterations; leave out those that some seeds lack.")
    iterations = sorted(first)
    seeds = sorted(losses)  # so that row i of each chain is of the same one
    values = np.array([[losses[seed][n] for n in iterations] for seed in seeds])
    given = [errors[n] for n in iterations] if errors else None
    return _Chain(values if others else values[0], given, iterations, seeds)


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
    add(
        "file",
        type=Path,
        help="CSV with the columns iteration and loss, and standard_error or seed, and chain, if there are any",
    )
    known = partial(named_workflow, "diagnose: --workflow")
    add(
        "--workflow",
        dest="known",
        action="append",
        type=known,
        metavar="WORKFLOW",
        help="the only candidate, as 'sliding-window --k 3' (default: all named); of several chains once for each, "
        "in any order (default: replace and accumulate)",
    )
    add("--seeds", type=whole_number, help="that the standard errors were estimated from (default: they are exact)")
    add("--best-loss", type=float, help="of the best model, where it is known: 0 for an excess (default: estimated)")
    add("--level", type=_share, default=0.95, help="of intervals and tests (default: 0.95)")
    add("--forecasts", type=_iterations, default="20,100", help="iterations to say the loss of (default: 20,100)")
    add("--json", action="store_true", help="print one JSON value")
    command.set_defaults(main=_main)


def _main(options: argparse.Namespace) -> int:
    names = ("seeds", "best_loss", "level", "forecasts")
    known = options.known or []
    asked = {"workflows": known} if len(known) > 1 else {"workflow": known[0] if known else None}
    found = from_table(options.file, **asked, **{name: getattr(options, name) for name in names})
    print(json.dumps(found.values(), allow_nan=False) if options.json else found)
    return 0
