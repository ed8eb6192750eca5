"""Simulations of editing: against least squares on the labels, their second moments given the designs, and the law."""

import jax
import jax.random as jr
import numpy as np
import pytest

import sim
import theory
from sim.comparison import Z
from sim.samplers.edited import LiteralEdited
from tests.helpers import anisotropic, command, refused
from tests.sim.build import build
from tests.sim.test_generator import seen, simulate, task_of
from tests.theory.tasks.regression.test_edited import propagated
from theory import Accumulate, Generator, Replace, ReplaceGrowing

pytestmark = pytest.mark.usefixtures("quickly_compiled")  # few replicates, of many programs

FADING = Generator(edited="1/2", fading="1/2")
COLD = Generator(edited=("1/2", 1, "1/5"), temperature="1/2")
ITERATIONS = 4


def edited(task, generator, key):
    """Test errors of lstsq on rows that are edited one by one, in units of sigma, from the sampler's random numbers."""
    T, d = task.T, task.d
    truth_key, design_key, pools_key = jr.split(key, 3)
    root = np.eye(d) if task.covariance is None else np.linalg.cholesky(task.covariance)
    truth, x = np.asarray(jr.normal(truth_key, (d,))), np.asarray(jr.normal(design_key, (T, d))) @ root.T
    rows, model, errors = [], truth, []
    for iteration in range(ITERATIONS):
        noise_key, row_key, edit_key = jr.split(jr.fold_in(pools_key, iteration), 3)
        share = 1.0 if iteration == 0 else float(generator.edited_by(iteration))
        drawn, noise = np.asarray(jr.normal(row_key, (T, d))) @ root.T, np.asarray(jr.normal(noise_key, (T,)))
        scores = np.asarray(jr.uniform(edit_key, (T,)))
        spread = 1.0 if iteration == 0 else float(generator.temperature)
        rows = rows or [None] * T
        for i in range(T):
            if scores[i] < share:
                row = x[i] if task.design == "fixed" else drawn[i]
                rows[i] = (row, row @ model + spread * noise[i])
        model = np.linalg.lstsq(np.array([r for r, _ in rows]), np.array([y for _, y in rows]), rcond=None)[0]
        errors.append(((root.T @ (model - truth)) ** 2).sum())
    return errors


@pytest.mark.parametrize(("design", "generator"), [("fixed", FADING), ("fresh", COLD)], ids=str)
def test_the_sampler_solves_least_squares_on_edited_rows(design, generator):
    task = task_of(design, T=9, covariance=anisotropic(3))
    chain, _ = build("literal", task, Replace(), ITERATIONS, generator=generator)
    assert isinstance(chain, LiteralEdited)
    key = jr.key(5)
    # float64 normal equations at a condition number of a thousand
    np.testing.assert_allclose(jax.jit(jax.vmap(chain))(key[None])[0], edited(task, generator, key), rtol=1e-8)


@pytest.mark.slow
@pytest.mark.parametrize("generator", [FADING, COLD], ids=str)
def test_means_at_fixed_design_are_those_of_the_labels_second_moments(generator):
    """At T = 20 they are not the law's, which is of T -> oo."""
    T, d, sigma = 20, 3, 0.7
    shares = [float(generator.edited_by(model)) for model in range(1, ITERATIONS)]
    random = np.random.default_rng(2)
    given = np.array(
        [propagated(random.normal(size=(T, d)), shares, float(generator.temperature)) for _ in range(1500)]
    )
    # given X all errors are nearly proportional, and the mean of the first is known
    expected = sigma**2 * d / (T - d - 1) * given.mean(0) / given[:, 0].mean()
    run = simulate(task_of("fixed"), Replace(), generator, replicates=None, relative_error=0.0028)
    assert seen(run, expected)
    law = theory.generated(Replace(), generator, design="fixed").evaluate(T=T, d=d, sigma=sigma, n=range(1, 5))
    off = np.abs(run.test_error.mean - law) / run.test_error.standard_error
    assert off.max() > Z


@pytest.mark.slow
def test_means_of_many_samples_follow_the_law():
    jax.config.update("jax_disable_most_optimizations", False)  # many replicates, of one program
    task = task_of("fixed", T=200, d=2)
    run = simulate(task, Replace(), FADING, replicates=None, relative_error=0.0028)
    law = task.generated(Replace(), FADING)
    assert seen(run, law.evaluate(T=200, d=2, sigma=0.7, n=range(1, ITERATIONS + 1)))
    assert sim.compare(run, law).verdict == "not comparable"
    assert sim.compare(run, law, asymptotic=True).verdict == "agree"


def test_what_is_not_simulated():
    for workflow in (Accumulate(), ReplaceGrowing()):
        with pytest.raises(
            ValueError, match=r"edits the newest training set.*under Replace\(\), by the literal sampler"
        ):
            simulate(task_of("fresh"), workflow, FADING)
    for sampler in ("radial", "wishart", "gaussian", "conditional"):
        with pytest.raises(ValueError, match=f"the {sampler} sampler labels whole pools"):
            simulate(task_of("fresh"), Replace(), FADING, sampler=sampler)
    with pytest.raises(ValueError, match="one T and one sigma"):
        simulate(task_of("fresh", T=(20, 30, 20, 20)), Replace(), FADING)
    with pytest.raises(ValueError, match="its temperature alone may be unusual"):
        simulate(task_of("fresh"), Replace(), Generator(edited="1/2", bias=1))
    with pytest.raises(ValueError, match="end at model 3; model 4 needs one"):
        simulate(task_of("fresh"), Replace(), COLD, iterations=5)
    assert LiteralEdited.generator_objection(Generator(bias=1), task_of("fresh"), Replace(), 3) is not None


def test_the_command(capsys):
    line = (
        "replace --edited 1/5 --fading 1/2 --T 30 --d 2 --design fixed --iterations 2 --replicates 50 --seed 0 --json"
    )
    found = command(capsys, "sim", line).json
    assert (found["edited"], found["fading"], found["sampler"]) == ("1/5", "1/2", "literal")
    assert found["verdict"] == "not comparable"
    np.testing.assert_allclose(found["theory"], np.array([1, 1.36]) * 2 / 27)
    wrong = line.replace("replace", "accumulate").replace("--json", "")
    refused(command(capsys, "sim", wrong), "sim", "simulated under Replace()")
