"""Frames: what is written reads back, nothing is half there, and what cannot be written is said in one line."""

import csv
import importlib.util
import json
import math
import os
import re

import pyarrow.parquet
import pytest

from tests.helpers import command, refused
from theory import Frame

MIXED = Frame(
    {
        "name": ["Replace, always", 'the "second"', None],
        "n": [1, 2, 3],
        "value": [0.1 + 0.2, math.inf, None],
        "nothing": [None, None, None],
        "T": [20, "20,30", 40],
    }
)


def test_csv_reads_back_to_the_bit(tmp_path):
    MIXED.to_csv(tmp_path / "t.csv")
    with (tmp_path / "t.csv").open(newline="") as file:
        rows = list(csv.DictReader(file))
    assert [row["name"] for row in rows] == ["Replace, always", 'the "second"', ""]
    assert float(rows[0]["value"]) == 0.1 + 0.2
    assert (float(rows[1]["value"]), rows[2]["value"]) == (math.inf, "")


def test_json_has_null_for_what_is_no_number(tmp_path):
    MIXED.to_json(tmp_path / "t.json")
    rows = json.loads((tmp_path / "t.json").read_text(), parse_constant=pytest.fail)
    assert [list(row) for row in rows] == [list(MIXED.columns)] * 3
    assert [row["value"] for row in rows] == [0.1 + 0.2, None, None]


def test_parquet_has_types(tmp_path):
    MIXED.to_parquet(tmp_path / "t.parquet")
    found = pyarrow.parquet.read_table(tmp_path / "t.parquet")
    kinds = {field.name: str(field.type) for field in found.schema}
    assert kinds == {"name": "string", "n": "int64", "value": "double", "nothing": "null", "T": "string"}
    assert found.column("value").to_pylist() == MIXED["value"]
    assert found.column("T").to_pylist() == ["20", "20,30", "40"]


def test_a_file_is_written_as_its_name_ends(tmp_path):
    for name in ("a.csv", "b.json", "c.parquet", "D.CSV"):
        MIXED.write(tmp_path / name)
    assert (tmp_path / "D.CSV").read_bytes() == (tmp_path / "a.csv").read_bytes()
    with pytest.raises(ValueError, match=r"ends in \.csv, \.json or \.parquet; got .*t\.xlsx"):
        MIXED.write(tmp_path / "t.xlsx")
    assert sorted(path.name for path in tmp_path.iterdir()) == ["D.CSV", "a.csv", "b.json", "c.parquet"]
    MIXED.write(tmp_path / "new" / "folder" / "e.csv")
    assert (tmp_path / "new" / "folder" / "e.csv").read_bytes() == (tmp_path / "a.csv").read_bytes()


def test_a_failed_write_leaves_nothing(tmp_path, monkeypatch):
    monkeypatch.setattr("csv.writer", lambda *_, **__: pytest.raises)  # has no writerow
    with pytest.raises(AttributeError):
        MIXED.to_csv(tmp_path / "t.csv")
    assert list(tmp_path.iterdir()) == []


def test_what_a_killed_process_left_of_a_file_is_cleared_and_nothing_else(tmp_path):
    """Also where the file's name would be a pattern."""
    for name in (".t[1].0a1b.partial.csv", ".t1.0a1b.partial.csv"):
        (tmp_path / name).touch()
    MIXED.to_csv(tmp_path / "t[1].csv")
    assert {path.name for path in tmp_path.iterdir()} == {"t[1].csv", ".t1.0a1b.partial.csv"}


def test_what_is_moved_there_is_on_the_disk(tmp_path, monkeypatch):
    """Else a power failure leaves an empty file."""
    done = []
    for name in ("fsync", "replace"):
        kept = getattr(os, name)
        monkeypatch.setattr(os, name, lambda *given, name=name, kept=kept: (done.append(name), kept(*given))[1])
    MIXED.to_csv(tmp_path / "t.csv")
    assert done == ["fsync", "replace"]


def test_what_is_not_installed_is_said(tmp_path, monkeypatch):
    monkeypatch.setattr(importlib.util, "find_spec", lambda name: None)
    with pytest.raises(ValueError, match="needs pandas.*pip install pandas"):
        MIXED.to_pandas()
    with pytest.raises(ValueError, match="needs pyarrow.*pip install pyarrow"):
        MIXED.to_parquet(tmp_path / "t.parquet")
    assert list(tmp_path.iterdir()) == []


def test_pandas_gets_the_columns(monkeypatch):
    class Pandas:
        DataFrame = staticmethod(dict)

    monkeypatch.setattr(importlib.util, "find_spec", lambda name: name)
    monkeypatch.setattr(importlib, "import_module", {"pandas": Pandas}.__getitem__)
    assert MIXED.to_pandas() == MIXED.columns


def test_columns_of_one_length():
    with pytest.raises(ValueError, match=r"one length; got \{'a': 1, 'b': 2\}"):
        Frame({"a": [1], "b": [1, 2]})


def test_rows_are_found_and_a_wrong_column_is_named():
    assert MIXED.where(n=2, T="20,30")["value"] == [math.inf]
    assert len(MIXED.where(n=9)) == 0
    assert len(MIXED.where()) == 3
    with pytest.raises(KeyError, match="no column 'N'; there are name, n, value"):
        MIXED.where(N=1)


def test_print_tells_what_is_alike_once_and_the_ends_of_a_long_one():
    long = Frame({"workflow": ["replace"] * 100, "n": [*range(1, 101)], "value": [0.5 / n for n in range(1, 101)]})
    first, heading, *rows, last = str(long).splitlines()
    assert first == "workflow: replace"
    assert heading.split() == ["n", "value"]
    assert len(rows) == 40
    assert (rows[0].split()[0], rows[-1].split()[0]) == ("1", "100")
    assert last == "(100 rows, of which 40 are shown)"
    for count, shown in ((40, 41), (41, 42)):  # with the heading, and with what is said of those left out
        assert len(str(Frame({"n": [*range(count)]})).splitlines()) == shown
    assert {len(row) for row in rows} == {len(heading)}
    assert str(Frame({"workflow": ["replace"] * 2, "n": [1, 2]})).splitlines() == ["workflow: replace", "n", "1", "2"]
    assert str(Frame({"workflow": ["replace"], "n": [1]})).split() == ["workflow", "n", "replace", "1"]
    assert str(Frame({"ridge": [0, False], "n": [1, 2]})).split() == ["ridge", "n", "0", "1", "False", "2"]


def test_notebooks_get_a_table_without_the_users_tags():
    html = Frame({"<b>": ["a & b", None], "n": [1, 2]})._repr_html_()
    assert html.count("<tr>") == 3
    assert "<th>&lt;b&gt;</th>" in html
    assert "<td>a &amp; b</td>" in html
    html = Frame({"n": [*range(1, 101)]})._repr_html_()
    assert [int(n) for n in re.findall("<td>([0-9]+)</td>", html)] == [*range(1, 21), *range(81, 101)]
    assert html.endswith("<p>(100 rows, of which 40 are shown)</p>")


@pytest.mark.parametrize("option", ["--output", "--plot"])
@pytest.mark.parametrize(
    ("name", "message"),
    [
        ("t.xlsx", "file that ends in"),
        ("t", "file that ends in"),
        ("folder", "is a folder; name a file in it"),
        ("missing/t.csv", "there is no folder"),
        ("there.csv", "is there already; name another file, or remove that one"),
        ("pipe.csv", "is there already; name another file, or remove that one"),
    ],
)
def test_a_file_that_cannot_be_is_refused_before_anything_is_computed(capsys, tmp_path, option, name, message):
    (tmp_path / "folder").mkdir()
    (tmp_path / "there.csv").write_text("mine")
    os.mkfifo(tmp_path / "pipe.csv")
    line = f"accumulate --design fixed --T 9 --d 2 {option} {tmp_path / name}"
    refused(command(capsys, "theory", line), "python -m theory", message)
    assert sorted(path.name for path in tmp_path.iterdir()) == ["folder", "pipe.csv", "there.csv"]
    assert (tmp_path / "there.csv").read_text() == "mine"
