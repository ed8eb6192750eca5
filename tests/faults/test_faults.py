"""The machinery that plants faults: on a small tree of its own; and that the lists are of today's code."""

import asyncio
import os
import signal
import subprocess
import sys
import time
from dataclasses import replace
from pathlib import Path

import pytest

from tests.faults import __main__ as faults
from tests.faults.__main__ import BROKEN, KILLED, ROOT, SKIPPED, STALE, SURVIVED, UNSOUND, Fault, read

FAULT = Fault("half", "code.py", "arithmetic", "2 * x", "3 * x", "test_code.py::test_double", "wrong by a half")
TESTS = """
import pytest
from code_ import double

@pytest.mark.skip(reason="Such a program: it is not installed")
def test_with_a_program():
    assert double(1) == 2

@pytest.mark.parametrize("x", [1, pytest.param(2, marks=pytest.mark.skip(reason="not today"))])
def test_on_some_days(x):
    assert double(0) == 0

def test_double():
    assert double(1) == 2

def test_nothing():
    assert double(0) == 0

def test_wrong():
    assert double(1) == 5

def test_slow():
    import pathlib, time
    pathlib.Path(__file__).with_name("begun").touch()
    time.sleep(600)
"""


NAMES = {"code_.py", "test_code.py", ".gitignore", "pyproject.toml", "runs"}


@pytest.fixture
def tree(tmp_path):
    """A checkout with one function and its tests; and what Git does not know of."""
    root = tmp_path / "tree"
    root.mkdir()
    (root / "code_.py").write_text("def double(x):\n    return 2 * x\n")
    (root / "test_code.py").write_text(TESTS)
    (root / ".gitignore").write_text("runs/\n")
    (root / "runs").mkdir()
    (root / "runs" / "large").touch()
    (root / "pyproject.toml").write_text("[tool.pytest.ini_options]\n")
    subprocess.run(["git", "init", "-q"], cwd=root, check=True)
    return root


def listed(folder, *entries):
    """A list of faults in a file."""
    lines = []
    for entry in entries:
        lines += ["[[fault]]", *(f"{name} = {value!r}" for name, value in vars(entry).items())]
    (folder / "some.toml").write_text("\n".join(lines))
    return folder


ONE = replace(FAULT, file="code_.py")


@pytest.mark.slow
def test_each_outcome_is_told(tree, tmp_path, capfd):
    cases = [
        (ONE, KILLED),
        (replace(ONE, id="unseen", test="test_code.py::test_nothing"), SURVIVED),
        (replace(ONE, id="somewhere", test="test_code.py::test_with_a_program"), SKIPPED),
        (replace(ONE, id="now-and-then", test="test_code.py::test_on_some_days"), SURVIVED),
        (replace(ONE, id="stale", old="4 * x"), STALE),
        (replace(ONE, id="often", old="x"), STALE),
        (replace(ONE, id="moved", file="gone.py"), STALE),
        (replace(ONE, id="syntax", new="2 *"), BROKEN),
        (replace(ONE, id="red", test="test_code.py::test_wrong"), UNSOUND),
        (replace(ONE, id="renamed", test="test_code.py::test_thrice[1]"), UNSOUND),
        (replace(ONE, id="untested", test="test_gone.py::test_double"), UNSOUND),
    ]
    lists = listed(tmp_path, *(fault for fault, _ in cases))
    before = (tree / "code_.py").read_text()
    assert faults.main(["--jobs", "1"], tree, lists) == 1
    told = capfd.readouterr()
    for fault, outcome in cases:
        assert any(line.startswith(outcome) and line.endswith(f" {fault.id}") for line in told.out.splitlines())
    assert "1 of 11 faults are killed; the tests of 1 are skipped on this machine." in told.out
    assert "unseen (code_.py): survived; test_code.py::test_nothing; wrong by a half" in told.err
    assert "stale: its old text occurs 0 times in code_.py, to be 1. The code has changed" in told.err
    assert "often: its old text occurs 2 times in code_.py, to be 1" in told.err
    assert "moved: its old text occurs 0 times in gone.py" in told.err
    assert (
        "renamed (code_.py): test fails without it; test_code.py::test_thrice[1]; wrong by a half; ERROR: " in told.err
    )
    # the checkout is as it was
    assert (tree / "code_.py").read_text() == before
    assert {path.name for path in tree.iterdir() if path.name != ".git"} == NAMES
    assert "somewhere (code_.py): test is skipped; " in told.err
    assert "; Such a program: it is not installed" in told.err
    assert faults.main(["-k", "half"], tree, lists) == 0
    assert capfd.readouterr().out.endswith("1 of 1 faults are killed.\n")
    assert faults.main(["-k", "somewhere"], tree, lists) == 0


def test_a_copy_has_what_git_knows_or_would_add(tree, tmp_path):
    faults.copy_tree(tree, tmp_path / "copy")
    found = {str(path.relative_to(tmp_path / "copy")) for path in (tmp_path / "copy").rglob("*") if path.is_file()}
    assert found == NAMES - {"runs"}


def test_a_count_is_of_every_place():
    assert replace(FAULT, old="x", new="y", count=2).planted("x + x") == "y + y"


def test_no_two_of_one_id_and_none_that_changes_nothing(tmp_path):
    with pytest.raises(ValueError, match="two faults of this id"):
        read(listed(tmp_path, ONE, replace(ONE, new="5 * x")))
    with pytest.raises(ValueError, match="changes nothing"):
        read(listed(tmp_path, replace(ONE, new=ONE.old)))


@pytest.mark.slow
def test_interrupted_it_leaves_nothing(tree, tmp_path):
    lists = listed(tmp_path, replace(ONE, test="test_code.py::test_slow"))
    (tmp_path / "tmp").mkdir()
    code = (
        "import sys, pathlib; from tests.faults.__main__ import main; "
        f"sys.exit(main(['--jobs', '1'], pathlib.Path({str(tree)!r}), pathlib.Path({str(lists)!r})))"
    )
    environment = os.environ | {"TMPDIR": str(tmp_path / "tmp")}
    process = subprocess.Popen([sys.executable, "-c", code], cwd=ROOT, env=environment, stderr=subprocess.PIPE)
    while not list((tmp_path / "tmp").glob("faults-*/0/begun")):
        assert process.poll() is None
        time.sleep(0.05)
    process.send_signal(signal.SIGTERM)
    _, complaint = process.communicate()
    assert process.returncode == 130
    assert complaint.decode().splitlines()[-1] == "python -m tests.faults: interrupted"
    assert list((tmp_path / "tmp").iterdir()) == []


EVERY = read()


@pytest.mark.parametrize("fault", EVERY, ids=lambda fault: fault.id)
def test_the_fault_is_of_todays_code(fault):
    """It applies, its file is one of the packages', and its test is there: whether that sees it, `make faults` says."""
    fault.planted((ROOT / fault.file).read_text())
    assert fault.file.split("/")[0] in ("theory", "sim", "neural", "paper_repro", "figures")
    file, *names = fault.test.split("::")
    text = (ROOT / file).read_text()
    for name in names:
        assert f"def {name.partition('[')[0]}(" in text
    assert fault.why


@pytest.mark.slow
def test_every_test_that_a_fault_names_is_there_by_its_whole_name(tmp_path):
    faults.copy_tree(ROOT, tmp_path / "copy")
    assert asyncio.run(faults.missing(sorted({fault.test for fault in EVERY}), tmp_path / "copy")) == {}


def test_the_lists_have_every_package_and_kind():
    assert len(EVERY) >= 100
    assert {fault.file.split("/")[0] for fault in EVERY} >= {"theory", "sim", "neural", "paper_repro", "figures"}


def test_a_fault_is_planted_in_a_fresh_process(tree, tmp_path):
    """Also where a byte-compiled file of the same size and second would hide it, or what was there before."""
    faults.copy_tree(tree, tmp_path / "copy")
    for _ in range(2):
        assert asyncio.run(faults.unsound([ONE], tmp_path / "copy", 0)) == {}
        assert asyncio.run(faults.judged(ONE, tmp_path / "copy")) == (KILLED, "")
    assert Path(tmp_path / "copy" / "code_.py").read_text() == (tree / "code_.py").read_text()
