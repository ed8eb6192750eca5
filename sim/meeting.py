"""Processes meet at the coordinator's address before JAX takes it over: is everybody there, with the same settings?

JAX would wait for minutes where a number of processes differs, crash where the port is in use, and compute a wrong mean
where a setting differs.
"""

import json
import os
import socket
import time
from collections.abc import Callable, Mapping
from contextlib import ExitStack
from typing import Any

#: Seconds that a process waits for the others.
PATIENCE = 120

#: Seconds for what takes no time where the other end is a process of a run.
_SHORT = 15.0

_GREETING = b"model-collapse\n"


#: Raises ValueError where the settings, by the numbers of their processes, differ.
Compare = Callable[[Mapping[int, dict[str, Any]]], None]


def meet(coordinator: str, process: int, settings: dict[str, Any], compare: Compare) -> None:
    """Wait until all processes have come and have the same settings.

    Args:
        coordinator: host:port; process 0 listens there until all have come.
        process: this one's number.
        settings: as JSON; "processes" is how many there are.
        compare: refuses settings that differ.

    Raises:
        ValueError: they have not come in time, settings differ, or something else has the port.
    """
    host, _, port = coordinator.rpartition(":")
    if not host or not port.isdecimal() or not 0 < int(port) < 2**16:
        raise ValueError(f"the coordinator is a host and a port, as 10.0.0.1:1234; got {coordinator!r}.")
    if process == 0:
        _receive(coordinator, int(port), settings, compare)
    else:
        _call(host.strip("[]"), int(port), process, settings)


def _receive(coordinator: str, port: int, mine: dict[str, Any], compare: Compare) -> None:
    deadline = time.monotonic() + PATIENCE
    with ExitStack() as stack:
        try:
            listening = stack.enter_context(_listening(port))
        except OSError as error:
            raise ValueError(
                f"process 0 cannot listen at {coordinator}: {os.strerror(error.errno or 0)}. Name another port as "
                "--coordinator, the same for all processes."
            ) from error
        there = {0: mine}
        answers = []
        problem = None
        while problem is None and len(there) < mine["processes"]:
            listening.settimeout(max(0.01, deadline - time.monotonic()))
            try:
                connection = stack.enter_context(listening.accept()[0])
                process, settings = _hear(connection)
            except TimeoutError:
                missing = sorted(set(range(mine["processes"])) - set(there))
                problem = (
                    f"after {PATIENCE} seconds process {', '.join(map(str, missing))} of {mine['processes']} has not "
                    "come. Start all of them, with the same --coordinator and --processes."
                )
                break
            except (OSError, ValueError):  # no process of a run
                continue
            answers.append(connection)
            if process in there:
                problem = f"two processes of this run are number {process}. Give each a --process of its own."
            else:
                there[process] = settings
                problem = _difference(there, compare)
        for connection in answers:
            _answer(connection, problem)
    if problem is not None:
        raise ValueError(problem)


def _listening(port: int) -> socket.socket:
    """At all addresses, as JAX will."""
    both = socket.has_dualstack_ipv6()
    family = socket.AF_INET6 if both else socket.AF_INET
    return socket.create_server(("", port), family=family, dualstack_ipv6=both)


def _difference(there: dict[int, dict[str, Any]], compare: Compare) -> str | None:
    try:
        compare(there)
    except ValueError as error:
        return str(error)
    return None


def _hear(connection: socket.socket) -> tuple[int, dict[str, Any]]:
    """What a process says of itself; whoever does not is shown the door."""
    connection.settimeout(_SHORT / 3)  # the next one waits
    try:
        connection.sendall(_GREETING)
        told = json.loads(_line(connection))
        return int(told["process"]), dict(told["settings"])
    except (OSError, ValueError, TypeError, KeyError, RecursionError) as error:
        connection.close()
        raise ValueError("no process of a run") from error


def _answer(connection: socket.socket, problem: str | None) -> None:
    try:
        connection.sendall(json.dumps({"problem": problem}).encode() + b"\n")
        connection.recv(1)  # until the other end closes first: so the port is free at once
    except OSError:  # it has gone meanwhile; JAX will miss it
        return


def _call(host: str, port: int, process: int, settings: dict[str, Any]) -> None:
    deadline = time.monotonic() + PATIENCE
    place = f"{host}:{port}"
    while True:
        try:
            connection = socket.create_connection((host, port), timeout=_SHORT)
            break
        except OSError as error:
            if time.monotonic() > deadline:
                raise ValueError(
                    f"process 0 does not answer at {place} ({error.strerror or error}). Start it with the same "
                    "--coordinator."
                ) from error
            time.sleep(0.2)
    with connection:
        try:
            if _line(connection) != _GREETING:
                raise ValueError("another greeting")
            connection.sendall(json.dumps({"process": process, "settings": settings}).encode() + b"\n")
            connection.settimeout(PATIENCE + _SHORT)
            problem = json.loads(_line(connection))["problem"]
        except (OSError, ValueError, TypeError, KeyError, RecursionError) as error:
            raise ValueError(
                f"what answers at {place} is not process 0 of this run, or has ended. Name another port as "
                "--coordinator, the same for all processes."
            ) from error
    if problem is not None:
        raise ValueError(str(problem))


def _line(connection: socket.socket) -> bytes:
    """Up to the end of a line; of what never ends a part."""
    line = b""
    while not line.endswith(b"\n") and len(line) < 2**20:
        part = connection.recv(2**16)
        if not part:
            raise ConnectionError("closed")
        line += part
    return line
