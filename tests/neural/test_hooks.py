"""What takes part in a run: a verifier of samples, further metrics, loggers, TensorBoard, more iterations."""

import dataclasses
import doctest
import json
import struct

import numpy as np
import pytest

from neural import hooks as of_hooks, tensorboard
from neural.directory import RunDirectory
from neural.hooks import Accepted, Hooks, Logger
from neural.loop import run
from neural.tensorboard import TensorBoard
from tests.neural.test_loop import LEARNER, PLAN, TRAINING, Stopped, files
from theory import Accumulate, Replace

SHORT = dataclasses.replace(PLAN, iterations=2, T=12, seeds=2, sample_batch=8)
BRIEF = dataclasses.replace(TRAINING, steps=30)


def go(path, hooks, *, plan=SHORT, resume=False):
    directory = RunDirectory(path, {"iterations": plan.iterations}, resume=resume)
    return run(LEARNER, Accumulate(), plan, BRIEF, directory, checkpoint_seconds=0.0, hooks=hooks)


def near(rows):
    """A verifier: not far from the location."""
    return np.abs(rows - 3) < 1


def test_a_pool_is_what_the_verifier_accepts_in_the_order_of_sampling(tmp_path):
    plain, verified = go(tmp_path / "plain", Hooks()), go(tmp_path / "verified", Hooks(near))
    sampled, pool = (np.load(tmp_path / name / "pools" / "synthetic-1.npy") for name in ("plain", "verified"))
    assert pool.shape == sampled.shape == (2, 12)
    assert near(pool).all()
    for seed in range(2):
        first = sampled[seed][near(sampled[seed])]
        assert 0 < len(first) < 12
        np.testing.assert_array_equal(pool[seed, : len(first)], first)
    assert "accepted" not in plain
    assert ((verified["accepted"] > 0.3) & (verified["accepted"] < 1)).all()
    assert not list((tmp_path / "verified" / "pools").glob("part-*"))
    # a verifier that takes all changes nothing
    every = go(tmp_path / "every", Hooks(lambda rows: np.ones(len(rows), bool)))
    assert (every["accepted"] == 1).all()
    np.testing.assert_array_equal(every["value"], plain["value"])


def test_the_share_is_of_what_was_looked_at_up_to_the_last_row_needed():
    accepted = Accepted(lambda rows: rows > 0, 3, 2)
    assert not accepted.add(np.array([[1, -1, 2, -1], [1, 2, 3, 4]]))
    assert accepted.add(np.array([[-1, 5, 6, 7], [9, 9, 9, 9]]))
    np.testing.assert_array_equal(accepted.rows, [[1, 2, 5], [1, 2, 3]])
    np.testing.assert_array_equal(accepted.share, [3 / 6, 1])


def test_a_verifier_refuses_at_most_a_hundred_rows_for_each_that_is_needed():
    accepted = Accepted(lambda rows: rows > 0, 2, 1)
    assert not accepted.add(np.zeros((1, 199)))
    with pytest.raises(ValueError, match="accepted 0 of 200 rows of seed 0, and 2 are needed"):
        accepted.add(np.zeros((1, 1)))
    accepted = Accepted(lambda rows: rows > 0, 2, 2)
    with pytest.raises(ValueError, match="accepted 1 of 200 rows of seed 1, and 2 are needed"):
        accepted.add(np.stack([np.ones(200), np.eye(200)[0]]))


@pytest.mark.parametrize(
    ("accept", "message"),
    [
        (lambda rows: rows, "one truth value a row, 4 of them; got float32 of shape \\(4,\\)"),
        (lambda rows: np.array([True]), "one truth value a row"),
        pytest.param(
            lambda rows: rows > 1e9,
            "accepted 0 of 1200 rows of seed 0, and 12 are needed; use a milder one",
            marks=pytest.mark.slow,
        ),
    ],
)
def test_verifiers_that_are_refused(accept, message, tmp_path):
    with pytest.raises(ValueError, match=message):
        go(tmp_path, Hooks(accept))


def test_a_verified_run_stopped_at_any_call_of_the_verifier_goes_on_to_the_same_files(tmp_path):
    straight, calls = go(tmp_path / "straight", Hooks(near)), 0
    stops = 0

    def stopping(rows):
        nonlocal calls
        calls += 1
        if calls > 1 + stops:  # each time one call further on
            raise Stopped
        return near(rows)

    while True:
        calls = 0
        try:
            again = go(tmp_path / "stopped", Hooks(stopping), resume=True)
            break
        except Stopped:
            stops += 1
            assert stops < 50
    assert stops >= 3
    assert files(tmp_path / "stopped") == files(tmp_path / "straight")
    for name, values in straight.items():
        np.testing.assert_array_equal(values, again[name])


def test_a_run_stopped_between_the_share_and_the_pool_looks_again(tmp_path, monkeypatch):
    go(tmp_path / "straight", Hooks(near))
    pool = RunDirectory.pool

    def stopping(directory, name, make):
        if name == "synthetic-1":
            raise Stopped
        return pool(directory, name, make)

    with monkeypatch.context() as patch:
        patch.setattr(RunDirectory, "pool", stopping)
        with pytest.raises(Stopped):
            go(tmp_path / "stopped", Hooks(near))
    assert (tmp_path / "stopped" / "pools" / "accepted-1.npy").exists()
    go(tmp_path / "stopped", Hooks(near), resume=True)
    assert files(tmp_path / "stopped") == files(tmp_path / "straight")


class Told(Logger):
    """Keeps what it hears."""

    def __init__(self):
        self.fits, self.metrics = [], {}

    def fitted(self, iteration, step, losses):
        self.fits.append((iteration, step, sorted(losses)))

    def measured(self, iteration, metrics):
        self.metrics[iteration] = metrics


def test_metrics_and_loggers(tmp_path):
    told = Told()

    def spread(models, samples):
        assert models.value.shape == (2,)
        return {"spread": np.ptp(samples, axis=1)}

    found = go(tmp_path / "run", Hooks(measures=[spread], loggers=[told]))
    pool = np.load(tmp_path / "run" / "pools" / "synthetic-2.npy")
    np.testing.assert_array_equal(found["spread"][:, 1], np.ptp(pool, axis=1))
    assert told.fits == [(1, 30, ["loss"]), (2, 30, ["loss"])]
    assert told.metrics.keys() == {1, 2}
    np.testing.assert_array_equal(told.metrics[2]["spread"], found["spread"][:, 1])
    # what is done is not told again
    again = Told()
    go(tmp_path / "run", Hooks(measures=[spread], loggers=[again]), resume=True)
    assert (again.fits, again.metrics) == ([], {})
    with pytest.raises(ValueError, match="two metrics are named 'value'; give one of them another name"):
        go(tmp_path / "twice", Hooks(measures=[lambda *_: {"value": np.zeros(2)}]))


def test_numbers_are_written_by_seven_bits():
    """As protocol buffers' own documentation has them, and on either side of each further byte."""
    written = {0: "00", 1: "01", 127: "7f", 128: "8001", 150: "9601", 300: "ac02", 16383: "ff7f", 16384: "808001"}
    assert {number: tensorboard._varint(number).hex() for number in written} == written


def records(path):
    """The events of a file, as TensorBoard's format says: lengths, checksums, fields."""
    content, found = path.read_bytes(), []
    while content:
        (length,) = struct.unpack("<Q", content[:8])
        event = content[12 : 12 + length]
        for part, sealed in ((content[:8], content[8:12]), (event, content[12 + length : 16 + length])):
            value = tensorboard.checksum(part)
            turned = ((value >> 15) | (value << 17)) & 0xFFFFFFFF
            assert struct.unpack("<I", sealed)[0] == (turned + 0xA282EAD8) % 2**32
        found.append(fields(event))
        content = content[16 + length :]
    return found


def fields(message):
    """A protocol buffer's fields by number, each as often as it is there."""
    found, at = {}, 0

    def varint():
        nonlocal at
        value, shift = 0, 0
        while True:
            byte, at = message[at], at + 1
            value |= (byte & 127) << shift
            shift += 7
            if byte < 128:
                return value

    while at < len(message):
        key = varint()
        if key & 7 == 0:
            value = varint()
        else:
            size = {1: 8, 5: 4}.get(key & 7) or varint()
            value, at = message[at : at + size], at + size
        found.setdefault(key >> 3, []).append(value)
    return found


def test_tensorboard_reads_what_is_written(tmp_path):
    board = TensorBoard(tmp_path / "events", clock=lambda: 12.5)
    assert not (tmp_path / "events").exists()
    board.fitted(3, 1000, {"loss": np.array([0.5, 0.25])})
    board.measured(3, {"test_loss": np.array([2.0, 4.0])})
    (path,) = (tmp_path / "events").iterdir()
    assert "tfevents" in path.name
    version, fit, metrics = records(path)
    assert (struct.unpack("<d", version[1][0]), version[3]) == ((12.5,), [b"brain.Event:2"])
    assert (fit[2], metrics[2]) == ([1000], [3])
    scalars = [fields(value) for event in (fit, metrics) for value in fields(event[5][0])[1]]
    assert {value[1][0].decode(): struct.unpack("<f", value[2][0])[0] for value in scalars} == {
        "fit 3/loss/seed 0": 0.5,
        "fit 3/loss/seed 1": 0.25,
        "metrics/test_loss/seed 0": 2.0,
        "metrics/test_loss/seed 1": 4.0,
    }


def test_a_finished_run_is_extended_by_more_iterations(tmp_path):
    long = dataclasses.replace(SHORT, iterations=4)
    straight = go(tmp_path / "straight", Hooks(), plan=long)
    go(tmp_path / "extended", Hooks())
    extended = go(tmp_path / "extended", Hooks(), plan=long, resume=True)
    for name, values in straight.items():
        np.testing.assert_array_equal(values, extended[name])
    assert files(tmp_path / "extended") == files(tmp_path / "straight")
    assert json.loads((tmp_path / "extended" / "configuration.json").read_text()) == {"iterations": 4}
    with pytest.raises(ValueError, match=r"another configuration \(iterations: there 4, now 2\)"):
        go(tmp_path / "extended", Hooks(), resume=True)
    with pytest.raises(ValueError, match="--resume goes on with it"):
        go(tmp_path / "extended", Hooks(), plan=dataclasses.replace(SHORT, iterations=5))


def test_nothing_but_iterations_may_grow(tmp_path):
    RunDirectory(tmp_path, {"iterations": 2, "seeds": 2}, resume=False).record(1, {"test_loss": np.zeros(2)})
    for configuration in ({"iterations": 3, "seeds": 3}, {"iterations": 2, "seeds": 3}, {"iterations": 3}):
        with pytest.raises(ValueError, match="another configuration"):
            RunDirectory(tmp_path, configuration, resume=True)
    # until a longer run keeps something, the shorter one is there
    RunDirectory(tmp_path, {"iterations": 3, "seeds": 2}, resume=True)
    RunDirectory(tmp_path, {"iterations": 2, "seeds": 2}, resume=True).record(2, {"test_loss": np.zeros(2)})


def test_examples():
    for module in (of_hooks, tensorboard):
        assert doctest.testmod(module).failed == 0
    assert doctest.testmod(tensorboard).attempted > 0


@pytest.mark.slow
def test_replace_and_a_verifier(tmp_path):
    """Under Replace a verifier that knows the truth keeps the location near it."""
    plan = dataclasses.replace(PLAN, iterations=4, T=40, seeds=3, sample_batch=120)
    directory = RunDirectory(tmp_path, {}, resume=False)
    found = run(LEARNER, Replace(), plan, TRAINING, directory, hooks=Hooks(lambda rows: np.abs(rows - 3) < 0.05))
    assert np.abs(found["value"][:, 1:] - 3).max() < 0.05
