"""Images in idx files: as MNIST has them, compressed or not, and damaged in every way."""

import gzip
import struct

import numpy as np
import pytest

from neural.images.configuration import PRESETS
from neural.images.idx import LABELS, TEST, TRAIN, idx
from tests.helpers import command, refused

RANDOM = np.random.default_rng(0)
IMAGES, HELD_OUT = RANDOM.integers(0, 256, (10, 28, 28), np.uint8), RANDOM.integers(0, 256, (4, 28, 28), np.uint8)
CLASSES = np.arange(10, dtype=np.uint8)


def content(array, kind=8):
    return bytes([0, 0, kind, array.ndim]) + struct.pack(f">{array.ndim}I", *array.shape) + array.tobytes()


def write(folder, arrays, suffix="", dot="-"):
    """As in MNIST: `arrays` by name; compressed where the suffix says so."""
    folder.mkdir(exist_ok=True)
    for name, array in arrays.items():
        made = array if isinstance(array, bytes) else content(array)
        path = folder / (name.replace("-idx", f"{dot}idx") + suffix)
        path.write_bytes(gzip.compress(made, mtime=0) if suffix == ".gz" else made)
    return folder


@pytest.fixture
def folder(tmp_path):
    """Ten images to train on, four to test on."""
    return write(tmp_path / "mnist", {TRAIN: IMAGES, LABELS: CLASSES, TEST: HELD_OUT})


@pytest.mark.parametrize(("suffix", "dot"), [("", "-"), (".gz", "-"), ("", "."), (".gz", ".")])
def test_the_images_are_those_in_the_files(suffix, dot, tmp_path):
    made = idx(write(tmp_path / "mnist", {TRAIN: IMAGES, LABELS: CLASSES, TEST: HELD_OUT}, suffix, dot), test_images=3)
    assert made.train.dtype == made.test.dtype == np.uint8
    np.testing.assert_array_equal(made.train, IMAGES[..., None])
    np.testing.assert_array_equal(made.test, HELD_OUT[:3, ..., None])
    assert made.labels is not None
    assert made.labels.tolist() == CLASSES.tolist()


def test_the_files_have_the_names_of_mnist():
    assert (TRAIN, LABELS, TEST) == ("train-images-idx3-ubyte", "train-labels-idx1-ubyte", "t10k-images-idx3-ubyte")


def test_labels_need_not_be_there(tmp_path):
    assert idx(write(tmp_path / "mnist", {TRAIN: IMAGES, TEST: HELD_OUT}), test_images=3).labels is None


def damaged(folder, name):
    """Whether there is anything to read is another matter; each of these must be seen."""
    whole = content(IMAGES)
    changed = {
        "cut off": {TRAIN: whole[:-1]},
        "one byte more": {TRAIN: whole + b"\0"},
        "cut off in the head": {TRAIN: whole[:9]},
        "empty": {TRAIN: b""},
        "labels for images": {TRAIN: content(CLASSES)},
        "images for labels": {LABELS: whole},
        "of floats": {TRAIN: content(IMAGES, kind=0x0D)},
        "of no images": {TRAIN: content(IMAGES[:0])},
        "of another size": {TEST: content(HELD_OUT[:, :14])},
        "fewer labels": {LABELS: content(CLASSES[:9])},
        "compressed without saying so": {TRAIN: gzip.compress(whole)},
        "a web page": {TEST: b"<html>404</html>"},
        "twice": {f"{TRAIN}.gz": gzip.compress(whole)},
        "half compressed": {f"{TRAIN}.gz": gzip.compress(whole)[:100]},
    }
    if name == "half compressed":
        (folder / TRAIN).unlink()
    if name in changed:
        write(folder, changed[name])
    elif name == "missing":
        (folder / TEST).unlink()
    else:
        assert name == "no folder"
        return folder / "nowhere"
    return folder


@pytest.mark.parametrize(
    ("name", "message"),
    [
        ("cut off", r"train-images-idx3-ubyte has 7855 bytes, and 10 x 28 x 28 numbers take 7856 with what says so"),
        ("one byte more", r"train-images-idx3-ubyte has 7857 bytes, and 10 x 28 x 28 numbers take 7856"),
        ("cut off in the head", r"train-images-idx3-ubyte is cut off after 9 bytes; 16 of them say how large it is"),
        ("empty", r"train-images-idx3-ubyte starts with nothing, and an idx file .* in 3 dimensions with 00000803"),
        ("labels for images", r"train-images-idx3-ubyte starts with 00000801, and .* in 3 dimensions with 00000803"),
        ("images for labels", r"train-labels-idx1-ubyte starts with 00000803, and .* in 1 dimensions with 00000801"),
        ("of floats", r"train-images-idx3-ubyte starts with 00000d03, and an idx file of bytes"),
        ("of no images", r"train-images-idx3-ubyte holds nothing: 0 x 28 x 28 numbers"),
        ("of another size", r"t10k-images-idx3-ubyte has images of 14 x 28, and train-images-idx3-ubyte of 28 x 28"),
        ("fewer labels", r"train-labels-idx1-ubyte has 9 labels for 10 images"),
        ("compressed without saying so", r"train-images-idx3-ubyte is compressed; name it train-images-idx3-ubyte.gz"),
        ("a web page", r"t10k-images-idx3-ubyte starts with 3c68746d, .*python -m neural.sources says how to get"),
        ("twice", r"holds train-images-idx3-ubyte and train-images-idx3-ubyte.gz; keep one of them"),
        ("half compressed", r"train-images-idx3-ubyte.gz is compressed and damaged"),
        ("missing", r"mnist holds no t10k-images-idx3-ubyte, nor t10k-images-idx3-ubyte.gz"),
        ("no folder", r"nowhere is no folder; give one with idx files by --folder"),
    ],
)
def test_what_is_wrong_with_a_file_is_said_in_one_line(name, message, folder):
    with pytest.raises(ValueError, match=message) as refusal:
        idx(damaged(folder, name), test_images=3)
    assert "\n" not in str(refusal.value)


TINY = "--data idx --preset smoke --images 10 --steps 2 --chunk 2 --features 2 --latent 2 --iterations 1 --json"


@pytest.mark.slow
def test_a_convolutional_autoencoder_takes_them_as_large_as_they_are(folder, capsys, tmp_path):
    """28 x 28 and two halvings are what `--data idx` brings, whatever the preset has."""
    ran = command(capsys, "neural", f"vae replace {TINY} --folder {folder} --run-dir {tmp_path / 'run'}")
    assert ran.status == 0, ran.err
    assert "classes" in ran.json["metrics"]
    drawn = np.load(tmp_path / "run" / "pools" / "synthetic-1.npy")
    assert (drawn.dtype, drawn.shape) == (np.uint8, (2, 10, 28, 28, 1))


def test_what_is_given_comes_before_what_the_data_bring(folder, capsys, tmp_path):
    line = f"vae replace {TINY} --folder {folder} --run-dir {tmp_path / 'run'}"
    refused(command(capsys, "neural", f"{line} --halvings 3"), "python -m neural", "3 halvings need sides that are")
    told = "holds images of 28 x 28 pixels and 1 channel; got --size 8 and --channels 1. Use --size 28 --channels 1"
    refused(command(capsys, "neural", f"{line} --size 8"), "python -m neural", told)
    assert PRESETS["smoke"].size == 8


def test_images_that_are_no_squares_are_refused(capsys, tmp_path):
    folder = write(tmp_path / "mnist", {TRAIN: IMAGES[:, :14], TEST: HELD_OUT[:, :14]})
    line = f"vae replace {TINY} --folder {folder} --run-dir {tmp_path / 'run'}"
    refused(
        command(capsys, "neural", line), "python -m neural", "holds images of 14 x 28 pixels; square ones are needed"
    )
    refused(
        command(capsys, "neural", f"vae replace {TINY} --run-dir {tmp_path / 'run'}"),
        "python -m neural",
        "--data idx needs the images: give a --folder",
    )
