"""The configuration of a run of variational autoencoders, its presets, and what is built from it."""

from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any, ClassVar

from ..configuration import Configuration, Kind, OwnRows, option, same_fields
from .idx import idx
from .image_set import ImageSet, celeba, digits, folder_of_images, read_folder
from .learner import ImageModel
from .network import Architecture

#: Side of the embedded digits, and their channels.
DIGITS_SIZE = 8, 1


@dataclass(frozen=True)
class ImageConfiguration(Configuration):
    """A variational autoencoder and its images."""

    SIZES: ClassVar = ("images", "test_images")

    data: str = field(metadata=option("the images", choices=("digits", "celeba", "idx", "folder")))
    folder: str | None = field(
        metadata=option(
            "of images, CelebA's (img_align_celeba and list_eval_partition, .txt or Kaggle's .csv), or of idx files "
            "with MNIST's names (train-images-idx3-ubyte, t10k-images-idx3-ubyte, perhaps .gz)"
        )
    )
    cache: str | None = field(metadata=option("folder for resized images (default: in the user's cache folder)"))
    images: int = field(metadata=option("T, images of real(1)"))
    test_images: int = field(metadata=option("held-out images, of the digits at most 360"))
    size: int = field(metadata=option("side that images are resized to; digits have 8, idx files 28"))
    channels: int = field(metadata=option("1 for grey, 3 for RGB"))
    style: str = field(metadata=option("of encoder and decoder", choices=("convolutional", "linear")))
    latent: int = field(metadata=option("numbers in the latent code"))
    features: int = field(metadata=option("channels of the first convolution, doubled by each halving"))
    halvings: int = field(metadata=option("of the image's sides, one a convolution"))
    beta: float = field(metadata=option("weight of the KL divergence; twice the variance of the observation noise"))
    samples: str = field(metadata=option("decoder's means, or with observation noise", choices=("mean", "noisy")))
    test_batch: int = field(metadata=option("held-out rows read at once"))
    test_draws: int = field(metadata=option("draws of the latent code a held-out image"))
    skip_broken: bool = field(default=False, metadata=option("leave out images that cannot be read, and name them"))

    @property
    def rows(self) -> int:
        """T."""
        return self.images

    @property
    def steps_of_first(self) -> None:
        """Every fit has the same budget."""
        return

    @property
    def architecture(self) -> Architecture:
        """The autoencoder's sizes."""
        others = same_fields(Architecture, self, but=("height", "width"))
        return Architecture(height=self.size, width=self.size, **others)

    def image_set(self) -> ImageSet:
        """The images, read or from the cache."""
        if self.data == "digits":
            if (self.size, self.channels) != DIGITS_SIZE:
                raise ValueError(
                    f"digits are 8 x 8 and grey; got --size {self.size} and --channels {self.channels}. "
                    "Use --size 8 --channels 1, or --data folder for images of another size."
                )
            found = digits()
            if self.folder is not None:
                raise ValueError(
                    f"digits lie in the repository; got --folder {self.folder}. Use --data folder or --data celeba."
                )
            if self.test_images > len(found.test):
                raise ValueError(f"of the digits {len(found.test)} are held out; got --test-images {self.test_images}.")
            return replace(found, test=found.test[: self.test_images])
        if self.folder is None:
            raise ValueError(f"--data {self.data} needs the images: give a --folder.")
        if self.data == "idx":
            return self._fitting(idx(Path(self.folder), test_images=self.test_images))
        read = celeba if self.data == "celeba" else folder_of_images
        return read(Path(self.folder), test_images=self.test_images, **self._as_read)

    @property
    def _as_read(self) -> dict[str, Any]:
        """How files of images are read."""
        cache = None if self.cache is None else Path(self.cache)
        return {"size": self.size, "channels": self.channels, "cache": cache, "skip_broken": self.skip_broken}

    def own_rows(self) -> OwnRows | None:
        """The images in a folder."""
        if self.data != "folder" or self.folder is None:
            return None
        images = len(read_folder(Path(self.folder), **self._as_read))
        return OwnRows(images, lambda held_out: images - held_out)

    def _fitting(self, found: ImageSet) -> ImageSet:
        """Images that are as large as they are, and must be as large as the model takes them."""
        height, width, channels = found.shape
        if height != width:
            raise ValueError(f"{self.folder} holds images of {height} x {width} pixels; square ones are needed.")
        if found.shape != self.architecture.shape:
            raise ValueError(
                f"{self.folder} holds images of {height} x {width} pixels and {channels} channel; got --size "
                f"{self.size} and --channels {self.channels}. Use --size {width} --channels {channels}, or --data "
                "folder for images of another size."
            )
        return found

    def learner(self, run_dir: Path) -> ImageModel:
        """The model on its images; nothing of it is kept in the run directory."""
        del run_dir
        architecture = self.architecture  # first, since reading the images may take minutes
        return ImageModel(self.image_set(), architecture, self.samples == "noisy", self.test_draws, self.test_batch)


_CPU = ImageConfiguration(
    data="digits",
    folder=None,
    cache=None,
    images=1437,
    test_images=360,
    iterations=10,
    seeds=3,
    seed=0,
    epochs=None,
    steps=4000,  # within 3 % of what it converges to at n = 1: tests/benchmarks/training_length.json
    batch_size=32,
    learning_rate=3e-3,
    warmup=0.05,
    clip=1.0,
    chunk=100,
    sample_batch=4311,
    test_batch=360,
    size=8,
    channels=1,
    style="convolutional",
    latent=8,
    features=16,
    halvings=2,
    beta=0.02,
    samples="mean",
    test_draws=8,
)

_CELEBA = replace(
    _CPU,
    data="celeba",
    size=64,
    channels=3,
    test_images=2000,
    latent=128,
    features=32,
    halvings=4,
    beta=0.005,
    batch_size=128,
    learning_rate=1e-3,
    chunk=20,
    sample_batch=3000,
    test_batch=100,
)

#: A run in seconds; on two cores in minutes; on one GPU; and at the paper's size, its own sizes being unknown.
PRESETS = {
    "smoke": replace(
        _CPU,
        images=64,
        iterations=2,
        seeds=2,
        steps=20,
        batch_size=16,
        chunk=10,
        features=4,
        latent=4,
        sample_batch=128,
    ),
    "cpu": _CPU,
    "gpu": replace(_CELEBA, images=50_000, epochs=20.0, steps=None),
    "paper": replace(_CELEBA, images=162_770, seeds=1, epochs=20.0, steps=None, test_images=19_962),
}

AUTOENCODER = Kind(
    "vae",
    "variational autoencoders of images",
    "squared error per pixel + beta * KL divergence per pixel, held-out images",
    PRESETS,
    {},
    "--data folder --folder photos --test-images 20 --preset smoke",
    by_data={"idx": {"size": 28, "channels": 1, "halvings": 2}},
)
