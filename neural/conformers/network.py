"""Denoising diffusion of molecular conformations (Ho et al. 2020; GeoDiff, Xu et al. 2022): network, noise, samplers.

A conformation x is the positions of the atoms of a given molecular graph, centred, in angstrom. With noise e ~ N(0, I),
centred too, and a time t from 0 to 1,

    x_t = alpha x + sigma e,   alpha^2 + sigma^2 = 1,   -log alpha^2 = a + b (s(12 t - 6) - s(-6)) / 12,

s(u) = log(1 + exp u): the variance rate b / (1 + exp(6 - 12 t)) of GeoDiff's "sigmoid" schedule, in continuous time
(its 5,000 steps from 1e-7 to 2e-3 make b = 10), after a first piece a below which no detail is told apart. The network
predicts e from x_t, and the loss is its mean squared error (Ho et al. 2020, eq. 14).

It is equivariant under rotations, translations, reflections and permutations (EGNN: Satorras et al. 2021, eq. 3-6): it
sees bonds, kinds of atoms and distances, and moves each atom along the lines to the others. Nothing tells left from
right, so a chiral molecule is drawn in either hand, equally often.
"""

from collections.abc import Callable
from dataclasses import dataclass

import equinox as eqx
import jax
import jax.numpy as jnp
import jax.random as jr
import numpy as np
from jax import lax
from jaxtyping import Array, Bool, Float, Int8, Key

#: b of the schedule.
RATE = 10.0

#: a of the schedule: at t = 0 the noise is sigma = 0.016 angstrom.
LEAST = 2.5e-4

#: Variance of a drug's coordinates, about, square angstrom.
SPREAD = 2.7

#: Time as the network sees it: cosines of so many frequencies.
FREQUENCIES = 8

#: Distances as it sees them: bells of this width, angstrom, side by side up to four bonds or so.
BELLS, WIDTH = 8, 0.5

#: How the times of a batch are drawn in training.
TIMES = ("uniform", "spread", "middle")

#: Shares of the times below those beside them.
_MIDDLE = np.array([0, 0.2, 0.9, 1], np.float32), np.array([0, 0.3, 0.8, 1], np.float32)

Positions = Float[Array, "atoms 3"]


class Graph(eqx.Module):
    """A molecule without its positions, or several, stacked.

    Attributes:
        atoms: features of each atom; all are zero where there is none.
        pairs: the kind of each pair of atoms, below `Architecture.kinds`; symmetric.
    """

    atoms: Int8[Array | np.ndarray, "*molecules atoms features"]
    pairs: Int8[Array | np.ndarray, "*molecules atoms atoms"]

    @property
    def present(self) -> Bool[Array, " atoms"]:
        """True where there is an atom, false where there is padding."""
        return (self.atoms != 0).any(-1)


@dataclass(frozen=True)
class Architecture:
    """The sizes of a denoiser.

    Attributes:
        features: of an atom.
        kinds: of pairs of atoms.
        width: numbers in an atom's state, and in a message.
        layers: rounds of messages.
    """

    features: int
    kinds: int
    width: int
    layers: int

    def __post_init__(self) -> None:
        """Check the sizes."""
        if min(self.features, self.kinds, self.width, self.layers) < 1:
            raise ValueError(f"sizes must be at least 1; got {self}.")


def levels(t: Float[Array, ""]) -> tuple[Float[Array, ""], Float[Array, ""]]:
    """What is left of the conformation at a time, alpha, and the noise, sigma."""
    risen = jax.nn.softplus(12 * t - 6) - jax.nn.softplus(jnp.full_like(t, -6))
    exponent = -(LEAST + RATE / 12 * risen)
    return jnp.exp(exponent / 2), jnp.sqrt(-jnp.expm1(exponent))


def centred(x: Positions, present: Bool[Array, " atoms"]) -> Positions:
    """The positions with the mean of the atoms at the origin, and zeros where there is no atom."""
    here = present[:, None].astype(x.dtype)
    return (x - (x * here).sum(0, keepdims=True) / here.sum()) * here


def noise(present: Bool[Array, " atoms"], *, key: Key[Array, ""]) -> Positions:
    """Standard Gaussian on centred positions: of 3 (atoms - 1) dimensions."""
    return centred(jr.normal(key, (len(present), 3), jnp.float32), present)


class Layer(eqx.Module):
    """Messages between all pairs of atoms, by their states, kind and distance; then moves along the lines between."""

    sender: eqx.nn.Linear
    receiver: eqx.nn.Linear
    distance: Float[Array, "bells width"]
    kind: Float[Array, "kinds width"]
    move: Float[Array, " width"]
    gather: eqx.nn.Linear
    update: eqx.nn.Linear

    def __init__(self, a: Architecture, *, key: Key[Array, ""]) -> None:
        keys = jr.split(key, 6)

        def linear(inputs: int, key: Key[Array, ""]) -> eqx.nn.Linear:
            return eqx.nn.Linear(inputs, a.width, key=key, dtype=jnp.float32)

        self.sender, self.receiver = linear(a.width, keys[0]), linear(a.width, keys[1])
        self.distance = 0.3 * jr.normal(keys[2], (BELLS + 2, a.width), jnp.float32)
        self.kind = 0.3 * jr.normal(keys[3], (a.kinds, a.width), jnp.float32)
        self.move = jnp.zeros(a.width, jnp.float32)
        self.gather, self.update = linear(2 * a.width, keys[4]), linear(a.width, keys[5])

    def __call__(
        self,
        h: Float[Array, "atoms width"],
        x: Positions,
        kinds: Float[Array, "atoms atoms kinds"],
        both: Float[Array, "atoms atoms"],
    ) -> tuple[Float[Array, "atoms width"], Positions]:
        """New states, and moves; `kinds` is one-hot, `both` 1 where both atoms are present."""
        relative = x[:, None] - x[None]
        # Not 0 between an atom and itself, where a root has no derivative.
        distance = jnp.sqrt((relative**2).sum(-1) + 1e-6)
        seen = bells(distance) @ self.distance + kinds @ self.kind
        messages = jax.nn.silu(jax.vmap(self.receiver)(h)[:, None] + jax.vmap(self.sender)(h)[None] + seen)
        messages = messages * both[..., None]
        moves = ((messages @ self.move / (1 + distance))[..., None] * relative).sum(1)
        heard = jnp.concatenate([h, messages.sum(1) / 4], axis=-1)  # an atom has about four neighbours
        return h + jax.vmap(self.update)(jax.nn.silu(jax.vmap(self.gather)(heard))), moves


def bells(distance: Float[Array, "*pairs"]) -> Float[Array, "*pairs bells"]:
    """Bells around evenly spaced distances, and two slow functions beyond them."""
    centres = WIDTH * jnp.arange(1, BELLS + 1, dtype=distance.dtype)
    around = jnp.exp(-(((distance[..., None] - centres.reshape(*[1] * distance.ndim, -1)) / WIDTH) ** 2) / 2)
    return jnp.concatenate([around, distance[..., None], 1 / (1 + distance[..., None])], axis=-1)


class Denoiser(eqx.Module):
    """Predicts the noise in the positions of one molecule's atoms, `jax.vmap` for more.

    The layers move the atoms from the best linear estimate of x, exact for independent Gaussian positions of variance
    `SPREAD`, to a better one, and e follows. Their moves are in units of sqrt(sigma), between the noise, which is to be
    told from detail when there is little, and the conformation, which is to be made when there is little else.
    """

    embed: eqx.nn.Linear
    time: eqx.nn.Linear
    layers: list[Layer]
    architecture: Architecture = eqx.field(static=True)

    def __init__(self, a: Architecture, *, key: Key[Array, ""]) -> None:
        keys = jr.split(key, a.layers + 2)
        self.embed = eqx.nn.Linear(a.features, a.width, key=keys[0], dtype=jnp.float32)
        self.time = eqx.nn.Linear(FREQUENCIES, a.width, key=keys[1], dtype=jnp.float32)
        self.layers = [Layer(a, key=key) for key in keys[2:]]
        self.architecture = a

    def __call__(self, graph: Graph, x: Positions, t: Float[Array, ""]) -> Positions:
        """The noise in x_t."""
        alpha, sigma = levels(t)
        present = graph.present
        both = (present[:, None] & present[None]).astype(x.dtype)
        kinds = jax.nn.one_hot(graph.pairs, self.architecture.kinds, dtype=x.dtype)
        waves = jnp.cos(jnp.pi * t * jnp.arange(1, FREQUENCIES + 1, dtype=x.dtype))
        h = jax.vmap(self.embed)(jnp.asarray(graph.atoms, x.dtype)) + jax.nn.silu(self.time(waves))[None]
        estimate = alpha * SPREAD / (alpha**2 * SPREAD + sigma**2) * x
        for layer in self.layers:
            h, moves = layer(h, estimate, kinds, both)
            estimate = estimate + jnp.sqrt(sigma) * moves
        return centred((x - alpha * estimate) / sigma, present)


#: (graph, x_t, t) -> the noise: a `Denoiser`, or an exact one.
Predictor = Callable[[Graph, Positions, Float[Array, ""]], Positions]


def error(
    predict: Predictor, graph: Graph, x: Positions, t: Float[Array, ""], *, key: Key[Array, ""]
) -> Float[Array, ""]:
    """Squared error of the predicted noise at a time, per dimension: 1 where nothing is predicted.

    Args:
        predict: the noise.
        graph: one molecule.
        x: its positions, centred, angstrom.
        t: the time, 0 to 1.
        key: of the noise.
    """
    alpha, sigma = levels(t)
    present = graph.present
    drawn = noise(present, key=key)
    squares = (predict(graph, alpha * x + sigma * drawn, t) - drawn) ** 2
    return squares.sum() / (3 * (present.sum().astype(x.dtype) - 1))


def training_times(how: str, rows: int, *, key: Key[Array, ""]) -> tuple[Float[Array, " rows"], Key[Array, " rows"]]:
    """The times of a batch's conformations, and the keys of their noise.

    Args:
        how: "uniform", each drawn by itself; "spread", evenly spaced from a random start, which makes the mean loss of
            a batch less noisy (Kingma et al. 2021, appendix I.1); or "middle", the same with seven in ten between 0.3
            and 0.8, where the noise is as large as what torsions move, so that these count for more.
        rows: conformations in the batch.
        key: of the batch.
    """
    at, drawn = jax.vmap(lambda key: tuple(jr.split(key)), out_axes=0)(jr.split(key, rows))
    if how == "uniform":
        return jax.vmap(lambda key: jr.uniform(key, (), jnp.float32))(at), drawn
    start = jr.uniform(at[0], (), jnp.float32)
    even = (start + jnp.arange(rows, dtype=jnp.float32) / rows) % 1
    return (jnp.interp(even, *_MIDDLE).astype(jnp.float32) if how == "middle" else even), drawn


def sample(predict: Predictor, graph: Graph, steps: int, *, ancestral: bool, key: Key[Array, ""]) -> Positions:
    """A conformation, from noise at t = 1 in even steps of time; the last one, at t = 0, ends in the estimate of x.

    From t to an earlier s, with x and e as predicted at t (Song et al. 2021, eq. 12 and 16),

        x_s = alpha_s x + sqrt(sigma_s^2 - tau^2) e + tau z,
        tau^2 = sigma_s^2 / sigma_t^2 (1 - alpha_t^2 / alpha_s^2),

    z ~ N(0, I). That is the ancestral sampler (DDPM); the deterministic one (DDIM) has tau = 0. Both are exact in the
    limit of many steps.

    Args:
        predict: the noise.
        graph: one molecule.
        steps: of denoising, at least 1.
        ancestral: whether noise is added at each step (DDPM), or not (DDIM).
        key: of all noise.
    """
    present = graph.present
    keys = jr.split(key, steps)
    times = jnp.linspace(1, 0, steps, dtype=jnp.float32)

    def step(x: Positions, now: tuple[Array, Array, Array]) -> tuple[Positions, None]:
        t, s, key = now
        (alpha, sigma), (alpha_s, sigma_s) = levels(t), levels(s)
        predicted = predict(graph, x, t)
        estimate = (x - sigma * predicted) / alpha
        variance = sigma_s**2 / sigma**2 * (1 - alpha**2 / alpha_s**2) if ancestral else jnp.zeros_like(t)
        x = alpha_s * estimate + jnp.sqrt(sigma_s**2 - variance) * predicted
        return x + jnp.sqrt(variance) * noise(present, key=key), None

    x, _ = lax.scan(step, noise(present, key=keys[0]), (times[:-1], times[1:], keys[1:]))
    alpha, sigma = levels(times[-1])
    return centred((x - sigma * predict(graph, x, times[-1])) / alpha, present)
