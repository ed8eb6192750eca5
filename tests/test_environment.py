"""What programs are started in: closed streams, dropped docstrings, others' settings, installed packages."""

import functools
import os
import subprocess
import sys
import tempfile
from pathlib import Path

import pytest

import theory
from tests.helpers import thinned
from tests.wheel import unpacked
from theory import WORKFLOWS
from theory.summary import from_source, summary

ROOT = Path(__file__).parents[1]
LAW = "-m theory accumulate --design fresh --iterations 2"
#: What one of these processes compiles, programs of JAX and bytecode of another kind, serves the next; they run one
#: after another.
COMPILED = tempfile.TemporaryDirectory()
RUN = "-m sim replace --design fixed --T 12 --d 2 --iterations 2 --replicates 20 --json"


def shell(line, *, flags="", cwd=ROOT, path=ROOT, **variables):
    """A command line of Python's in a shell, by which streams can be closed."""
    environment = {name: value for name, value in os.environ.items() if name not in ("XLA_FLAGS", "JAX_PLATFORMS")}
    if flags:
        environment |= {"PYTHONPYCACHEPREFIX": f"{COMPILED.name}/bytecode", "PYTHONDONTWRITEBYTECODE": ""}
    return subprocess.run(
        ["bash", "-c", f"{sys.executable} {flags} {line}"],
        cwd=cwd,
        env=environment | {"PYTHONPATH": str(path), "JAX_COMPILATION_CACHE_DIR": COMPILED.name} | variables,
        capture_output=True,
        text=True,
        check=False,
    )


@functools.cache
def plainly(line):
    """What a line prints where nothing is unusual: run once for all that is held against it."""
    done = shell(line)
    assert done.returncode == 0, done.stderr
    return done.stdout


def refused(done, program, message):
    """One line, and nothing else but what JAX says."""
    assert done.returncode == 2, done.stderr
    assert done.stdout == ""
    (line,) = [line for line in done.stderr.splitlines() if line.startswith(f"python -m {program}")]
    assert message in line
    assert "Traceback" not in done.stderr


@pytest.mark.parametrize("closed", thinned([">&- 2>&- <&-", ">&-", "2>&-", "<&-"], every=4))
def test_closed_streams(closed):
    done = shell(f"{LAW} {closed}")
    assert (done.returncode, done.stderr) == (0, "")
    assert done.stdout == ("" if ">&- " in f"{closed} " and not closed.startswith("2") else plainly(LAW))


def test_a_mistake_with_closed_streams_goes_nowhere_else():
    done = shell("-m theory accumulate --design both 2>&-")
    assert (done.returncode, done.stdout, done.stderr) == (2, "", "")


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="there is no full device")
def test_a_full_disk_behind_standard_output():
    done = shell(f"{LAW} >/dev/full")
    assert done.returncode == 2
    assert done.stderr == "python -m theory accumulate: [Errno 28] No space left on device\n"


@pytest.mark.slow
def test_without_docstrings_the_same_is_printed():
    assert shell(LAW, flags="-OO").stdout == plainly(LAW)


@pytest.mark.slow
@pytest.mark.parametrize("line", [RUN, "-m neural vae --help", "-m paper_repro list", "-m figures --help"])
def test_without_docstrings_every_command_runs(line):
    done = shell(line, flags="-OO")
    assert done.returncode == 0, done.stderr
    assert done.stdout == plainly(line)


@pytest.mark.slow
@pytest.mark.parametrize("line", ["-m theory replace --design fixed", "-m neural transformer replace --help"])
def test_a_terminal_that_knows_few_letters(line):
    done = shell(line, PYTHONIOENCODING="ascii")
    assert (done.returncode, done.stderr) == (0, "")
    assert done.stdout == plainly(line).encode("ascii", "backslashreplace").decode()


def outer():
    """Not this."""

    def inner():
        """This one.

        And no more.
        """

    return inner


def test_a_summary_is_read_from_the_source_as_well():
    for owner in (*WORKFLOWS, *theory.TASKS, outer, outer()):
        assert summary(owner) == (from_source(owner) or "").partition("\n")[0]
        assert summary(owner)
    assert summary(type("Made", (), {})) == ""


@pytest.mark.slow
@pytest.mark.parametrize(
    ("variables", "message"),
    [
        ({"JAX_PLATFORMS": "nonsense"}, "JAX_PLATFORMS is 'nonsense': unset it, or set it to cpu"),
        ({"JAX_ENABLE_X64": "maybe"}, "could not start (invalid truth value 'maybe' for environment 'JAX_ENABLE_X64')"),
        ({"JAX_DEFAULT_PRNG_IMPL": "dice"}, 'could not start (Invalid value "dice" for JAX flag'),
    ],
)
def test_settings_that_jax_refuses(variables, message):
    refused(shell(RUN, **variables), "sim", message)


@pytest.mark.slow
@pytest.mark.parametrize(
    "variables",
    [
        {"JAX_DEFAULT_PRNG_IMPL": "rbg"},
        {"JAX_DEFAULT_PRNG_IMPL": "unsafe_rbg", "JAX_RANDOM_SEED_OFFSET": "5"},
        {"JAX_THREEFRY_PARTITIONABLE": "0"},
        {"SLURM_JOB_ID": "3", "OMPI_COMM_WORLD_RANK": "1"},
    ],
)
def test_settings_that_change_no_digit(variables):
    assert shell(RUN, **variables).stdout == plainly(RUN)


@pytest.mark.slow
@pytest.mark.parametrize("variables", [{"SLURM_JOB_ID": "3"}, {"OMPI_MCA_orte_hnp_uri": "3"}])
def test_half_a_cluster_is_none(variables):
    refused(shell(f"{RUN} --distributed", **variables), "sim", "could not join the distributed run")


@pytest.mark.slow
def test_the_backend_of_a_notebook_which_this_is_not():
    done = shell("-m figures --help", MPLBACKEND="module://matplotlib_inline.backend_inline")
    assert (done.returncode, done.stderr) == (0, "")


@pytest.fixture(scope="module")
def installed(tmp_path_factory):
    """The packages as a wheel puts them somewhere, and no file of theirs may change."""
    return unpacked(tmp_path_factory.mktemp("site-packages"))


def files(folder):
    """When each file was written, and which folders there are; Python may keep what it compiles beside them."""
    found = (path for path in folder.rglob("*") if "__pycache__" not in path.parts)
    return {path: path.stat().st_mtime_ns if path.is_file() else None for path in found}


@pytest.mark.slow
@pytest.mark.parametrize(
    ("line", "made"),
    [
        ("run linear_claims", None),
        ("run linear_a --preset smoke", "runs/smoke/linear_a.csv"),
        ("run designs --preset smoke --out mine", "mine/designs.csv"),
        ("run linear_isotropy --preset smoke --again", "runs/smoke/linear_isotropy.csv"),
        ("claims --record", "paper_repro/results/claims.json"),
    ],
)
def test_an_installation_is_left_as_it_is(line, made, installed, tmp_path):
    before = files(installed)
    done = shell(f"-m paper_repro {line}", path=installed, cwd=tmp_path)
    assert done.returncode == 0, done.stderr
    assert made is None or (tmp_path / made).exists()
    assert files(installed) == before


RANDOM = (
    "import sys, tempfile, theory\n"
    "from pathlib import Path\n"
    "from dataclasses import replace\n"
    "from neural.__main__ import KINDS\n"
    "from neural.directory import RunDirectory\n"
    "from neural.loop import run\n"
    "chosen = replace(KINDS['vae'].presets['smoke'], iterations=1, seeds=1, steps=3, chunk=3, style='linear')\n"
    "with tempfile.TemporaryDirectory() as folder:\n"
    "    kept = RunDirectory(Path(folder), {}, resume=False)\n"
    "    learner = chosen.learner(Path(folder))\n"
    "    found = run(learner, theory.Replace(), chosen.plan, chosen.training, kept)\n"
    "    print({name: values.tolist() for name, values in found.items()})\n"
)


@pytest.fixture(scope="module")
def network(tmp_path_factory):
    """A program that trains one."""
    path = tmp_path_factory.mktemp("network") / "it.py"
    path.write_text(RANDOM)
    return path


@pytest.mark.slow
@pytest.mark.parametrize(
    "variables",
    [
        {"JAX_DEFAULT_PRNG_IMPL": "rbg", "JAX_THREEFRY_PARTITIONABLE": "0"},
        {"JAX_DEFAULT_PRNG_IMPL": "unsafe_rbg", "JAX_THREEFRY_PARTITIONABLE": "1", "JAX_RANDOM_SEED_OFFSET": "5"},
    ],
)
def test_settings_that_change_no_digit_of_a_network(variables, network):
    assert shell(f"{network}", **variables).stdout == plainly(f"{network}")
    assert "test_loss" in plainly(f"{network}")
