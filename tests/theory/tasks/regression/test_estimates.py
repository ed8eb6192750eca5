"""Values at finite T where the law is not exact: by name, in the command, and never in place of the law."""

from fractions import Fraction

import numpy as np
import pytest
import sympy as sp

import theory.__main__
from tests.helpers import Made, command, refused
from theory import (
    Accumulate,
    AccumulateSubsample,
    FixedReal,
    Generator,
    LinearRegression,
    Replace,
    SlidingWindow,
    by_count,
    generated,
    law,
    linear,
    pools,
    synthetic,
)

WINDOW = linear.test_error(SlidingWindow(2), design="fresh")
NUMBERS = {"T": 200, "d": 100, "sigma": 2.0}


def test_all_of_them():
    found = WINDOW.estimates(3, **NUMBERS)
    assert list(found) == ["large-T", "next-order", "proportional", "approximation"]
    one_fit = 4 * 100 / 99
    np.testing.assert_allclose(found["large-T"], [one_fit, 1.25 * one_fit, 1.8125 * one_fit])
    gains, kappas = [1, 1.25, 1.8125], [1, 1.125, 1.3125]
    expected = [4 * 0.5 * (c + 101 / 200 * k) for c, k in zip(gains, kappas, strict=True)]
    np.testing.assert_allclose(found["next-order"], expected)
    np.testing.assert_allclose(found["proportional"], [4, 4 * 1.16666667, 4 * 1.50534500], rtol=1e-8)
    np.testing.assert_allclose(found["approximation"], [4 * 1.01010101, 4 * 1.17732509, 4 * 1.51671483], rtol=1e-8)


@pytest.mark.parametrize("validity", ["large-T", "next-order", "proportional", "approximation"])
def test_one_of_them(validity):
    whole = WINDOW.estimates(4, **NUMBERS)[validity]
    np.testing.assert_array_equal(WINDOW.evaluate(n=[4, 2], validity=validity, **NUMBERS), whole[[3, 1]])
    assert WINDOW.evaluate(n=3, validity=validity, **NUMBERS) == whole[2]


def test_the_law_itself_is_the_limit_as_before():
    np.testing.assert_array_equal(WINDOW.evaluate(n=[1, 2, 3], **NUMBERS), WINDOW.estimates(3, **NUMBERS)["large-T"])
    assert WINDOW.validity == "large-T"


def test_a_task_with_numbers():
    of = law(LinearRegression(design="fresh", **NUMBERS), SlidingWindow(2))
    np.testing.assert_array_equal(of.evaluate(n=[3], validity="proportional"), of.estimates(3)["proportional"][2:])


def test_exact_laws_need_none():
    exact = linear.test_error(Accumulate(), design="fresh")
    assert exact.estimates(3, **NUMBERS) == {}
    np.testing.assert_array_equal(exact.evaluate(n=[2], validity="exact", **NUMBERS), exact.evaluate(n=[2], **NUMBERS))
    with pytest.raises(ValueError, match="no proportional values; it has exact"):
        exact.evaluate(n=[2], validity="proportional", **NUMBERS)


def test_what_there_is_at_sizes_that_a_generator_gives():
    """Half a pool of T = 100 has too few rows for 60 features, though the workflow's own has not."""
    half, double = (linear.generated(Replace(), Generator(sizes=(1, size)), design="fresh") for size in ("1/2", 2))
    assert list(half.estimates(2, T=100, d=40)) == ["next-order", "proportional", "approximation"]
    assert list(double.estimates(2, T=100, d=60)) == ["next-order", "proportional", "approximation"]
    assert list(half.estimates(2, T=100, d=60)) == ["next-order"]


def test_what_there_is_for_draws():
    draws = linear.test_error(AccumulateSubsample(), design="fresh")
    assert list(draws.estimates(3, **NUMBERS)) == ["large-T", "proportional", "approximation"]
    assert list(draws.estimates(11, **NUMBERS)) == ["large-T"]
    with pytest.raises(ValueError, match="draws rows; the next order is known for pools used whole"):
        draws.evaluate(n=[2], validity="next-order", **NUMBERS)
    at_fixed = linear.test_error(AccumulateSubsample(), design="fixed")
    assert list(at_fixed.estimates(3, **NUMBERS)) == ["large-T", "proportional", "approximation"]
    with pytest.raises(ValueError, match="the next order in 1/T is not known"):
        at_fixed.kappa(3)


#: Laws with estimates by what multiplies rows, features, and a ridge that does not grow with the rows by itself.
ESTIMATED = {
    "window": lambda k: law(LinearRegression(20 * k, 8 * k, design="fresh"), SlidingWindow(2)),
    "draws": lambda k: law(LinearRegression(20 * k, 8 * k, design="fresh"), AccumulateSubsample()),
    "draws of one X": lambda k: law(LinearRegression(20 * k, 8 * k, design="fixed"), AccumulateSubsample()),
    "a ridge": lambda k: law(LinearRegression(20 * k, 8 * k, design="fixed", ridge=0.3), FixedReal("1/4")),
    "a ridge, all kept": lambda k: law(
        LinearRegression(20 * k, 8 * k, design="fresh", ridge=6.0 * k, scaled=False), Accumulate()
    ),
}


@pytest.mark.parametrize("name", ESTIMATED)
def test_a_limit_is_one_of_rows_to_features_and_has_a_value_an_iteration(name):
    """So that it is the same for twice as many of both, which the others are not."""
    few, many = ESTIMATED[name](1), ESTIMATED[name](2)
    numbers, doubled = few.task.values({}), many.task.values({})
    pairs = zip(few.derived.estimates, many.derived.estimates, strict=True)
    there = [(one, two) for one, two in pairs if one.objection(numbers, 3) is None]
    assert "proportional" in [one.validity for one, _ in there]
    for one, two in there:
        values, others = one.values(numbers, 3), two.values(doubled, 3)
        assert (one.validity, len(values)) == (two.validity, 3)
        assert np.allclose(values, others, rtol=1e-9) == (one.validity == "proportional"), one.validity


@pytest.mark.parametrize(
    "workflow",
    [
        Made(SlidingWindow(2).training_set, lambda k: 2),
        Made(FixedReal("1/4").training_set, lambda k: 3),
        Made(lambda i: by_count(pools(1, i)), lambda k: k),
    ],
    ids=["window", "fixed real", "all kept"],
)
@pytest.mark.parametrize("scaled", [True, False])
def test_a_limit_with_a_ridge_is_near_the_exact_law_of_larger_pools(workflow, scaled):
    """At fixed design, where pools of several times T rows repeat the T rows of X: off by O(1/d)."""
    task = LinearRegression(80, 40, 1.0, design="fixed", ridge=0.3 if scaled else 24.0, scaled=scaled)
    of = law(task, workflow)
    assert of.exact
    n = [1, 2, 3, 4]
    np.testing.assert_allclose(of.evaluate(n=n, validity="proportional"), of.evaluate(n=n), rtol=6e-3)


@pytest.mark.parametrize("generator", [Generator(temperature="1/2"), Generator(sizes=(1, 2, 2))], ids=str)
def test_draws_of_one_x_have_estimates_of_models_sampled_as_they_are_alone(generator):
    assert generated(AccumulateSubsample(), generator, design="fixed").estimates(3, T=200, d=50) == {}


def test_small_training_sets_have_no_proportional_values():
    small = linear.test_error(Made(SlidingWindow(1).training_set, lambda k: "1/2"), design="fresh")
    assert list(small.estimates(3, T=200, d=100)) == ["large-T", "next-order"]
    with pytest.raises(ValueError, match="needs more than 100 rows in every training set; iteration 2 of Made has 100"):
        small.evaluate(n=[2], validity="proportional", T=200, d=100)


def test_kappa():
    assert WINDOW.kappa(3) == [1, Fraction(9, 8), Fraction(21, 16)]
    assert linear.test_error(Accumulate(), design="fresh").kappa(2) == [1, Fraction(9, 8)]
    # at fixed design the error is the gain times that of one fit, d/(T - d - 1) = (d/T) (1 + (d + 1)/T + …)
    assert linear.test_error(SlidingWindow(2), design="fixed").kappa(3) == [1, Fraction(5, 4), Fraction(29, 16)]
    halves = Made(lambda i: by_count(synthetic(i - 1)), lambda j: "5/2")
    assert linear.test_error(halves, design="fresh").kappa(1) == [1]
    # draws, and pools that are X and a part of it, are at fixed design no longer the gain times one fit
    unknown = [(FixedReal(sp.Symbol("w", positive=True)), "fresh"), (FixedReal(sp.Symbol("w", positive=True)), "fixed")]
    unknown += [(AccumulateSubsample(), "fresh"), (AccumulateSubsample(), "fixed"), (halves, "fixed")]
    for workflow, design in unknown:
        with pytest.raises(ValueError, match="is not known"):
            linear.test_error(workflow, design=design).kappa(3)


def test_command(capsys, monkeypatch):
    line = "sliding-window --k 2 --design fresh --T 200 --d 100 --iterations 3"
    found = command(capsys, "theory", f"{line} --json").json
    assert found["validity"] == "large-T"
    assert found["estimates"]["kappa"] == ["1", "9/8", "21/16"]
    assert found["estimates"]["large-T"] == found["values"] == found["test_error"]
    np.testing.assert_allclose(found["estimates"]["proportional"], [1, 1.16666667, 1.50534500], rtol=1e-8)
    np.testing.assert_allclose(found["estimates"]["approximation"], [1.01010101, 1.17732509, 1.51671483], rtol=1e-8)
    shown = command(capsys, "theory", line).out
    assert "proportional" in shown
    assert "1.505344995" in shown
    alone = command(capsys, "theory", "sliding-window --k 2 --design fresh --iterations 3 --json").json
    assert alone["estimates"] == {"large-T": None, "kappa": ["1", "9/8", "21/16"]}
    monkeypatch.setattr(theory.__main__, "MOST_EXACT", 4)
    for iterations, listed in ((4, 4), (5, 0)):
        line = f"sliding-window --k 2 --design fresh --iterations {iterations} --json"
        assert len(command(capsys, "theory", line).json["estimates"]["kappa"] or []) == listed
    exact = command(capsys, "theory", "accumulate --design fresh --T 200 --d 100 --iterations 3 --json").json
    assert exact["estimates"] is None


@pytest.mark.parametrize("T", [100, 101])
def test_as_many_features_as_samples_are_refused_in_one_line(capsys, T):
    ran = command(capsys, "theory", f"sliding-window --k 2 --design fresh --T {T} --d 100 --iterations 3")
    refused(ran, "theory", "test error needs T >= d + 2")
