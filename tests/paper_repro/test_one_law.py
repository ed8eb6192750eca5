"""The ratio of means with its paired error, and what a sweep's table has, against formulas of their own."""

from dataclasses import replace
from fractions import Fraction

import jax.random as jr
import numpy as np
import pytest

import sim
from paper_repro import one_law, sweep as sweeps
from paper_repro.gerstgrasser2024 import linear
from theory import Accumulate, Gaussian, Generator, Replace


def test_the_error_of_a_ratio_is_that_of_pairs():
    """First order: var(a/b) = (var a + r^2 var b - 2 r cov(a, b)) / (N b^2), by NumPy's covariance."""
    random = np.random.default_rng(0)
    first = random.lognormal(sigma=0.4, size=50)
    excess = np.stack([first, 2 * first + random.normal(size=50) * 0.1, random.lognormal(size=50)], axis=1)
    ratio, error = one_law.ratio_of_means(excess)
    mean, covariance = excess.mean(0), np.cov(excess.T)
    np.testing.assert_allclose(ratio, mean / mean[0], rtol=1e-12)
    for n in range(3):
        r = mean[n] / mean[0]
        variance = (covariance[n, n] + r**2 * covariance[0, 0] - 2 * r * covariance[0, n]) / 50 / mean[0] ** 2
        np.testing.assert_allclose(error[n], max(variance, 0) ** 0.5, rtol=1e-9, atol=1e-9)
    # pairs go together: as if they did not, the error of the second would be many times as large
    assert error[1] < 0.2 * np.hypot(covariance[1, 1] ** 0.5, 2 * covariance[0, 0] ** 0.5) / 50**0.5 / mean[0]


@pytest.fixture(scope="module")
def swept(tmp_path_factory):
    one = sweeps.Simulation(Accumulate(), "fixed", 20, 3, Fraction(1, 4))
    simulations = (one, one, replace(one, workflow=Replace(), design="fresh"))
    sweep = sweeps.Sweep("sweep", simulations, iterations=2, replicates=300, seed=9)
    return sweep, sweeps.run(sweep, tmp_path_factory.mktemp("sweep"))


def test_a_sweeps_table_has_the_numbers_of_its_runs(swept):
    sweep, rows = swept
    rows = iter(rows)
    for index, one in enumerate(sweep.simulations):
        task = sim.LinearRegression(T=20, d=3, sigma=0.5, design=one.design)
        run = sim.run(task, one.workflow, iterations=2, replicates=300, key=jr.fold_in(jr.key(9), index))
        estimate = run.test_error
        for n in (0, 1):
            row = next(rows)
            assert [row[name] for name in ("workflow", "design", "T", "d", "sigma2", "iteration", "replicates")] == [
                one.workflow.command(), one.design, "20", "3", "1/4", str(n + 1), "300",
            ]  # fmt: skip
            found = [float(row[name]) for name in ("mean", "standard_error", "low", "high")]
            edges = [estimate.quantiles[level][n] for level in (0.025, 0.975)]
            assert found == [estimate.mean[n], estimate.standard_error[n], *edges]
    assert next(rows, None) is None


def test_each_simulation_of_a_sweep_has_random_numbers_of_its_own(swept):
    _, rows = swept
    means = [float(row["mean"]) for row in rows]
    assert len(set(means)) == len(means)


def test_a_sweep_of_generators_has_theirs(tmp_path):
    """Without noise in sampled labels all models under Replace are model 1."""
    quiet = sweeps.Simulation(Replace(), "fixed", 20, 3, Fraction(1), generator=Generator(temperature=0))
    rows = sweeps.run(sweeps.Sweep("quiet", (quiet,), iterations=2, replicates=50, seed=1), tmp_path)
    first, second = (float(row["mean"]) for row in rows)
    np.testing.assert_allclose(first, second, rtol=1e-5)
    assert "temperature=0" in str(sweeps.Sweep("quiet", (quiet,), 2, 50, seed=1).configuration)


def test_the_features_of_the_isotropy_claim_are_far_from_isotropic():
    (covariance,) = {one.covariance.tobytes() for one in linear.ISOTROPY.simulations if one.covariance is not None}
    np.testing.assert_allclose(np.frombuffer(covariance).reshape(32, 32), np.diag(1 / np.arange(1, 33.0) ** 2))
    assert all(one.covariance is not None for one in linear.ISOTROPY.simulations)
    assert all(one.covariance is None for one in linear.CLAIMS.simulations)


def test_a_sweep_of_any_task_has_the_numbers_of_its_quantity(tmp_path):
    task = Gaussian(T=6, d=2)
    named = sweeps.Refit(task, Replace(), "mean_error", label="two dimensions", generator=Generator(temperature="1/2"))
    sweep = sweeps.Sweep("refits", (sweeps.Refit(task, Accumulate(), "variance"), named), 2, 300, seed=9)
    rows = iter(sweeps.run(sweep, tmp_path))
    for index, (one, printed) in enumerate(zip(sweep.simulations, (str(task), "two dimensions"), strict=True)):
        key = jr.fold_in(jr.key(9), index)
        settings = {"iterations": 2, "replicates": 300, "key": key, "of": one.of, "generator": one.generator}
        estimate = sim.run(task, one.workflow, **settings).estimate
        for n in (0, 1):
            row = next(rows)
            told = [row[name] for name in ("task", "workflow", "iteration", "metric", "replicates")]
            assert told == [printed, str(one.workflow), str(n + 1), one.of, "300"]
            assert [float(row["mean"]), float(row["standard_error"])] == [
                estimate.mean[n],
                estimate.standard_error[n],
            ]
    assert next(rows, None) is None
    # what a table depends on: the task's numbers beside its label, the quantity, the generator
    assert "T=6" in str(sweep.configuration["settings"])
    described = [one.described for one in sweep.simulations]
    assert described[1] == ["two dimensions {'T': 6, 'd': 2}", "Replace()", "mean_error", str(named.generator)]
    assert described[0] == [str(task), "Accumulate()", "variance"]
