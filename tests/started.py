"""Command lines in processes of their own, alone or several that share a run; none outlives its test."""

import json
import os
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

ROOT = Path(__file__).parents[1]

#: What each has written on standard error, by its number.
_LOGS: dict[int, Path] = {}


def starting(module: str) -> Any:
    """A fixture that starts `python -m MODULE LINE`, on so many devices of a CPU."""

    @pytest.fixture
    def start(tmp_path: Path) -> Iterator[Any]:
        started: list[subprocess.Popen[str]] = []

        def begin(line: str, devices: int = 1) -> subprocess.Popen[str]:
            environment = os.environ | {"JAX_NUM_CPU_DEVICES": str(devices), "JAX_PLATFORMS": "cpu"}
            environment.pop("XLA_FLAGS", None)
            log = tmp_path / f"shown-{len(started)}"
            with log.open("w") as err:
                command = [sys.executable, "-m", module, *line.split()]
                process = subprocess.Popen(
                    command, cwd=ROOT, env=environment, stdout=subprocess.PIPE, stderr=err, text=True
                )
            _LOGS[process.pid] = log
            started.append(process)
            return process

        yield begin
        for process in started:
            with process:  # its pipe is closed, read or not
                process.kill()

    return start


def start_all(start: Any, line: str, count: int, devices: int = 1) -> list[subprocess.Popen[str]]:
    """The processes of one run that they share, on the loopback address."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    place = f"--distributed --coordinator 127.0.0.1:{port} --processes {count} --process"
    return [start(f"{line} {place} {index}", devices) for index in range(count)]


def shown(process: subprocess.Popen[str]) -> str:
    """What it has written on standard error so far."""
    return _LOGS[process.pid].read_text()


def finish(process: subprocess.Popen[str]) -> Any:
    """What it prints as JSON, if anything, once it has ended well."""
    out, _ = process.communicate()
    assert process.returncode == 0, shown(process)
    return json.loads(out) if out else None


def ended_by_another(process: subprocess.Popen[str]) -> None:
    """It ends since another process of its run has died, says so, and prints nothing."""
    out, _ = process.communicate()
    assert process.returncode not in (0, None)
    assert out == ""
    # Whether we notice, or JAX ends the process before in its own words: ours come, perhaps a moment after the end.
    for _ in range(600):
        if "lost another process of this run" in shown(process):
            return
        time.sleep(0.1)
    pytest.fail(shown(process))
