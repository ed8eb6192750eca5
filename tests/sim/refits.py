"""Exact second moments of refitted means by a recursion of the tests' own, and runs held against such numbers."""

from fractions import Fraction

import jax.random as jr
import numpy as np

import sim
from sim.comparison import Z

#: A run knows its error relative to its own mean, which may lie above the law by a few of these errors, and by `own`.
CLOSER = 0.98


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


def agrees(task, workflow, of, expected, *, effect, replicates=None, own=(0.0, 0.0), sampler="auto", seed=3, **more):
    """Whether a run agrees with these values, and has the power to see them off by `effect`, up or down.

    Args:
        task: what is refitted.
        workflow: on what.
        of: the name of the quantity.
        expected: its values at iterations 1, 2, …
        effect: relative; a standard error is less than a 2 Z-th of it at every iteration.
        replicates: by default as many as this takes.
        own: by how much the values are off themselves, relatively, as a law for T -> oo is at finite T: at least, and
            at most. The effect is what is seen beyond.
        sampler: its name.
        seed: of the key.
        more: arguments of `sim.run`.
    """
    run = sim.run(
        task,
        workflow,
        of=of,
        iterations=len(expected),
        replicates=replicates,
        relative_error=None if replicates else CLOSER * effect / (2 * Z) / (1 + own[1]),
        key=jr.key(seed),
        sampler=sampler,
        **more,
    )
    mean, error, expected = run.estimate.mean, run.estimate.standard_error, np.array(expected)
    assert (error < effect / (2 * Z) * np.abs(expected)).all(), (error / expected).round(5)
    low, high = ((1 + off) * expected for off in own)

    def z(right):
        """By how many errors the mean is off the nearest of what these values may be, if they are `right` times so."""
        return (mean - np.clip(mean, *np.sort(right * np.stack([low, high]), 0))) / error

    assert (np.abs(z(1)) < Z).all(), (z(1).round(1), (mean / expected).round(4))
    for wrong in ((1 + effect) * (1 + own[1]) / (1 + own[0]), (1 - effect) * (1 + own[0]) / (1 + own[1])):
        assert (np.abs(z(wrong)) > Z).all()
