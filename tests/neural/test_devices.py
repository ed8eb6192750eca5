"""Seeds on several devices: all of them at work, and the same digits on any number of them, resumed or not."""

import json
import os
import subprocess
import sys
from pathlib import Path

import jax
import jax.random as jr
import numpy as np
import pytest

from neural.devices import PARTS, blocks, entries, groups, side_by_side, stacked

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
from neural.directory import RunDirectory
from neural.hooks import Hooks
from neural.loop import Learner, run
from neural.plan import Plan
from theory import Replace

ALL, FOLDER = jax.local_devices(), Path(sys.argv[1])
PLAN = Plan(iterations=2, T=12, seeds=3, seed=7, sample_batch=30)
TRAINING = train.Training(batch_size=5, learning_rate=0.1, steps=6, chunk=5)
USED = {"fit": set(), "sample": set()}


@eqx.filter_jit
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
        rows = drawn(models, keys)
        USED["sample"] |= rows.devices()
        return np.asarray(rows)

    def test(self, models):
        return {"test_loss": np.asarray((models.layers[0].weight ** 2).sum((1, 2)))}

    def evaluate(self, models, samples):
        return {"mean": samples.mean((1, 2))}

    def show(self, samples):
        return "txt", b""


def noting(*arguments, compiled=train._compiled()):
    fit, losses = compiled(*arguments)
    USED["fit"] |= losses.devices()
    return fit, losses


train._compiled = lambda: noting


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
    return {"digest": digest.hexdigest(), **{name: len(used) for name, used in USED.items()}}


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


@pytest.mark.slow
def test_digits_are_the_same_on_any_number_of_devices(tmp_path):
    found = ran(tmp_path, "1,8", devices=8)
    assert {name: run["fit"] for name, run in found.items()} == {"1": 1, "8": 3, "resumed": 2}
    assert {name: run["sample"] for name, run in found.items()} == {"1": 1, "8": 8, "resumed": 2}
    assert len({run["digest"] for run in found.values()}) == 1


@pytest.mark.slow
def test_so_they_are_where_there_is_one_device_alone(tmp_path):
    alone, forced = (ran(tmp_path / str(n), str(min(n, 2)), devices=n) for n in (1, 2))
    assert alone["1"]["digest"] == forced["2"]["digest"] == alone["resumed"]["digest"]


@pytest.mark.parametrize("seeds", range(1, 9))
@pytest.mark.parametrize("devices", range(1, 9))
def test_devices_take_the_parts_in_turn(seeds, devices):
    found, size = list(groups(seeds, devices)), min(seeds, devices)
    assert len(found) == -(-seeds * PARTS // size)
    assert all(len(group) == size for group in found[:-1])
    done = [job for group in found for job in group]
    assert sorted(done) == [(part, seed) for part in range(PARTS) for seed in range(seeds)]
    for group in found:
        assert len({seed for _, seed in group}) == len(group), "a seed goes on from its own end"
    assert [part for part, seed in done if seed == 0] == list(range(PARTS))


def test_results_come_in_the_order_of_the_jobs_and_random_bits_are_the_same(monkeypatch):
    monkeypatch.setattr(jax, "local_devices", lambda: jax.devices()[:1] * 3)
    assert side_by_side(lambda job: 2 * job, range(7)) == [2 * job for job in range(7)]
    assert side_by_side(lambda job: job, "ab") == ["a", "b"]
    with jax.threefry_partitionable(True):
        bits = jr.bits(jr.key(0), (4,)).tolist()
    with jax.threefry_partitionable(False):  # as a user's environment may have it
        assert side_by_side(lambda _: jr.bits(jr.key(0), (4,)).tolist(), range(2)) == [bits, bits]


def test_a_failure_on_a_device_is_the_callers():
    with pytest.raises(ZeroDivisionError):
        side_by_side(lambda job: 1 // job, range(3))


@pytest.mark.parametrize(("seeds", "sizes"), [(1, [1]), (8, [1] * 8), (9, [2, 2, 2, 2, 1]), (256, [32] * 8)])
def test_blocks_hold_each_seed_once_and_go_by_the_number_of_seeds_alone(seeds, sizes):
    found = [list(range(seeds))[block] for block in blocks(seeds)]
    assert [len(block) for block in found] == sizes
    assert sum(found, []) == list(range(seeds))


def test_entries_and_stacks_are_each_others_reverse():
    tree = {"w": jax.numpy.arange(6.0).reshape(3, 2), "name": "tanh"}
    every = [entries(tree, slice(start, start + 2)) for start in (0, 2)]
    assert [one["w"].tolist() for one in every] == [[[0, 1], [2, 3]], [[4, 5]]]
    again = stacked(every)
    np.testing.assert_array_equal(again["w"], tree["w"])
    assert again["name"] == "tanh"
