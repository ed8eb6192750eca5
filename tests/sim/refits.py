"""Exact second moments of refitted means by a recursion of the tests' own, and runs held against such numbers."""

from fractions import Fraction

import jax.random as jr
import numpy as np

import sim
from sim.comparison import Z


def moments(workflow, iterations, T, c: float = -1, temperature: float | str = 1):
    """Lists of K_n and h_n: Var(mean)/V and E V(mean)/V, where V(mean) = a + b mean + c mean^2 of a row.

    Model n's error is a sum of R_nk times the noise of pool k; that has the variance h of the model that samples it.
    """
    R, h, K = [{}], [Fraction(1)], []
    for n in range(1, iterations + 1):
        row = {}
        for pool, share in workflow.shares(n).items():
            row[pool] = row.get(pool, 0) + share
            for older, coefficient in R[pool.labelled_by].items():
                row[older] = row.get(older, 0) + share * coefficient
        hot = {pool: Fraction(temperature) ** 2 if pool.labelled_by else 1 for pool in row}
        K.append(sum(r**2 * hot[k] * h[k.labelled_by] / (T * workflow.size(k)) for k, r in row.items()))
        R.append(row)
        if temperature == 1:
            h.append(1 + Fraction(c) * K[-1])
        else:  # of a Gaussian
            second = [0, *(known + of_mean for known, of_mean in zip(h[1:], K, strict=False))]
            inside = sum(
                share * (hot[k] * h[k.labelled_by] + (second[k.labelled_by] - h[k.labelled_by] if k.labelled_by else 0))
                for k, share in workflow.shares(n).items()
            )
            h.append(inside - K[-1])
    return [float(each) for each in K], [float(each) for each in h[1:]]


def agrees(task, workflow, of, expected, *, replicates, effect, sampler="auto", seed=3, **more):
    """Whether a run agrees with these values, and has the power to see them off by `effect`."""
    run = sim.run(
        task,
        workflow,
        of=of,
        iterations=len(expected),
        replicates=replicates,
        key=jr.key(seed),
        sampler=sampler,
        **more,
    )
    mean, error, expected = run.estimate.mean, run.estimate.standard_error, np.array(expected)
    assert (error < effect / (2 * Z) * np.abs(expected)).all(), (error / expected).round(5)
    assert (np.abs(mean - (1 + effect) * expected) > Z * error).all()
    z = (mean - expected) / error
    assert (np.abs(z) < Z).all(), z.round(1)
