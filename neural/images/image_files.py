"""Image files of a user's: read upright, cut to a square, resized, and kept in one cached file."""

import hashlib
import json
import warnings
from collections import Counter
from collections.abc import Callable, Generator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path
from stat import S_ISREG
from typing import Any

import numpy as np
from jaxtyping import UInt8
from PIL import ExifTags, Image
from tqdm import tqdm

from sim.files import read_json
from sim.seals import seal_of

from ..files import write_bytes
from ..real_data import cache_folder, make_cached
from ..remarks import tell_left_out

#: What a folder of images is searched for.
SUFFIXES = tuple(
    ".avif .bmp .dib .gif .j2k .jfif .jp2 .jpe .jpeg .jpg .pgm .png .pnm .ppm .tga .tif .tiff .webp".split()
)

#: What files may hold, whatever their suffix, as Pillow calls it.
FORMATS = ("AVIF", "BMP", "DIB", "GIF", "JPEG", "JPEG2000", "PNG", "PPM", "TIFF", "WEBP")

#: Files of this kind do not say what they are, so that their suffix must.
UNMARKED = {".tga": "TGA"}

#: What makes an image upright that a camera held otherwise, by EXIF's number for that.
UPRIGHT = {
    2: Image.Transpose.FLIP_LEFT_RIGHT,
    3: Image.Transpose.ROTATE_180,
    4: Image.Transpose.FLIP_TOP_BOTTOM,
    5: Image.Transpose.TRANSPOSE,
    6: Image.Transpose.ROTATE_270,
    7: Image.Transpose.TRANSVERSE,
    8: Image.Transpose.ROTATE_90,
}

#: Of what is kept: changed whenever the same files give other pixels.
FORM = "upright, sealed"

REMEDY = "--skip-broken leaves such files out"


class Broken(ValueError):
    """An image that cannot be read."""

    def __init__(self, path: Path, reason: str) -> None:
        super().__init__(f"{path} {reason}; {REMEDY}.")
        self.path, self.reason = path, reason


class Unlike(ValueError):
    """An image that can be read, and is not as the first is, or as all must be."""


def load(
    paths: Sequence[Path],
    *,
    size: int,
    channels: int,
    crop: int | None = None,
    cache: Path | None = None,
    skip_broken: bool = False,
) -> UInt8[np.ndarray, "images size size channels"]:
    """Images cut to the square in their middle and resized, read in parallel once and then mapped from a cached file.

    Args:
        paths: the images, all of one size and all grey or all RGB.
        size: side of the result.
        channels: 1 for grey, 3 for RGB; grey images are made RGB and the reverse.
        crop: side of the square; by default the shorter side of the images.
        cache: folder of the cached file, whose name depends on the images' names, sizes, times and the options; by
            default `model-collapse` in the user's cache folder.
        skip_broken: whether images that cannot be read are left out, counted and named, or refused.

    Raises:
        ValueError: an image is missing, damaged or unlike the first; it is named, and those unlike are counted.
    """
    filling = _Filling(paths, size, channels, crop, skip_broken)
    digest = hashlib.sha256(repr((size, channels, crop, FORM, skip_broken)).encode())
    for path in paths:
        digest.update(f"{path.absolute()} {_state(path, skip_broken)}\n".encode(errors="surrogateescape"))
    file = cache_folder(cache) / f"images-{digest.hexdigest()[:24]}.npy"
    note = file.with_suffix(".json")

    def write(unfinished: Path) -> None:
        filling.fill(unfinished)
        told = {"broken": sorted(filling.broken.items()), "checksum": seal_of(unfinished)}
        write_bytes(note, json.dumps(told).encode())

    make_cached(file, write)
    left_out = _left_out(file, note)
    images = np.load(file, mmap_mode="r")
    tell_left_out(paths[0].parent, [f"{paths[n].name} {reason}" for n, reason in left_out.items()], "broken")
    kept = [number for number in range(len(paths)) if number not in left_out]
    return images[kept] if left_out else images


def _left_out(file: Path, note: Path) -> dict[int, str]:
    """The images that the note beside a cached file says are broken, and why.

    Raises:
        ValueError: the file is not the one that the note is of. Half a second a gigabyte tells it from a damaged one.
    """
    try:
        told = read_json(note)
        found, left_out = tuple(told["checksum"]), {int(number): str(reason) for number, reason in told["broken"]}
    except (OSError, ValueError, TypeError, KeyError):
        found, left_out = None, {}
    if found != seal_of(file):
        raise ValueError(f"the cached images {file} are damaged; remove the file, and it is made again.")
    return left_out


def _state(path: Path, skip_broken: bool) -> str:
    try:
        status = path.stat()
    except OSError as error:
        if skip_broken:
            return "missing"
        raise Broken(path, f"is missing ({error.strerror})") from error
    if not S_ISREG(status.st_mode):  # to read a pipe would take for ever
        raise ValueError(f"{path} is no regular file; take it out of the folder.")
    return f"{status.st_size} {status.st_mtime_ns}"


@dataclass(frozen=True)
class _Filling:
    """How images become an array: as `load` has it; and the reasons of those that are broken, by their numbers."""

    paths: Sequence[Path]
    size: int
    channels: int
    crop: int | None
    skip_broken: bool
    broken: dict[int, str] = field(default_factory=dict)

    def fill(self, file: Path) -> None:
        """Write the images to a file, and zeros for broken ones."""
        count = len(self.paths)
        shape = (self.size, self.size, self.channels)
        nothing = np.zeros(shape, np.uint8)
        with warnings.catch_warnings(), file.open("wb") as out:  # a memory map would crash on a full disk
            warnings.simplefilter("ignore")  # Pillow's on metadata; but what may fill the memory is refused
            warnings.simplefilter("error", Image.DecompressionBombWarning)
            header = {"descr": "|u1", "fortran_order": False, "shape": (count, *shape)}
            np.lib.format.write_array_header_1_0(out, header)
            try:
                example = self._example()

                def square(index: int) -> np.ndarray:
                    image = self._read(index)
                    return nothing if image is None else self._square(index, image, example)

                with closing(_in_parallel(square, range(count), "reading images")) as images:
                    for image in images:
                        out.write(image.tobytes())
            except Unlike as error:
                raise ValueError(f"{error}; {self._unlike()}.") from error

    def _unlike(self) -> str:
        """How many images are not as most of those are that can be used, and what helps; broken ones set aside."""
        found = [each for each in _in_parallel(_kind, self.paths, "counting images") if each is not None]
        used = Counter(each for each in found if each)
        if not used:
            return f"all {len(found)} images are of such kinds; save them as grey or RGB ones"
        ((usual, most),) = used.most_common(1)
        return (
            f"{len(found) - most} of {len(found)} images are not of {usual}, as {most} are; make all images alike, as "
            "the program in neural/own_images.md does"
        )

    def _example(self) -> tuple[Path, Image.Image]:
        """The first image, which all others must be like."""
        for index, path in enumerate(self.paths):
            image = self._read(index)
            if image is not None:
                return path, image
        raise ValueError(f"none of {len(self.paths)} images can be read; {self.paths[0]} {self.broken[0]}.")

    def _read(self, index: int) -> Image.Image | None:
        try:
            return _read(self.paths[index])
        except Broken as error:
            if not self.skip_broken:
                raise
            self.broken[index] = error.reason
            return None

    def _square(
        self, index: int, image: Image.Image, example: tuple[Path, Image.Image]
    ) -> UInt8[np.ndarray, "size size channels"]:
        path, (first, like) = self.paths[index], example
        if (image.size, image.mode) != (like.size, like.mode):
            raise Unlike(f"{path} has {_described(image)}, and {first} {_described(like)}")
        side = min(image.size) if self.crop is None else self.crop
        if side > min(image.size):
            raise ValueError(f"{path} has {_described(image)}; at least {side} x {side} are needed.")
        left, top = (image.width - side) // 2, (image.height - side) // 2
        image = image.crop((left, top, left + side, top + side)).convert("L" if self.channels == 1 else "RGB")
        image = image.resize((self.size, self.size), Image.Resampling.LANCZOS)
        return np.asarray(image).reshape(self.size, self.size, self.channels)


@cache
def _formats(suffix: str) -> tuple[str, ...]:
    """What a file of this suffix may hold, of what the installed Pillow can read."""
    Image.init()
    wanted = (*FORMATS, UNMARKED[suffix]) if suffix in UNMARKED else FORMATS
    return tuple(name for name in wanted if name in Image.OPEN)


def _read(path: Path) -> Image.Image:
    try:
        with Image.open(path, formats=_formats(path.suffix.lower())) as image:
            # Of the pictures in a camera's file the first is the photograph.
            frames = 1 if image.format == "MPO" else getattr(image, "n_frames", 1)
            image.load()
            turned = UPRIGHT.get(image.getexif().get(ExifTags.Base.Orientation, 1))
    except FileNotFoundError as error:
        raise Broken(path, f"is missing ({error.strerror})") from error
    except Exception as error:  # of many kinds: a damaged file can raise anything
        reason = (str(error).splitlines() or [type(error).__name__])[0]
        raise Broken(path, f"is no image that can be read: {reason}") from error
    if frames > 1:
        raise ValueError(f"{path} has {frames} pictures in one file; give one a file.")
    if image.mode not in ("L", "RGB"):
        raise Unlike(f"{path} has pixels of mode {image.mode}; grey (L) or RGB ones are needed, 8 bits a channel")
    if image.has_transparency_data:
        raise Unlike(f"{path} has a transparent colour; grey (L) or RGB pixels are needed, without transparency")
    return image if turned is None else image.transpose(turned)


def _kind(path: Path) -> str | None:
    """What pixels an image has, in words; none that can be used where it is empty, and `None` where it is broken."""
    try:
        return _described(_read(path))
    except Broken:
        return None
    except ValueError:
        return ""


def _in_parallel(function: Callable[[Any], Any], of: Sequence[Any], told: str) -> Generator[Any, None, None]:
    """In order, with a line of progress; what is not begun is left where one fails."""
    with ThreadPoolExecutor() as pool:  # Pillow decodes and resizes outside Python's lock
        try:
            yield from tqdm(pool.map(function, of), told, len(of), leave=False)
        except BaseException:
            pool.shutdown(cancel_futures=True)
            raise


def _described(image: Image.Image) -> str:
    return f"{image.width} x {image.height} {'grey' if image.mode == 'L' else 'RGB'} pixels"
