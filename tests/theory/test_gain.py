"""The gain against the dense joint covariance of all models, in exact rationals: no code shared."""

from fractions import Fraction

import numpy as np
import sympy as sp
from hypothesis import given, settings, strategies as st

from tests.helpers import Made
from theory import Accumulate, Replace, ReplaceGrowing, by_weight, gain, pools, subsample, synthetic
from theory.workflow import Pools


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


@settings(max_examples=40, deadline=None, derandomize=True)
@given(workflows())
def test_any_workflow(workflow):
    assert gain(workflow, 6) == dense(workflow, 6)


@settings(max_examples=6, deadline=None, derandomize=True)
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


def test_a_wrong_share_is_seen():
    wrong = Made(lambda i: by_weight({synthetic(i - 1): Fraction(99, 100), Pools(1, 1): Fraction(1, 100)}))
    assert gain(wrong, 4) != dense(Replace(), 4)
