"""Images to learn from: the embedded digits, CelebA as it is released, and any folder of images."""

import csv
import hashlib
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from jaxtyping import Array, Float32, Integer, Key, Shaped, UInt8

from ..files import of_a_system, read_text
from ..real_data import check_available, collect
from ..remarks import tell_left_out, tell_of_copies
from .image_files import SUFFIXES, load

#: Names in the released CelebA (Liu et al. 2015): the aligned faces, 178 x 218, and which split each belongs to.
CELEBA_IMAGES, CELEBA_PARTITION = "img_align_celeba", "list_eval_partition.txt"

#: The same file in the copy on Kaggle: a table, with these columns.
KAGGLE_PARTITION, KAGGLE_COLUMNS = "list_eval_partition.csv", ["image_id", "partition"]

#: Side of the square in the middle of a CelebA face that is kept, as is usual for generative models of it.
CELEBA_CROP = 148

#: Images of the digits that are trained on; the others are held out.
DIGITS_TRAIN = 1437


@dataclass(frozen=True, eq=False)
class ImageSet:
    """Real images, to train and to test on. Pixels are float32 from 0 to 1, or bytes from 0 to 255.

    Attributes:
        train: may be a memory map.
        test: held out, the same for every model.
        labels: class of each training image, if there are classes.
    """

    train: Shaped[np.ndarray, "images height width channels"]
    test: Shaped[np.ndarray, "held_out height width channels"]
    labels: Integer[np.ndarray, " images"] | None = None

    @property
    def shape(self) -> tuple[int, int, int]:
        """Height, width and channels of an image."""
        return self.train.shape[1:]

    def real(
        self, iteration: int, images: int, *, key: Key[Array, ""]
    ) -> Shaped[np.ndarray, "images height width channels"]:
        """Images that no earlier iteration of the same key collected: each key has them in an order of its own.

        Raises:
            ValueError: there are not so many.
        """
        return collect(self.train, iteration, images, noun="images", key=key)

    def check_real(self, iteration: int, images: int) -> None:
        """Refuse what `real` refuses."""
        check_available(len(self.train), iteration, images, noun="images", option="images")


def as_float(images: Shaped[np.ndarray, "*shape"]) -> Float32[np.ndarray, "*shape"]:
    """Pixels from 0 to 1."""
    return images.astype(np.float32) / np.float32(255) if images.dtype == np.uint8 else images.astype(np.float32)


def digits() -> ImageSet:
    """1,797 scans of handwritten digits, 8 x 8, as numbers k/16; 1,437 to train on and 360 to test on, fixed.

    The test set of the UCI Machine Learning Repository's Optical Recognition of Handwritten Digits (E. Alpaydin and
    C. Kaynak 1998, doi 10.24432/C50P49, licence CC BY 4.0), in the copy that scikit-learn ships; values unchanged.
    """
    with np.load(Path(__file__).with_name("digits.npz")) as file:
        images, labels = file["images"][..., None] / np.float32(16), file["labels"]
    order = np.random.default_rng(0).permutation(len(images))  # writers stand together in the file
    train, test = order[:DIGITS_TRAIN], order[DIGITS_TRAIN:]
    return ImageSet(images[train], images[test], labels[train])


def celeba(
    folder: Path, *, size: int, channels: int, test_images: int, cache: Path | None = None, skip_broken: bool = False
) -> ImageSet:
    """CelebA from its released folder: `img_align_celeba/*.jpg` and `list_eval_partition.txt`, or Kaggle's copy of it.

    Split 0 of the partition is trained on; the first of split 2 are tested on; split 1, validation, is not used.

    Args:
        folder: the released one.
        size: side that the square in the middle of a face is resized to.
        channels: 1 for grey, 3 for RGB.
        test_images: how many are tested on.
        cache: folder of the cached file, as in `load`.
        skip_broken: whether images that cannot be read are left out, or refused.

    Raises:
        ValueError: a file is missing or damaged; it is named.
    """
    partition = next((path for name in (CELEBA_PARTITION, KAGGLE_PARTITION) if (path := folder / name).exists()), None)
    if partition is None:
        raise ValueError(
            f"{folder / CELEBA_PARTITION} is missing; CelebA's partition file tells training from test images: give "
            "the folder that holds it by --folder."
        )
    images = folder / CELEBA_IMAGES
    images = images / CELEBA_IMAGES if (images / CELEBA_IMAGES).is_dir() else images  # as Kaggle's archive has them
    splits = {
        split: [images / name for name, its_split in _splits(partition).items() if its_split == split]
        for split in ("0", "2")
    }
    for split, name in (("0", "train on"), ("2", "test on")):
        if not splits[split]:
            raise ValueError(f"{partition} names no images to {name} (split {split}).")
    if len(splits["2"]) < test_images:
        there = len(splits["2"])
        raise ValueError(f"{partition} names {there} images to test on (split 2); use --test-images {there} or fewer.")

    def read(paths: list[Path]) -> UInt8[np.ndarray, "images size size channels"]:
        return load(paths, size=size, channels=channels, crop=CELEBA_CROP, cache=cache, skip_broken=skip_broken)

    return ImageSet(read(splits["0"]), read(splits["2"][:test_images]))


def _splits(partition: Path) -> dict[str, str]:
    """The split of each image, by its name."""
    splits: dict[str, str] = {}
    columns = None
    for number, line in enumerate(read_text(partition, option="--folder").split("\n"), 1):
        words = [word.strip() for word in next(csv.reader([line[:1000]]), [])] if "," in line else line.split()
        if columns is None and sorted(words) == KAGGLE_COLUMNS:
            columns = [words.index(name) for name in KAGGLE_COLUMNS]
            continue
        if not words:
            continue
        columns = columns or [0, 1]
        if len(words) != 2 or words[columns[1]] not in ("0", "1", "2"):
            raise ValueError(f"{partition}, line {number}: needs a file name and 0, 1 or 2; got {line[:60]!r}.")
        name = words[columns[0]]
        if name in splits:
            raise ValueError(f"{partition}, line {number}: names {name} again; each image belongs to one split.")
        splits[name] = words[columns[1]]
    return splits


def folder_of_images(
    folder: Path, *, size: int, channels: int, test_images: int, cache: Path | None = None, skip_broken: bool = False
) -> ImageSet:
    """All images in a folder and those below it, of which some, always the same, are held out.

    Hidden files and those that operating systems leave behind are passed over.

    Args:
        folder: of images, all of one size and all grey or all RGB.
        size: side that the square in the middle of an image is resized to.
        channels: 1 for grey, 3 for RGB.
        test_images: how many are held out.
        cache: folder of the cached file, as in `load`.
        skip_broken: whether images that cannot be read are left out, or refused.

    Raises:
        ValueError: there are too few, or one is unlike the others or damaged; it is named.
    """
    images = read_folder(folder, size=size, channels=channels, cache=cache, skip_broken=skip_broken)
    if len(images) <= test_images:
        raise ValueError(
            f"{folder} holds {len(images)} images ({', '.join(SUFFIXES)}); more than the {test_images} held out "
            "(--test-images) are needed."
        )
    order = np.random.default_rng(0).permutation(len(images))
    # The training images stay on disk: in the order of their names but for the held out, which an index takes out.
    train, test = np.sort(order[test_images:]), order[:test_images]
    pixels = [hashlib.sha256(image.tobytes()).digest() for image in images]
    tell_of_copies(folder, [pixels[n] for n in train], [pixels[n] for n in test], "images")
    return ImageSet(images[train], images[test])


def read_folder(
    folder: Path, *, size: int, channels: int, cache: Path | None = None, skip_broken: bool = False
) -> UInt8[np.ndarray, "images size size channels"]:
    """All images in a folder and those below it, in the order of their names.

    Args:
        folder: of images, all of one size and all grey or all RGB.
        size: side that the square in the middle of an image is resized to.
        channels: 1 for grey, 3 for RGB.
        cache: folder of the cached file, as in `load`.
        skip_broken: whether images that cannot be read are left out, or refused.

    Raises:
        ValueError: one is unlike the others or damaged; it is named.
    """
    if not folder.is_dir():
        raise ValueError(f"{folder} is no folder; give one with images by --folder.")
    files = sorted(path for path in folder.rglob("*") if not path.is_dir() and not of_a_system(path, folder))
    paths = [path for path in files if path.suffix.lower() in SUFFIXES]
    others = [str(path.relative_to(folder)) for path in files if path.suffix.lower() not in SUFFIXES]
    tell_left_out(folder, others, "no images by their suffix")
    if not paths:
        return np.zeros((0, size, size, channels), np.uint8)
    return load(paths, size=size, channels=channels, cache=cache, skip_broken=skip_broken)
