"""A location estimated otherwise than by the mean: a median, a trimmed mean, any asymptotically linear estimator."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, ClassVar

import sympy as sp

from ...derivation import Derived
from ...prover.domain import Domain, Variable
from ...symbols import T
from ...task import Parameter, Quantity, Task
from ...workflow import Workflow
from ..given import keep_plain

#: A row, in the influence function.
x = sp.Symbol("x", real=True)

VARIANCE_RATIO = Quantity(
    "variance_ratio",
    "variance of the estimate of model n over that of one fit to T real rows",
    unit=sp.S.One,
    limit_unit=sp.S.One,
    symbol="E_n",
    short="variance over that of one fit",
)


@dataclass(frozen=True)
class Estimator(Task):
    """Rows ~ N(0, 1) shifted by a location; each model is an estimate of it, and samples N(estimate, 1).

    An estimator is asymptotically linear where, for N rows of which each counts by its weight, the estimate is the
    truth plus the weighted mean of influence(x), up to less than N^(-1/2). It has to be equivariant: rows shifted by a
    number shift the estimate by the same.

    Attributes:
        influence: its influence function at N(0, 1), in the symbol `x`: 1 times x for the mean, sign(x) sqrt(pi/2) for
            the median.
        estimate: (rows, weights) -> the estimate, both arrays of one length, for simulations; weights add up to 1.
        T: rows a pool.

    Raises:
        ValueError: the influence has another symbol than x, a mean that is not 0, or no variance.
    """

    name: ClassVar[str] = "estimator"
    quantities: ClassVar[tuple[Quantity, ...]] = (VARIANCE_RATIO,)
    parameters: ClassVar[tuple[Parameter, ...]] = (Parameter(T, "rows an iteration", typical=1000),)
    domain: ClassVar[Domain] = Domain((Variable(T, (sp.S.One,)),))
    invariant: ClassVar[tuple[str, ...]] = ("influence", "estimate")

    influence: sp.Expr
    estimate: Callable[[Any, Any], Any] | None = None
    T: int | None = None

    def __post_init__(self) -> None:
        """Check the values, and store them as plain numbers."""
        keep_plain(self)

    def derive(self, workflow: Workflow, quantity: Quantity) -> Derived:
        """The law of the quantity."""
        raise NotImplementedError

    def objection(self, workflow: Workflow, quantity: Quantity) -> str | None:
        """Why there is no law."""
        return f"there is no law of {quantity.name} under {workflow} yet."
