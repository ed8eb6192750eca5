import os
import signal
import subprocess
import sys
from contextlib import contextmanager
from pathlib import Path

import pytest

from sim import files
from sim.files import anew, make_once
from theory.files import write_whole


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
        "from theory.files import write_whole\n"
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
    write_whole(path, lambda partial: partial.write_text("whole"))
    assert path.read_text() == "whole"
    assert list(tmp_path.iterdir()) == [path]


def test_a_folder_for_results_need_not_be_there(tmp_path):
    with anew(tmp_path / "new" / "folder", "test") as folder:
        (folder / "a.csv").write_text("new")
        (folder / ".b-of-another-configuration.partial").mkdir()  # which nobody goes on with there
    assert [path.name for path in (tmp_path / "new" / "folder").iterdir()] == ["a.csv"]


def test_what_another_process_made_while_we_waited_is_not_made_again(tmp_path, monkeypatch):
    path = tmp_path / "cache" / "images"

    @contextmanager
    def waited(*_, **__):
        path.write_text("theirs")
        yield

    monkeypatch.setattr(files, "Lock", waited)
    make_once(path, lambda partial: partial.write_text("ours"))
    assert path.read_text() == "theirs"


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
        assert sorted(path.name for path in tmp_path.iterdir()) == [".test.lock", ".test.partial", "a.csv", "a.json"]
        assert not list(folder.iterdir())
    assert {path.name: path.read_text() for path in tmp_path.iterdir()} == {"a.csv": "new", "a.json": "new"}
