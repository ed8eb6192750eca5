"""How many rows a run has: of each training set and pool, and of real data; and the steps of its fits."""

import math
from collections.abc import Iterator
from fractions import Fraction

from theory import Pool, Workflow

from .generated import check_edits
from .plan import Plan
from .train import Training
from .training_set import rows_of

#: Of fewer rows none are held out without being asked for.
FEWEST = 10

#: Of so many rows at least one is held out, if no number is given and the preset's is too large.
HELD_OUT = 5


def rows_fitted(workflow: Workflow, iteration: int, T: int) -> int:
    """Rows of an iteration's training set."""
    return rows_of(_shares_fitted(workflow, iteration), T, f"the training set of iteration {iteration}")


def _shares_fitted(workflow: Workflow, iteration: int) -> Fraction:
    drawn = workflow.drawn(iteration)
    if drawn is not None:
        return drawn
    return sum((workflow.size(pool) for pool in workflow.shares(iteration)), Fraction(0))


def rows_sampled(workflow: Workflow, iteration: int, T: int) -> int:
    """Rows that an iteration's model samples, for the next pool."""
    return rows_of(workflow.size(Pool(iteration + 1)), T, str(Pool(iteration + 1)))


def steps_planned(workflow: Workflow, plan: Plan, training: Training) -> list[int]:
    """The steps of each iteration's fit, or the most.

    Raises:
        ValueError: a training set is no whole number of rows, or the budgets contradict each other.
    """
    steps = [training.budget(rows_fitted(workflow, iteration, plan.T)) for iteration in range(1, plan.iterations + 1)]
    if plan.first_steps is not None and training.until is not None:
        raise ValueError("--first-steps is of fits of a given length; leave it out, or leave --until out.")
    return [plan.first_steps or steps[0], *steps[1:]]


def check_pools(workflow: Workflow, plan: Plan) -> None:
    """Refuse now what would be refused when a pool is needed, after hours.

    Raises:
        ValueError: a pool of fresh real data has not T rows, or one cannot be edited.
    """
    check_edits(plan.generator, workflow, plan.iterations)
    for pool in _pools_fitted(workflow, plan.iterations):
        if pool.fresh_real and workflow.size(pool) != 1:
            raise ValueError(f"{workflow}: {pool} has {workflow.size(pool)} times T rows; neural collects T of them.")


def _pools_fitted(workflow: Workflow, iterations: int) -> Iterator[Pool]:
    for iteration in range(1, iterations + 1):
        yield from workflow.shares(iteration)


def last_collected(workflow: Workflow, iterations: int) -> int:
    """The last iteration at which real rows are collected, T at each."""
    named = (part for iteration in range(1, iterations + 1) for part in workflow.said(iteration).parts)
    return max((part.last for part in named if part.fresh_real), default=1)


def largest_T(workflow: Workflow, iterations: int, available: int) -> int:
    """The largest T, 0 if there is none, for which there are enough real rows and every pool is a whole number of rows.

    >>> from theory import Accumulate, FreshReal
    >>> largest_T(Accumulate(), 5, 403), largest_T(FreshReal("1/3"), 4, 403)
    (403, 99)
    """
    shares = [workflow.size(Pool(iteration)) for iteration in range(1, iterations + 2)]
    shares += [_shares_fitted(workflow, iteration) for iteration in range(1, iterations + 1)]
    unit = math.lcm(*(share.denominator for share in shares))
    return available // last_collected(workflow, iterations) // unit * unit


def at_most_held_out(asked: int, rows: int) -> int:
    """How many of these rows are held out where a preset says so many: at most a fifth, unless there are too few."""
    return asked if rows < FEWEST else min(asked, rows // HELD_OUT)
