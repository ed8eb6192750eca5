"""Exponential families: sufficient and literal samplers against exact moments at small T."""

import re
from dataclasses import fields
from typing import Any

import jax
import jax.numpy as jnp
import jax.random as jr
import numpy as np
import pytest
from scipy import stats

import sim
import theory
from sim.comparison import Z
from sim.samplers.families import SUBSAMPLE, GammaSums, key_number, subsample as subsample_of
from sim.samplers.pools import sizes_alone
from sim.tasks import samplers_of
from tests.helpers import Made
from tests.sim.build import build
from tests.sim.refits import agrees, moments
from theory import (
    Accumulate,
    AccumulateSubsample,
    Bernoulli,
    Categorical,
    FixedReal,
    FreshReal,
    Gamma,
    Generator,
    NegativeBinomial,
    Poisson,
    Replace,
    ReplaceGrowing,
    SlidingWindow,
    by_count,
    pools,
    subsample,
)

#: task -> (c, the variance of a row at the truth)
TASKS = {
    Bernoulli(5, 0.3): (-1, 0.21),
    Categorical(5, (0.5, 0.3, 0.2)): (-1, 0.62),
    Poisson(5, 1.7): (0, 1.7),
    Gamma(5, 1.0, 1.5): (1, 2.25),
    NegativeBinomial(5, 2.0, 1.5): (0.5, 1.5 + 1.5**2 / 2),
}
SLOW = pytest.mark.slow


def test_the_recursion_of_the_tests_has_the_known_numbers():
    assert moments(Accumulate(), 6, 5)[1][-1] == pytest.approx(0.7239074686, abs=1e-10)
    assert moments(Accumulate(), 6, 5, c=1)[1][-1] == pytest.approx(1.32183576, abs=1e-8)
    assert moments(FixedReal(0.3), 60, 5)[0][-1] == pytest.approx(0.3289473684, abs=1e-9)
    assert moments(FixedReal(0.3), 60, 5, c=1)[0][-1] == pytest.approx(0.4854368932, abs=1e-9)
    hot = moments(Accumulate(), 6, 5, temperature="7/10")[1]
    np.testing.assert_allclose(hot, [0.8, 0.5764, 0.47214, 0.40905, 0.36572, 0.33364], atol=5e-6)


@pytest.mark.parametrize(
    ("task", "workflow"),
    [
        (Bernoulli(5, 0.3), Accumulate()),
        *(
            pytest.param(*case, marks=SLOW)
            for case in [
                (Gamma(5, 1.0, 1.5), FreshReal(2, "3/10")),
                (Categorical(5, (0.5, 0.3, 0.2)), SlidingWindow(2)),
                (Poisson(5, 1.7), ReplaceGrowing()),
                (NegativeBinomial(5, 2.0, 1.5), FixedReal("3/10")),
            ]
        ),
    ],
    ids=str,
)
def test_mean_errors(task, workflow):
    c, variance = TASKS[task]
    expected = variance * np.array(moments(workflow, 4, 5, c)[0])
    agrees(task, workflow, "mean_error", expected, effect=0.02, sampler="sufficient")


@SLOW
@pytest.mark.parametrize("workflow", [Replace(), Accumulate()], ids=str)
@pytest.mark.parametrize("task", [Categorical(5, (0.5, 0.3, 0.2)), NegativeBinomial(5, 2.0, 1.5)], ids=str)
def test_literal_variances(task, workflow):
    c, variance = TASKS[task]
    of = "diversity" if c == -1 else "variance"
    expected = variance * np.array(moments(workflow, 3, 5, c)[1])
    agrees(task, workflow, of, expected, effect=0.02, sampler="literal")


@SLOW
@pytest.mark.parametrize(
    ("task", "known"),
    [
        (Bernoulli(5, 0.5), [0.05, 0.08111, 0.09237, 0.09818, 0.10172, 0.10411]),
        (Poisson(5, 1.0), [0.2, 0.34444, 0.41111, 0.45097, 0.47784, 0.49732]),
        # of later models the errors' tails are so heavy that it would take minutes; theory's tests have their numbers
        (Gamma(5, 1.0, 1.0), [0.2, 0.36444, 0.45541]),
    ],
    ids=str,
)
def test_subsamples(task, known):
    agrees(task, AccumulateSubsample(), "mean_error", known, effect=0.02)


#: Subsamples of other sizes than T, in turn with a training set that is used whole.
IN_TURN = Made(lambda i: by_count(pools(i - 1, i)) if i % 3 == 0 else subsample(pools(1, i), rows=min(i, 2)))


@SLOW
@pytest.mark.parametrize(
    ("task", "workflow"),
    [
        (Categorical(5, (0.5, 0.3, 0.2)), IN_TURN),
        (Bernoulli(400, 0.3), AccumulateSubsample()),  # counts that are split
        (Categorical(200, (0.6, 0.3, 0.1)), IN_TURN),
    ],
    ids=str,
)
def test_subsamples_by_their_counts(task, workflow):
    """Hypergeometric counts, against the exact law."""
    expected = theory.law(task, workflow, "mean_error").evaluate(n=range(1, 5))
    agrees(task, workflow, "mean_error", expected, effect=0.02, sampler="sufficient")


def test_categories_that_are_drawn_are_there():
    """Whatever is drawn of, no count is less than 0 or more than there are, and all that is drawn is counted."""
    keys, counts, rows = jr.split(jr.key(0), 500), [3, 0, 2, 130, 95], np.resize([0, 1, 100, 229, 230], 500)
    draw = jax.jit(jax.vmap(lambda key, rows: subsample_of(key, jnp.asarray(counts, float), rows, splits=True)))
    found = np.asarray(draw(keys, jnp.asarray(rows, float)))
    assert ((found >= 0) & (found <= np.array(counts)) & (found % 1 == 0)).all()
    assert (found.sum(1) == rows).all()


def test_subsamples_of_one_pool_differ_from_iteration_to_iteration():
    """Two draws of 20 rows out of the same 40 are alike in one chain of five or so, and not in twenty of twenty."""
    workflow = Made(lambda i: subsample(pools(1, 1), rows="1/2"))
    chain = samplers_of(Bernoulli)[0](Bernoulli(40, 0.3), workflow, 3, jnp.dtype("float64"))
    found = np.asarray(jax.jit(jax.vmap(chain))(jr.split(jr.key(3), 20)))
    assert (found[:, 1] != found[:, 2]).any()


def test_no_key_serves_twice():
    """In the longest chains neither; short ones have the numbers that they always had."""
    iterations = jnp.arange(100_000)
    numbers = np.stack([key_number(iterations, purpose) for purpose in (0, 1, SUBSAMPLE)], 1)
    assert len(np.unique(numbers)) == numbers.size
    n = np.arange(2**15)
    assert (numbers[n] == np.stack([2 * n, 2 * n + 1, 2**16 + n], 1)).all()


def test_a_subsample_of_one_draw_has_the_shares_of_its_pools():
    keys, counts = jr.split(jr.key(0), 20_000), jnp.asarray([3.0, 5.0, 2.0])
    found = np.asarray(jax.jit(jax.vmap(lambda key: subsample_of(key, counts, jnp.ones(()), splits=False)))(keys))
    assert stats.chisquare(found.sum(0), [6000, 10_000, 4000]).pvalue > 1e-6


@pytest.mark.parametrize("sampler", ["sufficient", pytest.param("literal", marks=SLOW)])
def test_pools_of_other_sizes(sampler):
    sized = Generator(sizes=(1, 2, 3))
    expected = moments(sized.sized(SlidingWindow(2)), 3, 5, 0)[0]
    agrees(
        Poisson(5, 1.0),
        SlidingWindow(2),
        "mean_error",
        expected,
        effect=0.02,
        sampler=sampler,
        generator=sized,
    )


@pytest.mark.usefixtures("quickly_compiled")
@pytest.mark.parametrize("task", TASKS, ids=str)
def test_every_pool_has_its_own_rows(task):
    """What 2000 pools of an iteration add up to, of a model that is not the truth: 10 rows, and 5 that are real."""
    chain: Any = build("sufficient", task, FreshReal(2), 3, "float64")[0]
    model = chain.truth[::-1] if chain.truth.ndim else 1.25 * chain.truth
    both = jax.jit(jax.vmap(lambda key: [chain.sums(key, model, jnp.asarray(1), kind) for kind in (0, 1)]))
    for rows, found in zip((10, 5), both(jr.split(jr.key(6), 2000)), strict=True):
        sums, expected = np.asarray(found).reshape(2000, -1), rows * np.ravel(model)
        error = sums.std(0, ddof=1) / 2000**0.5
        assert (np.abs(sums.mean(0) - expected) < Z * error).all()
        assert (error < 0.02 * expected).all()  # twice and half as many rows are far off


#: What a row of a model is distributed as, by the model.
ROWS = [
    (Bernoulli(20_000, 0.3), lambda m: stats.rv_discrete(values=([0, 1], m))),
    (Categorical(20_000, (0.5, 0.3, 0.2)), lambda m: stats.rv_discrete(values=([0, 1, 2], m))),
    (Poisson(20_000, 1.7), stats.poisson),
    (Gamma(20_000, 2.0, 1.5), lambda m: stats.gamma(2, scale=m / 2)),
    (NegativeBinomial(20_000, 2.0, 1.5), lambda m: stats.nbinom(2, 2 / (2 + m))),
]


@pytest.mark.usefixtures("quickly_compiled")
@pytest.mark.parametrize(("task", "of"), ROWS, ids=[type(task).__name__ for task, _ in ROWS])
def test_every_row_has_its_distribution(task, of):
    """Of a model that is not the truth."""
    chain: Any = build("literal", task, Replace(), 1, "float64")[0]
    model = chain.truth[::-1] if chain.truth.ndim else 1.25 * chain.truth
    rows, exact = np.asarray(chain.sample(jr.key(6), model, jnp.array(False)))[:, 0], of(np.asarray(model))
    if isinstance(task, Gamma):
        assert stats.kstest(rows, exact.cdf).pvalue > 1e-6
        return
    most = int(exact.ppf(0.999))
    shares = np.append(exact.pmf(np.arange(most)), exact.sf(most - 1))
    counts = np.bincount(np.minimum(rows, most).astype(int), minlength=most + 1)
    assert stats.chisquare(counts, 20_000 * shares).pvalue > 1e-6


def test_accumulate_loses_the_categories_absent_from_the_real_data():
    task = Categorical(5, (0.5, 0.3, 0.2, 0.0))
    lost = sum((1 - p) ** 5 for p in (0.5, 0.3, 0.2))
    agrees(task, Accumulate(), "support_lost", [lost] * 3, effect=0.02)


@SLOW
def test_replace_loses_all_categories_but_one():
    task = Categorical(5, (0.5, 0.3, 0.2, 0.0))
    found = sim.run(task, Replace(), of="support_lost", iterations=80, replicates=500, key=jr.key(1))
    assert found.estimate.mean[-1] == 2
    none_left = sim.run(task, Replace(), of="diversity", iterations=80, replicates=500, key=jr.key(1))
    assert none_left.estimate.mean[-1] == 0


@pytest.mark.parametrize("task", TASKS, ids=str)
def test_every_quantity_has_both_samplers(task):
    for quantity in task.quantities:
        names = [sampler.name for sampler in samplers_of(type(task)) if sampler.of == quantity.name]
        assert names == ["sufficient", "literal"]


@pytest.mark.parametrize(
    ("task", "workflow", "more", "message"),
    [
        (Poisson(5), FreshReal("1/2"), {}, "2.*rows at T=5, not a whole number of rows"),
        (Poisson(5), AccumulateSubsample(), {"sampler": "sufficient"}, "draws subsamples.*Use the literal one"),
        (Gamma(2, 0.1), Replace(), {"sampler": "sufficient"}, "shape=0.1 a pool of 2 rows is too skew"),
        (
            Poisson(5),
            Replace(),
            {"generator": Generator(temperature="1/2")},
            "take a generator's sizes; got temperature",
        ),
        (
            Poisson(5),
            Replace(),
            {"of": "diversity"},
            "poisson has no quantity 'diversity'; it has mean_error, variance",
        ),
    ],
)
def test_mistakes(task, workflow, more, message):
    with pytest.raises(ValueError, match=message):
        sim.run(task, workflow, iterations=3, replicates=10, key=jr.key(0), **more)


#: A value of each part of a generator that is not sizes, beside what it needs.
PARTS: dict[str, dict[str, Any]] = {
    "temperature": {},
    "bias": {},
    "pull": {"temperature": 1},
    "distance": {"pull": "1/2"},
    "noises": {},
}


@pytest.mark.parametrize("part", PARTS)
def test_no_part_of_a_generator_but_sizes_is_taken(part):
    assert PARTS.keys() | {"sizes", "edited", "fading"} == {field.name for field in fields(Generator)}
    value = (1, 2, 1) if part == "noises" else "1/4"
    said = sizes_alone(Generator(**{part: value}, **PARTS[part]))
    assert said is not None
    assert re.search(rf"got ([a-z]+, )?{part} too. Leave it out", said)
    assert sizes_alone(Generator(sizes=(1, 2, 3))) is None
    assert sizes_alone(Generator("1/4"), "temperature") is None


def test_large_counts_are_split_and_others_are_not():
    """Without it a pool of millions of rows would be looked through count by count."""

    def splits(task, workflow=None):
        sampler: Any = samplers_of(type(task))[0]
        return sampler(task, workflow or Replace(), 2, jnp.dtype("float64")).splits

    assert [splits(Bernoulli(T, 0.3)) for T in (128, 130, 10**6)] == [False, True, True]
    assert [splits(Poisson(T, 3.0)) for T in (21, 22, 10**6)] == [False, True, True]
    # also where draws or later pools alone are large
    assert splits(Bernoulli(100, 0.3), Made(lambda i: subsample(pools(1, i), rows=i)))
    assert splits(Poisson(10, 3.0), Made(lambda i: by_count(pools(1, i)), lambda j: 3 if j == 2 else 1))


def test_rounding_makes_no_ones_of_what_is_not():
    """In any order of sums a chance is at most 1: all rows of one category stay so for ever."""
    sampler, *_ = samplers_of(Bernoulli)
    chain = sampler(Bernoulli(3, 1 - 1e-12), Accumulate(), 200, jnp.dtype("float64"))
    assert np.isfinite(np.asarray(chain(jr.key(0)))).all()


def test_the_smallest_pool_of_a_chain_decides_whether_gamma_sums_are_too_skew():
    task = Gamma(4, 0.1, 1.0)
    assert (task.numbers["shape"], task.numbers["T"]) == (0.1, 4)
    assert "a pool of 4 rows is too skew" in str(GammaSums.objection(task, ReplaceGrowing(), 3))
    assert GammaSums.objection(Gamma(5, 0.1, 1.0), ReplaceGrowing(), 3) is None
