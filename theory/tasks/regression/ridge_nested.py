"""All pools so far, and a ridge that does not grow with the rows: exact at fresh design, whatever T, d and the ridge.

With A_n the Gram matrix of pools 1 to n, N_n rows in all, pool n labelled by model n - 1, and lambda added to A_n,

    (A_n + lambda) w_n = (A_{n-1} + lambda) w_{n-1} + X_n'y_n,    so    w_n = w_{n-1} + (A_n + lambda)^-1 X_n' noise_n:

what model 1 knows of w* is never lost. The rows are exchangeable, so that with B and sigma^2 V bias and variance of one
fit E_n = B(T) + sigma^2 sum_{i <= n} V(N_i) T_i/N_i. Without a ridge the fits are of least norm while N_n < d, and the
same holds: each model goes through all older rows. V is infinite where N_i is within one of d, and so is E_n for ever
after. With a ridge V is less than without, so that a bound proved without one, such as pi^2/6 times the error of one
fit for Accumulate, bounds E_n - B(T) where T >= d + 2. New here.
"""

from collections.abc import Callable, Mapping
from dataclasses import replace
from functools import partial
from typing import Any

import numpy as np
import sympy as sp

from ...algebra.families import Setting
from ...algebra.indices import public
from ...algebra.reading import counted, whole_run_objection
from ...algebra.rules.designs import exchangeability
from ...algebra.rules.equations import difference, errors as in_errors, isolate, labels, normal_equations
from ...algebra.rules.expectations import squared, white_noise
from ...algebra.rules.laws import law, summation
from ...algebra.rules.least_norm import growing_span, least_norm, least_norm_fits, least_norm_moments
from ...algebra.rules.ridge import isotropy, one_fit_each, signal_length
from ...algebra.rules.sums import unroll
from ...algebra.strategy import Rule, derivation, follow
from ...asymptotics import Growth
from ...derivation import EXACT, PROPORTIONAL, Derivation, Derived, Estimate, Step
from ...symbolic_workflow import SymbolicWorkflow
from ...symbols import T, i, k, n
from ...sympy_types import as_expression, factored
from ...workflow import Workflow
from . import equivalents, ridge_enclosed, ridge_envelopes, ridge_fit
from .ridge import BIAS, VARIANCE, Ridge, RidgeError
from .symbols import sigma
from .unequal_pools import whole_rows

_STEPS = (
    Step(
        "telescoping",
        r"(A_n + \lambda) \hat w_n = (A_{n-1} + \lambda) \hat w_{n-1} + X_n^{\top} y_n,"
        r"\quad \hat w_n = \hat w_{n-1} + (A_n + \lambda)^{-1} X_n^{\top} \varepsilon_n",
        "the normal equations of n and n - 1 differ by pool n, labelled by model n - 1",
    ),
    Step(
        "independent noises",
        r"E_n = B + \sigma^2 \sum_{i=1}^{n} \mathbb{E} \operatorname{tr} \Sigma (A_i + \lambda)^{-1} X_i^{\top} X_i"
        r" (A_i + \lambda)^{-1}",
        "noises are independent of one another and of all X, with mean 0; B is the bias of the first fit",
    ),
    Step(
        "exchangeable rows",
        r"E_n = B(T) + \sigma^2 \sum_{i=1}^{n} V(N_i) \tfrac{T_i}{N_i}",
        "given A_i each of its N_i rows has the same share in it in the mean; sigma^2 V is the variance of one fit",
    ),
)
#: Of a ridge above 0: what a bound that is proved without one says.
_BOUNDED = (
    Step(
        "less noise than without a ridge",
        r"E_n \le B(T) + \sigma^2 \sum_{i=1}^{n} \frac{d}{N_i - d - 1} \tfrac{T_i}{N_i},\quad T \ge d + 2",
        "tr A (A + lambda)^-2 <= tr A^-1; the sum is the law without a ridge",
    ),
    ridge_envelopes.STEP,
)


_TELESCOPED: tuple[Rule, ...] = (normal_equations, labels, in_errors, difference, isolate)
_AVERAGED: tuple[Rule, ...] = (unroll, squared, white_noise, isotropy, signal_length, exchangeability)
#: From the normal equations with a ridge to the law, where features are alike.
RULES: tuple[Rule, ...] = (*_TELESCOPED, *_AVERAGED, one_fit_each, summation)
#: The same without a ridge, and then B and V themselves.
LEAST_NORM: tuple[Rule, ...] = (*_TELESCOPED, least_norm, growing_span, *_AVERAGED, least_norm_fits, summation)
FITS: tuple[Rule, ...] = (least_norm_moments,)


def setting_of(workflow: SymbolicWorkflow, *, ridge: bool = True) -> Setting:
    """What the derivation is about: features whose variance is 1, and the ridge lambda, or fits of least norm."""
    return replace(counted(workflow, "fresh"), ridge=ridge, least_norm=not ridge)


def objection(workflow: SymbolicWorkflow, design: str, ridge: Ridge) -> str | None:
    """Why this is not the law; `None` where it is."""
    name, reason = workflow.workflow, whole_run_objection(workflow)
    if reason is not None:
        return reason
    read = workflow.training_set
    if design != "fresh" or read is None or read.parts[0][0] != 1:
        return f"{name} does not keep all pools, with rows of their own."
    if ridge.scaled and ridge.penalty:
        return f"under {name} a ridge that grows with the rows does not telescope."
    return None


def derive(workflow: SymbolicWorkflow, design: str, ridge: Ridge) -> Derived:
    """The test error of model n, exact where all features are alike, else in the limit d/T -> gamma."""
    read, name = workflow.training_set, workflow.workflow
    assert read is not None  # else there is an objection
    size = as_expression(read.size.subs(k, i))
    rows = factored(sp.summation(read.size, (k, 1, i)))

    def noise(variance: Callable[[sp.Expr], sp.Expr], last: sp.Expr = n) -> sp.Expr:
        return as_expression(sp.Sum(variance(rows * T) * factored(size / rows), (i, 1, last)))

    def up_to(last: sp.Expr) -> sp.Expr:
        return as_expression(BIAS(T) + sigma**2 * noise(VARIANCE, last))

    exact = ridge.is_isotropic
    judged = exact and ridge.penalty > 0
    limit = partial(errors, name, ridge, equivalents.bias_and_variance)
    estimate = Estimate(
        PROPORTIONAL, lambda *_: None, lambda numbers, iterations: limit(numbers, np.arange(1, iterations + 1))
    )
    expr, steps = up_to(n), Derivation((*_STEPS, equivalents.STEP))
    if exact:
        setting = setting_of(workflow, ridge=ridge.penalty > 0)
        value, derived = follow(setting, RULES if judged else LEAST_NORM)
        expr = public(law(value))
        more = _BOUNDED if judged else follow(setting, FITS, value)[1]
        steps = derivation((*derived, *more), setting)
    return Derived(
        expr,
        steps,
        "new here",
        EXACT if exact else PROPORTIONAL,
        # V(m) is O(1/m)
        growth=Growth("bounded", up_to(sp.oo)) if ridge.penalty and size == 1 else None,
        spread=RidgeError(name, design, ridge),
        values=partial(errors, name, ridge, ridge_fit.bias_and_variance) if exact else limit,
        own_gain=False,
        estimates=(estimate,) if exact else (),
        envelopes=ridge_envelopes.nested(ridge, noise) if judged else (),
        at_numbers=partial(ridge_enclosed.nested, ridge) if exact and size == 1 else None,
    )


def errors(
    workflow: Workflow,
    ridge: Ridge,
    fit: Callable[[Ridge, int, int], tuple[float, float]],
    numbers: Mapping[str, Any],
    iterations: np.ndarray,
) -> np.ndarray:
    """E_n at the iterations.

    Args:
        workflow: with all pools in each training set.
        ridge: lambda.
        fit: (ridge, rows, d) -> B, and V in units of sigma^2, of one fit.
        numbers: T, d and sigma.
        iterations: counted from 1.

    Raises:
        ValueError: a pool has no whole number of rows, or as `fit`.
    """
    d, pools = numbers["d"], [whole_rows(workflow, m, numbers["T"]) for m in range(1, int(iterations.max()) + 1)]
    rows = np.cumsum(pools).tolist()
    variances = [fit(ridge, N, d)[1] * own / N for own, N in zip(pools, rows, strict=True)]
    return fit(ridge, rows[0], d)[0] + numbers["sigma"] ** 2 * np.cumsum(variances)[iterations - 1]
