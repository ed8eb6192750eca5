"""Four people who come with a question, each with the documented commands that answer it, in their order."""

import csv
import importlib
import json
import re
import shlex

import pytest
import sympy as sp

import theory
from tests.documents import TEXT, programs
from tests.tables import claims_by_paper
from theory.sympy_types import as_expression


@pytest.fixture
def ask(capsys, tmp_path, monkeypatch):
    """Runs a line in an empty folder, if users are told it; returns what it prints."""
    monkeypatch.chdir(tmp_path)
    told = " ".join(" ".join(TEXT.values()).split())

    def asked(line):
        assert line in told, f"no page says {line}"
        python, m, module, *words = shlex.split(line)
        assert (python, m) == ("python", "-m")
        assert importlib.import_module(f"{module}.__main__").main(words) == 0
        return capsys.readouterr().out

    return asked


def test_a_theorist_has_a_law_and_a_verdict_on_a_conjecture(ask):
    printed = ask("python -m theory accumulate --design fresh --T 100 --d 32 --sigma 1 --iterations 50")
    law = theory.linear.test_error(theory.Accumulate(), design="fresh")
    assert str(law.expr) in printed
    refuted = json.loads(
        ask('python -m theory check-bound sliding-window "3*sigma**2*d/(T-d-1)" --k 2 --design fixed --json')
    )
    assert refuted["verdict"] == "refuted"
    at = refuted["counterexample"]
    window = theory.linear.test_error(theory.SlidingWindow(2), design="fixed")
    T, d, n = (int(at[name]) for name in ("T", "d", "n"))
    assert window.evaluate(T=T, d=d, sigma=1, n=n) > 3 * d / (T - d - 1)
    assert "proved" in ask("python -m theory check-bound accumulate --below replace-growing --design fresh").lower()
    assert ask("python -m theory replace-growing --design fixed --latex").startswith("\\begin{align*}")


@pytest.mark.slow
@pytest.mark.usefixtures("quickly_compiled")
def test_an_experimenter_has_a_simulation_beside_its_law_and_a_network(ask, tmp_path):
    line = "python -m sim accumulate --design fixed --T 100 --d 32 --iterations 10 --replicates 2000 --seed 0 --json"
    found = json.loads(ask(line))
    law = theory.linear.test_error(theory.Accumulate(), design="fixed").evaluate(T=100, d=32, n=range(1, 11))
    for mean, error, exact in zip(found["mean"], found["standard_error"], law, strict=True):
        assert abs(mean - exact) < 5 * error
        assert error < 0.05 * exact
    network = json.loads(ask("python -m neural vae replace --preset smoke --run-dir runs/vae --json"))
    kept = list(csv.DictReader((tmp_path / "runs/vae/metrics.csv").read_text().splitlines()))
    assert {"test_loss"} <= {row["metric"] for row in kept}
    assert network


@pytest.mark.slow
def test_a_reader_has_the_verdicts_on_a_paper(ask):
    assert "dohmatob_power_law" in ask("python -m paper_repro list --paper 2402.07712")
    printed = ask("python -m paper_repro claims --paper 2402.07712")
    ((paper, by),) = ((paper, by) for paper, by in claims_by_paper().items() if "2402.07712" in paper)
    (row,) = (line for line in TEXT["README.md"].splitlines() if line.startswith(f"| {paper} |"))
    assert [cell.strip() for cell in row.split("|")[2:-1]] == [str(len(names) or "–") for names in by.values()]
    assert {verdict for verdict, names in by.items() if names} == {"reproduced", "reproduced in shape", "refuted here"}
    for verdict, names in by.items():
        for name in names:
            assert f"\n{name}: {verdict};" in printed


def test_a_student_goes_from_ten_lines_to_a_workflow_of_their_own(capsys):
    lines, printed = programs()["Ten lines"]
    law, closed = printed.splitlines()[:2]
    names: dict = {}
    exec(lines[: lines.index("model = ")], names)  # the simulation is run where all code is
    assert capsys.readouterr().out.splitlines() == [law, closed]
    lines, printed = programs()["A workflow of your own"]
    exec(lines, own := {"__name__": "__main__"})
    assert capsys.readouterr().out == printed
    window, alone = (
        theory.linear.test_error(w, design="fixed").growth() for w in (own["LastThree"](), theory.Replace())
    )
    (row,) = re.findall(r"^\| `SlidingWindow\(k\)` .*$", TEXT["theory/README.md"], flags=re.MULTILINE)
    assert "linear, slope 4/(k + 1)²" in row
    slope = sp.simplify(as_expression(window.constant) / as_expression(alone.constant))
    assert (window.kind, slope) == ("linear", sp.Rational(4, 16))
