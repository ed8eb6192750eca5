"""Images: the embedded digits, CelebA's released form, folders, damaged ones, metrics, and autoencoders in the loop."""

import dataclasses
import json

import jax.random as jr
import numpy as np
import pytest
from PIL import Image
from scipy.linalg import sqrtm

from neural import image_metrics as metrics
from neural.data import images
from neural.images.configuration import PRESETS
from neural.images.learner import picture, to_bytes
from tests.helpers import command, refused

RANDOM = np.random.default_rng(0)


def write(path, size=(20, 24), mode="RGB", colour=None):
    """An image with a middle square of one colour and a border of another."""
    path.parent.mkdir(parents=True, exist_ok=True)
    image = Image.new(mode, size, 0)
    colour = colour if colour is not None else (200 if mode == "L" else (200, 100, 50))
    image.paste(colour, (2, 2, size[0] - 2, size[1] - 2))
    image.save(path)
    return path


@pytest.fixture
def faces(tmp_path):
    """CelebA in small: aligned JPEGs and the partition file."""
    folder = tmp_path / "celeba"
    for number in range(1, 7):
        write(
            folder / images.CELEBA_IMAGES / f"{number:06d}.jpg", (178, 218), colour=(40 * number, 0, 255 - 40 * number)
        )
    splits = [0, 0, 0, 1, 2, 2]
    lines = "".join(f"{number:06d}.jpg {split}\n" for number, split in enumerate(splits, 1))
    (folder / images.CELEBA_PARTITION).write_text(lines)
    return folder


def celeba(folder, **changes):
    return images.celeba(
        folder, **{"size": 8, "channels": 3, "test_images": 2, "cache": folder.parent / "cache"} | changes
    )


def of_folder(folder, **changes):
    options = {"size": 8, "channels": 1, "test_images": 1, "cache": folder.parent / "cache"}
    return images.folder_of_images(folder, **options | changes)


def test_digits_are_split_alike_each_time_and_balanced():
    made = images.digits()
    assert made.train.shape == (1437, 8, 8, 1)
    assert made.test.shape == (360, 8, 8, 1)
    assert made.train.dtype == np.float32
    assert set(np.unique(made.train * 16)) == set(range(17))
    assert np.bincount(made.labels).min() > 120
    # no scan is in both parts
    assert not {row.tobytes() for row in made.train} & {row.tobytes() for row in made.test}
    np.testing.assert_array_equal(made.train, images.digits().train)


def test_real_images_are_new_at_every_iteration():
    made = images.digits()
    first, second = (made.real(n, 700, key=jr.key(1)) for n in (1, 2))
    assert not {row.tobytes() for row in first} & {row.tobytes() for row in second}
    assert (made.real(1, 700, key=jr.key(2)) != first).any()
    with pytest.raises(ValueError, match="iteration 3 needs 700 real images .* 2100 in all, and there are 1437"):
        made.real(3, 700, key=jr.key(1))


def test_celeba_is_split_by_its_partition_cut_and_resized(faces):
    made = celeba(faces)
    assert made.train.shape == (3, 8, 8, 3)
    assert made.test.shape == (2, 8, 8, 3)
    assert made.train.dtype == np.uint8
    # the border is outside the middle square, JPEG leaves a colour nearly as it is
    for image, number in zip([*made.train, *made.test], [1, 2, 3, 5, 6], strict=True):
        assert np.abs(image.astype(int) - [40 * number, 0, 255 - 40 * number]).max() <= 4


def test_the_cache_is_read_until_an_image_changes(faces, monkeypatch):
    first = celeba(faces)
    read = images._read
    monkeypatch.setattr(images, "_read", lambda path: pytest.fail(f"{path} was read again"))
    again = celeba(faces)
    assert isinstance(again.train, np.memmap)
    np.testing.assert_array_equal(first.train, again.train)
    monkeypatch.setattr(images, "_read", read)
    write(faces / images.CELEBA_IMAGES / "000001.jpg", (178, 218), colour=(0, 255, 0))
    assert np.abs(celeba(faces).train[0].astype(int) - [0, 255, 0]).max() <= 4
    assert not list((faces.parent / "cache").glob(".*"))


def test_a_folder_of_any_images(tmp_path):
    for number in range(5):
        write(tmp_path / "pictures" / f"part{number % 2}" / f"{number}.png", mode="L", colour=50 * number)
    (tmp_path / "pictures" / "notes.txt").write_text("not an image")
    made = of_folder(tmp_path / "pictures", channels=3, size=4)
    assert made.train.shape == (4, 4, 4, 3)
    assert made.test.shape == (1, 4, 4, 3)
    middle = sorted(made.train[:, 2, 2, 0].tolist() + made.test[:, 2, 2, 0].tolist())
    # the filter of the resizing overshoots a little beside the dark border
    np.testing.assert_allclose(middle, [0, 50, 100, 150, 200], atol=10)


def damaged(folder, name):
    path = folder / images.CELEBA_IMAGES / "000002.jpg"
    if name == "truncated":
        path.write_bytes(path.read_bytes()[:700])
    elif name == "not an image":
        path.write_text("<html>404</html>")
    elif name == "empty":
        path.write_bytes(b"")
    elif name == "missing":
        path.unlink()
    elif name == "size":
        write(path, (178, 200))
    elif name == "grey":
        write(path, (178, 218), mode="L")
    elif name == "transparent":
        Image.new("RGBA", (178, 218)).save(path, "png")
    elif name == "all small":
        for other in path.parent.iterdir():
            write(other, (100, 100))


@pytest.mark.parametrize(
    ("name", "message"),
    [
        ("truncated", r"000002.jpg is no image that can be read: image file is truncated"),
        ("not an image", r"000002.jpg is no image that can be read: cannot identify image file"),
        ("empty", r"000002.jpg is no image that can be read"),
        ("missing", r"000002.jpg is missing \(No such file or directory\)"),
        ("size", r"000002.jpg has 178 x 200 RGB pixels, and .*000001.jpg 178 x 218 RGB pixels; make all images alike"),
        ("grey", r"000002.jpg has 178 x 218 grey pixels, and .*000001.jpg 178 x 218 RGB pixels"),
        ("transparent", r"000002.jpg has pixels of mode RGBA; grey \(L\) or RGB ones are needed"),
        ("all small", r"00000\d.jpg has 100 x 100 RGB pixels; at least 148 x 148 are needed"),
    ],
)
def test_a_damaged_image_is_named(name, message, faces):
    damaged(faces, name)
    with pytest.raises(ValueError, match=message):
        celeba(faces)
    assert not list((faces.parent / "cache").glob(".*")), "half a file is left"


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (None, "list_eval_partition.txt is missing; CelebA's partition file tells"),
        ("000001.jpg\n", "list_eval_partition.txt, line 1: needs a file name and 0, 1 or 2; got '000001.jpg'"),
        ("000001.jpg 0\n", "names no images to test on \\(split 2\\)"),
        ("", "names no images to train on"),
    ],
)
def test_a_partition_file_that_is_wrong_is_named(content, message, faces):
    path = faces / images.CELEBA_PARTITION
    path.unlink() if content is None else path.write_text(content)
    with pytest.raises(ValueError, match=message):
        celeba(faces)


def test_frechet_distance_of_gaussians():
    a, b = RANDOM.normal(size=(2, 200_000, 3)) * np.array([1.0, 2.0, 0.5])
    b = 3 * b + np.array([1.0, 0, 0])
    # commuting covariances: the squared distances of means and of standard deviations
    assert metrics.frechet(a, b) == pytest.approx(1 + 4 * (1 + 4 + 0.25), rel=0.02)
    assert abs(metrics.frechet(a, a)) < 1e-9
    left, right = (RANDOM.normal(size=(50, 3)) @ RANDOM.normal(size=(3, 3)) for _ in range(2))
    A, B = np.cov(left.T), np.cov(right.T)
    expected = ((left.mean(0) - right.mean(0)) ** 2).sum() + np.trace(A + B - 2 * sqrtm(A @ B).real)
    assert metrics.frechet(left, right) == pytest.approx(expected, rel=1e-8)


def test_diversity_sees_copies_lost_directions_and_lost_classes():
    made = images.digits()
    real, test = metrics.pixels(made.train), metrics.pixels(made.test)
    assert real.shape == (1437, 64)
    assert metrics.pixels(np.ones((2, 64, 48, 3), np.float32)).shape == (2, 8 * 8 * 3)
    rows = RANDOM.normal(size=(20_000, 5)) * np.array([1, 1, 1, 0, 0])
    assert metrics.dimension(rows) == pytest.approx(3, rel=0.01)
    assert metrics.dimension(np.ones((4, 3))) == 0
    np.testing.assert_allclose(metrics.spectrum(rows)[3:], 0, atol=1e-12)
    assert metrics.nearest_other(np.array([[0.0], [1.0], [3.0]])) == pytest.approx(4 / 3)
    assert metrics.nearest_other(np.concatenate([real[:50]] * 2)) == 0
    assert metrics.nearest(np.array([[0.0], [5.0]]), np.array([[1.0], [3.0]])) == 1.5
    assert metrics.classes(real, made.labels, test) == 1
    few = real[np.less(made.labels, 4)]
    assert metrics.classes(real, made.labels, few) == 0.4
    order = np.random.default_rng(0).permutation(1797)[1437:]
    with np.load(images.Path(images.__file__).with_name("digits.npz")) as file:
        truth = file["labels"][order]
    found = np.array([metrics.classes(real, np.where(made.labels == c, 1, 0), test[truth == c]) for c in range(10)])
    assert (found == 0.5).all()  # of "this digit" and "another" only the first is drawn: the classifier is right


def smoke(capsys, options, path):
    return command(capsys, "neural", f"vae {options} --preset smoke --json --run-dir {path}")


TINY = "--features 2 --latent 2 --steps 6 --chunk 6 --images 32"


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


def test_a_run_on_a_folder_in_bytes_and_colour(capsys, tmp_path, monkeypatch):
    for number in range(40):
        write(tmp_path / "pictures" / f"{number}.png", (12, 8), colour=(6 * number, 0, 255 - 6 * number))
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
    write(tmp_path / "mixed" / "a.png")
    write(tmp_path / "mixed" / "b.png", mode="L")
    paths = {name: tmp_path / name for name in ("empty", "mixed", "nowhere")}
    options = options.format(**paths) + f" --cache {tmp_path / 'cache'}"
    ran = smoke(capsys, f"replace {options}", tmp_path / "run")
    refused(ran, "python -m neural", message)


def test_every_preset_has_a_model_of_its_images():
    for name, preset in PRESETS.items():
        assert preset.architecture.shape == (preset.size, preset.size, preset.channels), name
        assert preset.plan.T == preset.images
    assert PRESETS["cpu"].seeds >= 3
    assert PRESETS["cpu"].iterations == PRESETS["paper"].iterations == 10
    assert PRESETS["paper"].images == 162_770  # CelebA's training split
    assert dataclasses.replace(PRESETS["paper"], data="digits", size=8, channels=1, halvings=2).image_set()


def test_a_sheet_has_a_frame_around_each_image():
    sheet = np.asarray(picture(to_bytes(np.zeros((2, 3, 4, 5, 1), np.float32))))
    assert sheet.shape == (2 * 6, 3 * 7)
    assert (sheet[1:5, 1:6] == 0).all()
    assert (sheet[0] == 255).all()
    assert (sheet[:, 6] == 255).all()
    assert to_bytes(np.array([-1.0, 0.5, 2.0], np.float32)).tolist() == [0, 128, 255]
