"""Normal equations: solved as NumPy solves them, and refused where rounding would cost a ten-thousandth."""

import jax.numpy as jnp
import numpy as np
import pytest

from sim.samplers.recursion import cholesky, solve


@pytest.mark.parametrize("d", [1, 2, 16, 17])
@pytest.mark.parametrize("columns", [(), (3,)], ids=str)
def test_solutions_are_those_of_numpy(d, columns):
    generator = np.random.default_rng(d)
    rows, moment = generator.normal(size=(3 * d, d)), generator.normal(size=(d, *columns))
    gram = rows.T @ rows
    found = solve(cholesky(jnp.asarray(gram)), jnp.asarray(moment))
    np.testing.assert_allclose(found, np.linalg.solve(gram, moment), rtol=1e-4 if found.dtype == np.float32 else 1e-10)


@pytest.mark.parametrize("scale", [1e-3, 1.0, 1e3])
@pytest.mark.parametrize(("unexplained", "solvable"), [(1.1e-3, False), (1.3e-3, True)])
def test_rounding_may_cost_a_ten_thousandth(unexplained, solvable, scale):
    """A relative error of 2^-23 in a column's square, of which so much is its own, whatever the columns' units."""
    along = np.sqrt(1 - unexplained)
    gram = np.array([[1.0, scale * along], [scale * along, scale**2]])
    assert bool(jnp.isfinite(cholesky(jnp.asarray(gram, jnp.float32))).all()) == solvable
