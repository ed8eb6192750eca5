"""What every sampler is: one chain of fits, called with a key."""

import abc
from typing import ClassVar

import equinox as eqx
from jaxtyping import Array, Float, PRNGKeyArray


class AbstractSampler(eqx.Module):
    """One chain of fits of a model under a workflow; made of (model, workflow, iterations, dtype of the chain)."""

    name: ClassVar[str]

    @property
    @abc.abstractmethod
    def bytes_per_replicate(self) -> int:
        """An upper estimate of what one replicate holds in memory."""

    @property
    def lapack_work(self) -> int:
        """Operations of the largest LAPACK call that one replicate makes."""
        return 0

    @abc.abstractmethod
    def __call__(self, key: PRNGKeyArray) -> Float[Array, " iterations"]:
        """The excess risk of the models of iterations 1, 2, … of one chain, in units of real(1)'s noise variance."""
