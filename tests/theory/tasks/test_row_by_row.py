"""Every task's law under random workflows, against covariances of single rows that are propagated as rationals.

A row of model m's sample has the mean of the model, and beside it the variance s_m. A model's mean is that of the rows
it was fitted to; where rows are drawn, that of every subset, each as likely. Nothing else is put in: no coefficients of
noise, no sums over pools, no formula for what a draw adds.
"""

from collections.abc import Callable
from dataclasses import dataclass
from fractions import Fraction
from typing import Any

import numpy as np
import pytest
import sympy as sp
from hypothesis import HealthCheck, given, settings, strategies as st

import theory
from theory import (
    Bernoulli,
    Categorical,
    Estimator,
    Gamma,
    Gaussian,
    GeneralisedLinear,
    KernelDensity,
    NegativeBinomial,
    Poisson,
    TrainingSet,
    Workflow,
    by_count,
    by_weight,
    pools,
    real,
    subsample,
)
from theory.tasks.estimator.task import x

#: A number, exact but where a rule of thumb takes roots.
Number = Any

ITERATIONS, T = 4, 2


@dataclass(frozen=True)
class Drawn(Workflow):
    """Training sets of models 2, 3, … one by one, sizes of pools likewise; all pools from then on."""

    sets: tuple[TrainingSet, ...]
    sizes: tuple[int, ...]

    def training_set(self, iteration):
        for known, said in enumerate(self.sets, 2):
            if iteration == known:
                return said
        return by_count(pools(1, iteration))

    def pool_size(self, pool):
        for known, size in enumerate(self.sizes, 2):
            if pool == known:
                return size
        return 1

    def __str__(self):
        return f"Drawn({self.sets}, {self.sizes})"


@st.composite
def workflows(draw, kinds=("count", "fresh", "weight", "draw")):
    """Windows, windows with real data of the day, weights, and draws of two rows or more."""
    sizes = (1, *(draw(st.integers(1, 2)) for _ in range(2, ITERATIONS + 1)))
    sets = []
    for n in range(2, ITERATIONS + 1):
        first = draw(st.integers(1, n))
        last = draw(st.integers(first, n))
        kind = draw(st.sampled_from(kinds))
        if kind == "count":
            sets.append(by_count(pools(first, last)))
        elif kind == "fresh":
            sets.append(by_count(pools(first, last), real(n)) if first > 1 else by_count(pools(1, last)))
        elif kind == "weight":
            weights = [draw(st.integers(0, 3)) for _ in range(n - 1)] + [draw(st.integers(1, 3))]
            sets.append(by_weight({pools(k, k): Fraction(w, sum(weights)) for k, w in enumerate(weights, 1) if w}))
        else:
            there = T * sum(sizes[first - 1 : last])
            sets.append(subsample(pools(first, last), rows=Fraction(draw(st.integers(2, there)), T)))
    return Drawn(tuple(sets), sizes[1:])


@dataclass(frozen=True)
class Fit:
    """A model: the variance of its mean, the mean square of its rows about their own mean, and their number."""

    error: Number
    within: Number
    rows: int


def row_by_row(workflow: Workflow, spread: Callable[[Fit], Number], scale: Number = 1) -> list[tuple[Number, Number]]:
    """(K_n, s_n) of models 1, 2, …, in units of the truth's variance.

    Args:
        workflow: with whole numbers of rows.
        spread: s_n of a fit.
        scale: a one, in the arithmetic that is wanted.
    """
    zero = 0 * scale
    rows: list[Any] = []  # the pool of each
    cov: list[list[Number]] = []  # between all rows
    model: list[Number] = []  # between the newest model's mean and all rows
    error, sampled, found = zero, scale, []
    for n in range(1, ITERATIONS + 1):
        shares = {pool: share for pool, share in workflow.shares(n).items() if share}
        later = {pool for m in range(n, ITERATIONS + 1) for pool, share in workflow.shares(m).items() if share}
        new = [pool for pool in sorted(later, key=str) if pool.index == n and pool not in rows]
        for pool in new:
            copies = 1 if pool.labelled_by else 0  # of the model's error, in a row
            first, own = len(rows), sampled if copies else scale
            for _ in range(int(workflow.size(pool) * T)):
                others = [copies * each for each in (*model, *[error] * (len(rows) - first))]
                for line, value in zip(cov, others, strict=True):
                    line.append(value)
                cov.append([*others, copies * error + own])
                rows.append(pool)
            model += [copies * error] * (len(rows) - first)
        there = [place for place, pool in enumerate(rows) if pool in shares]
        drawn = workflow.drawn(n)
        if drawn is None:
            weight = {place: scale * shares[rows[place]] / rows.count(rows[place]) for place in there}
            after = [sum((w * cov[place][other] for place, w in weight.items()), zero) for other in range(len(rows))]
            error = sum((w * after[place] for place, w in weight.items()), zero)
            squares, count = sum((w * cov[place][place] for place, w in weight.items()), zero), len(there)
        else:
            count, size = int(drawn * T), len(there)
            after = [sum((cov[place][other] for place in there), zero) / size for other in range(len(rows))]
            squares = sum((cov[place][place] for place in there), zero) / size
            pairs = sum((cov[a][b] for a in there for b in there if a != b), zero) / max(1, size * (size - 1))
            error = (squares + (count - 1) * pairs) / count
        model = after
        sampled = spread(Fit(error, squares - error, count))
        found.append((error, sampled))
    return found


H = Fraction(1, 2)

#: Whatever a machine that is busy takes.
PATIENT = settings(max_examples=12, deadline=None, derandomize=True, suppress_health_check=[HealthCheck.too_slow])


def curved(c):
    return lambda fit: 1 + c * fit.error


#: task -> (s_n of a fit, what an error is counted in, what a spread is counted in, the names of both)
TASKS: list[tuple[Any, Callable[[Fit], Number], Fraction, Fraction, tuple[str, str]]] = [
    (Gaussian(T, 3), lambda fit: fit.within, Fraction(3), Fraction(1), ("mean_error", "variance")),
    (
        Gaussian(T, estimator="unbiased"),
        lambda fit: fit.within * fit.rows / (fit.rows - 1),
        Fraction(1),
        Fraction(1),
        ("mean_error", "variance"),
    ),
    (Bernoulli(T, 0.25), curved(-1), Fraction(3, 16), Fraction(3, 8), ("mean_error", "diversity")),
    (Categorical(T, (0.5, 0.25, 0.25)), curved(-1), Fraction(5, 8), Fraction(5, 8), ("mean_error", "diversity")),
    (Poisson(T, 3), curved(0), Fraction(3), Fraction(3), ("mean_error", "variance")),
    (Gamma(T, 0.5, 3), curved(2), Fraction(18), Fraction(18), ("mean_error", "variance")),
    (NegativeBinomial(T, 4, 2), curved(H / 2), Fraction(3), Fraction(3), ("mean_error", "variance")),
    (KernelDensity(T, 0.5), lambda fit: fit.within + H**2, Fraction(1), Fraction(1), ("mean_error", "variance")),
    (
        KernelDensity(T, 0.5, "relative"),
        lambda fit: fit.within * (1 + H**2),
        Fraction(1),
        Fraction(1),
        ("mean_error", "variance"),
    ),
    (
        KernelDensity(T, 0.5, "silverman"),
        lambda fit: fit.within * (1 + 0.25 * (4 / (3 * fit.rows)) ** 0.4),
        Fraction(1),
        Fraction(1),
        ("mean_error", "variance"),
    ),
]


@pytest.mark.parametrize(
    ("task", "spread", "of_error", "of_spread", "names"), TASKS, ids=[str(each[0]) for each in TASKS]
)
def test_random_workflows(task, spread, of_error, of_spread, names):
    unbiased = getattr(task, "estimator", "") == "unbiased"

    @PATIENT
    @given(workflows(("count", "fresh", "draw")) if unbiased else workflows())
    def agree(workflow):
        found = row_by_row(workflow, spread, Fraction(1))
        units = (of_error, of_spread)
        for place, (name, unit) in enumerate(zip(names, units, strict=True)):
            law = theory.law(task, workflow, name)
            assert law.exact
            expected = [float(unit * each[place]) for each in found]
            np.testing.assert_allclose(law.evaluate(n=range(1, ITERATIONS + 1)), expected, rtol=1e-12, atol=1e-15)

    agree()


def test_second_moments_of_kernel_densities():
    """E Q_n = v_n + K_n, whatever is drawn."""

    @PATIENT
    @given(workflows())
    def agree(workflow):
        found = row_by_row(workflow, lambda fit: fit.within + H**2, Fraction(1))
        law = theory.law(KernelDensity(T, 0.5), workflow, "second_moment")
        expected = [float(sum(each)) for each in found]
        np.testing.assert_allclose(law.evaluate(n=range(1, ITERATIONS + 1)), expected, rtol=1e-12)

    agree()


#: task -> the quantity of one fit to T rows, for T -> oo
LARGE_T = [
    (GeneralisedLinear(8, 3, link="probit"), "test_error", 3 / 8),
    (GeneralisedLinear(8, 3, link="poisson"), "excess_risk", 3 / 16),
    (Estimator(sp.sign(x), T=8), "variance_ratio", 1),
]


@pytest.mark.parametrize(("task", "of", "one"), LARGE_T, ids=str)
def test_random_workflows_at_large_T(task, of, one):
    """There a model is a mean of rows, whose variance about the model is 1, and T rows a pool are as good as any."""

    @PATIENT
    @given(workflows(("count", "fresh", "weight")))
    def agree(workflow):
        law = theory.law(task, workflow, of)
        assert not law.exact
        expected = [float(one * T * error) for error, _ in row_by_row(workflow, curved(0), Fraction(1))]
        np.testing.assert_allclose(law.evaluate(n=range(1, ITERATIONS + 1)), expected, rtol=1e-12)

    agree()


def test_the_oracle_has_numbers_found_elsewhere():
    """Of a Poisson mean under AccumulateSubsample at T = 5, and by hand at T = 2."""
    found = row_by_row(Drawn((by_count(pools(2, 2)),), (1,)), curved(1), Fraction(1))
    assert found[1] == (H + H * (1 + H), 1 + H + H * (1 + H))
    drawn = row_by_row(Drawn((subsample(pools(1, 2), rows=1),), (1,)), curved(0), Fraction(1))
    # u = 1 + 1/4 - K, K = 1/2 + 1/8, and two of four rows add u (4 - 2)/(2 (4 - 1))
    assert drawn[1][0] == Fraction(5, 8) + Fraction(5, 8) / 3
