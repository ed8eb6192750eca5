"""The recursion of means and spreads, against chains enumerated outcome by outcome, and numbers found elsewhere."""

from collections import defaultdict
from collections.abc import Iterator
from dataclasses import dataclass
from fractions import Fraction
from math import comb

import pytest
from hypothesis import given, settings, strategies as st

import theory
from theory import (
    Accumulate,
    AccumulateFresh,
    AccumulateSubsample,
    FixedReal,
    FreshReal,
    Gaussian,
    Pool,
    Replace,
    ReplaceGrowing,
    SlidingWindow,
    TrainingSet,
    Workflow,
    by_count,
    by_weight,
    pools,
    real,
    subsample,
    synthetic,
)
from theory.symbols import T
from theory.tasks.second_moments import second_moments

THIRD = Fraction(1, 3)


def binomial(rows: int, p: Fraction) -> Iterator[tuple[int, Fraction]]:
    """(count, probability)."""
    return ((k, comb(rows, k) * p**k * (1 - p) ** (rows - k)) for k in range(rows + 1))


def hypergeometric(ones: int, rows: int, drawn: int) -> Iterator[tuple[int, Fraction]]:
    """(ones among the drawn rows, probability)."""
    least, most = max(0, drawn - rows + ones), min(ones, drawn)
    for k in range(least, most + 1):
        yield k, Fraction(comb(ones, k) * comb(rows - ones, drawn - k), comb(rows, drawn))


def enumerated(workflow: Workflow, T: int, p: Fraction, iterations: int) -> list[tuple[Fraction, Fraction]]:
    """E (share - p)^2 and E share (1 - share) of Bernoulli models, over p (1 - p), from every outcome of every pool."""
    histories: dict[tuple[tuple[tuple[Pool, int], ...], Fraction], Fraction] = {((), Fraction(0)): Fraction(1)}
    found = []
    for iteration in range(1, iterations + 1):
        composition = workflow.composition(iteration)
        used = [pool for run in composition.runs for pool in run.pools()]
        fresh = [Pool(iteration)] + [pool for pool in used if pool == Pool(iteration, fresh_real=True)]
        following: dict[tuple[tuple[tuple[Pool, int], ...], Fraction], Fraction] = defaultdict(Fraction)
        for (counts, share), probability in histories.items():
            for known, chance in with_pools(workflow, dict(counts), fresh, share if iteration > 1 else p, p, T):
                for fitted, last in fits(workflow, iteration, known, T):
                    following[tuple(known.items()), fitted] += probability * chance * last
        histories = following
        error = sum(chance * (share - p) ** 2 for (_, share), chance in histories.items())
        spread = sum(chance * share * (1 - share) for (_, share), chance in histories.items())
        found.append((error / (p * (1 - p)), spread / (p * (1 - p))))
    return found


def with_pools(workflow, known, fresh, share, p, T) -> Iterator[tuple[dict[Pool, int], Fraction]]:
    if not fresh:
        yield known, Fraction(1)
        return
    first, *others = fresh
    rows = int(workflow.size(first) * T)
    for count, chance in binomial(rows, p if first.labelled_by == 0 else share):
        for more, rest in with_pools(workflow, {**known, first: count}, others, share, p, T):
            yield more, chance * rest


def fits(workflow, iteration, known, T) -> Iterator[tuple[Fraction, Fraction]]:
    composition = workflow.composition(iteration)
    if composition.drawn is None:
        shares = workflow.shares(iteration)
        terms = (weight * known[pool] / (workflow.size(pool) * T) for pool, weight in shares.items())
        yield sum(terms, Fraction(0)), Fraction(1)
        return
    ones = sum(known[pool] for run in composition.runs for pool in run.pools())
    drawn = int(composition.drawn * T)
    for count, chance in hypergeometric(ones, int(composition.rows * T), drawn):
        yield Fraction(count, drawn), chance


@dataclass(frozen=True)
class Uneven(Workflow):
    """Weights on real(1), real(i) and the newest pool, of twice T rows."""

    first: Fraction = Fraction(1, 5)
    fresh: Fraction = Fraction(1, 2)

    def training_set(self, iteration):
        return by_weight(
            {real(1): self.first, real(iteration): self.fresh, synthetic(iteration - 1): 1 - self.first - self.fresh}
        )

    def pool_size(self, pool):
        return 2


@dataclass(frozen=True)
class DrawnTwice(Workflow):
    """Twice T rows out of all pools so far, from the third model on."""

    def training_set(self, iteration):
        return subsample(pools(1, iteration), rows=2)


@dataclass(frozen=True)
class Table(Workflow):
    """Shares of the pools, a row an iteration from the second on."""

    rows: tuple[tuple[Fraction, ...], ...]

    def training_set(self, iteration) -> TrainingSet:
        shares = self.rows[iteration - 2]
        return by_weight({pools(k, k): share for k, share in enumerate(shares, 1) if share})


@pytest.mark.parametrize(
    ("workflow", "T", "iterations"),
    [
        (Replace(), 3, 4),
        (Accumulate(), 2, 4),
        (ReplaceGrowing(), 1, 4),
        (FixedReal(THIRD), 3, 3),
        (FreshReal(2, THIRD), 2, 3),
        (FreshReal(), 2, 3),
        (SlidingWindow(2), 2, 4),
        (AccumulateFresh(), 1, 3),
        (AccumulateSubsample(), 2, 3),
        (AccumulateSubsample(), 1, 4),
        (DrawnTwice(), 2, 3),
        (Uneven(), 2, 3),
    ],
    ids=str,
)
def test_bernoulli_models_outcome_by_outcome(workflow, T, iterations):
    """1 - K_n is the spread, for a curvature of -1."""
    theirs = enumerated(workflow, T, Fraction(2, 7), iterations)
    ours = second_moments(workflow, iterations, rows=Fraction(T), spread=lambda fit: 1 - fit.error)
    assert [(each.error, each.spread) for each in ours] == theirs
    # within a training set of zeros and ones the mean square is the model's own variance
    within = second_moments(workflow, iterations, rows=Fraction(T), spread=lambda fit: fit.within)
    assert [each.spread for each in within] == [spread for _, spread in theirs]


@settings(max_examples=15, deadline=None, derandomize=True)
@given(st.lists(st.lists(st.integers(0, 3), min_size=3, max_size=3), min_size=2, max_size=2), st.integers(1, 2))
def test_random_shares_of_pools(weights, T):
    rows = []
    for iteration, line in enumerate(weights, 2):
        used = [*line[: iteration - 1], line[-1] + 1]
        rows.append(tuple(Fraction(weight, sum(used)) for weight in used))
    workflow = Table(tuple(rows))
    ours = second_moments(workflow, 3, rows=Fraction(T), spread=lambda fit: 1 - fit.error)
    assert [(each.error, each.spread) for each in ours] == enumerated(workflow, T, Fraction(1, 3), 3)


def errors(workflow, c, iterations=6, T=5):
    found = second_moments(workflow, iterations, rows=Fraction(T), spread=lambda fit: 1 + c * fit.error)
    return [float(each.error) for each in found]


@dataclass(frozen=True)
class Tripled(SlidingWindow):
    """Pool 3 has three times T rows."""

    def pool_size(self, pool):
        return 3 if pool == 3 else 1


@pytest.mark.parametrize(
    ("workflow", "c", "expected"),
    [
        (AccumulateSubsample(), -1, [0.2, 0.32444, 0.36948, 0.39271, 0.40688, 0.41643]),
        (AccumulateSubsample(), 0, [0.2, 0.34444, 0.41111, 0.45097, 0.47784, 0.49732]),
        (AccumulateSubsample(), 1, [0.2, 0.36444, 0.45541, 0.51606, 0.56014, 0.59397]),
        (Tripled(3), 1, [0.2, 0.26, 0.29024, 0.34027, 0.35319, 0.44692]),
    ],
    ids=str,
)
def test_numbers_of_draws_and_unequal_pools(workflow, c, expected):
    """Simulated elsewhere with 150,000 chains."""
    assert errors(workflow, c) == pytest.approx(expected, abs=6e-6)


def spreads(workflow, spread, sampled=Fraction(1), iterations=6):
    found = second_moments(workflow, iterations, rows=Fraction(5), spread=spread, sampled=sampled)
    return [float(each.spread) for each in found]


def test_numbers_of_gaussians():
    """With a divisor of N - 1, and with samples whose standard deviation is 0.7 times the model's."""
    unbiased = spreads(Accumulate(), lambda fit: fit.within * fit.rows / (fit.rows - 1))
    assert unbiased == pytest.approx([1, 0.94444, 0.92196, 0.90983, 0.90224, 0.89706], abs=6e-6)
    cold = spreads(Accumulate(), lambda fit: fit.within, sampled=Fraction(49, 100))
    assert cold == pytest.approx([0.8, 0.5764, 0.47214, 0.40905, 0.36572, 0.33364], abs=6e-6)


@dataclass(frozen=True)
class Weighted(Workflow):
    """At one iteration alone some rows count more, all of them or those that are drawn."""

    weighted_at: int
    taken: Fraction | None

    def training_set(self, iteration):
        alike = by_count(real(1), synthetic(iteration - 1))
        shares = (Fraction(1, 4), Fraction(3, 4)) if iteration == self.weighted_at else None
        return TrainingSet(alike.parts, shares, self.taken)


@pytest.mark.parametrize("at", [2, 3, 5])
def test_draws_with_weights_are_refused(at):
    """At whichever iteration they are, and not before."""
    workflow = Weighted(at, Fraction(1))
    assert len(errors(workflow, -1, at - 1)) == at - 1
    with pytest.raises(ValueError, match=f"iteration {at} draws rows of which some count more than others"):
        errors(workflow, -1, at)


@pytest.mark.parametrize("at", [2, 3, 4, 6])
def test_an_unbiased_covariance_takes_no_weights_at_any_iteration(at):
    """The law looks at the first training sets, and its values at all of them."""
    task, workflow = Gaussian(5, estimator="unbiased"), Weighted(at, None)
    if at <= 3:
        with pytest.raises(ValueError, match="defined where every row counts alike, .* use the estimator mle"):
            theory.law(task, workflow)
        return
    said = f"at iteration {at} some rows count more than others, .* use the estimator mle"
    for law in (theory.law(task, workflow), theory.law(Gaussian(estimator="unbiased"), workflow)):
        each = law.derived.each
        assert each is not None
        assert each(at - 1).subs(T, 5) == pytest.approx(law.evaluate(n=at - 1, T=5), rel=1e-14)
        with pytest.raises(ValueError, match=said):
            law.evaluate(n=at, T=5)
        with pytest.raises(ValueError, match=said):
            each(at)
