"""New networks: whether each of their arrays was drawn from a key of its own."""

import itertools

import equinox as eqx
import jax
import numpy as np
from jaxtyping import PyTree


def drawn_apart(model: PyTree, stacked: PyTree = ()) -> bool:
    """Whether no two arrays have their numbers in one order, as those of one key have, whatever their scale.

    Args:
        model: a new one; arrays of one number alone are not drawn.
        stacked: its parts whose arrays have a leading axis, the layer; each layer's count.
    """
    parts = [np.asarray(leaf, float) for leaf in jax.tree.leaves(eqx.filter(model, eqx.is_inexact_array))]
    layers = [np.asarray(leaf, float) for leaf in jax.tree.leaves(eqx.filter(stacked, eqx.is_inexact_array))]
    every = [part.ravel() for part in [*parts, *itertools.chain.from_iterable(layers)]]
    drawn = [part for part in every if part.size >= 8 and np.ptp(part) > 0]
    assert len(drawn) >= 2, "nothing is drawn"
    return not any(
        (one[: len(other)].argsort() == other[: len(one)].argsort()).all()
        for one, other in itertools.combinations(drawn, 2)
    )
