"""Measurements: differences and ratios against independent formulas, and what an interval confirms."""

import doctest
import math

import numpy as np
import pytest
from scipy import stats

from paper_repro.claim import Quantity
from theory import measurement
from theory.measurement import Measurement


def measured(values):
    return Measurement(values.mean(), values.std(ddof=1) / len(values) ** 0.5, len(values) - 1.0)


def test_a_difference_is_welchs():
    random = np.random.default_rng(0)
    a, b = random.normal(3, 2, 5), random.normal(1, 0.3, 7)
    low, high = stats.ttest_ind(a, b, equal_var=False).confidence_interval(0.95)
    np.testing.assert_allclose((measured(a) - measured(b)).interval(0.95), (low, high), rtol=1e-12)


def test_a_ratio_is_that_of_means_to_first_order():
    a, b = Measurement(3.0, 0.03, 3.0), Measurement(-2.0, 0.01, 5.0)
    ratio = a / b
    assert ratio.mean == -1.5
    np.testing.assert_allclose(ratio.standard_error, 1.5 * math.hypot(0.03 / 3, 0.01 / 2), rtol=1e-12)
    parts = {3.0: (0.03 / 3) ** 2, 5.0: (0.01 / 2) ** 2}  # Welch and Satterthwaite, of relative errors
    degrees = sum(parts.values()) ** 2 / sum(part**2 / own for own, part in parts.items())
    np.testing.assert_allclose(ratio.degrees, degrees, rtol=1e-12)
    draws = np.random.default_rng(1).normal(size=(2, 1_000_000))
    spread = ((3 + 0.03 * draws[0]) / (-2 + 0.01 * draws[1])).std()
    np.testing.assert_allclose(ratio.standard_error, spread, rtol=5e-3)  # 1/sqrt(2 million), five times


def test_errors_that_are_known_stay_known():
    """Of standard errors without degrees of freedom the interval is the normal one, in a ratio too."""
    a, b = Measurement(3.0, 0.3), Measurement(2.0, 0.4)
    for found, mean, error in (
        (a - b, 1.0, 0.5),
        (a / b, 1.5, 1.5 * math.hypot(0.1, 0.2)),
        (a - Measurement(1.0), 2, 0.3),
    ):
        assert found.degrees == math.inf
        expected = stats.norm.interval(0.95, mean, error)
        np.testing.assert_allclose(found.interval(), expected, rtol=1e-12)
    one = Measurement(3.0, 0.3, 4.0) - b  # as if by infinitely many seeds of the other
    np.testing.assert_allclose(one.degrees, 0.25**2 / (0.3**4 / 4), rtol=1e-12)


def test_a_difference_of_the_same_seeds_is_paired():
    random = np.random.default_rng(2)
    common = random.normal(0, 5, 6)
    a, b = common + random.normal(1, 0.1, 6), common + random.normal(0, 0.1, 6)
    found = Measurement.of(a) - Measurement.of(b)
    low, high = stats.ttest_rel(a, b).confidence_interval(0.95)
    np.testing.assert_allclose(found.interval(0.95), (low, high), rtol=1e-12)
    # as if they were independent, nothing would be seen of it
    alone = measured(a) - measured(b)
    assert found.interval()[0] > 0 > alone.interval()[0]


def test_a_ratio_of_the_same_seeds_is_paired():
    """The standard error is Fieller's to first order; against the jackknife's, and not that of independent parts."""
    random = np.random.default_rng(3)
    common = random.normal(10, 1, 40)
    a, b = 2 * common + random.normal(0, 0.1, 40), common + random.normal(0, 0.1, 40)
    found = Measurement.of(a) / Measurement.of(b)
    np.testing.assert_allclose(found.mean, a.mean() / b.mean(), rtol=1e-14)
    without = np.array([np.delete(a, k).mean() / np.delete(b, k).mean() for k in range(40)])
    jackknife = (39 / 40 * ((without - without.mean()) ** 2).sum()) ** 0.5
    np.testing.assert_allclose(found.standard_error, jackknife, rtol=0.02)
    assert found.standard_error < 0.2 * (measured(a) / measured(b)).standard_error
    assert found.degrees == 39
    # and of ratios again: (a / b) - (a / b) is nothing at all
    assert (found - found).interval() == (0.0, 0.0)


def test_other_numbers_of_seeds_are_not_paired():
    random = np.random.default_rng(4)
    a, b = random.normal(3, 2, 5), random.normal(1, 0.3, 7)
    low, high = stats.ttest_ind(a, b, equal_var=False).confidence_interval(0.95)
    for found in (Measurement.of(a) - Measurement.of(b), Measurement.of(a) - measured(b), measured(a) - measured(b)):
        np.testing.assert_allclose(found.interval(0.95), (low, high), rtol=1e-12)
    ratio, alone = Measurement.of(a) / Measurement.of(b), measured(a) / measured(b)
    assert (ratio.mean, ratio.standard_error) == (alone.mean, alone.standard_error)


def test_what_is_exact_has_no_interval():
    assert (Measurement(3.0) / Measurement(2.0) - Measurement(1.0)).interval(0.95) == (0.5, 0.5)


def test_an_interval_has_its_level():
    """Of a table of Student's t: 3 degrees of freedom at 95 %, 99 % and 50 %."""
    of = Measurement(1.0, 0.1, 3.0)
    for level, errors in ((0.95, 3.182), (0.99, 5.841), (0.5, 0.765)):
        assert of.interval(level) == pytest.approx((1 - 0.1 * errors, 1 + 0.1 * errors), abs=1e-4)
    assert of.interval() == of.interval(0.95)


@pytest.mark.parametrize(
    ("mean", "outcome"),
    [(0.5, ""), (0.1, "left open"), (0.9, "left open"), (-0.5, "refuted here"), (1.5, "refuted here")],
)
def test_an_interval_that_includes_a_bound_confirms_nothing(mean, outcome):
    # four seeds: 3.18 standard errors to either side
    quantity = Quantity("a rise", lambda tables: Measurement(mean, 0.1, 3.0), above=0.0, below=1.0)
    objection = quantity.objection(quantity.measure(lambda name: []))
    assert objection.startswith(outcome)
    assert bool(objection) == bool(outcome)


def test_a_quantity_needs_a_bound():
    with pytest.raises(ValueError, match="needs a bound, above or below"):
        Quantity("anything", lambda tables: Measurement(0.0))


def test_examples():
    tried = doctest.testmod(measurement)
    assert tried.attempted > 0
    assert tried.failed == 0
