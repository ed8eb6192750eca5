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

from .covariance import Covariance
from .iterations import check_iterations
from .pools import Pool
from .prefix import LinearForm, linear_forms
from .workflow import Workflow, check_workflow

#: Names a noise: a pool's, or the thinning of the draw of an iteration.
Noise = Pool | int


def gain(workflow: Workflow, iterations: int) -> list[Fraction]:
    """c_1, …, c_n with n = `iterations`: exact rationals, c_1 = 1, the same whatever the design.

    A training set is a few differences of sums over the first pools, so that each iteration costs as many products as
    there are sums still needed, times the runs of its training set: k for a window of k pools, 1 for all pools so far.

    Raises:
        ValueError: a training set is not valid (see `Workflow.composition`).
    """
    check_workflow(workflow)
    check_iterations(iterations)
    forms = linear_forms(workflow, iterations)
    return _variances(forms)


def _variances(forms: list[LinearForm]) -> list[Fraction]:
    state, found = Covariance(), []
    for form in forms:
        for total in form.new:
            state.add_sum(total.name, total.before, total.rows, includes_error=total.is_sampled)
        found.append(state.set_error(form.terms, form.thinning))
        state.drop(form.last_needed)
    return found


def noises(
    workflow: Workflow, iterations: int, carried: Fraction = Fraction(1)
) -> tuple[list[dict[Noise, Fraction]], dict[Noise, Fraction]]:
    """The coefficients of each model's error on the noises, iteration by iteration, and the noises' variances.

    Args:
        workflow: what each model is fitted to.
        iterations: from 1 on.
        carried: the share of a model's error that labels sampled from it hand on.
    """
    errors: list[dict[Noise, Fraction]] = []
    variance: dict[Noise, Fraction] = {}
    for iteration in range(1, iterations + 1):
        row: dict[Noise, Fraction] = defaultdict(Fraction)
        composition = workflow.composition(iteration)
        for run in composition.runs:
            for pool in run.pools():
                size = workflow.size(pool)
                share = run.share * size / run.rows
                row[pool] += share
                variance[pool] = 1 / size
                if pool.labelled_by:
                    for noise, coefficient in errors[pool.labelled_by - 1].items():
                        row[noise] += share * carried * coefficient
        if composition.drawn is not None:
            row[iteration] = Fraction(1)
            variance[iteration] = 1 / composition.drawn - 1 / composition.rows
        errors.append(row)
    return errors, variance
