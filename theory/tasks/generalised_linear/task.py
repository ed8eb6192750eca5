"""Generalised linear models by maximum likelihood, refitted on their own labels (Dey and Donoho, 2410.22812)."""

from dataclasses import dataclass
from typing import ClassVar

import sympy as sp

from ...derivation import Derived
from ...prover.domain import Domain, Variable
from ...symbols import T
from ...task import Choice, Parameter, Quantity, Task
from ...workflow import Workflow
from ..given import check_option, keep_plain

#: Features, and the length of the true weights.
d = sp.Symbol("d", integer=True, positive=True)
signal = sp.Symbol("signal", positive=True)

TEST_ERROR = Quantity(
    "test_error",
    "squared error of model n's weights in the metric of the truth's Fisher information of one row",
    unit=d / T,
    limit_unit=d / T,
    short="squared error of the weights",
)
EXCESS_RISK = Quantity(
    "excess_risk",
    "expected negative log likelihood of model n on a new row, less that of the truth, in nats",
    unit=d / (2 * T),
    limit_unit=d / (2 * T),
    symbol="R_n",
    short="excess log loss",
)


@dataclass(frozen=True)
class GeneralisedLinear(Task):
    """Rows x ~ N(0, identity), labels given x·w by a link; each model is the maximum of the (weighted) likelihood.

    "logistic": a label is 1 with probability 1/(1 + exp(-x·w)), else 0; "probit": with probability Phi(x·w);
    "poisson": a count with mean exp(x·w). No intercept. The true weights have the length `signal`, in any direction.

    Attributes:
        T: rows a pool, at least d + 1.
        d: features.
        signal: |w*|; 1 where none is given and a number is needed. To leading order no law depends on it.
        link: "logistic", "probit" or "poisson".

    Raises:
        ValueError: outside this domain.
    """

    name: ClassVar[str] = "generalised-linear"
    quantities: ClassVar[tuple[Quantity, ...]] = (TEST_ERROR, EXCESS_RISK)
    parameters: ClassVar[tuple[Parameter, ...]] = (
        Parameter(T, "rows an iteration, at least d + 1", short="rows an iteration", typical=1000),
        Parameter(d, "features", typical=3, most=10**4),
        Parameter(signal, "length of the true weights", default=1.0),
    )
    choices: ClassVar[tuple[Choice, ...]] = (
        Choice("link", ("logistic", "probit", "poisson"), "how labels depend on x·w", default="logistic"),
    )
    domain: ClassVar[Domain] = Domain((Variable(d, (sp.S.One,)), Variable(T, (d + 1,)), Variable(signal)))

    T: int | None = None
    d: int | None = None
    signal: float | None = None
    link: str = "logistic"

    def __post_init__(self) -> None:
        """Check the values, and store them as plain numbers."""
        keep_plain(self)
        check_option(self)

    def derive(self, workflow: Workflow, quantity: Quantity) -> Derived:
        """The law of the quantity."""
        raise NotImplementedError

    def objection(self, workflow: Workflow, quantity: Quantity) -> str | None:
        """Why there is no law."""
        return f"there is no law of {quantity.name} under {workflow} yet."
