"""Simulated populations against their gains, least squares on all rows, and workflows of one model."""

from dataclasses import replace
from fractions import Fraction
from typing import Any

import jax
import jax.random as jr
import numpy as np
import pytest

import sim
from sim.blocks import Blocks
from sim.comparison import Z
from tests.helpers import anisotropic, thinned
from tests.sim.build import build
from tests.sim.samplers.test_distributions import distance
from theory import Accumulate, FixedReal, FreshReal, Population, law, symmetric_population
from theory.population import POOLS, REAL_DATA

KINDS = [(pools, real_data) for pools in POOLS for real_data in REAL_DATA]
DESIGNS = ("fixed", "fresh")

#: What gains must be off by, relatively, to be seen for certain.
EFFECT = 0.03


def three(pools="shared", real_data="fixed", sizes=()):
    return Population(
        [["1/2", "1/4", 0], [0, "1/2", "1/4"], ["1/4", 0, 0]], ["1/4", "1/4", "3/4"], pools, real_data, sizes
    )


def task_of(design, T: Any = 20, d: Any = 2, **more):
    return sim.LinearRegression(T=T, d=d, design=design, **more)


def simulate(task, population, **changes):
    return sim.run(task, population, **({"iterations": 4, "replicates": 1000, "key": jr.key(3)} | changes))


def stacked(task, population, key, iterations):
    """Test errors of least squares on weighted rows, (iterations, models), from the sampler's random numbers."""
    T, d, M = task.T, task.d, population.models
    truth_key, design_key, pools_key = jr.split(key, 3)
    root = np.eye(d) if task.covariance is None else np.linalg.cholesky(task.covariance)
    truth, shared = np.asarray(jr.normal(truth_key, (d,))), np.asarray(jr.normal(design_key, (T, d))) @ root.T

    def rows(model, number, size):
        xs, ys = [], []
        for chunk in range(-(-int(size * T) // T)):
            noise_key, x_key = jr.split(jr.fold_in(jr.fold_in(pools_key, number), chunk))
            x = shared if task.design == "fixed" else np.asarray(jr.normal(x_key, (T, d))) @ root.T
            xs.append(x)
            ys.append(x @ model + np.asarray(jr.normal(noise_key, (T,))))
        return np.concatenate(xs)[: int(size * T)], np.concatenate(ys)[: int(size * T)]

    real = [rows(truth, a, 1) for a in range(M)]
    models = [np.linalg.lstsq(*data, rcond=None)[0] for data in real]
    found = [models]
    for iteration in range(1, iterations):
        first, new = iteration * M * (M + 1), []
        for a in range(M):
            own = real[a] if population.real_data == "fixed" else rows(truth, first + a, 1)
            parts = [(population.real[a], own)]
            for b, share in enumerate(population.shares[a]):
                number = first + M + b + (a * M if population.pools == "separate" else 0)
                parts.append((share, rows(models[b], number, population.sizes[b])))
            scaled = [
                (np.sqrt(float(share) / len(y)) * x, np.sqrt(float(share) / len(y)) * y) for share, (x, y) in parts
            ]
            x, y = (np.concatenate(each) for each in zip(*scaled, strict=True))
            new.append(np.linalg.lstsq(x, y, rcond=None)[0])
        models = new
        found.append(models)
    return np.array([[((root.T @ (model - truth)) ** 2).sum() for model in models] for models in found])


STACKED = [(pools, real_data, design) for pools, real_data in KINDS[::-1] for design in DESIGNS[::-1]]


@pytest.mark.usefixtures("quickly_compiled")
@pytest.mark.parametrize(("pools", "real_data", "design"), thinned(STACKED, every=8))
def test_the_literal_sampler_solves_least_squares_on_the_stacked_rows(pools, real_data, design):
    population = three(pools, real_data, sizes=(1, 2, 1))
    task, key = task_of(design, T=9, d=3, covariance=anisotropic(3)), jr.key(4)
    chain, _ = build("literal", task, population, 3)
    found = np.asarray(jax.jit(jax.vmap(chain))(key[None])).reshape(3, 3)
    # float64 normal equations at a condition number of a thousand
    np.testing.assert_allclose(found, stacked(task, population, key, 3), rtol=1e-8)


@pytest.mark.parametrize(("pools", "real_data"), thinned(KINDS, every=4))
def test_at_fixed_design_means_follow_the_exact_gains(pools, real_data):
    population = three(pools, real_data, sizes=(1, 2, 1))
    run = simulate(task_of("fixed"), population, sampler="wishart", replicates=None, relative_error=0.0028)
    assert run.test_error.mean.shape == run.test_error.standard_error.shape == (4, 3)
    assert run.test_error.quantiles[0.5].shape == (4, 3)
    found = sim.compare(run, population)
    assert (found.verdict, found.z.shape) == ("agree", (4, 3))
    exact = np.array([[float(c) for c in row] for row in population.gains(4)]) * 2 / 17
    np.testing.assert_allclose(found.law, exact, rtol=1e-12)
    # the power: gains that are off, and those of the models in another order
    error = run.test_error.standard_error
    assert (error < EFFECT / (2 * Z) * exact).all()
    for wrong in (exact * (1 + EFFECT), exact * (1 - EFFECT)):
        assert (np.abs(run.test_error.mean - wrong) > Z * error).all()
    other = sim.compare(
        replace(run, workflow=replace(population, sizes=(1, 1, 1))), replace(population, sizes=(1, 1, 1))
    )
    assert other.verdict == "disagree"


@pytest.mark.slow
@pytest.mark.parametrize(
    ("kind", "known"),
    [(("shared", "fixed"), 0.7135947712), (("separate", "fresh"), 0.3344662309)],
    ids=str,
)
def test_known_limits_of_symmetric_populations(kind, known):
    """Three models, weight 3/10 on real data; after 15 iterations what is left of the start is 0.7^28.

    The gains of all kinds are held against simulations above; here two of them go far.
    """
    population = symmetric_population(3, "3/10", pools=kind[0], real_data=kind[1])
    run = simulate(task_of("fixed", T=40, d=4), population, iterations=15, replicates=100_000)
    assert sim.compare(run, population).verdict == "agree"
    mean, error = run.test_error.mean[-1] * 35 / 4, run.test_error.standard_error[-1] * 35 / 4
    assert (error < EFFECT / (2 * Z) * known).all()
    assert (np.abs(mean - known) < Z * error + 1e-4).all()
    assert (np.abs(mean - (1 + EFFECT) * known) > Z * error).all()


@pytest.mark.slow
@pytest.mark.parametrize(
    ("pools", "real_data", "design"), [*((*kind, "fresh") for kind in KINDS), ("separate", "fresh", "fixed")]
)
def test_same_distribution_as_the_literal_sampler(pools, real_data, design):
    """At fixed design the means have exact gains of each kind, above."""

    def draw(sampler, seed, sizes=(1, 2, 1)):
        population = three(pools, real_data, sizes)
        blocks = Blocks(build(sampler, task_of(design, T=9), population, 3, "float64")[0], jr.key(seed))
        return np.concatenate(list(blocks(0, -(-40_000 // blocks.size))))[:40_000, 3:]

    one, other = draw("wishart", 1), draw("literal", 2)
    assert distance(one, other) < 1
    assert distance(one * 1.06, other) > 1
    assert distance(draw("wishart", 3, (2, 1, 1)), other) > 1


@pytest.mark.slow
@pytest.mark.parametrize(("pools", "real_data"), KINDS)
def test_one_model_is_a_workflow(pools, real_data):
    """At fresh design, where its gain is no law at this T."""
    alone = symmetric_population(1, "3/10", pools=pools, real_data=real_data)
    workflow = FixedReal("3/10") if real_data == "fixed" else FreshReal(1, "3/10")
    task = task_of("fresh", T=12, d=3)
    one, other = (
        np.concatenate(list(Blocks(build("wishart", task, each, 3, "float64")[0], jr.key(seed))(0, 20)))[:40_000]
        for seed, each in enumerate((alone, workflow))
    )
    assert distance(one, other) < 1
    assert distance(one * 1.06, other) > 1


@pytest.mark.slow
def test_large_T_costs_nothing_and_the_gains_are_its_limit():
    population = three(sizes=(1, "1/2", 3))
    run = simulate(task_of("fresh", T=10**6, d=4), population, replicates=40_000)
    assert run.sampler == "wishart"
    assert sim.compare(run, population).verdict == "not comparable"
    assert sim.compare(run, population, asymptotic=True).verdict == "agree"
    small = simulate(task_of("fresh", T=12, d=4), population, replicates=40_000)
    assert sim.compare(small, population, asymptotic=True).verdict == "disagree"


@pytest.mark.slow
def test_a_checkpoint_knows_its_population(tmp_path):
    state = {"checkpoint": tmp_path / "state", "iterations": 2, "replicates": 4096, "sampler": "wishart"}  # a block
    run = simulate(task_of("fixed"), three(), **state)
    again = simulate(task_of("fixed"), three(), **state)
    assert (again.test_error.mean == run.test_error.mean).all()
    for other in (three("separate"), three(sizes=(1, 2, 1)), symmetric_population(3, "1/4")):
        with pytest.raises(ValueError, match="of another run: .*training sets is"):
            simulate(task_of("fixed"), other, **state)


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        (
            {"sizes": (1, "1/2", 1), "design": "fixed"},
            "pools of model 2 have 10 rows at T=20, not a whole number of copies",
        ),
        ({"sizes": (1, "1/3", 1)}, "pools of model 2 have 20/3 rows at T=20, not a whole number of rows"),
        ({"sizes": (1, 1, "1/20"), "d": 19}, "test error needs T >= d \\+ 2"),
        ({"T": (20, 20, 20, 20)}, "a population needs one T and one sigma"),
        ({"sampler": "radial"}, "no sampler radial simulates the test_error of .* under Population"),
    ],
)
def test_mistakes(changes, message):
    given = dict(changes)
    population = three(sizes=given.pop("sizes", ()))
    task = {name: given.pop(name) for name in ("T", "d", "design") if name in given}
    with pytest.raises(ValueError, match=message):
        simulate(task_of(**({"design": "fresh"} | task)), population, **given)


def test_too_few_rows_are_named_with_their_model():
    lonely = Population([[0, 1], [1, 0]], [0, 0], sizes=(1, "1/4"))
    with pytest.raises(ValueError, match="for a finite mean; that of model 1 has 5 at d=4. Use larger sizes"):
        simulate(task_of("fresh", d=4), lonely)


@pytest.mark.parametrize(("size", "d", "moments"), [("3/10", 4, 1), ("2/5", 4, 2), (2, 18, 1), (2, 16, 2)])
def test_the_smallest_training_set_says_whether_there_is_a_variance(size, d, moments):
    """Of a model that trains on another's data alone, or of all first ones, on 20 real rows."""
    pair = Population([[0, 1], [1, 0]], [0, 0], sizes=(1, size))
    chain, _ = build("wishart", task_of("fresh", d=d), pair, 2)
    assert chain.moments == moments
    rows = min(20, int(20 * Fraction(size)))
    assert (f"with {rows} rows in a training set at d={d} the test error has a mean but" in chain.note) == (moments < 2)


def test_no_model():
    with pytest.raises(ValueError, match="at least one model; got none"):
        simulate(task_of("fresh"), Population([], []))


def test_another_law_is_refused(monkeypatch):
    run = sim.Run(
        task_of("fixed"),
        three(),
        2,
        "test_error",
        1000,
        "wishart",
        "float64",
        sim.Estimate(np.ones((2, 3)), np.full((2, 3), 0.001), {}, {}),
        2,
        "",
    )
    for other in (symmetric_population(3, "1/4"), law(task_of("fixed"), Accumulate())):
        with pytest.raises(ValueError, match="Compare a run with the law of its own: run.workflow"):
            sim.compare(run, other)
    with pytest.raises(ValueError, match="a population has gains alone"):
        sim.compare(run, three(), validity="approximation")
