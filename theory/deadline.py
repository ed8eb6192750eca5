"""Work that ends at a time limit, wherever it is: inside a long call of SymPy's, in any thread."""

import ctypes
import threading
from collections.abc import Callable
from typing import Any, TypeVar

Result = TypeVar("Result")


class _OutOfTime(BaseException):
    """Raised in the working thread; no `except Exception` on the way catches it."""


def within(seconds: float, work: Callable[[], Result]) -> Result:
    """The result of `work`, unless it takes longer than `seconds`.

    A second thread raises an exception in this one, between two of its bytecodes. Unlike an alarm signal that works in
    every thread and leaves other users of the alarm alone; SymPy and mpmath are Python throughout, so it arrives.

    Raises:
        TimeoutError: the time is over.
    """
    worker = ctypes.c_ulong(threading.get_ident())
    set_exception = ctypes.pythonapi.PyThreadState_SetAsyncExc
    lock, done = threading.RLock(), threading.Event()

    def interrupt() -> None:
        wait = seconds
        while not done.wait(wait):
            with lock:
                if not done.is_set():
                    set_exception(worker, ctypes.py_object(_OutOfTime))
            wait = 0.5  # again, in case the first was lost in a finaliser

    threading.Thread(target=interrupt, daemon=True).start()
    try:
        try:
            return work()
        finally:
            _finish(lock, done, lambda: set_exception(worker, None))
    except _OutOfTime:
        raise TimeoutError(f"not done within {seconds:g} s") from None


def _finish(lock: Any, done: threading.Event, withdraw: Callable[[], object]) -> None:
    """Mark the work as done and withdraw an exception under way, even if one arrives right here."""
    while True:
        try:
            with lock:
                done.set()
                withdraw()
            return
        except _OutOfTime:
            continue
