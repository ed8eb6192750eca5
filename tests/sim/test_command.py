"""`python -m sim`: what it says beyond the numbers."""

import dataclasses
import importlib.util
import json
import sys
from fractions import Fraction
from pathlib import Path

import jax.random as jr
import pytest

import sim
import theory
from sim import __main__ as command_line, sharing
from tests.helpers import command, refused
from theory import Accumulate

pytestmark = pytest.mark.usefixtures("quickly_compiled")  # few replicates, of many programs


@pytest.mark.parametrize(
    ("words", "first"), [(["-m", "replace"], "theory.interruption"), (["sim"], "begun.comparison")]
)
def test_the_program_is_ready_to_be_interrupted_before_the_long_imports(words, first, monkeypatch):
    """`python -m sim` runs the package before its program, and has `-m` as the first word then."""
    for name in ("theory.interruption", "begun.comparison"):
        monkeypatch.setitem(sys.modules, name, None)
    monkeypatch.setattr(sys, "argv", words)
    spec = importlib.util.spec_from_file_location("begun", sim.__file__, submodule_search_locations=[])
    assert spec is not None
    assert spec.loader is not None
    begun = importlib.util.module_from_spec(spec)
    monkeypatch.setitem(sys.modules, "begun", begun)
    with pytest.raises(ModuleNotFoundError, match=f"{first} halted"):
        spec.loader.exec_module(begun)


UNEQUAL = "replace-growing --design fresh --T 20,30,40 --d 3 --iterations 3 --replicates 20000 --json"


def test_pools_of_a_growing_workflow_grow_from_what_the_user_gives(capsys):
    ran = command(capsys, "sim", UNEQUAL)
    assert (ran.status, ran.json["verdict"], ran.json["T"]) == (0, "agree", [20, 30, 40])


def test_without_a_law_there_is_no_verdict(capsys):
    line = "fresh-real --design fresh --T 20,30 --d 2 --iterations 2 --replicates 50 --json"
    found = command(capsys, "sim", line).json
    assert (found["theory"], found["max_abs_z"], found["verdict"]) == (None, None, "not comparable")
    assert "at unequal pools" in found["reason"]


def test_more_features_than_rows(capsys):
    """With a ridge there is a law, in the limit d/T -> gamma; the numbers of the task are in the output."""
    line = "accumulate --design fresh --T 10 --d 20 --ridge 0.1 --iterations 2 --replicates 200 --seed 0 --json"
    found = command(capsys, "sim", line)
    assert found.status == 0, found.err
    assert (found.json["ridge"], found.json["scaled"], found.json["signal"]) == (0.1, True, 1.0)
    assert len(found.json["mean"]) == len(found.json["theory"]) == 2
    assert "ridge=0.1" in command(capsys, "sim", line.removesuffix(" --json")).out


@pytest.mark.parametrize(
    ("line", "message"),
    [
        ("replace --design fixed --T 9 --d 20 --ridge -0.1", "must be a finite number of at least 0; got '-0.1'"),
        ("replace --design fixed --T 9 --d 10 --ridge 0", "has no finite mean where T is d - 1, d or d + 1"),
        ("replace --task collapse --design fixed --T 9 --d 2", "invalid choice: 'collapse'"),
        ("replace --design fixed --T 9 --d 2 --of variance", "invalid choice: 'variance'"),
        *(
            (
                f"replace --design fixed --T 9 --d 2 --relative-error={share}",
                f"needs a share between 0 and 1, as 0.1% or 0.001; got {share}",
            )
            for share in ("-0.5", "0", "1", "100%", "1.5", "nan", "1%%", "much")
        ),
    ],
)
def test_mistakes(capsys, line, message):
    refused(command(capsys, "sim", line), "python -m sim", message)


#: Each option, a value on the command line, and where it arrives with which value.
OPTIONS = {
    "T": ("40", "task.T", 40),
    "d": ("4", "task.d", 4),
    "sigma": ("0.5", "task.sigma", 0.5),
    "ridge": ("0.25", "task.ridge", 0.25),
    "scaled": ("", "task.scaled", False),
    "signal": ("2", "task.signal", 2.0),
    "design": ("fixed", "task.design", "fixed"),
    "task": ("regression", "task.name", "regression"),
    "of": ("test_error", "of", "test_error"),
    "iterations": ("7", "iterations", 7),
    "replicates": ("123", "replicates", 123),
    "relative_error": ("1%", "relative_error", 0.01),
    "temperature": ("3/2", "generator.temperature", Fraction(3, 2)),
    "bias": ("0.2", "generator.bias", Fraction(1, 5)),
    "edited": ("1/3", "generator.edited", Fraction(1, 3)),
    "fading": ("0.5", "generator.fading", Fraction(1, 2)),
    "quantiles": ("", "quantiles", True),
    "sampler": ("literal", "sampler", "literal"),
    "precision": ("float32", "precision", "float32"),
    "checkpoint": ("some.state", "checkpoint", "some.state"),
    "seed": ("12345678901", "key", jr.key_data(jr.key(12345678901)).tolist()),
    "batch_size": ("17", "batch_size", 17),
    "k": ("3", "workflow.k", 3),
    "distributed": ("", "join", True),
    "coordinator": ("here:1", "join.coordinator", "here:1"),
    "processes": ("2", "join.processes", 2),
    "process": ("1", "join.process", 1),
    "asymptotic": ("", "asymptotic", True),
    "json": ("", "json", True),
    "output": ("results.csv", "output", Path("results.csv")),
    "plot": ("results.png", "plot", Path("results.png")),
}


def test_every_option_reaches_the_run(capsys, monkeypatch):
    """By introspection: an option that the command line has and this table has not fails here."""
    found = {}

    def run(task, workflow, **settings):
        found.update(settings, task=task, workflow=workflow, key=jr.key_data(settings["key"]).tolist())
        return sim.run(task, workflow, iterations=2, replicates=20, key=jr.key(0))

    def compare(result, law, *, asymptotic):
        found["asymptotic"] = asymptotic
        return sim.compare(result, law)

    parsers = []
    real_parser = command_line._options
    monkeypatch.setattr(
        command_line, "_options", lambda task, parser: (real_parser(task, parser), parsers.append(parser))
    )
    monkeypatch.setattr(command_line, "run", run)
    monkeypatch.setattr(command_line, "compare", compare)
    monkeypatch.setattr(command_line.output, "write", lambda frame, **files: found.update(files))
    monkeypatch.setattr(
        sharing, "join", lambda *of, **_: found.update({"join": True, **dict(zip(sharing.PLACE, of, strict=True))})
    )
    spelt = {"scaled": "unscaled"}
    words = [f"--{spelt.get(name, name).replace('_', '-')} {value}".strip() for name, (value, _, _) in OPTIONS.items()]
    ran = command(capsys, "sim", f"sliding-window {' '.join(words)}")
    assert ran.status == 0, ran.err
    found["json"] = ran.json is not None
    (parser,) = [p for p in parsers if p.prog.endswith(" sliding-window")]
    assert {action.dest for action in parser._actions} - {"help"} == OPTIONS.keys()
    for name, (_, where, value) in OPTIONS.items():
        first, _, rest = where.removeprefix("join.").partition(".")
        arrived = getattr(found[first], rest) if rest else found[first]
        assert arrived == value, name


def test_output_has_the_means_and_the_law(capsys, tmp_path):
    line = "accumulate --design fresh --T 30 --d 2 --iterations 3 --replicates 50 --json"
    files = f"--output {tmp_path / 'run.json'} --plot {tmp_path / 'run.svg'}"
    ran = command(capsys, "sim", f"{line} {files}")
    rows = json.loads((tmp_path / "run.json").read_text())
    assert [row["source"] for row in rows] == ["law"] * 3 + ["simulation"] * 3
    assert [row["value"] for row in rows] == ran.json["theory"] + ran.json["mean"]
    assert [row["standard_error"] for row in rows[3:]] == ran.json["standard_error"]
    assert {row["replicates"] for row in rows[3:]} == {50}
    assert (tmp_path / "run.svg").read_bytes().startswith(b"<?xml")
    # and each alone
    for option, name in (("--output", "alone.json"), ("--plot", "alone.svg")):
        command(capsys, "sim", f"{line} {option} {tmp_path / name}")
        assert (tmp_path / name).is_file()


def test_an_interrupted_run_leaves_its_files_to_the_one_that_goes_on(capsys, tmp_path, monkeypatch):
    task = sim.LinearRegression(T=30, d=2, design="fresh")
    until = sim.run(task, Accumulate(), iterations=2, replicates=20, key=jr.key(0))

    def run(*_, **__):
        raise command_line.Interrupted(until)

    monkeypatch.setattr(command_line, "run", run)
    line = f"accumulate --design fresh --T 30 --d 2 --output {tmp_path / 'run.csv'} --plot {tmp_path / 'run.png'}"
    ran = command(capsys, "sim", line)
    assert ran.status == 130
    assert "neither --output nor --plot is written" in ran.err
    alone = command(capsys, "sim", line.partition(" --plot")[0])
    assert "neither --output nor --plot is written" in alone.err
    assert list(tmp_path.iterdir()) == []


def test_json_has_the_numbers_of_the_run(capsys):
    line = "accumulate --design fresh --T 30 --d 2 --iterations 3 --replicates 500 --seed 5"
    found = command(capsys, "sim", f"{line} --json").json
    task = sim.LinearRegression(T=30, d=2, design="fresh")
    run = sim.run(task, Accumulate(), iterations=3, replicates=500, key=jr.key(5))
    estimate, law = run.test_error, theory.law(run.task, Accumulate())
    compared = sim.compare(run, law)
    assert found["mean"] == estimate.mean.tolist()
    assert found["standard_error"] == estimate.standard_error.tolist()
    for name, values in (("quantiles", estimate.quantiles), ("quantile_errors", estimate.quantile_errors)):
        assert found[name] == {str(level): each.tolist() for level, each in values.items()}
    assert found["theory"] == law.evaluate(n=[1, 2, 3]).tolist()
    assert (found["z"], found["max_abs_z"]) == (compared.z.tolist(), compared.max_abs_z)
    # the table for people has the same, rounded
    rows = [row.split() for row in command(capsys, "sim", line).out.splitlines() if row[:4].strip().isdigit()]
    columns = (estimate.mean, estimate.standard_error, law.evaluate(n=[1, 2, 3]), compared.z)
    columns += (estimate.quantiles[0.025], estimate.quantiles[0.975])
    for row, values in zip(rows, zip(*columns, strict=True), strict=True):
        assert row[1:] == [
            format(value, form) for value, form in zip(values, (*[".6g"] * 3, ".2f", ".6g", ".6g"), strict=True)
        ]


#: Of the options those that are of files, of the form of the output, of other processes, or of how long to go on.
NOT_TOLD = {"task", "of", "k", "json", "output", "plot", "checkpoint", "batch_size", "quantiles", "asymptotic"}
NOT_TOLD |= {"distributed", "coordinator", "processes", "process", "relative_error"}


def test_json_tells_what_was_asked_for(capsys):
    """All that tells one run from another, so that it can be run again."""
    asked = {
        "T": 12,
        "d": 2,
        "sigma": 0.5,
        "ridge": 0.0,
        "scaled": False,
        "signal": 2.0,
        "design": "fixed",
        "temperature": "3/2",
        "bias": "1/5",
        "edited": "1",
        "fading": "1",
        "iterations": 2,
        "replicates": 3,
        "seed": 7,
        "sampler": "literal",
        "precision": "float32",
    }
    assert asked.keys() == OPTIONS.keys() - NOT_TOLD
    words = " ".join(f"--{name} {value}" for name, value in asked.items() if name != "scaled")
    found = command(capsys, "sim", f"sliding-window --k 2 --unscaled {words} --json").json
    assert (found["task"], found["quantity"]) == ("regression", "test_error")
    assert (found["workflow"], found["parameters"]) == ("sliding-window", {"k": "2"})
    assert {name: found[name] for name in asked} == asked


def heard(monkeypatch, capsys, line):
    """What the run is asked for, and what another process would be told of it."""
    asked, told = {}, {}

    def run(task, workflow, **settings):
        asked.update(settings, task=task, workflow=workflow, key=jr.key_data(settings["key"]).tolist())
        return sim.run(task, workflow, iterations=2, replicates=20, key=jr.key(0))

    monkeypatch.setattr(command_line, "run", run)
    monkeypatch.setattr(sharing, "join", lambda *place, settings, **_: told.update(settings))
    assert command(capsys, "sim", line).status == 0
    return asked, told


@pytest.mark.parametrize(
    ("options", "replicates", "relative_error"),
    [
        ("", 1000, None),
        ("--relative-error 50%", None, 0.5),
        ("--relative-error 0.001 --replicates 30", 30, 0.001),
        ("--relative-error 0.1%", None, 0.001),
    ],
)
def test_what_is_not_given_is_as_the_help_says(options, replicates, relative_error, monkeypatch, capsys):
    asked, _ = heard(monkeypatch, capsys, f"replace --design fixed --T 9 --d 2 {options}")
    assert asked.pop("task").T == 9
    assert asked == {
        "workflow": theory.Replace(),
        "of": asked["of"],
        "iterations": 10,
        "replicates": replicates,
        "key": [0, 0],
        "sampler": "auto",
        "precision": None,
        "relative_error": relative_error,
        "generator": theory.Generator(),
        "quantiles": False,
        "checkpoint": None,
        "batch_size": None,
        "progress": True,
    }


def test_processes_are_told_what_is_run_and_not_where_it_is_kept_or_shown(monkeypatch, capsys, tmp_path):
    line = "sliding-window --k 2 --design fixed --T 9 --d 2 --distributed"
    shown = f"--json --asymptotic --output {tmp_path / 'a.csv'} --plot {tmp_path / 'a.svg'} --batch-size 3"
    place = "--coordinator here:1 --processes 2 --process 1"
    _, told = heard(monkeypatch, capsys, f"{line} {shown} {place} --checkpoint {tmp_path / 'state'}")
    own = {"json", "asymptotic", "output", "plot", "batch_size", "coordinator", "processes", "process"}
    assert OPTIONS.keys() - own <= told.keys()
    assert not own & told.keys()
    assert (told["checkpoint"], told["k"], told["T"]) == (True, "2", "9")
    assert heard(monkeypatch, capsys, line)[1]["checkpoint"] is False


def test_a_law_that_is_rejected_is_the_exit_status(monkeypatch, capsys):
    compare = command_line.compare
    monkeypatch.setattr(
        command_line, "compare", lambda *of, **how: dataclasses.replace(compare(*of, **how), verdict="disagree")
    )
    line = "replace --design fixed --T 9 --d 2 --iterations 2 --replicates 20"
    ran = command(capsys, "sim", line)
    assert ran.status == 1
    assert "verdict: disagree: " in ran.out


def test_the_table_for_people(capsys):
    summary = {
        "workflow": "replace",
        "quantity": "test_error",
        "replicates": 12345,
        "sampler": "literal",
        "precision": "float64",
        "iterations": 2,
        "unconverged": [0, 1234],
        "mean": [0.5, 123456.789],
        "standard_error": [0.25, None],
        "theory": None,
        "z": [-1.234, None],
        "quantiles": {"0.025": [0.125, 2.0], "0.975": [3.0, 4e-9]},
        "verdict": "agree",
        "reason": "all is well",
        "note": "a note",
    }
    task = sim.LinearRegression(T=9, d=2, design="fixed")
    command_line._print(task, theory.Generator(), summary)
    first, meaning, *rest = capsys.readouterr().out.splitlines()
    assert first == "replace, fixed design, T=9, d=2, sigma=1.0: 12,345 replicates, literal sampler in float64"
    assert meaning == task.quantity("test_error").meaning
    assert rest == [
        "   n          mean    std. error           law       z         2.5 %        97.5 %   unconverged",
        "   1           0.5          0.25             -   -1.23         0.125             3             0",
        "   2        123457             -             -       -             2         4e-09         1,234",
        "verdict: agree: all is well",
        "note: a note",
    ]
    # without quantiles, lost replicates and more to say
    command_line._print(
        task, theory.Generator(2), summary | {"quantiles": {}, "unconverged": [], "note": "all is well"}
    )
    first, _, *rest = capsys.readouterr().out.splitlines()
    assert f"sigma=1.0, {theory.Generator(2)}: 12,345" in first
    assert rest == [
        "   n          mean    std. error           law       z         2.5 %        97.5 %",
        "   1           0.5          0.25             -   -1.23             -             -",
        "   2        123457             -             -       -             -             -",
        "verdict: agree: all is well",
    ]
