"""The literal sampler of subsamples against least squares on the rows drawn, by NumPy, from the same random numbers."""

import jax
import jax.numpy as jnp
import jax.random as jr
import numpy as np
import pytest

import sim
from sim.samplers.subsample import LiteralSubsample
from tests.helpers import Made, thinned
from theory import AccumulateSubsample, Generator, by_count, by_weight, pools, real, subsample, synthetic

pytestmark = pytest.mark.usefixtures("quickly_compiled")  # few replicates, of many programs

T, D, ITERATIONS = 12, 3, 4
COVARIANCE = np.array([[2.0, 0.5, 0.0], [0.5, 1.0, 0.3], [0.0, 0.3, 0.7]])

USUAL = Generator()
#: Labels whose noise is another one at each iteration; colder and shifted, or pulled towards a verifier's.
SHIFTED = Generator(noises=(1, 2, "1/2", 3), temperature="1/2", bias="3/4")
VERIFIED = Generator(noises=(2, 1, "1/2", 3), pull="1/4", distance=2)


def drawn_rows(task, workflow, key, generator=USUAL):
    """Every model's squared error by lstsq on the rows of the lowest scores among the pools that it is drawn from."""
    truth_key, design_key, pools_key = jr.split(key, 3)
    root = np.eye(D) if task.covariance is None else np.linalg.cholesky(task.covariance)
    truth = np.asarray(jr.normal(truth_key, (D,)))
    along, pull = np.linalg.solve(root.T, np.eye(D)[0]), float(generator.pull)
    bias, wanted = float(generator.bias) * along, truth + float(generator.distance) * along
    shared = np.asarray(jr.normal(design_key, (T, D))) @ root.T
    model, x, y, errors = truth, [], [], []
    for iteration in range(1, ITERATIONS + 1):
        noise_key, new_key, draw_key = jr.split(jr.fold_in(pools_key, iteration - 1), 3)
        x.append(shared if task.design == "fixed" else np.asarray(jr.normal(new_key, (T, D))) @ root.T)
        noise = np.asarray(jr.normal(noise_key, (T,))) * float((generator.noises or (1,) * 4)[iteration - 1])
        if iteration == 1:
            y.append(x[-1] @ truth + noise)
        else:
            said = (1 - pull) * (model + bias) + pull * wanted
            y.append(x[-1] @ said + float(generator.temperature) * (1 - pull) ** 0.5 * noise)
        scores = np.asarray(jr.uniform(draw_key, (ITERATIONS, T)))
        members = [pool.index - 1 for pool in workflow.shares(iteration)]
        drawn = workflow.drawn(iteration)
        count = len(members) * T if drawn is None else int(drawn * T)
        rows = sorted((scores[pool, row], pool, row) for pool in members for row in range(T))[:count]
        taken = np.array([x[pool][row] for _, pool, row in rows]), np.array([y[pool][row] for _, pool, row in rows])
        model = np.linalg.lstsq(*taken, rcond=None)[0]
        error = root.T @ (model - truth)
        errors.append(error @ error)
    return errors


WORKFLOWS = {
    "subsample": AccumulateSubsample(),
    "half": Made(lambda i: subsample(pools(1, i), rows="1/2")),
    "window": Made(lambda i: subsample(pools(i - 1, i), rows="3/2")),
    "all rows": Made(lambda i: subsample(pools(1, i), rows=i)),
}


#: As it has to be but for iteration 3.
LATER = {
    "weights its rows": lambda i: (
        by_weight({real(1): "1/4", synthetic(i - 1): "3/4"}) if i == 3 else subsample(pools(1, i))
    ),
    "draws from real": lambda i: by_count(pools(1, 3), real(3)) if i == 3 else subsample(pools(1, i)),
    "no whole number of rows": lambda i: subsample(pools(1, i), rows="1/7" if i == 3 else 1),
}


@pytest.mark.parametrize("message", LATER)
def test_every_iteration_is_looked_at(message):
    task = sim.LinearRegression(T=T, d=D, design="fresh")
    assert LiteralSubsample.objection(task, Made(LATER[message]), 2) is None
    assert message in (LiteralSubsample.objection(task, Made(LATER[message]), 3) or "")


@pytest.mark.parametrize(
    ("name", "design", "covariance", "generator"),
    thinned(
        [
            ("subsample", "fresh", None, USUAL),
            ("subsample", "fixed", None, VERIFIED),
            ("half", "fresh", COVARIANCE, SHIFTED),
            ("window", "fresh", None, VERIFIED),
            ("all rows", "fixed", COVARIANCE, VERIFIED),
        ],
        every=2,
    ),
)
def test_solves_least_squares_on_the_rows_drawn(name, design, covariance, generator):
    task = sim.LinearRegression(T=T, d=D, design=design, covariance=covariance)
    chain = LiteralSubsample(task, WORKFLOWS[name], ITERATIONS, jnp.dtype("float64"), generator)
    keys = jr.split(jr.key(8), 3)
    found = jax.jit(jax.vmap(chain))(keys)
    # float64 normal equations at these small condition numbers
    np.testing.assert_allclose(found, [drawn_rows(task, WORKFLOWS[name], key, generator) for key in keys], rtol=1e-9)


def test_whole_pools_have_all_their_rows_where_others_are_drawn_from():
    workflow = Made(lambda i: by_count(pools(1, i)) if i == 3 else subsample(pools(1, i)))
    chain = LiteralSubsample(sim.LinearRegression(T, D, design="fresh"), workflow, ITERATIONS, jnp.dtype("float64"))
    assert chain.rows.tolist() == [T, T, 3 * T, T]
