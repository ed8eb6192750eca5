"""The Gaussian walk against its recursion of weighted means, by NumPy, from the same random numbers."""

import jax.numpy as jnp
import jax.random as jr
import numpy as np
import pytest

import sim
from sim.samplers.gaussian_walk import GaussianWalk
from tests.helpers import Made
from theory import Accumulate, FreshReal, ReplaceGrowing, by_weight, real, synthetic

pytestmark = pytest.mark.usefixtures("quickly_compiled")  # few replicates, of many programs

ITERATIONS, D = 4, 3
SIGMA = (2.0, 1.0, 3.0, 0.5)
KEY = jr.key(12)

WORKFLOWS = {
    "accumulate": Accumulate(),
    "growing": ReplaceGrowing(),
    "fresh real": FreshReal(2),
    "weighted": Made(lambda i: by_weight({real(1): "1/4", real(i): "1/4", synthetic(i - 1): "1/2"}), lambda j: 3),
}


@pytest.mark.parametrize("name", WORKFLOWS)
def test_it_is_the_recursion_of_weighted_means(name):
    """A pool says the model that labels it and a noise of variance sigma^2 / size; a model is the mean of its pools."""
    workflow = WORKFLOWS[name]
    task = sim.LinearRegression(T=10, d=D, sigma=SIGMA, design="fixed")
    walk = GaussianWalk(task, workflow, ITERATIONS, jnp.dtype("float64"))
    models = [np.zeros(D)]
    for iteration in range(1, ITERATIONS + 1):
        said = np.zeros(D)
        for pool, share in workflow.shares(iteration).items():
            normal = np.asarray(jr.normal(jr.fold_in(KEY, 2 * (pool.index - 1) + int(pool.fresh_real)), (D,)))
            scale = SIGMA[pool.index - 1] / SIGMA[0] / float(workflow.size(pool)) ** 0.5
            said += float(share) * (models[pool.labelled_by] + scale * normal)
        models.append(said)
    np.testing.assert_allclose(walk(KEY), models[1:], rtol=1e-12)
