"""The gain against the dense joint covariance of all models, in exact rationals: no code shared."""

from fractions import Fraction

import numpy as np
import pytest
import sympy as sp
from hypothesis import given, settings, strategies as st

import theory
from tests.helpers import Made
from theory import (
    Accumulate,
    AccumulateSubsample,
    FixedReal,
    FreshReal,
    Pools,
    Replace,
    ReplaceGrowing,
    SlidingWindow,
    by_count,
    by_weight,
    gain,
    pools,
    real,
    subsample,
    synthetic,
)
from theory.covariance import Covariance
from theory.gain import noises
from theory.sympy_types import as_expression


def dense(workflow, iterations):
    """Solve (I - A S) theta = B noise for all models at once, and read the variances off the diagonal."""
    noises = sorted({pool for i in range(1, iterations + 1) for pool in workflow.shares(i)})
    labels, own = sp.zeros(iterations, iterations), sp.zeros(iterations, len(noises))
    for i in range(1, iterations + 1):
        for pool, share in workflow.shares(i).items():
            own[i - 1, noises.index(pool)] += sp.Rational(share)
            if pool.labelled_by:
                labels[i - 1, pool.labelled_by - 1] += sp.Rational(share)
    variance = sp.diag(*[1 / sp.Rational(workflow.size(pool)) for pool in noises])
    response = (sp.eye(iterations) - labels).inv() * own
    covariance = response * variance * response.T
    return [Fraction(int(c.p), int(c.q)) for c in covariance.diagonal()]


def test_known_gains():
    assert gain(Replace(), 5) == [1, 2, 3, 4, 5]
    assert gain(Accumulate(), 3) == [1, Fraction(5, 4), Fraction(49, 36)]
    assert gain(ReplaceGrowing(), 3) == [1, Fraction(3, 2), Fraction(11, 6)]


@st.composite
def workflows(draw):
    """Random stochastic rows over real and synthetic pools, with random pool sizes."""
    rows = {}
    for iteration in range(2, 7):
        members = [Pools(j, j) for j in range(1, iteration + 1)]
        members += [Pools(j, j, fresh_real=True) for j in range(2, iteration + 1)]
        parts = draw(st.lists(st.integers(0, 4), min_size=len(members), max_size=len(members)).filter(any))
        rows[iteration] = {m: Fraction(p, sum(parts)) for m, p in zip(members, parts, strict=True) if p}
    sizes = {pool: draw(st.fractions(Fraction(1, 3), 4, max_denominator=6)) for pool in range(2, 7)}
    return Made(lambda i: by_weight(rows[i]), sizes.__getitem__)


@settings(max_examples=40)
@given(workflows())
def test_any_workflow(workflow):
    assert gain(workflow, 6) == dense(workflow, 6)


@settings(max_examples=6)
@given(workflows())
def test_any_workflow_against_simulated_chains(workflow):
    """The recursion of the errors itself, in one dimension, with pseudo-random noises."""
    generator, draws = np.random.default_rng(0), 100_000
    errors, noises = [np.zeros(draws)], {}
    for iteration in range(1, 7):
        total = np.zeros(draws)
        for pool, share in workflow.shares(iteration).items():
            if pool not in noises:
                noises[pool] = generator.normal(size=draws) / np.sqrt(float(workflow.size(pool)))
            total += float(share) * (errors[pool.labelled_by] + noises[pool])
        errors.append(total)
    for error, exact in zip(errors[1:], gain(workflow, 6), strict=True):
        squares = error**2
        standard_error = squares.std() / np.sqrt(draws)
        assert abs(squares.mean() - float(exact)) < 5 * standard_error
        assert standard_error < 0.01 * float(exact)


def test_subsampling_adds_the_overlap_of_the_draws():
    # Models m < n of Accumulate-Subsample share T/n rows on average: covariance 1/n, variance 1 (theory: V_mn).
    iterations = 6
    labels = sp.Matrix(iterations, iterations, lambda i, j: sp.Rational(1, i + 1) if j < i else 0)
    overlap = sp.Matrix(iterations, iterations, lambda i, j: 1 if i == j else sp.Rational(1, max(i, j) + 1))
    response = (sp.eye(iterations) - labels).inv()
    covariance = response * overlap * response.T
    # model j labels pool j + 1, so the share of model j + 1's labels in iteration i + 1 is 1/(i + 1) for j < i
    workflow = Made(lambda i: subsample(pools(1, i)))
    assert [sp.Rational(c) for c in gain(workflow, iterations)] == list(covariance.diagonal())


LONG = [
    Accumulate(),
    ReplaceGrowing(),
    AccumulateSubsample(),
    SlidingWindow(7),
    FixedReal("1/3"),
    FreshReal(2),
    FreshReal(3, "2/5"),
]


@pytest.mark.parametrize("workflow", LONG, ids=str)
def test_two_ways_to_the_same_gains(workflow):
    """By sums over pools, and noise by noise."""
    errors, variance = noises(workflow, 40)
    assert gain(workflow, 40) == [sum(c**2 * variance[noise] for noise, c in row.items()) for row in errors]


@pytest.mark.parametrize("workflow", LONG, ids=str)
def test_products_grow_as_the_iterations_do(workflow, monkeypatch):
    """Noise by noise twice the iterations would take four times the products of long integers."""
    real_add, products, taken = Covariance._add, 0, []

    def counted(self, name, parts, *rest):
        nonlocal products
        products += (1 + len(parts)) * (1 + len(self._times))
        real_add(self, name, parts, *rest)

    monkeypatch.setattr(Covariance, "_add", counted)
    for iterations in (100, 200):
        products = 0
        gain(workflow, iterations)
        taken.append(products)
    assert 0 < taken[1] < 2.2 * taken[0]


@pytest.mark.parametrize("workflow", [Accumulate(), SlidingWindow(7)], ids=str)
def test_thousands_of_iterations(workflow):
    found = gain(workflow, 2000)
    assert len(found) == 2000
    if workflow == Accumulate():
        assert found[-1] - found[-2] == Fraction(1, 2000**2)
    if workflow == SlidingWindow(7):
        assert abs(float(found[-1] - found[-2]) - 1 / 16) < 1e-12  # 4/(k + 1)^2


@pytest.mark.slow
def test_laws_of_thousands_of_iterations():
    family = theory.linear.test_error(FixedReal(sp.Symbol("w", positive=True)), design="fixed")
    far = family.gain(2000)[-1]  # simplified, it would have more terms than Python has frames
    number = theory.linear.test_error(FixedReal("1/2"), design="fixed")
    assert abs(float(as_expression(far).subs(sp.Symbol("w", positive=True), sp.Rational(1, 2))) - 4 / 3) < 1e-12
    assert abs(float(number.gain(3000)[-1]) - 4 / 3) < 1e-12  # (1/2)^2 + (1/2)^2 + … and the anchor: the limit


def test_pools_that_are_not_used_need_no_size():
    sizes = {3: 2, 6: 5}
    workflow = Made(lambda i: by_count(pools(i // 3 * 3, i // 3 * 3) if i > 2 else real(1)), sizes.__getitem__)
    # 1, 1, then model 3 adds 1/2 to model 2's, models 4 and 5 use the same pool, model 6 adds 1/5 to model 5's
    assert gain(workflow, 7) == [
        1,
        1,
        Fraction(3, 2),
        Fraction(3, 2),
        Fraction(3, 2),
        Fraction(17, 10),
        Fraction(17, 10),
    ]


def test_a_wrong_share_is_seen():
    wrong = Made(lambda i: by_weight({synthetic(i - 1): Fraction(99, 100), Pools(1, 1): Fraction(1, 100)}))
    assert gain(wrong, 4) != dense(Replace(), 4)
