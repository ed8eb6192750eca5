"""The examples run, and print what their comments say."""

import json
import subprocess
import sys
from pathlib import Path

import pytest

from tests.helpers import as_a_user, thinned

ROOT = Path(__file__).parents[1]
EXAMPLES = sorted((ROOT / "tests/examples").glob("*.py"), key=lambda path: path.stem != "check_a_bound")  # it is quick
NOTEBOOKS = sorted((ROOT / "tests/examples").glob("*.ipynb"))


@pytest.mark.slow
@pytest.mark.parametrize("path", NOTEBOOKS, ids=lambda path: path.stem)
def test_a_notebook_holds_what_its_cells_print(path, tmp_path):
    notebook = json.loads(path.read_text())
    for cell in notebook["cells"]:
        if cell["cell_type"] == "code":
            assert cell["outputs"] or "class " in "".join(cell["source"])
            cell["outputs"] = []
    copy = tmp_path / path.name
    copy.write_text(json.dumps(notebook))
    command = [sys.executable, "-W", "error", "-m", "tests.notebooks", copy]
    done = subprocess.run(command, cwd=ROOT, env=as_a_user(), capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    assert copy.read_text() == path.read_text(), "python -m tests.notebooks writes it anew"


def test_notebooks_are_three_and_short():
    assert [path.stem for path in NOTEBOOKS] == ["bound", "own_workflow", "simulation"]
    for path in NOTEBOOKS:
        assert len(json.loads(path.read_text())["cells"]) <= 12, path


@pytest.mark.parametrize("path", thinned(EXAMPLES, every=5), ids=lambda path: path.stem)
def test_prints_what_it_says(path):
    command = [sys.executable, "-W", "error", path]
    done = subprocess.run(command, cwd=ROOT, env=as_a_user(), capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    said = [line.removeprefix("# -> ") for line in path.read_text().splitlines() if line.startswith("# -> ")]
    assert done.stdout.splitlines() == said


def test_examples_are_short():
    assert len(EXAMPLES) == 5
    for path in EXAMPLES:
        lines = path.read_text().splitlines()
        assert len([line for line in lines if line and not line.startswith("#")]) <= 50, path
        assert len(lines) <= 60, path
