"""Images in the loop: variational autoencoders on a set of images."""

import io
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass
from functools import cached_property

import equinox as eqx
import jax
import jax.numpy as jnp
import jax.random as jr
import numpy as np
from jaxtyping import Array, Float, Float32, Int, Key, PyTree, Shaped, UInt8
from PIL import Image

from sim.keys import key_of

from ..loop import Learner, RealRows
from . import metrics
from .image_set import ImageSet, as_float
from .network import VAE, Architecture, loss, loss_terms, sample

#: Images that distances and moments are taken from, at most, for each model.
MEASURED = 2000


@dataclass(frozen=True, eq=False)
class ImageModel(Learner):
    """A variational autoencoder trained on images.

    Attributes:
        images: the real ones. Sampled images have their type: float32 without bounds, or bytes, rounded and cut.
        architecture: of the autoencoder.
        noisy: whether images are sampled with observation noise, or are the decoder's means.
        test_draws: draws of z for the test loss, the same ones at every iteration.
        test_batch: held-out images read at once.
    """

    images: ImageSet
    architecture: Architecture
    noisy: bool
    test_draws: int = 8
    test_batch: int = 64

    def __post_init__(self) -> None:
        """Check that the images fit."""
        if self.images.shape != self.architecture.shape:
            raise ValueError(f"the images have shape {self.images.shape}, the model is for {self.architecture.shape}.")

    @cached_property
    def _chosen(self) -> Int[np.ndarray, " chosen"]:
        """Training images that are measured, evenly out of all, so that a folder that is in order is represented."""
        return np.linspace(0, len(self.images.train) - 1, min(MEASURED, len(self.images.train))).astype(int)

    @cached_property
    def _real(self) -> metrics.Features:
        """Features of these."""
        return metrics.pixels(as_float(self.images.train[self._chosen]))

    @cached_property
    def _test(self) -> metrics.Features:
        """Features of the held-out images."""
        return metrics.pixels(as_float(self.images.test[:MEASURED]))

    def real(self, iteration: int, rows: int, *, key: Key[Array, ""]) -> np.ndarray:
        """Real images."""
        return self.images.real(iteration, rows, key=key)

    def real_rows(self) -> RealRows:
        """How many there are."""
        return RealRows(len(self.images.train), len(self.images.test))

    def check_real(self, iteration: int, rows: int) -> None:
        """Refuse more of them than there are."""
        self.images.check_real(iteration, rows)

    def check_samples(self, rows: int) -> None:
        """Refuse images whose spread or distances, by which samples are measured, are none.

        Raises:
            ValueError: there are too few, or each is there more than once.
        """
        held_out, count = len(self.images.test), min(rows, len(self._chosen))
        if min(held_out, count) < 2:
            raise ValueError(
                f"got {held_out} held-out images and {count} of a model; their spread is measured, for which 2 of each "
                "are needed: use --test-images 2 or more, and --images 2 or more."
            )
        measured = [row.tobytes() for row in self._real[:count]]
        side = f"{metrics.SIDE} x {metrics.SIDE}"
        remedy = f"at {side} pixels; distances of samples are told as multiples of theirs: leave copies out"
        if min(Counter(measured).values()) > 1:
            raise ValueError(f"each of the first {count} real images that are measured equals another, {remedy}.")
        if {row.tobytes() for row in self._test} <= set(measured):
            raise ValueError(f"each of the {held_out} held-out images equals one to train on, {remedy}.")

    def model(self, *, key: Key[Array, ""]) -> VAE:
        """A new autoencoder."""
        return VAE(self.architecture, key=key)

    def loss(
        self,
        model: VAE,
        rows: Shaped[Array, "rows height width channels"],
        weights: Float[Array, " rows"],
        *,
        key: Key[Array, ""],
    ) -> Float[Array, ""]:
        """Weighted mean of squared error per pixel + beta * KL per pixel, each image at a draw of z of its own."""
        return (weights * jax.vmap(lambda row, key: loss(model, _float(row), key=key))(rows, _split(key, rows))).mean()

    def sample(self, models: PyTree, *, keys: Key[Array, "seeds rows"]) -> np.ndarray:
        """Images from several models."""
        found = np.asarray(_sample(models, self.noisy, keys))
        return to_bytes(found) if self.images.test.dtype == np.uint8 else found

    def test(self, models: PyTree) -> dict[str, Float[np.ndarray, " seeds"]]:
        """The loss and its two parts."""
        test, totals = self.images.test, np.zeros((2, 1))
        for start in range(0, len(test), self.test_batch):
            rows = np.asarray(test[start : start + self.test_batch])
            sums = _test(models, rows, self.test_draws, jr.fold_in(key_of(0), start))
            totals = totals + np.stack(sums).astype(np.float64)
        error, divergence = totals / len(test)
        return {
            "test_loss": error + self.architecture.beta * divergence,
            "reconstruction": error,
            "kl_per_pixel": divergence,
        }

    def evaluate(self, models: PyTree, samples: np.ndarray) -> dict[str, Float[np.ndarray, " seeds"]]:
        """The metrics of `neural.images.metrics`, `classes` where there are labels."""
        del models
        measured = [self._measure(metrics.pixels(as_float(rows[:MEASURED]))) for rows in samples]
        return {name: np.array([values[name] for values in measured]) for name in measured[0]}

    def _measure(self, rows: metrics.Features) -> dict[str, float]:
        real = self._real
        result = {
            "frechet": metrics.frechet(rows, self._test),
            "variance": float(rows.var(0).sum() / real.var(0).sum()),
            "dimension": metrics.dimension(rows) / metrics.dimension(real),
            # As many of each, since the nearest of more is nearer.
            "nearest_sample": _ratio(metrics.nearest_other, rows, real),
            "nearest_real": _ratio(lambda to: metrics.nearest(self._test, to), rows, real),
        }
        if self.images.labels is not None:
            result["classes"] = metrics.classes(real, self.images.labels[self._chosen], rows)
        return result

    def show(self, samples: Shaped[np.ndarray, "seeds rows height width channels"]) -> tuple[str, bytes]:
        """A picture, one row of images a seed."""
        file = io.BytesIO()
        picture(to_bytes(as_float(samples))).save(file, "png")
        return "png", file.getvalue()


def _ratio(of: Callable[[metrics.Features], float], rows: metrics.Features, real: metrics.OtherFeatures) -> float:
    count = min(len(rows), len(real))
    return of(rows[:count]) / of(real[:count])


def to_bytes(images: Float32[np.ndarray, "*shape"]) -> UInt8[np.ndarray, "*shape"]:
    """Pixels from 0 to 1 as bytes, rounded; what is outside is cut."""
    return (images.clip(0, 1) * 255).round().astype(np.uint8)


def picture(images: UInt8[np.ndarray, "rows columns height width channels"]) -> Image.Image:
    """All images on one sheet, a pixel of white between them."""
    framed = np.pad(images, ((0, 0), (0, 0), (1, 1), (1, 1), (0, 0)), constant_values=255)
    rows, columns, height, width, channels = framed.shape
    sheet = framed.transpose(0, 2, 1, 3, 4).reshape(rows * height, columns * width, channels)
    return Image.fromarray(sheet[..., 0] if channels == 1 else sheet)


def _float(image: Shaped[Array, "height width channels"]) -> Float32[Array, "height width channels"]:
    return image.astype(jnp.float32) / jnp.float32(255) if image.dtype == jnp.uint8 else image


def _split(key: Key[Array, ""], rows: Shaped[Array, "rows ..."]) -> Key[Array, " rows"]:
    return jr.split(key, len(rows))


@eqx.filter_jit
def _sample(
    models: PyTree, noisy: bool, keys: Key[Array, "seeds rows"]
) -> Float32[Array, "seeds rows height width channels"]:
    def one_model(model: VAE, keys: Key[Array, " rows"]) -> Array:
        return jax.vmap(lambda key: sample(model, noisy=noisy, key=key))(keys)

    return eqx.filter_vmap(one_model)(models, keys)


@eqx.filter_jit
def _test(
    models: PyTree, rows: Shaped[Array | np.ndarray, "rows height width channels"], draws: int, key: Key[Array, ""]
) -> tuple[Float[Array, " seeds"], Float[Array, " seeds"]]:
    """Sums over the images of squared error and of KL divergence, per pixel, for each of several models."""

    def one_image(model: VAE, image: Array, key: Key[Array, ""]) -> tuple[Array, Array]:
        error, divergence = jax.vmap(lambda key: loss_terms(model, _float(image), key=key))(jr.split(key, draws))
        return error.mean(), divergence.mean()

    images = jnp.asarray(rows)

    def one_model(model: VAE) -> tuple[Array, Array]:
        error, divergence = jax.vmap(lambda row, key: one_image(model, row, key))(images, _split(key, images))
        return error.sum(), divergence.sum()

    return eqx.filter_vmap(one_model)(models)
