"""The pools of a workflow in rows, for tasks whose pools are of T rows."""

from fractions import Fraction

import numpy as np
from jaxtyping import Float

from theory import Generator, Workflow

from .schedule import Schedule, schedule


def scheduled(workflow: Workflow, T: int, iterations: int) -> tuple[Schedule, Float[np.ndarray, "iterations 2"]]:
    """The schedule of pools used whole, with the rows of the chain's pool and of the fresh real one by iteration."""
    made = schedule(workflow, iterations)
    return made, np.array([[float(size * T) for size in sizes] for sizes in (made.size, made.real_size)]).T


def draws_objection(workflow: Workflow, iterations: int) -> str | None:
    """Why the pools are not used whole; `None` where they are."""
    if any(workflow.drawn(iteration) is not None for iteration in range(1, iterations + 1)):
        return f"{workflow} draws subsamples, and this sampler is exact only for pools used whole. Use the literal one."
    return None


def rows_objection(workflow: Workflow, T: int, iterations: int) -> str | None:
    """Why pools or draws are no whole numbers of rows; `None` where they are."""
    for iteration in range(1, iterations + 1):
        drawn = workflow.drawn(iteration)
        if drawn is not None and drawn * T % 1:
            return f"{workflow} draws {drawn * T} rows at iteration {iteration}: no whole number. Choose another T."
        for pool, share in workflow.shares(iteration).items():
            rows = workflow.size(pool) * T
            if share and rows % 1:
                return (
                    f"{workflow}: a pool of iteration {pool.index} has {rows} rows at T={T}, not a whole number of "
                    "rows. Choose T or the workflow's sizes so that it is."
                )
    return None


def weights_objection(workflow: Workflow, iterations: int) -> str | None:
    """Why the rows of some training set do not count alike; `None` where they do."""
    for iteration in range(1, iterations + 1):
        shares = workflow.shares(iteration)
        if len({share / workflow.size(pool) for pool, share in shares.items() if share}) > 1:
            return f"{workflow} weights its rows, and they must all count alike here."
    return None


def training_rows(workflow: Workflow, T: int, iterations: int) -> tuple[int, ...]:
    """The rows of the training sets of iterations 1, 2, …, those of no weight left out."""
    found = []
    for iteration in range(1, iterations + 1):
        drawn = workflow.drawn(iteration)
        rows = sum((workflow.size(pool) for pool, share in workflow.shares(iteration).items() if share), Fraction(0))
        found.append(int((rows if drawn is None else drawn) * T))
    return tuple(found)


def largest_pools(workflow: Workflow, T: int, iterations: int) -> tuple[int, ...]:
    """The rows of the largest pool of the training sets of iterations 1, 2, …, those of no weight left out."""
    return tuple(
        max(int(workflow.size(pool) * T) for pool, share in workflow.shares(iteration).items() if share)
        for iteration in range(1, iterations + 1)
    )


def sizes_alone(generator: Generator, *more: str) -> str | None:
    """Why a generator is more than sizes of pools, and what else is named; `None` where it is not."""
    known = ("sizes", *more)
    usual = type(generator)()
    other = [
        name
        for name in ("temperature", "bias", "pull", "distance", "noises")
        if name not in known and getattr(generator, name) != getattr(usual, name)
    ]
    if other:
        return (
            f"this task's samplers take a generator's {' and '.join(known)}; got {', '.join(other)} too. Leave it out."
        )
    return None
