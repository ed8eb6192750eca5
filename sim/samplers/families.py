"""Exponential families fitted by the mean, from the sums of their pools: at a cost that is nearly free of T.

Of a pool the fit needs its sum alone, and that has a distribution of its own: a multinomial of categories, a Poisson
number of Poisson ones, a gamma variable of gamma ones; and, as a Poisson number with a gamma mean, a negative binomial
one of negative binomial ones. Categories' counts in a subsample are hypergeometric, given those of its pools.
"""

import abc
from typing import Any, ClassVar

import equinox as eqx
import jax
import jax.numpy as jnp
import jax.random as jr
import numpy as np
from jaxtyping import Array, Float, Int, PRNGKeyArray

from theory import Bernoulli, Categorical, ExponentialFamily, Gamma, Generator, NegativeBinomial, Poisson, Workflow

from .base import USUAL, AbstractSampler, AnyTask
from .chi_square import FEWEST, ChiSquare
from .counts import MANY, binomial, hypergeometric, poisson
from .pools import draws_objection, rows_objection, scheduled, sizes_alone
from .recursion import Recursion
from .rows import literal_objection

#: From this iteration on the numbers of keys go by threes: as many are taken by then, so that none comes twice.
_BY_THREES = 2**15

#: What a key is for, beside 0 and 1, the chain's pool and real data collected later.
SUBSAMPLE = 2


class AbstractFamily(AbstractSampler[AnyTask]):
    """One chain of fits of a family, each to the sums of pools; call it with a key for the quantity at each iteration.

    A family says what the `truth` is, an array as all models, what the `sums` of a pool are, and what is measured.
    """

    name: ClassVar[str] = "sufficient"

    truth: eqx.AbstractVar[Float[Array, "*shape"]]
    recursion: eqx.AbstractVar[Recursion]
    rows: eqx.AbstractVar[Float[Array, "iterations 2"]]

    @property
    def splits(self) -> bool:
        """Whether pools are so large that counts are split before they are searched for."""
        return self.largest > MANY

    #: The largest count that is to be expected of a pool of real data, for the choice of an algorithm alone.
    largest: eqx.AbstractVar[float]

    @classmethod
    def generator_objection(
        cls, generator: Generator, task: AnyTask, workflow: Workflow, iterations: int
    ) -> str | None:
        """It may say sizes."""
        del task, workflow, iterations
        return sizes_alone(generator)

    @property
    def bytes_per_replicate(self) -> int:
        """An upper estimate of what one replicate holds in memory."""
        return self.truth.dtype.itemsize * (self.truth.size * (4 * self.recursion.slots + 32) + 2 * len(self.rows))

    @abc.abstractmethod
    def sums(
        self, key: PRNGKeyArray, model: Float[Array, "*shape"], iteration: Int[Array, ""], kind: int
    ) -> Float[Array, "*shape"]:
        """Those of the pool that is made at an iteration.

        Args:
            key: of the pool.
            model: that samples it.
            iteration: counted from 0.
            kind: 0 for the chain's pool, 1 for real data collected later.
        """

    @abc.abstractmethod
    def fit(
        self,
        key: PRNGKeyArray,
        weights: Float[Array, " slots"],
        sums: Float[Array, "slots *shape"],
        iteration: Int[Array, ""],
    ) -> Float[Array, "*shape"]:
        """The model.

        Args:
            key: of a subsample.
            weights: of a row by slot; those of a training set that is used whole add up to T.
            sums: of the pools by slot.
            iteration: counted from 0.
        """

    @abc.abstractmethod
    def measure(self, model: Float[Array, "*shape"]) -> Float[Array, ""]:
        """The quantity."""

    def __call__(self, key: PRNGKeyArray) -> Float[Array, " iterations"]:
        """The quantity of the models of iterations 1, 2, … of one chain."""

        def pool(model: Float[Array, "*shape"], iteration: Int[Array, ""], real: bool) -> Float[Array, "*shape"]:
            pool_key = jr.fold_in(key, key_number(iteration, int(real)))
            return self.sums(pool_key, self.truth if real else model, iteration, int(real))

        return self.recursion.scan(
            self.truth,
            jnp.zeros((self.recursion.slots, *self.truth.shape), self.truth.dtype),
            pool=pool,
            fit=lambda weights, sums, _, iteration: self.fit(
                jr.fold_in(key, key_number(iteration, SUBSAMPLE)), weights, sums, iteration
            ),
            measure=self.measure,
        )


class AbstractCategories(AbstractFamily[AnyTask]):
    """The shares of categories."""

    truth: Float[Array, " categories"]
    recursion: Recursion
    rows: Float[Array, "iterations 2"]
    drawn: Float[Array, " iterations"] | None
    largest: float = eqx.field(static=True)

    def __init__(
        self, task: Any, workflow: Workflow, iterations: int, dtype: np.dtype, generator: Generator = USUAL
    ) -> None:
        del generator  # its sizes are the workflow's
        self.truth = jnp.asarray(self.shares(task), dtype)
        self.recursion, self.rows = _pools(task, workflow, iterations, dtype)
        drawn = [float((workflow.drawn(n) or 0) * task.numbers["T"]) for n in range(1, iterations + 1)]
        self.drawn = jnp.asarray(drawn, dtype) if any(drawn) else None
        self.largest = max(float(self.rows.max()), *drawn) / 2  # of the rarer of two outcomes

    @classmethod
    def objection(cls, task: AnyTask, workflow: Workflow, iterations: int) -> str | None:
        """Pools and draws must be whole numbers of rows, and rows that are drawn must count alike."""
        return literal_objection(task, workflow, iterations)

    @staticmethod
    @abc.abstractmethod
    def shares(task: Any) -> list[float]:
        """The truth's."""

    def sums(
        self, key: PRNGKeyArray, model: Float[Array, " categories"], iteration: Int[Array, ""], kind: int
    ) -> Float[Array, " categories"]:
        """A multinomial of as many trials as rows."""
        return multinomial(key, self.rows[iteration, kind], model, splits=self.splits)

    def fit(
        self,
        key: PRNGKeyArray,
        weights: Float[Array, " slots"],
        sums: Float[Array, "slots categories"],
        iteration: Int[Array, ""],
    ) -> Float[Array, " categories"]:
        """The shares among all rows, or among those that are drawn of them."""
        whole = _weighted_mean(weights, sums, self.rows)
        if self.drawn is None:
            return whole
        drawn = self.drawn[iteration]
        counts = subsample(key, (weights > 0).astype(sums.dtype) @ sums, drawn, splits=self.splits)
        return jnp.where(drawn > 0, counts / jnp.maximum(drawn, 1), whole)


class BernoulliSums(AbstractCategories[Bernoulli]):
    """The shares of ones and of zeros."""

    @staticmethod
    def shares(task: Bernoulli) -> list[float]:
        """p and 1 - p."""
        return [task.numbers["p"], 1 - task.numbers["p"]]


class CategoricalSums(AbstractCategories[Categorical]):
    """The shares of all categories."""

    @staticmethod
    def shares(task: Categorical) -> list[float]:
        """The probabilities."""
        return [float(share) for share in task.probabilities]


class AbstractMean(AbstractFamily[AnyTask]):
    """A family of numbers whose model is their mean."""

    truth: Float[Array, ""]
    recursion: Recursion
    rows: Float[Array, "iterations 2"]
    largest: float = eqx.field(static=True)

    @classmethod
    def objection(cls, task: AnyTask, workflow: Workflow, iterations: int) -> str | None:
        """Pools must be used whole, and be whole numbers of rows."""
        return _pools_objection(task, workflow, iterations)

    def fit(
        self,
        key: PRNGKeyArray,
        weights: Float[Array, " slots"],
        sums: Float[Array, " slots"],
        iteration: Int[Array, ""],
    ) -> Float[Array, ""]:
        """The mean of all rows."""
        del key, iteration
        return _weighted_mean(weights, sums, self.rows)


class PoissonSums(AbstractMean[Poisson]):
    """The mean of Poisson numbers."""

    def __init__(
        self, task: Poisson, workflow: Workflow, iterations: int, dtype: np.dtype, generator: Generator = USUAL
    ) -> None:
        del generator
        self.truth = jnp.asarray(task.numbers["mean"], dtype)
        self.recursion, self.rows = _pools(task, workflow, iterations, dtype)
        self.largest = float(self.rows.max() * self.truth)

    def sums(
        self, key: PRNGKeyArray, model: Float[Array, ""], iteration: Int[Array, ""], kind: int
    ) -> Float[Array, ""]:
        """A Poisson number."""
        return poisson(key, self.rows[iteration, kind] * model, splits=self.splits)


class AbstractGamma(AbstractMean[AnyTask]):
    """A family whose pools have gamma variables behind them."""

    known: float = eqx.field(static=True)
    chi_square: tuple[ChiSquare, ChiSquare]

    #: The name of the parameter that every model keeps: the shape of one row.
    kept: ClassVar[str]

    def __init__(
        self, task: Any, workflow: Workflow, iterations: int, dtype: np.dtype, generator: Generator = USUAL
    ) -> None:
        del generator
        self.truth = jnp.asarray(task.numbers["mean"], dtype)
        self.recursion, self.rows = _pools(task, workflow, iterations, dtype)
        self.largest = float(self.rows.max() * self.truth)
        self.known = task.numbers[self.kept]
        chain, real = 2 * self.known * np.asarray(self.rows, float).T
        self.chi_square = ChiSquare(chain, dtype), ChiSquare(real, dtype)

    @classmethod
    def objection(cls, task: Any, workflow: Workflow, iterations: int) -> str | None:
        """As of all families; and what one pool adds up to must not be too skew for the series of its quantiles."""
        found = _pools_objection(task, workflow, iterations)
        if found is not None:
            return found
        fewest, known = scheduled(workflow, task.numbers["T"], iterations)[1].min(), task.numbers[cls.kept]
        if 2 * known * fewest >= FEWEST:
            return None
        return f"at {cls.kept}={known:g} a pool of {fewest:g} rows is too skew for this sampler. Use the literal one."

    def total(self, key: PRNGKeyArray, iteration: Int[Array, ""], kind: int) -> Float[Array, ""]:
        """The sum of gamma variables of the known shape, one a row."""
        return self.chi_square[kind].at(iteration)(jr.normal(key, (), self.truth.dtype)) / 2


class GammaSums(AbstractGamma[Gamma]):
    """The mean of gamma variables of a known shape."""

    kept: ClassVar[str] = "shape"

    def sums(
        self, key: PRNGKeyArray, model: Float[Array, ""], iteration: Int[Array, ""], kind: int
    ) -> Float[Array, ""]:
        """A gamma variable."""
        return model / self.known * self.total(key, iteration, kind)


class NegativeBinomialSums(AbstractGamma[NegativeBinomial]):
    """The mean of negative binomial numbers."""

    kept: ClassVar[str] = "r"

    def sums(
        self, key: PRNGKeyArray, model: Float[Array, ""], iteration: Int[Array, ""], kind: int
    ) -> Float[Array, ""]:
        """A Poisson number whose mean is a gamma variable."""
        gamma_key, count_key = jr.split(key)
        mean = model / self.known * self.total(gamma_key, iteration, kind)
        return poisson(count_key, mean, splits=self.splits)


def key_number(iteration: Int[Array, "*shape"], purpose: int) -> Int[Array, "*shape"]:
    """What is folded into a chain's key: another number for each iteration and purpose.

    Args:
        iteration: counted from 0.
        purpose: 0 for the chain's pool, 1 for real data collected later, `SUBSAMPLE`.
    """
    early = 2 * _BY_THREES + iteration if purpose == SUBSAMPLE else 2 * iteration + purpose
    return jnp.where(iteration < _BY_THREES, early, 3 * iteration + purpose)


def multinomial(
    key: PRNGKeyArray, trials: Float[Array, ""], shares: Float[Array, " categories"], *, splits: bool
) -> Float[Array, " categories"]:
    """How often each category comes, drawn one after the other among the trials that are left.

    Args:
        key: of the draw.
        trials: how many.
        shares: of the categories.
        splits: as of a binomial variable.
    """
    left = jnp.cumsum(shares[::-1])[::-1]
    found = []
    for category in range(len(shares) - 1):
        chance = jnp.where(shares[category] > 0, shares[category] / left[category], 0)
        found.append(binomial(jr.fold_in(key, category), trials, chance, splits=splits))
        trials = trials - found[-1]
    return jnp.stack([*found, trials])


def subsample(
    key: PRNGKeyArray, counts: Float[Array, " categories"], drawn: Float[Array, ""], *, splits: bool
) -> Float[Array, " categories"]:
    """How often each category comes among rows drawn without replacement, one after the other of what is left to draw.

    Args:
        key: of the draw.
        counts: of the categories among all rows.
        drawn: rows, at most all.
        splits: as of a hypergeometric variable.
    """

    def draw(left: tuple[Array, Array], category: tuple[Array, Array]) -> tuple[tuple[Array, Array], Array]:
        (others, drawn), (own_key, count) = left, category
        others = others - count
        found = hypergeometric(own_key, count, others, drawn, splits=splits)
        return (others, drawn - found), found

    # a loop, for a draw written out for each category takes long to compile
    return jax.lax.scan(draw, (counts.sum(), drawn), (jr.split(key, len(counts)), counts))[1]


def _weighted_mean(
    weights: Float[Array, " slots"], sums: Float[Array, "slots *shape"], rows: Float[Array, "iterations 2"]
) -> Float[Array, "*shape"]:
    """Of rows whose weights add up to T."""
    return jnp.tensordot(weights, sums, 1) / rows[0, 0]


def _pools_objection(task: Any, workflow: Workflow, iterations: int) -> str | None:
    return draws_objection(workflow, iterations) or rows_objection(workflow, task.numbers["T"], iterations)


def _pools(
    task: ExponentialFamily, workflow: Workflow, iterations: int, dtype: np.dtype
) -> tuple[Recursion, Float[Array, "iterations 2"]]:
    made, rows = scheduled(workflow, task.numbers["T"], iterations)
    return Recursion(made, dtype), jnp.asarray(rows, dtype)
