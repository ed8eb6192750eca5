"""A chunk of optimiser steps of several seeds: what it is done with, and how the devices of this process do it."""

from collections.abc import Callable, Sequence
from typing import Any, NamedTuple

import jax
import jax.numpy as jnp
import jax.random as jr
import numpy as np
from jaxtyping import Array, Float, Key, PyTree

from .devices import PARTS, entries, groups, mesh, one_at_a_time, side_by_side, spread, stacked, whole

#: (first step, last step + 1) -> rows (steps, seeds, batch, ...) and their weights (steps, seeds, batch).
Batches = Callable[[int, int], tuple[np.ndarray, np.ndarray]]

#: (keys, fit, first step, end, steps of the whole fit, rows, weights) -> the fit after them, and the losses.
Program = Callable[..., tuple[PyTree, Array]]


class Chunk(NamedTuple):
    """What a chunk is done with.

    Attributes:
        start: its first step.
        end: its last step + 1; batches beyond are never read.
        steps: of the whole fit, or the most.
        rows: (length, seeds, batch, ...).
        weights: (length, seeds, batch).
    """

    start: int
    end: int
    steps: int
    rows: np.ndarray
    weights: np.ndarray

    @classmethod
    def of(cls, batches: Batches, start: int, end: int, steps: int, length: int) -> "Chunk":
        """Of steps `start` to `end` - 1, filled up to its length with what is never read."""
        rows, weights = batches(start, end)
        return cls(start, end, steps, lengthened(rows, length), lengthened(weights, length))


def lengthened(array: np.ndarray, length: int) -> np.ndarray:
    """With its last entry as often as is needed for this length."""
    return np.concatenate([array, np.repeat(array[-1:], length - len(array), axis=0)])


def advanced(
    program: Program, keys: Key[Array, " seeds"], fit: PyTree, chunk: Chunk, of: Sequence[slice]
) -> tuple[PyTree, Float[Any, "length wanted"]]:
    """The fits of some seeds after a chunk, on all devices of this process, and its losses.

    Args:
        program: of a chunk.
        keys: one a seed.
        fit: of all seeds.
        chunk: of all seeds.
        of: neighbouring blocks of seeds, whose fits and losses are wanted.
    """
    numbers = np.int32(chunk.end), np.int32(chunk.steps)
    rows, weights = chunk.rows, chunk.weights
    if not one_at_a_time():
        own = whole(of)
        if own != slice(0, len(keys)):
            keys, fit, rows, weights = keys[own], entries(fit, own), rows[:, own], weights[:, own]
        over = mesh(len(keys), rows.shape[2])
        batch = spread((rows, weights), over, None, "seeds", "rows")
        keys, fit = spread(keys, over, "seeds"), spread(fit, over, "seeds")
        return program(keys, fit, np.int32(chunk.start), *numbers, *batch)
    length = -(-len(rows) // PARTS)
    rows, weights = (lengthened(array, PARTS * length) for array in (rows, weights))
    bits = np.asarray(jr.key_data(keys))
    states = [entries(fit, block) for block in of]
    losses = np.zeros((PARTS * length, len(keys)), np.float32)

    def done(job: tuple[int, int]) -> tuple[PyTree, np.ndarray]:
        part, number = job
        steps_here, own = slice(part * length, (part + 1) * length), of[number]
        key = jr.wrap_key_data(jnp.asarray(bits[own]), impl=jr.key_impl(keys))
        batch, first = (rows[steps_here, own], weights[steps_here, own]), np.int32(chunk.start + part * length)
        state, found = program(key, states[number], first, *numbers, *batch)
        return entries(state, slice(None)), np.asarray(found)

    for group in groups(len(of), len(jax.local_devices())):
        for (part, number), (state, found) in zip(group, side_by_side(done, group), strict=True):
            states[number] = state
            losses[part * length : (part + 1) * length, of[number]] = found
    return stacked(states), losses[:, whole(of)]
