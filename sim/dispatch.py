"""Which sampler simulates what: the names a user may give, and the fastest exact one where none is given."""

from dataclasses import dataclass
from typing import Any

import jax
import jax.numpy as jnp

from theory import Generator, Population, Task, Workflow

from .samplers.base import USUAL, AbstractSampler
from .tasks import samplers_of

PRECISIONS = ("float64", "float32")


@dataclass(frozen=True)
class Wish:
    """What is wanted of a sampler.

    Attributes:
        name: "auto" for the fastest one that is exact.
        precision: "float64" or "float32"; by default what the sampler says.
        relative_error: the run's aim, if it has one: "auto" is then the one that gets there first.
        quantiles: whether they are needed.
    """

    name: str = "auto"
    precision: str | None = None
    relative_error: float | None = None
    quantiles: bool = False


def sampler_names(task: type[Task]) -> tuple[str, ...]:
    """What can be asked for: "auto", those that it chooses from, the plainest first, and the others."""
    samplers = samplers_of(task)
    automatic = [sampler.name for sampler in reversed(samplers) if sampler.automatic]
    others = [sampler.name for sampler in samplers if not sampler.automatic]
    return "auto", *dict.fromkeys(automatic + others)


def chosen(
    wish: Wish,
    task: Task,
    workflow: Workflow | Population,
    iterations: int,
    of: str | None = None,
    generator: Generator = USUAL,
) -> tuple[AbstractSampler[Any], str]:
    """A sampler and the precision of its chains.

    Args:
        wish: what is wanted of it.
        task: with numbers for all of its parameters.
        workflow: what each model is fitted to, or a population of models.
        iterations: model-fitting iterations.
        of: the name of the quantity; by default the task's first.
        generator: how data are sampled from a model.

    Raises:
        ValueError: unknown name or precision, or the sampler is not exact for this task, workflow and generator.
    """
    names = sampler_names(type(task))
    if wish.name not in names:
        raise ValueError(f"sampler must be one of {', '.join(names)}; got {wish.name!r}.")
    if wish.precision is not None and wish.precision not in PRECISIONS:
        raise ValueError(f"precision must be one of {', '.join(PRECISIONS)}; got {wish.precision!r}.")
    by_generator = () if generator == USUAL else (generator,)
    sized = workflow if isinstance(workflow, Population) else generator.sized(workflow)
    sampler: Any = _first(wish, task, sized, iterations, task.quantity(of).name, generator)
    precision = wish.precision
    if precision is None:
        single = jax.local_devices()[0].platform == "tpu" or sampler.suits_float32(task, sized, iterations)
        precision = "float32" if single else "float64"
    return sampler(task, sized, iterations, jnp.dtype(precision), *by_generator), precision


def _first(
    wish: Wish, task: Task, workflow: Any, iterations: int, of: str, generator: Generator
) -> type[AbstractSampler[Any]]:
    """The one that gets to the aim first, or the first of all; where all object, the plainest one's words count."""
    objection = f"no sampler {wish.name} simulates the {of} of {task} under {workflow}."
    aim = wish.relative_error if wish.name == "auto" else None
    takes: dict[type[AbstractSampler[Any]], float] = {}
    able: list[type[AbstractSampler[Any]]] = []
    for sampler in samplers_of(type(task), of_populations=isinstance(workflow, Population)):
        listed = sampler.automatic if wish.name == "auto" else sampler.name == wish.name
        measures = of == (sampler.of or task.quantities[0].name)
        if not ((listed or aim) and measures and sampler.serves(task, workflow, iterations)):
            continue
        found = _objection(sampler, wish, task, workflow, iterations, generator)
        if found is not None:
            objection = found if listed else objection
            continue
        work = None if aim is None else sampler.work_to(task, workflow, iterations, aim)
        if work is not None:
            takes[sampler] = work
        elif listed:
            able.append(sampler)
        if able and aim is None:
            break
    if takes:
        return min(takes, key=lambda sampler: takes[sampler])
    if not able:
        raise ValueError(objection)
    return able[0]


def _objection(
    sampler: type[AbstractSampler[Any]],
    wish: Wish,
    task: Task,
    workflow: Any,
    iterations: int,
    generator: Generator,
) -> str | None:
    if generator.edits and not sampler.edits:
        return (
            f"the {sampler.name} sampler labels whole pools, and {generator} edits the newest training set: that is "
            f"simulated under Replace(), by the literal sampler; got {workflow}."
        )
    found = sampler.objection(task, workflow, iterations)
    if found is None and generator != USUAL:
        found = sampler.generator_objection(generator, task, workflow, iterations)
    if found is None and wish.quantiles and not sampler.has_quantiles:
        return f"the {sampler.name} sampler has no quantiles. Leave the sampler or the quantiles out."
    return found
