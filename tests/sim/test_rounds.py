"""When a run looks at its precision, and which process computes what; on blocks whose numbers are made up."""

import numpy as np
import pytest

from sim import rounds
from sim.blocks import Blocks
from sim.checkpoint import Checkpoint
from sim.rounds import Stopped, Target, simulate
from sim.statistics import RunningStatistics

SIZE = 100


class Made(Blocks):
    """Blocks of `SIZE` replicates of one iteration: number b has the values of its seed b."""

    def __init__(self, scatter):
        self.size, self.devices = SIZE, 1
        self.scatter, self.computed, self.ahead = scatter, [], set()

    def __call__(self, first, last, ahead=2):
        self.ahead.add(ahead)
        for number in range(first, last):
            self.computed.append(number)
            yield 1 + self.scatter * np.random.default_rng(number).uniform(-1, 1, (SIZE, 1))


def run(blocks, **target):
    return simulate(blocks, Target(1, target.get("replicates"), target.get("relative_error")), lambda numbers: numbers)


@pytest.mark.parametrize(
    ("size", "looks"),
    [
        # 1,000 replicates, and each time a quarter more, in whole blocks
        (100, [10, 13, 17, 22, 28, 35, 44, 55]),
        (1000, [1, 2, 3, 4, 5, 7, 9, 12]),
        (3000, [1, 2, 3, 4, 5, 7, 9, 12]),
        (64, [16, 20, 25, 32, 40, 50, 63, 79]),
    ],
)
def test_looks_are_a_quarter_apart(size, looks):
    target, done, found = Target(1, None, 0.01), 0, []
    for _ in looks:
        done = target.next_stop(done, size)
        found.append(done)
    assert found == looks


def test_it_looks_at_the_scheduled_places_alone():
    # the error is reached at once, and first looked at after 1,000 replicates, though rounds end before
    assert run(Made(0.01), relative_error=0.05).count == 1000
    # a standard error of 0.577/sqrt(n) is below 0.0166 from 1,209 on, and 1,300 is the next place
    assert run(Made(1.0), relative_error=0.0166).count == 1300


def test_it_ends_at_most_where_it_is_told_to():
    assert run(Made(1.0), relative_error=0.0001, replicates=1250).count == 1250
    assert run(Made(1.0), replicates=450).count == 450
    assert run(Made(1.0), replicates=1).count == 1


@pytest.mark.parametrize(
    ("batch_size", "devices", "steps"),
    [(None, 1, 2), (None, 3, 2), (1, 1, 1), (199, 1, 1), (200, 1, 2), (399, 1, 3), (399, 2, 1), (1000, 2, 5)],
)
def test_as_many_steps_are_under_way_as_a_batch_has_whole_blocks_for_all_devices(batch_size, devices, steps):
    blocks = Made(1.0)
    blocks.devices = devices
    simulate(blocks, Target(1, 1000, None), lambda numbers: numbers, batch_size=batch_size)
    assert blocks.ahead == {steps}


class Timed(Made):
    """Blocks of so many seconds each, of a clock of their own."""

    def __init__(self, seconds):
        super().__init__(1.0)
        self.seconds, self.now, self.rounds = seconds, 0.0, []

    def monotonic(self):
        return self.now

    def __call__(self, first, last, ahead=2):
        self.rounds.append(last - first)
        self.now += self.seconds * (last - first)
        return super().__call__(first, last, ahead)


@pytest.mark.parametrize(
    ("seconds", "blocks"),
    [
        (0.001, [1, 8, 64, 27]),  # at most eight times as many as before
        (0.02, [1, 8, 64, 27]),
        (0.05, [1, 8, 64, 27]),
        (0.25, [1, 8, 20, 20, 20, 20, 11]),  # as many as take five seconds
        (2.0, [1, 2] + 48 * [2] + [1]),
        (60.0, 100 * [1]),
    ],
)
def test_rounds_become_as_long_as_they_shall_be(monkeypatch, seconds, blocks):
    timed = Timed(seconds)
    monkeypatch.setattr(rounds, "time", timed)
    run(timed, replicates=100 * SIZE)
    assert timed.rounds == blocks


class Kept(Checkpoint):
    """A checkpoint that notes what it is to keep, and whether at once."""

    def __init__(self):
        self.saved = []

    def load(self, columns, has_quantiles):
        return RunningStatistics(columns)

    def try_out(self, found):
        self.saved.append((found.count, "tried"))

    def save(self, found, *, at_once):
        self.saved.append((found.count, at_once))


@pytest.mark.parametrize(
    ("replicates", "relative_error", "last"),
    [(450, None, 400), (400, None, 400), (None, 0.05, 1000), (5000, 0.05, 1000), (50, None, 0)],
)
def test_what_is_kept_is_of_whole_blocks_and_the_last_of_them_at_once(replicates, relative_error, last):
    """Of a block that is cut the next run computes the rest, so that what is kept ends before it."""
    state = Kept()
    simulate(Made(0.01), Target(1, replicates, relative_error), lambda numbers: numbers, state=state)
    first, *saved = state.saved
    assert first == (0, "tried")
    assert saved[-1:] == [(last, True)] * bool(last)
    assert all(count % SIZE == 0 for count, _ in saved)
    assert not any(at_once for _, at_once in saved[:-1])


def test_interrupted_it_keeps_what_there_is_at_once():
    class Interrupted(Made):
        def __call__(self, first, last, ahead=2):
            yield from Made.__call__(self, first, min(last, 1))
            if last > 1:
                raise KeyboardInterrupt

    state = Kept()
    with pytest.raises(Stopped) as stopped:
        simulate(Interrupted(1.0), Target(1, 450, None), lambda numbers: numbers, state=state)
    assert stopped.value.found.count == 100
    assert state.saved[-1] == (100, True)


def test_interrupted_within_a_block_it_keeps_nothing_of_that(monkeypatch):
    """The next run computes that block anew."""
    merge = rounds._merge

    def merged(total, *more):
        merge(total, *more)
        if total.count % SIZE:
            raise KeyboardInterrupt

    monkeypatch.setattr(rounds, "_merge", merged)
    state = Kept()
    with pytest.raises(Stopped) as stopped:
        simulate(Made(1.0), Target(1, 450, None), lambda numbers: numbers, state=state)
    assert stopped.value.found.count == 450
    assert state.saved[-1][0] == 400


class Losing(Made):
    """The same, of which a share of the replicates has no number."""

    def __init__(self, scatter, share):
        super().__init__(scatter)
        self.share = share

    def __call__(self, first, last, ahead=2):
        for number, numbers in enumerate(Made.__call__(self, first, last), first):
            lost = np.random.default_rng(10**6 + number).uniform(size=numbers.shape) < self.share
            yield np.where(lost, np.nan, numbers)


def test_it_ends_at_a_scheduled_place_where_too_many_are_lost():
    # neither error would be reached for long: the first look, at 1,000 replicates, sees that there is no use
    assert run(Losing(1.0, 0.2), relative_error=1e-6, replicates=20_000).count == 1000
    assert run(Losing(1.0, 1.0), relative_error=0.1).count == 1000
    assert run(Losing(1.0, 0.01), relative_error=1e-6, replicates=2000).count == 2000


def test_lost_replicates_are_counted_and_not_averaged():
    blocks = Losing(0.0, 0.03)
    found = run(blocks, replicates=2000)
    assert (found.count, found.mean.tolist()) == (2000, [1.0])
    expected = sum(int(np.isnan(numbers).sum()) for numbers in blocks(0, 20))
    assert found.lost.tolist() == [expected]
    assert 30 < expected < 90
    assert found.histogram.counts.sum() == 2000 - expected


def test_two_processes_compute_different_blocks(monkeypatch):
    """Each of two, alone here, does its share of a round; what it would hear from the other is its own again."""
    computed = []
    for process in (0, 1):
        blocks = Made(1.0)
        with monkeypatch.context() as patch:
            patch.setattr(rounds.jax, "process_count", lambda: 2)
            patch.setattr(rounds.jax, "process_index", lambda process=process: process)
            patch.setattr(rounds, "gather", lambda values: np.stack([values, values]))
            assert run(blocks, replicates=200).count == 200
        computed.append(blocks.computed)
    assert computed == [[0], [1]]
