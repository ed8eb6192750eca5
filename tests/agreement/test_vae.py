"""Autoencoders on their own images: what is recorded, the law of linear ones, and the figures of both."""

import dataclasses
import json
from pathlib import Path

import numpy as np
import pytest
from scipy import stats

from figures import vae as figures
from figures.chains import NAMES, curve
from figures.style import save
from paper_repro import experiment
from paper_repro.gerstgrasser2024 import vae
from tests.benchmarks import training_length
from tests.helpers import recorded
from theory import Accumulate, Replace


@pytest.fixture(scope="module")
def loss():
    """Workflow, metric -> mean and standard error of the rise and of the loss, as recorded."""
    rows = recorded(vae.VAE)
    return lambda workflow, metric: curve(rows, "cpu", workflow, metric)


def test_replace_rises_throughout_and_accumulate_at_most_a_third_as_much(loss):
    assert vae.VAE.base.iterations == 10
    replace, replace_error, seeds = loss("replace", "rise")
    accumulate, accumulate_error, _ = loss("accumulate", "rise")
    assert seeds >= 3
    assert (np.diff(replace) > 0).all()
    assert replace[-1] >= 0.3
    assert accumulate[-1] <= replace[-1] / 3
    assert abs(accumulate[-1]) <= 0.25
    # one-sided tests by Student's t on 2 degrees of freedom, the fewest that can be meant
    quantile = stats.t.ppf(0.975, seeds - 1)
    assert replace[-1] - quantile * replace_error[-1] > 0.3
    difference = replace[-1] / 3 - accumulate[-1]
    assert difference > quantile * np.hypot(replace_error[-1] / 3, accumulate_error[-1])


def test_model_1_is_within_3_per_cent_of_what_it_converges_to(loss):
    """Converged, and twice as long without rows held out, as recorded of lengths of training."""
    recorded = json.loads((Path(training_length.__file__).parent / "training_length.json").read_text())["model 1"]
    lengths = {row["setting"].split(" --check")[0]: row["test_loss"] for row in recorded if row["kind"] == "vae"}
    for workflow in ("replace", "accumulate"):
        model_1 = loss(workflow, "test_loss")[0][0]
        assert model_1 < 1.03 * lengths["--until converged"]
        assert model_1 < 1.03 * lengths["--steps 8000"]
        assert model_1 < 0.97 * lengths["--steps 2000"]  # which is too short


def test_replace_loses_variance_and_accumulate_a_third_of_that_at_most(loss):
    for metric, lost in (("variance", 0.35), ("nearest_sample", 0.2)):
        replace, error, _ = loss("replace", metric)
        kept, kept_error, _ = loss("accumulate", metric)
        assert replace[0] - replace[-1] > lost * replace[0]
        assert kept[0] - kept[-1] < (replace[0] - replace[-1]) / 3
        assert kept[-1] - replace[-1] > 5 * np.hypot(error[-1], kept_error[-1])


@pytest.mark.parametrize("noisy", [False, True])
@pytest.mark.parametrize("workflow", [Replace(), Accumulate()], ids=repr)
def test_best_fits_of_linear_autoencoders_lose_the_noise_at_every_iteration(workflow, noisy):
    """Probabilistic PCA in closed form, refitted to 100,000 samples of each model, against `linear_loss`."""
    variances, beta, latent = np.array([2.0, 1.2, 0.7, 0.3, 0.1]), 0.5, 3
    random, noise = np.random.default_rng(0), beta / 2
    pools = [random.normal(size=(100_000, 5)) * np.sqrt(variances)]
    found = []
    for _ in range(6):
        rows = pools[-1] if workflow == Replace() else np.concatenate(pools)
        values, vectors = np.linalg.eigh(np.cov(rows, rowvar=False))
        weights = vectors[:, -latent:] * np.sqrt((values[-latent:] - noise).clip(0))
        covariance = weights @ weights.T + noise * np.eye(5)
        _, determinant = np.linalg.slogdet(covariance / noise)
        found.append(noise * (determinant + np.trace(np.linalg.solve(covariance, np.diag(variances)))) / 5)
        pools.append(random.normal(size=(100_000, latent)) @ weights.T)
        if noisy:
            pools[-1] = pools[-1] + random.normal(size=pools[-1].shape) * noise**0.5
    law = vae.linear_loss(variances, latent, beta, 6, workflow)
    # a covariance of 100,000 rows is known to half a per cent, and six of these follow each other under Replace
    least, tolerance = {"replace": (1.3, 0.02), "accumulate": (1.04, 0.004)}[workflow.command()]
    assert law[-1] > least * law[0]
    np.testing.assert_allclose(found, np.full(6, law[0]) if noisy else law, rtol=tolerance)


def test_linear_autoencoders_under_accumulate_lose_as_much_as_the_depth_says():
    """As long as no direction is lost: the loss under Replace if a model could be between two iterations."""
    variances, latent, beta = np.array([4.0, 3.0, 0.2]), 2, 0.5
    noise, harmonic = beta / 2, np.cumsum(1 / np.arange(1, 9))
    kept = variances[:2] - noise * harmonic[:, None]
    model = np.column_stack([kept + noise, np.full(8, noise)])
    by_hand = (noise * (np.log(model / noise) + variances / model)).mean(1)
    np.testing.assert_allclose(vae.linear_loss(variances, latent, beta, 8, Accumulate()), by_hand, rtol=1e-12)
    # it goes on where an unbiased fit's error would have levelled off
    assert by_hand[7] - by_hand[3] > 0.5 * (by_hand[3] - by_hand[0])


SMALL = dataclasses.replace(
    vae.VAE,
    base=dataclasses.replace(
        vae.VAE.base, style="linear", iterations=2, seeds=2, images=32, steps=4, chunk=4, latent=2, test_draws=1
    ),
)


def test_images_that_are_bytes_are_kept_as_they_are(tmp_path):
    """As files of images are read and sampled; those of the digits are numbers from 0 to 1."""
    learner, images = SMALL.base.learner(tmp_path), np.arange(256, dtype=np.uint8).reshape(1, 16, 16, 1)
    for pool in (images, images.astype(np.float32) / 255):
        (row,) = vae._shown(learner, pool)
        assert row["pixels"] == bytes(range(256)).hex()
    many = np.repeat(np.arange(12, dtype=np.uint8), 64).reshape(12, 8, 8, 1)
    first = [(row["image"], row["pixels"]) for row in vae._shown(learner, many)]
    assert first == [(n, f"{n:02x}" * 64) for n in range(10)]


@pytest.mark.slow
@pytest.mark.usefixtures("quickly_compiled")
def test_a_table_is_made_once_and_holds_the_images(tmp_path, monkeypatch):
    metrics, images = vae.run(SMALL, tmp_path)
    assert len(images) == 2 * 2 * vae.SHOWN
    assert {row["metric"] for row in metrics} >= {"test_loss", "rise", "variance", "classes"}
    rise, error, seeds = curve(metrics, "cpu", "replace", "rise")
    assert (rise[0], error[0], seeds) == (0, 0, 2)
    assert {len(row["pixels"]) for row in images} == {2 * 64}
    monkeypatch.setattr(experiment, "train", lambda *_: pytest.fail("trained again"))
    assert vae.run(SMALL, tmp_path) == (metrics, images)
    assert sorted(path.name for path in tmp_path.iterdir()) == [
        f"vae{part}.{suffix}" for part in ("", "_images") for suffix in ("csv", "json")
    ]
    json.loads((tmp_path / "vae.json").read_text())


@pytest.mark.slow
def test_figures_draw_what_is_recorded(tmp_path):
    metrics, images = recorded(vae.VAE), recorded(vae.VAE, "_images")
    ablation = recorded(vae.ABLATION) + recorded(vae.LONGER)
    drawn = {}

    def keep(name, figure):
        drawn[name] = figure
        return figure

    for name, plot, rows in (
        ("vae", figures.plot, metrics),
        ("vae_samples", figures.plot_samples, images),
        ("vae_ablation", figures.plot_ablation, ablation),
    ):
        pdf, png = save(tmp_path, name, lambda n=name, p=plot, r=rows: keep(n, p(r)))
        assert pdf.stat().st_size > 1000
        assert png.stat().st_size > 10_000
    for column, workflow in enumerate(NAMES):
        line = drawn["vae"].axes[column].lines[0]
        np.testing.assert_array_equal(line.get_ydata(), curve(metrics, "cpu", workflow, "test_loss")[0])
