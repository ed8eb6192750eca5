"""`python -m neural`: what it prints, a run that meets a full disk and is killed, and one line for each mistake."""

import json
import os
import signal
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

from neural.language.configuration import PRESETS
from tests.helpers import command, refused

ROOT = Path(__file__).parents[2]
SMOKE = ["transformer", "accumulate", "--preset", "smoke", "--json"]

#: When fits end, of some 80 steps.
BUDGETS = {
    "epochs": ["--epochs", "20"],
    "converged": ["--until", "converged", "--check-every", "3", "--most-steps", "80", "--averaging", "0.9"],
}


#: Killed at once after the second model's first checkpoint, however busy the machine is.
DIES = """
import os, signal, sys
from pathlib import Path
import sim.seals
from neural.__main__ import main
write = sim.seals.write_whole
def last(path, fill):
    write(path, fill)
    if path.name == "checkpoint.eqx" and path.with_name("model-1.eqx").exists():
        os.kill(os.getpid(), signal.SIGKILL)
sim.seals.write_whole = last
main(sys.argv[1:])
"""


def start(path, *options, before=(), python=("-m", "neural")):
    line = [*before, sys.executable, *python, *SMOKE, "--run-dir", path, *options]
    # What one of the processes compiles the others need not.
    cache = {"JAX_COMPILATION_CACHE_DIR": str(path.parent / "cache"), "JAX_PERSISTENT_CACHE_MIN_COMPILE_TIME_SECS": "0"}
    environment = {**os.environ, **cache}
    return subprocess.Popen(line, cwd=ROOT, env=environment, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)


@pytest.mark.slow
@pytest.mark.parametrize("budget", BUDGETS.values(), ids=BUDGETS)
def test_a_run_that_meets_a_full_disk_and_is_killed_ends_with_the_same_numbers(budget, tmp_path):
    straight, path = start(tmp_path / "straight", *budget), tmp_path / "killed"
    printed = [json.loads(straight.communicate()[0])]
    full = start(
        path, *budget, before=("sh", "-c", 'ulimit -f 24; exec "$@"', "sh")
    )  # no file beyond some ten thousand bytes
    _, complaint = full.communicate()
    assert full.returncode == 2
    assert complaint.splitlines()[-1].startswith("python -m neural transformer accumulate: [Errno 27] File too large")
    assert "Traceback" not in complaint

    killed = start(path, *budget, "--resume", "--checkpoint-seconds", "1e-6", python=("-c", DIES))
    killed.communicate()
    assert killed.returncode == -signal.SIGKILL

    resumed = start(path, *budget, "--resume")
    printed.append(json.loads(resumed.communicate()[0]))
    for summary in printed:
        del summary["wall_seconds"], summary["run_dir"]
    assert printed[0] == printed[1]
    for name in ("metrics.csv", "training.csv", "models/model-2.eqx", "samples/model-2.txt"):
        assert (path / name).read_bytes() == (tmp_path / "straight" / name).read_bytes(), name

    summary = printed[0]
    assert (summary["workflow"], summary["data"], summary["preset"], summary["seeds"]) == (
        "accumulate",
        "grammar",
        "smoke",
        2,
    )
    losses = np.array(summary["test_loss_per_seed"])
    assert losses.shape == (2, 2)
    np.testing.assert_allclose(summary["test_loss"], losses.mean(0))
    np.testing.assert_allclose(summary["standard_error"], np.abs(losses[0] - losses[1]) / 2)
    assert {"model", "metric", "device"} <= set(summary)


@pytest.fixture
def story_file(tmp_path):
    path = tmp_path / "stories.txt"
    path.write_text("<|endoftext|>\n".join(f"Story {n}: the cat sat on mat {n * n}.\n" for n in range(60)))
    return path


def smoke(capsys, *options):
    return command(capsys, "neural", " ".join(["transformer", *map(str, options), "--preset smoke"]))


@pytest.mark.slow
def test_a_file_of_stories(capsys, tmp_path, story_file):
    options = ("--data", "tinystories", "--file", story_file, "--vocabulary", 60, "--context", 60, "--json")
    ran = smoke(capsys, "replace", *options, "--run-dir", tmp_path / "run", "--iterations", 1)
    assert ran.status == 0
    assert len(ran.json["test_loss"]) == 1
    assert ran.json["metrics"].keys() == {"test_loss", "entropy", "distinct", "tail_lost"}
    assert (tmp_path / "run" / "vocabulary.model").exists()


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ("--data text", "--data text needs the text: give a --file"),
        ("--data text --file {empty}", "holds no text"),
        ("--data text --file {binary}", "is not text: byte 1 is not UTF-8"),
        ("--data text --file {zeros}", "holds zero bytes"),
        ("--data text --file {missing}", "No such file"),
        ("--data text --file {stories} --vocabulary 5000", "do not support a vocabulary of 5000 tokens"),
        ("--data text --file {stories} --vocabulary 60 --context 8", "do not fit into the context of 8; use --context"),
        (
            "--data text --file {stories} --vocabulary 60 --stories 45",
            "there are 40 to train on; use fewer --stories",
        ),
        ("--data tinystories --file {badparquet}", "is not parquet with a column named text"),
        ("--vocabulary 100", "the corpus has 246 tokens in rows of 76, the model room for 100"),
        ("--file {stories}", "the grammar tells its own stories; use --data text"),
        ("--checkpoint-seconds nan", "must be a positive finite number"),
        ("--heads 3", "the width must be a multiple of the heads"),
        ("--epochs 1 --steps 5", "give --epochs or --steps, not both"),
        ("--steps 5 --until converged", "give --steps or --until, not both"),
        ("--epochs 1 --steps 5 --until converged", "give --epochs or --steps or --until, not all"),
        ("--until tired", "invalid choice"),
        ("--patience 3", "--patience is for fits until converged; add --until converged, or leave it out"),
        ("--until converged --validation 0.001", "holds 0 of 32 rows out of the training set"),
        ("--until converged --validation 1", "validation is a share of the training set, above 0 and below 1"),
        ("--until converged --first-steps 5", "--first-steps is of fits of a given length"),
        ("--until converged --most-steps 150", "most_steps must be at least two checks, 200 steps"),
        ("--averaging 1", "averaging is a share that is kept"),
        ("--temperature 0", "must be a positive finite number"),
        ("--learning-rat 1", "unrecognized arguments"),
    ],
)
def test_a_mistake_is_one_line(options, message, capsys, tmp_path, story_file):
    contents = {"empty": b"\n \n", "binary": b"a\xff\xfe", "zeros": b"a\0b", "badparquet": b"PAR1"}
    paths = {"stories": story_file, "missing": tmp_path / "missing"}
    for name, content in contents.items():
        paths[name] = tmp_path / (name + (".parquet" if name == "badparquet" else ".txt"))
        paths[name].write_bytes(content)
    ran = smoke(capsys, "replace", options.format(**paths), "--run-dir", tmp_path / "run")
    refused(ran, "python -m neural", message)


def test_presets_differ_in_what_they_say():
    assert list(PRESETS) == ["smoke", "cpu", "gpu", "paper"]
    cpu, paper = PRESETS["cpu"], PRESETS["paper"]
    assert cpu.seeds >= 3
    assert cpu.iterations == 5
    # one epoch of TinyStories, 66,234-66,235 steps (the authors' notebook), in the paper's GPT-2
    assert paper.training.budget(paper.stories) in (66_234, 66_235, 66_241)
    assert (paper.architecture.vocabulary, paper.architecture.width, paper.data) == (8000, 256, "tinystories")
