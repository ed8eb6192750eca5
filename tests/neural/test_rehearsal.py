"""The first steps of a run by a clock that is known: what is compilation, and what comes again."""

from itertools import accumulate
from types import SimpleNamespace

import jax.numpy as jnp
import numpy as np
import pytest

from neural import rehearsal
from neural.loop import Fit
from tests.neural.test_loop import LEARNER, PLAN, TRAINING, Number
from theory import Accumulate


class Pretended:
    """A chain of three seeds whose steps are none."""

    def __init__(self, *_):
        pass

    def begin(self):
        return Fit(Number(jnp.zeros(3, jnp.float32)), jnp.zeros((2, 3), jnp.float32))

    def chunks(self, fit, start, steps):
        assert (start, steps) == (0, 80)  # of chunks of twenty, whatever the run's
        for end in range(20, 81, 20):
            yield end, fit, np.zeros((20, 3), np.float32)

    def sampled(self, models, start):
        return np.zeros((3, 5), np.float32)


def rehearsed(monkeypatch, seconds, long):
    """With a clock that goes on by so many seconds from each look to the next."""
    times = accumulate([0, *seconds])
    monkeypatch.setattr(rehearsal, "time", SimpleNamespace(monotonic=lambda: float(next(times))))
    monkeypatch.setattr(rehearsal, "LONG", long)
    monkeypatch.setattr(rehearsal, "Chain", Pretended)
    found = rehearsal.rehearse(LEARNER, Accumulate(), PLAN, TRAINING)
    assert not [*times]  # no look more, and none less
    return found


def test_what_is_done_once_is_told_apart_from_what_comes_again(monkeypatch):
    """By the fastest chunk of twenty the first takes a second, and nine to compile."""
    chunks, after = [10, 0, 2, 0, 1, 0, 3, 0], [0, 5, 0, 2, 0, 1, 0, 1, 0, 4, 0, 3]
    found = rehearsed(monkeypatch, chunks + after, 15.0)
    assert (found.steps, found.step) == (60, (0.05, 0.15))
    assert (found.part, found.test, found.evaluate) == (2, 1, 3)
    assert found.compile == 9 + (5 - 2) + (1 - 1) + (4 - 3)
    # a float32 number a model and a row, and two more that the optimiser remembers
    assert (found.weights, found.row, found.model, found.fit) == (1, 4, 3 * 4, 9 * 4)
    assert found.shown == len("seed 0: 0.000\nseed 1: 0.000\nseed 2: 0.000")


def test_what_takes_long_is_not_done_again(monkeypatch):
    """The second chunk ends what is timed; what took as long at first is taken for what it takes again."""
    found = rehearsed(monkeypatch, [10, 0, 8, 0, 9, 0, 2, 0, 1, 0, 1, 0, 1], 7.5)
    assert (found.steps, found.step) == (20, (0.4, 0.4))
    assert (found.part, found.test, found.evaluate) == (9, 1, 1)
    assert found.compile == (10 - 8) + 0 + (2 - 1) + 0


@pytest.mark.parametrize(
    ("spent", "told"),
    [((2.0, 0.5), (2.0, 0.5)), ((2.0, 5.0), (2.0, 2.0)), ((rehearsal.LONG + 1.0,), (rehearsal.LONG + 1.0,) * 2)],
    ids=["faster", "slower", "long"],
)
def test_a_call_is_timed_again_unless_it_is_long_and_takes_no_more_than_at_first(spent, told, monkeypatch):
    now, calls = [100.0], iter(spent)

    def call():
        now[0] += next(calls)
        return "found"

    monkeypatch.setattr(rehearsal, "time", SimpleNamespace(monotonic=lambda: now[0]))
    assert rehearsal._timed(call) == ("found", *told)
    assert not list(calls)
