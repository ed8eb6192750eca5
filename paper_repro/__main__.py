"""`python -m paper_repro list | run NAME --preset cpu | claims`: papers' experiments, and their claims judged.

`list` and `claims` take `--paper`, an arXiv number, for one paper alone.
"""

import theory.interruption  # noqa: F401, I001 - first: Ctrl-C while the rest is imported ends without a traceback

# isort: split

import argparse
import json
import sys
from collections.abc import Sequence
from contextlib import nullcontext
from pathlib import Path

from sim.files import anew
from sim.hosts import check_devices, keep_compiled, use_all_cores
from sim.keys import same_bits
from theory.cli import Parser, command_parser, run as run_command
from theory.program import program

from . import verdicts
from .claim import Judgement
from .paper import Paper
from .registry import BY_ARXIV, EXPERIMENTS, PAPERS, PRESETS


def _list(options: argparse.Namespace) -> int:
    of = {name: paper.arxiv for paper in PAPERS for name in paper.experiments}
    chosen = {name: entry for name, entry in EXPERIMENTS.items() if options.paper in (None, of.get(name))}
    width = max(map(len, EXPERIMENTS))
    print(f"{'experiment':<{width}}  {'result':<8}  {'presets':<22}  {'paper':<10}  what")
    for name, entry in chosen.items():
        presets, paper = ",".join(entry.presets), of.get(name, "–")
        print(f"{name:<{width}}  {entry.state(name):<8}  {presets:<22}  {paper:<10}  {entry.summary}")
    return 0


def _run(options: argparse.Namespace) -> int:
    use_all_cores()
    keep_compiled()
    if options.name == "all":
        names = [name for name, entry in EXPERIMENTS.items() if options.preset in entry.presets and not entry.live]
    else:
        names = [options.name]
    check_devices()
    folder = options.out or EXPERIMENTS[names[0]].folder(options.preset)
    chosen = {name: (EXPERIMENTS[name], EXPERIMENTS[name].at(name, options.preset)) for name in names}
    with anew(folder, f"{options.name}-again") if options.again else nullcontext(folder) as place, same_bits():
        for name, (entry, experiment) in chosen.items():
            is_there = options.out is None and options.preset == entry.kept and entry.state(name) == "recorded"
            is_read = is_there and not options.again
            if not is_read and (lacks := entry.lacks(options.preset)):
                if options.name != "all":
                    raise ValueError(f"{name}: {lacks}.")
                print(f"{program('paper_repro')}: {name} is left out: {lacks}.", file=sys.stderr)
                continue
            made = entry.recorded()[0] if is_read else place
            entry.run(experiment, made)
            print(f"{name} at {options.preset}: {(folder if made is place else made) / name}.csv")
    return 0


def _claims(options: argparse.Namespace) -> int:
    rows = verdicts.table(papers=[BY_ARXIV[options.paper]] if options.paper else PAPERS)
    if options.record:
        verdicts.keep(rows)
    departures = verdicts.departures(rows)
    if options.json:
        print(json.dumps(rows, allow_nan=False))
    elif options.markdown:
        print(markdown(rows))
    else:
        print(text(rows))
    for departure in departures:
        print(f"{program('paper_repro')} claims: a kept verdict no longer follows: {departure}", file=sys.stderr)
    return 1 if departures else 0


def _number(value: float | None) -> str:
    return "–" if value is None else f"{value:.3g}"


def _ours(row: Judgement) -> str:
    error = f" ± {_number(row['standard_error'])}" if row["standard_error"] else ""
    return _number(row["ours"]) + error


def heading(paper: Paper, rows: Sequence[Judgement]) -> str:
    """The paper, and how often there is which verdict on its claims."""
    return f"{paper.arxiv} {paper.cited}, {paper.title}: {verdicts.counted(rows)}"


def markdown(rows: Sequence[verdicts.Verdict]) -> str:
    """A table of claims for each paper: theirs, ours with its standard error, the verdict, what differs."""
    lines = []
    for paper, judged in verdicts.by_paper(rows):
        lines += [f"## {heading(paper, judged)}", ""]
        lines += ["| claim | where | theirs | ours | verdict | what differs |", "|---|---|---|---|---|---|"]
        for row in judged:
            cells = (row["statement"], row["where"], _number(row["theirs"]), _ours(row), row["verdict"], row["differs"])
            lines.append("| " + " | ".join(map(str, cells)) + " |")
        lines.append("")
    return "\n".join(lines[:-1])


def text(rows: Sequence[verdicts.Verdict]) -> str:
    """The claims for a terminal: numbers, what is claimed and where, what would confirm it, what differs."""
    claims = {claim.id: claim for claim in verdicts.CLAIMS}
    lines = []
    for paper, judged in verdicts.by_paper(rows):
        lines += [heading(paper, judged), ""]
        for row in judged:
            claim = claims[row["id"]]
            lines.append(f"{row['id']}: {row['verdict']}; theirs {_number(row['theirs'])}, ours {_ours(row)}")
            parts = {"claim": claim.statement, "where": row["where"], "test": claim.test, "differs": row["differs"]}
            lines += [f"  {name:<8} {part}" for name, part in parts.items() if part]
        lines.append("")
    return "\n".join(lines[:-1])


def main(arguments: list[str] | None = None) -> int:
    """Run the command line; returns the exit status."""
    return run_command(parser(), lambda options: options.main(options), arguments)


def parser() -> Parser:
    """That of the command line."""
    of_papers = command_parser(
        "paper_repro",
        "Papers' experiments, run or read as they are recorded, and papers' claims judged by them.",
        ["list", "run linear_a --preset smoke", "claims --markdown"],
        on=("jax", "jaxlib"),
    )
    commands = of_papers.add_subparsers(metavar="COMMAND", required=True)

    summary = "list the experiments, their presets and which have a recorded result"
    command = commands.add_parser("list", help=summary, description=f"{summary.capitalize()}.", examples=[""])
    command.set_defaults(main=_list)
    _add_paper(command)

    summary = "run an experiment, or read its recorded result; killed, the same command goes on with it"
    command = commands.add_parser(
        "run", help=summary, description=f"{summary.capitalize()}.", examples=["linear_a --preset smoke --out mine"]
    )
    command.set_defaults(main=_run)
    command.add_argument(
        "name", metavar="NAME", choices=[*EXPERIMENTS, "all"], help="of an experiment, or `all` that are recorded"
    )
    command.add_argument(
        "--preset",
        choices=PRESETS,
        default="cpu",
        help="how large: seconds; as recorded; one GPU; the paper's own (default: cpu)",
    )
    command.add_argument(
        "--out",
        type=Path,
        metavar="FOLDER",
        help="for results that are made (default: runs/smoke, or paper_repro/results, below the current folder)",
    )
    command.add_argument("--again", action="store_true", help="run it again, whatever result is there")

    summary = "judge the claims by the recorded results; status 1 if a kept verdict no longer follows"
    command = commands.add_parser(
        "claims", help=summary, description=f"{summary.capitalize()}.", examples=["--markdown"]
    )
    command.set_defaults(main=_claims)
    form = command.add_mutually_exclusive_group()
    form.add_argument("--markdown", action="store_true", help="print a Markdown table")
    form.add_argument("--json", action="store_true", help="print one JSON value")
    command.add_argument("--record", action="store_true", help="keep these verdicts, in claims.json beside the results")
    _add_paper(command)
    return of_papers


def _add_paper(command: Parser) -> None:
    listed = "; ".join(f"{paper.arxiv} {paper.cited}" for paper in PAPERS)
    command.add_argument("--paper", choices=BY_ARXIV, metavar="ARXIV", help=f"of one paper alone: {listed}")


if __name__ == "__main__":
    sys.exit(main())
