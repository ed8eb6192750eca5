"""Fewer rows than features and no ridge: exact laws of the fits of least norm, where rows are at most d - 2.

Fixed design, any workflow of whole pools: all fits lie in the span of the same T rows, so that the noise is that of one
fit times the workflow's gain, and what lies outside the span is lost once: E_n = B + c_n sigma^2 V. New here.

The newest pool alone, at fresh design: model n is what model n - 1 is in the span of N new rows, a random one, plus its
noise, so that with q = N/d

    E_n = q E_{n-1} + (1 - q) |w*|^2 + sigma^2 V(N),    E_0 = 0        (for equal pools Dohmatob et al. 2402.07712),

with q = 1 once N >= d + 2. B and V are those of one fit (`ridge_fit`), with all features alike. Both are derived from
the normal equations, with |w*|^2 in units of the features' variance.
"""

from collections.abc import Mapping
from dataclasses import replace
from functools import cache, partial
from math import inf
from typing import Any

import numpy as np
import sympy as sp

from ... import recursion, summation
from ...algebra import reading
from ...algebra.families import Setting
from ...algebra.indices import ENERGY, SIGMA, N, own, public, put
from ...algebra.rules.designs import common_design, inverse_wishart_mean
from ...algebra.rules.equations import errors, isolate, labels, normal_equations, single_pool
from ...algebra.rules.expectations import rotation, squared, white_noise
from ...algebra.rules.laws import first_order_recursion, law, limit_of, number, summation as out_of_sums
from ...algebra.rules.least_norm import least_norm, signal_and_noise
from ...algebra.rules.ridge import isotropy, signal_length
from ...algebra.rules.sums import first_weight, resolvent, shares_add_up
from ...algebra.strategy import Rule, derivation, follow
from ...algebra.terms import Value
from ...asymptotics import Growth, growth
from ...derivation import EXACT, PROPORTIONAL, Derivation, Derived, Step
from ...gain import gain
from ...gain_law import gain_law
from ...symbolic_workflow import SymbolicWorkflow
from ...symbols import GAIN, T, n
from ...sympy_types import as_expression, factored, rational, replaced
from ...workflow import Workflow
from . import equivalents, ridge_fit
from .ridge import BIAS, ERROR, VARIANCE, Ridge, RidgeError
from .ridge_envelopes import risk
from .symbols import sigma
from .unequal_pools import whole_rows

_FIXED = (
    Step(
        "one span",
        r"\hat w_n = X^{+} X w^* + X^{+} \textstyle\sum_k R_{nk} \varepsilon_k",
        "every fit of least norm lies in the span of the rows of X, and X X^+ X = X",
    ),
    Step("white noise", r"E_n = B + c_n \sigma^2 V", "the noises are independent, and sum_k R_nk^2 T/T_k = c_n"),
    equivalents.STEP,
)

_START: tuple[Rule, ...] = (normal_equations, labels, errors)
_SQUARED: tuple[Rule, ...] = (least_norm, squared, white_noise)
_SIGNAL: tuple[Rule, ...] = (isotropy, signal_length)
#: From the normal equations to the law at fixed design, with the gain as a sum over the noises.
FIXED: tuple[Rule, ...] = (
    *(*_START, common_design, shares_add_up, isolate, resolvent, *_SQUARED),
    *(common_design, *_SIGNAL, inverse_wishart_mean, out_of_sums, signal_and_noise),
)
#: From the normal equations to the recursion of the newest pool alone; then its solution, for pools of T rows.
NEWEST: tuple[Rule, ...] = (
    *(*_START, single_pool, isolate, *_SQUARED, *_SIGNAL, rotation),
    *(inverse_wishart_mean, signal_and_noise),
)
SOLVED: tuple[Rule, ...] = (first_order_recursion, signal_and_noise)


def objection(workflow: SymbolicWorkflow, design: str, ridge: Ridge) -> str | None:
    """Why this is not the law; `None` where it is."""
    name = workflow.workflow
    if ridge.penalty:
        return f"with a ridge of {ridge.penalty:g} fits are not of least norm."
    if design == "fixed":
        whole = workflow.in_whole_multiples and not workflow.draws
        return None if whole else f"{name} draws rows, or has pools that are no whole multiples of X."
    read = workflow.training_set
    newest = reading.whole_run_objection(workflow) is None and read is not None and read.parts[0][0] == n
    return None if newest and ridge.is_isotropic else f"{name} keeps more than its newest pool, or features differ."


def derive(workflow: SymbolicWorkflow, design: str, ridge: Ridge) -> Derived:
    """The test error of model n for T <= d - 2."""
    return _fixed(workflow, ridge) if design == "fixed" else _chain(workflow, ridge)


def _fixed(workflow: SymbolicWorkflow, ridge: Ridge) -> Derived:
    """One fit's bias and variance: exact where all features are alike."""
    name, solved, isotropic = workflow.workflow, recursion.solve(workflow), ridge.is_isotropic
    steps = Derivation(_FIXED)
    bias, variance = as_expression(BIAS(T)), as_expression(sigma**2 * VARIANCE(T))
    if isotropic:
        bias, variance, steps = _derived_at_fixed_design(workflow)
        bias = replaced(bias, {public(ENERGY): risk(ridge)})

    def at(gained: sp.Expr) -> sp.Expr:
        return as_expression(bias + gained * variance)

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
        steps,
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


def _derived_at_fixed_design(workflow: SymbolicWorkflow) -> tuple[sp.Expr, sp.Expr, Derivation]:
    """B, the error by the noise of one fit, and the steps, those that solve for the gain last."""
    setting, bias, noise, steps = _any_workflow(reading.collects_later(workflow), reading.has_sized_real(workflow))
    found = gain_law(workflow, noise, validity=EXACT, steps=steps)
    *before, solved = found.derivation
    if found.gain is not None:
        solved = replace(solved, state=Value(number(own(bias + found.expr)), 1))
    return bias, noise, derivation((*before, solved), replace(setting, workflow=workflow.workflow))


@cache
def _any_workflow(later_real: bool, sized_real: bool) -> tuple[Setting, sp.Expr, sp.Expr, tuple[Step, ...]]:
    """The setting, the two parts of the error of one fit, and the steps: the same terms for all workflows of a kind."""
    setting = fixed_setting(later_real=later_real, sized_real=later_real and sized_real)
    value, steps = follow(setting, FIXED)
    # c_1 = 1, so the noise of one fit is that of the law at n = 1
    one = first_weight(put(law(value), {N: sp.S.One}))
    bias, noise = (factored(replaced(one, {other: sp.S.Zero})) for other in (SIGMA, ENERGY))
    return setting, public(bias), public(noise), steps


def fixed_setting(*, later_real: bool, sized_real: bool) -> Setting:
    """What the derivation at fixed design is about; arguments as `reading.weighted` has them."""
    read = reading.weighted("fixed", draws=False, later_real=later_real, sized_real=sized_real)
    return replace(read, least_norm=True)


def newest_setting(workflow: SymbolicWorkflow) -> Setting:
    """What the derivation of the newest pool alone is about."""
    return replace(reading.counted(workflow, "fresh"), least_norm=True)


def _chain(workflow: SymbolicWorkflow, ridge: Ridge) -> Derived:
    name, read, setting = workflow.workflow, workflow.training_set, newest_setting(workflow)
    # only where all pools have T rows is there a formula in n
    equal = read is not None and read.size == 1
    value, steps = follow(setting, NEWEST)

    def at_signal(expression: sp.Expr) -> sp.Expr:
        return replaced(public(expression), {public(ENERGY): risk(ridge)})

    spread = RidgeError(name, "fresh", ridge)
    if not equal:
        values = partial(chain_errors, name, ridge)
        recursive = derivation(steps, setting)
        return Derived(ERROR(n), recursive, "new here", EXACT, spread=spread, values=values, own_gain=False)
    value, more = follow(setting, SOLVED, value)
    return Derived(
        at_signal(law(value)),
        derivation((*steps, *more), setting),
        "Dohmatob et al. 2402.07712",
        EXACT,
        growth=Growth("bounded", at_signal(limit_of(more[0].state))),
        spread=spread,
        own_gain=False,
    )


def chain_errors(workflow: Workflow, ridge: Ridge, numbers: Mapping[str, Any], iterations: np.ndarray) -> np.ndarray:
    """E_n for training sets that are the newest pool alone; infinite from rows within one of d on."""
    T, d, lost = numbers["T"], numbers["d"], ridge.of_features(numbers["d"]).risk
    error, found = 0.0, []
    for m in range(1, int(iterations.max()) + 1):
        rows = whole_rows(workflow, m, T)
        kept, noise = min(rows / d, 1.0), ridge_fit.bias_and_variance(ridge, rows, d)[1]
        error = inf if inf in (error, noise) else kept * error + (1 - kept) * lost + numbers["sigma"] ** 2 * noise
        found.append(error)
    return np.array(found)[iterations - 1]
