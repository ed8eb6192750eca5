"""Counts against exact probabilities, by chi-square with fixed keys, with the power to see a mean that is 2 % off."""

from typing import Any

import jax
import jax.numpy as jnp
import jax.random as jr
import numpy as np
import pytest
from scipy import stats

from sim.samplers.chi_square import TOLERANCE, gamma
from sim.samplers.counts import _rare, binomial, hypergeometric, poisson

#: A chi-square test fails below this probability, the project's.
LEAST = 1e-6

#: By this share a mean is off that the tests must see.
EFFECT = 0.02

DRAWS = 2**17


def drawn(sampler, *parameters, **options):
    """So many draws at the same parameters, which the program does not know."""
    values = [jnp.asarray(value, float) for value in parameters]
    keys = jr.split(jr.key(7), DRAWS)
    run = jax.jit(lambda keys, values: jax.lax.map(lambda k: sampler(k, *values, **options), keys, batch_size=2048))
    return np.asarray(run(keys, values))


def probability(found, distribution):
    """That of a chi-square statistic as large as that of these counts, in bins of 50 or more expected."""
    low, high = int(distribution.ppf(1e-12)), int(distribution.isf(1e-12)) + 1
    edges, total = [], 0.0
    for k in range(low, high + 1):
        total += distribution.pmf(k) * len(found)
        if total >= 50:
            edges.append(k)
            total = 0.0
    cumulative = np.array([0.0, *distribution.cdf(edges[:-1]), 1.0])
    counts = np.bincount(np.searchsorted(edges[:-1], found), minlength=len(edges))
    return stats.chisquare(counts, np.diff(cumulative) * len(found)).pvalue


@pytest.mark.parametrize(
    ("mean", "splits"),
    [
        (0.3, False),
        (7.5, True),
        (70.0, True),
        *(pytest.param(*case, marks=pytest.mark.slow) for case in [(40.0, False), (65.0, True), (3000.5, True)]),
    ],
)
def test_poisson(mean, splits):
    found = drawn(poisson, mean, splits=splits)
    assert probability(found, stats.poisson(mean)) > LEAST
    assert probability(found, stats.poisson(mean * (1 + EFFECT))) < LEAST or mean < 1
    assert probability(found, stats.poisson(mean * (1 + 3 * EFFECT))) < LEAST


@pytest.mark.parametrize(
    ("trials", "chance", "splits"),
    [
        (5, 0.3, False),
        (400, 0.4, True),
        *(
            pytest.param(*case, marks=pytest.mark.slow)
            for case in [(40, 0.93, True), (400, 0.8, True), (30000, 0.01, True), (3000, 0.5, False)]
        ),
    ],
)
def test_binomial(trials, chance, splits):
    found = drawn(binomial, trials, chance, splits=splits)
    assert probability(found, stats.binom(trials, chance)) > LEAST
    assert probability(found, stats.binom(trials, chance * (1 + EFFECT))) < LEAST


@pytest.mark.parametrize(
    ("marked", "others", "draw", "splits"),
    [
        (7, 13, 6, False),
        (500, 300, 400, True),
        *(
            pytest.param(*case, marks=pytest.mark.slow)
            for case in [
                (500, 300, 400, False),
                (7, 13, 6, True),
                (3000, 97_000, 70_000, True),  # what is left is looked at
                (95_000, 5000, 20_000, True),
                (200_000, 300_000, 100_000, True),
            ]
        ),
    ],
)
def test_hypergeometric(marked, others, draw, splits):
    found = drawn(hypergeometric, marked, others, draw, splits=splits)
    assert probability(found, stats.hypergeom(marked + others, marked, draw)) > LEAST
    assert probability(found, stats.binom(draw, marked / (marked + others))) < LEAST
    more = round(marked * EFFECT)
    assert not more or probability(found, stats.hypergeom(marked + others, marked + more, draw)) < LEAST


@pytest.mark.parametrize("splits", [False, pytest.param(True, marks=pytest.mark.slow)])
def test_ends(splits):
    def call(sampler, *parameters, **options):
        values = [jnp.asarray(value, float) for value in parameters]
        return np.asarray(jax.jit(jax.vmap(lambda *each: sampler(jr.key(0), *each, **options)))(*values))

    np.testing.assert_array_equal(call(poisson, [0, np.inf], splits=splits), [0, np.nan])
    found = call(binomial, [9, 9, 0, 9, 9], [0, 1, 0.5, 1 + 1e-9, -1e-9], splits=splits)
    np.testing.assert_array_equal(found, [0, 9, 0, np.nan, np.nan])
    few = call(hypergeometric, [4, 0, 3, 5, 0], [3, 3, 0, 5, 0], [7, 2, 2, 0, 0], splits=splits)
    np.testing.assert_array_equal(few, [4, 0, 2, 0, 0])
    many = call(hypergeometric, [400, 900, 0, 900], [300, 0, 900, 900], [700, 500, 500, 0], splits=splits)
    np.testing.assert_array_equal(many, [400, 500, 0, 0])


@pytest.mark.parametrize(("dtype", "last"), [("float64", 1 - 2.0**-53), ("float32", 1 - 2.0**-24)])
@pytest.mark.parametrize(("mean", "trials"), [(0.3, 0), (40.0, 0), (3000.5, 0), (0.0, 5), (0.0, 30), (0.0, 3001)])
def test_the_largest_uniform_number_has_a_count_too(mean, trials, dtype, last):
    """Rounding may add up all masses to less than it is: the search ends, at a count that there is."""
    numbers = (jnp.asarray(each, dtype) for each in (mean, float(trials), 0.5 * bool(trials)))
    found = float(_at(jnp.asarray(last, dtype), jnp.asarray(not trials), *numbers))
    exact: Any = stats.binom(trials, 1 / 3) if trials else stats.poisson(mean)
    assert exact.pmf(found) > 1e-30


_at = jax.jit(_rare)


@pytest.mark.parametrize("shape", [16.0, 47.5, 1e4])
def test_gamma_is_the_quantile_of_the_normal_variable(shape):
    z = np.linspace(-8.2, 8.2, 101)
    found = jax.vmap(lambda z: gamma(z, jnp.asarray(shape)))(jnp.asarray(z))
    exact = stats.gamma(shape)
    np.testing.assert_allclose(
        found, np.where(z < 0, exact.ppf(stats.norm.cdf(z)), exact.isf(stats.norm.sf(z))), rtol=2 * TOLERANCE
    )
