"""Seeds on several devices: all of them at work, and the same digits on any number of them, resumed or not."""

import json
import os
import subprocess
import sys
from pathlib import Path
from types import SimpleNamespace

import pytest

from neural.devices import PARTS, Devices

ROOT = Path(__file__).parents[2]

#: Runs a small network on so many of the devices that there are, and prints what it left and who computed.
PROGRAM = """
import hashlib, json, sys
from pathlib import Path

import equinox as eqx
import jax
import jax.numpy as jnp
import jax.random as jr
import numpy as np

from neural import train
from neural.devices import by_lanes
from neural.directory import RunDirectory
from neural.hooks import Hooks
from neural.loop import Learner, Plan, run
from theory import Replace

ALL, FOLDER = jax.local_devices(), Path(sys.argv[1])
PLAN = Plan(iterations=2, T=12, seeds=3, seed=7, sample_batch=30)
TRAINING = train.Training(batch_size=5, learning_rate=0.1, steps=6, chunk=5)
USED = {"fit": set(), "sample": set()}


@by_lanes
def drawn(models, keys):
    def one(model, key):
        return model(jr.normal(key, (4,), jnp.float32))

    return eqx.filter_vmap(lambda model, keys: jax.vmap(lambda key: one(model, key))(keys))(models, keys)


class Generator(Learner):
    def real(self, iteration, rows, *, key):
        return np.asarray(jr.normal(jr.fold_in(key, iteration), (rows, 3), jnp.float32))

    def model(self, *, key):
        return eqx.nn.MLP(4, 3, 16, 2, key=key, dtype=jnp.float32)

    def loss(self, model, rows, weights, *, key):
        noise = jr.normal(key, (len(rows), 4), jnp.float32)
        return (weights * ((jax.vmap(model)(noise) - rows) ** 2).sum(1)).mean()

    def sample(self, models, *, keys):
        USED["sample"].add(len(keys.sharding.device_set))
        return np.asarray(drawn(models, keys))

    def test(self, models):
        return {"test_loss": np.asarray((models.layers[0].weight ** 2).sum((1, 2)))}

    def evaluate(self, models, samples):
        return {"mean": samples.mean((1, 2))}

    def show(self, samples):
        return "txt", b""


def noting(mesh, compiled=train._compiled):
    USED["fit"].add(mesh.size)
    return compiled(mesh)


train._compiled = noting


class Killed(Exception):
    pass


class Killer:
    def fitted(self, iteration, step, values):
        if step == 6:
            raise Killed

    def measured(self, iteration, values):
        raise AssertionError("the run was to be killed before")


def go(name, count, *, killed=False):
    jax.local_devices = lambda: ALL[:count]
    USED["fit"].clear(), USED["sample"].clear()
    path = FOLDER / name
    directory = RunDirectory(path, {"kind": "vae"}, resume=True)
    hooks = Hooks(loggers=(Killer(),)) if killed else Hooks()
    run(Generator(), Replace(), PLAN, TRAINING, directory, checkpoint_seconds=1e-9, hooks=hooks)
    digest = hashlib.sha256()
    for file in sorted(file for file in path.rglob("[!.]*") if file.is_file() and file.name != "configuration.json"):
        digest.update(file.name.encode() + file.read_bytes())
    return {"digest": digest.hexdigest(), "fit": sorted(USED["fit"]), "sample": sorted(USED["sample"])}


found = {name: go(name, int(name)) for name in sys.argv[2].split(",")}
try:
    go("resumed", len(ALL), killed=True)
except Killed:
    found["resumed"] = go("resumed", 2 if len(ALL) > 1 else 1)
print(json.dumps(found))
"""


def ran(folder, counts, devices):
    environment = {**os.environ, "JAX_PLATFORMS": "cpu", "JAX_DISABLE_MOST_OPTIMIZATIONS": "1"}
    environment["XLA_FLAGS"] = f"{environment.get('XLA_FLAGS', '')} --xla_force_host_platform_device_count={devices}"
    line = [sys.executable, "-c", PROGRAM, str(folder), counts]
    done = subprocess.run(line, cwd=ROOT, env=environment, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    return json.loads(done.stdout)


def test_digits_are_the_same_on_any_number_of_devices(tmp_path):
    found = ran(tmp_path, "1,8", devices=8)
    assert {name: run["fit"] for name, run in found.items()} == {"1": [1], "8": [3], "resumed": [2]}
    assert {name: run["sample"] for name, run in found.items()} == {"1": [1], "8": [8], "resumed": [2]}
    assert len({run["digest"] for run in found.values()}) == 1


@pytest.mark.slow
def test_so_they_are_where_there_is_one_device_alone(tmp_path):
    alone, forced = (ran(tmp_path / str(n), str(min(n, 2)), devices=n) for n in (1, 2))
    assert alone["1"]["digest"] == forced["2"]["digest"] == alone["resumed"]["digest"]


def laid(jobs, lanes):
    """As `Devices` lays jobs on so many devices, were they there."""
    devices = Devices(jobs)
    vars(devices)["mesh"] = SimpleNamespace(size=min(lanes, jobs))
    return devices


@pytest.mark.parametrize("jobs", range(1, 9))
@pytest.mark.parametrize("lanes", range(1, 9))
def test_devices_take_the_parts_in_turn(jobs, lanes):
    devices = laid(jobs, lanes)
    groups = list(devices.groups(PARTS))
    assert len(groups) == -(-jobs * PARTS // min(jobs, lanes))
    assert all(len(group) == devices.at_once for group in groups[:-1])
    done = [job for group in groups for job in group]
    assert sorted(done) == [(part, job) for part in range(PARTS) for job in range(jobs)]
    for group in groups:
        assert len({job for _, job in group}) == len(group), "a job goes on from its own end"
    assert [part for part, job in done if job == 0] == list(range(PARTS))


def test_the_last_group_may_be_smaller():
    assert [len(group) for group in laid(3 * PARTS, 8).groups(1)] == [8, 4]
