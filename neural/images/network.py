"""Variational autoencoders of images (Kingma and Welling 2014): encoder, decoder, ELBO, likelihood, samples.

An image is an array (height, width, channels) of numbers, by convention from 0 to 1; D = height * width * channels. The
prior of the latent z is N(0, I), the posterior N(mean, diag(variance)) of the encoder's, and the reconstruction term
is Gaussian: x given z is N(decode(z), sigma^2 I) with one fixed sigma. Then

    -ELBO = |x - decode(z)|^2 / (2 sigma^2) + KL + (D/2) log(2 pi sigma^2),

and 2 sigma^2/D times it is, without its constant, the loss here: squared error per pixel + beta * KL per pixel, with
beta = 2 sigma^2. So for this reconstruction term the beta of a beta-VAE (Higgins et al. 2017) and the variance of the
observation noise are one number (Lucas et al. 2019; Rybkin et al. 2021), and the ELBO is exact at every beta.
"""

import math
from dataclasses import dataclass

import equinox as eqx
import jax
import jax.numpy as jnp
import jax.random as jr
from jaxtyping import Array, Float, Key

Image = Float[Array, "height width channels"]
Latent = Float[Array, " latent"]


@dataclass(frozen=True)
class Architecture:
    """The sizes of a variational autoencoder.

    Attributes:
        style: "convolutional", or "linear" with affine encoder and decoder, which is probabilistic PCA when trained.
        height: of an image.
        width: of an image.
        channels: 1 for grey, 3 for RGB.
        latent: numbers in z.
        features: channels of the first convolution; each halving of the image doubles them. Unused when linear.
        halvings: of the image's sides, one a convolution. Unused when linear.
        beta: weight of the KL divergence per pixel against the squared error per pixel; twice the variance of the
            observation noise.
    """

    style: str
    height: int
    width: int
    channels: int
    latent: int
    features: int
    halvings: int
    beta: float

    def __post_init__(self) -> None:
        """Check that the sizes go together."""
        if self.style not in ("convolutional", "linear"):
            raise ValueError(f"style must be convolutional or linear; got {self.style!r}.")
        if self.channels not in (1, 3):
            raise ValueError(f"channels must be 1 (grey) or 3 (RGB); got {self.channels}.")
        if min(self.height, self.width, self.latent, self.features, self.halvings) < 1 or not 0 < self.beta < math.inf:
            raise ValueError(f"sizes must be at least 1 and beta positive and finite; got {self}.")
        if self.style == "convolutional" and (self.height % 2**self.halvings or self.width % 2**self.halvings):
            raise ValueError(
                f"{self.halvings} halvings need sides that are multiples of {2**self.halvings}; got "
                f"{self.height} x {self.width}."
            )

    @property
    def shape(self) -> tuple[int, int, int]:
        """Height, width and channels of an image."""
        return self.height, self.width, self.channels

    @property
    def pixels(self) -> int:
        """D, numbers in an image: every channel counts."""
        return math.prod(self.shape)

    @property
    def noise(self) -> float:
        """Standard deviation sigma of the observation noise, sqrt(beta / 2)."""
        return math.sqrt(self.beta / 2)

    @property
    def levels(self) -> list[int]:
        """Channels at each resolution, from the image's own to the smallest."""
        return [self.channels, *(self.features * 2**level for level in range(self.halvings))]

    @property
    def smallest(self) -> tuple[int, int, int]:
        """Shape of the smallest hidden layer."""
        return self.height >> self.halvings, self.width >> self.halvings, self.levels[-1]


class Convolution(eqx.Module):
    """A 3 x 3 convolution, zeros beyond the border, as one product of matrices.

    `jax.vmap` over models turns that into a batched product, some times faster on a CPU than the grouped convolution
    that it makes of `eqx.nn.Conv2d`.
    """

    weight: Float[Array, "neighbours outputs"]
    bias: Float[Array, " outputs"]
    stride: int = eqx.field(static=True)

    def __init__(self, inputs: int, outputs: int, stride: int, *, key: Key[Array, ""]) -> None:
        self.weight = jr.normal(key, (9 * inputs, outputs), jnp.float32) * math.sqrt(2 / (9 * inputs))
        self.bias = jnp.zeros(outputs, jnp.float32)
        self.stride = stride

    def __call__(self, x: Float[Array, "height width inputs"]) -> Float[Array, "rows columns outputs"]:
        """Apply to one image; its sides must be multiples of the stride."""
        height, width, _ = x.shape
        padded = jnp.pad(x, ((1, 1), (1, 1), (0, 0)))
        shifted = [
            padded[i : i + height : self.stride, j : j + width : self.stride] for i in range(3) for j in range(3)
        ]
        return jnp.concatenate(shifted, axis=-1) @ self.weight + self.bias[None, None]


class Encoder(eqx.Module):
    """Convolutions that halve the image, and an affine map to the posterior."""

    convolutions: list[Convolution]
    posterior: eqx.nn.Linear

    def __init__(self, a: Architecture, *, key: Key[Array, ""]) -> None:
        keys = jr.split(key, a.halvings + 1)
        sizes = zip(a.levels[:-1], a.levels[1:], keys[1:], strict=True)
        self.convolutions = [Convolution(inputs, outputs, 2, key=k) for inputs, outputs, k in sizes]
        self.posterior = eqx.nn.Linear(math.prod(a.smallest), 2 * a.latent, key=keys[0], dtype=jnp.float32)

    def __call__(self, x: Image) -> tuple[Latent, Latent]:
        """Mean and log-variance of z given an image."""
        for convolution in self.convolutions:
            x = jax.nn.silu(convolution(x))
        mean, log_variance = jnp.split(self.posterior(x.ravel()), 2)
        return mean, log_variance


class Decoder(eqx.Module):
    """An affine map to the smallest layer, then copied pixels and convolutions, which leave no checkerboard.

    (Odena et al. 2016.) The last of them ends in a sigmoid, so the mean of an image is one.
    """

    first: eqx.nn.Linear
    convolutions: list[Convolution]
    last: Convolution
    smallest: tuple[int, int, int] = eqx.field(static=True)

    def __init__(self, a: Architecture, *, key: Key[Array, ""]) -> None:
        keys = jr.split(key, a.halvings + 2)
        upwards = [a.levels[-1], *a.levels[:0:-1]]
        self.first = eqx.nn.Linear(a.latent, math.prod(a.smallest), key=keys[0], dtype=jnp.float32)
        sizes = zip(upwards[:-1], upwards[1:], keys[2:], strict=True)
        self.convolutions = [Convolution(inputs, outputs, 1, key=k) for inputs, outputs, k in sizes]
        self.last = Convolution(upwards[-1], a.channels, 1, key=keys[1])
        self.smallest = a.smallest

    def __call__(self, z: Latent) -> Image:
        """The mean of the image given z."""
        x = jax.nn.silu(self.first(z)).reshape(self.smallest)
        for convolution in self.convolutions:
            x = jax.nn.silu(convolution(x.repeat(2, axis=0).repeat(2, axis=1)))
        return jax.nn.sigmoid(self.last(x))


class LinearEncoder(eqx.Module):
    """An affine posterior mean, and a variance that is the same for all images, as the exact posterior of pPCA has."""

    mean: eqx.nn.Linear
    log_variance: Latent

    def __init__(self, a: Architecture, *, key: Key[Array, ""]) -> None:
        self.mean = eqx.nn.Linear(a.pixels, a.latent, key=key, dtype=jnp.float32)
        self.log_variance = jnp.zeros(a.latent, jnp.float32)

    def __call__(self, x: Image) -> tuple[Latent, Latent]:
        """Mean and log-variance of z given an image."""
        return self.mean(x.ravel()), self.log_variance


class LinearDecoder(eqx.Module):
    """An affine map; nothing keeps its images between 0 and 1."""

    mean: eqx.nn.Linear
    shape: tuple[int, int, int] = eqx.field(static=True)

    def __init__(self, a: Architecture, *, key: Key[Array, ""]) -> None:
        self.mean = eqx.nn.Linear(a.latent, a.pixels, key=key, dtype=jnp.float32)
        self.shape = a.shape

    def __call__(self, z: Latent) -> Image:
        """The mean of the image given z."""
        return self.mean(z).reshape(self.shape)


class VAE(eqx.Module):
    """A variational autoencoder; reads and draws one image, `jax.vmap` for more."""

    encode: Encoder | LinearEncoder
    decode: Decoder | LinearDecoder
    architecture: Architecture = eqx.field(static=True)

    def __init__(self, a: Architecture, *, key: Key[Array, ""]) -> None:
        down, up = jr.split(key)
        linear = a.style == "linear"
        self.encode = LinearEncoder(a, key=down) if linear else Encoder(a, key=down)
        self.decode = LinearDecoder(a, key=up) if linear else Decoder(a, key=up)
        self.architecture = a


def loss_terms(model: VAE, image: Image, *, key: Key[Array, ""]) -> tuple[Float[Array, ""], Float[Array, ""]]:
    """Squared error per pixel, at one draw of z, and KL divergence of posterior from prior, nats per pixel."""
    mean, log_variance = model.encode(image)
    z = mean + jnp.exp(log_variance / 2) * jr.normal(key, mean.shape, mean.dtype)
    divergence = (jnp.exp(log_variance) + mean**2 - 1 - log_variance).sum() / 2
    return jnp.mean((image - model.decode(z)) ** 2), divergence / model.architecture.pixels


def loss(model: VAE, image: Image, *, key: Key[Array, ""]) -> Float[Array, ""]:
    """Squared error per pixel + beta * KL per pixel: not negative, no constant of a log-density in it."""
    error, divergence = loss_terms(model, image, key=key)
    return error + model.architecture.beta * divergence


def elbo(model: VAE, image: Image, *, key: Key[Array, ""]) -> Float[Array, ""]:
    """Lower bound of the image's log-density in nats, at one draw of z: unbiased."""
    a = model.architecture
    return -a.pixels * (loss(model, image, key=key) / a.beta + math.log(math.pi * a.beta) / 2)


def log_likelihood(model: VAE, image: Image, draws: int, *, key: Key[Array, ""]) -> Float[Array, ""]:
    """The image's log-density in nats, by importance sampling from the posterior (Burda et al. 2016, eq. 8).

    Below the exact value on average, the less so the more draws; at one draw it is the ELBO.

    Args:
        model: an autoencoder.
        image: of the model's shape.
        draws: of z from the posterior.
        key: of the draws.
    """
    a = model.architecture
    mean, log_variance = model.encode(image)

    def log_weight(key: Key[Array, ""]) -> Float[Array, ""]:
        noise = jr.normal(key, mean.shape, mean.dtype)
        z = mean + jnp.exp(log_variance / 2) * noise
        joint = -((image - model.decode(z)) ** 2).sum() / a.beta - a.pixels / 2 * math.log(math.pi * a.beta)
        # log prior - log posterior; both densities have the same power of 2 pi
        return joint + ((noise**2 - z**2 + log_variance) / 2).sum()

    return jax.nn.logsumexp(jax.vmap(log_weight)(jr.split(key, draws))) - math.log(draws)


def sample(model: VAE, *, noisy: bool, key: Key[Array, ""]) -> Image:
    """An image from the prior: the decoder's mean, or with observation noise a draw from the model's distribution.

    Only noisy samples have the distribution that the likelihood is of. Means, which most papers show, lack the variance
    that the model calls noise, sigma^2 in every direction, and a model refitted to them lacks it too.
    """
    prior, observation = jr.split(key)
    a = model.architecture
    mean = model.decode(jr.normal(prior, (a.latent,), jnp.float32))
    return mean + a.noise * jr.normal(observation, mean.shape, mean.dtype) if noisy else mean
