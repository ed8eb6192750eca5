"""Every option of `python -m neural` arrives where it is needed: in the plan, the training, the model or its data."""

import json
from fractions import Fraction
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest
from rdkit import Chem

from neural import __main__ as command_line
from neural.configuration import OF_CONVERGED
from neural.conformers import conformer_set
from neural.conformers.conformer_set import ConformerSet
from neural.images import configuration as of_images
from neural.images.image_set import ImageSet
from neural.language import configuration as of_language
from neural.language.corpus import Corpus
from sim import sharing
from tests.helpers import command
from theory import Generator

#: Of all kinds, with values that no preset has: text on the command line, where it arrives, and as what.
COMMON = {
    "preset": ("smoke", "summary.preset", "smoke"),
    "run_dir": ("{tmp}/run", "directory", "{tmp}/run"),
    "resume": ("", "resume", True),
    "checkpoint_seconds": ("12.5", "checkpoint_seconds", 12.5),
    "watch": ("", "watch", True),
    "distributed": ("", "joined.distributed", True),
    "coordinator": ("here:1", "joined.coordinator", "here:1"),
    "processes": ("2", "joined.processes", 2),
    "process": ("1", "joined.process", 1),
    "json": ("", "json", True),
    "tensorboard": ("", "loggers", ["TensorBoard {tmp}/run/tensorboard"]),
    "accept": ("tests.neural.test_hooks:near", "accept", "near"),
    "iterations": ("4", "plan.iterations", 4),
    "seeds": ("5", "plan.seeds", 5),
    "seed": ("12345678901", "plan.seed", 12345678901),
    "steps": ("77", "training.steps", 77),
    "batch_size": ("6", "training.batch_size", 6),
    "learning_rate": ("0.02", "training.learning_rate", 0.02),
    "warmup": ("0.2", "training.warmup", 0.2),
    "clip": ("3", "training.clip", 3.0),
    "weight_decay": ("0.25", "training.weight_decay", 0.25),
    "averaging": ("0.75", "training.averaging", 0.75),
    "chunk": ("9", "training.chunk", 9),
    "sample_batch": ("123", "plan.sample_batch", 123),
    "k": ("3", "workflow.k", 3),
    "sizes": ("1,2,1,1/2,1", "plan.generator.sizes", (1, 2, 1, Fraction(1, 2), 1)),
}
TRANSFORMER = {
    "model": ("llama2-12m", "summary.model", "llama2-12m"),
    "data": ("text", "data.read", ["{tmp}/texts", "{tmp}/held-out"]),
    "file": ("{tmp}/texts", "data.texts", [f"{{tmp}}/texts {n}" for n in range(9)]),
    "test_file": ("{tmp}/held-out", "data.held_out", [f"{{tmp}}/held-out {n}" for n in range(7)]),
    "column": ("story", "data.column", "story"),
    "stories": ("96", "plan.T", 96),
    "test_stories": ("7", "data.held_out", [f"{{tmp}}/held-out {n}" for n in range(7)]),
    "test_batch": ("11", "learner.test_batch", 11),
    "temperature": ("0.3", "learner.sampler.temperature", 0.3),
    "style": ("gpt2", "learner.architecture.style", "gpt2"),
    "vocabulary": ("300", "learner.architecture.vocabulary", 300),
    "context": ("50", "data.length", 50),
    "positions": ("64", "learner.architecture.context", 64),
    "width": ("24", "learner.architecture.width", 24),
    "layers": ("3", "learner.architecture.layers", 3),
    "heads": ("2", "learner.architecture.heads", 2),
    "hidden": ("40", "learner.architecture.hidden", 40),
    "precision": ("bfloat16", "learner.precision", "bfloat16"),
    "cut": ("", "data.cut", True),
    "first_steps": ("5", "plan.first_steps", 5),
}
VAE = {
    "data": ("folder", "data.source", "folder"),
    "folder": ("{tmp}/images", "data.path", "{tmp}/images"),
    "cache": ("{tmp}/cache", "data.cache", "{tmp}/cache"),
    "skip_broken": ("", "data.skip_broken", True),
    "images": ("90", "plan.T", 90),
    "test_images": ("12", "data.test_images", 12),
    "test_batch": ("11", "learner.test_batch", 11),
    "size": ("16", "data.size", 16),
    "channels": ("3", "data.channels", 3),
    "style": ("linear", "learner.architecture.style", "linear"),
    "latent": ("3", "learner.architecture.latent", 3),
    "features": ("5", "learner.architecture.features", 5),
    "halvings": ("1", "learner.architecture.halvings", 1),
    "beta": ("0.5", "learner.architecture.beta", 0.5),
    "samples": ("noisy", "learner.noisy", True),
    "test_draws": ("3", "learner.test_draws", 3),
}
DIFFUSION = {
    "data": ("file", "data.source", "file"),
    "file": ("{tmp}/drugs", "data.path", "{tmp}/drugs"),
    "cache": ("{tmp}/cache", "data.cache", "{tmp}/cache"),
    "conformations": ("90", "plan.T", 90),
    "test_batch": ("11", "learner.test_batch", 11),
    "molecules": ("31", "data.choice.molecules", 31),
    "test_molecules": ("13", "data.choice.test_molecules", 13),
    "per_molecule": ("6", "data.choice.per_molecule", 6),
    "hydrogens": ("", "data.choice.hydrogens", True),
    "max_atoms": ("22", "data.choice.max_atoms", 22),
    "width": ("12", "learner.architecture.width", 12),
    "layers": ("5", "learner.architecture.layers", 5),
    "sampler": ("ancestral", "learner.ancestral", True),
    "sampler_steps": ("17", "learner.steps", 17),
    "test_draws": ("3", "learner.test_draws", 3),
    "times": ("middle", "learner.times", "middle"),
}

OWN = {
    "data": ("tests.examples.own_learner:Mixture", "learner_class", "Mixture"),
    "size": ("77", "plan.T", 77),
}

#: Kind, its own options, and those of all kinds that are given in another way.
KINDS = {"transformer": TRANSFORMER, "vae": VAE, "diffusion": DIFFUSION, "own": OWN}

#: Options that have another name than what they set.
NAMES = {("own", "data"): "learner", ("own", "size"): "rows"}

#: What is given for an option alone, beside the others' presets: the other value of a choice, the other budget.
OTHERS = [
    ("vae", "--until converged", "training.until.check_every", 100),
    ("vae", "--until converged", "training.steps", None),
    ("transformer", "--until converged", "training.epochs", None),
    ("transformer", "--until converged --validation 0.3", "training.until.validation", 0.3),
    ("transformer", "--until converged --check-every 7", "training.until.check_every", 7),
    ("transformer", "--until converged --patience 3", "training.until.patience", 3),
    ("transformer", "--until converged --most-steps 5000", "training.until.most_steps", 5000),
    ("vae", "--edited 0.2 --fading 1/2", "plan.generator", Generator(edited="1/5", fading="1/2")),
    ("diffusion", "--weight-decay 0 --averaging 0.0", "training.averaging", 0.0),
    ("diffusion", "--times spread", "learner.times", "spread"),
    ("transformer", "--epochs 2.5", "training.epochs", 2.5),
    ("transformer", "--epochs 2.5", "training.steps", None),
    ("transformer", "--style llama2", "learner.architecture.style", "llama2"),
    ("transformer", "--precision float32", "learner.precision", "float32"),
    ("transformer", "--no-cut", "data.cut", False),
    ("vae", "--samples mean", "learner.noisy", False),
    ("vae", "--style convolutional", "learner.architecture.style", "convolutional"),
    ("diffusion", "--sampler deterministic", "learner.ancestral", False),
    ("diffusion", "--no-hydrogens", "data.choice.hydrogens", False),
]


class Told(Corpus):
    """A corpus that keeps what it was made of."""

    vocabulary, next_token = 20, None

    def __init__(self, texts, held_out, *, vocabulary, length, cut):
        self.texts, self.held_out, self.length, self.cut = texts, held_out, length, cut
        self.learned, self.test = vocabulary, np.zeros((1, length), np.uint16)

    def real(self, iteration, texts, *, key):
        raise NotImplementedError

    def decode(self, row):
        return ""

    def impossible(self, rows):
        return None


@pytest.fixture
def arrived(monkeypatch, capsys, tmp_path):
    """Runs a command line whose loop and data only note what they are given; and the parser of that line."""
    found: Any = SimpleNamespace(data=SimpleNamespace(read=[]), parser=None)

    def read_texts(path, *, column, option="--file"):
        found.data.read.append(str(path))
        found.data.column = column
        return [f"{path} {n}" for n in range(9)]

    def texts(*parts, **options):
        found.corpus = Told(*parts, **options)
        vars(found.data).update(vars(found.corpus))
        return found.corpus

    def images(source):
        def read(path, *, size, channels, test_images, cache, skip_broken):
            vars(found.data).update(source=source, path=str(path), cache=str(cache), skip_broken=skip_broken)
            vars(found.data).update(size=size, channels=channels, test_images=test_images)
            return ImageSet(*np.zeros((2, 1, size, size, channels), np.float32))

        return read

    def conformations(source):
        def read(path, choice, cache):
            vars(found.data).update(source=source, path=str(path), choice=choice, cache=str(cache))
            rows, table = np.zeros((1, 4), np.float32), np.zeros((1, 1, 1), np.int8)
            return ConformerSet((Chem.MolFromSmiles("C"),), table, table, rows, rows)

        return read

    def run(learner, workflow, plan, training, directory, *, checkpoint_seconds, watch, progress, hooks, processes):
        vars(found).update(learner=learner, workflow=workflow, plan=plan, training=training, watch=watch)
        vars(found).update(directory=str(directory.path), checkpoint_seconds=checkpoint_seconds, progress=progress)
        found.learner_class = type(learner).__name__
        found.accept = None if hooks.accept is None else hooks.accept.__name__
        found.loggers = [f"{type(logger).__name__} {logger._folder}" for logger in hooks.loggers]
        return {"test_loss": np.zeros((plan.seeds, plan.iterations))}

    def join(*place, settings, package, again):
        found.joined = SimpleNamespace(distributed=True, **dict(zip(sharing.PLACE, place, strict=True)))
        found.joined.settings, found.joined.words = settings, (package, again)

    def directory(path, configuration, *, resume):
        found.resume, found.recorded = resume, configuration
        return real_directory(path, configuration, resume=resume)

    real_options, real_directory, parsers = command_line._options, command_line.RunDirectory, []
    monkeypatch.setattr(of_language, "read_texts", read_texts)
    monkeypatch.setattr(of_language, "Texts", texts)
    monkeypatch.setattr(of_images, "folder_of_images", images("folder"))
    monkeypatch.setattr(
        of_images, "read_folder", lambda *_, **__: np.zeros((2000, 1, 1, 1), np.uint8)
    )  # enough of them
    monkeypatch.setattr(of_images, "celeba", images("celeba"))
    monkeypatch.setattr(conformer_set, "of_file", conformations("file"))
    monkeypatch.setattr(conformer_set, "geom_drugs", conformations("geom-drugs"))
    monkeypatch.setattr(command_line, "run", run)
    monkeypatch.setattr(sharing, "join", join)
    monkeypatch.setattr(command_line, "RunDirectory", directory)
    monkeypatch.setattr(
        command_line, "_options", lambda kind, parser: (real_options(kind, parser), parsers.append(parser))
    )

    def go(line):
        ran = command(capsys, "neural", line.replace("{tmp}", str(tmp_path)))
        assert ran.status == 0, ran.err
        found.json = ran.out.startswith("{")
        found.summary = SimpleNamespace(**json.loads(ran.out)) if found.json else None
        (found.parser,) = [p for p in parsers if p.prog.endswith(" ".join(line.split()[:2]))]
        return found

    return go


def at(found, where):
    for name in where.split("."):
        found = getattr(found, name)
    return found


def words(kind, options):
    flags = {name: NAMES.get((kind, name), name).replace("_", "-") for name in options}
    return " ".join(f"--{flags[name]} {value}".strip() for name, (value, *_) in options.items())


@pytest.mark.parametrize("kind", KINDS)
def test_every_option_arrives(kind, arrived, tmp_path):
    """By introspection: an option that the command line has and these tables have not fails here."""
    options = COMMON | KINDS[kind]
    found = arrived(f"{kind} sliding-window {words(kind, options)}")
    budgets = {"epochs", "until", *OF_CONVERGED, "distance"}  # each of which arrives below
    budgets |= {"edited", "fading"}  # which go without sizes, below
    budgets |= {"dry_run"}  # tests/neural/test_dry_run.py
    assert {action.dest for action in found.parser._actions} - {"help"} == options.keys() | budgets
    for name, (_, where, value) in options.items():
        if not isinstance(value, tuple):  # of exact numbers, which JSON has not
            value = json.loads(json.dumps(value).replace("{tmp}", str(tmp_path)))
        assert at(found, where) == value, name
    assert found.progress  # as a bar


def test_nothing_else_has_a_value_where_none_is_given():
    """Fields of a configuration are the preset's; of the others what the help says is what there is."""
    usual = {"preset": "cpu", "run_dir": Path("run"), "checkpoint_seconds": 30.0, "workflow": "replace"}
    usual |= dict.fromkeys(("resume", "watch", "distance", "dry_run", "distributed", "json", "tensorboard"), False)
    usual |= dict.fromkeys(("coordinator", "processes", "process"))
    parser = command_line.parser()
    for kind in KINDS:
        options = vars(parser.parse_args([kind, "replace", "--run-dir", "run"]))
        more = {"kind": kind} | ({"model": None} if kind == "transformer" else {})
        assert {name: value for name, value in options.items() if name not in ("build", "main")} == usual | more
    # a number is the same however it is written, so that a run goes on
    line = "own replace --run-dir run --edited 0.20 --fading 2/4 --sizes 1,0.5,2.0".split()
    options = parser.parse_args(line)
    assert (options.edited, options.fading, options.sizes) == ("1/5", "1/2", "1,1/2,2")


def test_processes_compare_what_is_run_and_not_where_it_is_kept(arrived):
    line = "vae replace --preset smoke --seeds 2 --run-dir {tmp}/run --cache {tmp} --json"
    joined = arrived(f"{line} --distributed --coordinator here:1 --processes 2 --process 1").joined
    assert joined.words == ("neural", "--resume")
    assert {"kind": "vae", "workflow": "replace", "preset": "smoke", "seeds": "2"}.items() <= joined.settings.items()
    assert not {"process", "run_dir", "cache", "json", "coordinator"} & joined.settings.keys()


@pytest.mark.parametrize(("kind", "line", "where", "value"), OTHERS)
def test_the_other_value_arrives_too(kind, line, where, value, arrived):
    data = {"transformer": "text --file f --test-stories 2", "vae": "folder --folder f", "diffusion": "file --file f"}[
        kind
    ]
    found = arrived(f"{kind} replace --data {data} --run-dir {{tmp}}/run {line}")
    assert at(found, where) == value


def test_a_vocabulary_is_learned_of_the_size_and_with_the_seed_that_are_given(arrived, monkeypatch, tmp_path):
    learned = {}

    def train_vocabulary(texts, tokens, *, seed):
        assert not learned  # it is there when it is needed again
        learned.update(texts=texts, tokens=tokens, seed=seed)
        return b"a vocabulary"

    monkeypatch.setattr(of_language, "train_vocabulary", train_vocabulary)
    line = "--data text --file {tmp}/texts --test-stories 2 --vocabulary 321 --seed 7"
    made, kept = of_language.Texts, []

    def texts_with_a_vocabulary(*parts, vocabulary, **options):
        kept.extend([vocabulary(), vocabulary()])  # where the run is prepared, before anything of it is kept
        return made(*parts, vocabulary=vocabulary, **options)

    monkeypatch.setattr(of_language, "Texts", texts_with_a_vocabulary)
    found = arrived(f"transformer replace {line} --run-dir {{tmp}}/run")
    assert kept == [b"a vocabulary"] * 2
    # without a file of them, the last texts are held out
    texts = [f"{tmp_path}/texts {n}" for n in range(9)]
    assert learned == {"texts": texts[:7], "tokens": 321, "seed": 7}
    assert found.corpus.held_out == texts[7:]


def test_another_process_helps_with_the_fits_of_the_distance_too(arrived, monkeypatch):
    served = []
    monkeypatch.setattr(command_line.jax, "process_index", lambda: 1)
    monkeypatch.setattr(command_line, "agree", lambda settings: None)
    monkeypatch.setattr(command_line, "together", lambda made: made())
    monkeypatch.setattr(command_line, "serve", lambda *asked: served.append(asked))
    line = "own replace --learner tests.examples.own_learner:Mixture --preset smoke --distance --most-steps 500"
    assert not arrived(f"{line} --run-dir {{tmp}}/run").json  # nothing is printed
    ((_, _, trainings),) = served
    assert [training.budget(50) for training in trainings] == [20, 500]


@pytest.mark.parametrize(
    ("kind", "name", "told"),
    [
        ("vae", "images", " (default: 64 at smoke; 1437 at cpu; 50000 at gpu; 162770 at paper)"),
        ("vae", "steps", " (default: 20 at smoke; 4000 at cpu; none at gpu, paper)"),
        ("vae", "seed", " (default: 0)"),
        ("vae", "folder", ""),
        ("diffusion", "hydrogens", " (default: no at smoke, cpu, gpu; yes at paper)"),
        ("transformer", "learning_rate", " (default: 0.01 at smoke, cpu; 0.001 at gpu, paper)"),
    ],
)
def test_help_says_what_each_preset_has(kind, name, told):
    assert command_line.by_preset(command_line.KINDS[kind], name) == told


def test_what_is_printed_without_json(capsys):
    summary = {
        "model": "vae",
        "data": "digits",
        "workflow": "replace",
        "seeds": 2,
        "metric": "a bound in nats",
        "standard_error": [0.25, None],
        "metrics": {"test_loss": [1.5, 123.4567891], "variance": [2e-9, 3.0]},
        "run_dir": "runs/vae",
    }
    table = [
        "vae on digits, replace: mean of 2 seeds; test_loss is a bound in nats",
        "   n    std. error     test_loss      variance",
        "   1          0.25           1.5         2e-09",
        "   2             -       123.457             3",
    ]
    last = "runs/vae holds the tables, samples and models."
    command_line._print(summary)
    assert capsys.readouterr().out.splitlines() == [*table, last]
    command_line._print(summary | {"distance_from_converged": [0.0123, -0.2]})
    away = "Model 1's test loss is +1.2%, -20.0% from that of models fitted until converged, by seed."
    assert capsys.readouterr().out.splitlines() == [*table, away, last]


def test_the_summary_is_over_seeds(arrived, monkeypatch):
    losses = np.array([[1.0, 2.0], [2.0, 3.0], [4.0, 9.0]])
    monkeypatch.setattr(command_line, "run", lambda *_, **__: {"test_loss": losses, "other": 10 * losses})
    line = "diffusion sliding-window --k 3 --preset smoke --data file --file f --run-dir {tmp}/run --json"
    found = arrived(line)
    summary = found.summary
    known = {"kind": "diffusion", "workflow": "sliding-window", "parameters": {"k": "3"}, "data": "file", "seeds": 2}
    assert known.items() <= found.recorded.items()
    assert (summary.model, summary.workflow, summary.parameters) == ("diffusion", "sliding-window", {"k": "3"})
    assert summary.metric == "squared error of the predicted noise per dimension, held-out molecules"
    assert (summary.data, summary.seeds, summary.device) == ("file", 2, "cpu")
    assert summary.test_loss == [7 / 3, 14 / 3]
    assert summary.test_loss_per_seed == losses.tolist()
    # sums of squares 14/3 and 86/3 about the means, over 2, over 3 seeds
    np.testing.assert_allclose(summary.standard_error, [(14 / 3 / 6) ** 0.5, (86 / 3 / 6) ** 0.5], rtol=1e-12)
    np.testing.assert_allclose(summary.metrics["other"], [70 / 3, 140 / 3], rtol=1e-12)
