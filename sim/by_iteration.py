"""Numbers of what was run as a table by iteration; `theory.by_iteration` says what the columns are."""

from collections.abc import Sequence
from functools import reduce
from operator import add

import numpy as np
from jaxtyping import Float

from theory import Frame, Generator, Population, Task, Workflow
from theory.by_iteration import by_iteration, described, of_population


def tabulated(
    source: str,
    task: Task,
    of: str,
    workflow: Workflow | Population,
    generator: Generator,
    values: Float[np.ndarray, "iterations *models"],
    *,
    standard_error: Float[np.ndarray, "iterations *models"] | None = None,
    replicates: Sequence[int] | None = None,
    validity: str,
) -> Frame:
    """A row an iteration; of a population all iterations of a model, then those of the next.

    Args:
        source: where the numbers come from: `theory.by_iteration.SIMULATION` or `LAW`.
        task: what was refitted, with the numbers of its parameters.
        of: the name of the quantity.
        workflow: what each model was fitted to; or a population of models.
        generator: how data were sampled from a model.
        values: one an iteration.
        standard_error: of each.
        replicates: that each is the mean of.
        validity: of the values.
    """
    if isinstance(workflow, Population):
        alike = of_population(source, task, of, task.numbers)
        each = [alike | {"model": model} for model in range(1, values.shape[1] + 1)]
    else:
        each = [described(source, task, of, workflow, generator, task.numbers)]
    shaped = values.reshape(len(values), -1).T
    errors = [None] * len(each) if standard_error is None else standard_error.reshape(len(values), -1).T
    frames = (
        by_iteration(own, value, standard_error=error, replicates=replicates, validity=validity)
        for own, value, error in zip(each, shaped, errors, strict=True)
    )
    return reduce(add, frames)
