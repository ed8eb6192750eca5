"""A checkpoint tells a workflow by what it does, and files from before it did so are still read."""

import hashlib
import io
import json
from dataclasses import dataclass
from pathlib import Path

import jax
import jax.random as jr
import numpy as np
import pytest

import sim
from sim import checkpoint
from sim.blocks import Blocks
from sim.locks import Lock, beside
from tests.helpers import command
from theory import (
    Accumulate,
    Gaussian,
    Replace,
    SlidingWindow,
    Workflow,
    by_count,
    by_weight,
    pools,
    subsample,
    synthetic,
)

#: SlidingWindow(2), T=200, d=3, sigma=0.5, fresh design, 2 iterations, 256 replicates, written when there was one task.
OLDER = Path(__file__).with_name("older.checkpoint")
MEAN = [0.003496524318246366, 0.004576801179614398]
STANDARD_ERROR = [0.00019471780701539343, 0.00027839748204564374]

TASK = sim.LinearRegression(T=200, d=3, sigma=0.5, design="fresh")


def simulate(state, workflow, replicates=256, task=TASK, iterations=2):
    settings = {"iterations": iterations, "replicates": replicates, "key": jr.key(3), "sampler": "literal"}
    return sim.run(task, workflow, checkpoint=state, **settings)


def read(path):
    """The file's arrays, the configuration as JSON among them."""
    with np.load(io.BytesIO(path.read_bytes().partition(b"\n")[2])) as saved:
        arrays = dict(saved)
    return arrays, json.loads(str(arrays.pop("configuration")))


def write(path, arrays, configuration):
    body = io.BytesIO()
    np.savez_compressed(body, configuration=np.array(json.dumps(configuration)), **arrays)
    digest = hashlib.sha256(body.getvalue()).hexdigest()
    path.write_bytes(f"model-collapse checkpoint {digest}\n".encode() + body.getvalue())


@pytest.fixture
def older(tmp_path):
    """The file as this version of JAX would have left it."""
    path = tmp_path / "state"
    arrays, configuration = read(OLDER)
    write(path, arrays, configuration | {"jax": jax.__version__, "platform": jax.local_devices()[0].platform})
    return path


def test_an_older_file_answers_to_the_same_digits(older):
    run = simulate(older, SlidingWindow(2))
    assert run.test_error.mean.tolist() == MEAN
    assert run.test_error.standard_error.tolist() == STANDARD_ERROR
    longer, straight = simulate(older, SlidingWindow(2), 512), simulate(None, SlidingWindow(2), 512)
    # its first half may have been computed by other instructions than this machine's
    np.testing.assert_allclose(longer.test_error.mean, straight.test_error.mean, rtol=1e-12)
    for level, values in straight.test_error.quantiles.items():
        np.testing.assert_allclose(longer.test_error.quantiles[level], values, rtol=2e-3)
    # what was written since says more, and is read as well
    assert read(older)[1]["task"] == "regression"
    assert (simulate(older, SlidingWindow(2), 512).test_error.mean == longer.test_error.mean).all()


def imposter():
    """A class of the same name and parameters that does something else."""

    @dataclass(frozen=True)
    class SlidingWindow(Workflow):
        k: int

        def training_set(self, iteration):
            return by_count(synthetic(iteration - 1))

    return SlidingWindow(2)


@dataclass(frozen=True)
class Mine(Workflow):
    k: int = 2

    def training_set(self, iteration):
        return by_count(pools(max(1, iteration - self.k + 1), iteration))


def test_an_older_file_of_another_workflow_is_refused(older):
    content = older.read_bytes()
    for workflow in (Accumulate(), SlidingWindow(3), imposter()):
        with pytest.raises(ValueError, match="of another run: .*workflow is theory.workflow.SlidingWindow"):
            simulate(older, workflow)
        assert older.read_bytes() == content
    with pytest.raises(ValueError, match="T is 200 there and 201 here"):
        simulate(older, SlidingWindow(2), task=sim.LinearRegression(T=201, d=3, sigma=0.5, design="fresh"))


def test_an_older_file_of_a_users_own_workflow(older):
    arrays, configuration = read(older)
    write(older, arrays, configuration | {"workflow": f"{Mine.__module__}.Mine(k=2)"})
    assert simulate(older, Mine()).test_error.mean.tolist() == MEAN
    write(older, arrays, configuration | {"workflow": "elsewhere.Mine(k=2)"})
    with pytest.raises(ValueError, match=r"workflow is elsewhere.Mine\(k=2\) there and Mine\(k=2\) here"):
        simulate(older, Mine())


def test_a_class_may_move_but_not_change(tmp_path):
    def moved(newest):
        @dataclass(frozen=True)
        class Mine(Workflow):
            k: int = 2

            def training_set(self, iteration):
                return by_count(pools(newest(1, iteration - self.k + 1), iteration))

        return Mine()

    state = tmp_path / "state"
    run = simulate(state, Mine(), iterations=3)
    found = simulate(state, moved(max), iterations=3).test_error
    assert (found.mean == run.test_error.mean).all()
    with pytest.raises(ValueError, match="training sets is"):
        simulate(state, moved(min), iterations=3)
    _, configuration = read(state)
    named = {"task": "regression", "of": "test_error", "workflow": "Mine(k=2)", "T": 200, "sigma": 0.5}
    assert named.items() <= configuration.items()


#: What a run's digits depend on, as its checkpoint has it.
KEPT = {
    "task": "regression",
    "of": "test_error",
    "T": 200,
    "d": 3,
    "sigma": 0.5,
    "design": "fresh",
    "covariance": None,
    "workflow": "Mine(k=2)",
    "generator": "Generator()",
    "iterations": 2,
    "key": np.asarray(jr.key_data(jr.key(3))).tolist(),
    "sampler": "literal",
    "precision": "float64",
    "relative_error": None,
    "platform": jax.local_devices()[0].platform,
    "jax": jax.__version__,
}


def test_it_keeps_all_that_digits_depend_on(tmp_path):
    state = tmp_path / "state"
    simulate(state, Mine())
    arrays, configuration = read(state)
    kept = dict(configuration)
    assert len(kept.pop("training sets")) == 64  # a digest
    block = kept.pop("replicates a block")
    assert block == 2 ** (block.bit_length() - 1)  # as the memory of a block allows: `sim.blocks`
    assert kept == KEPT
    # and each of them is looked at: a file that differs in one is of another run
    for name in configuration:
        write(state, arrays, configuration | {name: "another"})
        with pytest.raises(ValueError, match=f"of another run: {name} is another there"):
            simulate(state, Mine())
    # as is one that says more, of an option that is left at its default here, or less
    write(state, arrays, configuration | {"ridge": 0.1})
    with pytest.raises(ValueError, match=r"of another run: ridge is 0.1 there and None here\."):
        simulate(state, Mine())
    write(state, arrays, {name: value for name, value in configuration.items() if name != "T"})
    with pytest.raises(ValueError, match=r"of another run: T is None there and 200 here\."):
        simulate(state, Mine())


def test_training_sets_are_told_apart_by_sizes_and_draws():
    def told(rule, size=1):
        @dataclass(frozen=True)
        class Mine(Workflow):
            def training_set(self, iteration):
                return rule(iteration)

            def pool_size(self, pool):
                return size

        return checkpoint.configuration(TASK, TASK.quantities[0], Mine(), {"iterations": 3})["training sets"]

    digests = [
        told(lambda i: by_count(pools(1, i))),
        told(lambda i: by_count(pools(1, i)), size=2),
        told(lambda i: subsample(pools(1, i))),
        told(lambda i: subsample(pools(1, i), rows="1/2")),
        told(lambda i: subsample(pools(1, i), rows="1/2" if i < 3 else 1)),  # the last one alone
        told(lambda i: by_count(synthetic(i - 1))),
        told(lambda i: by_count(synthetic(i - 1)), size=2),  # the shares are the same
        told(lambda i: by_weight({pools(1, i): 1}) if i < 3 else by_count(pools(2, i))),
    ]
    assert len(set(digests)) == len(digests)


FORGED = {
    "NaN": ({"mean": np.array([np.nan, 1.0])}, "mean is not finite, or negative"),
    "infinite": ({"squares": np.array([np.inf, 1.0])}, "squares is not finite"),
    "negative mean": ({"mean": np.array([-1.0, 1.0])}, "mean is not finite, or negative"),
    "another shape": ({"mean": np.ones(3)}, "mean is missing, or is not what a run of 2 iterations has"),
    "another dtype": ({"mean": np.array(["1", "2"])}, "mean is missing"),
    "none": ({"squares": None}, "squares is missing"),
    "no count": ({"count": np.array(1.5)}, "count is missing"),
    "negative count": ({"count": np.array(-256)}, "counts of its histogram are negative, or do not add up"),
    "more": ({"count": np.array(257)}, "do not add up to its replicates"),
    "bins": ({"lowest": np.array(2**40)}, "bins that there are not"),
    "below": ({"lowest": np.array(-1)}, "bins that there are not"),
    "counts": ({"counts": np.zeros((2, 3))}, "no table of whole numbers"),
    "flat": ({"counts": np.zeros(3, np.int64)}, "no table of whole numbers"),
    "no histogram": ({"counts": np.zeros((2, 0), np.int64)}, "do not add up to its replicates"),
    "lost": ({"lost": np.array([1, 0])}, "do not add up to its replicates"),
    "found": ({"lost": np.array([-1, 0])}, "do not add up to its replicates"),
    "half": ({"lost": np.array([0.5, 0])}, "lost is missing"),
}


@pytest.mark.parametrize(("changes", "message"), FORGED.values(), ids=FORGED)
def test_a_forged_file_is_refused_though_its_checksum_is_right(older, changes, message):
    arrays, configuration = read(older)
    write(older, {name: value for name, value in (arrays | changes).items() if value is not None}, configuration)
    content = older.read_bytes()
    with pytest.raises(ValueError, match=f"is damaged: .*{message}.* It is left as it is"):
        simulate(older, SlidingWindow(2))
    assert older.read_bytes() == content


@pytest.mark.parametrize(
    ("task", "of", "sampler"),
    [
        (Gaussian(6, 1), "log_determinant", "sufficient"),  # of numbers below 0
        (sim.LinearRegression(T=20, d=3, design="fresh"), "test_error", "conditional"),
    ],
    ids=str,
)
def test_a_run_without_quantiles_goes_on_too(tmp_path, task, of, sampler):
    def simulate(replicates, state=None):
        settings = {"of": of, "sampler": sampler, "iterations": 2, "key": jr.key(2)}
        return sim.run(task, Replace(), replicates=replicates, checkpoint=state, **settings).estimate

    state = tmp_path / "state"
    simulate(4096, state)
    resumed, straight = simulate(8192, state), simulate(8192)
    assert (resumed.mean == straight.mean).all()
    assert (resumed.standard_error == straight.standard_error).all()


def test_negative_counts_that_add_up(older):
    arrays, configuration = read(older)
    counts = arrays["counts"].copy()
    counts[0, :2] += [-1000, 1000]
    write(older, arrays | {"counts": counts}, configuration)
    with pytest.raises(ValueError, match="counts of its histogram are negative"):
        simulate(older, SlidingWindow(2))


@pytest.mark.parametrize("body", [b"", b"PK\x03\x04 no archive", b"[" * 1000])
def test_a_body_that_is_none_is_refused_though_its_checksum_is_right(tmp_path, body):
    state = tmp_path / "state"
    state.write_bytes(f"model-collapse checkpoint {hashlib.sha256(body).hexdigest()}\n".encode() + body)
    with pytest.raises(ValueError, match="is damaged: it does not hold the state of a run"):
        simulate(state, SlidingWindow(2))


def test_a_file_in_use_is_refused(tmp_path):
    state = tmp_path / "state"
    with Lock(state, beside(state)), pytest.raises(ValueError, match="in use by process .* or name another file"):
        simulate(state, SlidingWindow(2))
    simulate(state, SlidingWindow(2))
    assert [path.name for path in tmp_path.iterdir()] == ["state"]


def test_what_cannot_be_written_is_refused_before_anything_is_computed(tmp_path, monkeypatch):
    def full(self, content):
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(Path, "write_bytes", full)
    monkeypatch.setattr(Blocks, "__call__", lambda *_: pytest.fail("computed"))
    with pytest.raises(ValueError, match="cannot be written .No space left on device.. Make room or name another"):
        simulate(tmp_path / "state", SlidingWindow(2))
    assert list(tmp_path.iterdir()) == []


def interrupted(monkeypatch, blocks):
    """Ctrl-C after so many blocks."""
    compute = Blocks.__call__

    def some(self, first, last, ahead=2):
        for number, block in enumerate(compute(self, first, last, ahead), first):
            if number >= blocks:
                raise KeyboardInterrupt
            yield block

    monkeypatch.setattr(Blocks, "__call__", some)


@pytest.mark.parametrize("kept", [False, True])
def test_interrupted_it_has_what_was_reached(tmp_path, monkeypatch, capsys, kept):
    line = "accumulate --design fresh --T 40 --d 4 --iterations 2 --sampler literal --json --replicates"
    options = f" --checkpoint {tmp_path / 'state'}" if kept else ""
    with monkeypatch.context() as patch:
        interrupted(patch, 3)
        ran = command(capsys, "sim", f"{line} 100000{options}")
    assert ran.status == 130
    found = ran.json
    assert 0 < found["replicates"] < 100000
    assert found["note"].endswith(f"Interrupted after {found['replicates']:,} replicates.")
    (said,) = [text for text in ran.err.splitlines() if text.startswith("python -m sim: ")]
    assert f"interrupted after {found['replicates']:,} replicates" in said
    assert ("holds these" if kept else "With --checkpoint FILE") in said
    straight = command(capsys, "sim", f"{line} {found['replicates']}{options}").json
    for name in ("mean", "standard_error", "quantiles"):
        assert found[name] == straight[name]


def test_interrupted_before_there_is_anything_it_begins_anew(tmp_path, monkeypatch, capsys):
    state = tmp_path / "state"
    line = f"accumulate --design fresh --T 40 --d 4 --iterations 2 --replicates 50 --checkpoint {state}"
    with monkeypatch.context() as patch:
        interrupted(patch, 0)
        ran = command(capsys, "sim", line)
    assert (ran.status, ran.out) == (130, "")
    assert ran.err.splitlines()[-1] == "python -m sim: interrupted"
    assert read(state)[0]["count"] == 0
    assert command(capsys, "sim", f"{line} --json").json["replicates"] == 50


def test_a_folder_that_cannot_be_written_is_said_of_the_checkpoint(tmp_path, monkeypatch):
    def read_only(self):
        raise OSError(30, "Read-only file system", ".state.lock")

    monkeypatch.setattr(Lock, "__enter__", read_only)
    with pytest.raises(ValueError, match=r"the checkpoint .*state cannot be written \(Read-only file system\)"):
        simulate(tmp_path / "state", SlidingWindow(2))
