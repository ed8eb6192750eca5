"""Checksums: of which of a file's states they vouch, and for how much of one that grows."""

import hashlib
import json
import os

import pytest

from sim.seals import NAME, Seals

NEW = b"a line\nanother\n"
OLD = NEW[:7]


def digest(content):
    return hashlib.sha256(content).hexdigest()


def interrupted(*_):
    raise KeyboardInterrupt


@pytest.fixture
def folder(tmp_path):
    """A table, killed between its new checksum and the move into its place: it has those of both states."""
    seals = [[len(content), digest(content)] for content in (OLD, NEW)]
    (tmp_path / NAME).write_text(json.dumps({"table": seals}))
    return tmp_path


def stored(folder):
    return json.loads((folder / NAME).read_text())["table"]


@pytest.mark.parametrize("content", [OLD, NEW])
def test_a_file_is_in_one_of_two_states(folder, content):
    (folder / "table").write_bytes(content)
    seals = Seals(folder)
    assert seals.check("table") == len(content)
    seals.store()
    assert stored(folder) == [[len(content), digest(content)]]


@pytest.mark.parametrize("content", [OLD[:-1], OLD + b"!", NEW + b"!", NEW[:-1] + b"!"])
def test_of_any_other_it_is_damaged(folder, content):
    (folder / "table").write_bytes(content)
    with pytest.raises(ValueError, match="table is damaged: its content does not match its checksum"):
        Seals(folder).check("table")


@pytest.mark.parametrize(("content", "vouched"), [(OLD, OLD), (OLD + b"b", OLD), (NEW, NEW), (NEW + b"third", NEW)])
def test_of_a_file_that_grows_the_longest_start_is_vouched_for(folder, content, vouched):
    (folder / "table").write_bytes(content)
    seals = Seals(folder)
    for _ in range(2):  # read, and remembered
        assert seals.check("table", grows=True) == len(vouched)
    seals.store()
    assert stored(folder) == [[len(vouched), digest(vouched)]]


def test_a_start_that_was_changed_is_damaged(folder):
    (folder / "table").write_bytes(b"A" + NEW[1:] + b"third")
    with pytest.raises(ValueError, match="does not match its checksum"):
        Seals(folder).check("table", grows=True)


def test_a_file_that_was_never_written_here_is_damaged(tmp_path):
    (tmp_path / "other").write_bytes(NEW)
    seals = Seals(tmp_path)
    assert not seals.exist
    with pytest.raises(ValueError, match="does not match its checksum"):
        seals.check("other")
    seals.store()
    assert seals.exist


def test_written_it_has_one_checksum_and_both_until_it_is_in_its_place(tmp_path):
    seals = Seals(tmp_path)
    seals.write("table", lambda path: path.write_bytes(OLD))
    assert stored(tmp_path) == [[7, digest(OLD)]]
    assert seals.check("table") == 7
    seals.write("table", lambda path: path.write_bytes(NEW))
    assert stored(tmp_path) == [[7, digest(OLD)], [len(NEW), digest(NEW)]]
    seals.store()
    assert stored(tmp_path) == [[len(NEW), digest(NEW)]]
    # what was removed has none that could be met again
    (tmp_path / "table").unlink()
    seals.write("table", lambda path: path.write_bytes(OLD))
    assert stored(tmp_path) == [[7, digest(OLD)]]


@pytest.mark.parametrize("grows", [False, True])
def test_stopped_before_the_move_a_file_is_what_it_was(tmp_path, monkeypatch, grows):
    seals = Seals(tmp_path)
    seals.write("table", lambda path: path.write_bytes(OLD))
    monkeypatch.setattr(os, "replace", interrupted)
    with pytest.raises(KeyboardInterrupt):
        seals.write("table", lambda path: path.write_bytes(NEW))
    assert (tmp_path / "table").read_bytes() == OLD
    assert seals.check("table", grows=grows) == len(OLD)


def test_noted_as_they_are_and_forgotten(folder):
    (folder / "table").write_bytes(b"mine")
    (folder / "notes").write_bytes(NEW)
    seals = Seals(folder)
    seals.note(["table", "notes", "missing"])
    assert seals.names == ["table", "notes"]
    assert (seals.check("table"), seals.check("notes")) == (4, len(NEW))
    seals.forget(["notes", "missing"])
    seals.store()
    assert json.loads((folder / NAME).read_text()) == {"table": [[4, digest(b"mine")]]}
    with pytest.raises(ValueError, match="does not match its checksum"):
        seals.check("notes")


@pytest.mark.parametrize("content", ["", "[]", '{"table": 3}', '{"table": [["x", "y"]]}', '{"table": [[1]]}'])
def test_a_table_of_checksums_that_is_none(tmp_path, content):
    (tmp_path / NAME).write_text(content)
    with pytest.raises(ValueError, match="is damaged: it is no table of checksums"):
        Seals(tmp_path)


def test_noted_again_once_it_has_changed(tmp_path):
    seals = Seals(tmp_path)
    for content in (OLD, NEW):
        (tmp_path / "table").write_bytes(content)
        seals.note(["table"])
        assert seals.check("table") == len(content)
        seals.store()
        assert stored(tmp_path) == [[len(content), digest(content)]]


def test_a_change_of_a_moment_later_is_seen(tmp_path):
    """Of as many bytes, within the second in which the file was looked at."""
    seals, path, second = Seals(tmp_path), tmp_path / "table", 10**18
    path.write_bytes(OLD)
    os.utime(path, ns=(second, second + 1))
    seals.note(["table"])
    assert seals.check("table") == len(OLD)
    path.write_bytes(OLD[::-1])
    os.utime(path, ns=(second, second + 2))
    with pytest.raises(ValueError, match="does not match its checksum"):
        seals.check("table")
