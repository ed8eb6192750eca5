"""What theory/README.md says of diagnoses and plans is what is computed."""

import contextlib
import csv
import io
import re
from pathlib import Path

import numpy as np
import pytest

from theory import diagnose
from theory.__main__ import main
from theory.workflows import Accumulate, FreshReal, Replace

ROOT = Path(__file__).parents[2]
TEXT = (ROOT / "theory" / "README.md").read_text()
SECTION = TEXT[TEXT.index("## Diagnose measured losses") :]
PAPER = ROOT / "paper_repro"


def rows(file, **place):
    with (PAPER / file).open(newline="") as lines:
        found = [row for row in csv.DictReader(lines) if place.items() <= row.items()]
    return sorted(found, key=lambda row: int(row["iteration"]))


def measured(found, **options):
    """Of a recorded table: by seed, or with standard errors."""
    iterations = [int(row["iteration"]) for row in found]
    if "by_seed" in found[0]:
        losses = np.array([[float(value) for value in row["by_seed"].split()] for row in found]).T
        return diagnose(losses, iterations=iterations, forecasts=(), **options)
    losses, errors = ([float(row[name]) for row in found] for name in ("mean", "standard_error"))
    return diagnose(losses, errors, iterations=iterations, forecasts=(), **options)


def read_off(model, workflow):
    found = rows(
        "gerstgrasser2024/published_curves.csv", figure="language_models", model=model, workflow=workflow.command()
    )
    return diagnose([float(row["value"]) for row in found], float(found[0]["read_error"]), forecasts=())


def chains():
    """What is diagnosed, the workflow that it is of, and the diagnosis."""
    for one in (Replace(), Accumulate()):
        found = rows("results/linear_claims.csv", workflow=one.command(), design="fixed", metric="test_error")
        yield "least squares, simulated, 50 models", one, measured(found, best_loss=0)
    for one in (Replace(), Accumulate(), FreshReal()):
        found = rows("results/one_law.csv", world="neural", workflow=one.command(), epochs="20.0")[1:]
        yield "transformers at their best fit, models 2 to 5", one, measured(found, best_loss=0)
    for one in (Replace(), Accumulate()):
        yield (
            "digits' autoencoders, 3 seeds",
            one,
            measured(rows("results/vae.csv", workflow=one.command(), metric="test_loss")),
        )
    for model in ("GPT-2 9M", "Llama-2 126M"):
        for one in (Replace(), Accumulate()):
            yield f"published, {model}", one, read_off(model, one)


def named(workflows):
    names = [
        re.sub(r"synthetic_ratio=1, |real_ratio=1, synthetic_ratio=1|synthetic_ratio=1", "", str(one))
        for one in workflows
    ]
    return (
        ", ".join(f"`{name}`" for name in names[:3]) + f" and {len(names) - 3} more" * (len(names) > 3)
        if names
        else "none"
    )


def table():
    lines = [
        "| chain | trained under | its gain alone | with bias too: `Replace` | `Accumulate` |",
        "|---|---|---|---|---|",
    ]
    for name, truth, found in chains():
        out = ["not excluded" if one in found.possible else "excluded" for one in (Replace(), Accumulate())]
        lines.append(f"| {name} | `{truth}` | {named(found.possible_if_unbiased)} | {' | '.join(out)} |")
    return "\n".join(lines).replace("synthetic_ratio=1)`", ")`")


@pytest.mark.slow
def test_the_table_of_diagnoses_is_what_is_computed():
    assert table() in SECTION


@pytest.mark.slow
def test_commands_print_what_is_said(tmp_path, monkeypatch):
    (data,) = re.findall(r"```csv\n(.*?)```", SECTION, flags=re.DOTALL)
    (tmp_path / "losses.csv").write_text(data)
    monkeypatch.chdir(tmp_path)
    commands = re.findall(r"^python -m theory (.*?)\n```\n\n```text\n(.*?)```", SECTION, flags=re.DOTALL | re.MULTILINE)
    assert len(commands) == 2
    for words, printed in commands:
        out = io.StringIO()
        with contextlib.redirect_stdout(out):
            assert main(words.split()) == 0
        assert printed == "\n".join(line.rstrip() for line in out.getvalue().splitlines()[: printed.count("\n")]) + "\n"
