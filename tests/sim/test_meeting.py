"""Processes meet before they compute: other settings, other numbers, a port in use, and nobody there."""

import re
import socket
from concurrent.futures import ThreadPoolExecutor
from contextlib import nullcontext

import pytest

from sim import hosts, meeting


def free_port():
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


def met(*settings, numbers=None, port=None):
    """What each process is told; nothing if it may go on."""
    place = f"127.0.0.1:{port or free_port()}"

    def one(process, told):
        try:
            meeting.meet(place, process, told, hosts.compare)
        except ValueError as error:
            return str(error)
        return ""

    with ThreadPoolExecutor() as pool:
        return list(pool.map(one, numbers or range(len(settings)), settings))


@pytest.mark.parametrize(
    ("processes", "process", "message"),
    [
        (2, -1, "process counts from 0 to 1; got -1"),
        (2, 2, "process counts from 0 to 1; got 2"),
        (1, 1, "process counts from 0 to 0; got 1"),
        (2, 0, "met"),
        (2, 1, "met"),
        (None, 0, "names coordinator .* all three, or none"),
        (2, None, "names coordinator .* all three, or none"),
    ],
)
def test_a_process_has_a_number_among_them(processes, process, message, monkeypatch):
    def come(*told):
        assert told[:3] == ("there:1", process, {"processes": processes, "T": 64})
        raise ValueError("met")

    monkeypatch.setattr(hosts, "meet", come)
    with pytest.raises(ValueError, match=message):
        hosts.join("there:1", processes, process, {"T": 64})


@pytest.mark.parametrize(
    ("error", "message"), [(RuntimeError("first\nsecond"), "(first)"), (RuntimeError(), "(RuntimeError)")], ids=str
)
def test_what_jax_says_is_one_line(error, message, monkeypatch):
    def initialize(*_, **__):
        raise error

    monkeypatch.setattr(hosts.jax.distributed, "initialize", initialize)
    with pytest.raises(ValueError, match=re.escape(f"run {message}. Start every process")):
        hosts.join()


def test_alike_they_go_on():
    assert met({"processes": 3, "T": 64}, {"processes": 3, "T": 64}, {"processes": 3, "T": 64}) == [""] * 3


@pytest.mark.parametrize(
    ("other", "message"),
    [
        ({"processes": 2, "T": 65}, "T is 64 in process 0 and 65 in process 1"),
        ({"processes": 2, "T": 64, "seed": 1}, "seed is None in process 0 and 1 in process 1"),
        ({"processes": 3, "T": 64}, "processes is 2 in process 0 and 3 in process 1"),
    ],
)
def test_where_they_differ_each_is_told(other, message):
    told = met({"processes": 2, "T": 64}, other)
    assert told[0] == told[1]
    assert message in told[0]


def test_two_of_one_number():
    told = met(*[{"processes": 3}] * 3, numbers=[0, 1, 1])
    assert all("two processes of this run are number 1" in text for text in told)


def test_a_port_that_something_else_has(monkeypatch):
    monkeypatch.setattr(meeting, "_SHORT", 0.2)
    with socket.create_server(("127.0.0.1", 0)) as other:
        told = met(*[{"processes": 2}] * 2, port=other.getsockname()[1])
    assert "cannot listen at 127.0.0.1" in told[0]
    assert "is not process 0 of this run" in told[1]


class Silent(socket.socket):
    """A connection that says nothing."""

    def sendall(self, content, *_):
        assert content == b"model-collapse\n"

    def recv(self, *_):
        raise TimeoutError


def test_who_says_nothing_keeps_the_next_one_waiting_for_seconds():
    with Silent() as silent:
        with pytest.raises(ValueError, match="no process of a run"):
            meeting._hear(silent)
        assert 1 < (silent.gettimeout() or 0) <= meeting.PATIENCE / 20
        assert silent.fileno() == -1  # closed


def test_who_says_nothing_or_nonsense_is_no_process(monkeypatch):
    monkeypatch.setattr(meeting, "_SHORT", 6.0)
    port = free_port()
    with ThreadPoolExecutor() as pool:
        first = pool.submit(meeting.meet, f"127.0.0.1:{port}", 0, {"processes": 2}, hosts.compare)
        for content in (b"GET / HTTP/1.1\r\n\r\n\n", b"[" * 100_000 + b"\n", b"{}\n", b'{"process": "x"}\n', None):
            while True:
                try:
                    with socket.create_connection(("127.0.0.1", port)) as stranger:
                        stranger.sendall(content or b"")
                        if content is None:
                            assert stranger.recv(100)
                            assert not stranger.recv(1)  # until process 0 has had enough
                    break
                except ConnectionRefusedError:  # it does not listen yet
                    continue
        meeting.meet(f"127.0.0.1:{port}", 1, {"processes": 2}, hosts.compare)
        assert first.result() is None


@pytest.mark.parametrize("process", [0, 1])
def test_alone_it_ends_with_a_message(process, monkeypatch):
    monkeypatch.setattr(meeting, "PATIENCE", 0.1)
    with pytest.raises(ValueError, match="has not come|does not answer"):
        meeting.meet(f"127.0.0.1:{free_port()}", process, {"processes": 2}, hosts.compare)


@pytest.mark.parametrize(("come", "missing"), [([2], "1, 3"), ([3, 1], "2"), ([], "1, 2, 3"), ([1, 2], "3")], ids=str)
def test_who_has_not_come_is_named(come, missing, monkeypatch):
    class Door(nullcontext):
        """Where these come, one after the other, and then nobody."""

        def settimeout(self, seconds):
            assert 0 < seconds <= meeting.PATIENCE

        def accept(self):
            if not waiting:
                raise TimeoutError
            return nullcontext(waiting.pop(0)), None

    told, settings, waiting = [], {"processes": 4}, list(come)
    monkeypatch.setattr(meeting, "_listening", lambda _: nullcontext(Door()))
    monkeypatch.setattr(meeting, "_hear", lambda process: (process, settings))
    monkeypatch.setattr(meeting, "_answer", lambda process, problem: told.append((process, problem)))
    named = f"after {meeting.PATIENCE} seconds process {missing} of 4 has not come"
    with pytest.raises(ValueError, match=named) as ended:
        meeting.meet("127.0.0.1:80", 0, settings, hosts.compare)
    assert told == [(process, str(ended.value)) for process in come]  # all that have come hear of it


@pytest.mark.parametrize(("place", "host"), [("10.0.0.1:80", "10.0.0.1"), ("[::1]:80", "::1"), ("node:80", "node")])
def test_the_others_call_the_host(place, host, monkeypatch):
    class Called(Exception):
        pass

    def call(address, **_):
        raise Called(address)

    monkeypatch.setattr(socket, "create_connection", call)
    with pytest.raises(Called) as called:
        meeting.meet(place, 1, {"processes": 2}, hosts.compare)
    assert called.value.args == ((host, 80),)


def test_who_has_come_waits_for_the_last_one_as_long_as_process_0_does(monkeypatch):
    class Process0(socket.socket):
        """At its other end somebody greets at once, and answers when all have come."""

        def recv(self, *_):
            assert not told or (self.gettimeout() or 0) > meeting.PATIENCE
            return b'{"problem": null}\n' if told else b"model-collapse\n"

        def sendall(self, content, *_):
            told.append(content)

    def call(_, timeout):
        connection.settimeout(timeout)
        return connection

    told, connection = [], Process0()
    monkeypatch.setattr(socket, "create_connection", call)
    meeting.meet("here:1", 1, {"processes": 3}, hosts.compare)
    assert told == [b'{"process": 1, "settings": {"processes": 3}}\n']


@pytest.mark.parametrize("place", ["nowhere", "host:", "host:port", ":80", "host:99999", "host:65536", "host:0"])
def test_a_coordinator_is_a_host_and_a_port(place):
    with pytest.raises(ValueError, match="a host and a port"):
        meeting.meet(place, 0, {"processes": 2}, hosts.compare)
