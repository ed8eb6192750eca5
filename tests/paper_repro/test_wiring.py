"""What an experiment states reaches what runs it, field by field; and what the run says reaches the table."""

import dataclasses
import inspect
from collections.abc import Mapping
from dataclasses import replace
from fractions import Fraction
from types import SimpleNamespace
from typing import Any

import jax.numpy as jnp
import jax.random as jr
import numpy as np
import pytest
from rdkit import Chem

import sim
from neural.conformers.conformer_set import join
from neural.conformers.learner import ConformerModel
from neural.language.configuration import PRESETS
from neural.language.learner import LanguageModel
from paper_repro import experiment, one_law, recorded, sweep as sweeps, tasks
from paper_repro.gerstgrasser2024 import diffusion, language
from paper_repro.registry import EXPERIMENTS
from theory import Accumulate, FixedReal, Gaussian, Generator, Poisson, Replace


@pytest.fixture
def asked(monkeypatch):
    """What simulations are asked for, each of two models; the mean is 2 and 3, its error a tenth and a half."""
    found = []

    def run(task, workflow, **told):
        found.append({"task": task, "workflow": workflow, **told})
        mean, error = np.array([2.0, 3.0]), np.array([0.1, 0.5])
        estimate = SimpleNamespace(
            mean=mean, standard_error=error, quantiles={0.025: mean - 1, 0.5: mean, 0.975: mean + 4}
        )
        return SimpleNamespace(estimate=estimate, test_error=estimate, replicates=17, unconverged=(0, 5))

    monkeypatch.setattr(sim, "run", run)
    return found


#: What is changed -> what the task or the run is then told.
SIMULATIONS = {
    "workflow": (FixedReal("1/5"), {"workflow": FixedReal("1/5")}),
    "design": ("fresh", {"design": "fresh"}),
    "T": (30, {"T": 30}),
    "d": (4, {"d": 4}),
    "sigma2": (Fraction(9, 4), {"sigma": 1.5}),
    "decay": (2, {"covariance": [1, 1 / 4, 1 / 9]}),
    "generator": (Generator(temperature=0), {"generator": Generator(temperature=0)}),
    "ridge": (0.7, {"ridge": 0.7}),
    "scaled": (False, {"scaled": False}),
    "label": ("named", {}),
}
SWEEPS = {
    "iterations": (9, {"iterations": 9}),
    "replicates": (21, {"replicates": 21}),
    "seed": (4, {"key": 4}),
    "sampler": ("conditional", {"sampler": "conditional"}),
    "relative_error": (0.02, {"relative_error": 0.02}),
}
ONE = sweeps.Simulation(Accumulate(), "fixed", 20, 3, Fraction(1, 4))
SWEEP = sweeps.Sweep("some", (ONE,), iterations=2, replicates=50, seed=3)


def told(asked, sweep):
    """Everything that the one simulation of a sweep is told."""
    sweeps._simulate(sweep, 0)
    found = asked.pop()
    task = found.pop("task")
    (seed,) = (s for s in range(9) if (jr.key_data(jr.fold_in(jr.key(s), 0)) == jr.key_data(found["key"])).all())
    covariance = None if task.covariance is None else np.diag(np.asarray(task.covariance)).tolist()
    of_task = {name: getattr(task, name) for name in ("T", "d", "sigma", "design", "ridge", "scaled")}
    return found | of_task | {"key": seed, "covariance": covariance}


def test_everything_that_a_sweep_states_reaches_its_run(asked):
    assert {field.name for field in dataclasses.fields(ONE)} == SIMULATIONS.keys()
    assert {field.name for field in dataclasses.fields(SWEEP)} == SWEEPS.keys() | {"name", "simulations"}
    for field, (value, expected) in SIMULATIONS.items():
        base = replace(ONE, ridge=0.5) if field in ("ridge", "scaled") else ONE
        before, after = (
            told(asked, replace(SWEEP, simulations=(one,))) for one in (base, replace(base, **{field: value}))
        )
        assert after == before | expected, field
    for field, (value, expected) in SWEEPS.items():
        assert told(asked, replace(SWEEP, **{field: value})) == told(asked, SWEEP) | expected, field


#: Fields of experiments that change none of the numbers in a table, or that JSON has no form of.
NOT_TOLD = {"watched", "loop"}


def another(value):
    """Another value of the same kind."""
    if isinstance(value, bool):
        return not value
    if isinstance(value, (int, float)):
        return 2 * value
    if isinstance(value, tuple):
        return (*value, value[0])
    if isinstance(value, Mapping):
        return {**value, "more": next(iter(value.values()))}
    if isinstance(value, str):
        return f"{value} more"
    return 0.5 if value is None else replace(value, seed=value.seed + 1)


def test_another_value_of_any_field_is_another_table():
    """Else a table that was made of one would be taken for that of the other."""
    every = {type(each): each for entry in EXPERIMENTS.values() for each in entry.presets.values()}
    assert len(every) == 7
    for one in every.values():
        for field in {field.name for field in dataclasses.fields(one)} - NOT_TOLD:
            changed = replace(one, **{field: another(getattr(one, field))})
            assert changed.configuration != one.configuration, (type(one), field)
    for base in (replace(ONE, ridge=0.5), replace(ONE, ridge=0.5, label="mine")):
        for field, (value, _) in SIMULATIONS.items():
            assert replace(base, **{field: value}).described != base.described, field
    refit = sweeps.Refit(Gaussian(10), Replace(), "variance")
    changes = {"task": Gaussian(11), "workflow": Accumulate(), "of": "mean_error", "generator": Generator("1/2")}
    for base in (refit, replace(refit, label="mine")):
        for field, value in {**changes, "label": "other"}.items():
            assert replace(base, **{field: value}).described != base.described, field
    refitted = tasks.Refitted(Gaussian(10), "variance", 40)
    for field, value in {"task": Gaussian(10, estimator="unbiased"), "of": "mean_error", "replicates": 50}.items():
        assert replace(refitted, **{field: value}).described != refitted.described, field


def test_a_row_says_what_the_run_did(asked):
    """How many replicates there were, not how many there might have been; quantiles where all have them."""
    rows = sweeps._simulate(SWEEP, 0)
    assert [(row["iteration"], row["mean"], row["standard_error"], row["replicates"]) for row in rows] == [
        (1, 2.0, 0.1, 17),
        (2, 3.0, 0.5, 17),
    ]
    assert [(row["low"], row["high"]) for row in rows] == [(1.0, 6.0), (2.0, 7.0)]
    assert not {"low", "high"} & sweeps._simulate(replace(SWEEP, relative_error=0.1), 0)[0].keys()


def test_each_task_has_its_own_numbers_under_each_workflow(asked):
    refitted = (tasks.Refitted(Gaussian(10), "variance", 40), tasks.Refitted(Poisson(10, 2.0), "mean_error", 60))
    made = tasks.Refits("some", refitted, (Replace(), Accumulate()), iterations=2, seed=5)
    rows = tasks._simulate(made)
    places = [(each, workflow) for each in refitted for workflow in made.workflows]
    for index, (found, (each, workflow)) in enumerate(zip(asked, places, strict=True)):
        key = found.pop("key")
        assert (jr.key_data(key) == jr.key_data(jr.fold_in(jr.key(5), index))).all()
        assert found == {
            "task": each.task,
            "workflow": workflow,
            "of": each.of,
            "iterations": 2,
            "replicates": each.replicates,
        }
    values = ((1, 2.0, 0.1, 17, 0), (2, 3.0, 0.5, 17, 5))
    columns = ("task", "metric", "workflow", "iteration", "mean", "standard_error", "replicates", "unconverged")
    assert [tuple(row[name] for name in columns) for row in rows] == [
        (each.task.name, each.of, str(workflow), *of) for each, workflow in places for of in values
    ]


def test_the_simulated_world_of_one_law(asked):
    """Ratios to model 1, which has no error; that of model 2 as if the two were independent."""
    small = replace(one_law.PRESETS["smoke"], replicates=30, rows=64, features=5, seed=8)
    rows = one_law._simulated(small)
    for index, (found, workflow) in enumerate(zip(asked, small.workflows, strict=True)):
        assert (jr.key_data(found["key"]) == jr.key_data(jr.fold_in(jr.key(8), index))).all()
        task = found["task"]
        assert (task.T, task.d, task.sigma, task.design) == (64, 5, 1.0, "fixed")
        assert (found["workflow"], found["iterations"], found["replicates"]) == (workflow, 2, 30)
    assert {row["world"] for row in rows} == {"simulation"}
    for first, second in zip(rows[::2], rows[1::2], strict=True):
        assert (first["iteration"], first["mean"], first["standard_error"]) == (1, 1.0, 0.0)
        assert (second["iteration"], second["mean"], second["replicates"]) == (2, 1.5, 30)
        # (0.1/2)^2 + (0.5/3)^2 = 0.0025 + 0.02777…
        assert second["standard_error"] == pytest.approx(1.5 * 0.0302777778**0.5)


def test_the_neural_world_of_one_law(tmp_path, monkeypatch):
    """All workflows to the best fit, then a few that stop early; the excess is that over the entropy of the truth."""
    ran = []

    def run(learner, workflow, plan, training, directory, *, progress):
        ran.append((workflow, training.epochs, plan.T, plan.seeds, directory.path.name))
        return {"kl": np.array([[1.0, 2.0], [3.0, 8.0]]), "test_loss": np.ones((2, 2))}

    monkeypatch.setattr(one_law, "run_neural", run)
    small = one_law.PRESETS["smoke"]
    rows = one_law._trained(small, tmp_path)
    few = (Replace(), Accumulate())
    assert ran == [
        (workflow, epochs, 64, 2, f"{workflow.command()}-{epochs:g}")
        for epochs, of in ((2.0, small.workflows), (1.0, few))
        for workflow in of
    ]
    columns = ("world", "workflow", "epochs", "iteration", "mean", "replicates")
    assert [tuple(row[name] for name in columns) for row in rows] == [
        ("neural", workflow.command(), epochs, n, mean, 2)
        for workflow, epochs, *_ in ran
        for n, mean in ((1, 1.0), (2, 2.5))
    ]


def test_the_source_of_one_law_is_the_one_that_was_recorded():
    """Moves are no part of the configuration, so that another source would be held against the same table."""
    weights = np.array([1, 0.70710678, 0.57735027, 0.5, 0.4472136]) / 3.23167065
    source = one_law.EXPERIMENT.source
    np.testing.assert_allclose(source.moves, [np.roll(weights, shift) for shift in range(5)], rtol=1e-7)
    assert source.test.shape == (4096, 2)
    assert 1 / source.moves.min() == pytest.approx(7, abs=0.3)


@pytest.mark.parametrize("watched", [False, True])
def test_samples_are_those_that_each_model_of_the_first_seed_drew(watched, tmp_path, monkeypatch):
    seen = []

    def run(learner, workflow, plan, training, directory, *, watch, progress, hooks):
        seen.append((workflow, watch))
        for n in (1, 2):
            directory.pool(f"synthetic-{n}", lambda n=n: np.array([[[10 * n]], [[10 * n + 1]]], np.uint16))
        return {"test_loss": np.array([[1.0, 2.0], [2.0, 3.0]])}

    monkeypatch.setattr(experiment, "run_neural", run)
    monkeypatch.setattr(experiment, "_learning", lambda directory: iter([{"step": directory.path.name}]))
    base = replace(PRESETS["smoke"], iterations=2, seeds=2)
    small = experiment.Experiment("small", base, {"a": {}}, watched=watched)
    metrics, samples, *learning = experiment.train(small, lambda learner, pool: [{"token": int(pool.item())}], tmp_path)
    assert seen == [(Replace(), watched), (Accumulate(), watched)]
    assert [(row["workflow"], row["iteration"], row["token"]) for row in samples] == [
        (workflow, n, 10 * n) for workflow in ("replace", "accumulate") for n in (1, 2)
    ]
    assert [row["step"] for rows in learning for row in rows] == ["a-replace", "a-accumulate"] * watched
    assert len(metrics) == 2 * 2 * 2


@pytest.mark.parametrize("watched", [False, True])
def test_a_watched_run_goes_on_from_watched_ones_alone(watched, tmp_path, monkeypatch):
    """Its configuration is the same, and what an unwatched run left lacks the losses that it is to have."""
    asked = []

    def train(experiment, shown, runs):
        asked.append(runs.name)
        runs.mkdir()
        return [[{"mean": 1.0}]] * (2 + experiment.watched)

    monkeypatch.setattr(experiment, "train", train)
    some = experiment.Experiment("some", PRESETS["smoke"], {"a": {}}, watched=watched)
    assert len(experiment.run(some, "texts", lambda *_: [], tmp_path)) == 2 + watched
    assert [name.startswith(".some-watched-") for name in asked] == [watched]


def test_the_first_texts_are_kept_to_be_read():
    class Read(LanguageModel):
        corpus: Any = SimpleNamespace(decode=lambda row: f"text {row[0]}")

        def __init__(self):
            pass

    rows = language._shown(Read(), np.arange(10, 15)[:, None])
    assert [(row["text"], row["words"]) for row in rows] == [(0, "text 10"), (1, "text 11"), (2, "text 12")]


@pytest.mark.parametrize("others", [("other",), tuple(f"other {k}" for k in range(48))], ids=len)
def test_the_first_conformation_of_a_molecule_is_kept_to_be_looked_at(others):
    """Of the drugs that are shown, in their order; of others some, spread over those that were drawn."""

    def kept(names):
        molecules = [Chem.MolFromSmiles(smiles) for smiles, _ in zip("CO CCO CN".split() * 20, names, strict=False)]
        for molecule, name in zip(molecules, names, strict=True):
            molecule.SetProp("_Name", name)

        class Drawn(ConformerModel):
            conformers: Any = SimpleNamespace(molecules=molecules)

            def __init__(self):
                pass

        numbers = np.array([*range(len(names))[::-1], *range(len(names))])  # each twice
        x = np.arange(len(numbers) * 9.0).reshape(-1, 3, 3)
        return diffusion._shown(Drawn(), join(numbers, x)), x

    rows, x = kept(("sulfadiazine", "procaine", *others))
    assert [(row["molecule"], row["atoms"], row["bonds"]) for row in rows] == [
        ("procaine", "C C O", "0-1 1-2"),
        ("sulfadiazine", "C O", "0-1"),
    ]
    for row, place, atoms in ((rows[0], -2, 3), (rows[1], -1, 2)):
        first = x[: len(x) // 2][place]
        assert [float(number) for number in str(row["positions"]).split()] == first[:atoms].ravel().tolist()
    assert [row["molecule"] for row in kept(others)[0]] == list(others[:: 1 if len(others) < 48 else 2])


def test_the_median():
    """Of odd and even numbers; rows without weight are no part of it."""
    for numbers in ([3.0, 1.0, 2.0], [4.0, 1.0, 3.0, 2.0], [5.0]):
        others = 5 - len(numbers)
        weights = jnp.array([1 / len(numbers)] * len(numbers) + [0.0] * others)
        assert tasks.median(jnp.array([*numbers, *[99.0] * others]), weights) == pytest.approx(np.median(numbers))


def test_a_text_counts_as_often_as_it_is_among_the_rows():
    """Rows that fill up a batch have no weight."""

    class Heard(LanguageModel):
        corpus: Any = SimpleNamespace(vocabulary=2)

        def __init__(self):
            pass

        def loss(self, model, rows, weights, *, key) -> Any:
            return dict(zip(map(tuple, rows.tolist()), weights.tolist(), strict=True))

    rows = jnp.array([[0, 1], [1, 1], [0, 1], [0, 0]], jnp.uint16)
    found: Any = inspect.unwrap(one_law.EveryText.loss)(
        one_law.EveryText(Heard()), None, rows, jnp.array([0.5, 0.25, 0.25, 0.0]), key=jr.key(0)
    )
    assert found == {(0, 0): 0.0, (0, 1): 0.75, (1, 0): 0.0, (1, 1): 0.25}


def test_a_table_is_made_by_one_process_alone(tmp_path):
    with recorded.making(tmp_path / "new", "some"):
        with pytest.raises(ValueError, match="Wait until it has ended"), recorded.making(tmp_path / "new", "some"):
            pass
        with recorded.making(tmp_path / "new", "other"):
            pass
