"""The gain c_n of a workflow: the factor by which refitting multiplies the error of one fit.

The error of model i is that of the models which labelled its data, weighted by their shares, plus its data's
own noise: delta_i = sum_k share_ik (delta_{k - 1} + noise_k). Solved for the noises this reads
delta_n = sum_k R_nk noise_k with R = (I - P_synthetic S)^-1 [P_real | P_synthetic], and

    c_n = sum_k R_nk^2 / size_k,

in units of the error of a fit to T rows. A subsample of r rows out of S (in multiples of T) adds a noise of its
own, independent of the pools', of variance 1/r - 1/S. At fixed design c_n is exact for pools used whole; at fresh
design, and for subsamples, it is the limit T -> oo.
"""

from collections import defaultdict
from fractions import Fraction

from .workflow import Pool, Workflow, check_workflow

#: Names a noise: a pool's, or the thinning of the draw of an iteration.
Noise = Pool | int


def gain(workflow: Workflow, iterations: int) -> list[Fraction]:
    """c_1, …, c_n with n = `iterations`: exact rationals, c_1 = 1, the same whatever the design.

    Raises:
        ValueError: a training set is not valid (see `Workflow.shares`).
    """
    check_workflow(workflow)
    if iterations < 1:
        raise ValueError(f"iterations are counted from 1; got {iterations}. Ask for at least one.")
    errors, variance = noises(workflow, iterations)
    return [sum((c**2 * variance[noise] for noise, c in row.items()), Fraction(0)) for row in errors]


def noises(workflow: Workflow, iterations: int) -> tuple[list[dict[Noise, Fraction]], dict[Noise, Fraction]]:
    """The coefficients of each model's error on the noises, iteration by iteration, and the noises' variances."""
    errors: list[dict[Noise, Fraction]] = []
    variance: dict[Noise, Fraction] = {}
    for iteration in range(1, iterations + 1):
        row: dict[Noise, Fraction] = defaultdict(Fraction)
        shares = workflow.shares(iteration)
        for pool, share in shares.items():
            row[pool] += share
            variance[pool] = 1 / workflow.size(pool)
            if pool.labelled_by:
                for noise, coefficient in errors[pool.labelled_by - 1].items():
                    row[noise] += share * coefficient
        drawn = workflow.drawn(iteration)
        if drawn is not None:
            row[iteration] = Fraction(1)
            variance[iteration] = 1 / drawn - 1 / sum(workflow.size(pool) for pool in shares)
        errors.append(row)
    return errors, variance
