"""The verdict: what agrees, what does not, and what cannot be compared."""

import re
from dataclasses import replace
from typing import Any

import jax.random as jr
import numpy as np
import pytest

import sim
import theory
from sim.comparison import FEWEST_FOR_QUANTILES, NOISIEST, Z
from sim.run import Run
from sim.statistics import LEVELS, Estimate
from tests.helpers import thinned
from theory import Accumulate, Bernoulli, FixedReal, Gaussian, Generator, Population, Replace, ReplaceGrowing

pytestmark = pytest.mark.usefixtures("quickly_compiled")  # few replicates, of many programs


def test_infinite_variance_is_judged_by_quantiles():
    task = sim.LinearRegression(T=7, d=5, design="fixed")
    run = sim.run(task, Accumulate(), iterations=3, replicates=40_000, key=jr.key(1))
    law = theory.linear.test_error(Accumulate(), design="fixed")
    found = sim.compare(run, law)
    assert found.verdict == "agree"
    assert "quantiles were held against the exact distribution at every iteration" in found.reason
    assert f"they are at most {found.max_abs_z:.1f} standard errors away, and 5 is expected" in found.reason
    wrong = theory.linear.test_error(Accumulate(), design="fixed")
    shifted = {level: values * 1.1 for level, values in run.test_error.quantiles.items()}
    off = replace(run, estimate=replace(run.estimate, quantiles=shifted))
    assert sim.compare(off, wrong).verdict == "disagree"
    few = sim.run(task, Accumulate(), iterations=3, replicates=100, key=jr.key(1))
    assert sim.compare(few, law).verdict == "not comparable"


def test_at_fresh_design_the_first_iteration_alone_has_a_known_distribution():
    task = sim.LinearRegression(T=8, d=5, design="fresh")
    run = sim.run(task, Accumulate(), iterations=2, replicates=20_000, key=jr.key(2))
    found = sim.compare(run, theory.linear.test_error(Accumulate(), design="fresh"))
    assert (found.verdict, np.isfinite(found.z).tolist()) == ("agree", [True, False])
    assert "at iteration 1:" in found.reason


@pytest.mark.slow
def test_unequal_pools_are_held_against_their_own_law():
    task = sim.LinearRegression(T=(30, 12, 50), d=4, sigma=(1.0, 2.0, 0.5), design="fresh")
    for workflow in (Accumulate(), Replace()):
        run = sim.run(task, workflow, iterations=3, replicates=40_000, key=jr.key(4))
        assert sim.compare(run, theory.unequal(workflow, design="fresh")).verdict == "agree"
        with pytest.raises(ValueError, match="Compare a run with the law of its own"):
            sim.compare(run, theory.linear.test_error(workflow, design="fresh"))
    # the power: another order of the same pools is seen
    swapped = sim.LinearRegression(T=(30, 50, 12), d=4, sigma=(1.0, 0.5, 2.0), design="fresh")
    other = sim.run(swapped, Replace(), iterations=3, replicates=40_000, key=jr.key(4))
    law = theory.unequal(Replace(), design="fresh").evaluate(T=(30, 12, 50), d=4, sigma=(1.0, 2.0, 0.5))
    assert abs(other.test_error.mean[1] - law[1]) > 10 * other.test_error.standard_error[1]


def made(workflow, design, mean, standard_error, T: Any = 100, d=32):
    task = sim.LinearRegression(T=T, d=d, design=design)
    estimate = Estimate(np.asarray(mean), np.asarray(standard_error), {}, {})
    return Run(task, workflow, len(mean), "test_error", 1000, "literal", "float64", estimate, 2, "")


def test_compare_verdicts():
    law = theory.linear.test_error(Accumulate(), design="fresh")
    exact = law.evaluate(T=100, d=32, n=range(1, 4))
    error = np.full(3, 0.001)
    agreeing = sim.compare(made(Accumulate(), "fresh", exact + 0.9 * Z * error, error), law)
    assert agreeing.verdict == "agree"
    np.testing.assert_allclose(agreeing.max_abs_z, 0.9 * Z)
    one_off = exact.copy()
    one_off[1] -= 1.1 * Z * error[1]
    disagreeing = sim.compare(made(Accumulate(), "fresh", one_off, error), law)
    assert disagreeing.verdict == "disagree"
    assert "5.5 standard errors from the law" in disagreeing.reason
    np.testing.assert_allclose(disagreeing.z, [0, -1.1 * Z, 0], atol=1e-9)


def test_compare_does_not_pretend():
    law = theory.linear.test_error(Accumulate(), design="fresh")
    exact = law.evaluate(T=100, d=32, n=range(1, 4))
    noisy = sim.compare(made(Accumulate(), "fresh", exact, exact * NOISIEST * np.array([0.2, 2.0, 0.2])), law)
    assert noisy.verdict == "not comparable"
    assert "reaches 10% of the mean and a verdict needs 5%; use about 4000 replicates" in noisy.reason
    # at 5 %, to the bit, there is a verdict yet
    assert sim.compare(made(Accumulate(), "fresh", [0.5], [0.5 * NOISIEST]), law).verdict != "not comparable"
    single = sim.compare(made(Accumulate(), "fresh", exact, exact * np.nan), law)
    assert single.verdict == "not comparable"
    asymptotic = sim.compare(
        made(Accumulate(), "fresh", exact, exact * 0.01), replace(law, derived=replace(law.derived, validity="large-T"))
    )
    assert asymptotic.verdict == "not comparable"


@pytest.mark.parametrize(("workflow", "design"), [(Replace(), "fresh"), (Accumulate(), "fixed")])
def test_compare_refuses_a_law_of_something_else(workflow, design):
    run = made(Accumulate(), "fresh", [1.0], [0.01])
    with pytest.raises(ValueError, match="Compare a run with the law of its own"):
        sim.compare(run, theory.linear.test_error(workflow, design=design))


def test_compare_refuses_an_unequal_law_of_the_other_design():
    run = made(Accumulate(), "fresh", [1.0], [0.01], T=(100,))
    assert sim.compare(run, theory.unequal(Accumulate(), design="fresh")).verdict != "not comparable"
    with pytest.raises(ValueError, match="law of the test error at fixed design under .*a run with the law of its own"):
        sim.compare(run, theory.unequal(Accumulate(), design="fixed"))
    with pytest.raises(ValueError, match="has no next-order values; it has exact"):
        sim.compare(run, theory.unequal(Accumulate(), design="fresh"), validity="next-order")


@pytest.mark.parametrize(("validity", "named"), [(None, "the law"), ("exact", "the law's exact values")], ids=str)
def test_a_verdict_names_the_values_that_were_asked_for(validity, named):
    law = theory.law(sim.LinearRegression(T=100, d=32, design="fresh"), Accumulate())
    for mean, said in ((1.0, f" standard errors from {named}; at most 5 is expected."), (32 / 67, f" of {named}.")):
        assert sim.compare(made(Accumulate(), "fresh", [mean], [0.01]), law, validity=validity).reason.endswith(said)


@pytest.mark.parametrize("T", thinned([(20, 30, 40), 20], every=2), ids=str)
def test_unequal_pools_have_the_sizes_of_the_workflow(T):
    task = sim.LinearRegression(T=T, d=3, design="fresh")
    run = sim.run(task, ReplaceGrowing(), iterations=3, replicates=20_000, key=jr.key(0))
    assert sim.compare(run, theory.law(run.task, ReplaceGrowing())).verdict == "agree"


def test_a_run_of_the_limit_is_held_against_the_gain_to_the_bit():
    task = sim.LinearRegression(T=97, d=7, sigma=0.3, design="fresh")
    run = sim.run(task, FixedReal("1/3"), iterations=5, replicates=2_000, key=jr.key(0), sampler="gaussian")
    law = theory.linear.test_error(FixedReal("1/3"), design="fresh")
    expected = [float(c) * 0.3**2 * 7 / 97 for c in theory.gain(FixedReal("1/3"), 5)]
    found = sim.compare(run, law)
    assert (found.law.tolist(), found.verdict) == (expected, "agree")


def test_a_run_of_the_limit_says_nothing_of_a_law_at_few_rows():
    """Of unequal pools the law of finite T alone is known: 16 standard errors off at 20 rows, and right at many."""
    settings = {"iterations": 3, "replicates": 2000, "key": jr.key(0), "sampler": "gaussian"}
    few, many = (sim.LinearRegression((2 * T, 3 * T, 4 * T), d=3, design="fresh") for T in (10, 10**5))
    run, later = sim.run(few, Accumulate(), **settings), sim.run(many, Accumulate(), **settings)
    law = theory.unequal(Accumulate(), design="fresh")
    found = sim.compare(run, law)
    assert (found.verdict, found.max_abs_z > Z) == ("not comparable", True)
    assert found.reason.startswith("the run is of the limit T -> oo, and the law of finite T; ask for an asymptotic")
    assert sim.compare(later, law, asymptotic=True).verdict == "agree"


def test_a_run_of_the_limit_with_shifted_labels_is_held_against_gains_and_shifts():
    """At fixed design the law is exact, and at these numbers a hundred-thousandth off the limit."""
    T, d, n = 10**6, 7, range(1, 4)
    generator = Generator(bias="1/300", temperature="3/2")
    law = sim.LinearRegression(T, d, design="fixed").generated(Accumulate(), generator)
    exact = law.evaluate(T=T, d=d, sigma=1.0, n=n)
    run = made(Accumulate(), "fixed", exact, exact / 1000, T=T, d=d)
    found = sim.compare(replace(run, generator=generator, is_limit=True), law)
    np.testing.assert_allclose(found.law, exact, rtol=3e-5)
    # the power: both parts are large, and gains alone are of the law without a bias
    alone = theory.generated(Accumulate(), Generator(temperature="3/2"), design="fixed")
    gains = alone.evaluate(T=T, d=d, sigma=1.0, n=n)
    assert (gains[1:] < 0.95 * exact[1:]).all()
    assert (gains > 0.5 * exact).all()


#: Of three categories after six iterations of 1000 rows, and of many of 4: means, their errors, and the law's values.
SAME = {
    "none lost, which the law all but says": ([0.0, 0.0], [0.0, 0.0], [1e-155, 1e-80], "not comparable", [None, None]),
    "none lost at first": ([0.0, 0.2], [0.0, 0.001], [1e-155, 0.2], "not comparable", [None, 0.0]),
    "none lost, as the law says": ([0.0, 0.2], [0.0, 0.001], [0.0, 0.2], "agree", [0.0, 0.0]),
    "all but one lost": ([1.5, 2.0], [0.001, 0.0], [1.5, 2 - 1e-7], "not comparable", [0.0, None]),
    "all but one lost, to rounding": ([1.5, 2.0], [0.001, 0.0], [1.5, 2 - 1e-13], "agree", [0.0, 0.0]),
    "an error of rounding": ([1.5, 0.21], [0.001, 1e-18], [1.5, 0.2], "not comparable", [0.0, None]),
    "another that is wrong": ([0.0, 0.2], [0.0, 0.001], [1e-9, 0.21], "disagree", [None, -10.0]),
    "a law that is far off": ([0.0, 0.0], [0.0, 0.0], [0.5, 0.5], "not comparable", [None, None]),
}


@pytest.mark.parametrize(("mean", "error", "values", "verdict", "z"), SAME.values(), ids=SAME)
def test_replicates_that_are_all_the_same_say_nothing(monkeypatch, mean, error, values, verdict, z):
    law = theory.linear.test_error(Accumulate(), design="fresh")
    monkeypatch.setattr(theory.Law, "evaluate", lambda *_, **__: np.array(values))
    found = sim.compare(made(Accumulate(), "fresh", mean, error), law)
    assert found.verdict == verdict
    expected = [np.nan if each is None else each for each in z]
    np.testing.assert_allclose(found.z, expected, atol=1e-12)
    np.testing.assert_allclose(found.max_abs_z, max((abs(each) for each in z if each is not None), default=np.nan))
    if verdict == "not comparable":
        place = z.index(None)
        said = (
            f"at iteration {place + 1} all 1,000 replicates have {mean[place]:.6g}, .* the law is {values[place]:.6g}"
        )
        assert re.search(said, found.reason)


def test_of_a_population_it_is_told_at_which_iteration_they_are_the_same():
    pair = Population([[0, 1], ["1/2", 0]], [0, "1/2"])
    run = made(pair, "fixed", np.ones((3, 2)), np.full((3, 2), 0.001))
    law = sim.compare(run, pair).law
    for place in ((0, 1), (2, 0)):
        mean, error = law.copy(), 0.001 * law
        mean[place], error[place] = 7.5, 0.0
        found = sim.compare(made(pair, "fixed", mean, error), pair)
        assert (found.verdict, found.z.shape) == ("not comparable", (3, 2))
        assert found.reason.startswith(f"at iteration {place[0] + 1} all 1,000 replicates have 7.5, ")
        assert f"the law is {law[place]:.6g} there" in found.reason


def test_support_that_is_never_lost_is_not_comparable():
    task = Bernoulli(1000, 0.3)
    run = sim.run(task, Replace(), of="support_lost", iterations=2, replicates=200, key=jr.key(0))
    assert run.estimate.mean.tolist() == [0, 0]
    assert sim.compare(run, theory.law(task, Replace(), "support_lost")).verdict == "not comparable"


def test_a_law_at_a_temperature_is_of_runs_at_that_temperature():
    cold, task = Generator(temperature="7/10"), Gaussian(5, 2)
    law = Gaussian().generated(Accumulate(), cold)
    settings = {"iterations": 3, "replicates": 20_000, "key": jr.key(2), "sampler": "sufficient"}
    run, usual = sim.run(task, Accumulate(), generator=cold, **settings), sim.run(task, Accumulate(), **settings)
    assert sim.compare(run, law).verdict == "agree"
    assert sim.compare(usual, theory.law(Gaussian(), Accumulate())).verdict == "agree"
    # the power: the two laws are far apart
    assert abs(run.estimate.mean[2] - usual.estimate.mean[2]) > 10 * usual.estimate.standard_error[2]
    error = Gaussian().generated(Accumulate(), cold, of="mean_error")
    for wrong in (theory.law(Gaussian(), Accumulate()), Gaussian().generated(Accumulate(), Generator(2)), error):
        with pytest.raises(ValueError, match="own: run.task.generated"):
            sim.compare(run, wrong)
    with pytest.raises(ValueError, match=r"law of the variance of .* and Generator\(temperature=7/10\)"):
        sim.compare(usual, law)


def test_thresholds_are_those_of_the_documentation():
    assert (Z, NOISIEST, FEWEST_FOR_QUANTILES) == (5.0, 0.05, 4000)


@pytest.mark.parametrize("factor", [0.9, 1.1])
@pytest.mark.parametrize("iteration", [1, 3])
def test_one_quantile_of_one_iteration_that_is_too_low_is_seen(factor, iteration):
    task = sim.LinearRegression(T=7, d=5, design="fixed")
    law = theory.linear.test_error(Accumulate(), design="fixed")
    # quantiles as the law has them, but one
    exact = [law.distribution(n=n, T=7, d=5) for n in (1, 2, 3)]
    quantiles = {level: np.array([each.ppf(level) for each in exact]) for level in LEVELS}
    errors = {level: values / 100 for level, values in quantiles.items()}
    means = np.array([each.mean() for each in exact])
    estimate = Estimate(means, np.full(3, np.nan), quantiles, errors)
    run = Run(task, Accumulate(), 3, "test_error", 5000, "radial", "float64", estimate, 1, "")
    for replicates, verdict in ((5000, "agree"), (4000, "agree"), (3999, "not comparable")):
        assert sim.compare(replace(run, replicates=replicates), law).verdict == verdict
    quantiles[0.25][iteration - 1] *= factor
    found = sim.compare(run, law)
    assert found.verdict == "disagree"
    np.testing.assert_allclose(found.z[iteration - 1], (factor - 1) * 100, rtol=1e-9)
