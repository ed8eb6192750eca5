"""The Wishart sampler against its recursion, by NumPy, from the pools that it draws; and these pools."""

import itertools

import jax.numpy as jnp
import jax.random as jr
import numpy as np
import pytest

import sim
from sim.samplers.wishart import Wishart
from tests.helpers import Made, thinned
from tests.sim.build import build
from theory import Accumulate, FreshReal, by_weight, real, synthetic

pytestmark = pytest.mark.usefixtures("quickly_compiled")  # few replicates, of many programs

ITERATIONS, T, D = 4, 12, 3
KEY = jr.key(11)
SIGMA = (2.0, 1.0, 3.0, 0.5)


def chain(workflow, sigma: tuple[float, ...] | float = SIGMA, rows: int = T):
    made, _ = build(
        "wishart", sim.LinearRegression(T=rows, d=D, sigma=sigma, design="fresh"), workflow, ITERATIONS, "float64"
    )
    assert isinstance(made, Wishart)
    return made


def drawn(made, iteration, real):
    """W and W^1/2 z of a pool."""
    factor, noise = (np.asarray(part) for part in made.pools(KEY, jnp.asarray(iteration - 1), real))
    return factor @ factor.T, factor @ noise


WORKFLOWS = {
    "accumulate": Accumulate(),
    "fresh real": FreshReal(2),
    "weighted": Made(lambda i: by_weight({real(1): "1/4", real(i): "1/4", synthetic(i - 1): "1/2"}), lambda j: 2),
}


@pytest.mark.parametrize("name", thinned(list(WORKFLOWS), every=3))
def test_it_is_the_recursion_on_the_pools_drawn(name):
    """Weighted normal equations with the noise of each pool's iteration, in units of the first one's."""
    workflow = WORKFLOWS[name]
    made, found = chain(workflow), []
    models: list[np.ndarray] = [np.zeros(D)]
    for iteration in range(1, ITERATIONS + 1):
        gram, moment = np.zeros((D, D)), np.zeros(D)
        for pool, share in workflow.shares(iteration).items():
            W, noise = drawn(made, pool.index, pool.fresh_real)
            weight, sigma = float(share / workflow.size(pool)), SIGMA[pool.index - 1] / SIGMA[0]
            gram += weight * W
            moment += weight * (W @ models[pool.labelled_by] + sigma * noise)
        models.append(np.linalg.solve(gram, moment))
        found.append(models[-1] @ models[-1])
    np.testing.assert_allclose(made(KEY), found, rtol=1e-9)  # float64 normal equations


def test_every_pool_has_random_numbers_of_its_own():
    """At equal sizes: equal numbers would be equal to the bit."""
    made = chain(FreshReal(), sigma=1.0)
    pools = itertools.product(range(1, ITERATIONS + 1), (False, True))
    every = np.stack([np.concatenate([part.ravel() for part in drawn(made, *pool)]) for pool in pools])
    assert len(np.unique(every)) == every.size - 2 * ITERATIONS * D * (D - 1) // 2  # W is symmetric


def test_every_pool_has_its_own_rows():
    """The degrees of freedom on the diagonal: m, m - 1, … of a pool of m rows.

    A pool is drawn as in a chain whose pools are all as large: the key and the place give the normal variables.
    """
    made, alike = chain(FreshReal(2)), {rows: chain(FreshReal(), rows=rows) for rows in (T, 2 * T)}
    used = {(1, False): T} | {
        (n, real): T if real else 2 * T for n in range(2, ITERATIONS + 1) for real in (False, True)
    }
    for (iteration, real_), rows in used.items():
        degrees = made.pools.chi_square.at(made.pools.size[iteration - 1, int(real_)]).degrees
        assert degrees.tolist() == [rows - k for k in range(D)]
        expected = drawn(alike[rows], iteration, real_)[0]
        np.testing.assert_allclose(drawn(made, iteration, real_)[0], expected, rtol=1e-9)  # tables of 1e-10
