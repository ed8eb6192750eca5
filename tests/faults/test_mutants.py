"""Random mutants: drawn from a seed, none of annotations, judged by mirroring tests; and that its tables are true."""

import asyncio
import shutil
import subprocess
from types import SimpleNamespace

import pytest

mutants = pytest.importorskip("tests.faults.mutants", reason="needs the extra `mutation`", exc_type=ImportError)

SOURCE = '''"""Of no use."""


def larger(x: int | None, y: int) -> int | None:
    """The larger one."""
    return y if x is None or y > x else x


def untested(x: int) -> int:
    return x + 1


def double(x: int) -> int:
    return 2 * x
'''
TESTS = """
import pytest
from sim.code_ import double, larger

@pytest.mark.parametrize(("x", "y", "most"), [(1, 2, 2), (2, 1, 2), (None, 1, 1), (2, 2, 2)])
def test_larger(x, y, most):
    assert larger(x, y) == most

@pytest.mark.slow
def test_double():
    assert double(3) == 6
"""


@pytest.fixture
def tree(tmp_path):
    root = tmp_path / "tree"
    (root / "sim").mkdir(parents=True)
    (root / "tests" / "sim").mkdir(parents=True)
    (root / "tests" / "faults").mkdir()
    shutil.copy(mutants.LISTS / "watch.py", root / "tests" / "faults")
    (root / "sim" / "__init__.py").touch()
    (root / "sim" / "code_.py").write_text(SOURCE)
    (root / "tests" / "sim" / "test_code_.py").write_text(TESTS)
    (root / "pyproject.toml").write_text("[tool.pytest.ini_options]\nmarkers = ['slow']\n")
    subprocess.run(["git", "init", "-q"], cwd=root, check=True)
    return root


def test_no_annotation_is_changed():
    every = [mutant for group in mutants.places("sim/code_.py", SOURCE).values() for mutant in group]
    changed = {mutant.planted(SOURCE) for mutant in every}
    assert len(changed) > 10
    for text in changed:
        assert "def larger(x: int | None, y: int) -> int | None:" in text
    assert any("return x - 1" in text for text in changed)
    assert any("y >= x" in text for text in changed)


def test_the_same_seed_draws_the_same_places(tree):
    first, again, other = (mutants.drawn("sim", tree, 3, seed) for seed in (0, 0, 1))
    assert first == again != other
    assert mutants.drawn("sim", tree, 2, 0) == first[:2]
    assert len({mutant.occurrence for mutant in mutants.drawn("sim", tree, 100, 0)}) > 1


@pytest.mark.slow
def test_survivors_are_shown_and_counted(tree, tmp_path, monkeypatch, capfd):
    monkeypatch.setattr(mutants, "tests_of", lambda file, root: ["tests/sim/test_code_.py"])
    text = (tree / "sim" / "code_.py").read_text()
    every = [mutant for group in mutants.places("sim/code_.py", text).values() for mutant in group]
    seen = next(m for m in every if "y < x" in m.planted(text))
    alike = next(m for m in every if "y >= x" in m.planted(text))
    unseen = next(m for m in every if "return x - 1" in m.planted(text))
    slowly = next(m for m in every if "return 2 + x" in m.planted(text))
    listed = ("sim/code_.py", "return y if x is None or y > x else x", "return y if x is None or y >= x else x")
    monkeypatch.setattr(mutants, "equivalents", lambda root: {listed})
    four, kept = [seen, alike, unseen, slowly], tmp_path / "kept.json"
    counts = {"killed": 2, "timed_out": 0, "equivalent": 1, "survived": 1}
    assert asyncio.run(mutants.run(four, tree, jobs=2, kept=kept)) == counts
    told = capfd.readouterr().out
    assert "-    return x + 1\n+    return x - 1\n" in told
    assert "y >= x" not in told
    assert (tree / "sim" / "code_.py").read_text() == text
    # what is kept is not planted again
    monkeypatch.setattr(mutants.Judge, "__call__", None)
    assert asyncio.run(mutants.run(four, tree, jobs=1, kept=kept)) == counts

    # unless the test that killed it has another name
    async def judged(_, mutant):
        again.append(mutant)
        return "survived", ""

    again = []
    monkeypatch.setattr(mutants.Judge, "__call__", judged)
    (tree / "tests" / "sim" / "test_code_.py").write_text(TESTS.replace("test_double", "test_twice"))
    asyncio.run(mutants.run(four, tree, jobs=1, kept=kept))
    assert again == [unseen, slowly]


@pytest.mark.slow
def test_what_never_ends_has_its_time_and_a_failing_test_judges_nothing(tree, monkeypatch):
    """The time is a processor's: it is over as soon on a machine that does other things too."""
    monkeypatch.setattr(mutants, "tests_of", lambda file, root: ["tests/sim/test_code_.py"])
    monkeypatch.setattr(mutants, "equivalents", lambda root: set())
    watch = tree / "tests" / "faults" / "watch.py"
    watch.write_text(watch.read_text().replace("QUICK, SLOW = 240, 600", "QUICK, SLOW = 1, 1"))
    code, tests = tree / "sim" / "code_.py", tree / "tests" / "sim" / "test_code_.py"
    code.write_text(
        "def larger(x, y):\n    while x is None and y < 0:\n        pass\n    return y\n\ndouble = larger\n"
    )
    tests.write_text("from sim.code_ import larger\n\ndef test_larger():\n    assert larger(None, 1) == 1\n")
    (endless,) = [
        mutant
        for group in mutants.places("sim/code_.py", code.read_text()).values()
        for mutant in group
        if "y != 0" in mutant.planted(code.read_text())
    ]
    assert asyncio.run(mutants.run([endless], tree, jobs=1))["timed_out"] == 1
    tests.write_text("def test_wrong():\n    assert False\n")
    with pytest.raises(ValueError, match=r"test_code_\.py::test_wrong fails without a mutant"):
        asyncio.run(mutants.run([endless], tree, jobs=1))


@pytest.mark.parametrize("package", mutants.PACKAGES)
def test_every_source_has_tests_that_are_there(package):
    for file in mutants.sources(package, mutants.ROOT):
        tests = mutants.tests_of(file, mutants.ROOT)
        assert tests, file
        assert all((mutants.ROOT / test.partition("::")[0]).is_file() for test in tests), file


def test_equivalent_mutants_are_of_todays_code():
    mutants.equivalents(mutants.ROOT)


def test_a_program_that_is_not_there_is_named(tree, monkeypatch, capsys):
    """Tests that want it are skipped, and a survivor of these is judged anew once it is there."""

    async def nothing(*_):
        return {}

    monkeypatch.setattr(mutants, "run", nothing)
    for there, said in (
        (["gp"], "not installed: Chromium; what only tests with that see survives\n"),
        (["gp", "google-chrome"], ""),
    ):
        monkeypatch.setattr(mutants, "shutil", SimpleNamespace(which=lambda name, there=there: name in there or None))
        assert mutants.main(["--package", "sim", "--sample", "0"], root=tree) == 0
        assert capsys.readouterr().err == said
