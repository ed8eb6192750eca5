"""The Gaussian walk of a workflow: the models' errors where a pool of T rows has the Gram matrix T times the identity.

That is the chain at fixed design, seen through W^1/2 (theory.md: every pool shares W), and the large-T limit at any.
"""

import equinox as eqx
import jax.numpy as jnp
import jax.random as jr
import numpy as np
from jaxtyping import Array, Float, Int, PRNGKeyArray

from theory import LinearRegression, Workflow

from .least_squares import features, noises, sized
from .recursion import Recursion, Sums
from .schedule import schedule


class GaussianWalk(eqx.Module):
    """u_1, u_2, … of one chain, each of d coordinates that are independent and alike; u_1 is standard normal.

    Pools are used whole.
    """

    d: int = eqx.field(static=True)
    recursion: Recursion
    size: Float[Array, "iterations 2"]
    noise: Float[Array, " iterations"]

    def __init__(self, task: LinearRegression, workflow: Workflow, iterations: int, dtype: np.dtype) -> None:
        made = schedule(sized(task, workflow, iterations), iterations)
        self.d = features(task)
        self.recursion = Recursion(made, dtype)
        self.size = jnp.asarray(np.array([made.size, made.real_size], float).T, dtype)
        self.noise = jnp.asarray(noises(task, iterations), dtype)

    @property
    def bytes_per_replicate(self) -> int:
        """An upper estimate of what one replicate holds in memory."""
        return self.noise.dtype.itemsize * (
            self.d * (4 * self.recursion.slots + 8) + (4 * self.d + 4) * len(self.noise)
        )

    def __call__(self, key: PRNGKeyArray) -> Float[Array, "iterations d"]:
        """The walk."""

        def pool(error: Float[Array, " d"], iteration: Int[Array, ""], real: bool) -> Sums:
            size = self.size[iteration, int(real)]
            normal = jr.normal(jr.fold_in(key, 2 * iteration + int(real)), error.shape, error.dtype)
            return size, size * error + jnp.sqrt(size) * self.noise[iteration] * normal

        return self.recursion(
            jnp.zeros(self.d, self.noise.dtype), pool=pool, fit=lambda gram, moment: moment / gram, gram_shape=()
        )
