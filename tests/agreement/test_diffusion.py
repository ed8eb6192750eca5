"""Diffusion models on their own conformations: what is recorded, and the figures, both without RDKit."""

import dataclasses
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
from scipy import stats

from figures import diffusion as figures
from figures.chains import NAMES, curve
from figures.style import save
from paper_repro import experiment
from paper_repro.gerstgrasser2024 import diffusion
from tests.helpers import recorded

ROOT = Path(__file__).parents[2]


@pytest.fixture(scope="module")
def loss():
    """Workflow, metric -> mean and standard error by iteration, as recorded of the short training."""
    rows = recorded(diffusion.SHORT)
    return lambda workflow, metric: curve(rows, "600 steps", workflow, metric)


def test_model_1_of_the_longer_training_is_sane():
    """What the claims on its later models say is judged with them."""
    rows = recorded(diffusion.DIFFUSION)
    for workflow in NAMES:
        sane, _, seeds = curve(rows, "cpu", workflow, "sane")
        assert (len(sane), seeds) == (6, 3)
        assert sane[0] >= 0.9


def test_replace_rises_half_as_much_again_and_accumulate_far_less(loss):
    assert diffusion.SHORT.base.iterations == 6
    replace, replace_error, seeds = loss("replace", "rise")
    accumulate, accumulate_error, _ = loss("accumulate", "rise")
    assert seeds >= 3
    assert (np.diff(replace) > 0).all()
    # one-sided tests by Student's t on 2 degrees of freedom, the fewest that can be meant
    quantile = stats.t.ppf(0.975, seeds - 1)
    assert replace[-1] - quantile * replace_error[-1] > 0.5
    assert accumulate[-1] + quantile * accumulate_error[-1] < 1
    difference = replace[-1] / 2 - accumulate[-1]
    assert difference > quantile * np.hypot(replace_error[-1] / 2, accumulate_error[-1])


def test_replace_distorts_conformations_and_loses_the_real_ones(loss):
    for metric, better in (("coverage", 1), ("bonds", -1), ("angles", -1), ("matching", -1)):
        replace, error, seeds = loss("replace", metric)
        kept, kept_error, _ = loss("accumulate", metric)
        quantile = stats.t.ppf(0.975, seeds - 1)
        assert better * (kept[-1] - replace[-1]) > quantile * np.hypot(error[-1], kept_error[-1]), metric


SMALL = dataclasses.replace(
    diffusion.DIFFUSION,
    base=dataclasses.replace(
        diffusion.SETTINGS["smoke"], conformations=8, molecules=6, test_molecules=2, steps=4, chunk=4, sampler_steps=2
    ),
    workflows=diffusion.DIFFUSION.workflows[:1],
)


@pytest.mark.slow
@pytest.mark.usefixtures("quickly_compiled")
def test_a_table_is_made_once_and_holds_the_samples(tmp_path, monkeypatch):
    metrics, samples = diffusion.run(SMALL, tmp_path)
    rise, error, seeds = curve(metrics, "cpu", "replace", "rise")
    assert (rise[0], error[0], seeds) == (0, 0, 2)
    for row in samples:
        atoms, bonds = len(row["atoms"].split()), [bond.split("-") for bond in row["bonds"].split()]
        assert len(row["positions"].split()) == 3 * atoms
        assert {int(atom) for bond in bonds for atom in bond} == set(range(atoms))
    monkeypatch.setattr(experiment, "train", lambda *_: pytest.fail("trained again"))
    assert diffusion.run(SMALL, tmp_path) == (metrics, samples)
    assert sorted(path.name for path in tmp_path.iterdir()) == [
        f"diffusion{part}.{suffix}" for part in ("", "_samples") for suffix in ("csv", "json")
    ]


@pytest.mark.slow
def test_figures_draw_what_is_recorded(tmp_path):
    metrics, samples = recorded(diffusion.DIFFUSION), recorded(diffusion.DIFFUSION, "_samples")
    ablation, short = recorded(diffusion.ABLATION), recorded(diffusion.SHORT)
    drawn = {}

    def keep(name, figure):
        drawn[name] = figure
        return figure

    for name, plot, *rows in (
        ("diffusion", figures.plot, metrics),
        ("diffusion_samples", figures.plot_samples, samples),
        ("diffusion_ablation", figures.plot_ablation, ablation, short, metrics),
    ):
        pdf, png = save(tmp_path, name, lambda n=name, p=plot, r=rows: keep(n, p(*r)))
        assert pdf.stat().st_size > 1000
        assert png.stat().st_size > 10_000
    for column, workflow in enumerate(NAMES):
        line = drawn["diffusion"].axes[column].lines[0]
        np.testing.assert_array_equal(line.get_ydata(), 1 + curve(metrics, "cpu", workflow, "rise")[0])
    # at least two molecules at every iteration under both workflows
    assert len(drawn["diffusion_samples"].axes[0].get_yticks()) >= 2


def test_molecules_are_turned_onto_each_other():
    x = np.random.default_rng(0).normal(size=(7, 3))
    flat = figures.laid_flat(x)
    assert (np.diff(flat.var(0)) < 0).all()
    rotation = np.linalg.qr(np.random.default_rng(1).normal(size=(3, 3)))[0]
    np.testing.assert_allclose(figures.turned(x @ rotation + 5, flat), flat, atol=1e-12)


@pytest.mark.slow
def test_recorded_figures_need_no_rdkit(tmp_path):
    code = (
        "import sys; sys.modules['rdkit'] = None\n"
        "from pathlib import Path; from figures import diffusion as figures; from figures.style import save\n"
        "from paper_repro.gerstgrasser2024 import diffusion\n"
        "metrics, samples = diffusion.run(diffusion.DIFFUSION)\n"
        "save(Path(sys.argv[1]), 'loss', lambda: figures.plot(metrics))\n"
        "save(Path(sys.argv[1]), 'samples', lambda: figures.plot_samples(samples))\n"
    )
    subprocess.run([sys.executable, "-c", code, str(tmp_path)], cwd=ROOT, check=True, capture_output=True)
    assert len(list(tmp_path.iterdir())) == 4
