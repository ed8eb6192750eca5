import jax.numpy as jnp
import jax.random as jr
import numpy as np
import pytest

import sim
from sim.samplers.conditional import Conditional
from tests.sim.build import build
from theory import Accumulate

pytestmark = pytest.mark.usefixtures("quickly_compiled")  # few replicates, of many programs

ITERATIONS = 3


def test_the_conditional_recursion_for_accumulate_is_the_sum_of_its_terms():
    task = sim.LinearRegression(T=20, d=3, design="fresh")
    chain, _ = build("conditional", task, Accumulate(), ITERATIONS, "float64")
    assert isinstance(chain, Conditional)
    key = jr.key(9)
    total, gram, expected = np.zeros((3, 3)), np.zeros((3, 3)), []
    for iteration in range(ITERATIONS):
        factor = np.asarray(chain.pools(key, jnp.asarray(iteration), False)[0])
        W = factor @ factor.T
        gram = gram + W
        total = total + np.linalg.inv(gram) @ W @ np.linalg.inv(gram)
        expected.append(np.trace(total))
    np.testing.assert_allclose(chain(key), expected, rtol=1e-10)


def test_its_replicates_have_no_quantiles():
    task = sim.LinearRegression(T=20, d=3, design="fresh")
    run = sim.run(task, Accumulate(), iterations=2, replicates=50, key=jr.key(0), sampler="conditional")
    assert (run.test_error.quantiles, run.test_error.quantile_errors) == ({}, {})
    assert "no quantiles" in run.note
