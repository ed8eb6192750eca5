"""Best weights against least squares for the weights in floating point, over long chains, and known rationals."""

from dataclasses import dataclass
from fractions import Fraction

import numpy as np
import pytest
import sympy as sp

from tests.helpers import Made, thinned
from theory import (
    Accumulate,
    AccumulateFresh,
    AccumulateSubsample,
    FixedReal,
    FreshReal,
    Pools,
    Replace,
    SlidingWindow,
    best_weights,
    by_count,
    by_weight,
    gain,
    pools,
    real,
    synthetic,
)
from theory.sympy_types import as_expression

LATEST = {K: Made(lambda i, K=K: by_count(real(i), pools(max(2, i - K + 1), i))) for K in (1, 2, 3, 5)}
ALL_SAMPLED = Made(lambda i: by_count(real(i), pools(2, i)))
ALL_KEPT = Made(lambda i: by_count(pools(1, i), Pools(2, i, fresh_real=True)))


@dataclass(frozen=True)
class Shrinking(Made):
    """As `Made`, with later real data of T/4, T/8, … rows."""

    def real_size(self, iteration):
        return Fraction(1, 2) ** iteration


@dataclass(frozen=True)
class NewerReal(Made):
    """As `Made`, with later real data of 2 T rows."""

    def real_size(self, iteration):
        return 2


def best_in_floats(workflow, iterations):
    """Coefficients on the noises in float64; weights by solving the constrained least squares with a multiplier."""
    names, errors, found = [], [np.zeros(0)], []
    for iteration in range(1, iterations + 1):
        used = list(workflow.shares(iteration))
        names += [pool for pool in used if pool not in names]
        rows = np.zeros((len(used), len(names)))
        for r, pool in enumerate(used):
            if pool.labelled_by:
                older = errors[pool.labelled_by]
                rows[r, : len(older)] += older
            rows[r, names.index(pool)] += 1
        scale = np.sqrt([1 / float(workflow.size(pool)) for pool in names])
        quadratic = (rows * scale) @ (rows * scale).T
        system = np.block([[quadratic, np.ones((len(used), 1))], [np.ones((1, len(used))), np.zeros((1, 1))]])
        weights = np.linalg.solve(system, np.append(np.zeros(len(used)), 1.0))[:-1]
        errors.append(weights @ rows)
        found.append((weights, float(weights @ quadratic @ weights)))
    return found


@pytest.mark.parametrize(
    "workflow",
    [
        SlidingWindow(2),
        SlidingWindow(3),
        LATEST[2],
        ALL_SAMPLED,
        FreshReal(3),
        FixedReal("1/5"),
        AccumulateFresh(2, "1/2"),
        NewerReal(lambda i: by_count(real(i), pools(max(2, i - 1), i)), lambda j: 3),
    ],
    ids=str,
)
def test_against_floats(workflow):
    found = best_weights(workflow, 6)
    for exact, c, (weights, value) in zip(found.weights, found.gains, best_in_floats(workflow, 6), strict=True):
        np.testing.assert_allclose([float(share) for share in exact.values()], weights, atol=1e-9)
        assert abs(float(c) - value) < 1e-10
        assert sum(exact.values()) == 1


def test_they_are_the_shares_of_a_workflow():
    """Put into a workflow, the best weights have the gain that is promised; and no others have a smaller one."""
    found = best_weights(SlidingWindow(3), 5)

    def with_shares(shares):
        return Made(lambda i: by_weight({Pools(p.index, p.index): share for p, share in shares[i - 1].items()}))

    assert gain(with_shares(found.weights), 5) == found.gains
    for step in (Fraction(1, 50), Fraction(-1, 50)):
        moved = [dict(shares) for shares in found.weights]
        first, *_, last = moved[4]
        moved[4][first] += step
        moved[4][last] -= step
        assert gain(with_shares(moved), 5)[4] > found.gains[4]


def test_fibonacci():
    numbers = [1, 1]
    while len(numbers) < 24:
        numbers.append(numbers[-1] + numbers[-2])
    found = best_weights(FreshReal(), 12)
    assert found.gains == [Fraction(numbers[2 * m - 2], numbers[2 * m - 1]) for m in range(1, 13)]
    assert sp.simplify(found.growth.constant - 1 / sp.GoldenRatio) == 0
    assert found.proved


@pytest.mark.parametrize("ratio", [1, 3, "1/2"])
def test_newest_pool_of_another_size(ratio):
    found = best_weights(FreshReal(ratio), 30)
    assert abs(float(as_expression(found.growth.constant)) - float(found.gains[-1])) < 1e-9
    share = list(found.weights[-1].values())
    np.testing.assert_allclose([float(x) for x in share], [float(x) for x in found.stationary], atol=1e-9)


@pytest.mark.parametrize(
    ("K", "slope"),
    thinned(
        [
            (2, 0.381966011250),
            (1, 1),
            (3, 0.198062264195),
            (4, 0.120614758428),
            (5, 0.081014052771),
            (8, 0.034053800632),
        ],
        3,
    ),
)
def test_newest_pools_alone(K, slope):
    found = best_weights(SlidingWindow(K), 2)
    assert found.growth.kind == "linear"
    assert abs(float(as_expression(found.growth.constant)) - slope) < 1e-12
    numbers = best_in_floats(SlidingWindow(K), 250)
    assert abs(numbers[-1][1] - numbers[-2][1] - slope) < 1e-10
    oldest_first = [float(share) for share in found.stationary[::-1]]
    np.testing.assert_allclose(numbers[-1][0], oldest_first, atol=1e-10)
    assert abs(sum(oldest_first) - 1) < 1e-12
    assert found.proved == (K == 1)


@pytest.mark.parametrize(("K", "c"), thinned([(1, 0.618034), (2, 0.5), (3, 0.434259), (5, 0.358258)], every=2))
def test_real_data_beside_the_newest_pools(K, c):
    found = best_weights(LATEST[K], 2)
    assert abs(float(as_expression(found.growth.constant)) - c) < 5.1e-7
    numbers = best_in_floats(LATEST[K], 200)
    assert abs(numbers[-1][1] - float(as_expression(found.growth.constant))) < 1e-10
    np.testing.assert_allclose(numbers[-1][0], [float(x) for x in found.stationary], atol=1e-10)
    assert found.proved == (K == 1)


@pytest.mark.parametrize("weight", [0, "1/3"])
def test_weights_that_the_workflow_has_make_no_difference(weight):
    found = best_weights(Made(lambda i: by_weight({real(i): weight, synthetic(i - 1): 1 - Fraction(weight)})), 9)
    usual = best_weights(FreshReal(), 9)
    assert (found.gains, found.growth, found.proved) == (usual.gains, usual.growth, True)


def test_real_data_beside_all_sampled():
    found = best_weights(ALL_SAMPLED, 4)
    assert found.gains == [1, Fraction(2, 3), Fraction(26, 47), Fraction(75010, 153171)]
    assert found.growth is None


@pytest.mark.parametrize(
    ("workflow", "limit"), [(Accumulate(), 1), (FixedReal("1/5"), 1), (ALL_KEPT, 0)], ids=["all", "first", "collected"]
)
def test_sampled_data_never_help_where_all_real_data_are_kept(workflow, limit):
    found = best_weights(workflow, 8)
    for shares in found.weights:
        assert all(share == 0 for pool, share in shares.items() if pool.labelled_by)
    assert (found.growth.kind, found.growth.constant) == ("bounded", limit)
    assert "they never help" in found.because
    assert found.proved


def test_real_data_that_fade_do_not_take_the_gain_to_0():
    """Of T, T/4, T/8, … rows: in all 3 T/2, of which the gain is one over."""
    found = best_weights(Shrinking(lambda i: by_count(real(1), Pools(2, i, fresh_real=True), synthetic(i - 1))), 12)
    assert found.gains == [1 / (Fraction(3, 2) - Fraction(1, 2**m)) for m in range(1, 13)]
    assert (found.growth, found.proved) == (None, False)
    assert "they never help" in found.because


def test_real_data_that_are_dropped_are_not_all():
    """real(1) and real(n), but none between."""
    ends = Made(lambda i: by_count(real(1), real(i), synthetic(i - 1)))
    found = best_weights(ends, 5)
    assert found.growth is None
    assert any(share for pool, share in found.weights[-1].items() if pool.labelled_by)


UNKNOWN = {
    "real data of the iteration before": Made(lambda i: by_count(real(i - 1), synthetic(i - 1))),
    "real data of two iterations": Made(lambda i: by_count(real(i - 1), real(i), synthetic(i - 1))),
    "real data of two iterations in one run": Made(
        lambda i: by_count(Pools(i - 1, i, fresh_real=True), synthetic(i - 1)) if i > 2 else by_count(synthetic(i - 1))
    ),
    "larger pools": Made(lambda i: by_count(pools(max(1, i - 1), i)), lambda j: 3),
    "larger pools beside real data": Made(lambda i: by_count(real(i), pools(max(2, i - 1), i)), lambda j: 3),
    "the pool before the newest": Made(lambda i: by_count(synthetic(i - 2)) if i > 2 else by_count(real(1))),
    "the two pools before the newest": Made(
        lambda i: by_count(pools(i - 2, i - 1)) if i > 3 else by_count(synthetic(i - 1))
    ),
    "the second newest, to which the workflow gives no weight": Made(
        lambda i: by_weight({synthetic(i - 1): 1, synthetic(i - 2): 0}) if i > 2 else by_count(synthetic(i - 1))
    ),
    "the first real data, to which it gives none": Made(
        lambda i: by_weight({real(1): 0, real(i): "1/2", synthetic(i - 1): "1/2"})
    ),
    "the first real data beside the newest": Made(
        lambda i: by_weight({real(1): "1/4", real(i): "1/4", synthetic(i - 1): "1/2"})
    ),
    "two runs": Made(lambda i: by_count(synthetic(i - 1), synthetic(i - 3)) if i > 3 else by_count(synthetic(i - 1))),
}


@pytest.mark.parametrize("name", UNKNOWN)
def test_what_is_known_of_other_pools_is_not_said_of_these(name):
    """The weights and gains are theirs all the same."""
    found = best_weights(UNKNOWN[name], 6)
    assert (found.growth, found.stationary, found.proved) == (None, (), False)
    for c, (_, value) in zip(found.gains, best_in_floats(UNKNOWN[name], 6), strict=True):
        assert float(c) == pytest.approx(value, rel=1e-9)


def test_nothing_is_said_for_later_of_rows_that_will_be_drawn():
    """Training set 1 is all real data, which no row drawn from makes best for good."""
    found = best_weights(AccumulateSubsample(), 1)
    assert (found.gains, found.growth, found.stationary, found.proved) == ([1], None, (), False)


def test_mistakes():
    with pytest.raises(ValueError, match="draws rows; weights are those of pools used whole"):
        best_weights(AccumulateSubsample(), 3)
    with pytest.raises(ValueError, match="Ask for at least one"):
        best_weights(Replace(), 0)
    with pytest.raises(ValueError, match="double in length at each iteration") as mistake:
        best_weights(SlidingWindow(3), 40)
    most = int(str(mistake.value).split()[-2])
    assert len(best_weights(SlidingWindow(3), most).gains) == most
    with pytest.raises(ValueError, match=f"Ask for {most} iterations"):
        best_weights(SlidingWindow(3), most + 1)
