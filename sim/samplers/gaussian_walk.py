"""The Gaussian walk of a workflow: the models' errors where a pool of T rows has the Gram matrix T times the identity.

That is the chain at fixed design, seen through W^1/2 (theory.md: every pool shares W), and the large-T limit at any.
"""

from collections.abc import Callable

import equinox as eqx
import jax.numpy as jnp
import jax.random as jr
import numpy as np
from jaxtyping import Array, Float, Int, PRNGKeyArray

from theory import Generator, LinearRegression, Workflow

from .base import USUAL
from .labels import PoolLabels
from .least_squares import features, sized
from .recursion import Recursion, Sums
from .schedule import schedule


class GaussianWalk(eqx.Module):
    """u_1, u_2, … of one chain, each of d coordinates that are independent and alike; u_1 is standard normal.

    Pools are used whole. Where a generator shifts labels, that is no part of the walk.

    Attributes:
        shift: what labels that are shifted add to the first coordinate of each model's error; `None` where none are.
    """

    d: int = eqx.field(static=True)
    recursion: Recursion
    size: Float[Array, "iterations 2"]
    labels: PoolLabels
    shift: Float[Array, " iterations"] | None

    def __init__(
        self,
        task: LinearRegression,
        workflow: Workflow,
        iterations: int,
        dtype: np.dtype,
        generator: Generator = USUAL,
    ) -> None:
        made = schedule(sized(task, workflow, iterations), iterations)
        self.d = features(task)
        self.recursion = Recursion(made, dtype)
        self.size = jnp.asarray(np.array([made.size, made.real_size], float).T, dtype)
        self.labels = PoolLabels(task, generator, iterations, dtype)
        self.shift = self._shifts() if generator.shift else None

    @property
    def iterations(self) -> int:
        """The walk's length."""
        return len(self.size)

    @property
    def dtype(self) -> np.dtype:
        """Of its numbers."""
        return self.size.dtype

    @property
    def bytes_per_replicate(self) -> int:
        """An upper estimate of what one replicate holds in memory."""
        each, walk = self.d * (4 * self.recursion.slots + 8), (4 * self.d + 4) * self.iterations
        return self.dtype.itemsize * (each + walk)

    def __call__(self, key: PRNGKeyArray) -> Float[Array, "iterations d"]:
        """The walk."""

        def pool(error: Float[Array, " d"], iteration: Int[Array, ""], real: bool) -> Sums:
            size = self.size[iteration, int(real)]
            normal = jr.normal(jr.fold_in(key, 2 * iteration + int(real)), error.shape, error.dtype)
            says = self.labels.carries(error, real)
            return size, size * says + jnp.sqrt(size) * self.labels.noise[iteration, int(real)] * normal

        return self._fitted(jnp.zeros(self.d, self.dtype), pool)

    def _shifts(self) -> Float[Array, " iterations"]:
        """The recursion without noise, in the one coordinate that labels are shifted in."""

        def pool(error: Float[Array, " d"], iteration: Int[Array, ""], real: bool) -> Sums:
            size = self.size[iteration, int(real)]
            return size, size * self.labels.says(error, iteration, real)

        return self._fitted(jnp.zeros(self.d, self.dtype), pool)[:, 0]

    def _fitted(
        self, truth: Float[Array, " d"], pool: Callable[[Float[Array, " d"], Int[Array, ""], bool], Sums]
    ) -> Float[Array, "iterations d"]:
        return self.recursion(truth, pool=pool, fit=lambda gram, moment: moment / gram, gram_shape=())
