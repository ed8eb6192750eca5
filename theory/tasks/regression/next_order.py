"""The next order of the test error in 1/T at fresh design, for pools used whole: exact rationals kappa_n.

    E_n = sigma^2 (d/T) (c_n + kappa_n (d + 1)/T + O(T^-2)),      T -> oo at fixed d.

To this order every Gram matrix acts as the scalar T_k (1 + h_k), h_k independent with mean 0 and variance (d + 1)/T_k:
E[H M H] = (M' + tr(M) I)/T_k for the Wishart fluctuation H = W_k/T_k - I, and M is a multiple of I throughout. Each
model's error is carried as coefficients of the pools' noises: their means, their slopes in each h_l, and the mean of
the second order. New here.
"""

from collections import defaultdict
from dataclasses import dataclass
from fractions import Fraction

from ...generator import Generator
from ...iterations import check_iterations
from ...pools import Pool
from ...workflow import Workflow, check_workflow

_ZERO = Fraction(0)


@dataclass(frozen=True)
class _Response:
    """A model's error over the noises of pools j.

    Attributes:
        mean: by j.
        slope: in the fluctuation of pool l, by (j, l).
        second: the mean of the second order, by j.
    """

    mean: dict[Pool, Fraction]
    slope: dict[tuple[Pool, Pool], Fraction]
    second: dict[Pool, Fraction]


def objection(workflow: Workflow, iterations: int, generator: Generator) -> str | None:
    """Why there is no next order; `None` where there is one."""
    if workflow.is_symbolic:
        return f"{workflow} has symbolic parameters; the next order needs numbers for them."
    if generator.edits:
        return "the next order is not known where labels are edited."
    if generator.shift:
        return "the next order is not known where labels are shifted, by a bias or by a verifier."
    if any(workflow.drawn(iteration) is not None for iteration in range(1, iterations + 1)):
        return f"{workflow} draws rows; the next order is known for pools used whole."
    return None


def kappa(workflow: Workflow, iterations: int, generator: Generator | None = None) -> list[Fraction]:
    """kappa_1, …, kappa_n with n = `iterations`, exact.

    Args:
        workflow: its pools are used whole.
        iterations: n.
        generator: temperature, sizes and noises; none is a model sampled as it is.

    Raises:
        ValueError: rows are drawn, labels are shifted, or a training set is not valid.

    >>> from theory import SlidingWindow
    >>> [str(value) for value in kappa(SlidingWindow(2), 4)]
    ['1', '9/8', '21/16', '193/128']
    """
    check_workflow(workflow)
    generator = generator or Generator()
    workflow = generator.sized(workflow)
    check_iterations(iterations)
    reason = objection(workflow, iterations, generator)
    if reason is not None:
        raise ValueError(reason)
    models = [_Response({}, {}, {})]
    for iteration in range(1, iterations + 1):
        models.append(_fitted(models, workflow.shares(iteration), workflow, generator))
    return [_of(model, workflow, generator) for model in models[1:]]


def _fitted(
    models: list[_Response], shares: dict[Pool, Fraction], workflow: Workflow, generator: Generator
) -> _Response:
    mean: dict[Pool, Fraction] = defaultdict(Fraction)
    slope: dict[tuple[Pool, Pool], Fraction] = defaultdict(Fraction)
    second: dict[Pool, Fraction] = defaultdict(Fraction)
    for pool, share in shares.items():
        older, carried = models[pool.labelled_by], generator.labels(pool).carried * share
        mean[pool] += share
        for j, value in older.mean.items():
            mean[j] += carried * value
            slope[j, pool] += carried * value
        for pair, value in older.slope.items():
            slope[pair] += carried * value
        for j, value in older.second.items():
            second[j] += carried * value
    # dividing by 1 + sum_l p_l h_l, to second order
    square = sum((share**2 / workflow.size(pool) for pool, share in shares.items()), _ZERO)
    weights = {pool: share / workflow.size(pool) for pool, share in shares.items()}
    for (j, pool), value in slope.items():
        second[j] -= weights.get(pool, _ZERO) * value
    for j, value in mean.items():
        second[j] += value * square
        for pool, share in shares.items():
            slope[j, pool] -= share * value
    return _Response(mean, slope, second)


def _of(model: _Response, workflow: Workflow, generator: Generator) -> Fraction:
    """The noise of pool j comes with X_j, so that its size in model n moves with h_j too."""
    size = {pool: workflow.size(pool) for pair in (*model.slope, *((j, j) for j in model.mean)) for pool in pair}
    inner: dict[Pool, Fraction] = defaultdict(Fraction)
    for (j, pool), value in model.slope.items():
        inner[j] += value**2 / size[pool]
    for j, value in model.mean.items():
        inner[j] += 2 * value * (model.second[j] + model.slope.get((j, j), _ZERO) / size[j])
    return sum((value * generator.labels(j).variance / size[j] for j, value in inner.items()), _ZERO)
