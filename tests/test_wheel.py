"""What a wheel has in it, and that all its commands work from elsewhere and write nothing into it."""

import configparser
import email
import json
import os
import re
import subprocess
import sys

import pytest

from tests.helpers import as_a_user
from tests.wheel import unpacked

#: Lines of the one program, by which `python -m` is meant too; what they write they write below the current folder.
LINES = [
    "theory accumulate --design fresh --iterations 2",
    "sim replace --design fixed --T 12 --d 2 --iterations 2 --replicates 20 --json",
    "neural vae replace --preset smoke --iterations 1 --seeds 2 --steps 10 --style linear --run-dir runs/vae --json",
    "neural plot runs/vae --output losses.png",
    "neural compare runs/vae runs/vae",
    "paper_repro list",
    "paper_repro claims --paper 2510.16657",
    "figures schematic --out pictures",
]

#: In one process, since each takes seconds to import JAX: the exit status and the output of each line.
PROGRAM = """
import contextlib, importlib, io, json, sys
function = getattr(importlib.import_module(sys.argv[1]), sys.argv[2])
found = []
for line in json.loads(sys.argv[3]):
    with contextlib.redirect_stdout(io.StringIO()) as out:
        try:
            status = function(line.split())
        except SystemExit as stop:
            status = stop.code
    found.append([status, out.getvalue()])
import theory
print(json.dumps([theory.__file__, found]))
"""


@pytest.fixture(scope="module")
def installed(tmp_path_factory):
    return unpacked(tmp_path_factory.mktemp("wheel"))


def of(installed, pattern):
    (path,) = installed.glob(f"*.dist-info/{pattern}")
    return path.read_text()


def files(folder):
    return {path: path.stat().st_mtime_ns for path in folder.rglob("*") if path.is_file()}


def test_it_has_each_package_with_its_readme_and_data(installed):
    for name in ("theory", "sim", "neural", "paper_repro", "figures", "sim/tables"):
        assert (installed / name / "README.md").is_file()
    assert (installed / "paper_repro/results/claims.json").is_file()
    assert not list(installed.rglob("tests"))
    assert "MIT License" in of(installed, "licenses/LICENSE")


def test_a_package_index_shows_the_readme_without_dead_links(installed):
    shown = email.message_from_string(of(installed, "METADATA"))
    text = str(shown.get_payload())
    assert shown["Description-Content-Type"] == "text/markdown"
    assert text.startswith("# Model collapse: exact laws")
    assert "law = theory.linear.test_error(Accumulate()" in text
    assert "| bounds and best weights |" in text
    targets = re.findall(r"\]\(([^)]*)\)", text)
    assert len(targets) >= 10
    assert [target for target in targets if not target.startswith("https://arxiv.org/")] == []


@pytest.mark.slow
def test_every_command_works_elsewhere_and_leaves_the_installation_as_it_is(installed, tmp_path):
    scripts = configparser.ConfigParser()
    scripts.read_string(of(installed, "entry_points.txt"))
    module, function = scripts["console_scripts"]["model-collapse"].split(":")
    before = files(installed)
    done = subprocess.run(
        [sys.executable, "-c", PROGRAM, module, function, json.dumps(LINES)],
        cwd=tmp_path,
        env=as_a_user()
        | {"PYTHONPATH": str(installed), "PYTHONDONTWRITEBYTECODE": "1", "HOME": str(tmp_path / "home")},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    where, found = json.loads(done.stdout.splitlines()[-1])
    assert where == os.path.join(installed, "theory", "__init__.py")
    for line, (status, printed) in zip(LINES, found, strict=True):
        assert status == 0, (line, done.stderr)
        assert printed, line
    assert (tmp_path / "runs/vae/metrics.csv").is_file()
    assert files(installed) == before
