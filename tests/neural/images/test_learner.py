"""Autoencoders in the loop and on the command line: chains, bytes and colours, presets, mistakes, a sheet of images."""

import dataclasses
import io
import json

import equinox as eqx
import jax
import jax.numpy as jnp
import jax.random as jr
import numpy as np
import pytest
from PIL import Image

from neural.images import learner as of_learner, metrics
from neural.images.configuration import PRESETS
from neural.images.image_set import ImageSet, digits
from neural.images.learner import ImageModel, picture, to_bytes
from neural.images.metrics import frechet
from neural.images.network import Architecture, loss_terms
from tests.helpers import command, refused, write_image


def smoke(capsys, options, path):
    return command(capsys, "neural", f"vae {options} --preset smoke --json --run-dir {path}")


TINY = "--features 2 --latent 2 --steps 6 --chunk 6 --images 32"


@pytest.mark.slow
def test_a_chain_is_the_same_alone_and_beside_others(capsys, tmp_path):
    alone, beside = (smoke(capsys, f"accumulate {TINY} --seeds {n}", tmp_path / str(n)).json for n in (1, 3))
    np.testing.assert_allclose(alone["test_loss_per_seed"][0], beside["test_loss_per_seed"][0], rtol=1e-5)
    assert len({tuple(losses) for losses in beside["test_loss_per_seed"]}) == 3
    one, three = (np.load(tmp_path / n / "pools" / "synthetic-2.npy") for n in ("1", "3"))
    np.testing.assert_allclose(one[0], three[0], atol=1e-5)
    parts = {name: np.array(values) for name, values in beside["metrics"].items()}
    beta = PRESETS["smoke"].beta
    np.testing.assert_allclose(parts["test_loss"], parts["reconstruction"] + beta * parts["kl_per_pixel"])
    assert set(parts) >= {"frechet", "variance", "dimension", "nearest_sample", "nearest_real", "classes"}
    with Image.open(tmp_path / "3" / "samples" / "model-2.png") as sheet:
        assert sheet.size == (20 * 10, 3 * 10)


@pytest.mark.slow
def test_a_run_on_a_folder_in_bytes_and_colour(capsys, tmp_path, monkeypatch):
    for number in range(40):
        write_image(tmp_path / "pictures" / f"{number}.png", (12, 8), colour=(6 * number, 0, 255 - 6 * number))
    options = f"replace {TINY} --seeds 1 --data folder --folder {tmp_path / 'pictures'} --cache {tmp_path / 'cache'}"
    ran = smoke(capsys, f"{options} --channels 3 --test-images 8 --samples noisy", tmp_path / "run")
    assert ran.status == 0
    assert "classes" not in ran.json["metrics"]
    drawn = np.load(tmp_path / "run" / "pools" / "synthetic-1.npy")
    assert (drawn.dtype, drawn.shape) == (np.uint8, (1, 32, 8, 8, 3))
    recorded = json.loads((tmp_path / "run" / "configuration.json").read_text())
    assert (recorded["kind"], recorded["samples"]) == ("vae", "noisy")
    again = smoke(capsys, f"{options} --channels 3 --test-images 8 --samples noisy --resume", tmp_path / "run")
    assert again.json["test_loss"] == ran.json["test_loss"]


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ("--data celeba", "--data celeba needs the images: give a --folder"),
        ("--data folder --folder {nowhere}", "nowhere is no folder"),
        ("--data folder --folder {empty}", "empty holds 0 images"),
        ("--data celeba --folder {empty}", "list_eval_partition.txt is missing"),
        ("--data folder --test-images 1 --folder {mixed}", "b.png has 20 x 24 grey pixels, and"),
        ("--folder {empty}", "digits lie in the repository; got --folder"),
        ("--size 64", "digits are 8 x 8 and grey; got --size 64 and --channels 1"),
        ("--halvings 4", "4 halvings need sides that are multiples of 16; got 8 x 8"),
        ("--model gpt2-9m", "unrecognized arguments: --model"),
        ("--beta 0", "must be a positive finite number"),
    ],
)
def test_a_mistake_is_one_line(options, message, capsys, tmp_path):
    (tmp_path / "empty").mkdir()
    write_image(tmp_path / "mixed" / "a.png")
    write_image(tmp_path / "mixed" / "b.png", mode="L")
    paths = {name: tmp_path / name for name in ("empty", "mixed", "nowhere")}
    options = options.format(**paths) + f" --cache {tmp_path / 'cache'}"
    ran = smoke(capsys, f"replace {options}", tmp_path / "run")
    refused(ran, "python -m neural", message)


COPIES = [
    (
        [0, 0, 1, 1, 2, 2],
        [3, 4],
        6,
        "each of the first 6 real images that are measured equals another, at 8 x 8 pixels",
    ),
    ([0, 0, 0, 1, 2, 3], [4, 5], 3, "each of the first 3 real images that are measured equals another"),
    ([0, 0, 0, 1, 2, 3], [4, 5], 4, None),
    ([0, 1, 2, 3, 4, 5], [1, 5], 6, "each of the 2 held-out images equals one to train on"),
    ([0, 1, 2, 3, 4, 5], [1, 5], 5, None),
    ([0, 1, 2, 3, 4, 5], [6], 6, "got 1 held-out images and 6 of a model; their spread is measured"),
    ([0, 1, 2, 3, 4, 5], [6, 7], 1, "--images 2 or more"),
    ([0], [6, 7], 5, "got 2 held-out images and 1 of a model"),
]


@pytest.mark.filterwarnings("ignore::RuntimeWarning")
@pytest.mark.parametrize(("train", "test", "rows", "message"), COPIES)
def test_real_images_that_samples_cannot_be_measured_by_are_refused(train, test, rows, message):
    """And only those: what is measured of samples is a number if and only if it is not refused."""
    images = np.random.default_rng(4).uniform(size=(8, 8, 8, 1)).astype(np.float32)
    architecture = Architecture("linear", 8, 8, 1, latent=2, features=1, halvings=1, beta=0.1)
    learner = ImageModel(ImageSet(images[train], images[test]), architecture, noisy=False)
    samples = np.random.default_rng(5).uniform(size=(1, rows, 8, 8, 1)).astype(np.float32)
    if message is None:
        learner.check_samples(rows)
        assert np.isfinite(list(learner.evaluate(None, samples).values())).all()
        return
    with pytest.raises(ValueError, match=message):
        learner.check_samples(rows)
    with pytest.raises((ZeroDivisionError, np.linalg.LinAlgError)):
        learner.evaluate(None, samples)


@pytest.mark.parametrize("more", ["", "--dry-run"])
def test_a_folder_with_every_image_five_times_is_refused_before_anything_is_trained(
    more, capsys, tmp_path, monkeypatch
):
    monkeypatch.setattr(ImageModel, "model", lambda *_, **__: pytest.fail("a model is made"))
    pixels = np.random.default_rng(6).integers(0, 256, (8, 8, 8), np.uint8)
    (tmp_path / "photos").mkdir()
    for number in range(40):
        Image.fromarray(pixels[number // 5]).save(tmp_path / "photos" / f"{number:02}.png")
    options = f"--data folder --folder {tmp_path / 'photos'} --cache {tmp_path / 'cache'} --test-images 8 --images 32"
    ran = smoke(capsys, f"replace {options} {more}", tmp_path / "run")
    refused(
        ran, "python -m neural", "each of the first 32 real images that are measured equals another, at 8 x 8 pixels"
    )
    assert not (tmp_path / "run").exists()


def test_every_preset_has_a_model_of_its_images():
    for name, preset in PRESETS.items():
        assert preset.architecture.shape == (preset.size, preset.size, preset.channels), name
        assert preset.plan.T == preset.images
    assert PRESETS["cpu"].seeds >= 3
    assert PRESETS["cpu"].iterations == PRESETS["paper"].iterations == 10
    assert PRESETS["paper"].images == 162_770  # CelebA's training split
    of_digits = dataclasses.replace(PRESETS["paper"], data="digits", size=8, channels=1, halvings=2, test_images=9)
    assert of_digits.image_set().test.tolist() == digits().test[:9].tolist()


def test_a_sheet_has_a_frame_around_each_image():
    sheet = np.asarray(picture(to_bytes(np.zeros((2, 3, 4, 5, 1), np.float32))))
    assert sheet.shape == (2 * 6, 3 * 7)
    assert (sheet[1:5, 1:6] == 0).all()
    assert (sheet[0] == 255).all()
    assert (sheet[:, 6] == 255).all()
    assert to_bytes(np.array([-1.0, 0.5, 2.0], np.float32)).tolist() == [0, 128, 255]


def test_a_folder_in_order_is_represented(monkeypatch):
    """Four classes one after the other, of which every fourth image or so is measured."""
    monkeypatch.setattr(of_learner, "MEASURED", 10)
    labels = np.repeat(np.arange(4), 10)
    noise = np.random.default_rng(2).uniform(-0.05, 0.05, (40, 4, 4, 1))
    train = (labels[:, None, None, None] / 4 + noise).astype(np.float32)
    architecture = Architecture("linear", 4, 4, 1, latent=2, features=1, halvings=1, beta=0.1)
    learner = ImageModel(ImageSet(train, train[::2], labels), architecture, noisy=False)
    samples = train[None, 10:20]  # of one class alone
    assert learner._measure(metrics.pixels(samples[0]))["classes"] == 1 / 4
    # as many images on each side
    np.testing.assert_array_equal(learner._test, metrics.pixels(train[:20:2]))
    assert len(learner._real) == 10
    assert learner.evaluate(None, train[None, 10:]) == learner.evaluate(None, samples)


@pytest.mark.parametrize("batch", [4, 9])
def test_the_test_loss_is_over_all_images_in_whatever_batches(batch):
    random = np.random.default_rng(3)
    images = random.uniform(size=(6, 2, 2, 1)).astype(np.float32)
    architecture = Architecture("linear", 2, 2, 1, latent=2, features=1, halvings=1, beta=0.1)
    learner = ImageModel(ImageSet(images, images), architecture, noisy=False, test_draws=3, test_batch=batch)
    model = learner.model(key=jr.key(1))
    found = learner.test(jax.tree.map(lambda leaf: leaf[None] if eqx.is_array(leaf) else leaf, model))
    total, terms = np.zeros(2), eqx.filter_jit(loss_terms)
    for start in range(0, 6, batch):
        rows = images[start : start + batch]
        for row, key in zip(rows, jr.split(jr.fold_in(jr.key(0), start), len(rows)), strict=True):
            total += np.mean([terms(model, jnp.asarray(row), key=draw) for draw in jr.split(key, 3)], axis=0)
    parts = [found["reconstruction"][0], found["kl_per_pixel"][0]]
    np.testing.assert_allclose(parts, total / 6, rtol=1e-5)
    assert found["test_loss"][0] == pytest.approx(parts[0] + 0.1 * parts[1], rel=1e-6)


def test_bytes_are_sampled_and_shown_where_real_images_are(monkeypatch):
    drawn = np.array([-0.2, 0.2, 0.5, 1.3], np.float32).reshape(2, 1, 1, 2, 1)
    monkeypatch.setattr(of_learner, "_sample", lambda models, noisy, keys: drawn)
    for kind in (np.uint8, np.float32):
        images = np.zeros((3, 1, 2, 1), kind)
        architecture = Architecture("linear", 1, 2, 1, latent=2, features=1, halvings=1, beta=0.1)
        learner = ImageModel(ImageSet(images, images), architecture, noisy=False)
        sampled = learner.sample(None, keys=jr.split(jr.key(0), (2, 1)))
        expected = drawn if kind is np.float32 else np.array([0, 51, 128, 255]).reshape(drawn.shape)
        assert sampled.dtype == kind
        np.testing.assert_array_equal(sampled, expected)
        suffix, content = learner.show(sampled)
        assert suffix == "png"
        with Image.open(io.BytesIO(content)) as sheet:  # a row of images a seed, in a frame of one pixel
            assert np.asarray(sheet)[1::3, 1:3].tolist() == [[0, 51], [128, 255]]


def test_images_that_the_model_is_not_for_are_refused():
    images = np.zeros((3, 4, 2, 1), np.float32)
    architecture = Architecture("linear", 2, 4, 1, latent=2, features=1, halvings=1, beta=0.1)
    with pytest.raises(ValueError, match=r"images have shape \(4, 2, 1\), the model is for \(2, 4, 1\)"):
        ImageModel(ImageSet(images, images), architecture, noisy=False)


def test_bytes_are_the_numbers_that_they_stand_for():
    """0 is 0, and 255 is 1: for the loss, and for what is measured."""
    random = np.random.default_rng(7)
    stored, held_out = (random.integers(0, 256, (count, 2, 2, 1), np.uint8) for count in (6, 4))
    architecture = Architecture("linear", 2, 2, 1, latent=2, features=1, halvings=1, beta=0.1)
    whole = (ImageSet(stored, held_out), ImageSet(*((x / 255).astype(np.float32) for x in (stored, held_out))))
    learners = [ImageModel(images, architecture, noisy=False) for images in whole]
    np.testing.assert_allclose(of_learner._float(jnp.asarray(stored[0])), stored[0] / 255, rtol=1e-6)
    measured = [learner._measure(learner._test) for learner in learners]
    assert measured[0] == pytest.approx(measured[1], rel=1e-5)
    np.testing.assert_allclose(learners[0]._real, stored.reshape(6, -1) / 255, rtol=1e-6)


def test_metrics_compare_samples_with_real_images():
    """By brute force on unlike numbers of samples, real and held-out images: which is divided by which shows."""
    random = np.random.default_rng(0)
    train, test = (random.uniform(size=(count, 4, 4, 1)).astype(np.float32) for count in (40, 25))
    samples = (0.2 + 0.5 * random.uniform(size=(1, 30, 4, 4, 1))).astype(np.float32)
    architecture = Architecture("linear", 4, 4, 1, latent=2, features=1, halvings=1, beta=0.1)
    labels = random.integers(0, 3, 40)
    learner = ImageModel(ImageSet(train, test, labels), architecture, noisy=False)
    found = {name: float(values[0]) for name, values in learner.evaluate(None, samples).items()}
    real, held_out, drawn = (x.reshape(len(x), -1).astype(float) for x in (train, test, samples[0]))

    def distances(a, b):
        return np.sqrt(((a[:, None] - b[None]) ** 2).sum(-1))

    def spread(rows):
        values = np.linalg.eigvalsh(np.cov(rows.T))
        return values.sum() ** 2 / (values**2).sum()

    def to_another(rows):
        return np.where(np.eye(len(rows)) > 0, np.inf, distances(rows, rows)).min(1).mean()

    assert found["variance"] == pytest.approx(drawn.var(0).sum() / real.var(0).sum(), rel=1e-6)
    assert found["variance"] < 0.5
    assert found["dimension"] == pytest.approx(spread(drawn) / spread(real), rel=1e-6)
    # of 30 real ones, as many as there are samples
    assert found["nearest_sample"] == pytest.approx(to_another(drawn) / to_another(real[:30]), rel=1e-6)
    recall = distances(held_out, drawn).min(1).mean() / distances(held_out, real[:30]).min(1).mean()
    assert found["nearest_real"] == pytest.approx(recall, rel=1e-6)
    assert found["frechet"] == pytest.approx(frechet(drawn, held_out), rel=1e-6)
    of_sample = labels[distances(drawn, real).argmin(1)]
    shares = [((of_sample == c).mean(), (labels == c).mean()) for c in range(3)]
    assert found["classes"] == np.mean([share >= 0.1 * usual for share, usual in shares])
