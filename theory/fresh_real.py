"""FreshReal at fresh design with every row counting alike: exact at finite T, through moments of a matrix beta.

With G = W_r + W_s, real and sampled, of N rows in all, delta_n = G^-1 W_s delta_{n-1} + G^-1 X'noise, so
E_n = rho E_{n-1} + sigma^2 d/(N - d - 1), where E[W_s G^-2 W_s] = rho I. New here.
"""

import sympy as sp

from .asymptotics import Growth
from .bounds import REGRESSION
from .derivation import Step
from .moments import RuleDoesNotApply, beta_sandwich, inverse_wishart_trace, trace_times_inverse_trace
from .recursion import read_lags
from .symbols import ONE_FIT, T, d, n, sigma, tidy
from .workflow import Workflow


def derive(workflow: Workflow, design: str) -> tuple[sp.Expr, tuple[Step, ...], Growth]:
    """The test error of model n, the steps that lead there, and its growth.

    Raises:
        RuleDoesNotApply: not real(n) and synthetic(n - 1) with every row counting alike, at fresh design, in a whole
            multiple of T rows.
    """
    ratio = _ratio(workflow, design)
    real, synthetic = T, sp.expand(ratio * T)
    rows = sp.expand(real + synthetic)
    a, b = beta_sandwich(synthetic, rows)
    rho = sp.factor(a + b * trace_times_inverse_trace(rows) / d)
    added = sigma**2 * inverse_wishart_trace(rows)
    _check_contraction(rho)
    limit = tidy(sp.factor(added / (1 - rho)))
    expr = limit + tidy(sp.factor(ONE_FIT - limit)) * tidy(rho) ** (n - 1)
    steps = (
        Step(
            "normal equations",
            r"G\, \hat w_n = X_r^\top y_r + X_s^\top y_s,\quad G = W_r + W_s",
            f"{workflow}: real(n) and synthetic(n - 1), all rows counting alike",
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
    return expr, steps, Growth("bounded", limit)


def _ratio(workflow: Workflow, design: str) -> sp.Expr:
    """Sampled rows over T."""
    lags = read_lags(workflow, sp.S.One) if design == "fresh" else None
    alike = lags is not None and workflow.training_set(2).shares is None and lags.thinning == 0
    if not alike or lags is None or lags.anchor != 0 or len(lags.runs) != 1 or len(lags.fresh) != 1:
        raise RuleDoesNotApply(f"{workflow} is not real(n) and synthetic(n - 1) with all rows alike at fresh design.")
    first, last, _, ratio = lags.runs[0]
    if (first, last) != (1, 1) or lags.fresh[0][:2] != (0, 0) or not ratio.is_integer:
        raise RuleDoesNotApply(f"{workflow}: the rows are not a whole multiple of T at every T.")
    return ratio


def _check_contraction(rho: sp.Expr) -> None:
    """Rho < 1, shown by polynomial positivity."""
    numerator, denominator = sp.fraction(sp.factor(1 - rho))
    if not REGRESSION.shows_nonnegative(numerator * denominator - 1):
        raise RuleDoesNotApply("that rho < 1 was not shown.")
