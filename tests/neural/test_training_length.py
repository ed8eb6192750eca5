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
    file = tmp_path / "rows.json"
    settings = ["--steps 20", "--steps 20 --learning-rate 1e30"]
    main(["vae", "--base", "--preset smoke", "--settings", *settings, "--record", str(file)])
    _, names, row, failed = capsys.readouterr().out.splitlines()
    assert names.split(" | ")[:5] == ["setting", "steps", "loss", "held_out", "test_loss"]
    assert row.startswith("--steps 20 | 20 | ")
    assert "is not finite" in failed
    (kept,) = json.loads(file.read_text())["model 1"]
    assert (kept["kind"], kept["device"], kept["seeds"], kept["steps"]) == ("vae", "cpu", 2, 20)
    assert 0 < kept["test_loss"] < 1
    training_length.record(file, {"kind": "vae", "loss": 0.123456})
    assert json.loads(file.read_text())["model 1"] == [kept, {"kind": "vae", "loss": 0.1235}]
