"""One process at a time on a file or a folder: a lock that the system frees when its holder dies, however it dies."""

import os
import socket
from contextlib import suppress
from datetime import UTC, datetime
from pathlib import Path
from types import TracebackType

from filelock import FileLock, Timeout

from theory.program import say


def inside(folder: Path) -> Path:
    """The lock file of a folder."""
    return folder / ".lock"


def beside(file: Path) -> Path:
    """The lock file of a file."""
    return file.with_name(f".{file.name}.lock")


class Lock:
    """A file or folder that this process holds in `with lock:`, which may be entered again while it is held.

    The lock file lies in the folder, or beside the file, says who holds it, and goes when it is released. What a killed
    process leaves of it holds nothing.
    """

    def __init__(self, target: Path, file: Path, *, advice: str = "", wait: bool = False) -> None:
        """Name what is held; nothing is taken yet.

        Args:
            target: what is held, as a user knows it.
            file: the lock file, in a folder that is there when the lock is taken: `inside` or `beside` the target.
            advice: what a user can do whom the holder keeps out.
            wait: whether to wait until it is free, saying so, rather than refuse.
        """
        self._target, self._file, self._advice, self._wait = target, file, advice, wait
        self._lock = FileLock(self._file, thread_local=False, on_acquired=_sign)

    def __enter__(self) -> "Lock":
        """Take it.

        Raises:
            ValueError: another holds it, and we do not wait.
        """
        try:
            self._lock.acquire(timeout=0)
        except Timeout:
            if not self._wait:
                raise ValueError(f"{self._target} is in use by {self._holder()}. {self._advice}") from None
            say(f"{self._target} is in use by {self._holder()}; waiting until it is free.")
            self._lock.acquire()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """Give it back."""
        if self._lock.lock_counter == 1:
            self._file.unlink(missing_ok=True)  # while it is held; who waits for a removed file looks anew
        self._lock.release()

    def _holder(self) -> str:
        """Who holds it, as it signed; nothing is there in the moment before it does."""
        try:
            return self._file.read_text(errors="replace")[:200].strip() or "another process"
        except OSError:
            return "another process"


def _sign(descriptor: int) -> None:
    since = datetime.now(UTC).strftime("%Y-%m-%d %H:%M:%S UTC")
    with suppress(OSError):  # on a full disk it holds as well
        os.ftruncate(descriptor, 0)
        os.pwrite(descriptor, f"process {os.getpid()} on {socket.gethostname()}, since {since}\n".encode(), 0)
