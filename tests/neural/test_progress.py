"""How far a run is: checkpoints as often as is asked for, and a bar that ends full however the run came to its end."""

import dataclasses
from itertools import count
from types import SimpleNamespace

import jax
import jax.random as jr
import numpy as np
import pytest

from neural import loop as of_loop
from neural.directory import RunDirectory
from neural.loop import run
from tests.neural.test_loop import LEARNER, PLAN, TRAINING, Gaussian, Stopped
from theory import Replace

STEPS = TRAINING.budget(PLAN.T)


class Bar:
    """A bar that draws nothing."""

    def __init__(self, *, total, initial, unit, disable, leave):
        self.total, self.steps, self.disable, self.unit, self.told = total, initial, disable, unit, []

    def __enter__(self):
        return self

    def __exit__(self, *_):
        pass

    def update(self, steps):
        self.steps += steps

    def set_description(self, text):
        self.told.append(text)

    def set_postfix(self, **_):
        pass


@pytest.fixture
def bars(monkeypatch):
    """Those of the runs; a chunk of their fits is twenty steps, and changes nothing."""
    made = []

    def train(fit, *_, start, steps, keys, **others):
        for step in range(start, steps, 20):
            yield step + 20, fit, step + np.outer(np.arange(20), np.arange(len(keys))).astype(np.float32)

    monkeypatch.setattr(of_loop, "train", train)
    monkeypatch.setattr(of_loop, "tqdm", lambda **options: made.append(Bar(**options)) or made[-1])
    return made


def go(path, *, iterations=2, checkpoint_seconds=0.0, progress=True):
    directory = RunDirectory(path, {}, resume=True)
    plan = dataclasses.replace(PLAN, iterations=iterations)
    run(LEARNER, Replace(), plan, TRAINING, directory, checkpoint_seconds=checkpoint_seconds, progress=progress)


@pytest.mark.usefixtures("bars")
@pytest.mark.parametrize(("seconds", "steps"), [(12.0, [60, 120, 180]), (12.5, [80, 160]), (80.0, [])])
def test_a_checkpoint_is_kept_each_time_so_many_seconds_have_gone(seconds, steps, tmp_path, monkeypatch):
    """By a clock that goes on by four seconds from each look to the next, and so at each chunk."""
    kept, clock, save = [], count(0, 4), RunDirectory.save

    def told(directory, name, header, tree):
        kept.append((name, header["iteration"], header["step"]))
        save(directory, name, header, tree)

    monkeypatch.setattr(RunDirectory, "save", told)
    monkeypatch.setattr(of_loop, "time", SimpleNamespace(monotonic=lambda: float(next(clock))))
    go(tmp_path, checkpoint_seconds=seconds)
    assert kept == [
        each for n in (1, 2) for each in [*(("checkpoint", n, step) for step in steps), (f"model-{n}", n, STEPS)]
    ]


def test_the_bar_is_of_all_steps_and_full_at_the_end(bars, tmp_path):
    go(tmp_path)
    go(tmp_path, iterations=3, progress=False)  # goes on
    assert [(bar.total, bar.steps, bar.unit) for bar in bars] == [(n * STEPS, n * STEPS, "step") for n in (2, 3)]
    assert [bar.disable for bar in bars] == [False, True]
    assert {bar.told[0] for bar in bars} == {"iteration 1/2, fitting", "iteration 3/3, fitting"}
    assert bars[0].told[-1] == "iteration 2/2, measuring"
    # a line of the table has a seed's mean over a chunk, whose losses go up by its number at each step
    rows = [row for row in RunDirectory(tmp_path, {}, resume=True).training() if row["iteration"] == "3"]
    told = [(int(row["step"]), int(row["seed"]), float(row["loss"])) for row in rows]
    assert told == [(step, seed, step - 20 + 9.5 * seed) for step in range(20, STEPS + 1, 20) for seed in range(3)]
    # of four rows a seed's are drawn two at a time
    assert bars[1].told[1:3] == ["iteration 3/3, sampling 1-2 of 4", "iteration 3/3, sampling 3-4 of 4"]


@pytest.mark.usefixtures("bars")
def test_random_bits_are_the_same_whatever_the_environment_says(tmp_path, monkeypatch):
    def bits(*_):
        found.append(jr.bits(jr.key(0), (4,)).tolist())
        return "txt", b""

    found = []
    monkeypatch.setattr(Gaussian, "show", bits)
    with jax.threefry_partitionable(True):
        bits()
    with jax.threefry_partitionable(False):
        go(tmp_path)
        bits()
    assert found[0] == found[1] == found[2] != found[3]


@pytest.mark.parametrize("place", ["log", "write_sample"])
def test_the_bar_of_a_run_that_was_killed_begins_with_what_is_done(place, bars, tmp_path, monkeypatch):
    """In the second fit after three of its ten chunks, or behind it."""
    calls, real = count(1), getattr(RunDirectory, place)

    def stopping(*parts):
        if next(calls) == {"log": 14, "write_sample": 2}[place]:
            raise Stopped
        return real(*parts)

    with monkeypatch.context() as patch:
        patch.setattr(RunDirectory, place, stopping)
        with pytest.raises(Stopped):
            go(tmp_path)
    go(tmp_path)
    assert bars[1].steps == bars[1].total == 2 * STEPS


def test_the_bar_of_a_fit_that_ends_early_jumps_to_its_end(bars, tmp_path, monkeypatch):
    monkeypatch.setattr(of_loop, "train", lambda fit, *_, **__: iter([(20, fit, np.zeros((20, 3), np.float32))]))
    go(tmp_path)
    assert bars[0].steps == bars[0].total == 2 * STEPS
