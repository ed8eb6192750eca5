import json
import time
from importlib.metadata import version
from types import SimpleNamespace

import jax

from sim import results as results_module
from sim.results import Results, configuration_hash

ROWS = [{"iteration": 1, "mean": 0.1}, {"iteration": 2, "mean": 1 / 3}]


def test_round_trip_and_provenance(tmp_path):
    results = Results(tmp_path, "some")
    configuration = {"T": 100, "seed": 0}
    assert results.load(configuration) is None
    results.save(configuration, ROWS, time.monotonic())
    rows = results.load(configuration)
    assert rows is not None
    assert [float(row["mean"]) for row in rows] == [0.1, 1 / 3]
    recorded = json.loads(results.provenance.read_text())
    assert recorded["versions"].keys() >= {"python", "jax", "jaxlib", "numpy", "sympy", "scipy", "equinox", "optax"}
    assert all(recorded["versions"][name] == version(name) for name in recorded["versions"] if name != "python")
    assert sorted(path.name for path in tmp_path.iterdir()) == ["some.csv", "some.json"]


def test_provenance_says_what_was_run_on_what_and_how_long(tmp_path, monkeypatch):
    monkeypatch.setattr(results_module, "time", SimpleNamespace(monotonic=lambda: 112.34))
    results = Results(tmp_path, "some")
    results.save({"T": 100}, ROWS, 100.0)
    recorded = json.loads(results.provenance.read_text())
    assert (recorded["configuration"], recorded["hash"]) == ({"T": 100}, configuration_hash({"T": 100}))
    assert (recorded["device"], recorded["wall_seconds"]) == (jax.devices()[0].device_kind, 12.3)


def test_results_of_another_configuration_or_changed_by_hand_do_not_count(tmp_path):
    results = Results(tmp_path, "some")
    results.save({"T": 100}, ROWS, time.monotonic())
    assert results.load({"T": 101}) is None
    results.table.write_text(results.table.read_text().replace("0.1", "0.2"))
    assert results.load({"T": 100}) is None


def test_results_of_any_configuration_are_of_the_one_that_is_recorded(tmp_path):
    """Where it, or the table, was changed by hand they are of none."""
    results = Results(tmp_path, "some")
    results.save({"T": 100}, ROWS, time.monotonic())
    assert [row["iteration"] for row in results.load(None) or []] == ["1", "2"]
    for path, old, new in ((results.provenance, '"T": 100', '"T": 101'), (results.table, "0.1", "0.2")):
        text = path.read_text()
        assert old in text
        path.write_text(text.replace(old, new))
        assert results.load(None) is None
        path.write_text(text)
        assert results.load(None) is not None


def test_damaged_results_do_not_count(tmp_path):
    results = Results(tmp_path, "some")
    results.save({"T": 100}, ROWS, time.monotonic())
    results.provenance.write_text(results.provenance.read_text()[:40])
    assert results.load({"T": 100}) is None
    results.provenance.write_text("null")
    assert results.load({"T": 100}) is None


def test_hash_does_not_depend_on_the_order_of_keys():
    assert configuration_hash({"a": 1, "b": 2}) == configuration_hash({"b": 2, "a": 1})
    assert configuration_hash({"a": 1}) != configuration_hash({"a": 2})
