"""The settings of the benchmark of training lengths are settings, and one of them gives a row."""

import json

import pytest

from tests.benchmarks import training_length
from tests.benchmarks.training_length import SETTINGS, configured, main


@pytest.mark.parametrize(("kind", "setting"), [(kind, each) for kind in SETTINGS for each in SETTINGS[kind]])
def test_every_setting_is_a_configuration_of_model_1(kind, setting):
    configuration = configured(kind, f"--seeds 2 {setting}")
    assert (configuration.iterations, configuration.seeds) == (1, 2)
    assert configuration.training.budget(configuration.rows) >= 500


@pytest.mark.slow
def test_a_row_is_printed_and_kept(tmp_path, monkeypatch, capsys):
    monkeypatch.setattr(training_length, "keep_compiled", lambda: None)
    table = tmp_path / "rows.csv"
    settings = ["--steps 20", "--steps 20 --learning-rate 1e30"]
    main(["vae", "--base", "--preset smoke", "--settings", *settings, "--table", str(table)])
    _, names, row, failed = capsys.readouterr().out.splitlines()
    assert names.split(" | ")[:5] == ["setting", "steps", "loss", "held_out", "test_loss"]
    assert row.startswith("--steps 20 | 20 | ")
    assert "is not finite" in failed
    (line,) = table.read_text().splitlines()
    kept = json.loads(line.partition(",")[2][1:-1].replace('""', '"'))
    assert kept["steps"] == 20
    assert 0 < kept["test_loss"] < 1
