"""What only the newest pool of T rows makes of a Gaussian: its covariance is a product of independent Wishart matrices.

In the truth's units model n has the covariance A_n = B_1 … B_n up to order and roots, with B_i Wishart of T - 1 degrees
of freedom over T ("mle") or T - 1 ("unbiased"), so that the logarithm of its determinant is a random walk, and the mean
of its inverse is g^n times the identity with g = T/(T - d - 2), or (T - 1)/(T - d - 2). New here for the divergence.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import mpmath
import numpy as np
import sympy as sp

from ...asymptotics import Growth
from ...derivation import EXACT, Derivation, Derived, Step
from ...recursion import nested_rows
from ...symbolic_workflow import SymbolicWorkflow
from ...symbols import T, n
from ...sympy_types import as_expression, factored
from ...workflow import Workflow
from .symbols import d


class DigammaSum(sp.Function):
    """psi((T - 1)/2) + … + psi((T - d)/2), the mean of log det of a Wishart matrix of T - 1 rows, less d log 2."""

    @classmethod
    def eval(cls, rows: sp.Expr, dimension: sp.Expr) -> sp.Expr | None:  # pyright: ignore[reportIncompatibleMethodOverride]: SymPy's own has any arguments
        """The sum, where the dimension is a number."""
        if isinstance(dimension, sp.Integer):
            return sp.Add(*(sp.digamma((rows - j) / 2) for j in range(1, int(dimension) + 1)))
        return None


@dataclass(frozen=True)
class Chain:
    """The two laws of a chain, by the covariance's divisor.

    Attributes:
        unbiased: whether sums of squares are divided by T - 1, and not by T.
    """

    unbiased: bool

    @property
    def divisor(self) -> sp.Expr:
        """Of the sums of squares."""
        return T - 1 if self.unbiased else T

    @property
    def drift(self) -> sp.Expr:
        """The mean step of log det; negative, as psi(x) < log x and no (T - i)/2 is above half the divisor."""
        return as_expression(DigammaSum(T, d)) + d * sp.log(2 / self.divisor)

    def log_determinant(self) -> Derived:
        """E log det A_n, n times the drift."""
        return Derived(
            n * self.drift,
            Derivation((_WISHART, _WALK, _COLLAPSE)),
            "new here in this form; that a chain of Gaussian fits collapses is in 2305.17493",
            EXACT,
            growth=Growth("falling", self.drift),
            own_gain=False,
            precise=self._log_determinants,
            needs=(sp.Ge(T, d + 1),),
        )

    def divergence(self) -> Derived:
        """E KL(truth, model n) = (E tr A_n^-1 - d + E log det A_n + E mean' A_n^-1 mean)/2.

        The mean of model n adds (d/T)(g + … + g^n): the step of fit j has the covariance A_{j-1}/T.
        """
        g = self.divisor / (T - d - 2)
        geometric = factored(d * (1 + self.divisor / (T * (self.divisor - T + d + 2))))
        expr = (geometric * (g**n - 1) + n * self.drift) / 2
        return Derived(
            expr,
            Derivation((_WISHART, _WALK, _INVERSE, Step("sum of four means", f"D_n = {sp.latex(expr)}", "as derived"))),
            "new here",
            EXACT,
            growth=Growth("exponential", geometric / 2, g**n),
            own_gain=False,
            precise=self._divergences,
            needs=(sp.Ge(T, d + 3),),
        )

    def _log_determinants(self, numbers: Mapping[str, Any], iterations: np.ndarray) -> np.ndarray:
        return iterations * float(self._drift(numbers["T"], numbers["d"]))

    def _divergences(self, numbers: Mapping[str, Any], iterations: np.ndarray) -> np.ndarray:
        rows, dimension = numbers["T"], numbers["d"]
        with mpmath.workdps(40 + 2 * len(str(rows))):
            divisor = mpmath.mpf(rows - self.unbiased)
            g = divisor / (rows - dimension - 2)
            geometric = dimension * (1 + divisor / (rows * (divisor - rows + dimension + 2)))
            drift = self._drift(rows, dimension)
            values = [float((geometric * (g ** int(m) - 1) + int(m) * drift) / 2) for m in iterations.ravel()]
        return np.array(values).reshape(iterations.shape)

    def _drift(self, rows: int, dimension: int) -> Any:
        with mpmath.workdps(40 + 2 * len(str(rows))):
            digammas = mpmath.fsum(mpmath.digamma(mpmath.mpf(rows - j) / 2) for j in range(1, dimension + 1))
            return digammas + dimension * mpmath.log(mpmath.mpf(2) / (rows - self.unbiased))


def objection(workflow: Workflow) -> str | None:
    """Why the workflow is no such chain; `None` where it is."""
    rows = nested_rows(SymbolicWorkflow(workflow))
    if rows is None or rows.first != n or rows.rows != 1 or rows.drawn is not None:
        return (
            f"it is known under Replace(), where each model is fitted to the newest T rows alone, not under {workflow}."
        )
    return None


_WISHART = Step(
    "independent factors",
    r"A_n = A_{n-1}^{1/2} B_n A_{n-1}^{1/2}",
    "given model n - 1 the covariance of T rows is a Wishart matrix in its units, independent of all before",
)
_WALK = Step(
    "determinant of a Wishart matrix",
    r"\mathbb{E}\log\det B = \sum_{i=1}^{d} \psi\left(\tfrac{T-i}{2}\right) + d \log 2 - d \log (\text{divisor})",
    "its determinant is a product of independent chi-squares with T - 1, …, T - d degrees of freedom (Bartlett)",
)
_COLLAPSE = Step(
    "strong law of large numbers",
    r"\tfrac1n \log\det A_n \to \mathbb{E}\log\det B < 0",
    "a random walk with a negative drift goes to -oo: the determinant goes to 0 almost surely, whatever its mean does",
)
_INVERSE = Step(
    "inverse Wishart mean",
    r"\mathbb{E}A_n^{-1} = g^n I, \quad g = \text{divisor}/(T - d - 2)",
    "the mean of the inverse of a Wishart matrix with T - 1 degrees of freedom, one factor after another",
)
