from dataclasses import replace

import jax.random as jr
import numpy as np
import pytest
from hypothesis import given, settings, strategies as st

import sim
import theory
from sim.run import Run
from sim.statistics import NOISIEST, Estimate, Histogram, Stream, Z
from theory import Accumulate, Replace


@settings(max_examples=30, deadline=None, derandomize=True)
@given(st.lists(st.integers(1, 40), min_size=1, max_size=6), st.integers(0, 10**6))
def test_stream_equals_numpy(sizes, seed):
    generator = np.random.default_rng(seed)
    blocks = [generator.lognormal(sigma=3, size=(size, 3)) for size in sizes]
    stream = Stream(3)
    for block in blocks:
        stream.add(block)
    rows = np.concatenate(blocks)
    np.testing.assert_allclose(stream.mean, rows.mean(0), rtol=1e-12)
    if len(rows) > 1:
        np.testing.assert_allclose(stream.standard_error, rows.std(0, ddof=1) / np.sqrt(len(rows)), rtol=1e-9)
    else:
        assert np.isnan(stream.standard_error).all()
    for level in (0.025, 0.5, 0.975):
        exact = np.quantile(rows, level, axis=0, method="inverted_cdf")
        np.testing.assert_allclose(stream.quantile(level), exact, rtol=2.1e-3)


def test_quantiles_of_many_are_far_better_than_a_bin():
    rows = np.random.default_rng(1).lognormal(size=(10**6, 1))
    stream = Stream(1)
    stream.add(rows)
    for level in (0.025, 0.25, 0.5, 0.975):
        np.testing.assert_allclose(stream.quantile(level), np.quantile(rows, level), rtol=3e-4)


def test_quantile_errors_are_those_of_repeated_samples():
    generator = np.random.default_rng(2)
    found, claimed = [], []
    for _ in range(300):
        stream = Stream(1)
        stream.add(generator.lognormal(size=(4000, 1)))
        found.append([stream.quantile(level)[0] for level in (0.025, 0.5, 0.975)])
        claimed.append([stream.quantile_error(level)[0] for level in (0.025, 0.5, 0.975)])
    # the spread of 300 is known within 4 %, so 25 % is 6 of its standard errors
    np.testing.assert_allclose(np.mean(claimed, 0), np.std(found, 0), rtol=0.25)


def test_histograms_merge_to_the_same_counts():
    rows = np.random.default_rng(3).lognormal(sigma=4, size=(600, 2))
    whole, parts = Histogram(2), Histogram(2)
    whole.add(rows)
    for some in (rows[400:], rows[:100], rows[100:400]):
        part = Histogram(2)
        part.add(some)
        parts.merge(part.lowest, part.counts)
    for level in (0.01, 0.5, 0.9):
        assert (whole.quantile(level) == parts.quantile(level)).all()


def test_a_value_of_nought_costs_no_memory():
    histogram = Histogram(1)
    histogram.add(np.array([[1.0], [0.0], [5e-324], [3.0]]))
    assert histogram.counts.sum() == 4
    assert histogram.counts.nbytes < 2**20


def test_infinite_variance_is_judged_by_quantiles():
    model = sim.LinearRegression(T=7, d=5, design="fixed")
    run = sim.run(model, Accumulate(), iterations=3, replicates=40_000, key=jr.key(1))
    law = theory.linear.test_error(Accumulate(), design="fixed")
    found = sim.compare(run, law)
    assert found.verdict == "agree"
    assert "quantiles were held against the exact distribution at every iteration" in found.reason
    wrong = theory.linear.test_error(Accumulate(), design="fixed")
    shifted = {level: values * 1.1 for level, values in run.test_error.quantiles.items()}
    off = replace(run, test_error=replace(run.test_error, quantiles=shifted))
    assert sim.compare(off, wrong).verdict == "disagree"
    few = sim.run(model, Accumulate(), iterations=3, replicates=100, key=jr.key(1))
    assert sim.compare(few, law).verdict == "not comparable"


def test_at_fresh_design_the_first_iteration_alone_has_a_known_distribution():
    model = sim.LinearRegression(T=8, d=5, design="fresh")
    run = sim.run(model, Accumulate(), iterations=2, replicates=20_000, key=jr.key(2))
    found = sim.compare(run, theory.linear.test_error(Accumulate(), design="fresh"))
    assert (found.verdict, np.isfinite(found.z).tolist()) == ("agree", [True, False])
    assert "at iteration 1:" in found.reason


def test_unequal_pools_are_held_against_their_own_law():
    model = sim.LinearRegression(T=(30, 12, 50), d=4, sigma=(1.0, 2.0, 0.5), design="fresh")
    for workflow in (Accumulate(), Replace()):
        run = sim.run(model, workflow, iterations=3, replicates=40_000, key=jr.key(4))
        assert sim.compare(run, theory.unequal(workflow, design="fresh")).verdict == "agree"
        with pytest.raises(ValueError, match="with unequal pools, the law of"):
            sim.compare(run, theory.linear.test_error(workflow, design="fresh"))
    # the power: another order of the same pools is seen
    swapped = sim.LinearRegression(T=(30, 50, 12), d=4, sigma=(1.0, 0.5, 2.0), design="fresh")
    other = sim.run(swapped, Replace(), iterations=3, replicates=40_000, key=jr.key(4))
    law = theory.unequal(Replace(), design="fresh").evaluate(T=(30, 12, 50), d=4, sigma=(1.0, 2.0, 0.5))
    assert abs(other.test_error.mean[1] - law[1]) > 10 * other.test_error.standard_error[1]


def test_stream_keeps_small_memory():
    stream = Stream(2)
    generator = np.random.default_rng(0)
    for _ in range(50):
        stream.add(generator.chisquare(3, size=(1000, 2)))
    held = stream.histogram.counts.nbytes
    for _ in range(200):
        stream.add(generator.chisquare(3, size=(1000, 2)))
    assert stream.histogram.counts.nbytes < 1.5 * held < 2**20


def made(workflow, design, mean, standard_error, T=100, d=32):
    model = sim.LinearRegression(T=T, d=d, design=design)
    estimate = Estimate(np.asarray(mean), np.asarray(standard_error), {}, {})
    return Run(model, workflow, len(mean), 1000, "literal", "float64", estimate, 2, "")


def test_compare_verdicts():
    law = theory.linear.test_error(Accumulate(), design="fresh")
    exact = law.evaluate(T=100, d=32, n=range(1, 4))
    error = np.full(3, 0.001)
    agreeing = sim.compare(made(Accumulate(), "fresh", exact + 0.9 * Z * error, error), law)
    assert agreeing.verdict == "agree"
    np.testing.assert_allclose(agreeing.max_abs_z, 0.9 * Z)
    one_off = exact.copy()
    one_off[1] -= 1.1 * Z * error[1]
    disagreeing = sim.compare(made(Accumulate(), "fresh", one_off, error), law)
    assert disagreeing.verdict == "disagree"
    assert "5.5 standard errors from the law" in disagreeing.reason
    np.testing.assert_allclose(disagreeing.z, [0, -1.1 * Z, 0], atol=1e-9)


def test_compare_does_not_pretend():
    law = theory.linear.test_error(Accumulate(), design="fresh")
    exact = law.evaluate(T=100, d=32, n=range(1, 4))
    noisy = sim.compare(made(Accumulate(), "fresh", exact, exact * NOISIEST * 2), law)
    assert noisy.verdict == "not comparable"
    assert "reaches 10% of the mean and a verdict needs 5%; use about 4000 replicates" in noisy.reason
    single = sim.compare(made(Accumulate(), "fresh", exact, exact * np.nan), law)
    assert single.verdict == "not comparable"
    asymptotic = sim.compare(made(Accumulate(), "fresh", exact, exact * 0.01), replace(law, exact=False))
    assert asymptotic.verdict == "not comparable"


@pytest.mark.parametrize(("workflow", "design"), [(Replace(), "fresh"), (Accumulate(), "fixed")])
def test_compare_refuses_a_law_of_something_else(workflow, design):
    run = made(Accumulate(), "fresh", [1.0], [0.01])
    with pytest.raises(ValueError, match="Compare a run with the law of its own"):
        sim.compare(run, theory.linear.test_error(workflow, design=design))
