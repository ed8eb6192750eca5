"""Kernel densities, categories lost, generalised linear models, estimators of a location."""

import math
from fractions import Fraction
from itertools import product

import numpy as np
import pytest
import sympy as sp

import theory
from tests.helpers import Made
from theory import (
    Accumulate,
    AccumulateFresh,
    AccumulateSubsample,
    Bernoulli,
    Categorical,
    Estimator,
    FixedReal,
    FreshReal,
    Gamma,
    GeneralisedLinear,
    KernelDensity,
    Poisson,
    Replace,
    ReplaceGrowing,
    SlidingWindow,
    by_count,
    gain,
    subsample,
    synthetic,
)
from theory.tasks.estimator import x

HALF = Fraction(1, 2)


@pytest.mark.parametrize(
    ("workflow", "of", "values"),
    [
        (Accumulate(), "variance", [1.05, 1.1225, 1.18089, 1.22863, 1.26880, 1.30342]),
        (Accumulate(), "mean_error", [0.2, 0.2525, 0.27744, 0.29221, 0.30203, 0.30908]),
    ],
    ids=str,
)
def test_numbers_of_kernel_densities(workflow, of, values):
    """T = 5 and h = 1/2, simulated elsewhere."""
    law = theory.law(KernelDensity(), workflow, of)
    assert law.evaluate(n=range(1, 7), T=5, bandwidth=0.5) == pytest.approx(values, abs=6e-6)


@pytest.mark.parametrize(
    ("workflow", "values"),
    [
        (Replace(), [1.04, 1.0816, 1.12486, 1.16986, 1.21665]),
        (Accumulate(), [1.04, 1.1284, 1.20864, 1.27965, 1.34312]),
    ],
    ids=str,
)
def test_numbers_of_relative_bandwidths(workflow, values):
    """h^2 is 0.3 times the training set's variance."""
    law = theory.law(KernelDensity(rule="relative"), workflow)
    assert law.evaluate(n=range(1, 6), T=5, bandwidth=0.3**0.5) == pytest.approx(values, abs=6e-6)


@pytest.mark.parametrize("rule", ["scott", "silverman"])
def test_rules_of_thumb(rule):
    """Under Replace each has a bandwidth of its own number of rows, T."""
    relative = (1 if rule == "scott" else (4 / 3) ** 0.2) * 50**-0.2
    ours = theory.law(KernelDensity(rule=rule), Replace()).evaluate(n=range(1, 6), T=50)
    theirs = theory.law(KernelDensity(rule="relative"), Replace()).evaluate(n=range(1, 6), T=50, bandwidth=relative)
    np.testing.assert_allclose(ours, theirs, rtol=1e-12)
    with pytest.raises(ValueError, match="known by numbers alone"):
        theory.check_bound(theory.law(KernelDensity(rule=rule), Replace()), "2")


@pytest.mark.parametrize(
    "workflow",
    [Replace(), Accumulate(), FixedReal(HALF), FreshReal(2), SlidingWindow(3), AccumulateSubsample()],
    ids=str,
)
def test_the_second_moment_is_the_other_two(workflow):
    at = {"n": range(1, 7), "T": 6, "bandwidth": 0.7}
    second, variance, error = (
        theory.law(KernelDensity(), workflow, of).evaluate(**at) for of in ("second_moment", "variance", "mean_error")
    )
    np.testing.assert_allclose(second, variance + error, rtol=1e-14)


def lost(T, p, n):
    """By going through every row of every pool under Accumulate."""
    total = Fraction(0)

    def probability(rows, model):
        return math.prod((model.get(row, Fraction(0)) for row in rows), start=Fraction(1))

    def follow(sets, chance, left):
        nonlocal total
        model = {k: Fraction(sum(row == k for row in sets), len(sets)) for k in range(len(p))}
        if left == 0:
            total += chance * sum(model[k] == 0 for k in range(len(p)))
            return
        for rows in product(range(len(p)), repeat=T):
            now = probability(rows, model)
            if now:
                follow((*sets, *rows), chance * now, left - 1)

    for rows in product(range(len(p)), repeat=T):
        follow(rows, probability(rows, dict(enumerate(p))), n - 1)
    return total


def test_categories_lost():
    p = (Fraction(1, 2), Fraction(1, 3), Fraction(1, 6))
    law = theory.law(Categorical(T=2, p=p), Accumulate(), "support_lost")
    for n in (1, 3):
        assert law.evaluate(n=n) == pytest.approx(float(lost(2, p, n)), rel=1e-12)
    # absent from real(1), or there alone
    assert theory.law(Bernoulli(), FixedReal(HALF), "support_lost").evaluate(n=[1, 9], T=3, p=0.5).tolist() == [
        0.25,
        0.25,
    ]
    with pytest.raises(ValueError, match="the support lost is known where"):
        theory.law(Bernoulli(), FreshReal(), "support_lost")


def test_categories_lost_in_a_chain():
    """Two rows: a Bernoulli model that has both outcomes keeps them with probability 1/2."""
    law = theory.law(Bernoulli(), Replace(), "support_lost")
    assert law.evaluate(n=range(1, 5), T=2, p=0.5).tolist() == pytest.approx([1 - 0.5**n for n in range(1, 5)])
    assert law.limit() == 1
    assert theory.law(Categorical(), Replace(), "support_lost").limit() == 2


@pytest.mark.parametrize(
    "workflow",
    [
        FreshReal(),
        AccumulateFresh(),
        AccumulateSubsample(),
        ReplaceGrowing(),
        SlidingWindow(2),
        Made(lambda i: subsample(synthetic(i - 1), rows="1/2")),
        Made(lambda i: by_count(synthetic(i - 1)), lambda j: 2),
    ],
    ids=str,
)
def test_categories_lost_are_not_known_under(workflow):
    """New real data bring categories back; draws, and pools of other sizes, lose others than T rows do."""
    for task in (Bernoulli(), Categorical()):
        with pytest.raises(ValueError, match="the support lost is known where"):
            theory.law(task, workflow, "support_lost")


def test_a_chain_of_counts_has_an_end():
    law = theory.law(Bernoulli(), Replace(), "support_lost")
    with pytest.raises(ValueError, match="followed for T <= 4000; got T=4001"):
        law.evaluate(n=2, T=4001)


def test_empty_categories_do_not_count():
    empty, full = Categorical(T=3, p=(0.5, 0.5, 0)), Categorical(T=3, p=(0.5, 0.5))
    for of in ("mean_error", "diversity", "support_lost"):
        ours, theirs = (theory.law(task, Accumulate(), of).evaluate(n=[1, 4]) for task in (empty, full))
        assert (ours == theirs).all()


def test_categories_are_two_at_a_time():
    """Bernoulli is Categorical with two, whose squared errors add up."""
    both = Categorical(T=4, p=(0.3, 0.7))
    one = Bernoulli(T=4, p=0.3)
    for of, ratio in (("mean_error", 2), ("diversity", 1), ("support_lost", 1)):
        ours, theirs = (theory.law(task, Accumulate(), of).evaluate(n=[1, 4]) for task in (both, one))
        np.testing.assert_allclose(ours, ratio * theirs, rtol=1e-14)
    assert theory.law(Bernoulli(T=4, p=0.7), Accumulate()).expr == theory.law(one, Accumulate()).expr


@pytest.mark.parametrize("workflow", [Replace(), SlidingWindow(2), AccumulateSubsample()], ids=str)
def test_laws_for_many_rows(workflow):
    gains = [float(c) for c in gain(workflow, 5)]
    law = theory.law(GeneralisedLinear(link="probit"), workflow)
    assert (law.validity, law.exact) == ("large-T", False)
    np.testing.assert_allclose(law.evaluate(n=range(1, 6), T=500, d=4), np.array(gains) * 4 / 500, rtol=1e-13)
    risk = theory.law(GeneralisedLinear(), workflow, "excess_risk").evaluate(n=range(1, 6), T=500, d=4)
    np.testing.assert_allclose(risk, np.array(gains) * 2 / 500, rtol=1e-13)
    ratio = theory.law(Estimator(x), workflow)
    np.testing.assert_allclose(ratio.evaluate(n=range(1, 6), T=50), gains, rtol=1e-13)
    assert ratio.validity == "large-T"


def test_losses_of_a_table_are_half_the_error_of_its_weights():
    of = ("test_error", "excess_risk", "held_out_loss")
    weights, *losses = (
        theory.law(GeneralisedLinear(table="haberman"), Replace(), name).evaluate(n=[1, 3]) for name in of
    )
    np.testing.assert_allclose(losses, [weights / 2] * 2, rtol=1e-13)


@pytest.mark.parametrize(
    ("influence", "variance"),
    [(x, 1), (sp.sign(x) * sp.sqrt(sp.pi / 2), sp.pi / 2)],
    ids=["mean", "median"],
)
def test_variances_of_influences(influence, variance):
    assert Estimator(influence).influence_variance == variance


@pytest.mark.parametrize(
    ("make", "message"),
    [
        (lambda: Estimator(x + 3), r"an influence has mean 0 at N\(0, 1\); that of x \+ 3 is 3\. Subtract it"),
        (lambda: Estimator(sp.Symbol("y")), "an expression in the symbol x"),
        (lambda: Estimator(x * sp.exp(x**2 / 4)), "a finite variance above 0 .* is oo"),
        (lambda: Categorical(p=(1,)), "two categories or more with p > 0; got 1"),
        (lambda: Categorical(p=(1, 0)), "two categories or more with p > 0; got 1, 0"),
        (lambda: Categorical(p=(0.3, 0.3)), "add up to 1; got 0.3, 0.3"),
        (lambda: Categorical(p=(1.5, -0.5)), "at least 0 that add up to 1"),
        (lambda: Bernoulli(p=1), "0 < p < 1, so that there are two outcomes; got p=1"),
        (lambda: Bernoulli(p=0), "bernoulli needs p > 0; got p=0"),
        (lambda: theory.law(Bernoulli(), Replace()).evaluate(n=1, T=5, p=1), "0 < p < 1"),
        (lambda: KernelDensity(bandwidth=0), "kernel-density needs bandwidth > 0; got bandwidth=0"),
        (lambda: KernelDensity(rule="best"), "rule must be one of fixed, relative, scott, silverman"),
        (lambda: theory.law(KernelDensity(rule="scott"), Replace(), "second_moment"), "known for a fixed bandwidth"),
        (lambda: GeneralisedLinear(link="cauchit"), "link must be one of logistic, probit, poisson; got 'cauchit'"),
        (lambda: GeneralisedLinear(T=3, d=3), r"generalised-linear needs T >= d \+ 1; got T=3, d=3"),
        (lambda: Gamma(shape=-1), "gamma needs shape > 0; got shape=-1"),
        (lambda: Poisson(mean=float("inf")), "mean must be a number"),
        (lambda: theory.law(Gamma(), Replace()).evaluate(n=1, T=5), "gamma needs numbers for shape"),
    ],
)
def test_mistakes(make, message):
    with pytest.raises(ValueError, match=message):
        make()
