"""The README's code runs and prints what it says, and its commands work."""

import importlib
import json
import math
import re
import shlex
import subprocess
import sys
from pathlib import Path

import pytest

import sim
import theory
from figures.catalogue import PICTURES
from figures.chains import curve
from figures.vae import described
from paper_repro import verdicts
from paper_repro.gerstgrasser2024 import diffusion, language, published, vae
from paper_repro.recorded import RECORDED
from paper_repro.regression import APPROXIMATION
from sim.results import Results
from tests.benchmarks import simulation
from tests.helpers import as_a_user, recorded, thinned
from tests.paper_repro.test_approximation import off_by
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

ROOT = Path(__file__).parents[1]
TEXT = (ROOT / "README.md").read_text()
BLOCKS = re.findall(r"```(\w+)\n(.*?)```", TEXT, flags=re.DOTALL)
PROGRAMS = [body for kind, body in BLOCKS if kind == "python"]
PRINTED = [body for kind, body in BLOCKS if kind == "text"]
COMMANDS = [line for kind, body in BLOCKS if kind == "sh" for line in body.splitlines() if line.startswith("python")]


def run(program):
    command = [sys.executable, "-c", program]
    return subprocess.run(command, cwd=ROOT, env=as_a_user(), capture_output=True, text=True, check=True).stdout


NAMES = ["ten lines", "tasks", "large", "bounds", "kinds of bounds", "workflow", "finite T"]


@pytest.mark.parametrize(
    ("program", "printed"),
    [
        pytest.param(*each, id=name, marks=[] if name == "bounds" else pytest.mark.slow)
        for *each, name in zip(PROGRAMS, PRINTED, NAMES, strict=True)
    ],
)
def test_code_prints_what_it_says(program, printed):
    assert run(program) == printed


@pytest.mark.usefixtures("quickly_compiled")  # its digits are not looked at
@pytest.mark.parametrize("line", thinned(COMMANDS, every=10))
def test_commands(line, tmp_path, capsys):
    """In this process: that `python -m` finds each package is seen by its help."""
    python, m, module, *words = shlex.split(line.replace(" runs/", f" {tmp_path}/"))
    assert (python, m) == ("python", "-m")
    assert importlib.import_module(module if "." in module else f"{module}.__main__").main(words) == 0
    assert capsys.readouterr().out


def test_the_table_of_speeds_is_the_recorded_one():
    measured = json.loads((ROOT / "tests/benchmarks/simulation.json").read_text())
    assert simulation.markdown(measured["steps a second"]) in TEXT
    assert len(measured["steps a second"]) == 18
    (rates,) = (row["rates"] for row in measured["steps a second"] if (row["d"], row["T"], row["n"]) == (100, 1000, 10))
    loop, bartlett = rates["wishart 32"] / rates["loop"], rates["wishart 32"] / rates["bartlett"]
    said = f"makes {loop:.0f} times the steps of the loop ({rates['wishart 64'] / rates['loop']:.0f} times in float64)"
    assert f"{said}, and {bartlett:.1f} times those of the sufficient statistics." in " ".join(TEXT.split())


def vae_table(rows):
    """Mean and standard error of the test loss by iteration, and the rise to the last."""
    iterations = (1, 2, 4, 6, 8, 10)
    lines = ["| test loss | n = 1 | " + " | ".join(map(str, iterations[1:])) + " | rise |"]
    lines.append("|---" * (len(iterations) + 2) + "|")
    for workflow in ("replace", "accumulate"):
        mean, error, _ = curve(rows, "cpu", workflow, "test_loss")
        rise, rise_error, _ = curve(rows, "cpu", workflow, "rise")
        cells = [f"{mean[n - 1]:.4f} ± {error[n - 1]:.4f}" for n in iterations]
        cells.append(f"{100 * rise[-1]:.0f} ± {100 * rise_error[-1]:.0f} %")
        lines.append(f"| `{workflow}` | " + " | ".join(cells) + " |")
    return "\n".join(lines)


def ablation_table(rows):
    """Rise of the test loss under the workflows that were run, one thing changed at a time."""
    lines = ["| changed | `replace` | `accumulate` |", "|---|---|---|"]
    for experiment in (vae.ABLATION, vae.LONGER):
        for variant in experiment.variants:
            cells = ["–", "–"]
            for place, workflow in enumerate(experiment.workflows):
                mean, error, _ = curve(rows, variant, workflow.command(), "rise")
                cells[place] = f"{100 * mean[-1]:+.0f} ± {100 * error[-1]:.0f} %"
            lines.append(f"| {described(variant)} | " + " | ".join(cells) + " |")
    return "\n".join(lines)


@pytest.mark.parametrize(
    ("experiments", "table"), [((vae.VAE,), vae_table), ((vae.ABLATION, vae.LONGER), ablation_table)]
)
def test_the_tables_of_autoencoders_are_the_recorded_ones(experiments, table):
    tables = [Results(vae.RECORDED, made.name).load(made.configuration) for made in experiments]
    assert table([row for rows in tables for row in rows]) in TEXT


def loss_table(rows, head, *workflows):
    """Mean and standard error of the test loss by iteration, of the preset `cpu`."""
    iterations = len(curve(rows, "cpu", workflows[0], "test_loss")[0])
    lines = [f"| {head} | n = 1 | " + " | ".join(map(str, range(2, iterations + 1))) + " |"]
    lines.append("|---" * (iterations + 1) + "|")
    for workflow in workflows:
        mean, error, _ = curve(rows, "cpu", workflow, "test_loss")
        cells = [f"{m:.3f} ± {e:.3f}" for m, e in zip(mean, error, strict=True)]
        lines.append(f"| `{workflow}` | " + " | ".join(cells) + " |")
    return "\n".join(lines)


def language_table(rows):
    """The three workflows of the preset."""
    return loss_table(rows, "test loss, nats a token, `--preset cpu`", "replace", "accumulate-subsample", "accumulate")


def diffusion_table(rows):
    """The paper's two workflows."""
    return loss_table(rows, "test loss, `--preset cpu`", "replace", "accumulate")


def diffusion_ablation_table(rows):
    """Rise of the test loss under Replace, one thing changed at a time."""
    lines = ["| changed | rise of model 3 under `replace` |", "|---|---|"]
    for variant in diffusion.ABLATION.variants:
        mean, error, _ = curve(rows, variant, "replace", "rise")
        lines.append(f"| {variant} | {100 * mean[-1]:+.0f} ± {100 * error[-1]:.0f} % |")
    return "\n".join(lines)


@pytest.mark.parametrize(
    ("experiment", "table"),
    [
        (language.AS_COMMAND["cpu"], language_table),
        (diffusion.DIFFUSION, diffusion_table),
        (diffusion.ABLATION, diffusion_ablation_table),
    ],
)
def test_other_tables_are_the_recorded_ones(experiment, table):
    assert table(recorded(experiment)) in TEXT


def test_what_is_said_of_the_diffusion_models_is_recorded():
    rows = recorded(diffusion.DIFFUSION)
    text = " ".join(TEXT.split())
    replace, accumulate = (curve(rows, "cpu", workflow, "rise")[0][-1] for workflow in ("replace", "accumulate"))
    assert f"It goes up {1 + replace:.2f} times under Replace and {1 + accumulate:.2f} times under Accumulate" in text
    replace, accumulate = (published.rise("diffusion", "GeoDiff", w, 6) for w in ("replace", "accumulate"))
    assert f"in the paper {1 + replace:.1f} times, at once and not further, and {1 + accumulate:.1f} times" in text
    sane = curve(rows, "cpu", "accumulate", "sane")[0]
    assert f"{100 * sane[0]:.0f} % are sane at n = 1, and at n = 6 {100 * sane[-1]:.0f} % under Accumulate" in text
    assert curve(rows, "cpu", "replace", "sane")[0][-1] < 0.005  # "none under Replace"


def test_the_lengths_of_training_are_as_recorded():
    recorded = json.loads((Path(simulation.__file__).parent / "training_length.json").read_text())["model 1"]
    rows = [row for row in recorded if row["kind"] == "diffusion"]
    assert len(rows) == 3
    for row in rows:
        sane, torsions = ([row[f"{of}_{by}"] for by in ("deterministic", "ancestral")] for of in ("sane", "torsions"))
        cells = f"{row['steps']:,} | {row['weights']:,} | {100 * sane[0]:.0f} %, {100 * sane[1]:.0f} %"
        assert f"| {cells} | {torsions[0]:.1f}°, {torsions[1]:.1f}° |" in TEXT


def test_the_gpt2_of_full_size_is_as_recorded():
    rows = Results(RECORDED / "gpu", "language_9m").load(language.FULL_SIZE["gpu"].configuration) or []

    def cells(workflow, metric):
        return [row for row in rows if (row["workflow"], row["metric"]) == (workflow, metric)]

    impossible = []
    for workflow in ("replace", "accumulate"):
        written = (
            f"{float(row['mean']):.3f} ± {float(row['standard_error']):.3f}" for row in cells(workflow, "test_loss")
        )
        assert f"| `{workflow}` | {' | '.join(written)} |" in TEXT
        impossible += [f"{100 * float(cells(workflow, 'impossible')[k]['mean']):.0f} %" for k in (0, 4)]
    text = " ".join(TEXT.split())
    assert f"{impossible[0]} and {impossible[2]} of model 1's, and at n = 5 they are {impossible[1]} under `rep" in text
    assert f"under `replace`, {impossible[3]} under `accumulate`" in text


def approximation_table(rows):
    """How far values of the last model are off, of the approximation and of the law for T -> oo, in per cent."""
    sweep = APPROXIMATION
    features = sorted({one.d for one in sweep.simulations})
    lines = ["| d/T | " + " | ".join(f"{dim / sweep.simulations[0].T:g}" for dim in features) + " |"]
    lines.append("|---" * (len(features) + 1) + "|")
    for name, workflow in {one.name: one.workflow for one in sweep.simulations}.items():
        cells = []
        for dim in features:
            off, error = off_by(rows, name, workflow, dim, "approximation")
            large, _ = off_by(rows, name, workflow, dim, "large-T")
            cells.append(f"{100 * off[-1]:+.1f} ± {100 * error[-1]:.1f} ({100 * large[-1]:+.0f})".replace("-", "−"))
        lines.append(f"| `{name}` | " + " | ".join(cells) + " |")
    return "\n".join(lines)


def test_the_table_of_the_approximation_is_the_recorded_one():
    assert approximation_table(recorded(APPROXIMATION)) in TEXT


def claims_table(judged):
    """One row a paper: what holds, in the paper's setting or in another, what does not, what is open or not tested."""
    shown = ("reproduced", "reproduced in shape", "refuted here", "left open", "not tested here")
    lines = [f"| paper | {' | '.join(shown)} |", "|---" * (len(shown) + 1) + "|"]
    for paper, rows in verdicts.by_paper(judged):
        cells = [", ".join(row["id"] for row in rows if row["verdict"] == verdict) or "–" for verdict in shown]
        link = f"[{paper.arxiv}](https://arxiv.org/abs/{paper.arxiv})"
        lines.append(f"| {link}, {paper.cited} | {' | '.join(cells)} |")
    return "\n".join(lines)


@pytest.mark.slow
def test_the_claims_in_short_are_what_is_judged():
    judged = verdicts.table()
    assert claims_table(judged) in TEXT
    assert f"judges {len(judged)} claims" in TEXT
    of = {claim["id"]: claim for claim in judged}
    assert f"supremum is {of['linear-bound-approached-fresh']['ours']:.3f}" in TEXT
    steps = of["confound-steps"]
    assert f"+{steps['ours']:.3f} ± {steps['standard_error']:.3f}" in TEXT


@pytest.mark.parametrize("task", theory.TASKS, ids=lambda task: task.name)
def test_the_table_of_tasks_names_each_with_what_it_measures(task):
    (row,) = [line for line in TEXT.splitlines() if line.startswith("|") and f"`{task.__name__}`" in line]
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
    (row,) = re.findall(rf"^\| `{re.escape(name)}` \| .*$", TEXT, flags=re.MULTILINE)
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
    assert f"\n{row}\n" in TEXT
    law = theory.generated(*of, design="fixed")
    one_fit = 7 / (50 - 7 - 1)
    expected = [gain * one_fit + shift for gain, shift in map(parts, range(1, 6))]
    assert law.evaluate(T=50, d=7, n=range(1, 6)).tolist() == pytest.approx(expected, rel=1e-12)
    found, (kind, constant) = law.growth(), growth
    assert found.kind == kind
    unit = 1 if kind == "log-squared" else one_fit
    assert float(found.constant.subs({T: 50, d: 7, sigma: 1})) / unit == pytest.approx(constant, rel=1e-12)
    assert law.exact == (not of[1].edits)


def test_pictures_and_links_exist():
    headings = re.findall(r"^#+ (.+)$", TEXT, flags=re.MULTILINE)
    anchors = {"#" + re.sub(r"[^\w -]", "", heading.lower()).replace(" ", "-") for heading in headings}
    for target in re.findall(r"\]\(([^)]+)\)", TEXT):
        assert target in anchors or target.startswith("https://arxiv.org/") or (ROOT / target).is_file(), target


def test_make_targets_exist():
    makefile = (ROOT / "Makefile").read_text()
    for target in re.findall(r"`make (\w+)|^make (\w+)", TEXT, flags=re.MULTILINE):
        assert re.search(rf"^{''.join(target)}:", makefile, flags=re.MULTILINE), target


def test_the_table_of_figures_is_the_catalogue():
    rows = re.findall(r"^\| `(\w+)` \| (.+) \|$", TEXT, flags=re.MULTILINE)
    assert rows[: len(PICTURES)] == [(picture.name, picture.title) for picture in PICTURES]
