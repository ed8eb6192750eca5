"""A kernel density with a Gaussian kernel, refitted on its own samples; new here in this form."""

from dataclasses import dataclass
from typing import ClassVar

import sympy as sp

from ...derivation import Derived
from ...prover.domain import Domain, Variable
from ...symbols import T
from ...task import Choice, Parameter, Quantity, Task
from ...workflow import Workflow
from ..given import check_option, keep_plain
from ..moment_laws import ERROR, SPREAD, MomentLaw
from ..spreads import RuleOfThumb, Scaled, Smoothed, Spread
from . import laws
from .symbols import bandwidth

VARIANCE = Quantity(
    "variance",
    "variance of model n's density over the truth's; n = 1 is the fit to real data",
    unit=sp.S.One,
    limit_unit=sp.S.One,
    symbol="V_n",
    short="variance over the truth's",
)
MEAN_ERROR = Quantity(
    "mean_error",
    "squared error of the mean of model n, over the truth's variance",
    unit=1 / T,
    limit_unit=1 / T,
    symbol="M_n",
    short="squared error of the mean",
)
SECOND_MOMENT = Quantity(
    "second_moment",
    "mean square distance of model n's samples from the truth's mean, over the truth's variance",
    unit=sp.S.One,
    limit_unit=sp.S.One,
    symbol="Q_n",
    short="mean square distance from the truth's mean",
)


@dataclass(frozen=True)
class KernelDensity(Task):
    """Rows from any distribution with a variance; each model is its training set smoothed with a Gaussian kernel.

    A sample is a row of the training set, drawn by its weight, plus N(0, h^2). Everything is in units of the truth's
    standard deviation, and the truth's own shape does not matter.

    Attributes:
        T: rows a pool.
        bandwidth: h under the rule "fixed"; else it multiplies the rule's; 1 where none is given.
        rule: "fixed", h the same for all models; "relative", h is bandwidth times the standard deviation of the
            training set; "scott" and "silverman", the same times N^(-1/5) and (3N/4)^(-1/5) for N rows.

    Raises:
        ValueError: outside this domain.
    """

    name: ClassVar[str] = "kernel-density"
    quantities: ClassVar[tuple[Quantity, ...]] = (VARIANCE, MEAN_ERROR, SECOND_MOMENT)
    parameters: ClassVar[tuple[Parameter, ...]] = (
        Parameter(T, "rows an iteration", typical=10),
        Parameter(bandwidth, "the kernel's standard deviation, or what multiplies a rule's", default=1.0),
    )
    choices: ClassVar[tuple[Choice, ...]] = (
        Choice(
            "rule",
            ("fixed", "relative", "scott", "silverman"),
            "the bandwidth the same for all models, or by the standard deviation of the training set",
            default="fixed",
        ),
    )
    domain: ClassVar[Domain] = Domain((Variable(T, (sp.S.One,)), Variable(bandwidth)))

    T: int | None = None
    bandwidth: float | None = None
    rule: str = "fixed"

    def __post_init__(self) -> None:
        """Check the values, and store them as plain numbers."""
        keep_plain(self)
        check_option(self)

    def derive(self, workflow: Workflow, quantity: Quantity) -> Derived:
        """The law: exact at finite T."""
        if quantity == SECOND_MOMENT:
            return laws.second_moment(workflow)
        return self._moment(workflow, quantity).derived()

    def objection(self, workflow: Workflow, quantity: Quantity) -> str | None:
        """What is not known under this workflow, or by this rule."""
        if quantity != SECOND_MOMENT:
            return self._moment(workflow, quantity).objection()
        if self.rule != "fixed":
            return f"the second moment is known for a fixed bandwidth, not by the rule {self.rule}; take the variance."
        return laws.second_moment_objection(workflow)

    def _moment(self, workflow: Workflow, quantity: Quantity) -> MomentLaw:
        is_error = quantity == MEAN_ERROR
        return MomentLaw(
            workflow,
            quantity.name,
            ERROR if is_error else SPREAD,
            self._spread,
            sp.S.One,
            (T, bandwidth),
            self.at,
            gained=False,
            further=laws.formula if self.rule == "fixed" else None,
        )

    @property
    def _spread(self) -> Spread:
        """Scott's rule has N^(-1/5) times the standard deviation, Silverman's (3N/4)^(-1/5)."""
        square = bandwidth**2
        ways: dict[str, Spread] = {
            "fixed": Smoothed(square),
            "relative": Scaled(1 + square),
            "scott": RuleOfThumb(square),
            "silverman": RuleOfThumb(square * sp.Rational(4, 3) ** sp.Rational(2, 5)),
        }
        return ways[self.rule]
