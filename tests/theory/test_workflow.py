from dataclasses import dataclass
from decimal import Decimal
from fractions import Fraction
from typing import Any

import numpy as np
import pytest
import sympy as sp

from tests.helpers import Made
from theory import (
    Accumulate,
    AccumulateFresh,
    AccumulateSubsample,
    FixedReal,
    FreshReal,
    Generator,
    Pool,
    Pools,
    Replace,
    ReplaceGrowing,
    SlidingWindow,
    TrainingSet,
    Workflow,
    by_count,
    by_weight,
    gain,
    pools,
    real,
    subsample,
    synthetic,
)
from theory.plan_families import Larger
from theory.workflow import check_workflow


@dataclass(frozen=True)
class Kept(Workflow):
    """Real data alone, whatever its parameter is."""

    value: Any

    def training_set(self, iteration):
        return by_count(real(1))


@pytest.mark.parametrize("workflow", [Replace(), ReplaceGrowing(), Accumulate()], ids=str)
def test_iteration_1_is_fitted_to_real_data(workflow):
    assert workflow.shares(1) == {Pool(1): 1}


def test_shares_of_the_named_workflows():
    assert Replace().shares(4) == {Pool(4): 1}
    assert str(next(iter(Replace().shares(4)))) == "synthetic(3)"
    assert Accumulate().shares(3) == dict.fromkeys([Pool(1), Pool(2), Pool(3)], Fraction(1, 3))
    assert ReplaceGrowing().size(Pool(5)) == 5
    assert ReplaceGrowing().size(Pool(1)) == 1
    assert AccumulateSubsample().shares(3) == Accumulate().shares(3)
    assert [AccumulateSubsample().drawn(i) for i in (2, 3)] == [1, 1]
    assert SlidingWindow(2).shares(5) == dict.fromkeys([Pool(4), Pool(5)], Fraction(1, 2))
    assert SlidingWindow(4).shares(3) == Accumulate().shares(3)
    assert SlidingWindow(1).shares(5) == Replace().shares(5)
    # the weight is that of real data
    assert FixedReal("1/4").shares(5) == {Pool(1): Fraction(1, 4), Pool(5): Fraction(3, 4)}
    fresh = Pool(5, fresh_real=True)
    assert FreshReal(3, "1/5").shares(5) == {fresh: Fraction(1, 5), Pool(5): Fraction(4, 5)}
    assert FreshReal(3).shares(5) == {fresh: Fraction(1, 4), Pool(5): Fraction(3, 4)}
    assert (FreshReal(3).size(Pool(5)), FreshReal(3).size(fresh)) == (3, 1)


def test_rows_count_alike_across_pools_of_different_sizes():
    workflow = Made(lambda i: by_count(pools(1, i)), lambda pool: pool)
    assert list(workflow.shares(3).values()) == [Fraction(1, 6), Fraction(2, 6), Fraction(3, 6)]


def test_weights_are_exact_and_decimals_are_taken_as_written():
    workflow = Made(lambda i: by_weight({real(1): 0.1, synthetic(i - 1): "9/10"}))
    assert workflow.shares(2) == {Pool(1): Fraction(1, 10), Pool(2): Fraction(9, 10)}


def test_later_real_data_are_pools_of_their_own():
    workflow = Made(lambda i: by_count(real(i), synthetic(i - 1)))
    assert workflow.shares(2) == {Pool(2, fresh_real=True): Fraction(1, 2), Pool(2): Fraction(1, 2)}
    assert Pool(2, fresh_real=True).labelled_by == 0


@pytest.mark.parametrize(
    ("rule", "message"),
    [
        (lambda i: by_count(synthetic(i)), r"uses synthetic\(2\), which does not exist by then"),
        (lambda i: by_count(real(i + 1)), r"uses real\(3\), which does not exist by then"),
        (lambda i: by_count(pools(0, i)), "which does not exist by then"),
        (lambda i: by_weight({real(1): "1/2", synthetic(i - 1): "1/3"}), "add up to 1; got .* in all 5/6"),
        (lambda i: by_weight({real(1): "3/2", synthetic(i - 1): "-1/2"}), "must be at least 0"),
        (lambda i: by_count(real(1), pools(1, i)), r"names real\(1\), real\(1\) to synthetic\(1\); .* each pool once"),
        (lambda i: TrainingSet((pools(1, 1), pools(2, 2)), (1,)), "needs one share a part"),
        (lambda i: TrainingSet((pools(1, 2),), (1, 0)), "needs one share a part"),
        (lambda i: by_count(), "names no pool"),
        (lambda i: by_count(pools(2, 1)), "names no pool"),
    ],
)
def test_invalid_training_sets_are_refused(rule, message):
    with pytest.raises(ValueError, match=message):
        Made(rule).shares(2)


@pytest.mark.parametrize("iteration", [2, 5])
def test_a_refusal_names_the_pools_that_there_are(iteration):
    """Each of these is taken, and the next one of either kind is not."""
    with pytest.raises(ValueError, match="does not exist by then") as refusal:
        Made(lambda i: by_count(synthetic(i))).shares(iteration)
    assert str(refusal.value).partition(". ")[2] == (
        f"It can use real(1) to real({iteration}) and synthetic(1) to synthetic({iteration - 1})."
    )
    Made(lambda i: by_count(*(real(k) for k in range(1, i + 1)), *(synthetic(k) for k in range(1, i)))).shares(
        iteration
    )
    for beyond in (real(iteration + 1), synthetic(iteration)):
        with pytest.raises(ValueError, match="does not exist by then"):
            Made(lambda i, beyond=beyond: by_count(real(1), beyond)).shares(iteration)


def test_a_subsample_cannot_be_larger_than_its_pools():
    assert Made(lambda i: subsample(pools(1, i))).drawn(2) == 1
    with pytest.raises(ValueError, match="draws 3 times T rows .* hold 2 times T"):
        Made(lambda i: subsample(pools(1, i), rows=3)).drawn(2)


def test_pools_have_rows():
    with pytest.raises(ValueError, match="must have more than 0 rows; got 0"):
        Made(lambda i: by_count(pools(1, i)), lambda pool: 0).shares(2)


@pytest.mark.parametrize(
    ("rule", "message"),
    [
        (lambda i: None, "training_set\\(2\\) must return by_count"),
        (lambda i: pools(1, i), "must return by_count"),
        (lambda i: [pools(1, i)], "must return by_count"),
        (
            lambda i: by_weight({real(1): "1/3", synthetic(i - 1): 0.5}),
            "Give fractions, as Fraction\\(1, 3\\) or '1/3'",
        ),
    ],
)
def test_what_is_no_training_set(rule, message):
    with pytest.raises(ValueError, match=message):
        Made(rule).shares(2)


@pytest.mark.parametrize("weight", [0.9, "0.9", Fraction(9, 10), Decimal("0.9"), np.float64(0.9), np.float32(0.5)])
def test_weights_of_any_number_type(weight):
    workflow = Made(
        lambda i: by_weight(
            {real(1): weight, synthetic(i - 1): 1 - (Fraction(weight) if isinstance(weight, str) else weight)}
        )
    )
    assert set(workflow.shares(2).values()) <= {Fraction(9, 10), Fraction(1, 10), Fraction(1, 2)}


def test_thirds_as_floats():
    workflow = Made(lambda i: by_weight({real(1): 1 / 3, synthetic(i - 1): 2 / 3}), lambda j: np.int64(2))
    assert workflow.shares(2) == {Pool(1): Fraction(1, 3), Pool(2): Fraction(2, 3)}
    assert all(isinstance(c, Fraction) for c in gain(workflow, 3))


def test_later_real_data_from_the_start():
    named = Made(lambda i: by_count(Pools(1, i, fresh_real=True), synthetic(i - 1)))
    plain = Made(lambda i: by_count(real(1), *[real(j) for j in range(2, i + 1)], synthetic(i - 1)))
    assert named.shares(3) == plain.shares(3)
    assert Pool(1) in named.shares(3)


class NotADataclass(Workflow):
    def training_set(self, iteration):
        return by_count(synthetic(iteration - 1))


@pytest.mark.parametrize("wrong", ["accumulate", Accumulate, None, 3])
def test_no_workflow(wrong):
    with pytest.raises(ValueError, match=r"a workflow is needed, an object such as Accumulate\(\)"):
        check_workflow(wrong)


def test_a_workflow_is_a_dataclass():
    with pytest.raises(ValueError, match="NotADataclass must be a dataclass"):
        gain(NotADataclass(), 2)


def test_numbers_are_put_into_a_workflow_within_another():
    w = sp.Symbol("w", positive=True)
    sized = Generator(sizes=[1, 2, 3]).sized(FixedReal(w)).at({w: Fraction(1, 3)})
    assert not sized.is_symbolic
    assert sized.shares(3) == {Pool(1): Fraction(1, 3), Pool(3): Fraction(2, 3)}
    assert sized.size(Pool(3)) == 3


def test_symbols_are_seen_wherever_they_stand():
    w = sp.Symbol("w", positive=True)
    for value in (w, 1 - w, (1, w), [[w]], {2: w}, {2: (1, {3: w})}, FixedReal(w), (FixedReal(w),)):
        assert Kept(value).symbols == {w}
    assert Kept({w: 1}).symbols == Kept((1, "w", None)).symbols == frozenset()


def test_sampled_pools_of_another_size_leave_real_data_as_they_are():
    workflow = AccumulateFresh(3, 5)
    for sized in (Generator(sizes=[1, 2, 2]).sized(workflow), Larger(workflow, Fraction(2))):
        assert (sized.size(Pool(3)), sized.size(Pool(3, fresh_real=True)), sized.size(Pool(1))) == (2, 3, 1)


def test_gain_counts_from_one():
    with pytest.raises(ValueError, match="iterations are counted from 1; got 0"):
        gain(Accumulate(), 0)


def test_names():
    assert ReplaceGrowing.command() == "replace-growing"
    assert str(Accumulate()) == "Accumulate()"
