"""The test error of any workflow at fresh design, where features are as many as a given share of the samples.

Each pool is a group of rows of the master equation (`master`). A draw of r out of S rows is a coin of chance r/S for
each row, so that the rows of a pool fall into groups by the training sets that they are in: all patterns are listed.
Labels' shift is one more model ahead of the others, whose error is the shift at every iteration.
"""

from collections.abc import Iterator
from itertools import product

import numpy as np

from ...generator import Generator, Labels
from ...iterations import check_iterations
from ...pools import Pool
from ...workflow import Workflow, check_workflow
from .checks import check
from .master import Array, Groups, Space, second_moments

#: Iterations of draws whose patterns are listed: pool 1 alone has 2^(n - 1).
MOST_DRAWS = 10

#: Iterations without draws: each pool has a matrix of as many rows, and there may be two pools an iteration.
MOST = 100


def objection(workflow: Workflow, iterations: int, *, T: int, d: int, corrected: bool) -> str | None:
    """Why there are no values; `None` where there are. Arguments are those of `errors`."""
    if workflow.is_symbolic:
        return f"{workflow} has symbolic parameters; the limit d/T -> gamma needs numbers for them."
    if iterations > MOST:
        return f"the limit d/T -> gamma is computed for at most {MOST} iterations; got {iterations}."
    draws = sum(workflow.drawn(iteration) is not None for iteration in range(1, iterations + 1))
    if draws > MOST_DRAWS - 1:
        return f"{workflow} draws rows; the limit d/T -> gamma is computed for at most {MOST_DRAWS} iterations then."
    for iteration in range(1, iterations + 1):
        rows, least = T * workflow.composition(iteration).fitted, d + corrected
        if rows <= least:
            return (
                f"without ridge the limit d/T -> gamma needs more than {least} rows in every training set; iteration "
                f"{iteration} of {workflow} has {rows}. Use more samples or fewer features."
            )
    return None


def errors(
    workflow: Workflow,
    iterations: int,
    *,
    T: int,
    d: int,
    sigma: float = 1.0,
    generator: Generator | None = None,
    corrected: bool = False,
) -> Array:
    """The test errors of models 1 to `iterations` in the limit d/T -> gamma at fresh design, in float64.

    Args:
        workflow: what each model is fitted to; its pools used whole, or drawn from.
        iterations: at most `MOST`, with draws `MOST_DRAWS`.
        T: samples an iteration; T and d alone matter as gamma = d/T, unless `corrected`.
        d: features.
        sigma: noise standard deviation.
        generator: how pools are sampled; none is a model sampled as it is.
        corrected: with d + 1 for d, a better guess at finite T.

    Raises:
        ValueError: numbers outside the domain, too many iterations, a training set of not more rows than features, or
            an equation that was not solved.

    >>> from theory import SlidingWindow
    >>> errors(SlidingWindow(2), 3, T=200, d=100).round(8).tolist()
    [1.0, 1.16666667, 1.505345]
    """
    check_workflow(workflow)
    T, d, sigma = check(T, d, sigma)
    generator = generator or Generator()
    workflow = generator.sized(workflow)
    check_iterations(iterations)
    reason = objection(workflow, iterations, T=T, d=d, corrected=corrected)
    if reason is not None:
        raise ValueError(reason)
    shift = float(generator.shift)
    models = iterations + 1
    forces, penalties = np.zeros((1, models, models)), np.zeros(models)
    forces[0, 0, 0], penalties[0] = shift**2, 1.0  # model 0 is the shift
    space = Space(np.ones(1), np.array([float(d)]), forces, penalties)
    found = second_moments(groups(workflow, iterations, T, sigma, generator), space, corrected=corrected)
    return np.diag(found)[1:].copy()


def groups(workflow: Workflow, iterations: int, T: int, sigma: float, generator: Generator) -> Groups:
    """The rows of models 1 to `iterations` at fresh design; model 0 is labels' shift.

    Args:
        workflow: whose pools, or draws from them, are the groups.
        iterations: how many models.
        T: samples an iteration.
        sigma: noise standard deviation.
        generator: how pools are sampled.
    """
    drawn: dict[int, float] = {}
    users: dict[Pool, dict[int, float]] = {}
    for iteration in range(1, iterations + 1):
        composition = workflow.composition(iteration)
        drawn[iteration] = 1.0 if composition.drawn is None else float(composition.drawn / composition.rows)
        for pool, share in workflow.shares(iteration).items():
            if share:
                users.setdefault(pool, {})[iteration] = float(share)
    coefficients, noise, rows = [], [], []
    for pool, shares in users.items():
        size, labels = float(workflow.size(pool)) * T, generator.labels(pool)
        for kept, chance in _patterns(list(shares), drawn):
            share = np.zeros(iterations + 1)
            for iteration in kept:
                share[iteration] = shares[iteration] * chance / drawn[iteration]
            coefficients.append(_coefficients(share, pool, labels))
            noise.append(float(labels.variance) * sigma**2 * np.outer(share, share))
            rows.append(size * chance)
    return Groups(np.array(coefficients), np.array(noise), np.array(rows))


def _patterns(iterations: list[int], drawn: dict[int, float]) -> Iterator[tuple[list[int], float]]:
    """Which of the training sets a row is in, and the chance of that; never the pattern of none."""
    for members in product(*(((True,) if drawn[m] == 1 else (True, False)) for m in iterations)):
        kept = [m for m, member in zip(iterations, members, strict=True) if member]
        if kept:
            yield (
                kept,
                float(np.prod([drawn[m] if b else 1 - drawn[m] for m, b in zip(iterations, members, strict=True)])),
            )


def _coefficients(share: Array, pool: Pool, labels: Labels) -> Array:
    """What a row of the pool says, less what each model makes of it."""
    found = np.diag(share)
    if pool.labelled_by:
        found[:, pool.labelled_by] -= share * float(labels.carried)
    if labels.shifted:
        found[:, 0] -= share
    return found
