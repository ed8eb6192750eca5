"""Work that ends when its budget is spent: in units of work, the same on every machine, and in seconds for who wants.

Units are counted at checkpoints, so that a busy machine gives the same verdict later. A clock ends work at the next
checkpoint too, or by force inside a call that has none.
"""

import ctypes
import math
import sys
import threading
import time
from collections.abc import Callable
from typing import Any, TypeVar

Result = TypeVar("Result")

#: Seconds past its limit after which work that came to no checkpoint is interrupted.
_GRACE = 0.5
_MOMENT = 0.003
#: Where an interruption may arrive.
_INTERRUPTED = {"sympy", "mpmath", "theory"}


class _Here(threading.local):
    """What is left to the work of one thread."""

    units: float = math.inf
    end: float = math.inf


_here = _Here()


class OutOfWork(Exception):
    """The units of work are used up."""


class _Ended(BaseException):
    """Raised in the working thread; no `except Exception` on the way catches it."""


class _NoUnitsLeft(_Ended):
    """The units are used up."""


class _OutOfTime(_Ended):
    """The time is over."""


def checkpoint(cost: int = 1) -> None:
    """Spend units of work, and end the work around this call if none are left; searches come by here often.

    A unit is about one operation on a number, some 10 microseconds.
    """
    _here.units -= cost
    if _here.units < 0:
        raise _NoUnitsLeft
    if time.monotonic() > _here.end:
        raise _OutOfTime


def within(units: int, work: Callable[[], Result], *, seconds: float | None = None) -> Result:
    """The result of `work`, unless it takes more units of work, or more seconds. Does not nest.

    Raises:
        OutOfWork: the units are used up.
        TimeoutError: the time is over.
    """
    _here.units = units
    try:
        return work() if seconds is None else _timed(seconds, work)
    except _NoUnitsLeft:
        raise OutOfWork(f"not done within {units:,} units of work") from None
    finally:
        _here.units = math.inf


def _timed(seconds: float, work: Callable[[], Result]) -> Result:
    """The result of `work`, unless it takes longer.

    Inside a long call of SymPy's there is no checkpoint. There a second thread raises the exception in this one,
    between two of its bytecodes. Unlike an alarm signal that works in every thread, and leaves the alarm to others.
    """
    worker = threading.get_ident()
    lock, done = threading.RLock(), threading.Event()

    def interrupt() -> None:
        wait = min(seconds + _GRACE, threading.TIMEOUT_MAX)
        while not done.wait(wait):
            with lock:
                if done.is_set():
                    return
                # Raised inside a finaliser, which any allocation can run, it would be reported and lost.
                frame = sys._current_frames().get(worker)
                there = frame is not None and frame.f_globals.get("__name__", "").partition(".")[0] in _INTERRUPTED
                if there:
                    ctypes.pythonapi.PyThreadState_SetAsyncExc(ctypes.c_ulong(worker), ctypes.py_object(_OutOfTime))
            wait = _GRACE if there else _MOMENT

    threading.Thread(target=interrupt, daemon=True).start()
    try:
        try:
            _here.end = time.monotonic() + seconds
            return work()
        finally:
            _finish(lock, done)
    except _OutOfTime:
        raise TimeoutError(f"not done within {seconds:g} s") from None


def _finish(lock: Any, done: threading.Event) -> None:
    """Mark the work as done, and let an exception that is under way by then arrive here."""
    while True:
        try:
            _here.end = math.inf
            with lock:
                done.set()
            # None is sent from now on, and one sent before is raised at the next call or jump back.
            for _ in range(3):
                time.sleep(0)
            return
        except _OutOfTime:
            continue
