"""Diffusion models in the loop and on the command line: chains, presets, mistakes, and without RDKit."""

import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

from neural.conformers import molecules
from neural.conformers.configuration import PRESETS
from neural.conformers.conformer_set import split
from tests.helpers import command, refused

ROOT = Path(__file__).parents[3]

TINY = "--layers 1 --conformations 18 --molecules 12 --test-molecules 3 --steps 6 --chunk 6 --sample-batch 18"


def smoke(capsys, options, path):
    return command(capsys, "neural", f"diffusion {options} --preset smoke --json --run-dir {path}")


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
