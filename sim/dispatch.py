"""Which sampler simulates what: the names a user may give, and the fastest exact one where none is given."""

from typing import Any

import jax
import jax.numpy as jnp

from theory import Task, Workflow

from .samplers.base import AbstractSampler
from .tasks import samplers_of

PRECISIONS = ("float64", "float32")


def sampler_names(task: type[Task]) -> tuple[str, ...]:
    """What can be asked for: "auto", those that it chooses from, the plainest first, and the others."""
    samplers = samplers_of(task)
    automatic = [sampler.name for sampler in reversed(samplers) if sampler.automatic]
    others = [sampler.name for sampler in samplers if not sampler.automatic]
    return "auto", *dict.fromkeys(automatic + others)


def build(
    name: str,
    task: Task,
    workflow: Workflow,
    iterations: int,
    precision: str | None = None,
    of: str | None = None,
) -> tuple[AbstractSampler[Any], str]:
    """The sampler called `name` and the precision of its chains.

    Args:
        name: "auto" for the first of the task's samplers that is exact here.
        task: with numbers for all of its parameters.
        workflow: what each model is fitted to.
        iterations: model-fitting iterations.
        precision: "float64" or "float32"; by default what the sampler says.
        of: the name of the quantity; by default the task's first.

    Raises:
        ValueError: unknown name or precision, or the sampler is not exact for this task and workflow.
    """
    names = sampler_names(type(task))
    if name not in names:
        raise ValueError(f"sampler must be one of {', '.join(names)}; got {name!r}.")
    if precision is not None and precision not in PRECISIONS:
        raise ValueError(f"precision must be one of {', '.join(PRECISIONS)}; got {precision!r}.")
    sampler = _first(name, task, workflow, iterations, task.quantity(of).name)
    if precision is None:
        single = jax.local_devices()[0].platform == "tpu" or sampler.suits_float32(task, workflow, iterations)
        precision = "float32" if single else "float64"
    return sampler(task, workflow, iterations, jnp.dtype(precision)), precision


def _first(name: str, task: Task, workflow: Workflow, iterations: int, of: str) -> type[AbstractSampler[Any]]:
    """The first that is meant and has no objection; where all have one, the plainest one's is raised."""
    objection = f"no sampler {name} simulates the {of} of {task} under {workflow}."
    for sampler in samplers_of(type(task)):
        named = sampler.automatic if name == "auto" else sampler.name == name
        measures = of == (sampler.of or task.quantities[0].name)
        if not (named and measures and sampler.serves(task, workflow, iterations)):
            continue
        found = sampler.objection(task, workflow, iterations)
        if found is None:
            return sampler
        objection = found
    raise ValueError(objection)
