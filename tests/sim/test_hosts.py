"""Compiled programs are kept for the process alone, and where the user keeps them nothing changes."""

import os
import subprocess
import sys
from argparse import Namespace
from pathlib import Path
from types import SimpleNamespace

import jax
import pytest

from sim import hosts
from sim.hosts import check_devices, cores, keep_compiled, use_all_cores
from sim.sharing import results_only

ROOT = Path(__file__).parents[2]
PROGRAM = """
import jax, jax.numpy as jnp
from pathlib import Path
from sim.hosts import keep_compiled
keep_compiled()
jax.config.update("jax_persistent_cache_min_compile_time_secs", 0.0)
jax.jit(lambda x: jnp.sin(x) @ x)(jnp.ones((3, 3)))
folder = Path(jax.config.jax_compilation_cache_dir)
print(folder, len(list(folder.iterdir())) > 0)
"""


@pytest.mark.slow
@pytest.mark.parametrize("users", [False, True])
def test_compiled_programs_are_kept(users, tmp_path):
    environment = {name: value for name, value in os.environ.items() if name != "JAX_COMPILATION_CACHE_DIR"}
    environment |= {"TMPDIR": str(tmp_path)} | ({"JAX_COMPILATION_CACHE_DIR": str(tmp_path / "users")} if users else {})
    done = subprocess.run(
        [sys.executable, "-c", PROGRAM], cwd=ROOT, env=environment, capture_output=True, text=True, check=True
    )
    folder, some = done.stdout.split()
    assert some == "True"
    assert (Path(folder) == tmp_path / "users") == users
    assert Path(folder).exists() == users


@pytest.mark.parametrize(
    ("users", "seconds", "told"),
    [
        (None, None, {"jax_compilation_cache_dir", "jax_persistent_cache_min_compile_time_secs"}),
        (None, "5", {"jax_compilation_cache_dir"}),
        ("users", None, set()),
    ],
)
def test_what_the_user_says_of_compiled_programs_is_left_as_it_is(users, seconds, told, monkeypatch):
    found = {}
    config = SimpleNamespace(jax_compilation_cache_dir=users, update=found.__setitem__)
    monkeypatch.setattr(hosts, "jax", SimpleNamespace(config=config))
    monkeypatch.delenv("JAX_PERSISTENT_CACHE_MIN_COMPILE_TIME_SECS", raising=False)
    if seconds is not None:
        monkeypatch.setenv("JAX_PERSISTENT_CACHE_MIN_COMPILE_TIME_SECS", seconds)
    keep_compiled()
    assert found.keys() == told


@pytest.mark.parametrize("error", [AssertionError(), RuntimeError("no GPU\nat all"), ValueError("")])
def test_devices_that_there_are_not_are_one_line(error, monkeypatch):
    def none():
        raise error

    monkeypatch.setattr(jax, "local_devices", none)
    monkeypatch.setenv("JAX_PLATFORMS", "cuda")
    with pytest.raises(
        ValueError, match="no device to compute on .(none is there|no GPU).*JAX_PLATFORMS is 'cuda'"
    ) as caught:
        check_devices()
    assert "\n" not in str(caught.value)
    monkeypatch.delenv("JAX_PLATFORMS")  # it may have chosen them by itself
    with pytest.raises(ValueError, match=r"^JAX finds no device to compute on \(.*\)\. Set JAX_PLATFORMS=cpu\.$"):
        check_devices()


@pytest.fixture
def chosen(monkeypatch):
    """What JAX is told of devices, where the user has said nothing."""
    told = {}
    for name in ("XLA_FLAGS", "JAX_NUM_CPU_DEVICES"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setattr(jax.config, "update", lambda name, value: told.update({name: value}))
    return told


def test_each_core_is_a_device(chosen):
    use_all_cores()
    assert chosen == {"jax_num_cpu_devices": cores()}
    assert cores() == len(os.sched_getaffinity(0))


@pytest.mark.parametrize(
    ("name", "value"),
    [("XLA_FLAGS", "--a=1 --xla_force_host_platform_device_count=3"), ("JAX_NUM_CPU_DEVICES", "3")],
)
def test_but_where_the_user_says_how_many(chosen, name, value, monkeypatch):
    monkeypatch.setenv(name, value)
    use_all_cores()
    assert chosen == {}


def test_what_is_started_already_stays(chosen, monkeypatch):
    def too_late(name, value):
        raise RuntimeError("jax_num_cpu_devices should be updated before backends are initialized")

    monkeypatch.setattr(jax.config, "update", too_late)
    use_all_cores()
    assert chosen == {}


def test_who_leaves_has_said_all_and_is_missed_by_nobody(monkeypatch):
    done = []

    def ended(status):
        raise SystemExit(status)

    for name in ("stdout", "stderr"):
        monkeypatch.setattr(sys, name, SimpleNamespace(flush=lambda name=name: done.append(name)))
    monkeypatch.setattr(hosts, "_WATCH", SimpleNamespace(dismiss=lambda: done.append("dismissed")))
    monkeypatch.setattr(os, "_exit", ended)
    with pytest.raises(SystemExit) as left:
        hosts.leave(130)
    assert (done, left.value.code) == (["stdout", "stderr", "dismissed"], 130)


@pytest.mark.parametrize("shared", [False, True])
def test_what_a_transport_prints_is_no_result(shared, capfd):
    with results_only(Namespace(distributed=shared)):
        os.write(1, b"connected\n")
    os.write(1, b"result\n")
    said = capfd.readouterr()
    assert (said.out, said.err) == (("result\n", "connected\n") if shared else ("connected\nresult\n", ""))
