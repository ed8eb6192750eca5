"""The claims of all papers, and their critics', with verdicts recomputed from recorded results and exact laws.

A claim and its test are data (`claim.Claim`). Where a fact on a paper stands, its confidence stands too: [A] seen in
the authors' own files, [N] from a reading note whose writer says that it was read off the paper, [M] from memory, [D]
derived here. `results/claims.json` keeps the verdicts, so that one which no longer follows is noticed.
"""

import json
from collections.abc import Sequence
from functools import cache
from pathlib import Path

from neural.files import write_bytes
from sim.files import read_json
from sim.results import Results

from .claim import NOT_TESTED, Judgement
from .recorded import MADE, RECORDED, Missing, Row, Tables
from .registry import EXPERIMENTS, PAPERS

CLAIMS = tuple(claim for paper in PAPERS for claim in paper.claims)
VERDICTS = RECORDED / "claims.json"

#: Where they are kept anew: in the repository the same file.
KEPT = MADE / "claims.json"


def recorded(folder: Path = RECORDED) -> Tables:
    """The tables in a folder, of those experiments that are known here in today's configuration only."""

    @cache
    def load(name: str) -> Sequence[Row]:
        place, configuration = EXPERIMENTS[name].recorded() if name in EXPERIMENTS else (RECORDED, None)
        rows = Results(folder / place.relative_to(RECORDED), name).load(configuration)
        if rows is None:
            raise Missing(f"no recorded result {name}")
        return rows

    return load


def table(tables: Tables | None = None) -> list[Judgement]:
    """Every claim with its verdict, recomputed from the recorded results."""
    tables = tables or recorded()
    return [claim.judge(tables) for claim in CLAIMS]


def departures(rows: Sequence[Judgement], verdicts: Path = VERDICTS) -> list[str]:
    """Which of the kept verdicts no longer follow, or are not there.

    Raises:
        ValueError: none are kept, or their file is damaged.
    """
    if not verdicts.exists():
        raise ValueError(f"no verdicts are kept in {verdicts}; keep them: python -m paper_repro claims --record")
    try:
        kept = dict(read_json(verdicts))
    except (ValueError, TypeError) as error:
        raise ValueError(f"{verdicts} is damaged; restore it, or keep today's verdicts: --record") from error
    now = {row["id"]: row["verdict"] for row in rows}
    tested = {name for name, verdict in now.items() if verdict != NOT_TESTED}
    names = [*kept, *(name for name in now if name in tested - set(kept))]
    hint = "; its results are missing, stale or damaged (see python -m paper_repro list)"
    return [
        f"{name}: kept {kept.get(name)!r}, now {now.get(name)!r}{hint * (now.get(name) == NOT_TESTED)}"
        for name in names
        if now.get(name) != kept.get(name)
    ]


def keep(rows: Sequence[Judgement], verdicts: Path = KEPT) -> None:
    """Keep the verdicts of what was tested."""
    found = {row["id"]: row["verdict"] for row in rows if row["verdict"] != NOT_TESTED}
    write_bytes(verdicts, f"{json.dumps(found, indent=1)}\n".encode())
