"""The literal sampler against least squares on all rows stacked, by NumPy, from the same random numbers."""

import jax
import jax.numpy as jnp
import jax.random as jr
import numpy as np
import pytest

import sim
from sim.samplers.literal import Literal
from tests.helpers import Made, thinned
from tests.sim.build import build
from theory import Accumulate, Replace, ReplaceGrowing, by_count, by_weight, pools, real, synthetic

pytestmark = pytest.mark.usefixtures("quickly_compiled")  # few replicates, of many programs

T, D, SIGMA, ITERATIONS = 9, 3, 0.7, 5
COVARIANCE = np.array([[2.0, 0.5, 0.0], [0.5, 1.0, 0.3], [0.0, 0.3, 0.7]])


def literal(task, workflow, iterations):
    return Literal(task, workflow, iterations, jnp.dtype("float64"))


def stacked(task, workflow, key):
    """Every model by lstsq on its stacked rows, each weighted by the square root of its weight in the loss."""
    truth_key, design_key, pools_key = jr.split(key, 3)
    root = np.eye(D) if task.covariance is None else np.linalg.cholesky(task.covariance)
    noises = task.sigma if isinstance(task.sigma, tuple) else [task.sigma] * ITERATIONS
    truth = np.asarray(jr.normal(truth_key, (D,)))
    shared = np.asarray(jr.normal(design_key, (T, D))) @ root.T

    def rows(pool_key, count, labels, sigma):
        xs, ys = [], []
        for chunk in range(-(-count // T)):
            noise_key, x_key = jr.split(jr.fold_in(pool_key, chunk))
            x = shared if task.design == "fixed" else np.asarray(jr.normal(x_key, (T, D))) @ root.T
            xs.append(x)
            ys.append(x @ labels + sigma * np.asarray(jr.normal(noise_key, (T,))))
        return np.concatenate(xs)[:count], np.concatenate(ys)[:count]

    data, models, errors = {}, [truth], []
    for iteration in range(1, ITERATIONS + 1):
        chain_key, real_key = jr.split(jr.fold_in(pools_key, iteration - 1))
        shares = workflow.shares(iteration)
        for pool in shares:
            if pool.index == iteration:
                pool_key = real_key if pool.fresh_real else chain_key
                data[pool] = rows(
                    pool_key, int(workflow.size(pool) * T), models[pool.labelled_by], noises[iteration - 1]
                )
        scales = [np.sqrt(float(share) / len(data[pool][1])) for pool, share in shares.items()]
        x = np.concatenate([s * data[pool][0] for s, pool in zip(scales, shares, strict=True)])
        y = np.concatenate([s * data[pool][1] for s, pool in zip(scales, shares, strict=True)])
        models.append(np.linalg.lstsq(x, y, rcond=None)[0])
        error = root.T @ (models[-1] - truth)
        errors.append(error @ error)
    return errors


WORKFLOWS = {
    "replace": Replace(),
    "replace-growing": ReplaceGrowing(),
    "accumulate": Accumulate(),
    "window": Made(lambda i: by_count(pools(max(1, i - 1), i))),
    "fixed real": Made(lambda i: by_weight({real(1): "1/3", synthetic(i - 1): "2/3"})),
    "fresh real": Made(lambda i: by_weight({real(i): "2/5", synthetic(i - 1): "3/5"}), lambda j: 2),
}


#: Each workflow at each design, and at both of these in the two shapes of the features, which no workflow sees.
SHAPES = (("isotropic", None), ("anisotropic", COVARIANCE))
CASES = [
    pytest.param(workflow, covariance, design, id=f"{name}-{shape}-{design}")
    for k, (name, workflow) in enumerate(WORKFLOWS.items())
    for design, (shape, covariance) in zip(("fixed", "fresh"), SHAPES[:: -1 if k % 2 else 1], strict=True)
]


@pytest.mark.parametrize(("workflow", "covariance", "design"), thinned(CASES, every=3))  # each shape at each design
def test_solves_least_squares_on_the_stacked_rows(workflow, covariance, design):
    task = sim.LinearRegression(T=T, d=D, sigma=SIGMA, design=design, covariance=covariance)
    chain = literal(task, workflow, ITERATIONS)
    keys = jr.split(jr.key(5), 4)
    found = jax.jit(jax.vmap(chain))(keys)
    expected = [stacked(task, workflow, key) for key in keys]
    # float64 normal equations at these small condition numbers
    np.testing.assert_allclose(found * SIGMA**2, expected, rtol=1e-9)


def test_rows_that_are_no_whole_number_are_refused():
    half = Made(lambda i: by_count(synthetic(i - 1)), lambda j: "1/2")
    fresh = sim.LinearRegression(T=9, d=2, design="fresh")
    with pytest.raises(ValueError, match="has 9/2 rows at T=9, not a whole number of rows"):
        build("literal", fresh, half, 2)
    fixed = sim.LinearRegression(T=10, d=2, design="fixed")
    with pytest.raises(ValueError, match="has 5 rows at T=10, not a whole number of copies of the 10 rows of X"):
        build("literal", fixed, half, 2)


def test_a_pool_smaller_than_T_is_cut():
    half = Made(lambda i: by_count(pools(1, i)), lambda j: "1/3")
    task = sim.LinearRegression(T=T, d=D, design="fresh")
    key = jr.key(2)
    np.testing.assert_allclose(literal(task, half, ITERATIONS)(key), stacked(task, half, key), rtol=1e-9)


def test_memory_estimate_is_above_what_is_drawn():
    task = sim.LinearRegression(T=1000, d=20, design="fresh")
    assert literal(task, Replace(), 3).bytes_per_replicate > 2 * jnp.zeros((1000, 20)).nbytes


@pytest.mark.parametrize("design", ["fixed", "fresh"])
def test_each_pool_has_the_noise_of_its_iteration(design):
    """The chain's and the fresh real one; the sampler's numbers are in units of the first noise."""
    sigma, workflow = (2.0, 1.0, 3.0, 0.5, 1.5), WORKFLOWS["fresh real"]
    task = sim.LinearRegression(T=T, d=D, sigma=sigma, design=design)
    chain, key = literal(task, workflow, ITERATIONS), jr.key(6)
    assert chain.scale == sigma[0] ** 2
    np.testing.assert_allclose(chain(key) * chain.scale, stacked(task, workflow, key), rtol=1e-9)
