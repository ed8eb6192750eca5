"""Images in idx files, the form of MNIST (LeCun et al. 1998) and Fashion-MNIST (Xiao et al. 2017), compressed or not.

An idx file is two zero bytes, the type of its numbers (8: bytes), how many dimensions it has, each dimension in four
bytes, the largest first, and then the numbers.
"""

import math
from pathlib import Path

import numpy as np
from jaxtyping import UInt8

from ..files import COMPRESSED, read_bytes
from .image_set import ImageSet

#: What the files are called that are read, as MNIST has them; some copies have a dot before `idx`.
TRAIN, LABELS, TEST = "train-images-idx3-ubyte", "train-labels-idx1-ubyte", "t10k-images-idx3-ubyte"

#: The code of bytes, of the types that the form knows.
BYTES = 8

#: Where such a data set comes from.
REMEDY = "python -m neural.sources says how to get Fashion-MNIST"


def idx(folder: Path, *, test_images: int) -> ImageSet:
    """The images of a folder with idx files, grey and as large as they are there; the first test images are held out.

    Labels are read if they are there.

    Args:
        folder: of `train-images-idx3-ubyte`, `t10k-images-idx3-ubyte` and perhaps `train-labels-idx1-ubyte`, each
            perhaps with `.gz`.
        test_images: how many of the test images are held out, at most.

    Raises:
        ValueError: a file is missing, damaged or no idx file of that kind; it is named.
    """
    if not folder.is_dir():
        raise ValueError(f"{folder} is no folder; give one with idx files by --folder ({REMEDY}).")
    train, test = (_read(_needed(folder, name), name) for name in (TRAIN, TEST))
    if train.shape[1:] != test.shape[1:]:
        sizes = [" x ".join(map(str, images.shape[1:])) for images in (test, train)]
        raise ValueError(f"{folder / TEST} has images of {sizes[0]}, and {TRAIN} of {sizes[1]}; make all images alike.")
    path = _found(folder, LABELS)
    labels = None if path is None else _read(path, LABELS)
    if labels is not None and len(labels) != len(train):
        raise ValueError(f"{path} has {len(labels)} labels for {len(train)} images; give one an image.")
    return ImageSet(train[..., None], test[:test_images, ..., None], labels)


def _needed(folder: Path, name: str) -> Path:
    path = _found(folder, name)
    if path is None:
        raise ValueError(f"{folder} holds no {name}, nor {name}.gz; give a folder that does by --folder ({REMEDY}).")
    return path


def _found(folder: Path, name: str) -> Path | None:
    """The file of this name, whatever its compression.

    Raises:
        ValueError: there are several.
    """
    names = [stem + suffix for stem in (name, name.replace("-idx", ".idx")) for suffix in ("", *COMPRESSED)]
    found = [folder / name for name in names if (folder / name).is_file()]
    if len(found) > 1:
        raise ValueError(f"{folder} holds {found[0].name} and {found[1].name}; keep one of them.")
    return found[0] if found else None


def _read(path: Path, name: str) -> UInt8[np.ndarray, "..."]:
    """The numbers in a file, which has as many dimensions as its name says.

    Raises:
        ValueError: it has another form, too few bytes or too many, or no numbers.
    """
    content = read_bytes(path, option="--folder")
    dimensions = int(name[name.index("idx") + 3])
    start = bytes([0, 0, BYTES, dimensions])
    for suffix, (mark, _) in COMPRESSED.items():
        if content.startswith(mark):
            raise ValueError(f"{path} is compressed; name it {name}{suffix}.")
    if content[:4] != start:
        raise ValueError(
            f"{path} starts with {content[:4].hex() or 'nothing'}, and an idx file of bytes in {dimensions} dimensions "
            f"with {start.hex()}; give such a file ({REMEDY})."
        )
    head = 4 + 4 * dimensions
    if len(content) < head:
        raise ValueError(f"{path} is cut off after {len(content)} bytes; {head} of them say how large it is.")
    shape = tuple(int(side) for side in np.frombuffer(content, ">u4", dimensions, offset=4))
    sides, needed = " x ".join(map(str, shape)), head + math.prod(shape)
    if len(content) != needed:
        raise ValueError(
            f"{path} has {len(content)} bytes, and {sides} numbers take {needed} with what says so; it is cut off, or "
            "no idx file."
        )
    if math.prod(shape) == 0:
        raise ValueError(f"{path} holds nothing: {sides} numbers; give a file with some.")
    return np.frombuffer(content, np.uint8, offset=head).reshape(shape)
