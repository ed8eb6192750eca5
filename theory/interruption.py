"""Importing this first lets a program start cleanly while its imports run, which takes seconds.

Ctrl-C ends it without a traceback. A library that refuses its settings in the environment ends it with one line.
Streams that were closed by whoever started it are there, and lead nowhere: else the next file that is opened would take
the place of standard output. What the terminal's encoding cannot write is written out as an escape.
"""

import io
import os
import signal
import sys
from pathlib import Path
from types import TracebackType


def _open_streams() -> None:
    for number, name in enumerate(("stdin", "stdout", "stderr")):
        try:
            os.fstat(number)
        except OSError:
            os.open(os.devnull, os.O_RDWR)  # the lowest number that is free
        if getattr(sys, name) is None:
            setattr(sys, name, open(number, "w" if number else "r", closefd=False))
    if isinstance(sys.stdout, io.TextIOWrapper):  # not in a notebook
        sys.stdout.reconfigure(errors="backslashreplace")


def _refuse(kind: type[BaseException], error: BaseException, trace: TracebackType | None) -> None:
    if not issubclass(kind, (ValueError, RuntimeError)):
        sys.__excepthook__(kind, error, trace)
        return
    words = sys.orig_argv
    program = f"python -m {words[words.index('-m') + 1]}" if "-m" in words else Path(sys.argv[0]).name
    reason = next(iter(str(error).splitlines()), kind.__name__)
    print(
        f"{program}: could not start ({reason}). Unset the variable of the environment that it means.", file=sys.stderr
    )
    sys.stderr.flush()
    os._exit(2)


signal.signal(signal.SIGINT, signal.SIG_DFL)
_open_streams()
sys.excepthook = _refuse
