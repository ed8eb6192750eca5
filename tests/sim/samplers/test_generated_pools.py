"""What a generator samples, in samplers that draw no rows: against its labels by NumPy, from the pools that they draw.

Temperature, pull, a shift, sizes and noises come all at once, beside fresh real data of another weight.
"""

from typing import Any

import jax.numpy as jnp
import jax.random as jr
import numpy as np
import pytest

import sim
from tests.sim.build import build
from theory import AccumulateSubsample, FreshReal, Generator, Replace

pytestmark = pytest.mark.usefixtures("quickly_compiled")  # few replicates, of many programs

ITERATIONS, T, D, SIGMA = 4, 12, 3, 0.7
KEY = jr.key(5)
NOISES, PULL = (1.0, 0.5, 2.0, 1.5), 0.25
GENERATOR = Generator("3/2", pull=PULL, distance="3/5", sizes=(1, 2, 1, 3), noises=NOISES)
WORKFLOW = GENERATOR.sized(FreshReal(1, "7/10"))

#: Along the first axis, in units of sigma: a verifier's model is as far from the truth.
SHIFT = np.array([PULL * 0.6 / SIGMA, 0.0, 0.0])


def chain(sampler, design) -> Any:
    task = sim.LinearRegression(T=T, d=D, sigma=SIGMA, design=design)
    return build(sampler, task, FreshReal(1, "7/10"), ITERATIONS, "float64", GENERATOR)[0]


def said(pool):
    """By the labels of a pool: the share of its model's error, what is added, and the noise."""
    noise = NOISES[pool.index - 1]
    if not pool.labelled_by:
        return 0.0, np.zeros(D), noise
    return 1 - PULL, SHIFT, 1.5 * (1 - PULL) ** 0.5 * noise


def drawn(made, pool):
    """W and W^1/2 z of a pool."""
    factor, noise = (np.asarray(x) for x in made.pools(KEY, jnp.asarray(pool.index - 1), pool.fresh_real))
    return factor @ factor.T, factor @ noise


def test_wishart():
    made, found = chain("wishart", "fresh"), []
    models: list[np.ndarray] = [np.zeros(D)]
    for iteration in range(1, ITERATIONS + 1):
        gram, moment = np.zeros((D, D)), np.zeros(D)
        for pool, share in WORKFLOW.shares(iteration).items():
            (W, z), (carried, shift, noise) = drawn(made, pool), said(pool)
            weight = float(share / WORKFLOW.size(pool))
            gram += weight * W
            moment += weight * (W @ (carried * models[pool.labelled_by] + shift) + noise * z)
        models.append(np.linalg.solve(gram, moment))
        found.append(models[-1] @ models[-1])
    np.testing.assert_allclose(made(KEY), found, rtol=1e-9)  # float64 normal equations


def test_conditional():
    """An error is linear in the noises W^1/2 z of all pools: their maps, and what is left without noise."""
    made, found, every = chain("conditional", "fresh"), [], {}
    maps, means = [{}], [np.zeros(D)]
    for iteration in range(1, ITERATIONS + 1):
        pools = WORKFLOW.shares(iteration).items()
        weights = {pool: float(share / WORKFLOW.size(pool)) for pool, share in pools}
        every |= {pool: drawn(made, pool)[0] for pool in weights}
        inverse = np.linalg.inv(sum(weight * every[pool] for pool, weight in weights.items()))
        now, mean = dict.fromkeys(every, np.zeros((D, D))), np.zeros(D)
        for pool, weight in weights.items():
            carried, shift, noise = said(pool)
            now[pool] = now[pool] + weight * noise * inverse
            mean = mean + weight * inverse @ every[pool] @ (carried * means[pool.labelled_by] + shift)
            for older, map_ in maps[pool.labelled_by].items():
                now[older] = now[older] + weight * carried * inverse @ every[pool] @ map_
        maps.append(now)
        means.append(mean)
        found.append(sum(np.trace(map_ @ every[pool] @ map_.T) for pool, map_ in now.items()) + mean @ mean)
    np.testing.assert_allclose(made(KEY), found, rtol=1e-9)  # float64 normal equations


def walked(key):
    """Where every pool has as many times the identity as rows: the errors times sqrt(rows), and their shifts."""
    models, shifts = [np.zeros(D)], [np.zeros(D)]
    for iteration in range(1, ITERATIONS + 1):
        model, shifted = np.zeros(D), np.zeros(D)
        for pool, share in WORKFLOW.shares(iteration).items():
            carried, shift, noise = said(pool)
            z = np.asarray(jr.normal(jr.fold_in(key, 2 * (pool.index - 1) + int(pool.fresh_real)), (D,)))
            scaled = noise * z / float(WORKFLOW.size(pool)) ** 0.5
            model += float(share) * (carried * models[pool.labelled_by] + scaled)
            shifted += float(share) * (carried * shifts[pool.labelled_by] + shift)
        models.append(model)
        shifts.append(shifted)
    return np.array(models[1:]), np.array(shifts[1:])


def test_gaussian():
    models, shifts = walked(KEY)
    errors = models / T**0.5 + shifts
    np.testing.assert_allclose(chain("gaussian", "fresh")(KEY), (errors**2).sum(1), rtol=1e-12)


def test_gaussian_of_subsamples():
    """Of labels without a shift: T rows drawn of R T have the pools' mean noise, and (1/T)(1 - 1/R) of one row's."""
    generator = Generator("3/2", noises=NOISES, sizes=(1, 2, 1, 3))
    task = sim.LinearRegression(T=T, d=D, sigma=SIGMA, design="fresh")
    made: Any = build("gaussian", task, AccumulateSubsample(), ITERATIONS, "float64", generator)[0]
    sizes, spreads = np.array([1, 2, 1, 3]), np.array([1, 1.5 * 0.5, 1.5 * 2, 1.5 * 1.5])
    models = np.zeros((ITERATIONS + 1, 2 * ITERATIONS))  # on the pools' noises, then on those of the draws
    for n in range(1, ITERATIONS + 1):
        rows = sizes[:n].sum()
        shares = sizes[:n] / rows
        models[n] = shares @ models[:n]
        models[n, :n] += shares * spreads[:n] / sizes[:n] ** 0.5
        models[n, ITERATIONS + n - 1] = ((1 - 1 / rows) * (shares @ spreads[:n] ** 2)) ** 0.5
    found = np.asarray(made.walk.response)
    np.testing.assert_allclose(found @ found.T, models[1:] @ models[1:].T, rtol=1e-12)


def test_wishart_at_fixed_design():
    """One X'X = L L' is every pool's, and the shift goes through it as it is."""
    made = chain("wishart", "fixed")
    walk_key, design_key = jr.split(KEY)
    factor = np.asarray(made.pools(design_key, jnp.asarray(0), False)[0])
    models, shifts = walked(walk_key)
    errors = models @ np.linalg.inv(factor) + shifts
    np.testing.assert_allclose(made(KEY), (errors**2).sum(1), rtol=1e-9)


@pytest.mark.parametrize(
    ("workflow", "spreads"),
    [
        (Replace(), [1, 1.5 * 0.5, 1.5 * 2]),
        (FreshReal(1, 1), [1, 0.5, 2]),  # fits to new real data alone
    ],
    ids=str,
)
def test_radial(workflow, spreads):
    task = sim.LinearRegression(T=T, d=D, sigma=SIGMA, design="fresh")
    generator = Generator("3/2", noises=NOISES[:3])
    made: Any = build("radial", task, workflow, 3, "float64", generator)[0]
    np.testing.assert_allclose(made.noise, spreads, rtol=1e-12)
