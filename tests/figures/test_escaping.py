"""Whatever a task, a workflow, a file or a result is named, the page shows it and does not run it."""

import json

import pytest

from figures import controls, explorer, laws, report
from figures.catalogue import Picture
from paper_repro import verdicts
from sim.results import Results

EVIL = '<script>alert("&")</script>'


def test_fields_of_a_claim():
    row = verdicts.table(papers=verdicts.PAPERS[:1])[0]
    for name in ("id", "statement", "where", "verdict", "preset", "differs"):
        row[name] = EVIL
    assert "<script" not in report._claims([row])


def test_names_of_pictures():
    from figures import schematic

    assert "<script" not in report._figure(Picture(EVIL, EVIL, schematic.plot), schematic.plot)


def test_names_in_the_script():
    written = explorer._written({EVIL: [EVIL, {"a": EVIL}]})
    assert "<" not in written
    assert json.loads(written.replace(",\n}", "\n}")) == {EVIL: [EVIL, {"a": EVIL}]}


@pytest.mark.slow
def test_names_of_tasks_and_workflows(monkeypatch):
    from theory import TASKS, Accumulate

    evil = type(EVIL, (Accumulate,), {"command": Accumulate.command})
    assert "<script" not in controls._family(evil())
    monkeypatch.setattr(TASKS[0], "name", EVIL)
    assert "<script" not in controls.about(TASKS[0]) + controls.form(TASKS[:1]) + laws.section(TASKS[0])


@pytest.fixture
def out(tmp_path, monkeypatch):
    monkeypatch.setattr(report, "RECORDED", tmp_path)
    Results(tmp_path, "language").save({"name": "some"}, [{"mean": 1.0}], 0.0)
    return tmp_path


def test_fields_of_a_run(out):
    path = out / "language.json"
    path.write_text(json.dumps(json.loads(path.read_text()) | {"device": EVIL, "hash": EVIL, "versions": {EVIL: EVIL}}))
    assert "script&gt;" in report._runs(out, out)
    assert "<script" not in report._runs(out, out)


@pytest.mark.parametrize("content", ["[" * 100_000, "{}", "[]", '{"hash": 1, "versions": [], "wall_seconds": "x"}'])
def test_a_damaged_result_is_named(out, content):
    (out / "language.json").write_text(content)
    with pytest.raises(ValueError, match="language.json (is not JSON|does not say)"):
        report._runs(out, out)
    assert Results(out, "language").load(None) is None


@pytest.mark.parametrize("content", ["[" * 100_000, "{" * 100_000, '{"a":' * 100_000])
def test_deeply_nested_verdicts(content, tmp_path):
    (tmp_path / "claims.json").write_text(content)
    with pytest.raises(ValueError, match="claims.json is damaged") as error:
        verdicts.departures([], tmp_path / "claims.json")
    assert "\n" not in str(error.value)
