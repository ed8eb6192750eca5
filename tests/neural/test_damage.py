"""A run directory that is damaged, shared, refused or older: one line, or a run that goes on; never other numbers."""

import dataclasses
import json
import shutil
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

from neural.directory import TRAINING, RunDirectory, _rows
from sim.seals import NAME as CHECKSUMS
from tests.helpers import command, refused
from tests.neural.test_loop import PLAN, go
from theory import Accumulate

ROOT = Path(__file__).parents[2]

SHORT = dataclasses.replace(PLAN, iterations=2)


@pytest.fixture(scope="module")
def finished(tmp_path_factory):
    """A run of two iterations."""
    path = tmp_path_factory.mktemp("finished") / "run"
    go(path, Accumulate(), plan=SHORT)
    return path


@pytest.fixture
def run(finished, tmp_path):
    return shutil.copytree(finished, tmp_path / "run")


def flip(path, place=-3):
    content = bytearray(path.read_bytes())
    content[place] ^= 1
    path.write_bytes(content)


def rewrite(path, change):
    np.save(path, change(np.load(path)))


#: What is done to a file.
DAMAGES = {
    "truncated": lambda path: path.write_bytes(path.read_bytes()[:-1]),
    "half": lambda path: path.write_bytes(path.read_bytes()[: path.stat().st_size // 2]),
    "empty": lambda path: path.write_bytes(b""),
    "longer": lambda path: path.write_bytes(path.read_bytes() + b"0"),
    "flipped": flip,
    "flipped header": lambda path: flip(path, 9),
    "zeros": lambda path: path.write_bytes(bytes(path.stat().st_size)),
    "thesis": lambda path: path.write_text("years of work\n"),
}
POOLS = {
    "NaN": lambda path: rewrite(path, lambda x: np.where(np.arange(x.size).reshape(x.shape) == 1, np.nan, x)),
    "another shape": lambda path: rewrite(path, lambda x: x[:, :-1]),
    "another dtype": lambda path: rewrite(path, lambda x: x.astype(np.float64)),
    "objects": lambda path: np.save(path, np.array([{}]), allow_pickle=True),
    "another pool": lambda path: shutil.copy(path.with_name("synthetic-2.npy"), path),
}
CASES = [
    *((name, kind, damage) for name in ("pools/real-1.npy", "pools/synthetic-1.npy") for kind, damage in POOLS.items()),
    *(
        (name, kind, damage)
        for name in ("pools/real-1.npy", "pools/synthetic-1.npy", "metrics.csv")
        for kind, damage in DAMAGES.items()
    ),
    ("metrics.csv", "another number", lambda path: path.write_text(path.read_text().replace("0.", "1.", 1))),
    ("metrics.csv", "a row less", lambda path: path.write_text("".join(path.read_text().splitlines(True)[:-1]))),
]


@pytest.mark.parametrize(("name", "damage"), [pytest.param(n, d, id=f"{n}-{k}") for n, k, d in CASES])
def test_a_damaged_file_is_named(run, name, damage):
    damage(run / name)
    with pytest.raises(ValueError, match="is damaged: .* Restore it from a copy, or start anew") as error:
        go(run, Accumulate(), resume=True)
    assert str(run / name) in str(error.value)
    assert "\n" not in str(error.value)


@pytest.mark.parametrize("damage", DAMAGES.values(), ids=DAMAGES)
@pytest.mark.parametrize("name", ["checkpoint", "model-3"])
def test_a_damaged_model_is_named(run, name, damage):
    directory = RunDirectory(run, {"workflow": "Accumulate()"}, resume=True)
    tree = {"weights": np.arange(5.0)}
    directory.save(name, {"iteration": 3, "step": 5}, tree)
    path = run / "models" / f"{name}.eqx"
    damage(path)
    with pytest.raises(ValueError, match="is damaged"):
        directory.load(name, tree)
    with pytest.raises(ValueError, match=f"{name}.eqx is damaged"):
        RunDirectory(run, {"workflow": "Accumulate()"}, resume=True).load(name, tree)


def test_a_pool_that_was_sampled_is_not_made_again_and_a_real_one_is_the_same(finished, run):
    content = (run / "pools" / "real-1.npy").read_bytes()
    for name in ("real-1", "synthetic-1"):
        (run / "pools" / f"{name}.npy").unlink()
    with pytest.raises(
        ValueError, match=f"{run} lacks a pool that was sampled before; start anew in another --run-dir"
    ):
        go(run, Accumulate(), resume=True)
    assert (run / "pools" / "real-1.npy").read_bytes() == content


def test_a_model_of_another_iteration(run):
    shutil.copy(run / "models" / "model-1.eqx", run / "models" / "model-3.eqx")
    with pytest.raises(ValueError, match="model-3.eqx is damaged"):
        go(run, Accumulate(), resume=True)
    # without checksums, what it says of itself tells
    (run / CHECKSUMS).unlink()
    with pytest.raises(ValueError, match="model-3.eqx is damaged: it is of another iteration"):
        go(run, Accumulate(), resume=True)


@pytest.mark.parametrize(
    "content", ["", "{", '{"a": [[1, "x"', "[" * 100_000, '{"metrics.csv": 5}', '{"metrics.csv": [[1]]}']
)
def test_damaged_checksums(run, content):
    (run / CHECKSUMS).write_text(content)
    with pytest.raises(ValueError, match=f"{CHECKSUMS} is damaged"):
        go(run, Accumulate(), resume=True)


@pytest.mark.parametrize("content", ["", "[", "7", "[" * 100_000, "{" * 100_000])
def test_a_damaged_configuration(run, content):
    (run / "configuration.json").write_text(content)
    with pytest.raises(ValueError, match="is no configuration of a run") as error:
        go(run, Accumulate(), resume=True)
    assert "\n" not in str(error.value)


@pytest.mark.slow
def test_a_run_from_before_there_were_checksums_goes_on(finished, run, capsys):
    (run / CHECKSUMS).unlink()
    longer = go(run, Accumulate(), resume=True)
    assert capsys.readouterr().err.count("was made before runs had checksums") == 1
    straight = go(run.with_name("straight"), Accumulate())
    np.testing.assert_array_equal(longer["value"], straight["value"])
    assert go(run, Accumulate(), resume=True)["value"].tolist() == straight["value"].tolist()
    assert capsys.readouterr().err == ""


@pytest.mark.parametrize(
    ("kind", "message"),
    [("NaN", "finite"), ("another shape", "shape"), ("objects", "no array")],
)
def test_a_run_without_checksums_that_is_damaged(run, kind, message):
    (run / CHECKSUMS).unlink()
    POOLS[kind](run / "pools" / "real-1.npy")
    with pytest.raises(ValueError, match=f"real-1.npy is damaged: .*{message}"):
        go(run, Accumulate(), resume=True)


@pytest.mark.parametrize(
    "change",
    [
        lambda text: text + "99,0,test_loss,1.0\n",
        lambda text: text + "0,0,test_loss,1.0\n",
        lambda text: text + "2,-1,test_loss,1.0\n",
        lambda text: text + "2,7,test_loss,1.0\n",
        lambda text: text + "1,0,another,1.0\n",
        lambda text: text[: text.rindex("\n", 0, -1) + 1],
    ],
)
def test_a_table_without_checksums_that_is_another_runs(run, change):
    (run / CHECKSUMS).unlink()
    (run / "metrics.csv").write_text(change((run / "metrics.csv").read_text()))
    with pytest.raises(
        ValueError, match="metrics.csv is damaged: it does not hold a number for each metric, iteration"
    ):
        go(run, Accumulate(), resume=True)


@pytest.mark.slow
def test_killed_between_a_checksum_and_its_file(run, monkeypatch):
    """Whichever of the two files is there, the old or the new one, is right."""
    import theory.files

    replace, straight = theory.files.os.replace, go(run.with_name("straight"), Accumulate())
    for number in (1, 2, 5, 8):
        path, calls = run.with_name(f"killed-{number}"), []
        shutil.copytree(run, path)

        def killed(source, target, number=number, calls=calls):
            calls.append(target)
            if len(calls) == number:
                raise KeyboardInterrupt
            replace(source, target)

        with monkeypatch.context() as patch:
            patch.setattr(theory.files.os, "replace", killed)
            with pytest.raises(KeyboardInterrupt):
                go(path, Accumulate(), resume=True)
        np.testing.assert_array_equal(go(path, Accumulate(), resume=True)["value"], straight["value"])


def test_a_row_is_whole_or_none():
    whole, older = b"1,5,0,0.5,,\n", b"1,5,0,0.5,0.25\n"
    head = ",".join(TRAINING).encode() + b"\n"
    found = {"iteration": "1", "step": "5", "seed": "0", "loss": "0.5", "test_loss": "", "held_out_loss": ""}
    for damaged in (
        b"1,10,0,0.4\n",
        b"1,10,0\n",
        b"1,x,0,0.4,,\n",
        b"1,10,0,,,\n",
        b"1,10,0,0.4,y,\n",
        b"1,2.5,0,0.4,,\n",
    ):
        assert _rows(head + whole + damaged + whole, TRAINING) == [found, None, found], damaged
    # a table from before there was a column lacks it in all rows
    older_head = head.replace(b",held_out_loss", b"")
    assert _rows(older_head + older + b"1,10,0,0.4\n", TRAINING) == [found | {"test_loss": "0.25"}, None]


def test_losses_up_to_a_checkpoint_are_sealed_and_half_a_line_behind_it_is_none(tmp_path):
    directory = RunDirectory(tmp_path, {}, resume=False)
    directory.rewind(1, 0)
    directory.log(1, 5, {"loss": np.array([0.25])})
    directory.save("checkpoint", {}, np.zeros(1))
    directory.log(1, 9, {"loss": np.array([0.5])})
    table = tmp_path / "training.csv"
    whole = table.read_text()
    table.write_text(f"{whole}1,13,0,0.12,,0.1")  # of 0.15, say
    found = RunDirectory(tmp_path, {}, resume=True).training()
    assert [(row["step"], row["loss"]) for row in found] == [("5", "0.25"), ("9", "0.5")]
    table.write_text(whole.replace("0.25", "0.26"))
    with pytest.raises(ValueError, match="training.csv is damaged"):
        RunDirectory(tmp_path, {}, resume=True).training()


def test_notes_of_ones_own_are_nobody_elses(run):
    (run / "notes.txt").write_text("first")
    go(run, Accumulate(), resume=True)
    (run / "notes.txt").write_text("second")
    directory = RunDirectory(run, {"workflow": "Accumulate()"}, resume=True)
    directory.prepared(lambda folder: (folder / "vocabulary.model").write_text("words"))
    (run / "notes.txt").write_text("third")
    kept = RunDirectory(run, {"workflow": "Accumulate()"}, resume=True)
    assert kept.prepared(lambda folder: (folder / "vocabulary.model").read_text()) == "words"
    flip(run / "vocabulary.model")
    with pytest.raises(ValueError, match="vocabulary.model is damaged"):
        RunDirectory(run, {"workflow": "Accumulate()"}, resume=True).prepared(lambda folder: None)


def test_what_was_learned_of_the_data_is_kept_when_the_run_starts_and_not_before(tmp_path):
    path = tmp_path / "run"
    for words in ("refused", "kept"):
        directory = RunDirectory(path, {"words": words}, resume=False)
        with directory.held():
            folder = directory.prepared(lambda folder: folder)
            folder.mkdir(parents=True)
            (folder / "vocabulary.model").write_text(words)
            if words == "kept":
                directory.start()
        assert path.exists() == (words == "kept")
    assert (path / "vocabulary.model").read_text() == "kept"
    assert sorted(p.name for p in path.iterdir()) == [CHECKSUMS, "configuration.json", "vocabulary.model"]


HOLD = """
import sys
from pathlib import Path
from neural.directory import RunDirectory
with RunDirectory(Path(sys.argv[1]), {"workflow": "Accumulate()"}, resume=True).held():
    print("held", flush=True)
    sys.stdin.read()
"""


def test_two_at_one_directory(run):
    other = subprocess.Popen(
        [sys.executable, "-c", HOLD, run], cwd=ROOT, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    )
    assert other.stdout is not None
    assert other.stdout.readline() == "held\n"
    with pytest.raises(ValueError, match=f"in use by process {other.pid} on .* or choose another --run-dir"):
        go(run, Accumulate(), resume=True)
    other.kill()
    other.communicate()
    go(run, Accumulate(), resume=True)


def test_a_run_that_began_since_the_folder_was_looked_at_is_not_overwritten(tmp_path):
    path = tmp_path / "folders" / "that_are_not_there" / "run"
    first, second = (RunDirectory(path, {"workflow": name}, resume=False) for name in ("Accumulate()", "Replace()"))
    with first.held():
        first.write_sample("model-1.txt", b"")
    with pytest.raises(ValueError, match="run holds a run already"), second.held():
        second.start()
    assert "Accumulate()" in (path / "configuration.json").read_text()


@pytest.mark.slow
def test_a_refused_run_does_not_block_the_corrected_one(capsys, tmp_path):
    file = tmp_path / "text.txt"
    file.write_text("\n\n".join(f"Story {n}: the cat sat on mat {n * n}, and then on another one." for n in range(60)))
    line = f"transformer replace --preset smoke --iterations 1 --data text --file {file} --vocabulary 60 --context 20"
    line += f" --run-dir {tmp_path / 'run'}"
    ran = command(capsys, "neural", line)
    refused(ran, "python -m neural", "use --context")
    assert not (tmp_path / "run").exists()
    ran = command(capsys, "neural", f"{line} --cut --stories 50")
    refused(ran, "python -m neural", "use fewer --stories")
    assert not (tmp_path / "run").exists()
    assert command(capsys, "neural", f"{line} --cut --json").status == 0
    assert json.loads((tmp_path / "run" / "configuration.json").read_text())["cut"] is True
