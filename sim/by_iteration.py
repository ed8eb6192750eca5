"""A run, or what a law says of it, as a table by iteration; `theory.by_iteration` says what the columns are."""

from collections.abc import Sequence
from functools import reduce
from operator import add
from typing import TYPE_CHECKING

import numpy as np
from jaxtyping import Float

from theory import EXACT, LARGE_T, Frame, Population
from theory.by_iteration import SIMULATION, by_iteration, described, of_population

if TYPE_CHECKING:
    from .run import Run


def of_run(run: "Run") -> Frame:
    """The means of a run, over the replicates that have a model at each iteration."""
    found = run.estimate
    counts = [run.replicates - lost for lost in run.unconverged]
    return tabulated(
        run,
        SIMULATION,
        found.mean,
        standard_error=found.standard_error,
        replicates=counts or [run.replicates] * run.iterations,
        validity=LARGE_T if run.is_limit else EXACT,
    )


def tabulated(
    run: "Run",
    source: str,
    values: Float[np.ndarray, "iterations *models"],
    *,
    standard_error: Float[np.ndarray, "iterations *models"] | None = None,
    replicates: Sequence[int] | None = None,
    validity: str,
) -> Frame:
    """Numbers that are of what was run; of a population all iterations of a model, then those of the next.

    Args:
        run: that they are of.
        source: where they come from: `theory.by_iteration.SIMULATION` or `LAW`.
        values: one an iteration.
        standard_error: of each.
        replicates: that each is the mean of.
        validity: of the values.
    """
    if isinstance(run.workflow, Population):
        alike = of_population(source, run.task, run.of, run.task.numbers)
        each = [alike | {"model": model} for model in range(1, values.shape[1] + 1)]
    else:
        each = [described(source, run.task, run.of, run.workflow, run.generator, run.task.numbers)]
    shaped = values.reshape(len(values), -1).T
    errors = [None] * len(each) if standard_error is None else standard_error.reshape(len(values), -1).T
    frames = (
        by_iteration(own, value, standard_error=error, replicates=replicates, validity=validity)
        for own, value, error in zip(each, shaped, errors, strict=True)
    )
    return reduce(add, frames)
