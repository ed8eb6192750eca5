"""`python -m neural plot FOLDER…` and `python -m neural compare FOLDER FOLDER`: what runs in folders say."""

import argparse
import json
import math
from collections.abc import Mapping, Sequence
from functools import reduce
from operator import add
from pathlib import Path

from theory.measurement import LEVEL, Measurement
from theory.output import PICTURES, new_picture, new_table
from theory.parser import Parser
from theory.program import say

from .configuration import Kind
from .outcome import Outcome, differences, differing, read_run

#: Where a picture goes if nobody says where.
_PICTURE = "{metric}.png"


def add_to(commands: "argparse._SubParsersAction[Parser]", kinds: Mapping[str, Kind]) -> None:
    """Add both commands.

    Args:
        commands: beside which they stand.
        kinds: of models, by name.
    """
    summary = "draw a metric of runs by iteration, with intervals over seeds and paired differences"
    examples = ["runs/replace runs/accumulate --output losses.png"]
    plot = commands.add_parser("plot", help=summary, description=f"{summary.capitalize()}.", examples=examples)
    plot.add_argument("runs", nargs="+", type=Path, metavar="FOLDER", help="of a run, as --run-dir named it")
    _add_metric(plot)
    told = "new file: a picture (.pdf, .png, .svg) or the numbers (.csv, .json, .parquet) (default: METRIC.png here)"
    plot.add_argument("--output", type=_new_file, metavar="FILE", help=told)
    plot.set_defaults(main=lambda options: _plot(options, kinds))
    summary = "say at each iteration which of two runs is higher, by paired differences with intervals"
    examples = ["runs/replace runs/accumulate"]
    compare = commands.add_parser("compare", help=summary, description=f"{summary.capitalize()}.", examples=examples)
    compare.add_argument("first", type=Path, metavar="FOLDER", help="of a run, as --run-dir named it")
    compare.add_argument("second", type=Path, metavar="FOLDER", help="of the run that is held against it")
    _add_metric(compare)
    compare.add_argument("--json", action="store_true", help="print one JSON value")
    compare.set_defaults(main=_compare)


def _add_metric(command: Parser) -> None:
    told = "a metric of metrics.csv (default: test_loss)"
    command.add_argument("--metric", default="test_loss", metavar="NAME", help=told)


def _new_file(text: str) -> Path:
    return new_picture(text) if Path(text).suffix in PICTURES else new_table(text)


def _plot(options: argparse.Namespace, kinds: Mapping[str, Kind]) -> int:
    output = options.output or _by_default(_PICTURE.format(metric=options.metric))
    runs = _runs(options.runs)
    if output.suffix in PICTURES:
        from theory.style import save_picture  # Matplotlib comes with these

        from .picture import plot

        kind = kinds.get(runs[0].configuration.get("kind", ""))
        measured = kind.metric if kind is not None and options.metric == "test_loss" else ""
        save_picture(output, plot(*runs, metric=options.metric, measured=measured))
    else:
        reduce(add, (run.table(options.metric) for run in runs)).write(output)
    print(output)
    return 0


def _by_default(name: str) -> Path:
    """The file that is written where none is named.

    Raises:
        ValueError: it is there already.
    """
    try:
        return new_picture(name)
    except argparse.ArgumentTypeError as error:
        raise ValueError(f"--output names a file; without it {error}") from error


def _runs(paths: list[Path]) -> list[Outcome]:
    """The runs in folders; of several paths those that are no folders are left out, in one line each."""
    folders = [path for path in paths if path.is_dir() or not path.exists() or len(paths) == 1]
    for path in paths:
        if path not in folders:
            say(f"{path} is a file, and left out.")
    if not folders:
        raise ValueError(f"none of the {len(paths)} is a folder; give the folders of runs, as --run-dir named them.")
    return [read_run(folder) for folder in folders]


def _compare(options: argparse.Namespace) -> int:
    one, other = read_run(options.first), read_run(options.second)
    objection = differing(one, other)
    if objection is not None:
        raise ValueError(objection)
    found = differences(other, one, options.metric)
    if options.json:
        print(json.dumps(_summary(one, other, options.metric, found), allow_nan=False))
        return 0
    print(
        f"{options.metric}: {_named(other)} less {_named(one)}, paired over {min(one.seeds, other.seeds)} seeds, with "
        f"{LEVEL:.0%} intervals of each difference by Student's t"
    )
    for n, difference in enumerate(found, 1):
        low, high = difference.interval()
        print(f"{n:>4}  {difference.mean:+.6g} ({low:+.6g} to {high:+.6g}): {_verdict(other, difference)}")
    if len(found) > 1:
        told = [str(n) for n, still in enumerate(together(found), 1) if still]
        print(
            f"each verdict is of its own iteration; of all {len(found)} at once, by Holm's rule, those of "
            f"{', '.join(told) or 'none'} hold"
        )
    return 0


def together(found: Sequence[Measurement]) -> list[bool]:
    """Which differences are told from 0 all at once, by Holm's rule: any is by chance in 1 - `LEVEL` of cases at most.

    >>> [together([Measurement(2.1, 1.0), Measurement(other, 1.0)]) for other in (5.0, 0.5)]
    [[True, True], [False, False]]
    """
    ranked = sorted(range(len(found)), key=lambda n: -_distance(found[n]))
    holds = [False] * len(found)
    for rank, n in enumerate(ranked):
        low, high = found[n].interval(1 - (1 - LEVEL) / (len(found) - rank))
        if low <= 0 <= high:
            break
        holds[n] = True
    return holds


def _distance(difference: Measurement) -> float:
    """From 0, in standard errors; all have the same degrees of freedom."""
    if difference.standard_error == 0:
        return math.inf if difference.mean else 0.0
    return abs(difference.mean) / difference.standard_error


def _named(run: Outcome) -> str:
    told = run.alike
    return f"{run.path} ({', '.join(filter(None, (told['workflow'], told['parameters'])))})"


def _verdict(other: Outcome, difference: Measurement) -> str:
    word = _word(difference)
    return word if word in ("the same", "not told apart") else f"{other.path} is {word}"


def _word(difference: Measurement) -> str:
    low, high = difference.interval()
    if low == high == 0:
        return "the same"
    return "higher" if low > 0 else "lower" if high < 0 else "not told apart"


def _summary(one: Outcome, other: Outcome, metric: str, found: list[Measurement]) -> dict[str, object]:
    """What `--json` prints: the second run less the first, iteration by iteration."""
    intervals = [each.interval() for each in found]
    return {
        "metric": metric,
        "runs": [str(one.path), str(other.path)],
        "workflows": [run.alike["workflow"] for run in (one, other)],
        "seeds": min(one.seeds, other.seeds),
        "difference": [each.mean for each in found],
        "standard_error": [each.standard_error for each in found],
        "low": [low for low, _ in intervals],
        "high": [high for _, high in intervals],
        "verdict": [_word(each) for each in found],
        "holds_at_all_at_once": together(found),
    }
