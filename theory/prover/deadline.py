"""Work that ends at a time limit, in any thread: at the next checkpoint, or by force inside a call that has none."""

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
_here = threading.local()


class _OutOfTime(BaseException):
    """Raised in the working thread; no `except Exception` on the way catches it."""


def checkpoint() -> None:
    """End the work around this call if its time is over; searches come by here often."""
    if time.monotonic() > getattr(_here, "end", math.inf):
        raise _OutOfTime


def within(seconds: float, work: Callable[[], Result]) -> Result:
    """The result of `work`, unless it takes longer than `seconds`. Does not nest.

    Inside a long call of SymPy's there is no checkpoint. There a second thread raises the exception in this one,
    between two of its bytecodes. Unlike an alarm signal that works in every thread, and leaves the alarm to others.

    Raises:
        TimeoutError: the time is over.
    """
    worker = threading.get_ident()
    lock, done = threading.RLock(), threading.Event()

    def interrupt() -> None:
        wait = seconds + _GRACE
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
