"""The claims of all papers, and their critics', with verdicts recomputed from recorded results and exact laws.

A claim and its test are data (`claim.Claim`). Where a fact on a paper stands, its confidence stands too: [A] seen in
the authors' own files, [N] from a reading note whose writer says that it was read off the paper, [M] from memory, [D]
derived here. `results/claims.json` keeps the verdicts, so that one which no longer follows is noticed.
"""

import json
from collections import Counter
from collections.abc import Sequence
from functools import cache
from itertools import groupby
from pathlib import Path

from neural.files import write_bytes
from sim.files import read_json
from sim.results import Results

from .claim import NOT_TESTED, Judgement
from .paper import Paper
from .recorded import MADE, RECORDED, Missing, Row, Tables
from .registry import BY_ARXIV, EXPERIMENTS, PAPERS

CLAIMS = tuple(claim for paper in PAPERS for claim in paper.claims)
VERDICTS = RECORDED / "claims.json"

#: Where they are kept anew: in the repository the same file.
KEPT = MADE / "claims.json"


class Verdict(Judgement):
    """A judgement, and the arXiv number of the paper that the claim is of."""

    paper: str


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


def table(tables: Tables | None = None, papers: Sequence[Paper] = PAPERS) -> list[Verdict]:
    """Every claim of these papers with its verdict, recomputed from the recorded results, paper by paper."""
    tables = tables or recorded()
    return [{**claim.judge(tables), "paper": paper.arxiv} for paper in papers for claim in paper.claims]


def by_paper(rows: Sequence[Verdict]) -> list[tuple[Paper, list[Verdict]]]:
    """The rows of such a table with the papers that they are of."""
    return [(BY_ARXIV[arxiv], list(group)) for arxiv, group in groupby(rows, key=lambda row: row["paper"])]


def counted(rows: Sequence[Judgement]) -> str:
    """How often there is which verdict, the commonest first."""
    counts = Counter(row["verdict"] for row in rows).most_common()
    return ", ".join(f"{count} {verdict}" for verdict, count in counts)


def departures(rows: Sequence[Judgement], verdicts: Path = VERDICTS) -> list[str]:
    """Which of the kept verdicts no longer follow, or are not there; not of claims that were not asked for.

    Raises:
        ValueError: none are kept, or their file is damaged.
    """
    kept = {name: verdict for name, verdict in _kept(verdicts).items() if name not in _others(rows)}
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
    """Keep the verdicts of what was tested; those of claims that were not asked for stay as they are."""
    others = _others(rows)
    before = _kept(verdicts) if others and verdicts.exists() else {}
    found = {name: verdict for name, verdict in before.items() if name in others}
    found |= {row["id"]: row["verdict"] for row in rows if row["verdict"] != NOT_TESTED}
    ordered = {claim.id: found[claim.id] for claim in CLAIMS if claim.id in found}
    write_bytes(verdicts, f"{json.dumps(ordered, indent=1)}\n".encode())


def _others(rows: Sequence[Judgement]) -> set[str]:
    """The claims that there are beside these."""
    return {claim.id for claim in CLAIMS} - {row["id"] for row in rows}


def _kept(verdicts: Path) -> dict[str, str]:
    if not verdicts.exists():
        raise ValueError(f"no verdicts are kept in {verdicts}; keep them: python -m paper_repro claims --record")
    try:
        return dict(read_json(verdicts))
    except (ValueError, TypeError) as error:
        raise ValueError(f"{verdicts} is damaged; restore it, or keep today's verdicts: --record") from error
