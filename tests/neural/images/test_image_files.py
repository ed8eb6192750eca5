"""A user's own images, as files come: turned, in many formats, hidden, broken, and CelebA's in other copies."""

import io
import os
import re
import zlib
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from PIL import ExifTags, Image

from neural.images import image_files, image_set
from neural.images.configuration import PRESETS
from tests.helpers import command, refused, write_image

#: Four colours, so that each way of turning it gives another picture.
CORNERS = np.kron(np.array([[0, 80], [160, 240]]), np.ones((8, 8))).astype(np.uint8)


def of_folder(folder, **changes):
    options = {"size": 2, "channels": 1, "test_images": 1, "cache": folder.parent / "cache"}
    return image_set.folder_of_images(folder, **options | changes)


def saved(path, image, **options):
    path.parent.mkdir(parents=True, exist_ok=True)
    image.save(path, **options)
    return path


def rows(made):
    return np.concatenate([made.train, made.test])


#: What EXIF's number says where the first row and the first column of what is shown lie in what is stored.
STORED = {
    1: CORNERS,
    2: CORNERS[:, ::-1],
    3: CORNERS[::-1, ::-1],
    4: CORNERS[::-1],
    5: CORNERS.T,
    6: np.rot90(CORNERS),
    7: CORNERS[::-1, ::-1].T,
    8: np.rot90(CORNERS, -1),
}


@pytest.mark.parametrize("suffix", ["jpg", "png", "webp", "tif", "avif"])
def test_images_are_turned_upright(suffix, tmp_path):
    for orientation, stored in STORED.items():
        exif = Image.Exif()
        exif[ExifTags.Base.Orientation] = orientation
        options = {"quality": 100, "exif": exif} if suffix in ("jpg", "webp", "avif") else {"exif": exif}
        picture = Image.fromarray(np.ascontiguousarray(stored)).convert("RGB")
        saved(tmp_path / "a" / f"{orientation}.{suffix}", picture, **options)
    made = rows(of_folder(tmp_path / "a", size=16)).astype(int)
    assert len(made) == 8
    assert np.abs(made[..., 0] - CORNERS).max() <= 12  # JPEG and its like leave colours nearly as they are


def test_a_turned_image_has_its_sides_as_it_is_seen(tmp_path):
    exif = Image.Exif()
    exif[ExifTags.Base.Orientation] = 6
    saved(tmp_path / "a" / "0.png", Image.new("L", (20, 10), 50))
    saved(tmp_path / "a" / "1.png", Image.new("L", (10, 20), 50), exif=exif)
    assert len(rows(of_folder(tmp_path / "a"))) == 2
    saved(tmp_path / "a" / "2.png", Image.new("L", (20, 10), 50), exif=exif)
    with pytest.raises(ValueError, match=r"2.png has 10 x 20 grey pixels, and .*0.png 20 x 10 grey pixels"):
        of_folder(tmp_path / "a")


def test_an_orientation_that_says_nothing_changes_nothing(tmp_path):
    for number in (0, 9, 255):
        exif = Image.Exif()
        exif[ExifTags.Base.Orientation] = number
        saved(tmp_path / "a" / f"{number}.png", Image.fromarray(CORNERS), exif=exif)
    np.testing.assert_array_equal(rows(of_folder(tmp_path / "a", size=16))[..., 0], [CORNERS] * 3)


@pytest.mark.parametrize(
    "suffix", "jpg JPG jpeg jpe jfif png PNG bmp dib webp avif tif TIFF tga TGA pgm pnm jp2 j2k".split()
)
def test_a_folder_of_each_kind_of_image(suffix, tmp_path):
    kinds = {"jpe": "jpeg", "jfif": "jpeg", "pgm": "ppm", "pnm": "ppm", "dib": "bmp", "jp2": "jpeg2000"}
    kind = kinds.get(suffix, {"jpg": "jpeg", "tif": "tiff", "j2k": "jpeg2000"}.get(suffix.lower(), suffix))
    for number in (10, 200):
        picture = Image.new("L", (8, 8), number)
        saved(
            tmp_path / "a" / f"{number}.{suffix}",
            picture.convert("RGB") if kind in ("webp", "avif") else picture,
            format=kind,
        )
    assert np.abs(np.sort(rows(of_folder(tmp_path / "a")).mean((1, 2, 3))) - [10, 200]).max() <= 3


def test_what_systems_leave_is_passed_over_and_other_files_are_named(tmp_path, capsys):
    folder = tmp_path / ".data" / "a"
    for number in range(3):
        write_image(folder / f"part{number}" / f"{number}.png", mode="L")
    fork = b"\x00\x05\x16\x07\x00\x02\x00\x00Mac OS X"
    for name in ("._0.png", "__MACOSX/part0/._0.png", "__MACOSX/1.png", ".DS_Store", "Thumbs.db", "part1/desktop.ini"):
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_bytes(fork)
    write_image(folder / ".thumbnails" / "0.png", (4, 4), "L")
    (folder / "folder.png").mkdir()
    assert len(rows(of_folder(folder))) == 3
    assert "left out" not in capsys.readouterr().err
    for name in ("photo.heic", "notes.txt"):
        (folder / name).write_bytes(b"")
    assert len(rows(of_folder(folder))) == 3
    assert f"{folder}: 2 left out, no images by their suffix (notes.txt, photo.heic)\n" in capsys.readouterr().err


def bomb(side):
    """A PNG file whose header says that it has so many pixels a side."""
    file = io.BytesIO()
    Image.new("L", (1, 1)).save(file, "png")
    content = bytearray(file.getvalue())
    content[16:24] = side.to_bytes(4, "big") * 2
    content[29:33] = zlib.crc32(content[12:29]).to_bytes(4, "big")
    return bytes(content)


def frames(kind):
    file = io.BytesIO()
    pictures = [Image.new("L" if kind == "gif" else "RGB", (20, 24), shade) for shade in (9, 99)]
    pictures[0].save(file, kind, save_all=True, append_images=pictures[1:])
    return file.getvalue()


def picture(mode, kind="png", colour=0, **options):
    file = io.BytesIO()
    Image.new(mode, (20, 24), colour).save(file, kind, **options)
    return file.getvalue()


BROKEN = {
    "zero bytes": ("z.png", b"", "is no image that can be read"),
    "truncated": ("z.png", picture("L")[:50], "is no image that can be read"),
    "truncated JPEG": ("z.jpg", picture("RGB", "jpeg")[:400], "is no image that can be read"),
    "truncated TIFF": ("z.tif", picture("RGB", "tiff")[:200], "is no image that can be read"),
    "truncated TGA": ("z.tga", picture("RGB", "tga")[:40], "is no image that can be read"),
    "truncated WebP": ("z.webp", picture("RGB", "webp")[:30], "is no image that can be read"),
    "truncated PGM": ("z.pgm", picture("L", "ppm")[:40], "is no image that can be read"),
    "a page": ("z.jpg", b"<html>404</html>", "is no image that can be read"),
    "zeros": ("z.jpg", bytes(500), "is no image that can be read"),
    "a program": ("z.jpg", b"%!PS-Adobe-3.0 EPSF-3.0\n%%BoundingBox: 0 0 9 9\n%%EndComments\n", "is no image that can"),
    "a TGA named JPEG": ("z.jpg", picture("L", "tga"), "is no image that can be read"),
    "a bomb": ("z.png", bomb(20_000), "is no image that can be read: Image size .* exceeds limit"),
    "a small bomb": ("z.png", bomb(12_000), "is no image that can be read: Image size .* exceeds limit"),
}

UNLIKE = {
    "transparent": ("z.png", picture("RGBA"), "has pixels of mode RGBA; grey"),
    "grey and transparent": ("z.png", picture("LA"), "has pixels of mode LA; grey"),
    "a transparent colour": ("z.png", picture("L", transparency=0), "has a transparent colour"),
    "palette": ("z.png", picture("P"), "has pixels of mode P; grey"),
    "bits": ("z.png", picture("1"), "has pixels of mode 1; grey"),
    "16 bits": ("z.png", picture("I;16"), "has pixels of mode I;16; grey"),
    "16 bits in TIFF": ("z.tif", picture("I;16", "tiff"), "has pixels of mode I;16; grey"),
    "floats": ("z.tif", picture("F", "tiff"), "has pixels of mode F; grey"),
    "inks": ("z.jpg", picture("CMYK", "jpeg"), "has pixels of mode CMYK; grey"),
    "moving GIF": ("z.gif", frames("gif"), "has 2 pictures in one file; give one a file"),
    "moving PNG": ("z.png", frames("png"), "has 2 pictures in one file"),
    "moving WebP": ("z.webp", frames("webp"), "has 2 pictures in one file"),
    "pages": ("z.tif", frames("tiff"), "has 2 pictures in one file"),
}


@pytest.mark.parametrize("case", [*BROKEN, *UNLIKE])
def test_an_image_that_cannot_be_used_is_named(case, tmp_path, recwarn):
    for number in range(3):
        write_image(tmp_path / "a" / f"{number}.png", mode="L", colour=50)
    name, content, message = {**BROKEN, **UNLIKE}[case]
    (tmp_path / "a" / name).write_bytes(content)
    with pytest.raises(ValueError, match=rf"{name} {message}"):
        of_folder(tmp_path / "a")
    assert not recwarn.list
    assert not list((tmp_path / "cache").iterdir())
    if case in UNLIKE:
        with pytest.raises(ValueError, match=rf"{name} {message}"):
            of_folder(tmp_path / "a", skip_broken=True)


@pytest.mark.parametrize(
    ("modes", "said"),
    [
        (["L", "RGBA", "P", "RGB", "L", None], "3 of 5 images are not of 8 x 8 grey pixels, as 2 are; make all"),
        (["RGB", "RGBA", "RGBA"], "2 of 3 images are not of 8 x 8 RGB pixels, as 1 are; make all"),
        (["RGBA", "P", "LA", None, None], "all 3 images are of such kinds; save them as grey or RGB ones"),
    ],
    ids=str,
)
def test_images_of_other_kinds_are_counted_and_broken_ones_set_aside(modes, said, tmp_path):
    for number, mode in enumerate(modes):
        path = tmp_path / "a" / f"{number}.png"
        saved(path, Image.new(mode or "L", (8, 8)))
        if mode is None:
            path.write_bytes(b"no image")
    with pytest.raises(ValueError, match=re.escape(said)):
        of_folder(tmp_path / "a", skip_broken=True)


def test_broken_images_are_left_out_counted_and_named(tmp_path, capsys):
    for number in range(5):
        write_image(tmp_path / "a" / f"m{number}.png", mode="L", colour=40 * number + 40)
    whole = np.sort(rows(of_folder(tmp_path / "a")), axis=0)
    for number, (name, content, _) in enumerate(BROKEN.values()):
        (tmp_path / "a" / f"{number:02d}{name}").write_bytes(content)
    with pytest.raises(ValueError, match="--skip-broken leaves such files out"):
        of_folder(tmp_path / "a")
    for _ in range(2):  # read, and from the cache
        capsys.readouterr()
        made = of_folder(tmp_path / "a", skip_broken=True)
        assert (len(made.train), len(made.test)) == (4, 1)
        np.testing.assert_array_equal(np.sort(rows(made), axis=0), whole)
        told = capsys.readouterr().err.splitlines()[-1]
        assert f"{tmp_path / 'a'}: 13 left out, broken (00z.png is no image that can be read: cannot iden" in told
        assert told.endswith("and 8 more)")
    with pytest.raises(ValueError, match="00z.png is no image"):  # not out of the cache of those that were skipped
        of_folder(tmp_path / "a")
    for path in (tmp_path / "a").glob("m*"):
        path.unlink()
    with pytest.raises(ValueError, match=r"none of 13 images can be read; .*00z.png is no image"):
        of_folder(tmp_path / "a", skip_broken=True)


def test_too_few_that_are_whole_are_refused(tmp_path):
    write_image(tmp_path / "a" / "0.png")
    (tmp_path / "a" / "1.png").write_bytes(b"")
    with pytest.raises(ValueError, match=r"holds 1 images .*more than the 1 held out \(--test-images\)"):
        of_folder(tmp_path / "a", skip_broken=True)


def test_the_first_picture_of_a_cameras_file_is_the_photograph(tmp_path):
    for number in (0, 1):
        first, preview = Image.new("L", (8, 8), 200), Image.new("L", (4, 4), 10)
        saved(tmp_path / "a" / f"{number}.jpg", first, format="MPO", save_all=True, append_images=[preview])
    assert np.abs(rows(of_folder(tmp_path / "a")).astype(int) - 200).max() <= 3


@pytest.fixture
def faces(tmp_path):
    folder = tmp_path / "celeba"
    for number in range(1, 7):
        write_image(folder / image_set.CELEBA_IMAGES / f"{number:06d}.jpg", (178, 218), "L", 40 * number)
    return folder


def celeba(folder, **changes):
    options = {"size": 2, "channels": 1, "test_images": 2, "cache": folder.parent / "cache"}
    return image_set.celeba(folder, **options | changes)


LINES = [f"{number:06d}.jpg {split}" for number, split in enumerate([0, 0, 0, 1, 2, 2], 1)]
TABLE = ["image_id,partition", *(line.replace(" ", ",") for line in LINES)]
TURNED = ["partition,image_id", *(",".join(line.split()[::-1]) for line in LINES)]


@pytest.mark.parametrize(
    ("name", "content"),
    [
        ("txt", "\n".join(LINES)),
        ("txt", "\ufeff" + "\n".join(LINES)),
        ("txt", "\n".join([*LINES, "", "  ", ""])),
        ("txt", "\n\n".join(LINES)),
        ("txt", "\r\n".join([*LINES, ""])),
        ("txt", "\r".join(LINES)),
        ("txt", "\n".join(line.replace(" ", "\t") for line in LINES)),
        ("txt", "\n".join(TABLE)),
        ("csv", "\n".join(TABLE)),
        ("csv", "\ufeff" + "\r\n".join([*TABLE, "", ""])),
        ("csv", "\n".join(TURNED)),
        ("csv", "\n".join(TABLE[1:])),
        ("csv", "\n".join(f'"{line}"'.replace(",", '","') for line in TABLE)),
    ],
)
def test_partition_files_of_many_hands(name, content, faces):
    path = faces / f"list_eval_partition.{name}"
    path.write_bytes(content.encode("utf-16" if content.startswith("\ufeff") and name == "csv" else "utf-8"))
    made = celeba(faces)
    assert np.abs(rows(made)[:, 0, 0, 0].astype(int) - [40, 80, 120, 200, 240]).max() <= 4
    assert len(made.test) == 2


def test_kaggles_folder_within_the_folder(faces):
    (faces / "list_eval_partition.csv").write_text("\n".join(TABLE))
    inner = faces / image_set.CELEBA_IMAGES
    inner.rename(faces / "inner")
    inner.mkdir()
    (faces / "inner").rename(inner / image_set.CELEBA_IMAGES)
    assert len(rows(celeba(faces))) == 5


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (
            "\n".join([*LINES, LINES[0].replace(" 0", " 2")]),
            "line 7: names 000001.jpg again; each image belongs to one",
        ),
        ("\n".join([*LINES, "x.jpg 3"]), "line 7: needs a file name and 0, 1 or 2; got 'x.jpg 3'"),
        ("\n".join([*TABLE, "x.jpg,0,1"]), "line 8: needs a file name and 0, 1 or 2"),
        ("a" * 200_000 + ",0", "line 1: needs a file name and 0, 1 or 2"),
        (b"\0\1", "is not text: it holds zero bytes"),
        (b"PK\3\4", "by its content it is a zip archive"),
        (b"\xffabc", "byte 0 is not UTF-8"),
    ],
)
def test_a_partition_file_that_is_unclear_is_refused(content, message, faces):
    (faces / "list_eval_partition.txt").write_bytes(content.encode() if isinstance(content, str) else content)
    with pytest.raises(ValueError, match=message) as caught:
        celeba(faces)
    assert "\n" not in str(caught.value)


def test_broken_and_missing_faces_are_left_out(faces, capsys):
    (faces / "list_eval_partition.txt").write_text("\n".join(LINES))
    (faces / image_set.CELEBA_IMAGES / "000001.jpg").unlink()
    (faces / image_set.CELEBA_IMAGES / "000006.jpg").write_bytes(b"\xff\xd8\xff")
    with pytest.raises(ValueError, match=r"000001.jpg is missing \(No such file or directory\); --skip-broken"):
        celeba(faces)
    made = celeba(faces, skip_broken=True)
    assert np.abs(rows(made)[:, 0, 0, 0].astype(int) - [80, 120, 200]).max() <= 4
    told = capsys.readouterr().err
    assert "1 left out, broken (000001.jpg is missing (No such file or directory))" in told
    assert "1 left out, broken (000006.jpg is no image that can be read" in told


def test_mistakes_on_the_command_line(capsys, tmp_path):
    (tmp_path / "file").write_text("")
    write_image(tmp_path / "a" / "0.png", (8, 8), "L")
    write_image(tmp_path / "a" / "1.png", (8, 8), "L")
    start = f"vae replace --preset smoke --run-dir {tmp_path / 'run'} --data"
    for options, message in (
        (f"folder --folder {tmp_path / 'missing'}", "missing is no folder; give one with images by --folder"),
        (f"folder --folder {tmp_path / 'file'}", "file is no folder; give one with images by --folder"),
        (f"celeba --folder {tmp_path}", "list_eval_partition.txt is missing"),
        (
            f"folder --folder {tmp_path / 'a'} --cache {tmp_path / 'file'} --test-images 1",
            re.escape(f"--cache {tmp_path / 'file'}: File exists"),
        ),
    ):
        refused(command(capsys, "neural", f"{start} {options}"), "python -m neural", message.replace("\\", ""))


def test_leaving_out_is_an_option_that_changes_no_recorded_configuration():
    assert "skip_broken" not in PRESETS["cpu"].recorded()
    assert image_files.SUFFIXES == tuple(sorted(image_files.SUFFIXES))


@pytest.mark.parametrize("skip_broken", [False, True])
def test_what_is_no_file_is_not_waited_for(skip_broken, tmp_path):
    write_image(tmp_path / "a" / "0.png", mode="L")
    (tmp_path / "a" / "1.png").symlink_to(tmp_path / "a" / "0.png")
    (tmp_path / "a" / "below").symlink_to(tmp_path / "a")
    assert len(rows(of_folder(tmp_path / "a", skip_broken=skip_broken))) == 2
    os.mkfifo(tmp_path / "a" / "z.png")
    with pytest.raises(ValueError, match=r"z.png is no regular file; take it out of the folder"):
        of_folder(tmp_path / "a", skip_broken=skip_broken)


def test_a_link_to_itself_is_broken(tmp_path):
    for number in range(2):
        write_image(tmp_path / "a" / f"{number}.png", mode="L")
    (tmp_path / "a" / "z.png").symlink_to(tmp_path / "a" / "z.png")
    with pytest.raises(ValueError, match=r"z.png is missing \(Too many levels of symbolic links\); --skip-broken"):
        of_folder(tmp_path / "a")
    assert len(rows(of_folder(tmp_path / "a", skip_broken=True))) == 2


def test_names_that_are_no_text_are_names(tmp_path, capsys):
    for name in (b"caf\xe9.png", b"a\nb.png"):
        write_image(tmp_path / "a" / os.fsdecode(name), mode="L")
    (tmp_path / "a" / "c\nd.png").write_bytes(b"")
    assert len(rows(of_folder(tmp_path / "a", skip_broken=True))) == 2
    assert f"{tmp_path / 'a'}: 1 left out, broken (c\\nd.png is no image" in capsys.readouterr().err


DAMAGES = {
    "a flipped pixel": lambda path: flip(path, -1),
    "a flipped header": lambda path: flip(path, 9),
    "a byte less": lambda path: path.write_bytes(path.read_bytes()[:-1]),
    "empty": lambda path: path.write_bytes(b""),
    "no note": lambda path: path.with_suffix(".json").unlink(),
    "a note of nothing": lambda path: path.with_suffix(".json").write_text("{}"),
    "half a note": lambda path: path.with_suffix(".json").write_text('{"broken": ['),
    "another note": lambda path: path.with_suffix(".json").write_text('{"broken": [[0, ""]], "checksum": [9, "ab"]}'),
}


def flip(path, place):
    content = bytearray(path.read_bytes())
    content[place] ^= 1
    path.write_bytes(content)


@pytest.mark.parametrize("damage", DAMAGES)
def test_damaged_cached_images_are_named_and_made_again(damage, tmp_path):
    for number in range(3):
        write_image(tmp_path / "a" / f"{number}.png", mode="L", colour=80 * number)
    whole = rows(of_folder(tmp_path / "a"))
    (cached,) = (tmp_path / "cache").glob("*.npy")
    DAMAGES[damage](cached)
    with pytest.raises(ValueError, match=f"cached images {cached} are damaged; remove the file, and it is made again"):
        of_folder(tmp_path / "a")
    cached.unlink()
    np.testing.assert_array_equal(rows(of_folder(tmp_path / "a")), whole)


def test_no_fewer_images_are_tested_on_than_asked_for(faces):
    (faces / "list_eval_partition.txt").write_text("\n".join(LINES))
    with pytest.raises(ValueError, match=r"names 2 images to test on \(split 2\); use --test-images 2 or fewer"):
        celeba(faces, test_images=3)
    with pytest.raises(ValueError, match="of the digits 360 are held out; got --test-images 361"):
        replace(PRESETS["cpu"], test_images=361).image_set()


def test_a_full_disk_under_the_cache_is_one_line(tmp_path, monkeypatch):
    for number in range(3):
        write_image(tmp_path / "a" / f"{number}.png", mode="L")
    opened = Path.open

    class Full(io.RawIOBase):
        def writable(self):
            return True

        def write(self, content):
            raise OSError(28, "No space left on device")

    monkeypatch.setattr(Path, "open", lambda self, *how: Full() if how == ("wb",) else opened(self, *how))
    with pytest.raises(ValueError, match=rf"--cache {tmp_path / 'cache'}: No space left on device; make room there"):
        of_folder(tmp_path / "a")
    monkeypatch.undo()
    assert not list((tmp_path / "cache").iterdir())
