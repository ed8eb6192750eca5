"""A key's bits are JAX's default wherever this project computes, whatever JAX_THREEFRY_PARTITIONABLE says."""

import sys
from types import SimpleNamespace

import jax
import jax.random as jr
import numpy as np
import pytest

import sim
from figures import __main__ as of_figures
from paper_repro import __main__ as of_papers
from paper_repro.paper import Entry
from sim.keys import key_of
from tests.helpers import command
from theory import Replace


def bits():
    return jr.bits(jr.key(5), (3,)).tolist()


@pytest.fixture
def usual():
    """Those of the default, as the environment asks for others."""
    found = bits()
    with jax.threefry_partitionable(False):
        assert bits() != found
        yield found


@pytest.mark.parametrize(("wide", "kind"), [(False, "threefry2x32"), (True, "threefry2x32"), (True, "rbg")])
def test_all_bits_of_a_seed_count(wide, kind):
    """As in JAX by default where numbers have 64 bits, wherever the key is made."""
    for seed in (0, 3, 2**32, 5 * 2**32 + 3, 2**63 - 1):
        with jax.enable_x64(True):
            expected = jr.key_data(jr.key(seed, impl="threefry2x32"))
        with jax.enable_x64(wide), jax.default_prng_impl(kind):
            np.testing.assert_array_equal(jr.key_data(key_of(seed)), expected)


def test_in_a_run(usual, monkeypatch):
    def simulate(*_, **__):
        raise RuntimeError(bits())

    monkeypatch.setattr(sys.modules["sim.run"], "simulate", simulate)
    task = sim.LinearRegression(T=9, d=2, design="fixed")
    with pytest.raises(RuntimeError) as found:
        sim.run(task, Replace(), iterations=2, replicates=3, key=jr.key(0), sampler="literal")
    assert found.value.args == (usual,)


def test_in_figures(usual, monkeypatch, tmp_path, capsys):
    found = []
    monkeypatch.setattr(of_figures, "plots", lambda *_, **__: found.append(bits()) or [])
    assert command(capsys, "figures", f"schematic --out {tmp_path}").status == 0
    assert found == [usual]


def test_in_experiments_of_papers(usual, monkeypatch, tmp_path, capsys):
    found = []
    entry = Entry("", {"cpu": SimpleNamespace(name="some", configuration={})}, lambda *_: found.append(bits()))
    monkeypatch.setattr(of_papers, "EXPERIMENTS", {"some": entry})
    assert command(capsys, "paper_repro", f"run some --out {tmp_path}").status == 0
    assert found == [usual]
