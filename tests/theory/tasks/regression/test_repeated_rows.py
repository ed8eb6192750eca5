"""Draws at fixed design in the limit d/T -> gamma, against literal chains, laws of whole pools, and small gamma."""

from fractions import Fraction

import numpy as np
import pytest
from scipy import optimize, stats

from paper_repro.kazdan2024.subsampled import chains
from sim.comparison import Z
from tests.helpers import Made
from theory import Accumulate, AccumulateSubsample, LinearRegression, Replace, ReplaceGrowing, SlidingWindow, law
from theory.linear import test_error as law_of
from theory.tasks.regression import repeated_rows
from theory.tasks.regression.repeated_rows import MOST, errors
from theory.workflow import by_count, by_weight, pools, real, subsample, synthetic

DRAWS = AccumulateSubsample()
NEWEST = Made(lambda n: subsample(pools(max(1, n - 1), n)))
MANY = Made(lambda n: subsample(pools(1, n), rows=1 if n == 1 else "3/2"))
WITH_REAL = Made(lambda n: subsample(real(1)) if n == 1 else subsample(synthetic(n - 1), real(n)))


def literally(rule, T, d, iterations, count, random):
    """Mean test errors and their standard errors; `rule` names pools by the models that labelled them, and rows."""
    x, models, labels = random.normal(size=(count, T, d)), [np.zeros((count, d))], {}
    found = np.empty((count, iterations))
    for n in range(1, iterations + 1):
        names, rows = rule(n)
        for name in names:
            if name not in labels:
                labels[name] = np.einsum("ctd,cd->ct", x, models[name[0]]) + random.normal(size=(count, T))
        said = np.concatenate([labels[name] for name in names], 1)
        drawn = random.permuted(np.tile(np.arange(said.shape[1]), (count, 1)), axis=1)[:, : int(rows * T)]
        seen = np.take_along_axis(x, drawn[:, :, None] % T, 1)
        gram = np.einsum("ctd,cte->cde", seen, seen)
        moment = np.einsum("ctd,ct->cd", seen, np.take_along_axis(said, drawn, 1))
        models.append(np.linalg.solve(gram, moment[..., None])[..., 0])
        found[:, n - 1] = (models[-1] ** 2).sum(1)
    return found.mean(0), found.std(0) / count**0.5


def agree(expected, mean, error, factor=1.0):
    """Within 2 %, and what chance adds."""
    return (np.abs(mean - factor * expected) < 0.02 * factor * expected + Z * error).all()


@pytest.mark.parametrize(("T", "d", "count"), [(50, 20, 4000), pytest.param(100, 50, 2000, marks=pytest.mark.slow)])
def test_literal_chains(T, d, count):
    """The corrected limit is within 2 % where the law for T -> oo is far off."""
    found, different = chains(np.random.default_rng(5), T, d, 5, count, is_fresh=False)
    found = found[(different >= d + 4).all(1)]
    assert len(found) > 0.99 * count
    mean, error = found.mean(0), found.std(0) / len(found) ** 0.5
    expected = errors(DRAWS, 5, T=T, d=d, corrected=True)
    assert agree(expected, mean, error)
    assert not agree(expected, mean, error, 1.08)
    assert not agree(expected, mean, error, 0.92)
    assert not agree(law_of(DRAWS, design="fixed").evaluate(n=range(1, 6), T=T, d=d, sigma=1), mean, error)


@pytest.mark.parametrize(
    ("workflow", "rule"),
    [
        (NEWEST, lambda n: ([(k - 1, 0) for k in range(max(1, n - 1), n + 1)], 1)),
        (MANY, lambda n: ([(k - 1, 0) for k in range(1, n + 1)], 1 if n == 1 else 1.5)),
        (WITH_REAL, lambda n: ([(0, 1)] if n == 1 else [(n - 1, 0), (0, n)], 1)),
    ],
    ids=["newest two", "more rows", "with real rows"],
)
def test_other_draws(workflow, rule):
    mean, error = literally(rule, 60, 20, 4, 3000, np.random.default_rng(6))
    expected = errors(workflow, 4, T=60, d=20, corrected=True)
    assert agree(expected, mean, error)
    assert not agree(expected, mean, error, 1.08)


@pytest.mark.parametrize("workflow", [Replace(), Accumulate(), SlidingWindow(3)], ids=str)
def test_pools_used_whole_have_their_exact_law(workflow):
    exact = law_of(workflow, design="fixed").evaluate(n=range(1, 9), T=30, d=6, sigma=2)
    np.testing.assert_allclose(errors(workflow, 8, T=30, d=6, sigma=2, corrected=True), exact, rtol=1e-12)


def test_few_features_leave_the_gain():
    gains = np.array([float(c) for c in law_of(DRAWS, design="fixed").gain(40)])
    found = errors(DRAWS, 40, T=10**7, d=1) * 10**7
    np.testing.assert_allclose(found, gains, rtol=1e-5)
    # the difference is of order d/T
    apart = [(errors(DRAWS, 40, T=10**k, d=1) * 10**k / gains - 1)[-1] for k in (4, 5)]
    assert apart[0] == pytest.approx(10 * apart[1], rel=0.01)


def test_up_to_how_many_features_errors_settle():
    """Labels scatter by s = 1 + s (1 - gamma) k in the end, m being Poisson: the last gamma with a solution.

    Below it the error gains less with each doubling of the models, above it more.
    """

    def gamma_of(k):
        return 1 - (stats.poisson.pmf(np.arange(40), 1) / (1 + np.arange(40) * k)).sum()

    k = optimize.brentq(lambda k: (1 - gamma_of(k)) * k - 1, 0.1, 10)
    last = gamma_of(k)
    assert round(last, 4) == 0.4503
    for gamma, grows in ((last - 0.02, False), (last + 0.02, True)):
        found = errors(DRAWS, 80, T=10**6, d=round(gamma * 10**6))
        first, second = np.diff(found[[19, 39, 79]])
        assert (second > first) == grows


def test_the_second_model_by_hand():
    """k is the root of k/(1 + k) + k/(1 + 2k) = 2 gamma, and the rest follows from it."""
    gamma = 0.3
    k = max(np.roots([3 - 4 * gamma, 2 - 6 * gamma, -2 * gamma]))
    one, twice = 1 / (1 + k) ** 2, 1 / (1 + 2 * k) ** 2
    trace = k / (one / 2 + twice / 2)
    scatter = 1 + gamma / 2 - gamma  # the second label errs as model 1 in sample, and shares its noise with the first
    one_fit = gamma / (1 - gamma)
    drawn = scatter * trace * one / 4 + (trace * (one / 2 + twice) - one_fit) / 2
    assert errors(DRAWS, 2, T=1000, d=300)[1] == pytest.approx(1.25 * one_fit + drawn, rel=1e-12)


@pytest.mark.slow
def test_the_second_models_of_one_design():
    """Many draws from the same two pools: how far model 2 is from their mean, in all directions and in sample."""
    random, T, d = np.random.default_rng(7), 800, 400
    x, noise = random.normal(size=(T, d)), random.normal(size=(2, T))
    first = np.linalg.lstsq(x, noise[0], rcond=None)[0]
    labels = np.concatenate([noise[0], x @ first + noise[1]])
    models = []
    for _ in range(40):
        drawn = random.permutation(2 * T)[:T]
        models.append(np.linalg.lstsq(x[drawn % T], labels[drawn], rcond=None)[0])
    size, in_sample = np.var(models, 0, ddof=1).sum(), np.var(models @ x.T, 0, ddof=1).mean()
    found = repeated_rows._Chain(d / T, DRAWS, 2)
    found.fit(1)
    found.fit(2)
    assert size == pytest.approx(found.sizes[2], rel=0.05)
    assert in_sample == pytest.approx(found.in_sample[2], rel=0.05)
    assert found.in_sample[2] < 0.7 * found.sizes[2]


def test_where_it_is_found():
    found = law_of(DRAWS, design="fixed")
    values = found.evaluate(n=[2, 3], T=32, d=10, sigma=2, validity="approximation")
    np.testing.assert_array_equal(values, errors(DRAWS, 3, T=32, d=10, sigma=2, corrected=True)[1:])
    of_task = law(LinearRegression(T=32, d=10, sigma=2, design="fixed"), DRAWS)
    assert list(of_task.estimates(3)) == ["large-T", "proportional", "approximation"]
    assert found.validity == "large-T"


@pytest.mark.parametrize(
    ("workflow", "iterations", "T", "d", "message"),
    [
        (DRAWS, 3, 100, 72, "more than 72 different rows in every training set; iteration 3 of Acc.* has 70.37"),
        (DRAWS, 2, 100, 75, "more than 75 different rows in every training set; iteration 2 of Acc.* has 75. Use"),
        (ReplaceGrowing(), 5, 30, 6, "pools have T rows that count alike; iteration 2 of"),
        (DRAWS, MOST + 1, 100, 10, f"at most {MOST} iterations; got {MOST + 1}"),
        (
            Made(lambda n: subsample(pools(1, n)), lambda k: 2 if k > 1 else 1),
            2,
            30,
            3,
            "iteration 2 of Made has others",
        ),
    ],
)
def test_where_it_is_not_known(workflow, iterations, T, d, message):
    with pytest.raises(ValueError, match=message):
        errors(workflow, iterations, T=T, d=d)


@pytest.mark.parametrize("last", [2, 3])
def test_what_is_refused_is_so_from_the_iteration_on_that_has_it(last):
    """Too few different rows, by one; and pools of which one counts more, or has other rows."""
    for rows, corrected in ((11, False), (12, False), (12, True), (13, True)):
        few = Made(lambda i, rows=rows: subsample(pools(i, i), rows=Fraction(rows if i == last else 40, 40)))
        least = 11 + corrected
        said = [repeated_rows.objection(few, iterations, T=40, d=11, corrected=corrected) for iterations in range(1, 5)]
        assert [text is None for text in said] == [rows > least or iterations < last for iterations in range(1, 5)]
        for text in filter(None, said):
            assert (
                f"more than {least} different rows in every training set; iteration {last} of Made has {rows}" in text
            )
    for rows in range(1, 39):  # whichever way 1 - (1 - rows/40) is rounded
        few = Made(lambda i, rows=rows: subsample(pools(i, i), rows=Fraction(rows if i == last else 40, 40)))
        assert repeated_rows.objection(few, last, T=40, d=rows, corrected=False), rows
        assert repeated_rows.objection(few, last, T=40, d=rows - 1, corrected=True), rows
    uneven = Made(lambda i: by_weight({real(1): "2/3", synthetic(1): "1/3"}) if i == last else by_count(pools(1, i)))
    larger = Made(lambda i: by_count(pools(1, i)), lambda k: 2 if k == last else 1)
    for other in (uneven, larger):
        assert repeated_rows.objection(other, last - 1, T=40, d=11, corrected=False) is None
        said = repeated_rows.objection(other, last, T=40, d=11, corrected=False) or ""
        assert said.endswith(f"iteration {last} of Made has others.")
