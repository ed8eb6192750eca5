"""The Wishart sampler against its recursion, by NumPy, from the pools that it draws; and these pools."""

import itertools

import jax.numpy as jnp
import jax.random as jr
import numpy as np
import pytest

import sim
from sim.samplers.wishart import Wishart
from tests.helpers import Made
from theory import Accumulate, FreshReal, by_weight, real, synthetic

ITERATIONS, D = 4, 3
KEY = jr.key(11)
TASK = sim.LinearRegression(T=(12, 15, 9, 12), d=D, sigma=(2.0, 1.0, 3.0, 0.5), design="fresh")


def chain(workflow, task=TASK):
    return Wishart(task, workflow, ITERATIONS, jnp.dtype("float64"))


def drawn(made, iteration, real):
    """W and W^1/2 z of a pool."""
    factor, noise = (np.asarray(part) for part in made.pools(KEY, jnp.asarray(iteration - 1), real))
    return factor @ factor.T, factor @ noise


WORKFLOWS = {
    "accumulate": Accumulate(),
    "fresh real": FreshReal(2),
    "weighted": Made(
        lambda i: by_weight({real(1): "1/4", real(i): "1/4", synthetic(i - 1): "1/2"}) if i > 1 else None, lambda j: 2
    ),
}


@pytest.mark.parametrize("name", WORKFLOWS)
def test_it_is_the_recursion_on_the_pools_drawn(name):
    """Weighted normal equations with the noise of each pool's iteration, in units of the first one's."""
    workflow = WORKFLOWS[name]
    made, models, found = chain(workflow), [np.zeros(D)], []
    for iteration in range(1, ITERATIONS + 1):
        gram, moment = np.zeros((D, D)), np.zeros(D)
        for pool, share in workflow.shares(iteration).items():
            W, noise = drawn(made, pool.index, pool.fresh_real)
            # all rows of a pool weigh alike, and T differs between pools
            rows = float(workflow.size(pool)) * TASK.T[pool.index - 1]
            share = (
                share
                * TASK.T[pool.index - 1]
                / sum(s * TASK.T[p.index - 1] for p, s in workflow.shares(iteration).items())
                if name != "weighted"
                else share
            )
            weight, sigma = float(share) / rows, TASK.sigma[pool.index - 1] / TASK.sigma[0]
            gram += weight * W
            moment += weight * (W @ models[pool.labelled_by] + sigma * noise)
        models.append(np.linalg.solve(gram, moment))
        found.append(models[-1] @ models[-1])
    np.testing.assert_allclose(made(KEY), found, rtol=1e-9)  # float64 normal equations


def test_every_pool_has_random_numbers_of_its_own():
    """At equal sizes: equal numbers would be equal to the bit."""
    made = chain(FreshReal(), sim.LinearRegression(T=12, d=D, design="fresh"))
    pools = itertools.product(range(1, ITERATIONS + 1), (False, True))
    every = np.stack([np.concatenate([part.ravel() for part in drawn(made, *pool)]) for pool in pools])
    assert len(np.unique(every)) == every.size - 2 * ITERATIONS * D * (D - 1) // 2  # W is symmetric


def test_every_pool_has_its_own_rows():
    """The degrees of freedom on the diagonal: m, m - 1, … of a pool of m rows, none below 0."""
    made = chain(FreshReal(2))
    for iteration, T in enumerate(TASK.T, 1):
        for real_, rows in ((False, T if iteration == 1 else 2 * T), (True, T)):
            degrees = made.pools.chi_square.at(made.pools.size[iteration - 1, int(real_)]).degrees
            used = iteration > 1 or not real_
            assert not used or degrees.tolist() == [rows - k for k in range(D)]
