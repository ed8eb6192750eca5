"""Samplers by name, for the tests that look at one."""

from typing import Any

from sim.dispatch import Wish, chosen
from sim.samplers.base import USUAL, AbstractSampler
from theory import Generator, Population, Task, Workflow


def build(
    name: str,
    task: Task,
    workflow: Workflow | Population,
    iterations: int,
    precision: str | None = None,
    generator: Generator = USUAL,
) -> tuple[AbstractSampler[Any], str]:
    """The sampler of that name and the precision of its chains."""
    return chosen(Wish(name, precision), task, workflow, iterations, generator=generator)
