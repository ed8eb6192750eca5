"""Budgets: units of work end a search, and the clock only where somebody asked for it."""

import itertools
import threading
import time

import pytest
import sympy as sp

import theory
from theory import Accumulate, ReplaceGrowing
from theory.prover import deadline
from theory.prover.bounds import Attempts
from theory.prover.deadline import OutOfWork, checkpoint, within

s = "sigma**2*d/(T-d-1)"


def _spend(*costs: int) -> str:
    for cost in costs:
        checkpoint(cost)
    return "done"


def test_units_are_counted() -> None:
    assert within(10, lambda: _spend(3, 3, 4)) == "done"
    with pytest.raises(OutOfWork, match="within 10 units"):
        within(10, lambda: _spend(3, 3, 5))
    assert _spend(10**9) == "done"  # nothing is left behind


def test_each_thread_has_its_own_units() -> None:
    results = []
    thread = threading.Thread(target=lambda: results.append(_spend(10**6)))

    def work() -> str:
        thread.start()
        thread.join()
        return _spend(10)

    assert within(10, work) == "done"
    assert results == ["done"]


def test_no_exception_on_the_way_catches_the_end() -> None:
    def work() -> str:
        try:
            return _spend(11)
        except Exception:
            return "caught"

    with pytest.raises(OutOfWork):
        within(10, work)


def test_a_long_call_without_checkpoints_ends_at_the_time_limit() -> None:
    x, y, z = sp.symbols("x y z")
    with pytest.raises(TimeoutError, match="within 0.2 s"):
        within(10**9, lambda: sp.expand((x + y + z + 1) ** 200 * (x - y) ** 200), seconds=0.2)
    assert _spend(1) == "done"


@pytest.mark.slow
@pytest.mark.parametrize(
    ("workflow", "bound", "verdict"),
    [
        (Accumulate(), f"1.6*{s}", "refuted"),
        (Accumulate(), f"pi**2/6*{s}", "proved"),
        (ReplaceGrowing(), f"(1+(log(n)**3+1)**(1/3))*{s}+sigma**2*d/T**2", "undecided"),
    ],
)
def test_a_busy_machine_says_the_same(
    workflow: theory.Workflow, bound: str, verdict: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    law = theory.linear.test_error(workflow, design="fresh")
    hours = itertools.count(0.0, 3600.0)
    monkeypatch.setattr(deadline.time, "monotonic", lambda: next(hours))
    found = theory.check_bound(law, bound)
    assert found.verdict == verdict
    monkeypatch.undo()
    again = theory.check_bound(law, bound)
    assert (again.counterexample, again.tried) == (found.counterexample, found.tried)


def test_the_time_limit_ends_a_search_too(monkeypatch: pytest.MonkeyPatch) -> None:
    law = theory.linear.test_error(Accumulate(), design="fresh")
    start, hours = time.monotonic(), itertools.count(1.0)
    monkeypatch.setattr(deadline.time, "monotonic", lambda: start + next(hours))
    found = theory.check_bound(law, f"1.6449*{s}", time_limit=20.0)
    assert found.verdict == "undecided"
    assert "out of time" in " ".join(found.tried)


def test_what_is_left_is_used_to_the_end(monkeypatch: pytest.MonkeyPatch) -> None:
    """By a clock that stands still: half a second is enough, and none is not."""
    monkeypatch.setattr(deadline.time, "monotonic", lambda: 7.0)
    for seconds, result, failed in ((0.5, "done", {}), (0.0, None, {"a proof": "a proof: no time left"})):
        attempts = Attempts(seconds)
        assert attempts.attempt("a proof", 10, lambda: _spend(3)) == result
        assert attempts.failed == failed


def test_a_time_limit_of_ages_is_none(recwarn: pytest.WarningsRecorder) -> None:
    before = set(threading.enumerate())
    assert within(10, lambda: "done", seconds=1e300) == "done"
    for other in set(threading.enumerate()) - before:
        other.join()
    assert not recwarn.list


def test_an_end_that_comes_late_is_waited_for() -> None:
    """The exception that arrives while the work is being marked as done does not leave it unmarked."""

    class Late:
        entered = 0

        def __enter__(self) -> None:
            self.entered += 1
            if self.entered == 1:
                raise deadline._OutOfTime

        def __exit__(self, *_: object) -> None:
            pass

    done = threading.Event()
    deadline._finish(Late(), done)
    assert done.is_set()


def test_force_waits_a_moment_past_the_limit(monkeypatch: pytest.MonkeyPatch) -> None:
    """Work that comes to a checkpoint a little late ends there, and not in the midst of SymPy."""
    waits: list[float] = []
    begun = threading.Event()

    class Done(threading.Event):
        def wait(self, timeout: float | None = None) -> bool:
            if timeout is not None:  # a thread that begins waits without one
                waits.append(timeout)
                begun.set()
            return True

    monkeypatch.setattr(deadline, "_GRACE", 7.0)
    monkeypatch.setattr(deadline.threading, "Event", Done)
    assert within(10, begun.wait, seconds=3.0)
    assert waits == [10.0]
