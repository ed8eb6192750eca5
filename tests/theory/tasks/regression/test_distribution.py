"""Variance and distribution against chains simulated here with NumPy, and against the moments of scipy's F."""

from dataclasses import replace

import numpy as np
import pytest
from scipy import stats

import theory
from tests.helpers import Made
from theory import (
    Accumulate,
    AccumulateSubsample,
    FreshReal,
    Replace,
    ReplaceGrowing,
    SlidingWindow,
    by_count,
    pools,
    subsample,
)
from theory.derivation import EXACT, LARGE_T
from theory.symbols import T, n
from theory.tasks.regression.distribution import ONE_FIT_VARIANCE, SquaredError
from theory.tasks.regression.symbols import ONE_FIT, d, sigma


def chains(shares, design, samples, features, replicates=20_000):
    """Squared errors of models 1, 2, … of the chain with these shares of pools, by lstsq on weighted rows."""
    generator = np.random.default_rng(3)
    errors = np.zeros((len(shares), replicates))
    x = generator.normal(size=(replicates, samples, features))
    models, designs, labels = [np.zeros((replicates, features))], [], []
    for iteration, row in enumerate(shares):
        x = x if design == "fixed" else generator.normal(size=(replicates, samples, features))
        designs.append(x)
        labels.append(np.einsum("rti,ri->rt", x, models[-1]) + 1.5 * generator.normal(size=(replicates, samples)))
        gram = np.sum([p * np.einsum("rti,rtj->rij", X, X) for p, X in zip(row, designs, strict=True)], axis=0)
        moments = [p * np.einsum("rti,rt->ri", X, y) for p, X, y in zip(row, designs, labels, strict=True)]
        moment = np.sum(moments, axis=0)
        models.append(np.linalg.solve(gram, moment[..., None])[..., 0])
        errors[iteration] = (models[-1] ** 2).sum(-1)
    return errors


def variance(law, **at):
    """The law's variance at these numbers."""
    found = law.variance()
    assert found is not None
    symbols = {"T": T, "d": d, "sigma": sigma, "n": n}
    return float(found.subs({symbols[name]: value for name, value in at.items()}).doit())


REPLACE = [[1], [0, 1], [0, 0, 1]]
ACCUMULATE = [[1], [1, 1], [1, 1, 1]]
WINDOW = [[1], [1, 1], [0, 1, 1]]


@pytest.mark.parametrize(
    ("workflow", "shares", "design"),
    [
        (Replace(), REPLACE, "fixed"),
        (Replace(), REPLACE, "fresh"),
        (Accumulate(), ACCUMULATE, "fixed"),
        (SlidingWindow(2), WINDOW, "fixed"),
    ],
    ids=str,
)
def test_variance(workflow, shares, design):
    samples, features = 30, 3
    law = theory.linear.test_error(workflow, design=design)
    found = chains(shares, design, samples, features)
    for m in (1, 2, 3):
        exact = variance(law, T=samples, d=features, sigma=1.5, n=m)
        squares = (found[m - 1] - found[m - 1].mean()) ** 2
        error = squares.std() / np.sqrt(squares.size)
        assert abs(squares.mean() - exact) < 5 * error
        assert error < 0.06 * exact


@pytest.mark.parametrize(("workflow", "shares"), [(Accumulate(), ACCUMULATE), (SlidingWindow(2), WINDOW)], ids=str)
def test_distribution_at_fixed_design(workflow, shares):
    samples, features = 9, 3
    law = theory.linear.test_error(workflow, design="fixed")
    found = chains(shares, "fixed", samples, features)
    for m in (1, 2, 3):
        exact = law.distribution(T=samples, d=features, sigma=1.5, n=m)
        assert stats.kstest(found[m - 1], exact.cdf).pvalue > 1e-6
        assert stats.kstest(found[m - 1] * 1.08, exact.cdf).pvalue < 1e-6  # a scale 8 % off is seen
        np.testing.assert_allclose(exact.mean(), law.evaluate(T=samples, d=features, sigma=1.5, n=m), rtol=1e-12)
    long = law.distribution(T=20, d=features, n=2)
    exact = variance(law, T=20, d=features, sigma=1, n=2)
    np.testing.assert_allclose(long.var(), exact, rtol=1e-12)


def test_where_it_is_known():
    fresh = theory.linear.test_error(Accumulate(), design="fresh")
    assert fresh.variance() is None
    assert fresh.distribution(T=9, d=3, n=1).mean() == pytest.approx(3 / 5)
    with pytest.raises(ValueError, match="is not known for n = 2; it is known at fixed design"):
        fresh.distribution(T=9, d=3, n=2)
    with pytest.raises(ValueError, match=r"T >= d \+ 2"):
        fresh.distribution(T=4, d=3, n=1)
    assert theory.linear.test_error(FreshReal(1, "1/2"), design="fixed").variance() is not None


@pytest.mark.parametrize("draws", [False, True], ids=["whole", "drawn"])
def test_errors_are_multiples_of_one_fits_where_the_rows_of_X_are_used_alike(draws):
    """At fixed design, and there neither of draws nor of parts of X, whose laws are of large T."""
    exact = SquaredError(3 * ONE_FIT, EXACT, "fixed", draws, walk=False)
    assert exact.variance() == 9 * ONE_FIT_VARIANCE
    assert exact.objection(2) is None
    for other in (replace(exact, validity=LARGE_T), replace(exact, design="fresh")):
        assert other.variance() is None
        assert other.objection(1) is None
        assert other.objection(2) == "it is known at fixed design for pools used whole, and everywhere for n = 1"


@pytest.mark.parametrize(("samples", "features", "moments"), [(4, 3, 0), (5, 3, 1), (6, 3, 1), (7, 3, 2), (11, 3, 4)])
def test_moments_that_exist(samples, features, moments):
    # E[1/chi^2_m ^ q] is finite for 2 q < m, m = T - d + 1
    m = samples - features + 1
    assert theory.linear.test_error(Accumulate(), design="fresh").moments_exist(samples, features) == moments
    assert theory.linear.test_error(AccumulateSubsample(), design="fixed").moments_exist(samples, features) == 0
    assert [q for q in range(1, 9) if 2 * q < m][-1:] == ([moments] if moments else [])


def newest(size):
    return Made(lambda i: by_count(pools(i, i)), lambda k: size)


@pytest.mark.parametrize(
    ("workflow", "rows"),
    [
        (newest("1/2"), 10),
        (newest(2), 20),
        (SlidingWindow(2), 20),
        (AccumulateSubsample(), 20),
        pytest.param(Made(lambda i: subsample(pools(1, i), rows="1/2")), 10, id="half of all"),
    ],
    ids=str,
)
def test_the_smallest_training_set_decides_which_moments_exist(workflow, rows):
    """Of T = 20 rows, and pools of half as many or twice; at fresh design the rows of a draw are different ones."""
    m = rows - 4 + 1
    found = theory.linear.test_error(workflow, design="fresh").moments_exist(20, 4)
    assert found == max(q for q in range(9) if 2 * q < m)


def test_a_variance_is_that_of_the_pools_there_are():
    """With larger pools Replace at fresh design is a walk too, whose steps are not those of T rows."""
    assert theory.linear.test_error(newest(1), design="fresh").variance() is not None
    for larger in (newest(2), ReplaceGrowing()):
        assert theory.linear.test_error(larger, design="fresh").variance() is None
    found = variance(theory.linear.test_error(newest(2), design="fixed"), T=20, d=4, sigma=1, n=3)
    one = variance(theory.linear.test_error(Replace(), design="fixed"), T=20, d=4, sigma=1, n=1)
    assert found == pytest.approx((1 + 2 / 2) ** 2 * one)
