"""Diffusion models in the loop and on the command line: chains, presets, mistakes, and without RDKit."""

import dataclasses
import itertools
import subprocess
import sys
from pathlib import Path

import equinox as eqx
import jax
import jax.numpy as jnp
import jax.random as jr
import numpy as np
import pytest
from rdkit import Chem

from neural.conformers import learner as of_learner, metrics, molecules
from neural.conformers.configuration import PRESETS
from neural.conformers.conformer_set import ConformerSet, join, split
from neural.conformers.learner import ConformerModel
from neural.conformers.network import Architecture, Graph, error, sample
from tests.helpers import command, refused

ROOT = Path(__file__).parents[3]

TINY = "--layers 1 --conformations 18 --molecules 12 --test-molecules 3 --steps 6 --chunk 6 --sample-batch 18"


def smoke(capsys, options, path):
    return command(capsys, "neural", f"diffusion {options} --preset smoke --json --run-dir {path}")


@pytest.mark.slow
def test_a_chain_is_the_same_alone_and_beside_another(capsys, tmp_path):
    alone, beside = (
        smoke(capsys, f"accumulate {TINY} --iterations {3 - n} --seeds {n}", tmp_path / str(n)).json for n in (1, 2)
    )
    np.testing.assert_allclose(alone["test_loss_per_seed"][0][0], beside["test_loss_per_seed"][0][0], rtol=1e-4)
    assert beside["test_loss_per_seed"][0] != beside["test_loss_per_seed"][1]
    one, two = (np.load(tmp_path / n / "pools" / "synthetic-1.npy") for n in ("1", "2"))
    np.testing.assert_allclose(one[0], two[0], rtol=1e-3, atol=1e-3)
    numbers, x = split(two[1])
    assert (numbers != split(two[0])[0]).any()  # another seed draws other molecules
    np.testing.assert_allclose(x.sum(1), 0, atol=1e-4)
    assert set(alone["metrics"]) >= {"test_loss", "bonds", "angles", "torsions", "sane", "coverage", "matching"}
    text = (tmp_path / "2" / "samples" / "model-1.sdf").read_text()
    drawn = [m for _, m in molecules.in_sdf(text, tmp_path) if not isinstance(m, molecules.Skipped)]
    assert len(drawn) == 36
    assert drawn[-1].GetProp("_Name").endswith(", seed 1")
    np.testing.assert_allclose(
        molecules.positions(drawn[0])[0], split(two[0])[1][0, : drawn[0].GetNumAtoms()], atol=1e-4
    )


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ("--file {nothing}", "the conformers are those in the repository; use --data file"),
        ("--data geom-drugs", "--data geom-drugs needs the molecules: give a --file"),
        ("--data file --file {nowhere}", "nowhere is no file; give SMILES or SDF by --file"),
        ("--data geom-drugs --file {empty}", "empty holds no pickles; give GEOM's rdkit_folder/drugs"),
        ("--data file --file {nothing}", "nothing holds 0 molecules that can be used; more than the 3 held out"),
        ("--data file --file {binary}", "binary is not text: byte 0 is not UTF-8; give SMILES or SDF"),
        ("--conformations 100", "iteration 1 needs 100 real conformations beside those before it"),
        ("--width 0", "must be a whole number of at least 1"),
        ("--sampler magic", "invalid choice: 'magic'"),
    ],
)
def test_a_mistake_is_one_line(options, message, capsys, tmp_path):
    (tmp_path / "empty").mkdir()
    (tmp_path / "nothing").write_text("# no molecules\n")
    (tmp_path / "binary").write_bytes(b"\xff\xfe")
    paths = {name: tmp_path / name for name in ("empty", "nothing", "binary", "nowhere")}
    ran = smoke(capsys, f"replace {TINY} {options.format(**paths)} --cache {tmp_path / 'cache'}", tmp_path / "run")
    refused(ran, "python -m neural", message)


@pytest.mark.slow
def test_without_rdkit_one_line_says_what_to_install(tmp_path):
    code = (
        "import sys; sys.modules['rdkit'] = None\n"
        "import figures.__main__, paper_repro.gerstgrasser2024.diffusion\n"
        "from neural.__main__ import main\n"
        "sys.exit(main(sys.argv[1:]))"
    )
    line = [sys.executable, "-c", code, "diffusion", "replace", "--preset", "smoke", "--run-dir", str(tmp_path / "run")]
    done = subprocess.run(line, cwd=ROOT, capture_output=True, text=True, check=False)
    assert done.returncode == 2
    assert done.stderr.splitlines() == [
        "python -m neural diffusion replace: conformations need RDKit: pip install 'model-collapse[chem]'"
    ]


def test_every_preset_has_its_data():
    for name, preset in PRESETS.items():
        assert preset.plan.T == preset.conformations, name
    assert PRESETS["cpu"].seeds >= 3
    assert PRESETS["cpu"].iterations == 6
    assert (PRESETS["paper"].conformations, PRESETS["paper"].data) == (40_000, "geom-drugs")
    assert PRESETS["paper"].iterations == 8
    assert PRESETS["paper"].sampler_steps == 50


def made_by_hand(**options):
    """Two molecules with positions made up: three and four conformations to train on, three each held out."""
    random = np.random.default_rng(1)
    smiles = [Chem.MolFromSmiles(text) for text in ("CCO", "CCCN")]
    atoms, pairs = np.zeros((2, 4, 2), np.int8), np.zeros((2, 4, 4), np.int8)
    for number, count in enumerate((3, 4)):
        atoms[number, :count, 0] = 1
        atoms[number, :1, 1] = 1
        pairs[number, :count, :count] = 1 - np.eye(count, dtype=np.int8)

    def rows(numbers):
        x = np.cumsum(random.normal(size=(len(numbers), 4, 3)), axis=1)
        x[np.array(numbers) == 0, 3] = 0
        return join(np.array(numbers), x)

    made = ConformerSet(tuple(smiles), atoms, pairs, rows([0] * 3 + [1] * 4), rows([0, 0, 0, 1, 1, 1]))
    architecture = Architecture(features=2, kinds=2, width=4, layers=1)
    return ConformerModel(made, architecture, steps=3, ancestral=True, **options)


def test_coverage_and_matching_are_of_the_real_conformations(monkeypatch):
    """Pair by pair: samples near one real conformation alone cover that one, however many they are."""
    learner = made_by_hand()
    numbers, real = split(learner.conformers.test)
    near = real + np.random.default_rng(2).normal(size=real.shape) * 0.05
    near[1:3], near[4:6] = near[0] + 0.02, near[3] * 1.02
    monkeypatch.setattr(ConformerModel, "_sample", lambda *_: join(numbers, near)[None])
    found = learner._recall({"weights": jnp.zeros(1)})[0]
    expected = []
    for number in (0, 1):
        molecule = learner.conformers.molecules[number]

        def apart(a, b, molecule=molecule):
            return metrics.rmsd(molecule, np.stack([a, b]))[0, 1]

        mine, drawn = real[numbers == number], near[numbers == number]
        nearest = np.array([min(apart(x, y) for y in drawn) for x in mine])
        between = [np.mean([apart(a, b) for a, b in itertools.combinations(rows, 2)]) for rows in (drawn, mine)]
        expected.append([(nearest <= 0.75).mean(), nearest.mean(), *between])
    coverage, matching, between, between_real = np.mean(expected, axis=0)
    assert found["coverage"] == pytest.approx(coverage)
    assert 0 < coverage < 1
    assert found["matching"] == pytest.approx(matching, rel=1e-5)
    assert found["diversity"] == pytest.approx(between / between_real, rel=1e-4)


def test_molecules_that_do_not_move_have_no_diversity(monkeypatch):
    """All held-out conformations within a tenth of an angstrom: what samples differ by is no share of that."""
    learner = made_by_hand()
    numbers, real = split(learner.conformers.test)
    monkeypatch.setattr(ConformerModel, "_sample", lambda *_: join(numbers, real)[None])

    def moved(scale):
        jitter = scale * np.random.default_rng(3).normal(size=real.shape)
        return join(numbers, real[np.arange(6) // 3 * 3] + jitter)

    def apart(rows):
        x, known = split(rows)[1], learner.conformers.molecules
        return np.mean([metrics.among(metrics.rmsd(known[n], x[numbers == n])) for n in (0, 1)])

    edge = 0.02 * 0.1 / apart(moved(0.02))  # angstrom
    for share in (0.98, 1.02):
        rows = moved(share * edge)
        assert apart(rows) == pytest.approx(share * 0.1, rel=0.01)
        still = dataclasses.replace(learner, conformers=dataclasses.replace(learner.conformers, test=rows))
        assert ("diversity" in still._recall({"weights": jnp.zeros(1)})[0]) == (share > 1)


def test_conformations_are_shown_by_molecule_and_seed():
    learner = made_by_hand()
    for molecule, name in zip(learner.conformers.molecules, ("ethanol", "amine"), strict=True):
        molecule.SetProp("_Name", name)
    rows = learner.conformers.train[[[0, 3], [4, 1]]]
    suffix, content = learner.show(rows)
    shown = [molecule for _, molecule in molecules.in_sdf(content.decode(), ROOT)]
    assert suffix == "sdf"
    titles = ["ethanol, seed 0", "amine, seed 0", "amine, seed 1", "ethanol, seed 1"]
    for molecule, title, (_, x) in zip(shown, titles, zip(*split(rows.reshape(4, -1)), strict=True), strict=True):
        assert isinstance(molecule, Chem.Mol)
        assert molecule.GetProp("_Name") == title
        np.testing.assert_allclose(molecules.positions(molecule)[0], x[: molecule.GetNumAtoms()], atol=1e-4)


def test_samples_are_measured_by_the_real_conformations():
    """And not those by samples: what is near, how long a bond is, and how often a kind of bond counts."""
    learner = made_by_hand()
    train = learner.conformers.train
    samples = train[2:5]
    real, drawn = (metrics.Shape(learner._geometries, *split(rows)) for rows in (train, samples))
    found = learner._shape(samples)
    for name in ("bonds", "angles", "torsions"):
        assert found[name] == metrics.distance(getattr(drawn, name), getattr(real, name)) > 0, name
    assert found["bonds"] < 0.95 * metrics.distance(real.bonds, drawn.bonds)
    one = dataclasses.replace(learner, conformers=dataclasses.replace(learner.conformers, train=train[:1]))
    larger = join(np.zeros(3, int), split(train[[0, 0, 0]])[1] * np.array([1, 1.15, 1.5])[:, None, None])
    assert one._shape(larger)["sane"] == pytest.approx(2 / 3)  # but for the one that is half as large again


def test_the_loss_is_of_each_row_with_its_weight_at_a_time_that_is_drawn_as_asked(monkeypatch):
    def told(model, graph, x, t, *, key):
        return t + 10 * x.sum() + 100 * graph.atoms.sum().astype(jnp.float32)

    def times(how, rows, *, key):
        return jnp.arange(rows, dtype=jnp.float32) / (2 if how == "middle" else 3), jr.split(key, rows)

    monkeypatch.setattr(of_learner, "error", told)
    monkeypatch.setattr(of_learner, "training_times", times)
    learner = made_by_hand(times="middle")
    model = eqx.filter_eval_shape(lambda: learner.model(key=jr.key(0)))
    rows, weights = learner.conformers.train[1:5], np.array([0.5, 2.0, 1.0, 0.5], np.float32)
    numbers, x = split(rows)
    each = np.arange(4) / 2 + 10 * x.sum((1, 2)) + 100 * learner.conformers.atoms[numbers].sum((1, 2))
    loss = eqx.filter_jit(lambda rows, weights: learner.loss(model, rows, weights, key=jr.key(5)))
    found = loss(jnp.asarray(rows), jnp.asarray(weights))
    np.testing.assert_allclose(found, (weights * each).mean(), rtol=1e-5)


@pytest.mark.slow
def test_the_test_loss_is_at_times_evenly_spread():
    learner = made_by_hand(test_draws=3, test_batch=4)
    model = eqx.filter_jit(learner.model)(key=jr.key(0))  # operation by operation each would be compiled alone
    models = jax.tree.map(lambda leaf: leaf[None] if eqx.is_array(leaf) else leaf, model)
    of_one = eqx.filter_jit(lambda graph, x, t, key: error(model, graph, x, t, key=key))
    total = 0.0
    for start, end in ((0, 4), (4, 6)):
        numbers, x = split(learner.conformers.test[start:end])
        for number, positions, key in zip(numbers, x, jr.split(jr.fold_in(jr.key(0), start), end - start), strict=True):
            graph = Graph(jnp.asarray(learner.conformers.atoms[number]), jnp.asarray(learner.conformers.pairs[number]))
            for t, draw in zip((1 / 6, 1 / 2, 5 / 6), jr.split(key, 3), strict=True):
                total += float(of_one(graph, jnp.asarray(positions), jnp.float32(t), draw)) / 3
    assert learner.test(models)["test_loss"][0] == pytest.approx(total / 6, rel=1e-4)


@pytest.mark.slow
def test_which_molecule_is_drawn_and_where_its_atoms_are_have_keys_of_their_own():
    learner = made_by_hand()
    model = eqx.filter_jit(learner.model)(key=jr.key(0))  # operation by operation each would be compiled alone
    models = jax.tree.map(lambda leaf: leaf[None] if eqx.is_array(leaf) else leaf, model)
    keys = jr.split(jr.key(4), (1, 6))
    numbers, x = split(learner.sample(models, keys=keys)[0])
    draw = eqx.filter_jit(lambda graph, key: sample(model, graph, 3, ancestral=True, key=key))
    for number, positions, key in zip(numbers, x, keys[0], strict=True):
        # as often as real conformations are of each: three of the first, four of the second
        assert number == [0, 0, 0, 1, 1, 1, 1][int(jr.randint(jr.fold_in(key, 0), (), 0, 7))]
        graph = Graph(jnp.asarray(learner.conformers.atoms[number]), jnp.asarray(learner.conformers.pairs[number]))
        np.testing.assert_allclose(positions, draw(graph, jr.fold_in(key, 1)), rtol=1e-3, atol=1e-3)
    assert len(set(numbers)) == 2
