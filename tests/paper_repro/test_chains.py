"""Literal chains: each setting has numbers of its own, tables are read again, and other settings make others."""

from dataclasses import replace

import numpy as np
import pytest

from paper_repro import chains
from paper_repro.chains import Chains
from paper_repro.experiment import measured
from paper_repro.recorded import Missing


def draws(random, count, iterations, setting):
    """Numbers around the setting's, so many more at each iteration."""
    values = setting["centre"] + random.standard_normal((count, len(iterations)))
    return {"value": values * np.array(iterations)}


MADE = Chains("made", draws, {"low": {"centre": 0.0}, "high": {"centre": 5.0}}, (1, 10), chains=400, seed=3)


def test_a_table_has_a_row_for_each_setting_iteration_and_metric(tmp_path):
    rows = chains.run(MADE, tmp_path)
    assert [(row["variant"], row["iteration"], row["metric"]) for row in rows] == [
        (variant, iteration, "value") for variant in ("low", "high") for iteration in ("1", "10")
    ]
    assert {row["replicates"] for row in rows} == {"400"}
    found = measured(lambda name: rows, "made", variant="high", iteration=10, metric="value")
    assert found.standard_error == pytest.approx(10 / 20, rel=0.2)
    assert abs(found.mean - 50) < 5 * found.standard_error
    assert found.degrees == 399
    with pytest.raises(Missing, match="made has 0 rows"):
        measured(lambda name: rows, "made", variant="high", iteration=2, metric="value")
    # settings share no random numbers: the first would be five less than the second
    low, high = (float(row["mean"]) for row in (rows[0], rows[2]))
    assert abs(high - low - 5) > 1e-6


def test_what_is_there_is_read_and_another_seed_is_made_anew(tmp_path):
    first = chains.run(MADE, tmp_path)
    table = (tmp_path / "made.csv").stat().st_mtime_ns
    assert chains.run(MADE, tmp_path) == first
    assert (tmp_path / "made.csv").stat().st_mtime_ns == table
    other = Chains("made", draws, MADE.settings, MADE.iterations, chains=400, seed=4)
    assert chains.run(other, tmp_path) != first


def test_presets_differ_in_the_chains():
    presets = MADE.presets
    assert [presets[name].chains for name in ("smoke", "cpu", "gpu")] == [4, 400, 4000]
    assert presets["cpu"].configuration == MADE.configuration
    assert presets["smoke"].configuration != MADE.configuration


def test_what_a_killed_run_left_of_another_configuration_goes_and_that_of_other_tables_stays(tmp_path):
    for left in (".made-0123abcd.partial", ".made_longer-0123abcd.partial"):
        (tmp_path / left).mkdir()
    chains.run(MADE, tmp_path)
    assert {path.name for path in tmp_path.iterdir()} == {"made.csv", "made.json", ".made_longer-0123abcd.partial"}


def test_killed_it_goes_on_with_the_setting_that_it_was_at(tmp_path):
    made, stop = [], [5.0]

    def loop(random, count, iterations, setting):
        if setting["centre"] in stop:
            raise KeyboardInterrupt
        made.append(setting["centre"])
        return draws(random, count, iterations, setting)

    chain = replace(MADE, loop=loop)
    with pytest.raises(KeyboardInterrupt):
        chains.run(replace(chain, seed=4), tmp_path / "goes on")
    with pytest.raises(KeyboardInterrupt):
        chains.run(chain, tmp_path / "goes on")
    assert not (tmp_path / "goes on" / "made.csv").exists()
    stop.clear()
    made.clear()
    assert chains.run(chain, tmp_path / "goes on") == chains.run(MADE, tmp_path / "straight")
    assert made == [5.0]
    assert {path.name for path in (tmp_path / "goes on").iterdir()} == {"made.csv", "made.json"}
