"""Blocks of replicates: each replicate is its own, in order, wherever the blocks begin; their sizes fit the caches."""

from typing import ClassVar

import jax
import jax.numpy as jnp
import jax.random as jr
import numpy as np
import pytest

from sim.blocks import MOST_REPLICATES, Blocks, block_sizes
from sim.samplers.base import AbstractSampler

KEY = jr.key(7)
MEBIBYTE = 2**20


class Digits(AbstractSampler):
    """Two random numbers of a replicate's key; `bytes_per_replicate` and `lapack_work` are as one likes."""

    name: ClassVar[str] = "digits"
    size: int
    work: int

    def __init__(self, task=None, workflow=None, iterations=2, dtype=None, *, size=2 * MEBIBYTE, work=0):
        del task, workflow, iterations, dtype
        self.size, self.work = size, work

    def __call__(self, key):
        return jr.uniform(key, (2,))

    @property
    def bytes_per_replicate(self):
        return self.size

    @property
    def lapack_work(self):
        return self.work


def expected(*indices: int) -> np.ndarray:
    """One replicate after the other."""
    return np.stack([jr.uniform(jr.fold_in(KEY, jnp.uint32(index)), (2,)) for index in indices])


def test_blocks_follow_each_other():
    """Five blocks of eight: forty replicates, none twice, whatever is computed ahead and wherever one begins."""
    blocks = Blocks(Digits(), KEY)
    assert blocks.size == 8
    assert blocks.devices == jax.local_device_count()
    every = expected(*range(40))
    for ahead in (1, 2, 9):
        found = list(blocks(0, 5, ahead))
        assert [block.shape for block in found] == [(8, 2)] * 5
        assert (np.concatenate(found) == every).all()
    assert (np.concatenate(list(blocks(2, 4))) == every[16:32]).all()
    assert list(blocks(3, 3)) == []


class Ordered(Blocks):
    """Tells what is begun (-1 - n) and what is read (n) of blocks of one replicate on one device."""

    def __init__(self):
        self.size, self.devices, self.told, self._arguments = 1, 1, [], ()
        self._compute = self.begin

    def begin(self, starts):
        self.told.append(-1 - int(starts[0]))
        return jnp.asarray(starts)

    def _ready(self, count, results):
        self.told.append(int(results[0]))
        yield np.asarray(results)


@pytest.mark.parametrize(
    ("ahead", "told"),
    [(1, [-1, 0, -2, 1, -3, 2, -4, 3]), (2, [-1, -2, 0, -3, 1, -4, 2, 3]), (3, [-1, -2, -3, 0, -4, 1, 2, 3])],
)
def test_so_many_steps_are_under_way(ahead, told):
    blocks = Ordered()
    assert len(list(blocks(0, 4, ahead))) == 4
    assert blocks.told == told


class Several(Blocks):
    """Blocks on three devices, each of one replicate that has the block's number."""

    def __init__(self):
        self.size, self.devices, self._arguments = 1, 3, ()
        self._compute = lambda starts: jnp.asarray(starts)[:, None, None]


@pytest.mark.parametrize(("first", "last"), [(0, 3), (0, 4), (2, 7), (5, 6)])
def test_the_padding_of_the_last_step_is_read_by_nobody(first, last):
    assert [block.tolist() for block in Several()(first, last)] == [[[number]] for number in range(first, last)]


def test_on_a_cpu_a_device_is_one_thread(monkeypatch):
    """Else several devices wait for the same threads."""
    asked = {}
    monkeypatch.setattr(jax, "jit", lambda compute, **options: asked.update(options))
    Blocks(Digits(), KEY)
    assert jax.local_devices()[0].platform == "cpu"
    assert asked["compiler_options"] == {"xla_cpu_multi_thread_eigen": False}


def test_the_last_replicates_have_indices_of_32_bits():
    last = MOST_REPLICATES // 8
    (found,) = Blocks(Digits(), KEY)(last - 1, last)
    assert MOST_REPLICATES == 2**32
    assert (found == expected(*range(2**32 - 8, 2**32))).all()


@pytest.mark.parametrize(
    ("size", "work", "platform", "sizes"),
    [
        (2 * MEBIBYTE, 0, "cpu", (8, 1)),  # 16 MiB a block, 1 MiB side by side
        (MEBIBYTE // 4, 0, "cpu", (64, 4)),
        (MEBIBYTE // 4 + 1, 0, "cpu", (32, 2)),  # powers of two
        (MEBIBYTE // 3, 0, "cpu", (32, 2)),
        (MEBIBYTE // 4, 60_000, "cpu", (64, 2)),  # LAPACK's pool of threads
        (MEBIBYTE // 4, 149_999, "cpu", (64, 1)),
        (MEBIBYTE // 4, 10**9, "cpu", (64, 1)),
        (8, 0, "cpu", (4096, 4096)),  # at most
        (2**30, 0, "cpu", (1, 1)),  # at least
        (MEBIBYTE, 10**9, "gpu", (1024, 1024)),
        (8, 0, "gpu", (2**18, 2**18)),
    ],
)
def test_sizes_of_blocks(size, work, platform, sizes):
    assert block_sizes(Digits(size=size, work=work), platform) == sizes
