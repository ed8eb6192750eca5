"""FreshReal at fresh design with every row counting alike: exact at finite T, through moments of a matrix beta.

With G = W + W^r, sampled and real, of N rows in all, delta_n = G^-1 W delta_{n-1} + G^-1 X'noise, so
E_n = rho E_{n-1} + sigma^2 d/(N - d - 1), where E[W G^-2 W] = rho I. New here.
"""

import sympy as sp

from ...algebra import reading
from ...algebra.indices import is_nonnegative, public
from ...algebra.rules.designs import beta_mean, inverse_wishart_mean, matrix_beta
from ...algebra.rules.equations import errors, isolate, labels, normal_equations
from ...algebra.rules.expectations import fold_gram, rotation, squared, white_noise
from ...algebra.rules.laws import first_order_recursion, law, limit_of
from ...algebra.strategy import Rule, derivation, follow
from ...asymptotics import Growth
from ...derivation import EXACT, Derived
from ...symbolic_workflow import SymbolicWorkflow

#: From the normal equations to the law.
RULES: tuple[Rule, ...] = (
    normal_equations,
    labels,
    errors,
    isolate,
    squared,
    white_noise,
    fold_gram,
    rotation,
    matrix_beta,
    beta_mean,
    inverse_wishart_mean,
    first_order_recursion,
)


def objection(workflow: SymbolicWorkflow, design: str) -> str | None:
    """Why the law is not known here; `None` where it is."""
    name, lags = workflow.workflow, workflow.lags if design == "fresh" else None
    alike = lags is not None and lags.by_count and lags.thinning == 0 and lags.anchor == 0
    if lags is None or not alike or [[x[:2] for x in kind] for kind in (lags.runs, lags.fresh)] != [[(1, 1)], [(0, 0)]]:
        return f"{name} is not real(n) and synthetic(n - 1) with all rows alike at fresh design."
    ratio = sp.sympify(lags.runs[0][-1])
    # for whole ratios of at least 1 the rule shows rho < 1 at every T
    if not ratio.is_integer or not is_nonnegative(ratio - 1):
        return f"{name}: the rows are not a whole multiple of T at every T."
    return None


def derive(workflow: SymbolicWorkflow, design: str) -> Derived:
    """The test error of model n, at finite T, where there is no objection."""
    setting = reading.counted(workflow, design)
    value, steps = follow(setting, RULES)
    source = "weights and their optimum: He, Xu and Cheng 2502.18049; this law is new here"
    growth = Growth("bounded", public(limit_of(value)))
    return Derived(public(law(value)), derivation(steps, setting), source, EXACT, growth=growth)
