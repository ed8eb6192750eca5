"""The Gaussian sampler: the limit T -> oo of a chain of refits, for every workflow at either design.

With T rows a pool, sqrt(T) times a model's error tends to a Gaussian walk u_n, of variance c_n in each coordinate,
and T times the test error to sigma^2 |u_n|^2. So it is for every regular model of d parameters fitted by maximum
likelihood (2410.22812): 2 T times the excess loss in nats tends to |u_n|^2, which this sampler gives as
2 T times the test error at sigma^2 = 1/2.
"""

from typing import ClassVar

import equinox as eqx
import jax.numpy as jnp
import jax.random as jr
import numpy as np
from jaxtyping import Array, Float, PRNGKeyArray

from theory import LinearRegression, Workflow
from theory.gain import noises as noises_of

from .gaussian_walk import GaussianWalk
from .least_squares import AbstractLeastSquares, Numbers, draws, features, noises, sized


class Gaussian(AbstractLeastSquares):
    """One chain of the limit; call it with a key for the test error of each iteration."""

    name: ClassVar[str] = "gaussian"
    automatic: ClassVar[bool] = False
    is_limit: ClassVar[bool] = True

    walk: "GaussianWalk | SubsampledWalk"

    def __init__(self, task: LinearRegression, workflow: Workflow, iterations: int, dtype: np.dtype) -> None:
        walk = SubsampledWalk if draws(workflow, iterations) else GaussianWalk
        self.numbers = Numbers.of(task, workflow, iterations)
        self.walk = walk(task, workflow, iterations, dtype)

    @classmethod
    def objection(cls, task: LinearRegression, workflow: Workflow, iterations: int) -> str | None:
        """Where subsamples are drawn, noises must be the same for all pools."""
        if draws(workflow, iterations) and (noises(task, iterations) != 1).any():
            return f"{workflow} draws subsamples, and its samplers need one sigma for all pools."
        return None

    @property
    def moments(self) -> int:
        """A Gaussian walk has all."""
        return 2

    @property
    def note(self) -> str:
        """Which limit this is."""
        return "the limit T -> oo: test errors are sigma^2 / T times those of a Gaussian walk."

    @property
    def bytes_per_replicate(self) -> int:
        """An upper estimate of what one replicate holds in memory."""
        return self.walk.bytes_per_replicate

    def __call__(self, key: PRNGKeyArray) -> Float[Array, " iterations"]:
        """The limit of the excess risk of the models of iterations 1, 2, …, in units of real(1)'s noise variance."""
        return (self.walk(key) ** 2).sum(1) / self.T


class SubsampledWalk(eqx.Module):
    """The walk of a workflow that draws subsamples: each draw adds a noise of its own (theory/gain.py).

    The noises of the pools are all alike.
    """

    d: int = eqx.field(static=True)
    response: Float[Array, "iterations noises"]

    def __init__(self, task: LinearRegression, workflow: Workflow, iterations: int, dtype: np.dtype) -> None:
        rows, variances = noises_of(sized(task, workflow, iterations), iterations)
        names = {name: column for column, name in enumerate(variances)}
        response = np.zeros((iterations, len(names)))
        for iteration, row in enumerate(rows):
            for name, coefficient in row.items():
                response[iteration, names[name]] = float(coefficient) * float(variances[name]) ** 0.5
        self.d = features(task)
        self.response = jnp.asarray(response, dtype)

    @property
    def bytes_per_replicate(self) -> int:
        """An upper estimate of what one replicate holds in memory."""
        return self.response.dtype.itemsize * 3 * self.d * sum(self.response.shape)

    def __call__(self, key: PRNGKeyArray) -> Float[Array, "iterations d"]:
        """The walk."""
        return self.response @ jr.normal(key, (self.response.shape[1], self.d), self.response.dtype)
