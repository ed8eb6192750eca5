"""What the labels of a chain's pools say of the models that they are sampled from, as a scan over iterations reads it.

By a generator (theory/generator.py) the labels of model m's pool say truth + carried (w_m - truth) + shift, and their
noise has a standard deviation of its own. The shift is along the first coordinate of whitened features: the law of the
test error depends on its length alone.
"""

import equinox as eqx
import jax.numpy as jnp
import numpy as np
from jaxtyping import Array, Float, Int

from theory import Generator, LinearRegression, Pool

from .least_squares import features, noises, unit


class PoolLabels(eqx.Module):
    """The labels of every iteration's pools, in units of real(1)'s noise.

    Attributes:
        noise: (iterations, 2), the standard deviation in the chain's pool and in the fresh real one.
        carried: the share of a model's error that labels sampled from it hand on; `None` for all of it.
        shift: what sampled labels add to the model, for whitened features; `None` for nothing.
    """

    noise: Float[Array, "iterations 2"]
    carried: float | None = eqx.field(static=True)
    shift: Float[Array, " d"] | None

    def __init__(
        self,
        task: LinearRegression,
        generator: Generator,
        iterations: int,
        dtype: np.dtype,
        root: Float[Array, "d d"] | None = None,
    ) -> None:
        """Those of a generator.

        Args:
            task: with its numbers.
            generator: how data are sampled from a model.
            iterations: model-fitting iterations.
            dtype: of the chain.
            root: of the covariance, where models are of features as they are; `None` where these are whitened.
        """
        kinds = (False, True)
        spread = [
            [float(generator.labels(Pool(iteration, real)).variance) ** 0.5 for real in kinds]
            for iteration in range(1, iterations + 1)
        ]
        self.noise = jnp.asarray(noises(task, iterations)[:, None] * np.array(spread), dtype)
        self.carried = None if generator.carried == 1 else float(generator.carried)
        shift = np.eye(features(task))[0] * float(generator.shift) / unit(task)
        shift = shift if root is None else np.linalg.solve(np.asarray(root).T, shift)
        self.shift = jnp.asarray(shift, dtype) if generator.shift else None

    def says(
        self,
        model: Float[Array, " d"],
        iteration: Int[Array, ""],
        real: bool = False,
        truth: Float[Array, " d"] | float = 0.0,
    ) -> Float[Array, " d"]:
        """The model that the labels of a pool are centred at.

        Args:
            model: that labels it, or its error where the truth is nought.
            iteration: at which the pool is made, counted from 0; the first pool is real.
            real: whether it is real data collected later.
            truth: what real data are labelled by.
        """
        model = self.carries(model, real, truth)
        return model if self.shift is None or real else model + jnp.where(iteration > 0, self.shift, 0)

    def carries(
        self, model: Float[Array, " d"], real: bool, truth: Float[Array, " d"] | float = 0.0
    ) -> Float[Array, " d"]:
        """The same without the shift."""
        return model if self.carried is None or real else truth + self.carried * (model - truth)
