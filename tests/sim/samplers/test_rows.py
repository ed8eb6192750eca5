"""Rows of literal chains: where pools lie; kernel densities and a user's estimator against known numbers."""

from math import comb
from typing import Any

import jax
import jax.numpy as jnp
import jax.random as jr
import numpy as np
import pytest
import sympy as sp
from scipy import integrate, special, stats

import sim
import theory
from sim.samplers.rows import AbstractRows, Kept, layout, literal_objection
from tests.helpers import Made
from tests.sim.build import build
from tests.sim.refits import agrees
from theory import (
    Accumulate,
    AccumulateFresh,
    AccumulateSubsample,
    Estimator,
    FixedReal,
    FreshReal,
    Gaussian,
    KernelDensity,
    Replace,
    SlidingWindow,
    by_count,
    by_weight,
    pools,
    real,
    subsample,
    synthetic,
)
from theory.tasks.estimator.task import x

SLOW = pytest.mark.slow
SKIPS = Made(
    lambda i: by_weight({real(1): "1/4", synthetic(max(1, i - 2)): "3/4"}) if i > 2 else subsample(pools(1, 2))
)


@pytest.mark.parametrize(
    ("workflow", "places"),
    [
        (Replace(), 1),
        (Accumulate(), 6),
        (SlidingWindow(3), 3),
        (FixedReal("1/2"), 2),
        (FreshReal(2, "1/3"), 2),
        (SKIPS, 3),
    ],
    ids=str,
)
def test_no_more_pools_are_kept_than_are_used_again(workflow, places):
    assert layout(workflow, 4, 6).places == places


#: What iteration 4 brings alone: older pools, a draw beside weights that are uneven, and half a row.
LATER = Made(lambda i: by_count(synthetic(i - 1)) if i < 4 else by_count(pools(1, 4)))
UNEVEN = Made(
    lambda i: subsample(pools(1, 4)) if i == 4 else by_weight({real(1): "1/4", synthetic(max(1, i - 1)): "3/4"})
)
HALVES = Made(lambda i: by_count(pools(1, i)), lambda j: "1/2" if j == 4 else 1)


def test_iterations_that_are_not_asked_for_need_nothing():
    assert [layout(LATER, 4, n).places for n in (3, 4)] == [1, 4]
    for workflow, message in ((UNEVEN, "weights its rows"), (HALVES, "a pool of iteration 4 has 5/2 rows at T=5")):
        assert literal_objection(KernelDensity(5, 0.5), workflow, 3) is None
        assert message in str(literal_objection(KernelDensity(5, 0.5), workflow, 4))


@pytest.mark.parametrize(
    "workflow", [Accumulate(), SlidingWindow(3), FreshReal(2, "1/3"), AccumulateFresh("1/2"), SKIPS], ids=str
)
def test_each_training_set_has_its_pools_and_weights(workflow):
    """Rows are given the names of their pools, and are looked for where they lie."""
    made, T = layout(workflow, 4, 6), 4
    kept = Kept(workflow, T, 6, jnp.dtype("float64"))
    names = np.zeros((made.places, kept.most), complex)
    for iteration in range(1, 7):
        for kind, where in enumerate(made.place[iteration - 1]):
            if where < made.places:
                names[where] = iteration + 1j * kind
        weights = np.asarray(kept.counted(jr.key(iteration), jnp.asarray(iteration - 1)))
        found = {}
        for name, weight in zip(names.ravel(), weights, strict=True):
            if weight:
                found.setdefault((int(name.real), bool(name.imag)), []).append(weight)
        shares, drawn = workflow.shares(iteration), workflow.drawn(iteration)
        if drawn is None:
            assert set(found) == {(pool.index, pool.fresh_real) for pool, share in shares.items() if share}
            for pool, share in shares.items():
                own = found[pool.index, pool.fresh_real]
                assert len(own) == workflow.size(pool) * T
                np.testing.assert_allclose(own, float(share) / len(own))
        else:
            assert set(found) <= {(pool.index, pool.fresh_real) for pool in shares}
            np.testing.assert_allclose(sum(found.values(), []), [1 / float(drawn * T)] * int(drawn * T))


@pytest.mark.parametrize(
    ("task", "workflow", "of", "known"),
    [
        (KernelDensity(5, 0.5), Accumulate(), "variance", [1.05, 1.1225, 1.18089, 1.22863]),
        *(
            pytest.param(*case, marks=SLOW)
            for case in [
                (KernelDensity(5, 0.3**0.5, "relative"), Accumulate(), "variance", [1.04, 1.1284, 1.20864]),
                (KernelDensity(5, 0.3**0.5, "relative"), Replace(), "variance", [1.04, 1.0816, 1.12486]),
                # H_n, the mean depth of a row
                (KernelDensity(5, 2.0), Accumulate(), "second_moment", [5, 7, 1 + 4 * 11 / 6]),
                (KernelDensity(5, 0.5, "scott"), Replace(), "variance", [0.8 * (1 + 0.25 * 5**-0.4)]),
                (KernelDensity(5, 0.5, "silverman"), Replace(), "variance", [0.8 * (1 + 0.25 * 3.75**-0.4)]),
            ]
        ),
    ],
    ids=str,
)
def test_kernel_densities(task, workflow, of, known):
    agrees(task, workflow, of, known, effect=0.02)


#: By rule: what multiplies the bandwidth, of rows and their standard deviation.
RULES = {
    "fixed": lambda rows, deviation: 1.0,
    "relative": lambda rows, deviation: deviation,
    "scott": lambda rows, deviation: deviation / rows**0.2,
    "silverman": lambda rows, deviation: deviation / (3 * rows / 4) ** 0.2,
}


@pytest.mark.parametrize("rule", RULES)
def test_a_bandwidth_is_of_the_rows_that_count(rule):
    """Of 12 rows that lie there 5 do, and not alike."""
    chain: Any = build("literal", KernelDensity(4, 0.5, rule), Accumulate(), 3, "float64")[0]
    rows, weights = np.random.default_rng(1).normal(size=12), np.array([0, 1, 0, 2, 3, 0, 0, 0, 1, 3, 0, 0]) / 10
    deviation = np.sqrt(np.cov(rows, aweights=weights, ddof=0))
    found = chain.fit(jnp.asarray(rows)[:, None], jnp.asarray(weights)).bandwidth
    np.testing.assert_allclose(found, 0.5 * RULES[rule](5, deviation), rtol=1e-6)


def test_rows_of_a_density_are_picked_by_weight_and_have_a_noise_of_their_own():
    """Of five rows that lie there one counts for nothing."""
    chain: Any = build("literal", KernelDensity(20_000, 0.5), Replace(), 1, "float64")[0]
    places, weights = np.array([-3.0, 99.0, 0.0, 1.0, 5.0]), np.array([0.1, 0.0, 0.2, 0.3, 0.4])
    model = chain.fit(jnp.asarray(places)[:, None], jnp.asarray(weights))
    found = np.asarray(chain.sample(jr.key(2), model, jnp.array(False)))[:, 0]
    assert stats.kstest(found, lambda z: stats.norm.cdf((z[:, None] - places) / 0.5) @ weights).pvalue > 1e-6
    real_rows = np.asarray(chain.sample(jr.key(2), model, jnp.array(True)))[:, 0]
    assert stats.kstest(real_rows, stats.norm.cdf).pvalue > 1e-6


@SLOW
def test_means_of_kernel_densities():
    known = [0.2, 0.2525, 0.27744, 0.29221]
    agrees(KernelDensity(5, 0.5), Accumulate(), "mean_error", known, effect=0.02)


def median(rows, weights):
    """The row at which the weights of those below reach a half, or the middle of the two beside it."""
    order = jnp.argsort(jnp.where(weights > 0, rows, jnp.inf))
    reached = jnp.cumsum(weights[order])
    low, high = (jnp.searchsorted(reached, 0.5 + shift) for shift in (-1e-9, 1e-9))
    return (rows[order[low]] + rows[order[high]]) / 2


MEDIAN = sp.sign(x) * sp.sqrt(sp.pi / 2)


@pytest.mark.slow
def test_medians_walk():
    """Under Replace the steps are independent, of the variance that quadrature has for the middle of 9 normal rows."""

    def density(z):
        return 9 * comb(8, 4) * (special.ndtr(z) * special.ndtr(-z)) ** 4 * stats.norm.pdf(z)

    one = integrate.quad(lambda z: z**2 * density(z), -10, 10)[0] / (np.pi / 2 / 9)
    assert one == pytest.approx(1, abs=0.05)  # and 1 for T -> oo
    agrees(Estimator(MEDIAN, median, 9), Replace(), "variance_ratio", [one, 2 * one, 3 * one], effect=0.02)


@SLOW
def test_medians_follow_the_law_at_large_T():
    """At 51 rows medians of rows of two models vary 8 % less than the law of T -> oo says, at most."""
    law = theory.law(Estimator(MEDIAN, median, 51), Accumulate(), "variance_ratio")
    agrees(law.task, Accumulate(), law.quantity.name, law.evaluate(n=range(1, 4)), effect=0.02, own=(-0.08, 0.0))


def test_an_estimate_is_measured_in_units_of_the_variance_of_one():
    chain: Any = build("literal", Estimator(MEDIAN, median, 9), Replace(), 1)[0]
    np.testing.assert_allclose(chain.scale * float(chain.measure(jnp.asarray(0.5))), 0.25 * 9 / (np.pi / 2), rtol=1e-6)


def test_an_estimator_must_be_there():
    with pytest.raises(ValueError, match="a simulation needs the estimator itself: give estimate="):
        sim.run(Estimator(x, T=9), Replace(), iterations=2, replicates=9, key=jr.key(0))


class Keys(AbstractRows):
    """Its rows, and what each counts, are the keys that they are made with; it measures one of these."""

    kept: Kept
    truth: Any
    which: Any

    def __init__(self, task, workflow, iterations, dtype, which):
        self.kept, self.truth, self.which = Kept(workflow, task.T, iterations, dtype), jnp.zeros(3, dtype), which

    def sample(self, key, model, real):
        return jnp.full((self.kept.most, 1), word(key))

    def fit(self, rows, weights):
        return jnp.stack([*rows.reshape(self.kept.weights.shape[1], -1)[:, 0], weights[0]])

    def measure(self, model):
        return model[self.which]


def word(key):
    return jr.key_data(key)[..., 1].astype(float)


def test_no_key_is_of_two_pools_or_of_a_pool_and_a_draw(monkeypatch):
    """Rows that were drawn by their own numbers would be the lowest of them."""
    monkeypatch.setattr(Kept, "counted", lambda self, key, iteration: jnp.full(self.total, word(key)))
    asked = Gaussian(5), FreshReal(), 6, jnp.dtype("float64")
    found = np.asarray(jax.vmap(lambda which: Keys(*asked, which)(jr.key(3)))(jnp.arange(3)))
    assert found.shape == (3, 6)
    assert len(np.unique(found[:, 1:])) == 15


def test_every_row_may_be_drawn_and_the_key_says_which():
    kept = Kept(AccumulateSubsample(), 5, 3, jnp.dtype("float64"))
    found = np.asarray(jax.vmap(lambda key: kept.counted(key, jnp.asarray(2)))(jr.split(jr.key(0), 40)))
    np.testing.assert_allclose(np.sort(found, 1), np.tile([0] * 10 + [0.2] * 5, (40, 1)))
    assert (found.max(0) > 0).all()  # one of 15 is left out 40 times by a chance of 1e-7
