"""Which samplers simulate which task: a row in `SAMPLERS` each."""

from typing import Any

from theory import (
    Bernoulli,
    Categorical,
    Estimator,
    Gamma,
    Gaussian,
    GeneralisedLinear,
    KernelDensity,
    LinearRegression,
    NegativeBinomial,
    Poisson,
    Task,
)

from ..samplers.base import AbstractSampler
from . import estimator, exponential_family, gaussian, generalised_linear, kernel_density, regression

#: The samplers of a task, the fastest first.
SAMPLERS: dict[type[Task], tuple[type[AbstractSampler[Any]], ...]] = {
    LinearRegression: regression.SAMPLERS,
    Gaussian: gaussian.SAMPLERS,
    Bernoulli: exponential_family.BERNOULLI,
    Categorical: exponential_family.CATEGORICAL,
    Poisson: exponential_family.POISSON,
    Gamma: exponential_family.GAMMA,
    NegativeBinomial: exponential_family.NEGATIVE_BINOMIAL,
    KernelDensity: kernel_density.SAMPLERS,
    GeneralisedLinear: generalised_linear.SAMPLERS,
    Estimator: estimator.SAMPLERS,
}

#: The same for populations of models that train on one another's data.
POPULATIONS: dict[type[Task], tuple[type[AbstractSampler[Any]], ...]] = {LinearRegression: regression.POPULATIONS}


def register(task: type[Task], *samplers: type[AbstractSampler[Any]]) -> None:
    """Say which samplers simulate a task of your own, the fastest first, in place of those named before.

    Args:
        task: the class.
        samplers: classes, made of (task, workflow, iterations, dtype).

    Raises:
        ValueError: these are not classes of tasks and of samplers, or there is no sampler.
    """
    if not (isinstance(task, type) and issubclass(task, Task)):
        raise ValueError(f"register needs the class of a task, as LinearRegression; got {task!r}.")
    if not samplers or not all(isinstance(each, type) and issubclass(each, AbstractSampler) for each in samplers):
        raise ValueError(f"register needs at least one class of samplers after {task.__name__}; got {samplers!r}.")
    SAMPLERS[task] = samplers


def samplers_of(task: type[Task], *, of_populations: bool = False) -> tuple[type[AbstractSampler[Any]], ...]:
    """The samplers of a task, the fastest first; those of populations where these are asked for.

    Raises:
        ValueError: there is none.
    """
    if task not in SAMPLERS:
        known = ", ".join(each.__name__ for each in SAMPLERS)
        raise ValueError(
            f"no sampler of {task.__name__} is known; there are some of {known}. Write a sim.AbstractSampler, and add "
            f"it by sim.register({task.__name__}, …)."
        )
    return POPULATIONS.get(task, ()) if of_populations else SAMPLERS[task]
