"""Autoencoders in the loop and on the command line: chains, bytes and colours, presets, mistakes, a sheet of images."""

import dataclasses
import json

import numpy as np
import pytest
from PIL import Image

from neural.images.configuration import PRESETS
from neural.images.learner import picture, to_bytes
from tests.helpers import command, refused, write_image


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
