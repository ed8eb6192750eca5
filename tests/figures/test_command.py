"""Options of `python -m figures` reach what they are for, and figures come from the tables that they should."""

from types import SimpleNamespace

import pytest

from figures import __main__ as command_line, catalogue
from sim.locks import Lock, inside
from sim.results import Results
from tests.helpers import command, refused
from theory.tasks import TASKS


@pytest.fixture
def asked(monkeypatch):
    """What the command asks the catalogue and the report for."""
    found = {}

    def plots(names, **told):
        found.update({"names": list(names), **told})
        return iter(())

    def page(drawn, tasks, **told):
        found.update({"tasks": tasks, **{f"report {name}": value for name, value in told.items()}})
        return "a page"

    monkeypatch.setattr(command_line, "plots", plots)
    monkeypatch.setattr(command_line.report, "page", page)
    return found


def test_each_option_reaches_what_it_is_for(asked, tmp_path, monkeypatch, capsys):
    monkeypatch.chdir(tmp_path)
    assert command(capsys, "figures", "creep vae --fresh --out mine").status == 0
    mine = command_line.Path("mine")
    assert asked == {"names": ["creep", "vae"], "fresh": True, "out": mine, "made": mine}
    command(capsys, "figures", "")
    assert asked == {"names": [], "fresh": False, "out": catalogue.OUT, "made": command_line.MADE}
    ran = command(capsys, "figures", "--report")
    assert ran.out == "figures/out/report.html\n"
    assert (tmp_path / "figures/out/report.html").read_text() == "a page"
    assert (asked["tasks"], asked["report out"], asked["report made"]) == (TASKS, catalogue.OUT, command_line.MADE)


@pytest.mark.usefixtures("asked")
def test_one_process_draws_into_a_folder_at_a_time(tmp_path, capsys):
    with Lock(tmp_path, inside(tmp_path), advice="Wait."):
        ran = command(capsys, "figures", f"schematic --out {tmp_path}")
    refused(ran, "python -m figures", "choose another --out")


@pytest.fixture
def kept(tmp_path, monkeypatch):
    """A recorded table, and where the picture that needs it is asked to load it from."""
    folder, loaded = tmp_path / "recorded", []
    monkeypatch.setattr(catalogue, "RECORDED", folder)
    monkeypatch.setattr(catalogue, "EXPERIMENTS", {})
    source = catalogue.Source(folder, ("one", "two"), loaded.append)
    monkeypatch.setattr(catalogue, "PICTURES", (catalogue.Picture("some", "", lambda rows: rows, source),))
    for name in source.tables:
        Results(folder, name).save({}, [{"mean": 1.0}], 0.0)

    def place(**told):
        list(catalogue.plots(made=tmp_path / "made", out=tmp_path / "out", **told))
        return loaded.pop().relative_to(tmp_path).as_posix()

    return place


def test_what_is_recorded_is_read_where_it_lies_unless_all_is_to_be_fresh(kept, tmp_path):
    assert kept() == "recorded"
    assert kept(fresh=True).startswith("made")
    (tmp_path / "recorded" / "two.csv").unlink()
    assert kept() == "made"


@pytest.mark.parametrize(("state", "place"), [("recorded", "recorded"), ("stale", "made"), ("missing", "made")])
def test_a_stale_table_is_made_anew(kept, monkeypatch, state, place):
    entry = SimpleNamespace(state=lambda name: state)
    monkeypatch.setattr(catalogue, "EXPERIMENTS", {"two": entry})
    assert kept() == place


def test_a_picture_names_every_table_that_it_is_loaded_from(monkeypatch):
    """One that is missing would be made where results are recorded, of an installation too."""
    asked = set()

    def load(results, configuration):
        asked.add(results.table.stem)
        return []

    monkeypatch.setattr(Results, "load", load)
    for picture in catalogue.PICTURES:
        if picture.source is not None:
            asked.clear()
            picture.source.load(picture.source.folder)
            assert asked == set(picture.source.tables), picture.name


def test_all_data_that_tables_lack_are_said_once(tmp_path, monkeypatch):
    def entry(lacks):
        return SimpleNamespace(kept="cpu", lacks=lambda preset: lacks if preset == "cpu" else "")

    known = {
        "one": entry(""),
        "two": entry("A is missing"),
        "three": entry("B is missing"),
        "four": entry("A is missing"),
    }
    monkeypatch.setattr(catalogue, "EXPERIMENTS", known)
    source = catalogue.Source(tmp_path, ("one", "one_texts", "two", "three", "four"), print)
    assert source.lacks == "A is missing; B is missing"
    assert catalogue.Source(tmp_path, ("one",), print).lacks == ""
