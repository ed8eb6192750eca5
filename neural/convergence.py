"""Fits that end by themselves: once the loss on rows that are held out of the training set falls no more.

The learning rate rises, then stays, since nobody knows when the fit will end. When `patience` checks in a row bring no
lower loss, the fit goes back to its best weights and the rate falls to 0 in a straight line over a fifth of the whole.
That last stretch is where a constant rate catches up with a cosine of the right length (warmup-stable-decay: Hu et al.
2024, 2404.06395; Hägele et al. 2024, 2405.18392, whose fifth is taken here). What the fit gives is the best of all
weights that were checked.
"""

from dataclasses import dataclass

import equinox as eqx
import jax
import jax.numpy as jnp
import jax.random as jr
from jax import lax
from jaxtyping import Array, Bool, Float, Int, Key, PyTree

#: The held-out loss must fall by this part of itself for a check to count as progress.
LEAST = 1e-3

#: How often each check reads a held-out row, with other random numbers each time, the same ones at every check.
DRAWS = 4

#: The last stretch is one part in so many of the steps up to the best weights: a fifth of both together.
STRETCH = 4

#: The step at which the last stretch of a fit ends that has not come to it.
NEVER = 2**31 - 1


@dataclass(frozen=True)
class Converged:
    """When a fit has converged.

    Attributes:
        validation: share of the training set that is held out, and neither trained nor tested on.
        check_every: steps from one look at the held-out loss to the next.
        patience: checks in a row without progress, after which the last stretch begins.
        most_steps: of a fit, the last stretch included; as many whole checks as go into it.
    """

    validation: float
    check_every: int
    patience: int
    most_steps: int

    def __post_init__(self) -> None:
        """Check the numbers."""
        if not 0 < self.validation < 1:
            raise ValueError(f"validation is a share of the training set, above 0 and below 1; got {self.validation}.")
        for name in ("check_every", "patience"):
            if getattr(self, name) < 1:
                raise ValueError(f"{name} must be at least 1; got {getattr(self, name)}.")
        if not 2 * self.check_every <= self.most_steps < NEVER:
            raise ValueError(
                f"most_steps must be at least two checks, {2 * self.check_every} steps, and below 2^31 - 1; got "
                f"{self.most_steps}. Raise it, or check more often."
            )

    @property
    def most(self) -> int:
        """The largest number of steps, in whole checks."""
        return self.most_steps // self.check_every * self.check_every

    @property
    def least(self) -> int:
        """The smallest number of steps: of a fit whose first check is its best."""
        for checks in range(1, self.patience + 1):
            following = checks + 1
            if following + -(-following // STRETCH) > self.most // self.check_every:
                return (checks + 1) * self.check_every
        return (self.patience + 2) * self.check_every

    def checks(self, step: int) -> bool:
        """Whether the held-out loss is looked at after so many steps."""
        return step % self.check_every == 0

    def held_out(self, rows: int) -> int:
        """How many of a training set's rows are held out.

        Raises:
            ValueError: none, or all.
        """
        found = round(self.validation * rows)
        if not 0 < found < rows:
            raise ValueError(
                f"a validation share of {self.validation:g} holds {found} of {rows} rows out of the training set; "
                "at least one row must be held out and one be left: use another --validation."
            )
        return found

    def last_stretch(self, step: Int[Array, ""]) -> Int[Array, ""]:
        """Steps of the last stretch that begins at the weights of this step: whole checks, at least one."""
        part = STRETCH * self.check_every
        return self.check_every * jnp.maximum(1, (step + part - 1) // part)

    def rate(self, step: Int[Array, ""], patience: "Patience", warmup: float) -> Float[Array, ""]:
        """The learning rate of a step, counted from 0, of its peak's.

        Args:
            step: the step.
            patience: of the fit.
            warmup: share of the shortest fit, of `patience` checks, in which the rate rises.
        """
        middle = step.astype(jnp.float32) + 0.5
        rising = middle / max(warmup * self.patience * self.check_every, 1e-9)
        falling = (patience.end.astype(jnp.float32) - middle) / patience.stretch.astype(jnp.float32)
        return jnp.minimum(rising, 1.0) * falling.clip(0.0, 1.0)


class Patience(eqx.Module):
    """What a fit remembers of its checks; one fit's, or several fits' stacked.

    Attributes:
        best: the state of the fit with the lowest held-out loss so far.
        loss: the held-out loss of that state.
        step: the steps that led to it.
        latest: the held-out loss of the last check.
        mark: the loss that the next progress is measured from.
        waited: checks since the last progress.
        end: the step at which the last stretch ends.
        stretch: its length.
    """

    best: PyTree
    loss: Float[Array, "*seeds"]
    step: Int[Array, "*seeds"]
    latest: Float[Array, "*seeds"]
    mark: Float[Array, "*seeds"]
    waited: Int[Array, "*seeds"]
    end: Int[Array, "*seeds"]
    stretch: Int[Array, "*seeds"]

    @classmethod
    def begin(cls, state: PyTree, seeds: int) -> "Patience":
        """Before the first check, which replaces the best state, whatever its loss.

        Args:
            state: of the fit.
            seeds: how many are stacked in it.
        """
        blank = jax.tree.map(lambda leaf: jnp.zeros_like(leaf) if eqx.is_array(leaf) else leaf, state)
        # Arrays of their own: buffers that two fields share cannot be given back.
        losses = [jnp.full(seeds, jnp.inf, jnp.float32) for _ in range(3)]
        counts = [jnp.full(seeds, value, jnp.int32) for value in (0, 0, NEVER, 1)]
        return cls(blank, losses[0], counts[0], losses[1], losses[2], counts[1], counts[2], counts[3])

    def checked(
        self, rule: Converged, state: PyTree, step: Int[Array, ""], loss: Float[Array, ""]
    ) -> tuple[PyTree, "Patience"]:
        """The state that the fit goes on from after a check, and what it remembers then.

        Args:
            rule: when a fit has converged.
            state: of the fit, one's.
            step: the steps done.
            loss: the held-out loss of that state.
        """
        running = step <= self.end
        better = running & (loss < self.loss)
        progress = running & (loss < self.mark - LEAST * jnp.where(jnp.isfinite(self.mark), jnp.abs(self.mark), 0.0))
        waited = jnp.where(progress, 0, self.waited + 1)
        best, best_step = _choose(better, state, self.best), jnp.where(better, step, self.step)
        following = step + rule.check_every
        no_room = following + rule.last_stretch(following) > rule.most
        begins = (self.end == NEVER) & ((waited >= rule.patience) | no_room)
        stretch = jnp.where(begins, rule.last_stretch(best_step), self.stretch)
        patience = Patience(
            best=best,
            loss=jnp.where(better, loss, self.loss),
            step=best_step,
            latest=jnp.where(running, loss, self.latest),
            mark=jnp.where(progress, loss, self.mark),
            waited=waited,
            end=jnp.where(begins, step + stretch, self.end),
            stretch=stretch,
        )
        return _choose(begins, best, state), patience

    def has_ended(self, step: int) -> bool:
        """Whether every fit has, after this step."""
        return bool((self.end <= step).all())


def _choose(first: Bool[Array, ""], one: PyTree, other: PyTree) -> PyTree:
    """One tree of arrays or the other."""
    return jax.tree.map(lambda a, b: jnp.where(first, a, b) if eqx.is_array(a) else a, one, other)


class HeldOut(eqx.Module):
    """Rows that each seed holds out of its training set, what they weigh, and a key for what is random in their loss.

    Attributes:
        rows: (seeds, rows, ...).
        weights: (seeds, rows).
        keys: one a seed.
        batch_size: rows read at once.
    """

    rows: Array
    weights: Float[Array, "seeds rows"]
    keys: Key[Array, " seeds"]
    batch_size: int = eqx.field(static=True)

    @property
    def seeds(self) -> tuple[Array, Array, Array]:
        """What is stacked by seeds."""
        return self.rows, self.weights, self.keys

    def loss(self, of: PyTree, seed: tuple[Array, Array, Array]) -> Float[Array, ""]:
        """The mean of a loss over one seed's rows, `DRAWS` times each; the first ones once more to fill the last batch.

        Args:
            of: (rows, weights, key) -> the loss of a batch, as in training.
            seed: what `seeds` has of it.
        """
        rows, weights, key = seed
        count = self.rows.shape[1]
        batches = -(-DRAWS * count // self.batch_size)
        numbers = jnp.arange(batches * self.batch_size, dtype=jnp.int32) % count

        def one_batch(total: Array, batch: tuple[Array, Array]) -> tuple[Array, None]:
            index, chosen = batch
            return total + of(rows[chosen], weights[chosen], jr.fold_in(key, index)).astype(jnp.float32), None

        every = jnp.arange(batches, dtype=jnp.int32), numbers.reshape(batches, self.batch_size)
        total, _ = lax.scan(one_batch, jnp.zeros((), jnp.float32), every)
        return total / jnp.float32(batches)
