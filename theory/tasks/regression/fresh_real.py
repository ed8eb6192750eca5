"""FreshReal at fresh design with every row counting alike: exact at finite T, through moments of a matrix beta.

With G = W_r + W_s, real and sampled, of N rows in all, delta_n = G^-1 W_s delta_{n-1} + G^-1 X'noise, so
E_n = rho E_{n-1} + sigma^2 d/(N - d - 1), where E[W_s G^-2 W_s] = rho I. New here.
"""

from functools import cache

import sympy as sp

from ...asymptotics import Growth
from ...derivation import EXACT, Derivation, Derived, Step
from ...symbolic_workflow import SymbolicWorkflow
from ...symbols import T, n, tidy
from .moments import beta_sandwich, inverse_wishart_trace, trace_times_inverse_trace
from .symbols import DOMAIN, ONE_FIT, d, sigma


def objection(workflow: SymbolicWorkflow, design: str) -> str | None:
    """Why the law is not known here; `None` where it is."""
    name, lags = workflow.workflow, workflow.lags if design == "fresh" else None
    alike = lags is not None and lags.by_count and lags.thinning == 0 and lags.anchor == 0
    if not alike or lags is None or len(lags.runs) != 1 or len(lags.fresh) != 1:
        return f"{name} is not real(n) and synthetic(n - 1) with all rows alike at fresh design."
    first, last, _, ratio = lags.runs[0]
    if (first, last) != (1, 1) or lags.fresh[0][:2] != (0, 0) or not ratio.is_integer:
        return f"{name}: the rows are not a whole multiple of T at every T."
    numerator, denominator = sp.fraction(sp.factor(1 - _step_factor(ratio)))
    # shown by polynomial positivity
    return None if DOMAIN.shows_nonnegative(numerator * denominator - 1) else "that rho < 1 was not shown."


@cache
def _step_factor(ratio: sp.Expr) -> sp.Expr:
    """By what the error of model n - 1 is multiplied, with `ratio` times T sampled rows beside T real ones."""
    rows = sp.expand((1 + ratio) * T)
    a, b = beta_sandwich(sp.expand(ratio * T), rows)
    return sp.factor(a + b * trace_times_inverse_trace(rows) / d)


def derive(workflow: SymbolicWorkflow, design: str) -> Derived:
    """The test error of model n, at finite T, where there is no objection."""
    lags = workflow.lags
    assert lags is not None  # else there is an objection
    assert design == "fresh"
    ratio = lags.runs[0][3]
    rows = sp.expand((1 + ratio) * T)
    rho = _step_factor(ratio)
    added = sigma**2 * inverse_wishart_trace(rows)
    limit = tidy(sp.factor(added / (1 - rho)))
    expr = limit + tidy(sp.factor(ONE_FIT - limit)) * tidy(rho) ** (n - 1)
    steps = (
        Step(
            "normal equations",
            r"G\, \hat w_n = X_r^\top y_r + X_s^\top y_s,\quad G = W_r + W_s",
            f"{workflow.workflow}: real(n) and synthetic(n - 1), all rows counting alike",
        ),
        Step(
            "linearity",
            r"\delta_n = G^{-1} W_s\, \delta_{n-1} + G^{-1} X^\top \varepsilon",
            "only the sampled labels carry the last model's error",
        ),
        Step(
            "independence",
            r"E_n = \mathbb{E}\,\delta_{n-1}^\top W_s G^{-2} W_s\, \delta_{n-1}"
            r" + \sigma^2\, \mathbb{E} \operatorname{tr} G^{-1}",
            "the designs and noises of iteration n are independent of model n - 1",
        ),
        Step(
            "matrix beta",
            r"\mathbb{E}\, W_s G^{-2} W_s = \rho I,"
            r"\quad \rho = \tfrac{1}{d}\mathbb{E}\operatorname{tr}(B\, G^{-1} B\, G)"
            rf" = {sp.latex(tidy(rho))}",
            "B = G^(-1/2) W_s G^(-1/2) is matrix beta, independent of G and orthogonally invariant",
        ),
        Step(
            "inverse wishart mean",
            rf"E_n = \rho\, E_{{n-1}} + {sp.latex(tidy(added))},\quad E_1 = {sp.latex(ONE_FIT)}",
            "E tr G^-1 = d/(N - d - 1)",
        ),
        Step(
            "first-order recursion",
            f"E_n = {sp.latex(expr)}",
            "the solution that starts at E_1; rho < 1 for all T >= d + 2",
        ),
    )
    source = "weights and their optimum: He, Xu and Cheng 2502.18049; this law is new here"
    return Derived(expr, Derivation(steps), source, EXACT, growth=Growth("bounded", limit))
