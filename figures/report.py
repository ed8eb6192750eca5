"""The report: figures, claims, laws, an explorer of them, and where the numbers come from, as one HTML page.

The page needs no network: pictures, mathematics (MathML), style and script are in it.
"""

import base64
import io
import math
from collections import Counter
from collections.abc import Callable, Iterable, Mapping, Sequence
from html import escape
from pathlib import Path
from string import Template

from matplotlib.figure import Figure

from paper_repro import verdicts
from paper_repro.claim import Judgement
from paper_repro.paper import Paper
from paper_repro.recorded import MADE, RECORDED
from sim.files import read_json
from theory import LinearRegression, Task

from . import controls, explorer, laws
from .catalogue import OUT, PICTURES, Picture
from .style import style

_PAGE = Path(__file__).parent / "page"

#: What stands beside a claim.
_COLUMNS = ("verdict", "theirs", "ours", "what differs", "where it stands", "preset")


def page(
    drawn: Iterable[tuple[Picture, Callable[[], Figure]]],
    tasks: Sequence[type[Task]] = (LinearRegression,),
    *,
    out: Path = OUT,
    made: Path = MADE,
) -> str:
    """The whole page, with these pictures and the laws of these tasks in it.

    Args:
        drawn: pictures with the functions that draw them.
        tasks: whose laws are in it.
        out: where the figures' own tables are.
        made: where recorded tables are made again.
    """
    figures = "\n".join(_figure(picture, plot) for picture, plot in drawn)
    judged = verdicts.table()  # now that what the figures ran again is there
    return Template((_PAGE / "page.html").read_text()).substitute(
        style=(_PAGE / "page.css").read_text(),
        verdicts=escape(verdicts.counted(judged)),
        summary=_summary(judged),
        claims=_claims(judged),
        about="\n".join(controls.about(task) for task in tasks),
        form=controls.form(tasks),
        laws="\n".join(laws.section(task) for task in tasks),
        figures=figures,
        runs=_runs(out, made),
        script_laws=explorer.script(tasks),
        script_explorer=(_PAGE / "explorer.js").read_text(),
    )


def _table(name: str, head: Sequence[str], rows: Iterable[str]) -> str:
    """A table whose rows are cards on a narrow page; one that is too wide scrolls within itself, by keyboard too."""
    cells, body = "".join(f'<th scope="col">{escape(title)}</th>' for title in head), "\n".join(rows)
    return (
        f'<div class="scroll" role="region" aria-label="{escape(name)}" tabindex="0">\n<table>\n'
        f"<thead><tr>{cells}</tr></thead>\n<tbody>\n{body}\n</tbody>\n</table>\n</div>"
    )


def _summary(judged: Sequence[verdicts.Verdict]) -> str:
    """How often there is which verdict, by paper."""
    kinds = [kind for kind, _ in Counter(row["verdict"] for row in judged).most_common()]
    rows = (
        _summed(paper, Counter(row["verdict"] for row in of_paper), kinds)
        for paper, of_paper in verdicts.by_paper(judged)
    )
    return _table("Verdicts by paper", ("paper", "claims", *kinds), rows)


def _summed(paper: Paper, found: Mapping[str, int], kinds: Sequence[str]) -> str:
    counts = [("claims", sum(found.values())), *((kind, found[kind]) for kind in kinds)]
    cells = "".join(_cell(kind, str(count) if count else "", "number") for kind, count in counts)
    return f'<tr><th scope="row"><a href="#paper-{paper.arxiv}">{escape(paper.cited)}</a></th>{cells}</tr>'


def _cell(label: str, content: str, kind: str = "") -> str:
    """A cell that says in which column it is, for a narrow page shows no head; `content` is HTML."""
    marked = f' class="{kind}"' if kind else ""
    return f'<td data-label="{escape(label)}"{marked}>{content}</td>'


def _claims(judged: Sequence[verdicts.Verdict]) -> str:
    """A table for each paper, below its name."""
    return "\n".join(
        f'<h3 id="paper-{paper.arxiv}">{escape(paper.cited)}, {escape(paper.title)} '
        f'(<a href="https://arxiv.org/abs/{paper.arxiv}">arXiv {paper.arxiv}</a>)</h3>\n'
        f"<p>{escape(verdicts.counted(rows))}.</p>\n"
        + _table(f"Claims of {paper.arxiv}", ("claim", *_COLUMNS), (_claim(row) for row in rows))
        for paper, rows in verdicts.by_paper(judged)
    )


def _claim(row: Judgement) -> str:
    where, verdict, differs, preset = (escape(str(row[c])) for c in ("where", "verdict", "differs", "preset"))
    theirs, ours = _number(row["theirs"]), _number(row["ours"], row["standard_error"])
    contents = (verdict, theirs, ours, differs, where, preset)
    cells = "".join(map(_cell, _COLUMNS, contents, ("verdict", "number", "number", "", "", "")))
    return f'<tr id="claim-{escape(row["id"])}"><th scope="row">{escape(str(row["statement"]))}</th>{cells}</tr>'


def _number(value: float | None, error: float | None = None) -> str:
    """A value to four digits, or with its standard error to the first digit of that."""
    if value is None:
        return "–"
    if not error:
        return f"{value:.4g}"
    decimals = max(0, -math.floor(math.log10(error)))
    return f"{value:.{decimals}f} ± {error:.{decimals}f}"


def _figure(picture: Picture, plot: Callable[[], Figure]) -> str:
    picture_data, caption = illustration(plot)
    title, name = escape(picture.title[0].upper() + picture.title[1:]), escape(picture.name)
    source = f"data:image/svg+xml;base64,{base64.b64encode(picture_data).decode()}"
    return (
        f'<figure id="figure-{name}">\n<h3>{title}</h3>\n'
        f'<div class="scroll" role="region" aria-label="Figure {name}" tabindex="0">'
        f'<img src="{source}" alt="{title}. The caption says what it shows."></div>\n'
        f"<figcaption>{escape(caption)} <code>{name}</code></figcaption>\n</figure>"
    )


def illustration(plot: Callable[[], Figure]) -> tuple[bytes, str]:
    """A figure as SVG without its caption, and the caption, which a page sets as text of its own."""
    with style():
        figure = plot()
        caption = " ".join(figure.get_supxlabel().split("\n"))
        figure.supxlabel("").set_in_layout(False)
        file = io.BytesIO()
        figure.savefig(file, format="svg", metadata={"Date": None})
    return file.getvalue(), caption


def _runs(out: Path, made: Path) -> str:
    """Every recorded run, and those that the figures ran here; the tables of one run share a row.

    Args:
        out: where figures and what they simulated are.
        made: where recorded tables are made again.
    """
    used = [f"{table}.json" for picture in PICTURES if picture.source for table in picture.source.tables]
    simulated = [folder / name for folder in (out, made) for name in used]
    recorded = [table.with_suffix(".json") for table in sorted(RECORDED.glob("*.csv"))]
    runs: dict[str, list[tuple[str, dict[str, str]]]] = {}
    for path in dict.fromkeys(path.absolute() for path in (*simulated, *recorded)):
        if path.is_file():
            found = _provenance(path)
            runs.setdefault(found["hash"], []).append((path.stem, found))
    return _table("Runs", ("tables", "hash", "device", "seconds", "versions"), map(_run, runs.values()))


def _provenance(path: Path) -> dict[str, str]:
    """Where a table came from, in words.

    Raises:
        ValueError: the file is damaged.
    """
    found = read_json(path)
    try:
        versions = ", ".join(f"{name} {version}" for name, version in found["versions"].items())
        seconds = f"{found['wall_seconds']:,.0f}"
        return {"hash": str(found["hash"]), "device": str(found["device"]), "seconds": seconds, "versions": versions}
    except (KeyError, TypeError, AttributeError, ValueError) as error:
        raise ValueError(f"{path} does not say how its table was made; make it again.") from error


def _run(tables: Sequence[tuple[str, dict[str, str]]]) -> str:
    names, made = escape(", ".join(name for name, _ in tables)), {k: escape(v) for k, v in tables[0][1].items()}
    cells = (
        _cell("hash", f"<code>{made['hash']}</code>")
        + _cell("device", made["device"])
        + _cell("seconds", made["seconds"], "number")
        + _cell("versions", made["versions"])
    )
    return f'<tr><th scope="row">{names}</th>{cells}</tr>'
