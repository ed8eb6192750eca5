"""The README's code runs and prints what it says, and its commands work."""

import json
import re
import shlex
import subprocess
import sys
from pathlib import Path

import pytest

from figures.catalogue import PICTURES
from figures.chains import curve
from figures.vae import described
from paper_repro import verdicts
from paper_repro.gerstgrasser2024 import diffusion, language, published, vae
from sim.results import Results
from tests.benchmarks import simulation
from tests.helpers import as_a_user, recorded

ROOT = Path(__file__).parents[1]
TEXT = (ROOT / "README.md").read_text()
BLOCKS = re.findall(r"```(\w+)\n(.*?)```", TEXT, flags=re.DOTALL)
PROGRAMS = [body for kind, body in BLOCKS if kind == "python"]
PRINTED = [body for kind, body in BLOCKS if kind == "text"]
COMMANDS = [line for kind, body in BLOCKS if kind == "sh" for line in body.splitlines() if line.startswith("python")]


def run(*command, **settings):
    command = [sys.executable, *command]
    return subprocess.run(
        command, cwd=ROOT, env=as_a_user() | settings, capture_output=True, text=True, check=True
    ).stdout


@pytest.mark.parametrize(
    ("program", "printed"),
    list(zip(PROGRAMS, PRINTED, strict=True)),
    ids=["ten lines", "tasks", "large", "bounds", "workflow"],
)
def test_code_prints_what_it_says(program, printed):
    assert run("-c", program) == printed


@pytest.mark.parametrize("line", COMMANDS)
def test_commands(line, tmp_path):
    quickly = {"JAX_DISABLE_MOST_OPTIMIZATIONS": "1"}  # its digits are not looked at
    assert run(*shlex.split(line.replace(" runs/", f" {tmp_path}/"))[1:], **quickly)


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


def test_the_claims_in_short_are_what_is_judged():
    judged = verdicts.table()
    for verdict in ("reproduced", "reproduced in shape", "not reproduced"):
        names = ", ".join(claim["id"] for claim in judged if claim["verdict"] == verdict)
        assert f"| {verdict} | {names} |" in TEXT
    assert f"judges {len(judged)} claims" in TEXT
    of = {claim["id"]: claim for claim in judged}
    assert f"supremum is {of['linear-bound-tight-fresh']['ours']:.3f}" in TEXT
    steps = of["confound-steps"]
    assert f"+{steps['ours']:.3f} ± {steps['standard_error']:.3f}" in TEXT


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
