"""Exponential families fitted by the mean: their quantities and samplers, the fastest first."""

from typing import Any

from jaxtyping import Array, Float

from ..samplers.base import AbstractSampler
from ..samplers.families import BernoulliSums, CategoricalSums, GammaSums, NegativeBinomialSums, PoissonSums
from ..samplers.family_rows import BernoulliRows, CategoricalRows, GammaRows, NegativeBinomialRows, PoissonRows
from ..samplers.measured import Measure, measured


def share_error(sampler: Any, shares: Float[Array, " categories"]) -> Float[Array, ""]:
    """The squared error of the first share."""
    return (shares[0] - sampler.truth[0]) ** 2


def shares_error(sampler: Any, shares: Float[Array, " categories"]) -> Float[Array, ""]:
    """The squared errors of all shares."""
    return ((shares - sampler.truth) ** 2).sum()


def diversity(sampler: Any, shares: Float[Array, " categories"]) -> Float[Array, ""]:
    """The probability that two draws differ, exactly 0 where there is one category left."""
    del sampler
    shares = shares / shares.sum()
    return (shares * (1 - shares)).sum()


def support_lost(sampler: Any, shares: Float[Array, " categories"]) -> Float[Array, ""]:
    """Categories of the truth that are left out."""
    return ((sampler.truth > 0) & (shares == 0)).sum().astype(shares.dtype)


def mean_error(sampler: Any, mean: Float[Array, ""]) -> Float[Array, ""]:
    """The squared error of the mean."""
    return (mean - sampler.truth) ** 2


def poisson_variance(sampler: Any, mean: Float[Array, ""]) -> Float[Array, ""]:
    """The mean."""
    del sampler
    return mean


def gamma_variance(sampler: Any, mean: Float[Array, ""]) -> Float[Array, ""]:
    """mean^2 / shape."""
    return mean**2 / sampler.known


def negative_binomial_variance(sampler: Any, mean: Float[Array, ""]) -> Float[Array, ""]:
    """mean + mean^2 / r."""
    return mean + mean**2 / sampler.known


_SHARES: dict[str, Measure] = {"mean_error": shares_error, "diversity": diversity, "support_lost": support_lost}


def _of_mean(variance: Measure) -> dict[str, Measure]:
    return {"mean_error": mean_error, "variance": variance}


def _both(
    measures: dict[str, Measure], *samplers: type[AbstractSampler[Any]]
) -> tuple[type[AbstractSampler[Any]], ...]:
    return tuple(of_quantity for sampler in samplers for of_quantity in measured(sampler, measures))


BERNOULLI = _both(_SHARES | {"mean_error": share_error}, BernoulliSums, BernoulliRows)
CATEGORICAL = _both(_SHARES, CategoricalSums, CategoricalRows)
POISSON = _both(_of_mean(poisson_variance), PoissonSums, PoissonRows)
GAMMA = _both(_of_mean(gamma_variance), GammaSums, GammaRows)
NEGATIVE_BINOMIAL = _both(_of_mean(negative_binomial_variance), NegativeBinomialSums, NegativeBinomialRows)
