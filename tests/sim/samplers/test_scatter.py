"""The Gaussian's samplers against exact moments, each other, and what is known of collapse."""

from typing import Any

import jax
import jax.numpy as jnp
import jax.random as jr
import numpy as np
import pytest
from scipy import stats
from scipy.special import psi

import sim
from sim.comparison import Z
from sim.tasks import samplers_of
from tests.sim.build import build
from tests.sim.refits import agrees, moments
from theory import (
    Accumulate,
    AccumulateSubsample,
    FixedReal,
    FreshReal,
    Gaussian,
    Generator,
    Replace,
    SlidingWindow,
)

SLOW = pytest.mark.slow
UNBIASED = [1, 0.94444, 0.92196, 0.90983, 0.90224, 0.89706]
HOT = Generator(temperature="7/10")
HALVES = [0.8, 0.5764, 0.47214, 0.40905, 0.36572, 0.33364]


@pytest.mark.parametrize(
    ("task", "workflow", "sampler"),
    [
        (Gaussian(5), Accumulate(), "sufficient"),
        *(
            pytest.param(*case, marks=SLOW)
            for case in [
                (Gaussian(5, 3), FreshReal(2, "3/10"), "sufficient"),
                (Gaussian(5, 2), SlidingWindow(2), "sufficient"),
                (Gaussian(5), FixedReal("3/10"), "sufficient"),
                (Gaussian(2, 3), Accumulate(), "literal"),  # singular covariances
                (Gaussian(5, 2), FreshReal(2, "3/10"), "literal"),
            ]
        ),
    ],
    ids=str,
)
def test_variances(task, workflow, sampler):
    expected = moments(workflow, 4, task.T)[1]
    agrees(task, workflow, "variance", expected, effect=0.02, sampler=sampler)


@SLOW
@pytest.mark.parametrize(("d", "workflow"), [(1, FixedReal("3/10")), (3, Accumulate())], ids=str)
def test_mean_errors(d, workflow):
    expected = d * np.array(moments(workflow, 4, 5)[0])
    agrees(Gaussian(5, d), workflow, "mean_error", expected, effect=0.02)


@pytest.mark.parametrize("sampler", ["sufficient", pytest.param("literal", marks=SLOW)])
@pytest.mark.parametrize(
    ("estimator", "known", "more"), [("unbiased", UNBIASED, {}), ("mle", HALVES, {"generator": HOT})], ids=str
)
def test_known_numbers(estimator, known, more, sampler):
    task = Gaussian(5, estimator=estimator)
    agrees(task, Accumulate(), "variance", known, effect=0.02, sampler=sampler, **more)


@SLOW
def test_subsamples():
    known = 1 - np.array([0.2, 0.32444, 0.36948, 0.39271, 0.40688, 0.41643])
    agrees(Gaussian(5), AccumulateSubsample(), "variance", known, effect=0.02)


@SLOW
@pytest.mark.parametrize(
    ("T", "d", "known"),
    [(12, 1, [0.13189, 0.33785, 0.64258]), (20, 2, [0.17910, 0.43633, 0.79122])],
)
def test_divergences(T, d, known):
    agrees(Gaussian(T, d), Replace(), "kl", known, effect=0.02, replicates=1_600_000)


@pytest.mark.parametrize(
    ("T", "d", "drift"),
    [
        pytest.param(12, 1, -0.180666, marks=SLOW),
        pytest.param(20, 2, -0.266791, marks=SLOW),
        (3, 1, psi(1) + np.log(2 / 3)),
    ],
)
def test_determinants_drift_to_nought(T, d, drift):
    """A random walk of this drift, to far below what squares of means could be told from."""
    run = sim.run(Gaussian(T, d), Replace(), of="log_determinant", iterations=100, replicates=20_000, key=jr.key(2))
    expected = drift * np.arange(1, 101)
    mean, error = run.estimate.mean, run.estimate.standard_error
    assert (np.abs(mean - expected) < Z * error).all()
    # the power: a drift that is 2 % off is seen in the end
    assert error[-1] < 0.02 / (2 * Z) * np.abs(expected[-1])
    assert (np.abs(mean[-1] - np.array([0.98, 1.02]) * expected[-1]) > Z * error[-1]).all()
    assert run.estimate.quantiles == {}


def test_one_fit_is_distributed_as_it_must_be():
    """The variance of one fit is chi-square of T - 1 degrees over T, and so it is in every direction."""
    for sampler in samplers_of(Gaussian):
        if sampler.of == "variance":
            chain = sampler(Gaussian(4, 2), Accumulate(), 1, jnp.dtype("float64"))
            keys = jr.split(jr.key(5), 20_000)
            found = np.asarray(jax.jit(lambda keys, c=chain: jax.lax.map(c, keys, batch_size=500))(keys))[:, 0]
            assert stats.kstest(2 * 4 * found, stats.chi2(6).cdf).pvalue > 1e-6
            assert stats.kstest(1.04 * 2 * 4 * found, stats.chi2(6).cdf).pvalue < 1e-6


@pytest.mark.parametrize(("estimator", "ddof"), [("mle", 0), ("unbiased", 1)])
def test_rows_are_fitted_by_as_many_of_them_as_count(estimator, ddof):
    sampler: Any = build("literal", Gaussian(6, 2, estimator), Accumulate(), 3)[0]
    rows = np.random.default_rng(0).normal(size=(18, 2)) @ [[2.0, 0.5], [0.0, 1.0]] + 1
    for count in (2, 6, 12, 18):
        chosen = np.arange(18)[::-1][:count]
        found = sampler.fit(jnp.asarray(rows), jnp.zeros(18).at[chosen].set(1 / count))
        np.testing.assert_allclose(found.mean, rows[chosen].mean(0), rtol=1e-12)
        np.testing.assert_allclose(found.covariance, np.cov(rows[chosen].T, ddof=ddof), rtol=1e-10, atol=1e-12)


def test_a_variance_of_one_row_is_nought():
    sized = Generator(sizes=(1, "1/4", "1/4"))
    settings = {"iterations": 3, "replicates": 10, "key": jr.key(0), "generator": sized}
    run = sim.run(Gaussian(4), Replace(), sampler="sufficient", **settings)
    assert (run.estimate.mean[1:] == 0).all()


@pytest.mark.parametrize(
    ("task", "workflow", "more", "message"),
    [
        (Gaussian(4, 3), Accumulate(), {"sampler": "sufficient", "generator": Generator(sizes=(1, "3/4"))}, "singular"),
        (
            Gaussian(4, 3),
            AccumulateSubsample(),
            {"sampler": "sufficient", "generator": Generator(sizes=(1, "3/4"))},
            "draws subsamples",
        ),
        (
            Gaussian(3, 3),
            Accumulate(),
            {"of": "log_determinant"},
            r"not singular, from d \+ 1 = 4 rows on; got a fit to 3",
        ),
        (Gaussian(4, estimator="unbiased"), FixedReal("1/3"), {}, 'must all count alike.*Ask for the estimator "mle"'),
        (
            Gaussian(4),
            Replace(),
            {"generator": Generator(bias=1)},
            "take a generator's sizes and temperature; got bias",
        ),
        (Gaussian(5), Replace(), {"of": "kl", "replicates": None, "relative_error": 0.1}, "variance may be infinite"),
    ],
)
def test_mistakes(task, workflow, more, message):
    settings = {"iterations": 2, "replicates": 10, "key": jr.key(0)} | more
    with pytest.raises(ValueError, match=message):
        sim.run(task, workflow, **settings)
