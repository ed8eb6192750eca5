"""The literal sampler with a ridge against ridge regression on the rows, by NumPy, from the same random numbers."""

from fractions import Fraction

import jax
import jax.numpy as jnp
import jax.random as jr
import numpy as np
import pytest

import sim
from sim.samplers.ridge_literal import RidgeLiteral
from tests.helpers import Made, thinned
from theory import (
    Accumulate,
    AccumulateSubsample,
    FixedReal,
    FreshReal,
    Replace,
    ReplaceGrowing,
    SlidingWindow,
    Spectrum,
    pools,
    subsample,
)

pytestmark = pytest.mark.usefixtures("quickly_compiled")  # few replicates, of many programs

#: No power of two, so that sums of places are no other thing.
ITERATIONS, SIGMA = 5, 0.7

#: w* in its eigenspaces: the first coordinate of each.
SPECTRA = {
    3: Spectrum((2.0, 0.5), (1, 2), (0.4, 0.6)),
    8: Spectrum((3.0, 1.0, 0.2), (2, 5, 1), (0.3, 0.0, 0.7)),
}
TRUTHS = {3: np.sqrt([0.4, 0.6, 0]), 8: np.sqrt([0.3, 0, 0, 0, 0, 0, 0, 0.7])}
ROOTS = {3: np.sqrt([2.0, 0.5, 0.5]), 8: np.sqrt([3.0, 3.0, 1.0, 1.0, 1.0, 1.0, 1.0, 0.2])}


def by_rows(task, workflow, key):
    """Every model's squared error, as the minimiser of the loss on its rows."""
    T, d, largest = task.T, task.d, _largest(task.T, workflow)
    truth, root = TRUTHS[d], ROOTS[d]
    design_key, pools_key = jr.split(key)
    shared = np.asarray(jr.normal(design_key, (T, d))) * root
    models, x, y, errors = [truth], {}, {}, []
    for n in range(1, ITERATIONS + 1):
        shares = {pool: share for pool, share in workflow.shares(n).items() if share}
        for pool in shares:
            if pool.index != n:
                continue
            noise_key, new_key = jr.split(jr.fold_in(pools_key, 2 * (n - 1) + pool.fresh_real))
            count = int(workflow.size(pool) * T)
            rows = np.asarray(jr.normal(new_key, (largest, d))) * root
            x[pool] = np.concatenate([shared] * (count // T)) if task.design == "fixed" else rows[:count]
            noise = SIGMA * np.asarray(jr.normal(noise_key, (largest,)))[:count]
            y[pool] = x[pool] @ models[pool.labelled_by] + noise
        drawn = workflow.drawn(n)
        if drawn is None:
            parts = [(float(share), x[pool], y[pool]) for pool, share in shares.items()]
        else:
            members = sorted(shares, key=lambda pool: list(shares).index(pool))
            scores = np.asarray(jr.uniform(jr.fold_in(pools_key, 2 * ITERATIONS + n - 1), (_held(workflow), largest)))
            every = [(scores[k, row], pool, row) for k, pool in enumerate(members) for row in range(T)]
            taken = sorted(every, key=lambda one: one[0])[: int(drawn * T)]
            parts = [
                (1.0, np.array([x[pool][row] for _, pool, row in taken]), np.array([y[p][r] for _, p, r in taken]))
            ]
        models.append(minimiser(task, parts))
        errors.append((root**2 * (models[-1] - truth) ** 2).sum())
    return errors


def minimiser(task, parts):
    """Of share * (mean over rows of squares), added up, + lambda |w|^2, with lambda over all rows if not scaled."""
    if task.ridge == 0:
        roots = [np.sqrt(share / len(labels)) for share, _, labels in parts]
        stacked = np.concatenate([root * rows for root, (_, rows, _) in zip(roots, parts, strict=True)])
        said = np.concatenate([root * labels for root, (_, _, labels) in zip(roots, parts, strict=True)])
        return np.linalg.pinv(stacked, rcond=1e-10) @ said
    whole = sum(len(labels) for _, _, labels in parts)
    hessian = np.eye(task.d) * (task.ridge if task.scaled else task.ridge / whole)
    pulled = np.zeros(task.d)
    for share, rows, labels in parts:
        for row, label in zip(rows, labels, strict=True):
            hessian += share / len(rows) * np.outer(row, row)
            pulled += share / len(rows) * label * row
    return np.linalg.solve(hessian, pulled)


def _largest(T, workflow):
    sizes = [
        workflow.size(pool) for n in range(1, ITERATIONS + 1) for pool, share in workflow.shares(n).items() if share
    ]
    return int(max([Fraction(1), *sizes]) * T)


def _held(workflow):
    return max(len(workflow.shares(n)) for n in range(1, ITERATIONS + 1))


WORKFLOWS = {
    "replace": Replace(),
    "growing": ReplaceGrowing(),
    "accumulate": Accumulate(),
    "window": SlidingWindow(2),
    "fixed-real": FixedReal("1/3"),
    "fresh-real": FreshReal(2, "2/5"),
    "subsample": AccumulateSubsample(),
    "half": Made(lambda i: subsample(pools(max(1, i - 1), i), rows="3/2")),
}

#: Ridge and scaling; and rows: more than features, fewer, and fewer at first.
RIDGES = [(0.3, True), (0.3, False), (0.0, True)]
SIZES = [(10, 3), (2, 8), (6, 8), (4, 8)]
CASES = [
    pytest.param(workflow, design, *ridge, *size, id=f"{name}-{design}-{ridge[0]}-{ridge[1]}-{size[0]}-{size[1]}")
    for name, workflow in WORKFLOWS.items()
    for design in ("fresh", "fixed")
    for ridge in RIDGES
    for size in SIZES
][::11]  # coprime to all of the numbers: each workflow and design at several ridges and sizes


@pytest.mark.parametrize(("workflow", "design", "ridge", "scaled", "T", "d"), thinned(CASES, every=4))
def test_it_minimises_the_loss_on_the_rows(workflow, design, ridge, scaled, T, d):
    task = sim.LinearRegression(T=T, d=d, sigma=SIGMA, design=design, ridge=ridge, scaled=scaled, spectrum=SPECTRA[d])
    chain = RidgeLiteral(task, workflow, ITERATIONS, jnp.dtype("float64"))
    keys = jr.split(jr.key(5), 4)
    found = jax.jit(jax.vmap(chain))(keys) * chain.scale
    # float64, of the normal equations here; without a ridge rows may be nearly as many as features
    rtol = 1e-9 if ridge else 1e-6
    np.testing.assert_allclose(found, [by_rows(task, workflow, key) for key in keys], rtol=rtol)


def test_half_a_row_cannot_be_drawn():
    workflow = Made(lambda i: subsample(pools(1, i), rows="1/2"))
    for T, message in ((8, None), (7, "draws no whole number of rows at T=7")):
        task = sim.LinearRegression(T=T, d=3, sigma=SIGMA, design="fresh", ridge=0.3, spectrum=SPECTRA[3])
        said = RidgeLiteral.objection(task, workflow, ITERATIONS)
        assert said is None if message is None else message in str(said)
