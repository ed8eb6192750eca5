"""The Gaussian sampler: the limit T -> oo of a chain of refits, for every workflow at either design.

With T rows a pool, sqrt(T) times a model's error tends to a Gaussian walk u_n, of variance c_n in each coordinate,
and T times the test error to sigma^2 |u_n|^2. So it is for every regular model of d parameters fitted by maximum
likelihood (2410.22812): 2 T times the excess loss in nats tends to |u_n|^2, which this sampler gives as
2 T times the test error at sigma^2 = 1/2.
"""

from fractions import Fraction
from typing import ClassVar

import equinox as eqx
import jax.numpy as jnp
import jax.random as jr
import numpy as np
from jaxtyping import Array, Float, PRNGKeyArray

from theory import Generator, LinearRegression, Pool, Workflow
from theory.gain import Noise, noises as noises_of

from .base import USUAL
from .gaussian_walk import GaussianWalk
from .least_squares import AbstractLeastSquares, Numbers, draws, features, given_twice, noises, sized


class Gaussian(AbstractLeastSquares):
    """One chain of the limit; call it with a key for the test error of each iteration."""

    name: ClassVar[str] = "gaussian"
    automatic: ClassVar[bool] = False
    is_limit: ClassVar[bool] = True

    walk: "GaussianWalk | SubsampledWalk"

    def __init__(
        self,
        task: LinearRegression,
        workflow: Workflow,
        iterations: int,
        dtype: np.dtype,
        generator: Generator = USUAL,
    ) -> None:
        walk = SubsampledWalk if draws(workflow, iterations) else GaussianWalk
        self.numbers = Numbers.of(task, workflow, iterations)
        self.walk = walk(task, workflow, iterations, dtype, generator)

    @classmethod
    def objection(cls, task: LinearRegression, workflow: Workflow, iterations: int) -> str | None:
        """Where subsamples are drawn, noises must be the same for all pools."""
        if draws(workflow, iterations) and (noises(task, iterations) != 1).any():
            return f"{workflow} draws subsamples, and its samplers need one sigma for all pools."
        return None

    @classmethod
    def generator_objection(
        cls, generator: Generator, task: LinearRegression, workflow: Workflow, iterations: int
    ) -> str | None:
        """Where subsamples are drawn, a draw of shifted labels adds more than noise."""
        if generator.shift and draws(workflow, iterations):
            return f"{workflow} draws subsamples, and the limit T -> oo of shifted labels is not known then."
        return given_twice(task, generator)

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
        walk = self.walk(key)
        if self.walk.shift is not None:
            walk = walk.at[:, 0].add(self.T**0.5 * self.walk.shift)
        return (walk**2).sum(1) / self.T


class SubsampledWalk(eqx.Module):
    """The walk of a workflow that draws subsamples: each draw adds a noise of its own (theory/gain.py).

    The noises of the pools are all alike.
    """

    d: int = eqx.field(static=True)
    shift: None = eqx.field(static=True)
    response: Float[Array, "iterations noises"]

    def __init__(
        self,
        task: LinearRegression,
        workflow: Workflow,
        iterations: int,
        dtype: np.dtype,
        generator: Generator = USUAL,
    ) -> None:
        workflow = sized(task, workflow, iterations)
        rows, variances = noises_of(workflow, iterations, generator.carried)
        spread = {
            noise: variance * _labels_variance(noise, workflow, generator) for noise, variance in variances.items()
        }
        names = {name: column for column, name in enumerate(variances)}
        response = np.zeros((iterations, len(names)))
        for iteration, row in enumerate(rows):
            for name, coefficient in row.items():
                response[iteration, names[name]] = float(coefficient) * float(spread[name]) ** 0.5
        self.d, self.shift = features(task), None
        self.response = jnp.asarray(response, dtype)

    @property
    def bytes_per_replicate(self) -> int:
        """An upper estimate of what one replicate holds in memory."""
        return self.response.dtype.itemsize * 3 * self.d * sum(self.response.shape)

    def __call__(self, key: PRNGKeyArray) -> Float[Array, "iterations d"]:
        """The walk."""
        return self.response @ jr.normal(key, (self.response.shape[1], self.d), self.response.dtype)


def _labels_variance(noise: Noise, workflow: Workflow, generator: Generator) -> Fraction:
    """That of a pool's labels, or the mean one of the rows that an iteration draws from."""
    shares = {noise: Fraction(1)} if isinstance(noise, Pool) else workflow.shares(noise)
    return sum((share * generator.labels(pool).variance for pool, share in shares.items()), Fraction(0))
