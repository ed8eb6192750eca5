"""Compiled programs are kept for the process alone, and where the user keeps them nothing changes."""

import os
import subprocess
import sys
from pathlib import Path

import jax
import pytest

from sim.hosts import check_devices

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
