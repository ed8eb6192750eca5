"""Natural exponential families whose variance is a quadratic function of the mean (Morris 1982), fitted by the mean."""

from typing import ClassVar

import sympy as sp

from ...derivation import Derived
from ...symbols import T
from ...task import Quantity, Task
from ...workflow import Workflow
from ..moment_laws import ERROR, SPREAD, MomentLaw
from ..spreads import Curved


def mean_error(variance: sp.Expr) -> Quantity:
    """That of a family with this variance at the truth."""
    return Quantity(
        "mean_error",
        "squared error of the mean of model n; n = 1 is the fit to real data",
        unit=variance / T,
        limit_unit=variance / T,
        symbol="M_n",
        short="squared error of the mean",
    )


def variance_of_model(variance: sp.Expr) -> Quantity:
    """That of a family with this variance at the truth."""
    return Quantity(
        "variance",
        "variance of model n's own distribution; n = 1 is the fit to real data",
        unit=variance,
        limit_unit=variance,
        symbol="V_n",
        short="variance of the model",
    )


class ExponentialFamily(Task):
    """A family with the variance V(mean) = a + b mean + c mean^2, fitted by the (weighted) mean of the training set.

    Class attributes:
        curvature: c, in the symbols of the parameters.
    """

    curvature: ClassVar[sp.Expr]

    def derive(self, workflow: Workflow, quantity: Quantity) -> Derived:
        """The law: exact at finite T."""
        return self._moment(workflow, quantity).derived()

    def objection(self, workflow: Workflow, quantity: Quantity) -> str | None:
        """A workflow with symbols needs a formula."""
        return self._moment(workflow, quantity).objection()

    def _moment(self, workflow: Workflow, quantity: Quantity) -> MomentLaw:
        is_error = quantity.name == "mean_error"
        return MomentLaw(
            workflow,
            quantity.name,
            ERROR if is_error else SPREAD,
            Curved(self.curvature),
            T * quantity.unit if is_error else quantity.unit,
            tuple(parameter.symbol for parameter in self.parameters),
            self.at,
        )
