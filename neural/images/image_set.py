"""Images to learn from: the embedded digits, CelebA as it is released, and any folder of images."""

import hashlib
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from jaxtyping import Array, Float32, Integer, Key, Shaped, UInt8
from PIL import Image
from tqdm import tqdm

from sim.files import make_once

from ..real_data import collect, user_cache

#: What a folder of images is searched for.
SUFFIXES = (".bmp", ".gif", ".jpeg", ".jpg", ".png", ".ppm", ".tif", ".tiff", ".webp")

#: Names in the released CelebA (Liu et al. 2015): the aligned faces, 178 x 218, and which split each belongs to.
CELEBA_IMAGES, CELEBA_PARTITION = "img_align_celeba", "list_eval_partition.txt"

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


def celeba(folder: Path, *, size: int, channels: int, test_images: int, cache: Path | None = None) -> ImageSet:
    """CelebA from its released folder: `img_align_celeba/*.jpg` and `list_eval_partition.txt`.

    Split 0 of the partition is trained on; the first of split 2 are tested on; split 1, validation, is not used.

    Args:
        folder: the released one.
        size: side that the square in the middle of a face is resized to.
        channels: 1 for grey, 3 for RGB.
        test_images: the most that are tested on.
        cache: folder of the cached file, as in `load`.

    Raises:
        ValueError: a file is missing or damaged; it is named.
    """
    partition = folder / CELEBA_PARTITION
    if not partition.is_file():
        raise ValueError(f"{partition} is missing; CelebA's partition file tells training from test images.")
    splits: dict[str, list[Path]] = {"0": [], "1": [], "2": []}
    for number, line in enumerate(partition.read_text(errors="replace").splitlines(), 1):
        words = line.split()
        if len(words) != 2 or words[1] not in splits:
            raise ValueError(f"{partition}, line {number}: needs a file name and 0, 1 or 2; got {line[:60]!r}.")
        splits[words[1]].append(folder / CELEBA_IMAGES / words[0])
    for split, name in (("0", "train on"), ("2", "test on")):
        if not splits[split]:
            raise ValueError(f"{partition} names no images to {name} (split {split}).")

    def read(paths: list[Path]) -> UInt8[np.ndarray, "images size size channels"]:
        return load(paths, size=size, channels=channels, crop=CELEBA_CROP, cache=cache)

    return ImageSet(read(splits["0"]), read(splits["2"][:test_images]))


def folder_of_images(
    folder: Path, *, size: int, channels: int, test_images: int, cache: Path | None = None
) -> ImageSet:
    """All images in a folder and those below it, of which some, always the same, are held out.

    Args:
        folder: of images, all of one size and all grey or all RGB.
        size: side that the square in the middle of an image is resized to.
        channels: 1 for grey, 3 for RGB.
        test_images: how many are held out.
        cache: folder of the cached file, as in `load`.

    Raises:
        ValueError: there are too few, or one is unlike the others or damaged; it is named.
    """
    if not folder.is_dir():
        raise ValueError(f"{folder} is no folder; give one with images by --folder.")
    paths = sorted(path for path in folder.rglob("*") if path.suffix.lower() in SUFFIXES)
    if len(paths) <= test_images:
        raise ValueError(
            f"{folder} holds {len(paths)} images ({', '.join(SUFFIXES)}); more than the {test_images} held out "
            "(--test-images) are needed."
        )
    images = load(paths, size=size, channels=channels, cache=cache)
    order = np.random.default_rng(0).permutation(len(paths))
    # The training images stay on disk: in the order of their names but for the held out, which an index takes out.
    train = np.sort(order[test_images:])
    return ImageSet(images[train], images[order[:test_images]])


def load(
    paths: Sequence[Path], *, size: int, channels: int, crop: int | None = None, cache: Path | None = None
) -> UInt8[np.ndarray, "images size size channels"]:
    """Images cut to the square in their middle and resized, read in parallel once and then mapped from a cached file.

    Args:
        paths: the images, all of one size and all grey or all RGB.
        size: side of the result.
        channels: 1 for grey, 3 for RGB; grey images are made RGB and the reverse.
        crop: side of the square; by default the shorter side of the images.
        cache: folder of the cached file, whose name depends on the images' names, sizes, times and the options; by
            default `model-collapse` in the user's cache folder.

    Raises:
        ValueError: an image is missing, damaged or unlike the first; it is named.
    """
    digest = hashlib.sha256(repr((size, channels, crop)).encode())
    for path in paths:
        try:
            status = path.stat()
        except OSError as error:
            raise ValueError(f"{path} is missing ({error.strerror}).") from error
        digest.update(f"{path.resolve()} {status.st_size} {status.st_mtime_ns}\n".encode())
    file = (cache or user_cache()) / f"images-{digest.hexdigest()[:24]}.npy"
    make_once(file, lambda partial: _fill(partial, paths, size, channels, crop))
    try:
        found = np.load(file, mmap_mode="r")
    except (ValueError, EOFError) as error:
        raise ValueError(f"the cached images {file} are damaged; remove the file, and it is made again.") from error
    if found.shape != (len(paths), size, size, channels) or found.dtype != np.uint8:
        raise ValueError(f"the cached images {file} are others than were asked for; remove the file.")
    return found


def _fill(partial: Path, paths: Sequence[Path], size: int, channels: int, crop: int | None) -> None:
    array = np.lib.format.open_memmap(partial, "w+", np.uint8, (len(paths), size, size, channels))
    first = _read(paths[0])

    def place(index: int) -> None:
        path = paths[index]
        image = _read(path)
        if (image.size, image.mode) != (first.size, first.mode):
            raise ValueError(
                f"{path} has {_described(image)}, and {paths[0]} {_described(first)}; make all images alike."
            )
        side = min(image.size) if crop is None else crop
        if side > min(image.size):
            raise ValueError(f"{path} has {_described(image)}; at least {side} x {side} are needed.")
        left, top = (image.width - side) // 2, (image.height - side) // 2
        image = image.crop((left, top, left + side, top + side)).convert("L" if channels == 1 else "RGB")
        image = image.resize((size, size), Image.Resampling.LANCZOS)
        array[index] = np.asarray(image).reshape(size, size, channels)

    with ThreadPoolExecutor() as pool:  # Pillow decodes and resizes outside Python's lock
        try:
            for _ in tqdm(pool.map(place, range(len(paths))), "reading images", len(paths), unit="image", leave=False):
                pass
        except BaseException:
            pool.shutdown(cancel_futures=True)
            raise
    array.flush()


def _read(path: Path) -> Image.Image:
    try:
        with Image.open(path) as image:
            image.load()
    except (OSError, SyntaxError, ValueError, Image.DecompressionBombError) as error:
        raise ValueError(f"{path} is no image that can be read: {str(error).splitlines()[0]}") from error
    if image.mode not in ("L", "RGB"):
        raise ValueError(f"{path} has pixels of mode {image.mode}; grey (L) or RGB ones are needed, 8 bits a channel.")
    return image


def _described(image: Image.Image) -> str:
    return f"{image.width} x {image.height} {'grey' if image.mode == 'L' else 'RGB'} pixels"
