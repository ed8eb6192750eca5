"""The laws of a kernel density: its mean square distance from the truth's mean through depth, its variance, its mean.

A sample of model n is a row of its training set plus the kernel's noise. With a fixed kernel of variance h^2 each model
that a row goes back through has added h^2, so that the mean square distance from the truth's mean is 1 + h^2 L_n in
units of the truth's variance, exactly, with L_n the mean depth. The variance is that less the mean's own.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from fractions import Fraction
from typing import Any

import numpy as np
import sympy as sp

from ...asymptotics import Growth
from ...depth import depth
from ...derivation import EXACT, Derivation, Derived, Step
from ...recursion import nested_rows
from ...symbolic_workflow import SymbolicWorkflow
from ...symbols import T, i, n
from ...sympy_types import as_expression, factored
from ...workflow import Workflow
from ..formulas import Formula
from ..moment_laws import SPREAD
from .symbols import bandwidth

_DEPTH = Step(
    "depth",
    r"Q_n = 1 + h^2 L_n, \quad L_n = 1 + \sum_k p_{nk} L_{\ell(k)}",
    "each model that a row goes back through has added an independent noise of the kernel's variance",
)


def second_moment(workflow: Workflow) -> Derived:
    """Q_n = 1 + h^2 L_n, for every workflow."""
    known = depth(workflow)
    mean = known.mean_expr
    growth = known.growth()
    value = as_expression(sp.Function("depth")(n)) if mean is None else mean
    last = Step("depth of the workflow", f"L_n = {sp.latex(value)}", known.law.because)
    return Derived(
        1 + bandwidth**2 * value,
        Derivation((_DEPTH, last)),
        "new here",
        EXACT,
        growth=None if growth is None else _of_second_moment(growth),
        own_gain=False,
        each=None if mean is not None else _Each(workflow).at,
        precise=_Values(workflow).values if not workflow.is_symbolic else None,
    )


def second_moment_objection(workflow: Workflow) -> str | None:
    """A workflow with symbols needs a formula."""
    if workflow.is_symbolic and depth(workflow).mean_expr is None:
        return f"no formula is known for the depth under {workflow}; give numbers for its parameters."
    return None


def _of_second_moment(growth: Growth) -> Growth:
    if growth.kind == "bounded":
        return Growth("bounded", 1 + bandwidth**2 * growth.constant)
    return growth.scaled(bandwidth**2)


@dataclass(frozen=True)
class _Values:
    workflow: Workflow

    def values(self, numbers: Mapping[str, Any], iterations: np.ndarray) -> np.ndarray:
        """From exact depths."""
        means = np.array([float(mean) for mean in depth(self.workflow).mean(int(iterations.max()))])
        return 1 + numbers["bandwidth"] ** 2 * means[iterations - 1]


@dataclass(frozen=True)
class _Each:
    workflow: Workflow

    def at(self, iteration: int) -> sp.Expr:
        """At one iteration."""
        mean: Fraction = depth(self.workflow).mean(iteration)[-1]
        return 1 + bandwidth**2 * sp.Rational(mean.numerator, mean.denominator)


def formula(workflow: SymbolicWorkflow, moment: str, numbers: Mapping[sp.Symbol, sp.Expr]) -> Formula | None:
    """With a fixed kernel, where a training set is the newest pool of T rows alone, or all pools of T rows so far.

    In the first case the variance obeys v_n = (1 - 1/T) v_{n-1} + h^2, v_1 = 1 - 1/T + h^2, and the mean's error is the
    rest of Q_n = 1 + n h^2. In the second that error is the sum of v_{i-1}/(i^2 T), finite as v_i <= Q_i = 1 + h^2 H_i,
    so that the variance grows as Q_n does.
    """
    del numbers  # the kinds of growth do not depend on them
    rows, h = nested_rows(workflow), bandwidth
    if rows is None or rows.drawn is not None:
        return None
    if rows.first == n and rows.rows == 1:
        because, rule = "model n depends on model n - 1 alone", "first-order recursion"
        variance = T * h**2 + factored(1 - T * h**2) * (1 - 1 / T) ** n
        if moment == SPREAD:
            return Formula(variance, Growth("bounded", T * h**2), rule, because)
        return Formula(1 + n * h**2 - variance, Growth("linear", h**2), rule, because)
    if rows.first != n and rows.rows == i and moment == SPREAD:
        because = "the mean's error stays bounded, so that the variance grows as the mean depth of a row"
        return Formula(None, Growth("logarithmic", h**2), "depth", because)
    return None
