import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from sim.results import Results, anew, configuration_hash, write_whole

ROWS = [{"iteration": 1, "mean": 0.1}, {"iteration": 2, "mean": 1 / 3}]


def test_round_trip_and_provenance(tmp_path):
    results = Results(tmp_path, "some")
    configuration = {"T": 100, "seed": 0}
    assert results.load(configuration) is None
    results.save(configuration, ROWS, time.monotonic())
    rows = results.load(configuration)
    assert [float(row["mean"]) for row in rows] == [0.1, 1 / 3]
    assert sorted(path.name for path in tmp_path.iterdir()) == ["some.csv", "some.json"]


def test_results_of_another_configuration_or_changed_by_hand_do_not_count(tmp_path):
    results = Results(tmp_path, "some")
    results.save({"T": 100}, ROWS, time.monotonic())
    assert results.load({"T": 101}) is None
    results.table.write_text(results.table.read_text().replace("0.1", "0.2"))
    assert results.load({"T": 100}) is None


def test_damaged_results_do_not_count(tmp_path):
    results = Results(tmp_path, "some")
    results.save({"T": 100}, ROWS, time.monotonic())
    results.provenance.write_text(results.provenance.read_text()[:40])
    assert results.load({"T": 100}) is None
    results.provenance.write_text("null")
    assert results.load({"T": 100}) is None


def test_hash_does_not_depend_on_the_order_of_keys():
    assert configuration_hash({"a": 1, "b": 2}) == configuration_hash({"b": 2, "a": 1})
    assert configuration_hash({"a": 1}) != configuration_hash({"a": 2})


def test_a_failed_write_leaves_what_was_there(tmp_path):
    path = tmp_path / "picture.png"
    path.write_text("old")

    def fail(partial):
        partial.write_text("half")
        raise OSError("No space left on device")

    with pytest.raises(OSError, match="No space"):
        write_whole(path, fail)
    assert path.read_text() == "old"
    assert list(tmp_path.iterdir()) == [path]


def test_killed_while_writing(tmp_path):
    path = tmp_path / "table.csv"
    code = (
        "import sys, time, pathlib\n"
        "from sim.results import write_whole\n"
        "def slow(partial):\n"
        "    partial.write_text('half'); print('writing', flush=True); time.sleep(60)\n"
        "write_whole(pathlib.Path(sys.argv[1]), slow)"
    )
    root = Path(__file__).parents[2]
    process = subprocess.Popen([sys.executable, "-c", code, path], cwd=root, stdout=subprocess.PIPE, text=True)
    assert process.stdout is not None
    assert process.stdout.readline() == "writing\n"
    os.kill(process.pid, signal.SIGKILL)
    process.communicate()
    assert not path.exists()
    write_whole(path, lambda partial: partial.write_text("whole") and None)
    assert path.read_text() == "whole"
    assert list(tmp_path.iterdir()) == [path]


def test_results_that_were_being_moved_when_killed_are_moved_by_the_next(tmp_path, monkeypatch):
    (tmp_path / "a.csv").write_text("old")
    moves, replace = [], Path.replace

    def move(self, target):
        if len(moves) == 1:
            raise KeyboardInterrupt
        moves.append(target)
        return replace(self, target)

    def killed(patch):
        with anew(tmp_path, "test") as folder:
            for name in ("a.csv", "a.json"):
                (folder / name).write_text("new")
            patch.setattr(Path, "replace", move)

    with monkeypatch.context() as patch, pytest.raises(KeyboardInterrupt):
        killed(patch)
    assert sorted(path.name for path in tmp_path.iterdir()) == [".test.whole.partial", "a.csv"]
    with anew(tmp_path, "test") as folder:
        assert sorted(path.name for path in tmp_path.iterdir()) == [".test.partial", "a.csv", "a.json"]
        assert not list(folder.iterdir())
    assert {path.name: path.read_text() for path in tmp_path.iterdir()} == {"a.csv": "new", "a.json": "new"}
