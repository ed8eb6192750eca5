"""Fewer rows than features and no ridge: exact laws of the fits of least norm, where rows are at most d - 2.

Fixed design, any workflow of whole pools: all fits lie in the span of the same T rows, so that the noise is that of one
fit times the workflow's gain, and what lies outside the span is lost once: E_n = B + c_n sigma^2 V. New here.

The newest pool alone, at fresh design: model n is what model n - 1 is in the span of N new rows, a random one, plus its
noise, so that with q = N/d

    E_n = q E_{n-1} + (1 - q) |w*|^2 + sigma^2 V(N),    E_0 = 0        (for equal pools Dohmatob et al. 2402.07712),

with q = 1 once N >= d + 2. B and V are those of one fit (`ridge_fit`), with all features alike.
"""

from collections.abc import Mapping
from functools import partial
from math import inf
from typing import Any

import numpy as np
import sympy as sp

from ... import recursion, summation
from ...algebra.reading import whole_run_objection
from ...asymptotics import Growth, growth
from ...derivation import EXACT, PROPORTIONAL, Derivation, Derived, Step
from ...exact import exact
from ...gain import gain
from ...symbolic_workflow import SymbolicWorkflow
from ...symbols import GAIN, T, n
from ...sympy_types import as_expression, factored, rational
from ...workflow import Workflow
from . import equivalents, ridge_fit
from .ridge import BIAS, ERROR, VARIANCE, Ridge, RidgeError
from .symbols import d, sigma
from .unequal_pools import whole_rows

_FIXED = (
    Step(
        "one span",
        r"\hat w_n = X^{+} X w^* + X^{+} \textstyle\sum_k R_{nk} \varepsilon_k",
        "every fit of least norm lies in the span of the rows of X, and X X^+ X = X",
    ),
    Step("white noise", r"E_n = B + c_n \sigma^2 V", "the noises are independent, and sum_k R_nk^2 T/T_k = c_n"),
)
_CHAIN = (
    Step(
        "projection",
        r"\hat w_n = P_n \hat w_{n-1} + X_n^{+} \varepsilon_n,\quad"
        r" \delta_n = P_n \delta_{n-1} - (1 - P_n) w^* + X_n^{+} \varepsilon_n",
        "the fit of least norm lies in the span of the rows of X_n, on which P_n projects",
    ),
    Step(
        "random span",
        r"E_n = q E_{n-1} + (1 - q) \|w^*\|^2 + \sigma^2 V,\quad q = \mathbb{E} \tfrac{1}{d} \operatorname{tr} P_n",
        "the span is independent of older models and equal in law to its rotations",
    ),
)


def objection(workflow: SymbolicWorkflow, design: str, ridge: Ridge) -> str | None:
    """Why this is not the law; `None` where it is."""
    name = workflow.workflow
    if ridge.penalty:
        return f"with a ridge of {ridge.penalty:g} fits are not of least norm."
    if design == "fixed":
        whole = workflow.in_whole_multiples and not workflow.draws
        return None if whole else f"{name} draws rows, or has pools that are no whole multiples of X."
    read = workflow.training_set
    newest = whole_run_objection(workflow) is None and read is not None and read.parts[0][0] == n
    return None if newest and ridge.is_isotropic else f"{name} keeps more than its newest pool, or features differ."


def derive(workflow: SymbolicWorkflow, design: str, ridge: Ridge) -> Derived:
    """The test error of model n for T <= d - 2."""
    return _fixed(workflow, ridge) if design == "fixed" else _chain(workflow, ridge)


def _fixed(workflow: SymbolicWorkflow, ridge: Ridge) -> Derived:
    """One fit's bias and variance: exact where all features are alike."""
    name, solved, isotropic = workflow.workflow, recursion.solve(workflow), ridge.is_isotropic
    bias, variance = _one_fit(ridge) if isotropic else (BIAS(T), VARIANCE(T))

    def at(gained: sp.Expr) -> sp.Expr:
        return as_expression(bias + gained * sigma**2 * variance)

    expr = at(as_expression(GAIN(n)) if solved.expr is None else solved.expr)
    closed = None if solved.expr is None else summation.without_sums(expr)

    def values(numbers: Mapping[str, Any], iterations: np.ndarray) -> np.ndarray:
        lost, noise = equivalents.bias_and_variance(ridge, numbers["T"], numbers["d"])
        c = np.array([float(value) for value in gain(name, int(iterations.max()))])
        return lost + numbers["sigma"] ** 2 * noise * c[iterations - 1]

    def each(iteration: int) -> sp.Expr:
        return at(rational(gain(name, iteration)[-1]))

    return Derived(
        expr,
        Derivation(_FIXED if isotropic else (*_FIXED, equivalents.STEP)),
        "new here",
        EXACT if isotropic else PROPORTIONAL,
        growth=None if closed is None else growth(closed),
        looked_at=workflow.looked_at,
        spread=RidgeError(name, "fixed", ridge),
        # alike features have a formula, or one at each iteration
        values=None if isotropic else values,
        each=each if isotropic and solved.expr is None else None,
        own_gain=False,
    )


def _chain(workflow: SymbolicWorkflow, ridge: Ridge) -> Derived:
    name, read = workflow.workflow, workflow.training_set
    bias, variance = _one_fit(ridge)
    q = T / d
    # only where all pools have T rows is there a formula in n
    equal = read is not None and read.size == 1
    limit = factored((bias + sigma**2 * variance) / (1 - q))
    expr = as_expression((1 - q**n) * limit) if equal else as_expression(ERROR(n))
    return Derived(
        expr,
        Derivation(_CHAIN),
        "Dohmatob et al. 2402.07712" if equal else "new here",
        EXACT,
        growth=Growth("bounded", limit) if equal else None,
        spread=RidgeError(name, "fresh", ridge),
        values=None if equal else partial(chain_errors, name, ridge),
        own_gain=False,
    )


def chain_errors(workflow: Workflow, ridge: Ridge, numbers: Mapping[str, Any], iterations: np.ndarray) -> np.ndarray:
    """E_n for training sets that are the newest pool alone; infinite from rows within one of d on."""
    T, d, risk = numbers["T"], numbers["d"], ridge.of_features(numbers["d"]).risk
    error, found = 0.0, []
    for m in range(1, int(iterations.max()) + 1):
        rows = whole_rows(workflow, m, T)
        kept, noise = min(rows / d, 1.0), ridge_fit.bias_and_variance(ridge, rows, d)[1]
        error = inf if inf in (error, noise) else kept * error + (1 - kept) * risk + numbers["sigma"] ** 2 * noise
        found.append(error)
    return np.array(found)[iterations - 1]


def _one_fit(ridge: Ridge) -> tuple[sp.Expr, sp.Expr]:
    """B and V in T and d, for T <= d - 2."""
    square = exact(ridge.signal)
    scale = exact(1.0 if ridge.spectrum is None else ridge.spectrum.values[0])
    return as_expression(rational(square**2 * scale) * (1 - T / d)), as_expression(T / (d - T - 1))
