"""Sets of images: the embedded digits, CelebA's released form, folders, and damaged ones."""

import os

import jax.random as jr
import numpy as np
import pytest
from PIL import Image

from neural.images import image_files, image_set
from neural.images.image_files import load
from neural.remarks import kept
from tests.helpers import write_image


@pytest.fixture
def faces(tmp_path):
    """CelebA in small: aligned JPEGs and the partition file."""
    folder = tmp_path / "celeba"
    for number in range(1, 7):
        write_image(
            folder / "img_align_celeba" / f"{number:06d}.jpg",
            (178, 218),
            colour=(40 * number, 0, 255 - 40 * number),
        )
    splits = [0, 0, 0, 1, 2, 2]
    lines = "".join(f"{number:06d}.jpg {split}\n" for number, split in enumerate(splits, 1))
    (folder / "list_eval_partition.txt").write_text(lines)
    return folder


def celeba(folder, **changes):
    return image_set.celeba(
        folder, **{"size": 8, "channels": 3, "test_images": 2, "cache": folder.parent / "cache"} | changes
    )


def of_folder(folder, **changes):
    options = {"size": 8, "channels": 1, "test_images": 1, "cache": folder.parent / "cache"}
    return image_set.folder_of_images(folder, **options | changes)


def test_digits_are_split_alike_each_time_and_balanced():
    made = image_set.digits()
    assert made.train.shape == (1437, 8, 8, 1)
    assert made.test.shape == (360, 8, 8, 1)
    assert made.train.dtype == np.float32
    assert set(np.unique(made.train * 16)) == set(range(17))
    assert made.labels is not None
    assert np.bincount(made.labels).min() > 120
    # no scan is in both parts
    assert not {row.tobytes() for row in made.train} & {row.tobytes() for row in made.test}
    np.testing.assert_array_equal(made.train, image_set.digits().train)


def test_real_images_are_new_at_every_iteration():
    made = image_set.digits()
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


def test_the_first_faces_of_their_split_are_tested_on(faces):
    assert np.abs(celeba(faces, test_images=1).test.astype(int) - [40 * 5, 0, 255 - 40 * 5]).max() <= 4


def test_copies_in_a_folder_are_counted_on_the_side_where_they_are(tmp_path):
    """Of seven images, six alike: two are held out."""
    for number in range(7):
        write_image(tmp_path / "a" / f"{number}.png", (8, 8), "L", 200 if number == 3 else 50)
    with kept() as remarks:
        made = of_folder(tmp_path / "a", test_images=2)
    trained, held_out = ({row.tobytes() for row in rows} for rows in (made.train, made.test))
    copies = len(made.train) - len(trained)
    seen = sum(row.tobytes() in trained for row in made.test)
    assert [(each.count, each.what.partition(" images ")[2][:8]) for each in remarks] == [
        (copies, "to train"),
        (seen, "held out"),
    ]
    assert (copies, len(held_out & trained)) == (3, 1)


def test_the_cache_is_read_until_an_image_changes(faces, monkeypatch):
    first = celeba(faces)
    read = image_files._read
    monkeypatch.setattr(image_files, "_read", lambda path: pytest.fail(f"{path} was read again"))
    again = celeba(faces)
    assert isinstance(again.train, np.memmap)
    np.testing.assert_array_equal(first.train, again.train)
    monkeypatch.setattr(image_files, "_read", read)
    write_image(faces / "img_align_celeba" / "000001.jpg", (178, 218), colour=(0, 255, 0))
    assert np.abs(celeba(faces).train[0].astype(int) - [0, 255, 0]).max() <= 4
    assert not list((faces.parent / "cache").glob(".*"))


def test_every_way_of_reading_images_is_kept_by_itself(tmp_path, monkeypatch):
    def make_cached(file, _):
        raise NotImplementedError(file)

    def asked(*names, **changes):
        with pytest.raises(NotImplementedError) as where:
            load([tmp_path / name for name in names], **({"size": 8, "channels": 3, "cache": tmp_path} | changes))
        return str(where.value)

    monkeypatch.setattr(image_files, "make_cached", make_cached)
    for name in ("a.png", "b.png"):
        write_image(tmp_path / name)
    found = [
        asked("a.png"),
        asked("b.png"),
        asked("a.png", "b.png"),
        asked("a.png", size=9),
        asked("a.png", channels=1),
    ]
    found += [asked("a.png", crop=4), asked("a.png", skip_broken=True)]
    assert len(set(found)) == len(found)
    assert asked("a.png") == found[0]
    os.utime(tmp_path / "a.png", ns=(1, 1))
    assert asked("a.png") not in found


def test_a_folder_of_any_images(tmp_path):
    for number in range(5):
        write_image(tmp_path / "pictures" / f"part{number % 2}" / f"{number}.png", mode="L", colour=50 * number)
    (tmp_path / "pictures" / "notes.txt").write_text("not an image")
    made = of_folder(tmp_path / "pictures", channels=3, size=4)
    assert made.train.shape == (4, 4, 4, 3)
    assert made.test.shape == (1, 4, 4, 3)
    shades = [images[:, 2, 2, 0].tolist() for images in (made.train, made.test)]
    middle = sorted(shades[0] + shades[1])
    # the filter of the resizing overshoots a little beside the dark border
    np.testing.assert_allclose(middle, [0, 50, 100, 150, 200], atol=10)
    # always the same is held out, the third by its name, part1/1.png the fourth; else a run went on with another
    assert [shades[0], shades[1]] == [[middle[0], middle[2], middle[1], middle[3]], [middle[4]]]


def test_the_same_images_of_a_folder_are_held_out_each_time(tmp_path):
    """Eight of sixteen: others would be by luck the same once in 12,870."""
    for number in range(16):
        write_image(tmp_path / f"{number:02}.png", mode="L", colour=16 * number)
    first, again = (of_folder(tmp_path, size=4, test_images=8) for _ in range(2))
    assert len(np.unique(first.test[:, 2, 2])) == 8
    np.testing.assert_array_equal(again.test, first.test)


@pytest.mark.parametrize("turned", [False, True])
def test_the_square_in_the_middle_is_kept(turned, tmp_path):
    thirds = np.repeat(np.array([0, 100, 200], np.uint8), 6)[None].repeat(6, 0)
    (tmp_path / "a").mkdir()
    for number in range(2):
        Image.fromarray(thirds.T if turned else thirds).save(tmp_path / "a" / f"{number}.png")
    assert (of_folder(tmp_path / "a", size=3).train == 100).all()


def damaged(folder, name):
    path = folder / "img_align_celeba" / "000002.jpg"
    if name == "truncated":
        path.write_bytes(path.read_bytes()[:700])
    elif name == "not an image":
        path.write_text("<html>404</html>")
    elif name == "empty":
        path.write_bytes(b"")
    elif name == "missing":
        path.unlink()
    elif name == "size":
        write_image(path, (178, 200))
    elif name == "grey":
        write_image(path, (178, 218), mode="L")
    elif name == "transparent":
        Image.new("RGBA", (178, 218)).save(path, "png")
    elif name == "all small":
        for other in path.parent.iterdir():
            write_image(other, (100, 100))


@pytest.mark.parametrize(
    ("name", "message"),
    [
        ("truncated", r"000002.jpg is no image that can be read: image file is truncated"),
        ("not an image", r"000002.jpg is no image that can be read: cannot identify image file"),
        ("empty", r"000002.jpg is no image that can be read"),
        ("missing", r"000002.jpg is missing \(No such file or directory\)"),
        (
            "size",
            r"000002.jpg has 178 x 200 RGB pixels, and .*000001.jpg 178 x 218 RGB pixels; 1 of 3 images are not of",
        ),
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
    path = faces / "list_eval_partition.txt"
    path.unlink() if content is None else path.write_text(content)
    with pytest.raises(ValueError, match=message):
        celeba(faces)
