"""The tasks that there are laws for: a row in `TASKS` and a folder each."""

from ..task import Task
from .estimator import Estimator as Estimator
from .exponential_family import (
    Bernoulli as Bernoulli,
    Categorical as Categorical,
    ExponentialFamily as ExponentialFamily,
    Gamma as Gamma,
    NegativeBinomial as NegativeBinomial,
    Poisson as Poisson,
)
from .gaussian import Gaussian as Gaussian
from .generalised_linear import GeneralisedLinear as GeneralisedLinear
from .kernel_density import KernelDensity as KernelDensity
from .regression import LinearRegression as LinearRegression

#: By their names on the command lines; the first where none is named. An `Estimator` is made in Python alone.
TASKS: tuple[type[Task], ...] = (
    LinearRegression,
    Gaussian,
    Bernoulli,
    Categorical,
    Poisson,
    Gamma,
    NegativeBinomial,
    KernelDensity,
    GeneralisedLinear,
)
