"""One process at a time: who holds a target, what becomes of it when it dies, and partial files of their own."""

import subprocess
import sys
import time
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from sim.files import make_once
from sim.locks import Lock, beside, inside
from theory.files import partial_file, write_whole

ROOT = Path(__file__).parents[2]

HOLD = """
import sys
from pathlib import Path
from sim.locks import Lock, inside
with Lock(Path(sys.argv[1]), inside(Path(sys.argv[1]))):
    print("held", flush=True)
    sys.stdin.read()
"""


@pytest.fixture
def holder(tmp_path):
    """Another process that holds the folder."""
    process = subprocess.Popen(
        [sys.executable, "-c", HOLD, tmp_path], cwd=ROOT, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    )
    assert process.stdout is not None
    assert process.stdout.readline() == "held\n"
    yield process
    process.kill()
    process.communicate()


def lock(folder, **options):
    return Lock(folder, inside(folder), advice="Choose another.", **options)


def test_a_second_one_is_refused_and_told_who_holds_it_until_that_one_dies(tmp_path, holder):
    with pytest.raises(ValueError, match=rf"in use by process {holder.pid} on .*, since 2.* UTC. Choose another"):
        lock(tmp_path).__enter__()
    holder.kill()
    holder.communicate()
    assert inside(tmp_path).exists()
    with lock(tmp_path):
        pass
    assert list(tmp_path.iterdir()) == []


@pytest.fixture
def far_east(monkeypatch):
    """A machine whose clock shows nine hours more than UTC."""
    monkeypatch.setenv("TZ", "EAST-9")
    time.tzset()
    yield
    monkeypatch.undo()
    time.tzset()


@pytest.mark.usefixtures("far_east")
def test_since_when_is_told_in_the_time_that_is_named(tmp_path):
    inside(tmp_path).write_text("process 123456789 on a host of a very long name, of a run that was killed\n" * 3)
    with lock(tmp_path):
        (signed,) = inside(tmp_path).read_text().splitlines()
    since = datetime.strptime(signed.partition(", since ")[2], "%Y-%m-%d %H:%M:%S UTC").replace(tzinfo=UTC)
    assert timedelta(0) <= datetime.now(UTC) - since < timedelta(minutes=5)


def test_who_waits_says_so(tmp_path, holder, capsys, monkeypatch):
    waiting = lock(tmp_path, wait=True)
    first, acquire = [], waiting._lock.acquire

    def release_then_acquire(**options):
        if first:
            holder.communicate("")
        first.append(options)
        return acquire(**options)

    monkeypatch.setattr(waiting._lock, "acquire", release_then_acquire)
    with waiting:
        assert "in use by process" in capsys.readouterr().err
    assert len(first) == 2


def test_its_owner_may_enter_again(tmp_path):
    held = lock(tmp_path)
    with held:
        with held:
            pass
        with pytest.raises(ValueError, match="in use"):
            lock(tmp_path).__enter__()
        inside(tmp_path).write_text("")  # as before it has signed
        with pytest.raises(ValueError, match=r"in use by another process\. Choose another\.$"):
            lock(tmp_path).__enter__()
    with lock(tmp_path):
        pass


def test_a_planted_link_is_not_followed(tmp_path):
    victim = tmp_path / "thesis"
    victim.write_text("years of work")
    table = tmp_path / "table.csv"
    beside(table).symlink_to(victim)
    with pytest.raises(OSError, match="symbolic"):
        Lock(table, beside(table)).__enter__()
    for name in (".table.partial.csv", ".table.0123abcd.partial.csv"):
        (tmp_path / name).symlink_to(victim)
    write_whole(table, lambda partial: partial.write_text("whole"))
    assert victim.read_text() == "years of work"
    assert table.read_text() == "whole"
    assert not table.is_symlink()


def test_two_that_write_at_once_have_a_file_each(tmp_path):
    table = tmp_path / "table.csv"

    def write(partial):
        partial.write_text("first, half")
        write_whole(table, lambda other: other.write_text("second"))
        assert table.read_text() == "second"
        partial.write_text("first")

    write_whole(table, write)
    assert table.read_text() == "first"
    assert list(tmp_path.iterdir()) == [table]


def test_what_killed_ones_left_is_removed_and_what_is_written_is_not(tmp_path):
    table = tmp_path / "table.csv"
    left = [tmp_path / name for name in (".table.partial.csv", ".table.0123abcd.partial.csv")]
    others = [tmp_path / name for name in (".tables.0123abcd.partial.csv", ".table.0123abcd.partial.json")]
    for path in (*left, *others):
        path.write_text("half")
    with partial_file(table) as partial, partial_file(table):
        assert partial.exists()
        assert not any(path.exists() for path in left)
    assert sorted(tmp_path.iterdir()) == sorted(others)


def test_a_file_for_many_is_made_once(tmp_path):
    path, made = tmp_path / "cache" / "images.npy", []
    for _ in range(2):
        make_once(path, lambda partial: made.append(partial) or partial.write_text("images"))
    assert len(made) == 1
    assert list(path.parent.iterdir()) == [path]
