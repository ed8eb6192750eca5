"""What every sampler is: one chain of fits, called with a key."""

import abc
from typing import ClassVar, Generic, TypeVar

import equinox as eqx
import numpy as np
from jaxtyping import Array, Float, PRNGKeyArray

from theory import Generator, Task, Workflow

#: Replicates at which a run to a relative error looks at it for the first time.
FIRST_LOOK = 1000

#: Samples data from models as they are.
USUAL = Generator()

#: The task that a sampler is written for.
AnyTask = TypeVar("AnyTask", bound=Task)


class AbstractSampler(eqx.Module, Generic[AnyTask]):
    """One chain of fits of a task under a workflow. It is made only where it has no objection.

    A sampler needs `name`, `__init__` and `__call__`; the rest has defaults.

    Class attributes:
        name: by which it is asked for; of several of one name the first that `serves` is meant.
        of: the quantity that it samples; `None` for the task's first.
        automatic: whether "auto" may choose it.
        has_quantiles: whether the quantiles of its numbers are those of the quantity.
        edits: whether it can keep a part of the newest data and label the rest anew, as some generators do.
        is_signed: whether its numbers may be below 0. Then it has no quantiles, for a run keeps those of numbers of at
            least 0.
        is_limit: whether its numbers are of the limit T -> oo, whatever T is.
        advice: what to do where a chain is too ill-conditioned for its precision.
    """

    name: ClassVar[str]
    of: ClassVar[str | None] = None
    automatic: ClassVar[bool] = True
    has_quantiles: ClassVar[bool] = True
    edits: ClassVar[bool] = False
    is_signed: ClassVar[bool] = False
    is_limit: ClassVar[bool] = False
    advice: ClassVar[str] = "Use float64."

    @abc.abstractmethod
    def __init__(self, task: AnyTask, workflow: Workflow, iterations: int, dtype: np.dtype) -> None:
        """The chain of so many iterations, computed in floating-point numbers of this type.

        Args:
            task: with numbers for all of its parameters.
            workflow: what each model is fitted to.
            iterations: model-fitting iterations.
            dtype: float64 or float32.

        Where it has no objection to a generator, it takes one more argument after these.
        """

    @classmethod
    def serves(cls, task: AnyTask, workflow: Workflow, iterations: int) -> bool:
        """Whether this is the one that is meant, where several have one name."""
        del task, workflow, iterations
        return True

    @classmethod
    def objection(cls, task: AnyTask, workflow: Workflow, iterations: int) -> str | None:
        """Why it is not exact, or not possible, here; `None` where it is."""
        del task, workflow, iterations
        return None

    @classmethod
    def generator_objection(
        cls, generator: Generator, task: AnyTask, workflow: Workflow, iterations: int
    ) -> str | None:
        """Why it does not sample data by this generator; `None` where it does. The usual one is not asked for.

        Args:
            generator: how data are sampled from a model.
            task: with numbers for all of its parameters.
            workflow: with the generator's sizes of pools.
            iterations: model-fitting iterations.
        """
        del generator, task, workflow, iterations
        return f"the {cls.name} sampler samples data from models as they are, and takes no generator."

    @classmethod
    def work_to(cls, task: AnyTask, workflow: Workflow, iterations: int, relative_error: float) -> float | None:
        """What a run to a relative standard error takes, in units of the task's samplers; `None` where not known."""
        del task, workflow, iterations, relative_error
        return None

    @classmethod
    def suits_float32(cls, task: AnyTask, workflow: Workflow, iterations: int) -> bool:
        """Whether float32 loses nothing that matters here, so that it is the default."""
        del task, workflow, iterations
        return False

    @property
    def side_by_side(self) -> int | None:
        """Models side by side at each iteration, whose numbers follow one another; `None` where there is one alone."""
        return None

    @property
    def scale(self) -> float:
        """What the numbers of a chain are multiplied by."""
        return 1.0

    @property
    def moments(self) -> int:
        """The number of moments that the quantity has, 0, 1 or 2 (or more): a mean needs 1, a standard error 2."""
        return 2

    @property
    def note(self) -> str:
        """What a reader must know of the numbers, as why moments are missing; empty where there is nothing."""
        return ""

    @property
    def may_fail(self) -> str:
        """Why a fit may have no model, in a clause; empty where every fit has one.

        Its number is NaN then: a run counts it, and averages over the others.
        """
        return ""

    @property
    def bytes_per_replicate(self) -> int:
        """An upper estimate of what one replicate holds in memory; as it stands it is for small chains."""
        return 2**14

    @property
    def lapack_work(self) -> int:
        """Operations of the largest LAPACK call that one replicate makes."""
        return 0

    @abc.abstractmethod
    def __call__(self, key: PRNGKeyArray) -> Float[Array, " iterations"]:
        """The quantity, divided by `scale`, of the models of iterations 1, 2, … of one chain.

        Numbers of at least 0, but where the sampler `is_signed`; NaN where a fit that `may_fail` has failed.
        """
