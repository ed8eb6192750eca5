"""Many devices, several processes, interruptions: the same digits, and clear ends."""

import io
import resource
import signal
import sys
import time

import jax.random as jr
import numpy as np
import pytest

import sim
from sim import checkpoint
from sim.blocks import Blocks
from tests.started import ended_by_another, finish, shown, start_all, starting
from theory import Accumulate, Replace

SHORT = "accumulate --design fresh --T 40 --d 4 --iterations 3 --replicates 9000 --json"
# Matrices so large that several of them in one call would go to XLA's own thread pool: see sim/blocks.py.
LARGE = "sliding-window --k 2 --design fresh --T 150 --d 60 --iterations 3 --replicates 500 --json"

start = starting("sim")


@pytest.mark.slow
@pytest.mark.parametrize("line", [SHORT, LARGE], ids=["small", "large"])
def test_eight_devices_and_two_processes_give_the_digits_of_one(start, line):
    one = finish(start(line))
    assert finish(start(line, devices=8)) == one
    first, second = start_all(start, line, count=2, devices=2)
    assert finish(first) == one
    assert finish(second) is None


@pytest.mark.slow
@pytest.mark.parametrize("victim", [0, 1])
def test_a_process_that_dies_ends_the_other_with_a_message(start, victim):
    processes = start_all(start, SHORT.replace("9000", "4000000000"), count=2)
    while "replicate/s" not in shown(processes[0]):  # both compute by now
        time.sleep(0.2)
        assert processes[0].poll() is None, shown(processes[0])
    time.sleep(3)
    processes[victim].kill()
    ended_by_another(processes[1 - victim])


@pytest.mark.slow
def test_killed_at_once_and_resumed_to_the_same_digits(start, tmp_path):
    line = "accumulate --design fresh --T 90 --d 24 --iterations 6 --json --replicates"
    state = tmp_path / "state"
    process = start(f"{line} 4000000000 --checkpoint {state}")  # it never comes to its end, however slow we are
    while not state.exists():
        time.sleep(0.05)
        assert process.poll() is None, shown(process)
    process.kill()
    process.wait()
    assert process.returncode == -signal.SIGKILL
    with np.load(io.BytesIO(state.read_bytes().partition(b"\n")[2])) as saved:
        done = int(saved["count"])
    assert done > 0
    resumed = start(f"{line} {done + 1000} --checkpoint {state}", devices=2)
    assert finish(resumed) == finish(start(f"{line} {done + 1000}"))


TASK = sim.LinearRegression(T=30, d=3, design="fresh")


def simulate(**changes):
    options = {"iterations": 3, "replicates": 20_000, "key": jr.key(3)} | changes
    return sim.run(options.pop("task", TASK), options.pop("workflow", Accumulate()), **options)


def same(one, other):
    estimates = one.test_error, other.test_error
    return (
        one.replicates == other.replicates
        and (estimates[0].mean == estimates[1].mean).all()
        and (estimates[0].standard_error == estimates[1].standard_error).all()
        and all((estimates[0].quantiles[q] == estimates[1].quantiles[q]).all() for q in estimates[0].quantiles)
    )


@pytest.mark.parametrize(
    "target",
    [
        pytest.param({}, id="count"),
        pytest.param({"replicates": None, "relative_error": 0.01}, id="precision", marks=pytest.mark.slow),
    ],
)
def test_interrupted_at_any_block_it_goes_on(tmp_path, monkeypatch, target):
    monkeypatch.setattr(checkpoint, "_SECONDS", 0.0)
    straight = simulate(**target)
    compute = Blocks.__call__
    state = tmp_path / "state"

    for _ in range(30):
        left = 2

        def interrupted(self, first, last, ahead=2):
            nonlocal left
            for block in compute(self, first, last, ahead):
                if left == 0:
                    raise KeyboardInterrupt
                left -= 1
                yield block

        monkeypatch.setattr(Blocks, "__call__", interrupted)
        try:
            resumed = simulate(checkpoint=state, **target)
        except KeyboardInterrupt:
            continue
        assert same(resumed, straight)
        break
    else:
        pytest.fail("the run never came to its end")


def test_a_finished_checkpoint_answers_at_once_and_may_be_extended(tmp_path):
    state = tmp_path / "state"
    simulate(checkpoint=state, replicates=10_000)
    assert same(simulate(checkpoint=state), simulate())
    with pytest.raises(ValueError, match="more than the 100 asked for"):
        simulate(checkpoint=state, replicates=100)


def test_a_checkpoint_of_something_else_is_refused_and_left_as_it_is(tmp_path):
    state = tmp_path / "state"
    simulate(checkpoint=state)
    content = state.read_bytes()
    cases = {
        "is empty, no checkpoint": b"",
        "is no checkpoint of a simulation": b"my thesis",
        "is damaged: its content does not match": content[:-5],
        "does not match its checksum": content[:200] + bytes([content[200] ^ 1]) + content[201:],
    }
    for message, body in cases.items():
        state.write_bytes(body)
        with pytest.raises(ValueError, match=message):
            simulate(checkpoint=state)
        assert state.read_bytes() == body
    state.write_bytes(content)
    for changes, message in [
        ({"key": jr.key(4)}, "key is"),
        ({"task": sim.LinearRegression(T=31, d=3, design="fresh")}, "T is 30 there and 31 here"),
        ({"workflow": Replace()}, "workflow is"),
        ({"precision": "float64"}, "precision is float32 there and float64 here"),
        ({"iterations": 4}, "iterations is 3 there and 4 here"),
    ]:
        with pytest.raises(ValueError, match=f"of another run: .*{message}"):
            simulate(checkpoint=state, **changes)
        assert state.read_bytes() == content


@pytest.mark.slow
def test_memory_does_not_grow_with_replicates():
    def peak():
        return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * (1 if sys.platform == "darwin" else 1024)

    simulate(workflow=Replace(), replicates=10**5)
    before = peak()
    simulate(workflow=Replace(), replicates=3 * 10**6)  # 72 MB of test errors, were they kept
    assert peak() - before < 30e6


def test_statistics_are_float64_and_chains_what_was_asked_for():
    for precision in ("float32", "float64"):
        run = simulate(precision=precision, replicates=5000)
        assert run.precision == precision
        assert run.test_error.mean.dtype == np.float64
