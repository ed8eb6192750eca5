"""Natural exponential families whose variance is a quadratic function of the mean (Morris 1982), fitted by the mean."""

import abc
from typing import ClassVar

import sympy as sp

from ...derivation import Derived
from ...symbols import T
from ...task import Quantity, Task
from ...workflow import Workflow


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

    @property
    @abc.abstractmethod
    def truth(self) -> sp.Expr:
        """The variance at the truth, in the symbols of the parameters."""

    def derive(self, workflow: Workflow, quantity: Quantity) -> Derived:
        """The law of the quantity."""
        raise NotImplementedError

    def objection(self, workflow: Workflow, quantity: Quantity) -> str | None:
        """Why there is no law."""
        return f"there is no law of {quantity.name} under {workflow} yet."
