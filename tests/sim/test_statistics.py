from typing import Any

import numpy as np
from hypothesis import given, settings, strategies as st
from scipy import stats

from sim.statistics import LEVELS, Histogram, RunningStatistics


@settings(max_examples=30)
@given(st.lists(st.integers(1, 40), min_size=1, max_size=6), st.integers(0, 10**6))
def test_it_equals_numpy(sizes, seed):
    generator = np.random.default_rng(seed)
    blocks = [generator.lognormal(sigma=3, size=(size, 3)) for size in sizes]
    found = RunningStatistics(3)
    for block in blocks:
        found.add(block)
    rows = np.concatenate(blocks)
    np.testing.assert_allclose(found.mean, rows.mean(0), rtol=1e-12)
    if len(rows) > 1:
        np.testing.assert_allclose(found.standard_error, rows.std(0, ddof=1) / np.sqrt(len(rows)), rtol=1e-9)
    else:
        assert np.isnan(found.standard_error).all()
    for level in (0.025, 0.5, 0.975):
        exact = np.quantile(rows, level, axis=0, method="inverted_cdf")
        np.testing.assert_allclose(found.quantile(level), exact, rtol=2.1e-3)


@settings(max_examples=20)
@given(st.lists(st.integers(1, 40), min_size=1, max_size=6), st.integers(0, 10**6))
def test_lost_numbers_are_in_nothing(sizes, seed):
    """Each column is that of the numbers that it has; the last has none."""
    generator = np.random.default_rng(seed)
    blocks = [generator.lognormal(sigma=3, size=(size, 4)) for size in sizes]
    for block in blocks:
        for column, share in enumerate((0.0, 0.2, 0.6, 1.0)):
            block[generator.uniform(size=len(block)) < share, column] = np.nan
    found, merged = RunningStatistics(4), Histogram(4)
    for block in blocks:
        found.add(block)
        merged.add(block)
    rows = np.concatenate(blocks)
    assert found.count == len(rows)
    assert found.lost.tolist() == np.isnan(rows).sum(0).tolist()
    assert found.lost_share == 1
    assert (merged.counts.sum(1) == found.count - found.lost).all()
    assert np.isnan([found.mean[3], found.standard_error[3]]).all()
    for column in range(3):
        there = rows[~np.isnan(rows[:, column]), column]
        alone = RunningStatistics(1)
        if not len(there):
            assert np.isnan(found.mean[column])
            continue
        alone.add(there[:, None])
        np.testing.assert_allclose(found.mean[column], there.mean(), rtol=1e-12)
        np.testing.assert_allclose(found.standard_error[column], alone.standard_error[0], rtol=1e-9)
        own = RunningStatistics(1)
        for block in blocks:
            own.add(block[:, column : column + 1])
        np.testing.assert_allclose(own.quantile(0.5), np.quantile(there, 0.5, method="inverted_cdf"), rtol=2.1e-3)
        assert (own.quantile(0.5), own.quantile_error(0.5)) == (alone.quantile(0.5), alone.quantile_error(0.5))


def test_where_the_mean_is_nought_no_relative_error_is_small():
    found = RunningStatistics(2)
    found.add(np.array([[1.0, 0.0], [1.1, 0.0]]))
    assert found.relative_error == np.inf


def test_the_share_that_is_lost_is_that_of_the_worst_column():
    found = RunningStatistics(4)
    found.add(np.array([[1.0, 1.0, np.nan, np.nan], *[[1.0, 2.0, 3.0, np.nan]] * 2, [1.0, 2.0, 3.0, 4.0]]))
    assert found.lost_share == 3 / 4


def test_where_there_is_no_mean_no_relative_error_is_small():
    found = RunningStatistics(2)
    found.add(np.array([[1.0, np.nan], [1.1, np.nan]]))
    assert found.relative_error == np.inf


def test_quantiles_of_many_are_far_better_than_a_bin():
    rows = np.random.default_rng(1).lognormal(size=(10**6, 1))
    found = RunningStatistics(1)
    found.add(rows)
    for level in (0.025, 0.25, 0.5, 0.975):
        np.testing.assert_allclose(found.quantile(level), np.quantile(rows, level), rtol=3e-4)


def test_quantile_errors_are_those_of_repeated_samples():
    generator = np.random.default_rng(2)
    measured, claimed = [], []
    for _ in range(300):
        found = RunningStatistics(1)
        found.add(generator.lognormal(size=(4000, 1)))
        measured.append([found.quantile(level)[0] for level in (0.025, 0.5, 0.975)])
        claimed.append([found.quantile_error(level)[0] for level in (0.025, 0.5, 0.975)])
    # the spread of 300 is known within 4 %, so 25 % is 6 of its standard errors
    np.testing.assert_allclose(np.mean(claimed, 0), np.std(measured, 0), rtol=0.25)


def test_histograms_merge_to_the_same_counts():
    rows = np.random.default_rng(3).lognormal(sigma=4, size=(600, 2))
    whole, parts = Histogram(2), Histogram(2)
    whole.add(rows)
    for some in (rows[400:], rows[:100], rows[100:400]):
        part = Histogram(2)
        part.add(some)
        parts.merge(Histogram.of(*part.arrays()))
        before = parts.arrays()
        parts.merge(Histogram(2))  # of a process without a block
        assert parts.arrays() == before
    for level in (0.01, 0.5, 0.9):
        assert (whole.quantile(level) == parts.quantile(level)).all()


def test_a_value_of_nought_costs_no_memory():
    histogram = Histogram(1)
    histogram.add(np.array([[1.0], [0.0], [5e-324], [3.0]]))
    assert histogram.counts.sum() == 4
    assert histogram.counts.nbytes < 2**20


def test_a_bin_is_a_512th_of_an_octave_and_the_lowest_lies_100_octaves_below():
    for start in (1.0, 2.0**-7):
        histogram = Histogram(1)
        histogram.add(start * np.array([[1.0], [1 + 0.999 / 512]]))
        assert histogram.counts.tolist() == [[2]]
        histogram.add(start * np.array([[1 + 1 / 512]]))
        assert histogram.counts.tolist() == [[2, 1]]
    histogram = Histogram(1)
    histogram.add(np.array([[1.0], [0.0], [2.0**-101]]))
    low, high = histogram.quantile(0.01)[0], histogram.quantile(0.66)[0]
    assert 2.0**-100 <= low < high <= 2.0**-100 * (1 + 1 / 512)


def test_it_keeps_small_memory():
    found = RunningStatistics(2)
    generator = np.random.default_rng(0)
    for _ in range(50):
        found.add(generator.chisquare(3, size=(1000, 2)))
    held = found.histogram.counts.nbytes
    for _ in range(200):
        found.add(generator.chisquare(3, size=(1000, 2)))
    assert found.histogram.counts.nbytes < 1.5 * held < 2**20


def test_the_relative_error_is_that_of_the_worst_column():
    found = RunningStatistics(3)
    rows = np.random.default_rng(4).uniform(1, 2, size=(400, 3)) * [1.0, 5.0, 1.0] + [0.0, 0.0, 9.0]
    found.add(rows)
    each = rows.std(0, ddof=1) / np.sqrt(400) / rows.mean(0)
    assert each.max() > 1.3 * each.mean()
    np.testing.assert_allclose(found.relative_error, each.max(), rtol=1e-9)


def test_quantile_errors_are_those_of_the_binomial():
    """Half the distance of the quantiles one binomial standard deviation to either side, which scipy knows."""
    count = 100_000
    lognormal: Any = stats.lognorm(0.7)
    found = RunningStatistics(1)
    found.add(lognormal.ppf((np.arange(count) + 0.5) / count)[:, None])
    for level in LEVELS:
        spread = np.sqrt(level * (1 - level) / count)
        exact = (lognormal.ppf(level + spread) - lognormal.ppf(level - spread)) / 2
        # a bin is 0.1 to 0.2 % wide, and these errors are 0.2 to 0.6 %: they lie in bins that are cut in proportion
        np.testing.assert_allclose(found.quantile_error(level), exact, rtol=0.02)
