"""The samplers of ridge regression against one another, against quadrature, and against numbers of other programs."""

import functools
from dataclasses import replace

import jax.random as jr
import numpy as np
import pytest
from scipy import integrate, stats

import sim
from sim.samplers.penalty import RidgeNumbers, totals
from tests.sim.build import build
from theory import (
    Accumulate,
    AccumulateSubsample,
    FixedReal,
    FreshReal,
    Replace,
    ReplaceGrowing,
    SlidingWindow,
    Spectrum,
    symmetric_population,
)

Z = 5.0
TWO = Spectrum((1.5, 0.5), (50, 50), (0.4, 0.8))


def simulate(task, workflow, iterations, replicates, sampler="auto", seed=1):
    return sim.run(task, workflow, iterations=iterations, replicates=replicates, key=jr.key(seed), sampler=sampler)


def held_against(run, expected, power):
    """Within five standard errors, of which ten are the power: what an error of this share would be seen by."""
    error = run.test_error.standard_error
    assert (2 * Z * error < power * np.array(expected)).all(), error / expected
    assert (np.abs(run.test_error.mean - expected) < Z * error).all(), (run.test_error.mean - expected) / error


def one_fit(m, ridge, signal):
    """Bias and variance of a ridge fit of one feature to m rows, by quadrature over the chi-square of the rows."""

    def mean(value):
        return integrate.quad(lambda a: value(a) * stats.chi2.pdf(a, m), 0, np.inf, epsabs=1e-12)[0]

    return mean(lambda a: (ridge * signal / (a + ridge)) ** 2), mean(lambda a: a / (a + ridge) ** 2)


@pytest.mark.parametrize("sampler", ["wishart", "literal"])
def test_one_feature_by_quadrature(sampler):
    """Accumulate with a ridge that does not grow: the bias of the first fit, and V(i T)/i of each."""
    task = sim.LinearRegression(T=3, d=1, design="fresh", ridge=1.0, scaled=False, signal=2.0)
    bias, _ = one_fit(3, 1.0, 2.0)
    expected = bias + np.cumsum([one_fit(3 * i, 1.0, 2.0)[1] / i for i in range(1, 6)])
    np.testing.assert_allclose(expected, [0.81135908, 0.88105244, 0.91526957, 0.93522403, 0.94820550], rtol=1e-8)
    held_against(simulate(task, Accumulate(), 5, 60_000, sampler), expected, power=0.06)


@pytest.mark.parametrize(
    ("T", "d", "design", "replicates", "power", "expected"),
    [
        (10, 30, "fixed", 4000, 0.04, [0.7982, 0.8311, 0.8458, 0.8540, 0.8592]),
        pytest.param(
            *(8, 20, "fresh", 4000, 0.15, [0.78182, 1.44848, 2.00404, 2.11768, 2.17031, 2.20117]),
            marks=pytest.mark.slow,
        ),
        pytest.param(
            *(12, 40, "fresh", 6000, 0.3, [0.81111, 1.01111, 2.01111, 2.36825, 2.47352, 2.52728]),
            marks=pytest.mark.slow,
        ),
    ],
)
def test_the_least_norm_across_the_peak(T, d, design, replicates, power, expected):
    task = sim.LinearRegression(T=T, d=d, sigma=0.5, design=design, ridge=0.0)
    held_against(simulate(task, Accumulate(), len(expected), replicates), expected, power)


#: The proportional limit of a hundred features, in which the samplers are off by a few percent (the next order in 1/d).
LIMITS = [
    (Replace(), "fresh", [0.26819376, 0.50556129, 0.68328132], [0.71995387, 1.03271067, 1.18598631]),
    (Accumulate(), "fresh", [0.26819376, 0.33178365, 0.36612458], [0.71995387, 0.82879994, 0.86338479]),
    (SlidingWindow(2), "fresh", [0.26819376, 0.33178365, 0.46461073], [0.71995387, 0.82879994, 0.99896760]),
    (FixedReal("3/10"), "fresh", [0.26819376, 0.37391424, 0.42407204], [0.71995387, 0.84615645, 0.90433186]),
    (FreshReal(1, "3/5"), "fresh", [0.26819376, 0.25515829, 0.26015767], [0.71995387, 0.76711842, 0.77642659]),
    (Accumulate(), "fixed", [0.26819376, 0.33943135, 0.37790087], [0.71995387, 0.74674025, 0.75301286]),
    (SlidingWindow(2), "fixed", [0.26819376, 0.33943135, 0.47323261], [0.71995387, 0.74674025, 0.82588832]),
    (FixedReal("3/10"), "fixed", [0.26819376, 0.38673627, 0.43383806], [0.71995387, 0.78719338, 0.81006563]),
]


@pytest.mark.slow
@pytest.mark.parametrize(("workflow", "design", "many", "few"), LIMITS, ids=str)
def test_a_hundred_features_are_near_the_limit(workflow, design, many, few):
    for T, ridge, expected in ((160, 0.3, many), (50, 0.1, few)):
        task = sim.LinearRegression(T=T, d=100, sigma=0.5, design=design, ridge=ridge, signal=1.2**0.5, spectrum=TWO)
        found = simulate(task, workflow, 3, 128).test_error
        away = np.abs(found.mean / expected - 1)
        assert (away < 0.031 + Z * found.standard_error / expected).all(), away
        assert (found.standard_error / expected < 0.02).all()


WORKFLOWS = {
    "replace": Replace(),
    "growing": ReplaceGrowing(),
    "accumulate": Accumulate(),
    "window": SlidingWindow(2),
    "fixed-real": FixedReal("1/3"),
    "fresh-real": FreshReal(2, "2/5"),
}
SPECTRUM = Spectrum((2.0, 0.3), (2, 3), (0.5, 0.5))
CASES = [
    ("accumulate", "fresh", 0.2, True, 3),
    ("fixed-real", "fixed", 0.2, True, 3),
    ("window", "fresh", 1.5, False, 12),
    ("growing", "fixed", 1.5, False, 12),
    ("fresh-real", "fresh", 1.5, False, 3),
    ("replace", "fixed", 0.0, True, 1),  # its variance is finite from four rows fewer down
    ("fresh-real", "fixed", 0.2, True, 12),
]


@functools.cache
def chains(sampler, name, design, ridge, scaled, T):
    task = sim.LinearRegression(T=T, d=5, sigma=0.5, design=design, ridge=ridge, scaled=scaled, spectrum=SPECTRUM)
    return simulate(task, WORKFLOWS[name], 3, 20_000, sampler, seed=["wishart", "literal"].index(sampler))


@pytest.mark.parametrize("case", CASES[:1] + [pytest.param(c, marks=pytest.mark.slow) for c in CASES[1:]], ids=str)
def test_the_wishart_sampler_has_the_distribution_of_the_literal_one(case):
    wishart, literal = (chains(sampler, *case) for sampler in ("wishart", "literal"))
    assert (wishart.sampler, literal.sampler) == ("wishart", "literal")
    error = np.hypot(wishart.test_error.standard_error, literal.test_error.standard_error)
    assert (np.abs(wishart.test_error.mean - literal.test_error.mean) < Z * error).all()
    assert (2 * Z * error < 0.15 * literal.test_error.mean).all()
    for level, values in wishart.test_error.quantiles.items():
        spread = np.hypot(wishart.test_error.quantile_errors[level], literal.test_error.quantile_errors[level])
        assert (np.abs(values - literal.test_error.quantiles[level]) < Z * spread + 0.004 * values).all(), level
        assert (2 * Z * spread < 0.4 * values).all()


@pytest.mark.slow
def test_a_small_ridge_tends_to_the_least_norm():
    tasks = (sim.LinearRegression(T=4, d=9, design="fresh", ridge=ridge) for ridge in (0.0, 1e-9))
    least, near = (simulate(task, SlidingWindow(2), 3, 50, sampler="literal").test_error for task in tasks)
    np.testing.assert_allclose(near.mean, least.mean, rtol=1e-4)


@pytest.mark.slow
def test_no_ridge_and_rows_enough_are_least_squares_to_the_bit():
    for design, workflow in (("fresh", Accumulate()), ("fixed", Replace())):
        none, nought = (
            simulate(sim.LinearRegression(T=12, d=3, design=design, ridge=ridge, signal=5.0), workflow, 3, 300)
            for ridge in (None, 0.0)
        )
        assert none.sampler == nought.sampler
        assert (none.test_error.mean == nought.test_error.mean).all()


@pytest.mark.slow
def test_errors_scale_with_the_noise():
    small, large = (
        simulate(
            sim.LinearRegression(T=4, d=6, sigma=sigma, design="fresh", ridge=0.1, signal=3 * sigma),
            Accumulate(),
            3,
            100,
        ).test_error.mean
        for sigma in (1e-20, 1e20)
    )
    np.testing.assert_allclose(large, small * 1e80, rtol=1e-9)


@pytest.mark.parametrize(
    ("T", "d", "workflow", "ridge", "moments"),
    [
        (10, 20, Accumulate(), 0.1, 2),
        (20, 20, Accumulate(), 0.1, 2),
        (8, 20, Accumulate(), 0.0, 2),  # 8, 16, 24 rows
        (9, 20, Accumulate(), 0.0, 1),  # 9, 18
        (17, 20, Replace(), 0.0, 1),
        (10, 20, Accumulate(), 0.0, 0),  # 10, 20
        (8, 23, Accumulate(), 0.0, 0),  # 8, 16, 24
    ],
)
def test_moments_go_by_the_rows_nearest_to_the_features(T, d, workflow, ridge, moments):
    task = sim.LinearRegression(T=T, d=d, design="fresh", ridge=ridge)
    assert RidgeNumbers.of(task, workflow, 3).moments == moments


def test_an_unlucky_subsample_may_have_as_many_rows_as_features():
    task = sim.LinearRegression(T=12, d=6, design="fixed", ridge=0.0)
    numbers = RidgeNumbers.of(task, AccumulateSubsample(), 3)
    assert (numbers.different, numbers.moments, numbers.full_rank) == (((12, 12), (6, 12), (4, 12)), 0, False)
    assert "is fitted to 6 to 12 different rows at d=6, and its test error has no mean" in numbers.note
    # fewer than features at the least, and more at the most
    assert RidgeNumbers.of(replace(task, d=8), AccumulateSubsample(), 3).moments == 0


def test_a_run_across_the_peak_says_what_it_has():
    task = sim.LinearRegression(T=3, d=6, design="fresh", ridge=0.0)
    run = simulate(task, Accumulate(), 3, 4000)
    assert "model 2 is fitted to 6 different rows at d=6, and its test error has no mean" in run.note
    assert np.isnan(run.test_error.standard_error).all()
    assert np.isfinite(run.test_error.quantiles[0.5]).all()
    with pytest.raises(ValueError, match="relative_error needs a standard error, and there is none: without a ridge"):
        sim.run(task, Accumulate(), iterations=3, relative_error=0.1, key=jr.key(0))


def test_weights_add_up_to_the_rows_where_the_ridge_does_not_grow():
    tasks = [sim.LinearRegression(T=4, d=6, design="fresh", ridge=1.0, scaled=scaled) for scaled in (True, False)]
    assert [totals(task, Accumulate(), 3).tolist() for task in tasks] == [[1, 1, 1], [1, 2, 3]]
    assert totals(tasks[1], AccumulateSubsample(), 3).tolist() == [1, 1, 1]
    assert totals(tasks[1], FixedReal("1/3"), 3).tolist() == [1, 2, 2]


@pytest.mark.parametrize(
    ("sampler", "workflow", "ridge", "message"),
    [
        ("wishart", Accumulate(), 0.0, "keeps no rows to find the least norm by. Use the literal sampler"),
        ("wishart", AccumulateSubsample(), 0.1, "exact only for pools used whole"),
        ("radial", Replace(), 0.1, "no sampler radial simulates the test_error"),
        ("conditional", Accumulate(), 0.1, "no sampler conditional simulates the test_error"),
    ],
)
def test_what_a_sampler_does_not_do(sampler, workflow, ridge, message):
    task = sim.LinearRegression(T=4, d=6, design="fresh", ridge=ridge)
    with pytest.raises(ValueError, match=message):
        build(sampler, task, workflow, 3)


def test_populations_have_no_ridge():
    task = sim.LinearRegression(T=40, d=6, design="fixed", ridge=0.1)
    with pytest.raises(ValueError, match="no sampler auto simulates"):
        simulate(task, symmetric_population(2, 0), 2, 10)


@pytest.mark.parametrize("sampler", ["wishart", pytest.param("literal", marks=pytest.mark.slow)])
def test_ill_conditioned_chains_are_refused(sampler):
    settings = {"iterations": 1, "key": jr.key(0), "sampler": sampler, "precision": "float32"}
    weak, strong = (sim.LinearRegression(T=30, d=30, design="fixed", ridge=ridge) for ridge in (1e-12, 1.0))
    message = r"too ill-conditioned for float32.*Use float64, a larger ridge"
    with pytest.raises(FloatingPointError, match=message):
        sim.run(weak, Replace(), replicates=2000, **settings)
    # of the same designs, some of which are too much for float32 but for the ridge
    assert np.isfinite(sim.run(strong, Replace(), replicates=200, **settings).test_error.mean).all()
