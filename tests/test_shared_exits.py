"""How one of several processes ends that lost another, or was interrupted: at once, with its line and its status."""

import jax.random as jr
import pytest

import neural.__main__
import sim.__main__
from sim import hosts
from sim.hosts import Lost
from tests.helpers import command
from theory import Replace
from theory.program import program

LINES = {
    "sim": (sim.__main__, "run", "replace --design fixed --T 9 --d 2 --iterations 2 --replicates 20"),
    "neural": (neural.__main__, "_run", "transformer accumulate --preset smoke --run-dir runs/none"),
}


def _ended(module, capsys, monkeypatch, error, shared):
    """Exit status, what was printed and whether it left, where a run ends in an error."""
    main, name, line = LINES[module]

    def run(*_, **__):
        raise error

    def leave(status):
        left.append(status)
        raise SystemExit(status)

    left = []
    monkeypatch.setattr(main, name, run)
    monkeypatch.setattr(main, "leave", leave)
    monkeypatch.setattr(main, "join_others", lambda *_, **__: None)
    ran = command(capsys, module, f"{line}{' --distributed' * shared}")
    assert "Traceback" not in ran.err
    return ran.status, ran.err, left


@pytest.mark.parametrize("module", LINES)
def test_a_run_that_lost_another_process_leaves_with_the_status_of_a_failure(module, capsys, monkeypatch):
    status, said, left = _ended(module, capsys, monkeypatch, Lost("process 1 has stopped"), shared=True)
    assert (status, left) == (2, [2])
    assert said.splitlines()[-1].endswith(": process 1 has stopped")


@pytest.mark.parametrize("shared", [False, True])
def test_an_interrupted_network_leaves_only_where_others_might_wait(shared, capsys, monkeypatch):
    status, said, left = _ended("neural", capsys, monkeypatch, KeyboardInterrupt(), shared)
    assert (status, left) == (130, [130] * shared)
    assert "interrupted" in said


@pytest.mark.parametrize("shared", [False, True])
def test_an_interrupted_simulation_likewise(shared, capsys, monkeypatch):
    task = sim.LinearRegression(T=9, d=2, design="fixed")
    until = sim.run(task, Replace(), iterations=2, replicates=20, key=jr.key(0))
    status, said, left = _ended("sim", capsys, monkeypatch, sim.__main__.Interrupted(until), shared)
    assert (status, left) == (130, [130] * shared)
    assert "interrupted after 20 replicates" in said


@pytest.mark.parametrize(
    ("module", "again", "other"), [("sim", "--checkpoint", "--resume"), ("neural", "--resume", "--checkpoint")]
)
def test_who_lost_another_process_is_told_the_option_of_its_own_program(module, again, other, capsys, monkeypatch):
    main, name, line = LINES[module]
    watch, words = hosts._Watch(), []

    def run(*_, **__):
        raise Lost(watch.loss("process 1 of 2", "lost another process of this run"))

    def leave(status):
        raise SystemExit(status)

    monkeypatch.setattr(main, name, run)
    monkeypatch.setattr(main, "leave", leave)
    monkeypatch.setattr(hosts, "_WATCH", watch)
    monkeypatch.setattr(hosts, "meet", lambda *_: None)
    monkeypatch.setattr(hosts.jax.distributed, "initialize", lambda *_, **__: None)
    monkeypatch.setattr(hosts.subprocess, "Popen", lambda command, **_: words.append(command[-1]))
    said = command(capsys, module, f"{line} --distributed --coordinator here:1 --processes 2 --process 1").err
    for told in (said, *words):
        assert f"with {again} to go on from what is saved" in told
        assert other not in told
    # what is said where JAX ends the process begins as all that the program says
    assert [told.startswith(f"{program(module)}: process 1 of 2 lost another process") for told in words] == [True]
