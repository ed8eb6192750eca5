"""A quantity by iteration as a `Frame`, with the same columns for laws, simulations and networks.

    source          "law", "simulation" or "network"
    task            what is refitted, as on the command line: "regression"; of a network the kind of model
    quantity        what is measured, as on the command line: "test_error"; of a network the metric
    workflow        as on the command line: "sliding-window"
    parameters      of the workflow, "k=3"
    generator       how data are sampled from a model, where it is not as they are
    ...             the task's own settings, one column each: design, T, d, sigma, ridge, ...; numbers that differ
                    between iterations as on the command line, "100,200"
    iteration       1, 2, ...: model 1 is fitted to real data
    value           the mean over replicates; of a test error the excess risk, noise left out; may be infinite
    standard_error  of that mean; none of a law, of one replicate, and where the variance is infinite
    replicates      chains, or seeds of a network; none of a law
    validity        of a law "exact", "large-T", "next-order", "proportional" or "approximation"; of a simulation
                    "exact", or "large-T" where it is of the limit; none of a network

Frames of different tasks are put together by `+`; a row has nothing in a column of another task's.
"""

import math
from collections.abc import Iterable, Mapping
from functools import reduce
from operator import add
from typing import Any

import numpy as np

from .frame import Frame
from .generator import Generator
from .task import Task
from .workflow import Workflow

#: What all rows of a frame of one law or run have alike, before the task's settings; and what each has, after them.
LEADING = ("source", "task", "quantity", "workflow", "parameters", "generator")
TRAILING = ("iteration", "value", "standard_error", "replicates", "validity")

LAW, SIMULATION, NETWORK = "law", "simulation", "network"


def settings(task: Task, numbers: Mapping[str, Any]) -> dict[str, Any]:
    """A task's own columns: its choices, its parameters, and the details that its laws depend on.

    Args:
        task: the task.
        numbers: of its parameters.
    """
    words = {each.name: getattr(task, each.name) for each in (*task.choices, *task.several)}
    return {name: _entry(value) for name, value in {**words, **numbers, **task.typed_details}.items()}


def parameters(values: Mapping[str, Any]) -> str | None:
    """The parameters of a workflow in one entry, as `k=3`; `None` where it has none."""
    return ", ".join(f"{name}={value}" for name, value in values.items() if value is not None) or None


def generated(generator: Generator) -> str | None:
    """How data are sampled, in one entry; `None` where it is as they are."""
    return None if generator == Generator() else str(generator)


def by_iteration(
    alike: Mapping[str, Any],
    values: np.ndarray,
    *,
    standard_error: np.ndarray | None = None,
    replicates: int | Iterable[int] | None = None,
    validity: str | None = None,
) -> Frame:
    """The frame of one law or run.

    Args:
        alike: what all rows have: those of `LEADING` that there are, and the task's settings.
        values: at iterations 1, 2, …; NaN where there is none.
        standard_error: of each, NaN where there is none.
        replicates: that the values are means of; or one number an iteration.
        validity: of the values.
    """
    n = len(values)
    counts = list(replicates) if isinstance(replicates, Iterable) else [replicates] * n
    errors = [None] * n if standard_error is None else standard_error.tolist()
    own = {name: entry for name, entry in alike.items() if name not in LEADING}
    return Frame(
        {
            **{name: [entry] * n for name, entry in ({name: alike.get(name) for name in LEADING} | own).items()},
            "iteration": list(range(1, n + 1)),
            "value": [_missing(value) for value in values.tolist()],
            "standard_error": [_missing(error) for error in errors],
            "replicates": counts,
            "validity": [validity] * n,
        }
    )


def _missing(value: float | None) -> float | None:
    return None if value is None or math.isnan(value) else float(value)


def _entry(value: Any) -> Any:
    """Numbers that belong together as they are typed, `0.5,0.25,0.25`."""
    return ",".join(map(str, value)) if isinstance(value, tuple | list) else value


def described(
    source: str, task: Task, quantity: str, workflow: Workflow, generator: Generator, numbers: Mapping[str, Any]
) -> dict[str, Any]:
    """What all rows of a law or a simulation have alike.

    Args:
        source: `LAW` or `SIMULATION`.
        task: what is refitted.
        quantity: its name.
        workflow: what each model is fitted to.
        generator: how data are sampled from a model.
        numbers: of the task's parameters.
    """
    own = (source, task.name, quantity, workflow.command(), parameters(workflow.parameters), generated(generator))
    return dict(zip(LEADING, own, strict=True)) | settings(task, numbers)


def of_population(source: str, task: Task, quantity: str, numbers: Mapping[str, Any]) -> dict[str, Any]:
    """The same of models that train on one another's data, to which the number of the `model` comes.

    Args:
        source: `LAW` or `SIMULATION`.
        task: what is refitted.
        quantity: its name.
        numbers: of the task's parameters.
    """
    own = (source, task.name, quantity, "population", None, None)
    return dict(zip(LEADING, own, strict=True)) | settings(task, numbers)


def by_validity(alike: Mapping[str, Any], values: Mapping[str, np.ndarray]) -> Frame:
    """The frame of one law: its own values and its estimates, one after another.

    Args:
        alike: as in `by_iteration`.
        values: at iterations 1, 2, … by validity.
    """
    frames = [by_iteration(alike, found, validity=validity) for validity, found in values.items()]
    return reduce(add, frames)
