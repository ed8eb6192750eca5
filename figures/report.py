"""The report: figures, claims, laws, an explorer of them, and where the numbers come from, as one HTML page.

The page needs no network: pictures, mathematics (MathML), style and script are in it.
"""

import base64
import io
import json
import math
from collections import Counter
from collections.abc import Callable, Iterable, Sequence
from html import escape
from pathlib import Path
from string import Template

from matplotlib.figure import Figure

from paper_repro import verdicts
from paper_repro.claim import Judgement
from paper_repro.recorded import RECORDED
from theory.linear import DESIGNS, test_error
from theory.table import FAMILIES
from theory.workflow import Workflow

from .catalogue import PICTURES, Picture
from .laws import EXPLORED, ITERATIONS, WINDOWS, equations, label, mathml, script
from .style import COLOUR, style

_PAGE = Path(__file__).parent / "page"

#: The explorer's numbers: label, least, most, step, first value; `None` as step: any number, and a slider in decades.
_CONTROLS: dict[str, tuple[str, float, float, float | None, float]] = {
    "T": ("T, samples an iteration", 3, 1_000_000, None, 100),
    "d": ("d, features", 1, 10_000, None, 32),
    "sigma": ("σ, noise standard deviation", 0.01, 100, None, 1),
    "n": ("n, model-fitting iterations", 1, ITERATIONS, 1, 20),
    "k": ("k, pools in the window", 2, WINDOWS, 1, 3),
    "w": ("w, weight of real data in the loss", 0.01, 1, 0.01, 0.5),
    "s": ("s, sampled rows over T", 1, 20, 1, 1),
}

_WHOLE = {"T", "d", "n", "k", "s"}

_SHOWN_FIRST = ("Replace", "Accumulate")


def page(drawn: Iterable[tuple[Picture, Callable[[], Figure]]]) -> str:
    """The whole page, with these pictures in it."""
    figures = "\n".join(_figure(picture, plot) for picture, plot in drawn)
    judged = verdicts.table()  # now that what the figures ran again is there
    counts = Counter(str(row["verdict"]) for row in judged)
    return Template((_PAGE / "page.html").read_text()).substitute(
        style=(_PAGE / "page.css").read_text(),
        verdicts=", ".join(f"{count} {verdict}" for verdict, count in counts.most_common()),
        claims=_claims(judged),
        controls="\n".join(_control(name) for name in _CONTROLS),
        families="\n".join(_family(workflow) for workflow in EXPLORED),
        laws="\n".join(_law(workflow) for workflow in FAMILIES),
        figures=figures,
        runs=_runs(),
        script_laws=script(),
        script_explorer=(_PAGE / "explorer.js").read_text(),
    )


def _table(name: str, head: Sequence[str], rows: Iterable[str]) -> str:
    """A table that scrolls within itself where the page is narrower, by keyboard too."""
    cells, body = "".join(f'<th scope="col">{escape(title)}</th>' for title in head), "\n".join(rows)
    return (
        f'<div class="scroll" role="region" aria-label="{name}" tabindex="0">\n<table>\n'
        f"<thead><tr>{cells}</tr></thead>\n<tbody>\n{body}\n</tbody>\n</table>\n</div>"
    )


def _claims(judged: Sequence[Judgement]) -> str:
    head = ("claim", "verdict", "theirs", "ours", "what differs", "where it stands", "preset")
    return _table("Claims", head, (_claim(row) for row in judged))


def _claim(row: Judgement) -> str:
    where, verdict, differs, preset = (escape(str(row[c])) for c in ("where", "verdict", "differs", "preset"))
    theirs, ours = _number(row["theirs"]), _number(row["ours"], row["standard_error"])
    return (
        f'<tr id="claim-{row["id"]}"><th scope="row">{escape(str(row["statement"]))}</th>'
        f'<td class="verdict">{verdict}</td><td class="number">{theirs}</td><td class="number">{ours}</td>'
        f"<td>{differs}</td><td>{where}</td><td>{preset}</td></tr>"
    )


def _number(value: float | None, error: float | None = None) -> str:
    """A value to four digits, or with its standard error to the first digit of that."""
    if value is None:
        return "–"
    if not error:
        return f"{value:.4g}"
    decimals = max(0, -math.floor(math.log10(error)))
    return f"{value:.{decimals}f} ± {error:.{decimals}f}"


def _control(name: str) -> str:
    text, least, most, step, first = _CONTROLS[name]
    decades = " data-decades" if step is None else ""
    any_or_step = (1 if name in _WHOLE else "any") if step is None else step
    return (
        f'<div class="control"><label for="explorer-{name}">{text}</label>\n'
        f'<input type="range" id="explorer-{name}-slider" min="0" max="100" value="0" aria-label="{text}: slider">\n'
        f'<input type="number" id="explorer-{name}" min="{least}" max="{most}" step="{any_or_step}" value="{first}"'
        f"{decades}></div>"
    )


def _family(workflow: Workflow) -> str:
    name = label(workflow)
    swatch = f'<span class="swatch" style="background: {COLOUR[workflow.command()]}"></span>'
    checked = " checked" if name in _SHOWN_FIRST else ""
    return f'<label><input type="checkbox" name="family" value="{name}"{checked}>{swatch}{name}</label>'


def _law(workflow: Workflow) -> str:
    """The gain, then the law at each design; once if it is the same at both."""
    both = {design: test_error(workflow, design=design) for design in DESIGNS}
    fixed, fresh = both["fixed"], both["fresh"]
    lines = [f"<h3>{label(workflow)}</h3>", f'<p class="soft">{escape(_summary(workflow))}</p>']
    if fixed.gain_expr is not None:
        lines.append(f'<div class="scroll">{mathml(fixed.gain_expr, named="c_n")}</div>')
    if fixed.expr == fresh.expr and fixed.exact == fresh.exact:
        both = {"either": fixed}
    for design, law in both.items():
        kind = "exact at finite T" if law.exact else "for large T"
        shown = "\n".join(equations(law))
        lines.append(
            f'<div class="law"><p>{design} design, <strong>{kind}</strong></p>\n'
            f'<div class="scroll equations">\n{shown}\n</div></div>'
        )
    return "\n".join(lines)


def _summary(workflow: Workflow) -> str:
    return (type(workflow).__doc__ or "").splitlines()[0]


def _figure(picture: Picture, plot: Callable[[], Figure]) -> str:
    picture_data, caption = illustration(plot)
    title = escape(picture.title[0].upper() + picture.title[1:])
    source = f"data:image/svg+xml;base64,{base64.b64encode(picture_data).decode()}"
    return (
        f'<figure id="figure-{picture.name}">\n<h3>{title}</h3>\n'
        f'<div class="scroll" role="region" aria-label="Figure {picture.name}" tabindex="0">'
        f'<img src="{source}" alt="{title}. The caption says what it shows."></div>\n'
        f"<figcaption>{escape(caption)} <code>{picture.name}</code></figcaption>\n</figure>"
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


def _runs() -> str:
    """Every recorded run, and those that the figures simulated here; the tables of one run share a row."""
    simulated = [p.source.folder / f"{table}.json" for p in PICTURES if p.source for table in p.source.tables]
    recorded = [table.with_suffix(".json") for table in sorted(RECORDED.glob("*.csv"))]
    runs: dict[str, list[Path]] = {}
    for path in dict.fromkeys((*simulated, *recorded)):
        if path.is_file():
            runs.setdefault(json.loads(path.read_text())["hash"], []).append(path)
    return _table("Runs", ("tables", "hash", "device", "seconds", "versions"), map(_run, runs.values()))


def _run(paths: Sequence[Path]) -> str:
    recorded = json.loads(paths[0].read_text())
    versions = ", ".join(f"{name} {version}" for name, version in recorded["versions"].items())
    return (
        f'<tr><th scope="row">{escape(", ".join(path.stem for path in paths))}</th>'
        f"<td><code>{recorded['hash']}</code></td><td>{escape(recorded['device'])}</td>"
        f'<td class="number">{recorded["wall_seconds"]:,.0f}</td><td>{escape(versions)}</td></tr>'
    )
