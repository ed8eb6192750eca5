"""The paper's claims, and its critics', with verdicts recomputed from recorded results and exact laws.

A claim and its test are data (`claim.Claim`). Where a fact on the paper stands, its confidence stands too: [A] seen in
the authors' own files, [N] from a reading note whose writer says that it was read off the paper, [M] from memory, [D]
derived here. `results/claims.json` keeps the verdicts, so that one which no longer follows is noticed.
"""

import json
from collections.abc import Sequence
from functools import cache
from pathlib import Path

from sim.results import Results, write_whole

from .claim import NOT_TESTED, Missing, Tables
from .experiments import EXPERIMENTS
from .recorded import Row
from .linear_claims import LINEAR
from .neural_claims import NEURAL
from .one_law import RECORDED

CLAIMS = (*LINEAR, *NEURAL)
VERDICTS = RECORDED / "claims.json"


def recorded(folder: Path = RECORDED) -> Tables:
    """The tables in a folder, of those experiments that are known here in today's configuration only."""

    @cache
    def load(name: str) -> Sequence[Row]:
        configuration = EXPERIMENTS[name].presets["cpu"].configuration if name in EXPERIMENTS else None
        rows = Results(folder, name).load(configuration)
        if rows is None:
            raise Missing(f"no recorded result {name}")
        return rows

    return load


def table(tables: Tables | None = None) -> list[dict[str, object]]:
    """Every claim with its verdict, recomputed from the recorded results.

    A row a claim: `id, statement, where, theirs, ours, standard_error, verdict, preset, differs`. `theirs` and `ours`
    are values of the quantity that the statement ends with, `None` where there is none, as is `standard_error`, which
    is 0 for what is exact.
    """
    tables = tables or recorded()
    return [claim.judge(tables) for claim in CLAIMS]


def departures(rows: Sequence[dict[str, object]], verdicts: Path = VERDICTS) -> list[str]:
    """Which of the kept verdicts no longer follow, or are not there.

    Raises:
        ValueError: none are kept, or their file is damaged.
    """
    if not verdicts.exists():
        raise ValueError(f"no verdicts are kept in {verdicts}; keep them: python -m paper_repro claims --record")
    try:
        kept = dict(json.loads(verdicts.read_text()))
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


def keep(rows: Sequence[dict[str, object]], verdicts: Path = VERDICTS) -> None:
    """Keep the verdicts of what was tested."""
    found = {row["id"]: row["verdict"] for row in rows if row["verdict"] != NOT_TESTED}
    write_whole(verdicts, lambda path: path.write_text(json.dumps(found, indent=1) + "\n") and None)
