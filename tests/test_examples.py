"""The examples run, and print what their comments say."""

import subprocess
import sys
from pathlib import Path

import pytest

from tests.helpers import as_a_user, thinned

ROOT = Path(__file__).parents[1]
EXAMPLES = sorted((ROOT / "tests/examples").glob("*.py"), key=lambda path: path.stem != "check_a_bound")  # it is quick


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
