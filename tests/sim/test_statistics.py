from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given, settings, strategies as st

import sim
import theory
from sim.run import Run
from sim.statistics import NOISIEST, Estimate, Stream, Z
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
        np.testing.assert_allclose(stream.quantile(level), exact, rtol=2e-3)


def test_stream_keeps_small_memory():
    stream = Stream(2)
    generator = np.random.default_rng(0)
    for _ in range(50):
        stream.add(generator.chisquare(3, size=(1000, 2)))
    held = stream._histogram.nbytes
    for _ in range(200):
        stream.add(generator.chisquare(3, size=(1000, 2)))
    assert stream._histogram.nbytes < 1.5 * held < 2**20


def made(workflow, design, mean, standard_error, T=100, d=32):
    model = sim.LinearRegression(T=T, d=d, design=design)
    estimate = Estimate(np.asarray(mean), np.asarray(standard_error), {})
    return Run(model, workflow, len(mean), 1000, "literal", estimate, "")


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
    with pytest.raises(ValueError, match="Compare a run with the law of its own workflow and design"):
        sim.compare(run, theory.linear.test_error(workflow, design=design))
