"""Maximum likelihood of a generalised linear model by Newton's method, each step as long as it lowers the loss.

The loss is convex, so that there is one fit at most, wherever the search begins.
"""

from typing import NamedTuple

import jax
import jax.numpy as jnp
from jaxtyping import Array, Bool, Float, Int

from .links import AbstractLink
from .recursion import cholesky, solve

#: Steps, those taken back included. From the truth a fit takes about five; nearly separated data take one for each unit
#: that the predictors grow by.
MOST_STEPS = 60


class _Search(NamedTuple):
    """Where the search is.

    Attributes:
        model: the best so far.
        loss: of it.
        pace: the share of a Newton step that is tried next.
        steps: so far.
        is_there: whether the last whole step was so small that the next one is rounding.
        is_lost: whether there is no fit, or no step.
    """

    model: Float[Array, " d"]
    loss: Float[Array, ""]
    pace: Float[Array, ""]
    steps: Int[Array, ""]
    is_there: Bool[Array, ""]
    is_lost: Bool[Array, ""]


def fitted(
    link: AbstractLink,
    x: Float[Array, "rows d"],
    labels: Float[Array, " rows"],
    weights: Float[Array, " rows"],
    start: Float[Array, " d"],
) -> Float[Array, " d"]:
    """The weights that minimise the weighted loss; NaN where none do, or none are found.

    Args:
        link: of the labels.
        x: features.
        labels: one that is NaN has no fit, if it counts.
        weights: of the rows, adding up to 1; rows of weight 0 are no part of the training set.
        start: of the search, without effect on a fit that is found.
    """
    counts = weights > 0
    labels = jnp.where(counts, labels, 0)
    eps = jnp.finfo(weights.dtype).eps

    def total(model: Float[Array, " d"]) -> Float[Array, ""]:
        return weights @ link.loss(x @ model, labels)

    def goes_on(search: _Search) -> Bool[Array, ""]:
        return ~search.is_there & ~search.is_lost & (search.steps < MOST_STEPS)

    def step(search: _Search) -> _Search:
        predictors = x @ search.model
        first, second = link.slopes(predictors, labels)
        whole = solve(cholesky((x * (weights * second)[:, None]).T @ x), (weights * first) @ x)
        # after a step this small Newton's method, whose error is squared by each, is exact to rounding
        is_there = jnp.linalg.norm(whole) <= jnp.sqrt(eps) * (1 + jnp.linalg.norm(search.model))
        model = search.model - jnp.where(is_there, 1, search.pace) * whole
        loss = total(model)
        # near the minimum the loss is lower by less than its rounding
        taken = is_there | (loss <= search.loss + 16 * eps * (1 + jnp.abs(search.loss)))
        is_parted = jnp.where(counts, link.is_parted(predictors, labels), True).all()
        return _Search(
            jnp.where(taken, model, search.model),
            jnp.where(taken, loss, search.loss),
            jnp.where(taken, jnp.minimum(1, 2 * search.pace), search.pace / 2),
            search.steps + 1,
            is_there,
            is_parted | ~jnp.isfinite(whole).all(),
        )

    one, no = jnp.ones((), weights.dtype), jnp.array(False)
    begun = _Search(start, total(start), one, jnp.zeros((), int), no, no)
    found = jax.lax.while_loop(goes_on, step, begun)
    return jnp.where(found.is_there & ~found.is_lost, found.model, jnp.nan)
