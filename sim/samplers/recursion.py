"""The recursion that all samplers of refitted chains share: draw a pool, add it to the sums kept, fit, go on.

A sampler says how a pool is drawn, as the two sums that least squares needs of it, and how a model is fitted to such
sums. The sums may be of rows (`literal`), drawn as matrices without rows (`wishart`), or numbers (`gaussian_walk`).
"""

from collections.abc import Callable
from typing import Any

import equinox as eqx
import jax
import jax.numpy as jnp
import jax.scipy.linalg as jsl
import numpy as np
from jaxtyping import Array, Bool, Float, Int

from .schedule import Schedule

#: Sums of a pool or of several: X'X, or a number where all pools share one; and X'y.
Sums = tuple[Float[Array, "*shape"], Float[Array, " d"]]

#: A chain is refused where rounding may cost a model this much of its value, relatively.
WORST_ROUNDING = 1e-4

#: Up to so many features a substitution is written out: chains side by side then share its operations, where LAPACK
#: is called for each. Half as fast again at d = 10; compilation grows with the square.
_UNROLLED = 16


class Recursion(eqx.Module):
    """A compiled workflow, ready to be scanned."""

    weights: Float[Array, "iterations slots"]
    destination: Int[Array, "iterations slots+2"]
    fresh_real: bool = eqx.field(static=True)

    def __init__(self, schedule: Schedule, dtype: np.dtype) -> None:
        self.weights = jnp.asarray(schedule.weights, dtype)
        self.destination = jnp.asarray(schedule.destination)
        self.fresh_real = schedule.fresh_real

    @property
    def slots(self) -> int:
        """The number of sums that are kept."""
        return self.weights.shape[1]

    def __call__(
        self,
        truth: Float[Array, " d"],
        *,
        pool: Callable[[Float[Array, " d"], Int[Array, ""], bool], Sums],
        fit: Callable[[Float[Array, "*shape"], Float[Array, " d"]], Float[Array, " d"]],
        gram_shape: tuple[int, ...],
    ) -> Float[Array, "iterations d"]:
        """The models of iterations 1, 2, …

        Args:
            truth: what real data are labelled by; also what pool 1 is.
            pool: (the model that labels it, the iteration counted from 0, whether it is real data collected later) to
                the pool's sums.
            fit: the weighted sums of a training set to the model.
            gram_shape: (d, d), or () where the first sum is a number.
        """

        nothing = (
            jnp.zeros((self.slots, *gram_shape), truth.dtype),
            jnp.zeros((self.slots, *truth.shape), truth.dtype),
        )
        return self.scan(
            truth,
            nothing,
            pool=lambda model, iteration, real: pool(truth if real else model, iteration, real),
            fit=lambda weights, sums, *_: fit(jnp.tensordot(weights, sums[0], 1), weights @ sums[1]),
            measure=lambda model: model,
        )

    def scan(
        self,
        model: Any,
        nothing: Any,
        *,
        pool: Callable[[Any, Int[Array, ""], bool], Any],
        fit: Callable[[Float[Array, " slots"], Any, Any, Int[Array, ""]], Any],
        measure: Callable[[Any], Float[Array, "..."]],
        merge: Callable[[Any, list[Any], Int[Array, " held"], Any], Any] | None = None,
    ) -> Float[Array, "iterations ..."]:
        """What is measured of the models of iterations 1, 2, …; models and sums are any trees of arrays.

        Args:
            model: the truth.
            nothing: the sums of no rows, with an axis of slots before.
            pool: (the last model, the iteration counted from 0, whether it is real data collected later) to the sums of
                the new pool; pool 1 is sampled from the truth.
            fit: (the weight of each row by slot, the sums by slot, the last model, the iteration) to a model.
            measure: of a model.
            merge: (kept sums, those of new pools, where they all go, the last model) to the sums by slot; by default
                they are added up.
        """
        merge = merge or (
            lambda kept, new, destination, _: jax.tree.map(
                lambda sums, *more: move(sums, list(more), destination), kept, *new
            )
        )

        def iterate(carry: tuple, now: tuple) -> tuple:
            model, sums = carry
            weights, destination, iteration = now
            drawn = [pool(model, iteration, False)]
            if self.fresh_real:
                drawn.append(pool(model, iteration, True))
            else:
                destination = destination[:-1]
            sums = merge(sums, drawn, destination, model)
            model = fit(weights, sums, model, iteration)
            return (model, sums), measure(model)

        now = (self.weights, self.destination, jnp.arange(len(self.weights)))
        return jax.lax.scan(iterate, (model, nothing), now)[1]


def move(
    kept: Float[Array, "slots *shape"],
    new: list[Float[Array, "*shape"]],
    destination: Int[Array, " held"],
) -> Float[Array, "slots *shape"]:
    """Add the kept sums and the new ones up in their destinations; what goes to the last is dropped."""
    slots = kept.shape[0]
    if slots == 1:
        # spelled out, this is one pass over the sums
        stays = (destination == 0).astype(kept.dtype)
        return (stays[0] * kept[0] + sum(stay * sums for stay, sums in zip(stays[1:], new, strict=True)))[None]
    held = jnp.concatenate([kept, jnp.stack(new)])
    return jnp.zeros((slots + 1, *kept.shape[1:]), kept.dtype).at[destination].add(held)[:slots]


def cholesky(gram: Float[Array, "d d"]) -> Float[Array, "d d"]:
    """The lower factor of a Gram matrix; NaN where solving with it would lose too many digits.

    The part of a column's square that the columns before leave unexplained tells it, whatever the columns' units.
    """
    factor = jax.lax.linalg.cholesky(gram, symmetrize_input=False)
    unexplained = (jnp.diagonal(factor) ** 2 / jnp.diagonal(gram)).min()
    return jnp.where(solvable(unexplained), factor, jnp.nan)


def solvable(share: Float[Array, ""]) -> Bool[Array, ""]:
    """Whether rounding errors, 1 / share times as large in the solution, stay below `WORST_ROUNDING`."""
    return share * WORST_ROUNDING > jnp.finfo(share.dtype).eps


def solve(factor: Float[Array, "d d"], moment: Float[Array, "d *columns"]) -> Float[Array, "d *columns"]:
    """The solution of (factor factor') x = moment."""
    d = len(factor)
    if moment.ndim > 1 or d > _UNROLLED:
        return jsl.cho_solve((factor, True), moment)
    half, x = [], [moment] * d
    for j in range(d):
        half.append((moment[j] - sum(factor[j, k] * half[k] for k in range(j))) / factor[j, j])
    for j in reversed(range(d)):
        x[j] = (half[j] - sum(factor[k, j] * x[k] for k in range(j + 1, d))) / factor[j, j]
    return jnp.stack(x)
