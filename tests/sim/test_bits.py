"""A key's bits are JAX's default wherever this project computes, whatever JAX_THREEFRY_PARTITIONABLE says."""

import sys
from types import SimpleNamespace

import jax
import jax.random as jr
import pytest

import sim
from figures import __main__ as of_figures
from paper_repro import __main__ as of_papers
from paper_repro.paper import Entry
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
