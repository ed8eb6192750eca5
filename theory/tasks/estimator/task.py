"""A location estimated otherwise than by the mean: a median, a trimmed mean, any asymptotically linear estimator."""

from collections.abc import Callable
from dataclasses import dataclass
from functools import cached_property
from typing import Any, ClassVar

import sympy as sp

from ...derivation import LARGE_T, Derived, Step
from ...gain_law import gain_law
from ...prover.domain import Domain, Variable
from ...symbolic_workflow import SymbolicWorkflow
from ...symbols import T
from ...sympy_types import added, as_expression
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
        influence = sp.sympify(self.influence)
        if not isinstance(influence, sp.Expr) or influence.free_symbols != {x}:
            raise ValueError(
                f"an influence is an expression in the symbol x of theory.tasks.estimator; got {influence}."
            )
        # a frozen dataclass has no other way to keep its fields in one form
        object.__setattr__(self, "influence", influence)
        mean, variance = self._moment(1), self.influence_variance
        if sp.simplify(mean) != 0:
            raise ValueError(f"an influence has mean 0 at N(0, 1); that of {influence} is {mean}. Subtract it.")
        if not variance.is_positive:  # as infinity is not, for SymPy
            raise ValueError(
                f"an influence has a finite variance above 0 at N(0, 1); that of {influence} is {variance}."
            )

    @cached_property
    def influence_variance(self) -> sp.Expr:
        """E influence(x)^2 for x ~ N(0, 1): the variance of one fit times T, for T -> oo."""
        return as_expression(sp.simplify(self._moment(2)))

    def _moment(self, power: int) -> sp.Expr:
        density = sp.exp(-(x**2) / 2) / sp.sqrt(2 * sp.pi)
        halves = (sp.integrate(self.influence**power * density, (x, *ends)) for ends in ((-sp.oo, 0), (0, sp.oo)))
        return added(as_expression(half) for half in halves)

    def derive(self, workflow: Workflow, quantity: Quantity) -> Derived:
        """The gain, for T -> oo."""
        return gain_law(
            SymbolicWorkflow(workflow),
            quantity.unit,
            validity=LARGE_T,
            steps=(_LINEAR,),
            source="Dey and Donoho 2410.22812 for estimators at large",
        )


_LINEAR = Step(
    "influence functions",
    r"\hat\theta_n - \theta \simeq \sum_k p_{nk}(\hat\theta_{\ell(k)} - \theta + \xi_k), \quad "
    r"\operatorname{Var}\xi_k \simeq \mathbb{E}\psi^2/T_k",
    "an asymptotically linear, equivariant estimator is a mean of influences, around the estimates that labelled",
)
