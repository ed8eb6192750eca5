"""What is wrong, word for word: the numbers and the names in a message are those that a user can put right."""

from dataclasses import replace
from typing import Any

import jax.random as jr
import numpy as np
import pytest

import sim
from sim import hosts, meeting
from sim.dispatch import Wish, chosen
from sim.run import Run
from sim.samplers.base import USUAL
from sim.samplers.scatter import moments_note
from sim.statistics import Estimate
from sim.tasks import samplers_of
from theory import (
    Accumulate,
    AccumulateSubsample,
    Bernoulli,
    FreshReal,
    Gamma,
    Gaussian,
    GeneralisedLinear,
    Generator,
    LinearRegression,
    Population,
    Replace,
    SlidingWindow,
    Task,
)

FRESH = LinearRegression(T=12, d=3, sigma=1.0, design="fresh")
REPLACE, PAIR = Replace(), Population([[0, 1], ["1/2", 0]], [0, "1/2"])


def run(task: Task = FRESH, workflow: Any = REPLACE, **changes: Any) -> Run:
    return sim.run(task, workflow, **{"iterations": 3, "replicates": 10, "key": jr.key(0)} | changes)


def sampler(name: str, task: Task, workflow: Any, generator: Generator = USUAL, of: str | None = None) -> Any:
    return chosen(Wish(name), task, workflow, 3, of, generator)


def made(task: Task, workflow: Any, of: str) -> Run:
    numbers = Estimate(np.ones(3), np.full(3, 0.1), {}, {})
    return Run(task, workflow, 3, of, 1000, "literal", "float64", numbers, 2, "")


#: What is done, and all that is said of it.
MISTAKES = {
    "a share above 1": (
        lambda: run(relative_error=2.0),
        "relative_error is a share of the mean, as 0.001; got 2.0.",
    ),
    "too many replicates": (
        lambda: run(replicates=2**32 + 1),
        "a simulation has at most 4,294,967,296 replicates; got 4,294,967,297.",
    ),
    "too many iterations": (
        lambda: run(iterations=2001),
        "a simulation has at most 2,000 iterations; got 2,001. Beyond, ask the law.",
    ),
    "another quantity": (
        lambda: made(Bernoulli(9, 0.25), Replace(), "diversity").test_error,
        "this run is of the diversity of Bernoulli(T=9, p=0.25); its numbers are in `estimate`.",
    ),
    "values that a population has not": (
        lambda: sim.compare(made(FRESH, PAIR, "test_error"), PAIR, validity="next-order"),
        "a population has gains alone, and no next-order values. Leave validity out.",
    ),
    "no host": (
        lambda: meeting.meet("nowhere", 0, {"processes": 2}, hosts.compare),
        "the coordinator is a host and a port, as 10.0.0.1:1234; got 'nowhere'.",
    ),
    "a part of a place": (
        lambda: hosts.join("here:1", 2, None),
        "a distributed run names coordinator (host:port), processes and process all three, or none on a cluster that "
        "JAX detects; got coordinator=here:1, processes=2, process=None.",
    ),
    "several noises of a subsample's limit": (
        lambda: sampler("gaussian", replace(FRESH, sigma=(1.0, 2.0, 1.0)), AccumulateSubsample()),
        "AccumulateSubsample() draws subsamples, and its samplers need one sigma for all pools.",
    ),
    "sizes twice": (
        lambda: sampler("wishart", replace(FRESH, T=(12, 14, 16)), Replace(), Generator(sizes=(1, 2, 1))),
        "T is given one an iteration, and the generator has sizes too. Give one T, or leave the sizes out.",
    ),
    "noises twice": (
        lambda: sampler("wishart", replace(FRESH, sigma=(1.0, 2.0, 1.0)), Replace(), Generator(noises=(1, 2, 1))),
        "sigma is given one an iteration, and the generator has noises too. Give one sigma, or leave the noises out.",
    ),
    "older pools": (
        lambda: sampler("radial", FRESH, SlidingWindow(2)),
        "SlidingWindow(k=2): the training set of iteration 2 is not its newest pools with all rows counting alike, and "
        "the radial sampler is exact only there. Use the wishart sampler.",
    ),
    "pools that are drawn from": (
        lambda: sampler("wishart", FRESH, AccumulateSubsample()),
        "AccumulateSubsample() draws subsamples, and this sampler is exact only for pools used whole.",
    ),
    "a part of a row": (
        lambda: sampler("wishart", replace(FRESH, T=10), FreshReal("1/3")),
        "FreshReal(synthetic_ratio=1/3): a pool of iteration 2 has 10/3 rows at T=10, not a whole number of rows. "
        "Choose T or the workflow's sizes so that it is.",
    ),
    "a part of a category's row": (
        lambda: sampler("sufficient", Bernoulli(10, 0.5), FreshReal("1/3")),
        "FreshReal(synthetic_ratio=1/3): a pool of iteration 2 has 10/3 rows at T=10, not a whole number of rows. "
        "Choose T or the workflow's sizes so that it is.",
    ),
    "skew sums": (
        lambda: sampler("sufficient", Gamma(T=5, mean=1.0, shape=0.01), Replace()),
        "at shape=0.01 a pool of 5 rows is too skew for this sampler. Use the literal one.",
    ),
    "a singular covariance": (
        lambda: sampler("literal", Gaussian(T=3, d=4), Replace(), of="log_determinant"),
        "the log_determinant needs covariances that are not singular, from d + 1 = 5 rows on; got a fit to 3.",
    ),
    "a pool's singular covariance": (
        lambda: sampler("sufficient", Gaussian(T=8, d=3), Replace(), Generator(sizes=(1, 1, "1/4"))),
        "a pool of 2 rows has a singular covariance at d=3. Use the literal sampler.",
    ),
    "an unbiased covariance of one row": (
        lambda: sampler("literal", Gaussian(4, 1, "unbiased"), Replace(), Generator(sizes=(1, 1, "1/4"))),
        "an unbiased covariance needs 2 rows, and Replace() with pools of 1, 1, 1/4 times T rows fits 1. Ask for "
        'the estimator "mle".',
    ),
    "fewer rows than features": (
        lambda: sampler("wishart", replace(FRESH, d=20, ridge=0.0), Replace()),
        "Replace() fits a model to fewer rows than its 20 features without a ridge, and the wishart sampler keeps no "
        "rows to find the least norm by. Use the literal sampler.",
    ),
    "sizes of a table": (
        lambda: sampler("literal", GeneralisedLinear(table="haberman"), FreshReal(2), of="held_out_loss"),
        "FreshReal(synthetic_ratio=2) has pools of other sizes than T, and every pool is of the rows of haberman.",
    ),
    "an unknown task": (
        lambda: samplers_of(Task),
        "no sampler of Task is known; there are some of LinearRegression, Gaussian, Bernoulli, Categorical, Poisson, "
        "Gamma, NegativeBinomial, KernelDensity, GeneralisedLinear, Estimator. Write a sim.AbstractSampler, and add it "
        "by sim.register(Task, …).",
    ),
    "an unknown table": (
        lambda: sim.table("titanic"),
        "there are tables of breast-cancer, haberman, iris, transfusion; got 'titanic'.",
    ),
    "a law of another workflow": (
        lambda: sim.compare(made(FRESH, Replace(), "test_error"), PAIR),
        "the run is of the test_error of LinearRegression(T=12, d=3, sigma=1.0, design=fresh) under Replace(), the law "
        f"of the gains of {PAIR}. Compare a run with the law of its own: theory.law(run.task, run.workflow, run.of).",
    ),
}


@pytest.mark.parametrize(("mistake", "said"), MISTAKES.values(), ids=MISTAKES)
def test_a_mistake_is_said_to_the_word(mistake, said):
    with pytest.raises((ValueError, AttributeError)) as found:
        mistake()
    assert str(found.value) == said


#: A sampler, and all that is to be known of its numbers.
NOTES = {
    "a variance that is infinite": (
        ("wishart", replace(FRESH, T=6), REPLACE),
        "with 6 rows in a training set at d=3 the test error has a mean but its variance is infinite (finite from "
        "d + 4 rows on): a standard error would mean nothing and is not given.",
    ),
    "means given the designs": (
        ("conditional", FRESH, REPLACE),
        "each replicate is an expected test error given its designs: same mean, no quantiles; with quantiles=True "
        "(--quantiles) a run has them.",
    ),
    "the limit": (
        ("gaussian", FRESH, REPLACE),
        "the limit T -> oo: test errors are sigma^2 / T times those of a Gaussian walk.",
    ),
    "rows near the features in number": (
        ("literal", replace(FRESH, T=9, d=20, ridge=0.0), Accumulate()),
        "without a ridge, model 2 is fitted to 18 different rows at d=20, and its test error has a mean but its "
        "variance is infinite (finite from d - 4 rows down and from d + 4 up): a standard error would mean nothing and "
        "is not given.",
    ),
    "as many rows as features": (
        ("literal", replace(FRESH, T=10, d=20, ridge=0.0), Accumulate()),
        "without a ridge, model 2 is fitted to 20 different rows at d=20, and its test error has no mean (there is one "
        "from d - 2 rows down and from d + 2 up): neither a mean from there on nor a standard error means anything. "
        "Quantiles do, or use a ridge.",
    ),
}


@pytest.mark.parametrize(("asked", "said"), NOTES.values(), ids=NOTES)
def test_what_to_know_of_numbers_is_said_to_the_word(asked, said):
    assert sampler(*asked)[0].note == said


@pytest.mark.parametrize(
    ("moments", "d", "said"),
    [
        (2, 3, ""),
        (
            1,
            3,
            "with fewer than d + 5 = 8 rows in the pools of a training set the divergence has a mean but its variance "
            "may be infinite.",
        ),
        (0, 4, "with fewer than d + 5 = 9 rows in the pools of a training set the divergence has perhaps no mean."),
    ],
)
def test_what_a_divergence_lacks(moments, d, said):
    assert moments_note(moments, d) == said
