"""The one inner loop: models of several seeds fitted side by side, in compiled chunks of optimiser steps."""

import math
from collections.abc import Callable, Iterator
from dataclasses import dataclass, fields
from functools import cache, partial
from typing import Any

import equinox as eqx
import jax
import jax.numpy as jnp
import jax.random as jr
import numpy as np
import optax
from jax import lax
from jaxtyping import Array, Float, Int, Key, PyTree

from .chunk import Batches, Chunk, Program, advanced
from .convergence import Converged, HeldOut, Patience
from .devices import one_at_a_time
from .processes import ALONE, Processes

#: (one model, its rows, their weights, key) -> the mean loss, each row counting by its weight.
Loss = Callable[..., Float[Array, ""]]


#: Fields of `Training` that came after results had been recorded.
_LATER = ("until", "weight_decay", "averaging")


@dataclass(frozen=True)
class Training:
    """How a model is fitted: Adam with clipped gradients, for a number of steps or until the model has converged.

    The learning rate rises linearly, then falls as a cosine to 0; `neural.convergence` says what it does where the end
    is not known beforehand.

    Attributes:
        batch_size: rows a step.
        learning_rate: its peak.
        epochs: passes over the training set: the more data, the more steps. This, `steps` or `until`.
        steps: optimiser steps whatever the size of the training set: the same compute for every model.
        until: when a fit has converged.
        warmup: share of the steps in which the learning rate rises; until converged, of the shortest fit.
        clip: largest norm of a gradient.
        weight_decay: what a step takes off the weights beside the gradient's, in units of the learning rate (AdamW:
            Loshchilov and Hutter 2019); of linear maps and convolutions, not of biases, norms and embeddings, which
            need no small values to generalise.
        averaging: what the moving average of the weights keeps of itself a step; 0 for no average. With it, the average
            is what a fit gives.
        chunk: steps compiled and run as one; changes no digit.
    """

    batch_size: int
    learning_rate: float
    epochs: float | None = None
    steps: int | None = None
    until: Converged | None = None
    warmup: float = 0.05
    clip: float = 1.0
    weight_decay: float = 0.0
    averaging: float = 0.0
    chunk: int = 50

    def __post_init__(self) -> None:
        """Check the budget."""
        given = [budget for budget in (self.epochs, self.steps, self.until) if budget is not None]
        if len(given) != 1:
            raise ValueError(
                "the budget is in epochs or in steps, one of them, or until converged; got "
                f"{' and '.join(map(str, given)) or 'none'}."
            )
        sizes = ["batch_size", "learning_rate", "clip", "chunk"]
        sizes += [name for name in ("epochs", "steps") if getattr(self, name) is not None]
        for name in sizes:
            if not 0 < getattr(self, name) < math.inf:
                raise ValueError(f"{name} must be positive; got {getattr(self, name)}.")
        if not 0 <= self.warmup < 1:
            raise ValueError(f"warmup is a share of the steps, at least 0 and below 1; got {self.warmup}.")
        if not 0 <= self.weight_decay * self.learning_rate < 1:
            raise ValueError(
                "weight_decay times the learning rate is what a step takes off the weights, at least 0 and below 1; "
                f"got {self.weight_decay} times {self.learning_rate}."
            )
        if not 0 <= self.averaging < 1:
            raise ValueError(f"averaging is a share that is kept, at least 0 and below 1; got {self.averaging}.")

    def __repr__(self) -> str:
        """The fields with their values, as results record them; those that came later only where they are set."""
        values = {entry.name: getattr(self, entry.name) for entry in fields(self)}
        told = [f"{name}={value!r}" for name, value in values.items() if name not in _LATER or value]
        return f"Training({', '.join(told)})"

    def budget(self, rows: int) -> int:
        """Steps of a fit to so many rows; until converged, the largest number of them.

        Raises:
            ValueError: there are not enough rows to hold some out, or more steps than are counted.
        """
        steps = self.steps
        if self.until is not None:
            self.until.held_out(rows)
            steps = self.until.most
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

    def rate(self, step: Int[Array, ""], steps: Int[Array, ""], patience: Patience | None = None) -> Float[Array, ""]:
        """The learning rate of a step, counted from 0, out of `steps` or of a patient fit; all may be traced."""
        if self.until is not None and patience is not None:
            return self.learning_rate * self.until.rate(step, patience, self.warmup)
        done = (step.astype(jnp.float32) + 0.5) / steps.astype(jnp.float32)
        falling = 0.5 * (1 + jnp.cos(jnp.pi * (done - self.warmup) / (1 - self.warmup)))
        return self.learning_rate * jnp.where(done < self.warmup, done / max(self.warmup, 1e-9), falling)


class Fit(eqx.Module):
    """Models under training, stacked along their arrays' leading axis, with what their training remembers.

    Attributes:
        models: the weights that steps are taken from.
        optimiser: what it remembers.
        average: of the models' weights, if one is kept.
        patience: of a fit until converged.
    """

    models: PyTree
    optimiser: PyTree
    average: PyTree = None
    patience: Patience | None = None

    @classmethod
    def begin(cls, models: PyTree, training: Training) -> "Fit":
        """The fit at step 0."""
        weights = eqx.filter(models, eqx.is_inexact_array)
        average = jax.tree.map(jnp.zeros_like, weights) if training.averaging else None
        fit = cls(models, eqx.filter_vmap(training.optimiser.init)(weights), average)
        if training.until is None:
            return fit
        return cls(*fit.state, Patience.begin(fit.state, len(jax.tree.leaves(weights)[0])))

    @property
    def state(self) -> tuple[PyTree, PyTree, PyTree]:
        """What a step changes."""
        return self.models, self.optimiser, self.average

    @property
    def latest(self) -> PyTree:
        """The models as they are, with averaged weights where an average is kept."""
        return _averaged(self.models, self.average)

    @property
    def result(self) -> PyTree:
        """The models that the fit gives: the latest, or until converged the best that were checked."""
        if self.patience is None:
            return self.latest
        models, _, average = self.patience.best
        return _averaged(models, average)


def _averaged(models: PyTree, average: PyTree) -> PyTree:
    return models if average is None else eqx.combine(average, models)


def decayed(models: PyTree) -> PyTree:
    """True for the arrays that weight decay is for: `weight` of a module that is no norm and no embedding."""

    def marks(node: Any) -> PyTree:
        none = jax.tree.map(lambda _: False, node)
        return eqx.tree_at(lambda module: module.weight, none, True) if _is_map(node) else none

    return jax.tree.map(marks, models, is_leaf=_is_map)


def _is_map(node: object) -> bool:
    is_module = isinstance(node, eqx.Module) and not isinstance(node, _NOT_DECAYED)
    return is_module and eqx.is_array(getattr(node, "weight", None))


#: Modules whose `weight` is a scale, or a table.
_NOT_DECAYED = (eqx.nn.LayerNorm, eqx.nn.RMSNorm, eqx.nn.GroupNorm, eqx.nn.Embedding)


def train(
    fit: Fit,
    loss: Loss,
    batches: Batches,
    training: Training,
    *,
    start: int,
    steps: int,
    keys: Key[Array, " seeds"],
    held_out: HeldOut | None = None,
    processes: Processes = ALONE,
) -> Iterator[tuple[int, Fit, Float[np.ndarray, "steps seeds"]]]:
    """Go on from step `start` to `steps`; after each chunk yields the steps done, the fit, and the chunk's losses.

    A step's random numbers and batch depend on its number alone, so a fit that goes on from any chunk ends alike. The
    fit passed in is used up. All chunks have one shape, so nothing is compiled anew for another training set. A fit
    until converged is checked where a chunk ends at a check's step, before it is yielded, and ends before `steps` once
    all seeds have converged.

    Args:
        fit: of all seeds, after `start` steps.
        loss: of one model.
        batches: of all seeds.
        training: how they are fitted.
        start: steps done before.
        steps: those of the whole fit, or the most.
        keys: one a seed.
        held_out: rows that say when the fit has converged, if it is to.
        processes: that the seeds are shared out over.

    Raises:
        FloatingPointError: a loss is not finite.
    """

    def after(step: int) -> int:
        """The end of the chunk that begins at a step."""
        every = steps if training.until is None else training.until.check_every
        return min(step + training.chunk, (step // every + 1) * every, steps)

    def ended(step: int) -> bool:
        return step >= steps or (fit.patience is not None and fit.patience.has_ended(step))

    def next_chunk(step: int) -> Chunk:
        return Chunk.of(batches, step, after(step), steps, training.chunk)

    step = start
    chunk = None if ended(step) else next_chunk(step)
    while chunk is not None and not ended(step):
        compute = partial(advanced, program(loss, training), keys, fit, chunk)
        fit, losses = processes.advance(compute, keys, fit, chunk, repr(training))
        end = chunk.end
        # Fetched while an accelerator is at work.
        chunk = next_chunk(end) if end < steps else None
        losses = np.asarray(losses)[: end - step]
        if not np.isfinite(losses).all():
            where, seed = np.argwhere(~np.isfinite(losses))[0]
            raise _not_finite("loss", int(seed), step + int(where) + 1, steps, training)
        step = end
        if training.until is not None and held_out is not None and training.until.checks(step):
            fit = _check(held_out, fit, loss, training.until, jnp.int32(step))
            found = np.isfinite(np.asarray(fit.patience.latest))
            if not found.all():
                raise _not_finite("held-out loss", int(np.argmin(found)), step, steps, training)
        yield step, fit, losses


def _not_finite(what: str, seed: int, step: int, steps: int, training: Training) -> FloatingPointError:
    return FloatingPointError(
        f"the {what} of seed {seed} is not finite at step {step} of {steps}; "
        f"lower the learning rate (now {training.learning_rate:g}) or make the warm-up longer."
    )


def _each(function: Callable[..., PyTree], seeds: int, *stacked: PyTree) -> PyTree:
    """A function of one seed's arrays, for all seeds."""
    if seeds > 1:
        return jax.vmap(function)(*stacked)
    # On a CPU, products of matrices with an axis of one seed would take twice the time of those without.
    found = function(*jax.tree.map(lambda leaf: leaf[0], stacked))
    return jax.tree.map(lambda leaf: leaf[None], found)


@eqx.filter_jit(donate="all-except-first")
def _check(held_out: HeldOut, fit: Fit, loss: Loss, rule: Converged, step: Int[Array, ""]) -> Fit:
    """The fits after a look at their held-out losses."""
    arrays, static = eqx.partition(fit, eqx.is_array)

    def of_arrays(arrays: PyTree, seed: tuple[Array, Array, Array]) -> PyTree:
        fit = eqx.combine(arrays, static)
        value = held_out.loss(lambda rows, weights, key: loss(fit.latest, rows, weights, key=key), seed)
        (models, optimiser, average), patience = fit.patience.checked(rule, fit.state, step, value)
        return eqx.filter(Fit(models, optimiser, average, patience), eqx.is_array)

    return eqx.combine(_each(of_arrays, len(held_out.keys), arrays, held_out.seeds), static)


def program(loss: Loss, training: Training) -> Program:
    """That of a chunk of a fit."""

    def compiled(keys: Key[Array, " seeds"], fit: Fit, *chunk: Any) -> tuple[Fit, Array]:
        return _compiled()(keys, fit, loss, training, *chunk)

    return compiled


@cache
def _compiled() -> Callable[..., tuple[Fit, Array]]:
    """The program of a chunk; on a CPU the devices are the threads, and each computes alone."""
    options = {"compiler_options": {"xla_cpu_multi_thread_eigen": False}} if one_at_a_time() else {}
    return eqx.filter_jit(_chunk, donate="all-except-first", **options)


def _chunk(
    keys: Key[Array, " seeds"],
    fit: Fit,
    loss: Loss,
    training: Training,
    start: Int[Array, ""],
    end: Int[Array, ""],
    steps: Int[Array, ""],
    rows: np.ndarray | Array,
    weights: np.ndarray | Array,
) -> tuple[Fit, Float[Array, "chunk seeds"]]:
    def one_seed(fit: Fit, step: Int[Array, ""], rows: Array, weights: Array, key: Key[Array, ""]) -> tuple[Fit, Array]:
        key = jr.fold_in(key, step)
        value, gradient = eqx.filter_value_and_grad(loss)(fit.models, rows, weights, key=key)
        with jax.numpy_dtype_promotion("standard"):  # Optax raises floats to the power of an integer count
            direction, optimiser = training.optimiser.update(gradient, fit.optimiser)
        if training.weight_decay:
            direction = _with_decay(direction, fit.models, training.weight_decay)
        rate = training.rate(step, steps, fit.patience)
        updates = jax.tree.map(lambda leaf: (-rate).astype(leaf.dtype) * leaf, direction)
        models = eqx.apply_updates(fit.models, updates)
        average = fit.average
        if training.averaging:
            average = _moved(average, eqx.filter(models, eqx.is_inexact_array), training.averaging, step)
        return Fit(models, optimiser, average, fit.patience), value

    arrays, static = eqx.partition(fit, eqx.is_array)

    def of_arrays(step: Int[Array, ""], arrays: PyTree, *batch: Array) -> tuple[PyTree, Array]:
        fit, value = one_seed(eqx.combine(arrays, static), step, *batch)
        return eqx.filter(fit, eqx.is_array), value.astype(jnp.float32)

    def advance(arrays: PyTree, step: Int[Array, ""], rows: Array, weights: Array) -> tuple[PyTree, Array]:
        return _each(partial(of_arrays, step), len(keys), arrays, rows, weights, keys)

    def stay(arrays: PyTree, *_: Array) -> tuple[PyTree, Array]:
        return arrays, jnp.zeros(len(keys), jnp.float32)

    def one_step(arrays: PyTree, batch: tuple[Array, Array, Array]) -> tuple[PyTree, Array]:
        return lax.cond(batch[0] < end, advance, stay, arrays, *batch)

    numbers = start + jnp.arange(len(rows), dtype=jnp.int32)
    arrays, losses = lax.scan(one_step, arrays, (numbers, jnp.asarray(rows), jnp.asarray(weights)))
    return eqx.combine(arrays, static), losses


def _with_decay(direction: PyTree, models: PyTree, decay: float) -> PyTree:
    """A direction that shrinks weights too."""
    weights = eqx.filter(models, eqx.is_inexact_array)
    return jax.tree.map(
        lambda step, weight, mark: step + decay * weight if mark else step, direction, weights, decayed(weights)
    )


def _moved(average: PyTree, weights: PyTree, keeps: float, step: Int[Array, ""]) -> PyTree:
    """The moving average after one more step; at first it keeps less, so that it forgets the weights' first values."""
    done = step.astype(jnp.float32)
    share = 1 - jnp.minimum(keeps, done / (done + 9))
    return jax.tree.map(lambda old, new: old + share.astype(old.dtype) * (new - old), average, weights)
