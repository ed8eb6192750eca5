"""A user's own learner and verifier on the command line: found, run, resumed, or refused in one line."""

import json
import sys
from dataclasses import replace

import numpy as np
import pytest

from neural import RunDirectory, distance as of_distance, named as of_named
from neural.__main__ import KINDS
from tests.helpers import command, refused
from tests.neural.test_loop import LEARNER
from theory import Replace

MIXTURE = "--learner tests.examples.own_learner:Mixture"


def own(capsys, path, line):
    return command(capsys, "neural", f"own replace --preset smoke --run-dir {path} {line}")


@pytest.mark.slow
def test_ones_own_learner_runs_with_a_verifier_and_is_extended(tmp_path, capsys):
    line = f"{MIXTURE} --accept tests.neural.test_hooks:near --json"
    ran = own(capsys, tmp_path / "run", line)
    assert ran.status == 0, ran.err
    assert ran.json["data"] == "tests.examples.own_learner:Mixture"
    assert ran.json["metrics"].keys() == {"test_loss", "variance", "accepted"}
    pool = np.load(tmp_path / "run" / "pools" / "synthetic-1.npy")
    assert pool.shape == (2, 50)
    assert (np.abs(pool - 3) < 1).all()
    longer = own(capsys, tmp_path / "run", f"{line} --iterations 3 --resume --tensorboard")
    assert longer.json["test_loss"][:2] == ran.json["test_loss"]
    assert len(longer.json["test_loss"]) == 3
    assert len(list((tmp_path / "run" / "tensorboard").iterdir())) == 1
    kept = json.loads((tmp_path / "run" / "configuration.json").read_text())
    assert (kept["iterations"], kept["accept"]) == (3, "tests.neural.test_hooks:near")
    # another verifier is another run
    refused(
        own(capsys, tmp_path / "run", f"{MIXTURE} --resume"), "python -m neural", "another configuration (iterations"
    )


@pytest.mark.slow
def test_the_distance_from_converged_is_of_model_1(tmp_path, capsys):
    line = f"{MIXTURE} --distance --check-every 20 --most-steps 400 --patience 2"
    far = own(capsys, tmp_path / "few", f"{line} --steps 2 --json").json
    converged = json.loads((tmp_path / "few" / "converged" / "configuration.json").read_text())
    assert (converged["until"], converged["iterations"]) == ("converged", 1)
    rows = (tmp_path / "few" / "converged" / "metrics.csv").read_text().splitlines()
    best = {row.split(",")[1]: float(row.split(",")[3]) for row in rows if ",test_loss," in row}
    expected = [losses[0] / best[str(seed)] - 1 for seed, losses in enumerate(far["test_loss_per_seed"])]
    assert far["distance_from_converged"] == expected
    assert min(expected) > 0.05  # two steps are far from it
    # it goes on with what is there, and what was run is not run again
    (tmp_path / "few" / "converged" / "models" / "model-1.eqx").touch()
    again = own(capsys, tmp_path / "few", f"{line} --steps 2 --resume")
    assert again.status == 0
    assert "from that of models fitted until converged, by seed" in again.out


def test_the_distance_is_of_a_model_1_that_is_fitted_as_the_others_but_until_converged(tmp_path, monkeypatch):
    asked = []

    def run(learner, workflow, plan, training, directory, *, processes):
        asked.append((workflow, plan, training, directory.path))
        return {"test_loss": np.array([[2.0], [4.0]])}

    monkeypatch.setattr(of_distance, "run", run)
    configuration = replace(KINDS["transformer"].presets["smoke"], **{"first_steps": 5, "iterations": 2})
    directory = RunDirectory(tmp_path, {}, resume=False)
    losses = {"test_loss": np.array([[3.0, 9.0], [5.0, 9.0]])}
    found = of_distance.distance(LEARNER, Replace(), configuration, directory, losses)
    assert found.tolist() == [0.5, 0.25]
    ((workflow, plan, training, path),) = asked
    assert (workflow, training, path) == (Replace(), configuration.converged, tmp_path / "converged")
    assert plan == replace(configuration.plan, iterations=1, first_steps=None)


@pytest.mark.parametrize(
    ("line", "message"),
    [
        ("", "your own model needs its class: give a --learner module:Class"),
        ("--learner Mixture", "--learner takes module:name, as in my_models:Mixture; got 'Mixture'"),
        ("--learner no_such_module:Mixture", "--learner no_such_module:Mixture: there is no module no_such_module"),
        ("--learner tests.no_such:Mixture", "there is no module tests.no_such"),
        ("--learner tests.examples.own_learner:Mix", "own_learner has no Mix; it has Gaussians, Mixture"),
        ("--learner tests.examples.own_learner:Gaussians", "is no subclass of neural.Learner"),
        (
            "--learner tests.neural.test_own:Half",
            "lacks evaluate, loss, model, real, sample, show; neural.Learner says",
        ),
        (f"{MIXTURE} --accept nowhere:near", "--accept nowhere:near: there is no module nowhere"),
        (f"{MIXTURE} --distance --until converged", "--distance is of fits of a given length"),
    ],
)
def test_a_mistake_is_one_line(line, message, tmp_path, capsys):
    refused(own(capsys, tmp_path / "run", line), "python -m neural", message)
    assert not (tmp_path / "run").exists()


def test_what_ones_own_module_lacks_is_not_hidden(tmp_path, monkeypatch):
    (tmp_path / "lacking.py").write_text("import a_package_that_nobody_has\n")
    monkeypatch.syspath_prepend(tmp_path)
    with pytest.raises(ModuleNotFoundError, match="a_package_that_nobody_has"):
        of_named.named("lacking:Mixture", option="--learner")


def test_a_module_is_looked_for_in_the_current_folder(tmp_path, monkeypatch):
    (tmp_path / "a_module_of_mine.py").write_text("def near(rows):\n    return rows > 0\n")
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(sys, "path", [path for path in sys.path if path])
    assert of_named.named("a_module_of_mine:near", option="--accept").__name__ == "near"


class Half(of_named.Learner):
    """A learner that can do one thing."""

    def test(self, models):
        return {"test_loss": np.zeros(1)}
