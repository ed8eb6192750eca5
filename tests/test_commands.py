"""The command lines: every documented key, and one clear line with exit status 2 for each mistake."""

import os
import subprocess
import sys
from dataclasses import replace
from fractions import Fraction
from pathlib import Path

import numpy as np
import pytest
import sympy as sp

import theory
from tests.helpers import command, refused
from theory.cli import Parser, run
from theory.generator_table import SAMPLED, generator_rows

SIM = "accumulate --design fresh --T 20 --d 2 --iterations 3 --replicates 4000"


def test_theory_json(capsys):
    line = "accumulate --design fresh --T 100 --d 32 --sigma 1 --iterations 50 --json"
    found = command(capsys, "theory", line).json
    assert (found["workflow"], found["design"], found["exact"], found["growth"]) == (
        "accumulate",
        "fresh",
        True,
        "bounded",
    )
    # what a reader does with `expression`: sympify and put numbers in
    expression = sp.sympify(found["expression"])
    closed, limit = sp.sympify(found["closed_form"]), sp.sympify(found["limit"])
    at = {"T": 100, "d": 32, "sigma": 1}
    for n in (1, 2, 50):
        value = float(expression.subs(at).subs("n", n).doit())
        np.testing.assert_allclose(found["test_error"][n - 1], value, rtol=1e-13)
        np.testing.assert_allclose(float(closed.subs(at).subs("n", n)), value, rtol=1e-12)
    np.testing.assert_allclose(float(limit.subs(at)), 0.7087, rtol=1e-4)
    assert found["gain"][:3] == ["1", "5/4", "49/36"]
    assert Fraction(found["gain"][49]) == sum(Fraction(1, i * i) for i in range(1, 51))
    assert found["assumptions"] == ["T >= d + 2", "d >= 1", "n >= 1", "sigma > 0"]


def test_theory_json_where_it_diverges(capsys):
    found = command(capsys, "theory", "replace --json --design fixed --iterations 2").json
    assert (found["limit"], found["growth"], found["closed_form"]) == ("oo", "linear", "d*n*sigma**2/(T - d - 1)")
    assert found["test_error"] is None


def test_theory_text_and_latex(capsys):
    text = command(capsys, "theory", "replace-growing --T 100 --design fresh --d 32 --iterations 3").out
    assert "Sum(1/(T*i - d - 1), (i, 1, n))" in text
    assert "9. white noise" in text
    assert "0.6692287" in text
    latex = command(capsys, "theory", "accumulate --design fixed --latex").out
    assert latex.startswith("\\begin{align*}")


def test_sim_json(capsys):
    ran = command(capsys, "sim", SIM + " --seed 1 --json")
    found = ran.json
    assert ran.status == 0
    assert "4000/4000" in ran.err
    assert (found["verdict"], found["sampler"], found["replicates"]) == ("agree", "wishart", 4000)
    assert len(found["mean"]) == len(found["standard_error"]) == len(found["theory"]) == 3
    z = (np.array(found["mean"]) - found["theory"]) / found["standard_error"]
    np.testing.assert_allclose(found["max_abs_z"], np.abs(z).max())


@pytest.mark.slow
def test_seeds_beyond_32_bits_are_not_cut(capsys):
    short = "replace --design fixed --T 10 --d 2 --iterations 2 --replicates 3 --json --seed "
    means = [command(capsys, "sim", short + seed).json["mean"] for seed in ("0", "1", "4294967296")]
    assert means[0] != means[1]
    assert means[0] != means[2]


def test_parameters_of_a_workflow(capsys):
    found = command(
        capsys, "theory", "fresh-real --synthetic-ratio 2 --weight 3/5 --design fixed --iterations 3 --json"
    ).json
    assert found["parameters"] == {"synthetic_ratio": "2", "weight": "3/5"}
    assert found["gain"] == ["1", "3/5", "67/125"]
    ran = command(
        capsys, "sim", "sliding-window --design fixed --T 20 --k 2 --d 2 --iterations 3 --replicates 3000 --json"
    )
    assert ran.json["verdict"] == "agree"


@pytest.mark.slow
def test_asymptotic_laws_are_compared_on_demand(capsys):
    line = "accumulate-subsample --design fresh --T 200 --d 1 --iterations 3 --replicates 2000 --json"
    assert command(capsys, "sim", line).json["verdict"] == "not comparable"
    assert command(capsys, "sim", line + " --asymptotic").json["verdict"] == "agree"


@pytest.mark.slow
@pytest.mark.parametrize("style", ["--markdown", "--latex", "--json"])
def test_table(capsys, style):
    ran = command(capsys, "theory", f"table {style}")
    if style == "--json":
        rows = ran.json
        assert {row["workflow"].split("(")[0] for row in rows} == {w.__name__ for w in theory.WORKFLOWS}
        # how AccumulateFresh falls is known where its law at fresh design is exact
        known = [row for row in rows if not row["workflow"].startswith("AccumulateFresh")]
        ridges = [row for row in rows if row["fit"] != "as usual"]
        found = {(row["workflow"], row["design"], row["fit"].removeprefix("a ridge of 1 that ")) for row in ridges}
        assert found == {
            ("Accumulate()", "fixed", "grows with the rows"),
            ("Accumulate()", "fresh", "does not"),
        }
        assert [row["limit"] for row in ridges] == ["1", "sigma**2*Sum(V(T*i)/i, (i, 1, oo)) + B(T)"]
        assert {row["data"] for row in rows} == {"sampled from the model as it is", *SAMPLED}
        assert all(row["limit"] is not None and row["growth"] is not None for row in known)
        for row in rows:
            if row["closed_form"] is not None:
                assert "Sum" not in row["closed_form"]
    else:
        count = len(theory.table.rows()) + len(generator_rows())
        assert len(ran.out.splitlines()) == count + (3 if style == "--latex" else 2)
        assert "pi" in ran.out


@pytest.mark.slow
def test_a_reader_that_stops_early():
    code = "python -m theory accumulate --design fixed --iterations 3000 | head -1".replace("python", sys.executable, 1)
    done = subprocess.run(["bash", "-o", "pipefail", "-c", code], capture_output=True, text=True, check=False)
    assert (done.returncode, done.stderr) == (0, "")


def test_sim_json_without_a_variance(capsys):
    ran = command(capsys, "sim", "replace --design fixed --T 4 --d 2 --iterations 2 --replicates 200 --json")
    found = ran.json
    assert ran.status == 0
    assert found["standard_error"] == [None, None]
    assert found["max_abs_z"] is None
    assert found["verdict"] == "not comparable"
    assert "variance is infinite" in found["reason"]


def test_sim_disagreement_is_exit_status_1(capsys, monkeypatch):
    import sim.__main__

    def wrong(task, workflow, of):
        law = theory.law(task, workflow, of)
        return replace(law, derived=replace(law.derived, expr=law.derived.expr * sp.Rational(4, 3)))

    monkeypatch.setattr(sim.__main__, "law_of", wrong)
    ran = command(capsys, "sim", SIM + " --json")
    assert ran.status == 1
    assert ran.json["verdict"] == "disagree"


def test_sim_text(capsys):
    ran = command(capsys, "sim", SIM)
    assert ran.status == 0
    assert ran.out.splitlines()[-1].startswith("verdict: agree")
    assert "sampler in float" in ran.out


NUMBERS = "--design fixed --T 10 --d 2"


OWN = "own replace --learner tests.neural.tiny:Points --preset smoke --run-dir /nowhere/run"


@pytest.mark.parametrize(
    ("module", "line", "message"),
    [
        ("theory", "", "required: WORKFLOW"),
        ("theory", "forget --design fixed", "invalid choice: 'forget' (choose from"),
        ("theory", "replace", "required: --design"),
        ("theory", "replace --design both", "invalid choice: 'both'"),
        ("theory", "replace --design fixed --T 10", "--T and --d go together"),
        ("theory", "replace --design fixed --T 11 --d 10", "needs T >= d + 2 for a finite mean; got T=11, d=10"),
        ("theory", "replace --design fixed --T 5 --d 10", "needs T >= d + 2 for a finite mean; got T=5, d=10"),
        ("theory", f"replace {NUMBERS} --sigma -1", "--sigma: must be a positive finite number; got '-1'"),
        ("theory", f"replace {NUMBERS} --sigma nan", "must be a positive finite number; got 'nan'"),
        ("theory", f"replace {NUMBERS} --iterations 0", "--iterations: must be a whole number of at least 1; got '0'"),
        ("theory", "replace --design fixed --T ten --d 2", "--T: must be a whole number of at least 1; got 'ten'"),
        ("theory", "replace --design fixed --T 1/0 --d 2", "got '1/0'"),
        ("theory", f"replace {NUMBERS} --json --latex", "not allowed with"),
        ("theory", f"replace {NUMBERS} --iter 3", "unrecognized arguments: --iter 3"),
        ("sim", "replace --design fixed --T 10", "required: --d"),
        ("sim", f"forget {NUMBERS}", "invalid choice: 'forget'"),
        ("sim", "replace --design fixed --T 11 --d 10", "needs T >= d + 2 for a finite mean; got T=11, d=10"),
        ("sim", "replace --design fixed --T 10 --d 10", "needs T >= d + 2"),
        ("sim", f"replace {NUMBERS} --replicates 0", "--replicates: must be a whole number of at least 1; got '0'"),
        ("sim", f"replace {NUMBERS} --seed -1", "--seed: must be a whole number of at least 0; got '-1'"),
        ("sim", f"replace {NUMBERS} --relative-error 2", "needs a share between 0 and 1, as 0.1% or 0.001; got 2"),
        ("sim", f"replace {NUMBERS} --sampler fast", "invalid choice: 'fast'"),
        ("sim", "accumulate --design fresh --T 10 --d 2 --sampler radial", "Use the wishart sampler"),
        ("sim", f"replace {NUMBERS} --checkpoint /nowhere/x", "there is no folder /nowhere for the checkpoint x"),
        ("sim", f"replace {NUMBERS} --process 0", "add --distributed"),
        ("sim", f"replace {NUMBERS} --processes 2", "add --distributed"),
        ("sim", f"replace {NUMBERS} --coordinator here:1", "add --distributed"),
        ("sim", f"replace {NUMBERS} --distributed --process 1", "names coordinator (host:port), processes and process"),
        ("sim", f"replace {NUMBERS} --distributed", "could not join the distributed run"),
        ("neural", f"{OWN} --process 1", "add --distributed"),
        ("neural", f"{OWN} --distributed --process 1", "names coordinator (host:port), processes and process"),
        ("neural", f"{OWN} --distributed --dry-run", "a dry run is of one process"),
        ("sim", f"replace {NUMBERS} --sigma abc", "got 'abc'"),
        ("sim", "replace --design fixed --T 1000000000 --d 32 --sampler literal", "GB for one replicate"),
        (
            "sim",
            "replace --design fixed --T 1e9 --d 32 --sampler literal",
            "Use a smaller T, another sampler, or the exact law",
        ),
        ("theory", f"replace {NUMBERS} --sigma 1e200", "between 1e-60 and 1e60; got sigma=1e+200"),
        ("theory", "replace --design fixed --iterations 1e3000000000", "got '1e3000000000'"),
        ("theory", "fixed-real --design fixed --weight 1e999999999", "must be a number such as 2, 1/2 or 0.5"),
        ("theory", "fixed-real --design fixed --weight 3/2", "FixedReal: weight is the share"),
        ("theory", "fixed-real --design fixed", "required: --weight"),
        ("theory", f"replace {NUMBERS} --iterations 5001", "at most 5,000 iterations are listed; got 5,001"),
        ("theory", "replace --design fixed --T 1e30 --d 3", "--T: must be below 2^63; got '1e30'"),
        ("sim", f"replace {NUMBERS} --checkpoint /", "the checkpoint / is no regular file"),
        ("theory", "sliding-window --k 0 --design fixed", "k counts pools"),
        ("theory", "replace --design fixed --T 1e17 --d 3", "T must be at most 2^53"),
        ("sim", f"replace {NUMBERS} --iterations 100000", "at most 2,000 iterations"),
        ("sim", "fresh-real --synthetic-ratio 1/2 --design fixed --T 10 --d 2", "not a whole number of copies"),
        ("paper_repro", "", "required: COMMAND"),
        ("paper_repro", "judge", "invalid choice: 'judge' (choose from"),
        ("paper_repro", "run", "required: NAME"),
        ("paper_repro", "run everything", "invalid choice: 'everything' (choose from 'linear_a'"),
        ("paper_repro", "run vae --preset huge", "invalid choice: 'huge' (choose from 'smoke', 'cpu', 'gpu', 'paper')"),
        ("paper_repro", "run one_law --preset paper", "one_law has no preset paper, only smoke, cpu, gpu"),
        ("paper_repro", "claims --json --markdown", "not allowed with"),
        ("paper_repro", "claims --paper 2404", "invalid choice: '2404' (choose from '2404.01413'"),
        ("paper_repro", "list --paper 2404.1413", "did you mean 2404.01413?"),
        ("paper_repro", "claims --preset cpu", "unrecognized arguments: --preset cpu"),
        ("figures", "--frsh", "unrecognized arguments: --frsh"),
    ],
)
def test_a_mistake_is_one_line(capsys, module, line, message):
    ran = command(capsys, module, line)
    refused(ran, f"python -m {module}", message)
    assert ran.err.count("\n") == 1


@pytest.mark.parametrize(
    ("file", "option"),
    [
        ("run", "--run-dir run"),
        ("run/pools/real-1.npy", "--run-dir run"),
        (".run.lock", "--run-dir run"),
        ("state/x.y", "--checkpoint state/x.y"),
        ("state/.x.0a1b.partial.y", "--checkpoint state/x.y"),
        ("elsewhere", None),
        ("state", None),
        (b"run/a", "--run-dir run"),
    ],
)
def test_a_file_that_the_system_refuses_is_named_with_its_option(capsys, file, option):
    def main(options):
        raise PermissionError(13, "Permission denied", file)

    parser = Parser(prog="it")
    parser.add_argument("--run-dir", type=Path)
    parser.add_argument("--checkpoint")
    assert run(parser, main, ["--run-dir", "run", "--checkpoint", "state/x.y"]) == 2
    told = f"{option}: Permission denied ({os.fsdecode(file)}); give one that can be read and written"
    assert capsys.readouterr().err == f"it: {told if option else f'[Errno 13] Permission denied: {file!r}'}\n"


@pytest.mark.parametrize(
    "error",
    [
        MemoryError("array of 9 TiB"),
        RuntimeError("RESOURCE_EXHAUSTED: Out of memory\nallocating"),
        NotImplementedError("random bits array of size exceeding 2 ** 64"),
    ],
)
def test_too_little_memory_is_one_line(capsys, error):
    def main(options):
        raise error

    assert run(Parser(prog="it"), main, []) == 2
    told = str(error).splitlines()[0]
    assert capsys.readouterr().err == f"it: there is not enough memory ({told}); choose smaller numbers\n"
    with pytest.raises(RuntimeError, match="a defect"):
        run(Parser(prog="it"), lambda options: _raise(RuntimeError("a defect")), [])


def _raise(error):
    raise error


def test_an_error_of_many_lines_is_one(capsys):
    def main(options):
        raise ValueError("the file\nname is damaged")

    assert run(Parser(prog="it"), main, []) == 2
    assert capsys.readouterr().err == "it: the file\\nname is damaged\n"
