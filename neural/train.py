"""The one inner loop: models of several seeds fitted side by side, in compiled chunks of optimiser steps."""

import math
from collections.abc import Callable, Iterator
from dataclasses import dataclass

import equinox as eqx
import jax
import jax.numpy as jnp
import jax.random as jr
import numpy as np
import optax
from jax import lax
from jaxtyping import Array, Float, Int, Key, PyTree

#: (one model, its rows, their weights, key) -> the mean loss, each row counting by its weight.
Loss = Callable[..., Float[Array, ""]]


@dataclass(frozen=True)
class Training:
    """How a model is fitted: Adam with clipped gradients, at a rate that rises linearly, then falls as a cosine to 0.

    Attributes:
        batch_size: rows a step.
        learning_rate: its peak.
        epochs: passes over the training set: the more data, the more steps. This or `steps`.
        steps: optimiser steps whatever the size of the training set: the same compute for every model.
        warmup: share of the steps in which the learning rate rises.
        clip: largest norm of a gradient.
        chunk: steps compiled and run as one; changes no digit.
    """

    batch_size: int
    learning_rate: float
    epochs: float | None = None
    steps: int | None = None
    warmup: float = 0.05
    clip: float = 1.0
    chunk: int = 50

    def __post_init__(self) -> None:
        """Check the budget."""
        if (self.epochs is None) == (self.steps is None):
            raise ValueError(f"the budget is in epochs or in steps, one of them; got {self.epochs} and {self.steps}.")
        for name in ("batch_size", "learning_rate", "clip", "chunk", "epochs" if self.steps is None else "steps"):
            if not 0 < getattr(self, name) < math.inf:
                raise ValueError(f"{name} must be positive; got {getattr(self, name)}.")
        if not 0 <= self.warmup < 1:
            raise ValueError(f"warmup is a share of the steps, at least 0 and below 1; got {self.warmup}.")

    def budget(self, rows: int) -> int:
        """Steps of a fit to so many rows."""
        steps = self.steps
        if self.epochs is not None:
            steps = max(1, round(min(self.epochs * rows / self.batch_size, 2**63)))
        assert steps is not None  # checked when made
        if steps >= 2**31:
            raise ValueError(f"a fit has fewer than 2^31 steps; got {steps:.3g}. Use fewer --epochs or --steps.")
        return steps

    @property
    def optimiser(self) -> optax.GradientTransformation:
        """Directions of the steps; their length is `rate`'s."""
        return optax.chain(optax.clip_by_global_norm(self.clip), optax.scale_by_adam(b2=0.95))

    def rate(self, step: Int[Array, ""], steps: Int[Array, ""]) -> Float[Array, ""]:
        """The learning rate of a step, counted from 0, out of `steps`; both may be traced."""
        done = (step.astype(jnp.float32) + 0.5) / steps.astype(jnp.float32)
        falling = 0.5 * (1 + jnp.cos(jnp.pi * (done - self.warmup) / (1 - self.warmup)))
        return self.learning_rate * jnp.where(done < self.warmup, done / max(self.warmup, 1e-9), falling)


class Fit(eqx.Module):
    """Models under training, stacked along their arrays' leading axis, with what the optimiser remembers."""

    models: PyTree
    optimiser: PyTree

    @classmethod
    def begin(cls, models: PyTree, training: Training) -> "Fit":
        """The fit at step 0."""
        return cls(models, eqx.filter_vmap(training.optimiser.init)(eqx.filter(models, eqx.is_inexact_array)))


#: (first step, last step + 1) -> rows (steps, seeds, batch, ...) and their weights (steps, seeds, batch).
Batches = Callable[[int, int], tuple[np.ndarray, np.ndarray]]


def train(
    fit: Fit, loss: Loss, batches: Batches, training: Training, *, start: int, steps: int, keys: Key[Array, " seeds"]
) -> Iterator[tuple[int, Fit, Float[np.ndarray, "steps seeds"]]]:
    """Go on from step `start` to `steps`; after each chunk yields the steps done, the fit, and the chunk's losses.

    A step's random numbers and batch depend on its number alone, so a fit that goes on from any chunk ends alike. The
    fit passed in is used up. All chunks have one shape, so nothing is compiled anew for another training set.

    Args:
        fit: of all seeds, after `start` steps.
        loss: of one model.
        batches: of all seeds.
        training: how they are fitted.
        start: steps done before.
        steps: those of the whole fit.
        keys: one a seed.

    Raises:
        FloatingPointError: a loss is not finite.
    """
    step = start
    batch = _padded(batches, start, steps, training.chunk) if start < steps else ()
    while step < steps:
        fit, losses = _chunk(keys, fit, loss, training, jnp.int32(step), jnp.int32(steps), *batch)
        end = min(step + training.chunk, steps)
        # Fetched while the device is at work.
        batch = _padded(batches, end, steps, training.chunk) if end < steps else ()
        losses = np.asarray(losses)[: end - step]
        if not np.isfinite(losses).all():
            where, seed = np.argwhere(~np.isfinite(losses))[0]
            raise FloatingPointError(
                f"the loss of seed {seed} is not finite at step {step + where + 1} of {steps}; "
                f"lower the learning rate (now {training.learning_rate:g}) or make the warm-up longer."
            )
        step = end
        yield step, fit, losses


def _padded(batches: Batches, start: int, steps: int, chunk: int) -> tuple[np.ndarray, np.ndarray]:
    """The batches of one chunk; the last, shorter one is filled up with what is never read."""
    rows, weights = batches(start, min(start + chunk, steps))
    missing = chunk - len(rows)

    def filled(part: np.ndarray) -> np.ndarray:
        return np.concatenate([part, np.repeat(part[-1:], missing, axis=0)])

    return filled(rows), filled(weights)


@eqx.filter_jit(donate="all-except-first")
def _chunk(
    keys: Key[Array, " seeds"],
    fit: Fit,
    loss: Loss,
    training: Training,
    start: Int[Array, ""],
    steps: Int[Array, ""],
    rows: np.ndarray | Array,
    weights: np.ndarray | Array,
) -> tuple[Fit, Float[Array, "chunk seeds"]]:
    def one_seed(fit: Fit, step: Int[Array, ""], rows: Array, weights: Array, key: Key[Array, ""]) -> tuple[Fit, Array]:
        key = jr.fold_in(key, step)
        value, gradient = eqx.filter_value_and_grad(loss)(fit.models, rows, weights, key=key)
        with jax.numpy_dtype_promotion("standard"):  # Optax raises floats to the power of an integer count
            direction, optimiser = training.optimiser.update(gradient, fit.optimiser)
        rate = training.rate(step, steps)
        updates = jax.tree.map(lambda leaf: (-rate).astype(leaf.dtype) * leaf, direction)
        return Fit(eqx.apply_updates(fit.models, updates), optimiser), value

    arrays, static = eqx.partition(fit, eqx.is_array)

    def of_arrays(arrays: PyTree, *batch: Array) -> tuple[PyTree, Array]:
        fit, value = one_seed(eqx.combine(arrays, static), *batch)
        return eqx.filter(fit, eqx.is_array), value.astype(jnp.float32)

    def all_seeds(*seeds: PyTree, step: Int[Array, ""]) -> tuple[PyTree, Array]:
        if len(keys) > 1:
            return jax.vmap(lambda arrays, *batch: of_arrays(arrays, step, *batch))(*seeds)
        # On a CPU, products of matrices with an axis of one seed would take twice the time of those without.
        arrays, *batch = jax.tree.map(lambda leaf: leaf[0], seeds)
        return jax.tree.map(lambda leaf: leaf[None], of_arrays(arrays, step, *batch))

    def advance(arrays: PyTree, step: Int[Array, ""], rows: Array, weights: Array) -> tuple[PyTree, Array]:
        return all_seeds(arrays, rows, weights, keys, step=step)

    def stay(arrays: PyTree, *_: Array) -> tuple[PyTree, Array]:
        return arrays, jnp.zeros(len(keys), jnp.float32)

    def one_step(arrays: PyTree, batch: tuple[Array, Array, Array]) -> tuple[PyTree, Array]:
        return lax.cond(batch[0] < steps, advance, stay, arrays, *batch)

    numbers = start + jnp.arange(len(rows), dtype=jnp.int32)
    arrays, losses = lax.scan(one_step, arrays, (numbers, jnp.asarray(rows), jnp.asarray(weights)))
    return eqx.combine(arrays, static), losses
