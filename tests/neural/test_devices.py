"""Seeds on several devices: all of them at work, and the same digits on any number of them, resumed or not."""

import json
import os
import subprocess
import sys
from pathlib import Path

import jax
import jax.numpy as jnp
import jax.random as jr
import numpy as np
import pytest

from neural import chunk, devices
from neural.chunk import Chunk, advanced
from neural.devices import PARTS, blocks, entries, groups, mesh, sample_on_devices, side_by_side, stacked

ROOT = Path(__file__).parents[2]

#: Runs a small network on so many of the devices that there are, and prints what it left and who computed.
PROGRAM = """
import hashlib, json, sys
from pathlib import Path

import jax

from neural import chunk, devices, train
from neural.directory import RunDirectory
from neural.hooks import Hooks
from neural.loop import run
from neural.plan import Plan
from tests.neural import tiny
from theory import Replace

ALL, FOLDER, ACCELERATORS = jax.local_devices(), Path(sys.argv[1]), sys.argv[3:] == ["accelerators"]
PLAN = Plan(iterations=2, T=12, seeds=3, seed=7, sample_batch=30)
TRAINING = train.Training(batch_size=6 if ACCELERATORS else 5, learning_rate=0.1, steps=6, chunk=5)
USED = {"fit": set(), "sample": set()}
PARTS = set()

if ACCELERATORS:
    chunk.one_at_a_time = devices.one_at_a_time = train.one_at_a_time = lambda: False


def noting(*arguments, compiled=train._compiled()):
    if ACCELERATORS:
        PARTS.update(part.sharding.shard_shape(part.shape) for part in arguments[-2:])
    fit, losses = compiled(*arguments)
    USED["fit"] |= losses.devices()
    return fit, losses


def noting_rows(*arguments, drawn=tiny.drawn):
    rows = drawn(*arguments)
    USED["sample"] |= rows.devices()
    return rows


train._compiled = lambda: noting
tiny.drawn = noting_rows


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
    USED["fit"].clear(), USED["sample"].clear(), PARTS.clear()
    path = FOLDER / name
    directory = RunDirectory(path, {"kind": "vae"}, resume=True)
    hooks = Hooks(loggers=(Killer(),)) if killed else Hooks()
    found = run(tiny.Points(), Replace(), PLAN, TRAINING, directory, checkpoint_seconds=1e-9, hooks=hooks)
    digest = hashlib.sha256()
    for file in sorted(file for file in path.rglob("[!.]*") if file.is_file() and file.name != "configuration.json"):
        digest.update(file.name.encode() + file.read_bytes())
    used = {name: len(used) for name, used in USED.items()}
    return {"digest": digest.hexdigest(), **used, "parts": sorted(PARTS), "loss": found["test_loss"].tolist()}


found = {name: go(name, int(name)) for name in sys.argv[2].split(",")}
try:
    go("resumed", len(ALL), killed=True)
except Killed:
    found["resumed"] = go("resumed", 2 if len(ALL) > 1 else 1)
print(json.dumps(found))
"""


def ran(folder, counts, devices, *more):
    environment = {**os.environ, "JAX_PLATFORMS": "cpu", "JAX_DISABLE_MOST_OPTIMIZATIONS": "1"}
    environment["XLA_FLAGS"] = f"{environment.get('XLA_FLAGS', '')} --xla_force_host_platform_device_count={devices}"
    line = [sys.executable, "-c", PROGRAM, str(folder), counts, *more]
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


@pytest.mark.slow
def test_accelerators_beyond_the_seeds_share_the_rows_of_a_batch(tmp_path):
    """CPU devices that are told to be accelerators: each has a seed's half of a batch, of three rows or weights."""
    found = ran(tmp_path, "1,8", 8, "accelerators")
    assert found["1"]["parts"] == [[5, 3, 6], [5, 3, 6, 3]]
    assert found["8"]["parts"] == [[5, 1, 3], [5, 1, 3, 3]]
    assert found["resumed"]["parts"] == [[5, 3, 3], [5, 3, 3, 3]]  # two devices divide no three seeds, but six rows
    assert {name: (run["fit"], run["sample"]) for name, run in found.items()} == {
        "1": (1, 1),
        "8": (6, 6),
        "resumed": (2, 2),
    }
    # Sums of float32 in another order, after twelve steps of Adam.
    for name in ("8", "resumed"):
        np.testing.assert_allclose(found[name]["loss"], found["1"]["loss"], rtol=1e-4)


@pytest.mark.parametrize(
    ("seeds", "rows", "devices", "shape"),
    [(3, 6, 8, (3, 2)), (3, 5, 8, (3, 1)), (5, 6, 4, (1, 3)), (8, 6, 4, (4, 1)), (1, 64, 8, (1, 8)), (2, 8, 1, (1, 1))],
)
def test_a_mesh_has_as_many_devices_as_divide_seeds_and_then_rows(seeds, rows, devices, shape, monkeypatch):
    monkeypatch.setattr(jax, "local_devices", lambda: jax.devices()[:1] * devices)
    found = mesh(seeds, rows)
    assert found.axis_names == ("seeds", "rows")
    assert found.devices.shape == shape


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


@pytest.mark.parametrize("of", [[slice(0, 2)], [slice(1, 3)], [slice(0, 1), slice(1, 3)], [slice(2, 3)]], ids=str)
def test_accelerators_have_the_seeds_that_are_wanted_and_no_others(monkeypatch, of):
    """Of three: those of a process among others."""
    monkeypatch.setattr(chunk, "one_at_a_time", lambda: False)
    monkeypatch.setattr(devices, "one_at_a_time", lambda: False)
    keys, models, wanted = jr.split(jr.key(0), 3), {"weight": np.arange(3.0)}, slice(of[0].start, of[-1].stop)
    rows = np.arange(30.0, dtype=np.float32).reshape(5, 3, 2)  # steps, seeds, of a batch
    seen = {}

    def program(keys, fit, start, end, steps, rows, weights):
        seen.update(keys=jr.key_data(keys), weight=fit["weight"], rows=rows, weights=weights)
        return fit, jnp.zeros((5, len(keys)), jnp.float32)

    whole = Chunk(0, 5, 5, rows, rows + 1)
    _, losses = advanced(program, keys, models, whole, of)
    expected = {"keys": jr.key_data(keys)[wanted], "weight": models["weight"][wanted]}
    expected |= {"rows": rows[:, wanted], "weights": rows[:, wanted] + 1}
    for name, value in expected.items():
        np.testing.assert_array_equal(seen[name], value)
    assert losses.shape == (5, wanted.stop - wanted.start)

    def sample(models, *, keys):
        return np.asarray(models["weight"])[:, None] + 0 * np.asarray(jr.key_data(keys)[..., 0])

    found = sample_on_devices(sample, models, jax.vmap(lambda key: jr.split(key, 4))(keys), of)
    np.testing.assert_array_equal(found, np.tile(np.arange(3.0)[wanted][:, None], 4))
