"""What users read is true: code prints what it says, commands work, tables are what is derived or recorded."""

import importlib
import json
import math
import re
import shlex
import subprocess
import sys
from glob import glob
from pathlib import Path

import pytest

import sim
import theory
from paper_repro import verdicts
from paper_repro.gerstgrasser2024 import language, published
from paper_repro.recorded import RECORDED, matching
from sim.results import Results
from tests.benchmarks import simulation
from tests.documents import DOCUMENTS, ROOT, TEXT, commands, programs
from tests.helpers import as_a_user
from tests.tables import TABLES, claims_by_paper
from tests.test_command_line import EVERY
from theory import (
    Accumulate,
    AccumulateSubsample,
    FixedReal,
    FreshReal,
    Generator,
    Replace,
    ReplaceGrowing,
    SlidingWindow,
)
from theory.symbols import T
from theory.tasks.regression.symbols import d, sigma

THEORY, NEURAL, CLAIMS = (TEXT[f"{package}/README.md"] for package in ("theory", "neural", "paper_repro"))


def run(program, folder):
    command, environment = [sys.executable, "-c", program], as_a_user() | {"PYTHONPATH": str(ROOT)}
    return subprocess.run(command, cwd=folder, env=environment, capture_output=True, text=True, check=True).stdout


#: What is quick: of the programs, and of the commands.
QUICK = ("Bounds and best weights", "Real data without a hub")


def by_heading(found):
    """Cases for `parametrize`: what stands under a heading, and slow but for a few."""
    marks = {name: [] if name in QUICK else [pytest.mark.slow] for name in found}
    return [pytest.param(each, id=name, marks=marks[name]) for name, each in found.items()]


@pytest.mark.parametrize("block", by_heading(programs()))
def test_code_prints_what_it_says(block, tmp_path):
    program, printed = block
    assert run(program, tmp_path) == printed


@pytest.mark.usefixtures("quickly_compiled")  # its digits are not looked at
@pytest.mark.parametrize("block", by_heading(commands()))
def test_commands(block, tmp_path, monkeypatch, capsys):
    """In this process and an empty folder, in their order: that `python -m` finds each package is seen by its help."""
    monkeypatch.chdir(tmp_path)
    if block.file:
        (name,) = {word for line in block.lines for word in line.split() if word.endswith(".csv")}
        Path(name).write_text(block.file)
    printed = ""
    for line in block.lines:
        line, _, file = line.partition(" > ")
        python, m, module, *words = shlex.split(line, comments=True)
        assert (python, m) == ("python", "-m")
        words = [name for word in words for name in sorted(glob(word)) or [word]]
        assert importlib.import_module(module if "." in module else f"{module}.__main__").main(words) == 0
        printed = capsys.readouterr().out
        assert printed, line
        if file:
            Path(file).write_text(printed)
    assert printed == (block.printed or printed)


@pytest.mark.parametrize(
    "name", [pytest.param(name, marks=pytest.mark.slow if name == "tasks" else []) for name in TABLES]
)
def test_a_table_is_what_is_derived_or_recorded(name):
    table = TABLES[name]
    text = (ROOT / table.document).read_text()
    assert table.written_into(text) == text, "python -m tests.tables writes it anew"


def test_a_table_that_is_not_there_once_is_not_written():
    table = TABLES["figures"]
    with pytest.raises(ValueError, match="README.md has 0 tables"):
        table.written_into("")
    with pytest.raises(ValueError, match="README.md has 2 tables"):
        table.written_into(2 * f"{table.make()}\n\n")


def test_a_stale_table_is_written_anew_and_nothing_else_is():
    table = TABLES["figures"]
    stale = table.make().replace("| `linear_a` |", "| `linear_z` |")
    assert table.written_into(f"before\n\n{stale}\n\nafter\n") == f"before\n\n{table.make()}\n\nafter\n"


def test_the_tables_of_claims_have_each_claim_once():
    named = [name for by in claims_by_paper().values() for names in by.values() for name in names]
    assert sorted(named) == sorted(claim.id for claim in verdicts.CLAIMS)
    assert len(set(named)) == len(named)


def test_what_is_said_of_the_speed_is_measured():
    measured = json.loads((ROOT / "tests/benchmarks/simulation.json").read_text())
    assert len(measured["steps a second"]) == 18
    (rates,) = (row["rates"] for row in measured["steps a second"] if (row["d"], row["T"], row["n"]) == (100, 1000, 10))
    loop, bartlett = rates["wishart 32"] / rates["loop"], rates["wishart 32"] / rates["bartlett"]
    said = f"makes {loop:.0f} times the steps of the loop ({rates['wishart 64'] / rates['loop']:.0f} times in float64)"
    assert f"{said}, and {bartlett:.1f} times those of the sufficient statistics." in " ".join(
        TEXT["sim/README.md"].split()
    )


def test_what_is_said_of_the_papers_diffusion_models_is_transcribed():
    text = " ".join(NEURAL.split())
    replace, accumulate = (1 + published.rise("diffusion", "GeoDiff", w, 6) for w in ("replace", "accumulate"))
    assert f"it goes up {replace:.1f} times under Replace, at once and not further, and {accumulate:.1f} times" in text


def test_the_lengths_of_training_are_as_recorded():
    recorded = json.loads((Path(simulation.__file__).parent / "training_length.json").read_text())["model 1"]
    rows = [row for row in recorded if row["kind"] == "diffusion"]
    assert len(rows) == 4
    for row in rows:
        sane, torsions = ([row[f"{of}_{by}"] for by in ("deterministic", "ancestral")] for of in ("sane", "torsions"))
        cells = f"{row['steps']:,} | {row['weights']:,} | {100 * sane[0]:.0f} %, {100 * sane[1]:.0f} %"
        assert f"| {cells} | {torsions[0]:.1f}°, {torsions[1]:.1f}° |" in NEURAL


def test_what_is_said_of_networks_on_real_data_is_recorded():
    def cell(name, workflow, n, metric):
        place = {"workflow": workflow, "iteration": str(n), "metric": metric}
        (row,) = matching(Results(RECORDED, name).load(None) or [], place)
        return 100 * float(row["mean"]), 100 * float(row["standard_error"])

    text = " ".join(NEURAL.split())
    for name, metric, said in (
        (
            "language_largest",
            "impossible",
            "{:.0f} % are impossible at n = 1, and at n = 6 {:.0f} % under Replace and {:.0f} %",
        ),
        ("ligands", "sane", "Of the ligands {:.0f} % are sane at n = 1, then {:.0f} % and {:.0f} %"),
        ("diffusion_longer", "sane", "of the drugs {:.0f} %, then {:.0f} % and {:.0f} %"),
    ):
        numbers = (cell(name, *place, metric)[0] for place in (("replace", 1), ("replace", 6), ("accumulate", 6)))
        assert said.format(*numbers) in text
    torsions, error = cell("diffusion_longer", "replace", 1, "torsions")
    assert f"with {torsions / 100:.1f} ± {error / 100:.1f}° at model 1" in text
    long = json.loads((Path(simulation.__file__).parent / "training_length.json").read_text())["model 1"]
    (longest,) = (row["test_loss"] for row in long if row["kind"] == "vae" and row["steps"] == 36_000)
    assert f"model 1 is {cell('fashion', 'replace', 1, 'test_loss')[0] / longest - 100:.0f} % above its loss" in text
    names, text = ("fashion", "ligands", "shakespeare"), " ".join(CLAIMS.split())
    rises = [f"{cell(name, w, 6, 'rise')[0]:.0f}" for w in ("replace", "accumulate") for name in names]
    said = "Replace rises by {}, {} and {} % to model 6, Accumulate by {}, {} and {} %"
    assert said.format(*rises) in text
    rise, error = cell("language_largest", "replace", 5, "rise")
    assert f"rises by 5 % to model 5 ({rise:.1f} ± {error:.1f} %, of three seeds)" in text


def test_the_gpt2_of_full_size_is_as_recorded():
    rows = Results(RECORDED / "gpu", "language_9m").load(language.FULL_SIZE["gpu"].configuration) or []

    def cells(workflow, metric):
        return [row for row in rows if (row["workflow"], row["metric"]) == (workflow, metric)]

    impossible = []
    for workflow in ("replace", "accumulate"):
        written = (
            f"{float(row['mean']):.3f} ± {float(row['standard_error']):.3f}" for row in cells(workflow, "test_loss")
        )
        assert f"| `{workflow}` | {' | '.join(written)} |" in NEURAL
        impossible += [f"{100 * float(cells(workflow, 'impossible')[k]['mean']):.0f} %" for k in (0, 4)]
    text = " ".join(NEURAL.split())
    assert f"{impossible[0]} and {impossible[2]} of model 1's, and at n = 5 they are {impossible[1]} under `rep" in text
    assert f"under `replace`, {impossible[3]} under `accumulate`" in text


@pytest.mark.slow
def test_what_is_said_of_claims_is_judged():
    of = {claim["id"]: claim for claim in verdicts.table()}
    assert f"supremum is {of['linear-bound-approached-fresh']['ours']:.3f}" in CLAIMS
    diffusion = of["forgetting-diffusion"]
    assert f"by {diffusion['ours']:.2f} ± {diffusion['standard_error']:.2f} times that" in CLAIMS
    steps = of["confound-steps"]
    assert f"+{steps['ours']:.3f} ± {steps['standard_error']:.3f}" in CLAIMS


@pytest.mark.parametrize("task", theory.TASKS, ids=lambda task: task.name)
def test_the_table_of_tasks_names_each_with_what_it_measures(task):
    (row,) = [line for line in THEORY.splitlines() if line.startswith("|") and f"`{task.__name__}`" in line]
    assert f"`{task.name}`" in row
    words = {"kl": "KL", "support_lost": "categories lost"}
    for quantity in task.quantities:
        name: str = quantity.name
        assert (words[name] if name in words else name.replace("_", " ")) in row
    assert ("no simulation" in row) == (task not in sim.tasks.SAMPLERS)


#: Of the table of laws: what is called, the workflow at w = 1/3 and s = 2, the gain and its growth as they are
#: written, and these again as numbers: c_n by n, the kind, and its constant.
LAWS = [
    ("Replace()", Replace(), "n", "linear", lambda n: n, "linear", 1),
    ("ReplaceGrowing()", ReplaceGrowing(), "Σ 1/i", "logarithmic", lambda n: harmonic(n, 1), "logarithmic", 1),
    ("Accumulate()", Accumulate(), "Σ 1/i²", "bounded, π²/6", lambda n: harmonic(n, 2), "bounded", math.pi**2 / 6),
    (
        "AccumulateSubsample()",
        AccumulateSubsample(),
        "3 Σ 1/i² − 2",
        "bounded, π²/2 − 2",
        lambda n: 3 * harmonic(n, 2) - 2,
        "bounded",
        math.pi**2 / 2 - 2,
    ),
    (
        "SlidingWindow(k)",
        SlidingWindow(3),
        "exact rationals; a formula for k = 2",
        "linear, slope 4/(k + 1)²",
        lambda n: [1, 5 / 4, 49 / 36, 142 / 81, 1435 / 729][n - 1],  # the README's own, of its LastThree
        "linear",
        4 / 16,
    ),
    (
        "FixedReal(weight)",
        FixedReal("1/3"),
        "1 + q(1 − qⁿ⁻¹)/(1 − q), q = (1 − w)²",
        "bounded, 1/(w(2 − w))",
        lambda n: 1 + 4 / 9 * (1 - (4 / 9) ** (n - 1)) / (1 - 4 / 9),
        "bounded",
        1 / (1 / 3 * (2 - 1 / 3)),
    ),
    (
        "FreshReal(s, weight)",
        FreshReal(2, "1/3"),
        "geometric",
        "bounded, (w² + (1 − w)²/s)/(w(2 − w))",
        lambda n: 3 / 5 + (1 - 3 / 5) * (4 / 9) ** (n - 1),
        "bounded",
        (1 / 9 + 4 / 9 / 2) / (1 / 3 * (2 - 1 / 3)),
    ),
]


def harmonic(n, order):
    return sum(1 / i**order for i in range(1, n + 1))


@pytest.mark.parametrize(
    ("name", "workflow", "gain", "growth", "c", "kind", "constant"), LAWS, ids=[str(law[1]) for law in LAWS]
)
def test_the_table_of_laws_is_what_is_derived(name, workflow, gain, growth, c, kind, constant):
    (row,) = re.findall(rf"^\| `{re.escape(name)}` \| .*$", THEORY, flags=re.MULTILINE)
    assert row.split(" | ")[2:] == [gain, f"{growth} |"]
    law = theory.linear.test_error(workflow, design="fixed")
    assert [float(value) for value in law.gain(5)] == pytest.approx([c(n) for n in range(1, 6)], rel=1e-14)
    found = law.growth()
    assert found.kind == kind
    one_fit = law.evaluate(T=50, d=7, n=1)
    numbers = {T: 50, d: 7, sigma: 1}
    assert float(found.constant.subs(numbers)) / one_fit == pytest.approx(constant, rel=1e-12)


#: Of the table of generators, at τ = 1/2, b = 2, m = 1/3 and η = 1/2: rows as they are written, and c_n, the shift's
#: part of the error, the kind of growth, and its constant of the gain or of the shift.
GENERATORS = [
    (
        "| `temperature=τ` | `Replace()` | 1 + τ²(n − 1) | linear, slope τ² |",
        (Replace(), Generator(temperature="1/2")),
        lambda n: (1 + (n - 1) / 4, 0),
        ("linear", 1 / 4),
    ),
    (
        "| `temperature=τ` | `Accumulate()` | 1 + τ²(Σ 1/i² − 1) | bounded, 1 + τ²(π²/6 − 1) |",
        (Accumulate(), Generator(temperature="1/2")),
        lambda n: (1 + (harmonic(n, 2) - 1) / 4, 0),
        ("bounded", 1 + (math.pi**2 / 6 - 1) / 4),
    ),
    (
        "| `bias=b` | `Accumulate()` | Σ 1/i², and b²(Σ 1/i − 1)² is added to the error | log-squared, b²(log n)² |",
        (Accumulate(), Generator(bias=2)),
        lambda n: (harmonic(n, 2), 4 * (harmonic(n, 1) - 1) ** 2),
        ("log-squared", 4),
    ),
    (
        "| `edited=m` | `Replace()` | 1 + m(2 − m)(n − 1) | linear, slope m(2 − m) |",
        (Replace(), Generator(edited="1/3")),
        lambda n: (1 + 5 / 9 * (n - 1), 0),
        ("linear", 5 / 9),
    ),
    (
        "| `edited=m, fading=η` | `Replace()` | 1 + 2m(1 − ηⁿ⁻¹)/(1 − η) − m²(1 − η²⁽ⁿ⁻¹⁾)/(1 − η²) | "
        "bounded, 1 + 2m/(1 − η) − m²/(1 − η²) |",
        (Replace(), Generator(edited="1/3", fading="1/2")),
        lambda n: (1 + 4 / 3 * (1 - 0.5 ** (n - 1)) - 4 / 27 * (1 - 0.25 ** (n - 1)), 0),
        ("bounded", 1 + 4 / 3 - 4 / 27),
    ),
]


@pytest.mark.parametrize(("row", "of", "parts", "growth"), GENERATORS, ids=[str(each[1][1]) for each in GENERATORS])
def test_the_table_of_generators_is_what_is_derived(row, of, parts, growth):
    assert f"\n{row}\n" in THEORY
    law = theory.generated(*of, design="fixed")
    one_fit = 7 / (50 - 7 - 1)
    expected = [gain * one_fit + shift for gain, shift in map(parts, range(1, 6))]
    assert law.evaluate(T=50, d=7, n=range(1, 6)).tolist() == pytest.approx(expected, rel=1e-12)
    found, (kind, constant) = law.growth(), growth
    assert found.kind == kind
    unit = 1 if kind == "log-squared" else one_fit
    assert float(found.constant.subs({T: 50, d: 7, sigma: 1})) / unit == pytest.approx(constant, rel=1e-12)
    assert law.exact == (not of[1].edits)


def anchors(text):
    headings = re.findall(r"^#+ (.+)$", text, flags=re.MULTILINE)
    return {re.sub(r"[^\w -]", "", heading.lower()).replace(" ", "-") for heading in headings}


@pytest.mark.parametrize("document", DOCUMENTS)
def test_pictures_and_links_exist(document):
    for target in re.findall(r"\]\(([^)]+)\)", TEXT[document]):
        if not target.startswith("https://arxiv.org/"):
            file, _, anchor = target.partition("#")
            path = ((ROOT / document).parent / file).resolve() if file else ROOT / document
            assert path.is_file(), target
            assert not anchor or anchor in anchors(path.read_text()), target


@pytest.mark.parametrize("document", DOCUMENTS)
def test_every_option_that_is_named_is_one_of_a_command(document):
    options = {option for parser in EVERY for action in parser._actions for option in action.option_strings}
    options |= {f"--{name}" for task in theory.TASKS for name in vars(task)["__dataclass_fields__"]}  # after --task
    named = set(re.findall(r"(?<![\w-])--[a-z][\w-]+", TEXT[document]))
    assert named <= options
    assert named or document == "README.md"


@pytest.mark.parametrize("document", DOCUMENTS)
def test_make_targets_exist(document):
    makefile = (ROOT / "Makefile").read_text()
    for target in re.findall(r"`make (\w+)|^make (\w+)", TEXT[document], flags=re.MULTILINE):
        assert re.search(rf"^{''.join(target)}:", makefile, flags=re.MULTILINE), target


def test_the_readme_leads_to_every_page_and_is_short():
    for document in DOCUMENTS[1:]:
        page = Path(document)
        assert f"({page})" in TEXT["README.md"] or f"({page.name})" in TEXT[f"{page.parent}/README.md"], document
    assert len(TEXT["README.md"].splitlines()) <= 120
