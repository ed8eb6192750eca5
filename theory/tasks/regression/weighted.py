"""Any workflow: its gain times the error of one fit. Exact at fixed design for whole pools, else the limit T -> oo.

At fixed design every pool shares one Gram matrix, so that fits are weighted means (laws for estimators at large:
Dey and Donoho, 2410.22812).
"""

import sympy as sp

from ... import recursion
from ...asymptotics import Growth
from ...derivation import EXACT, LARGE_T, Derivation, Derived, Step
from ...symbolic_workflow import SymbolicWorkflow
from ...symbols import GAIN, T, k, n, tidy
from ...workflow import Pool
from .moments import inverse_wishart_trace
from .symbols import ONE_FIT, sigma

_THINNING = Step(
    "overlap of draws",
    r"\operatorname{Var} \xi_n = v_n\,\sigma^2 W^{-1},\quad v_n = \tfrac{1}{r} - \tfrac{1}{S_n}",
    "a mean over r of S rows, drawn without replacement, is the mean over all S plus an independent noise",
)

#: How far a workflow is looked at where Python code alone says what it does.
_LOOK_AHEAD = 64


def objection(workflow: SymbolicWorkflow, design: str) -> None:
    """There is none: every workflow has this law."""
    del workflow, design


def derive(workflow: SymbolicWorkflow, design: str) -> Derived:
    """c_n·sigma^2 d/(T - d - 1), with its steps."""
    solved = recursion.solve(workflow)
    drawn, whole_multiples = _pools_as_used(workflow)
    thinning = r" + \xi_n" if drawn else ""
    exact = design == "fixed" and not drawn and whole_multiples
    if exact:
        one_gram = Step("common design", "", "every pool's Gram matrix is a multiple of the one W = X'X")
    else:
        one_gram = Step("large numbers", "", "for T -> oo every Gram matrix over its rows tends to I, W to T·I")
    scalar = rf"\delta_n = \sum_k p_{{nk}}\,(\delta_{{k-1}} + u_k){thinning}"
    noise = r"u_k = \tfrac{T}{T_k} W^{-1} X_k^\top \varepsilon_k"
    gain = r"c_n = \sum_k R_{nk}^2\, T/T_k" + (r" + \sum_m Q_{nm}^2\, v_m" if drawn else "")
    expr = (GAIN(n) if solved.expr is None else solved.expr) * sigma**2 * inverse_wishart_trace(T)
    value = sp.latex(solved.expr) if solved.expr is not None else r"\text{a rational number for each } n"
    steps = (
        Step(
            "normal equations",
            r"\sum_k \tfrac{p_{nk}}{T_k} W_k\, \hat w_n = \sum_k \tfrac{p_{nk}}{T_k} X_k^\top y_k,"
            r"\quad \sum_k p_{nk} = 1",
            f"{workflow.workflow}: pool k, of T_k rows, has the share p_nk of the loss of iteration n",
        ),
        Step(
            "linearity",
            r"\sum_k \tfrac{p_{nk}}{T_k} W_k\, \delta_n"
            r" = \sum_k \tfrac{p_{nk}}{T_k} \big(W_k \delta_{k-1} + X_k^\top \varepsilon_k\big)",
            "labels are linear in the model that made them; subtract w*",
        ),
        Step(one_gram.rule, f"{scalar},\\quad {noise}", one_gram.because),
        *([_THINNING] if drawn else []),
        Step(
            "independence",
            rf"E_n = c_n\, \sigma^2\, \mathbb{{E}} \operatorname{{tr}} W^{{-1}},\quad {gain}",
            "the noises are independent with mean zero; R solves the recursion for them, so cross terms vanish",
        ),
        Step("inverse wishart mean", rf"E_n = c_n\, {sp.latex(ONE_FIT)}", "E tr W^-1 = d/(T - d - 1) for T >= d + 2"),
        Step(solved.rule, f"c_n = {value}", solved.because),
    )
    growth = solved.growth and Growth(solved.growth.kind, tidy(solved.growth.constant * ONE_FIT))
    return Derived(expr, Derivation(steps), solved.source, EXACT if exact else LARGE_T, growth=growth)


def _pools_as_used(workflow: SymbolicWorkflow) -> tuple[bool, bool]:
    """Whether any training set is a subsample, and whether every sampled pool is a whole multiple of T rows."""
    if workflow.workflow.is_symbolic:
        reading = workflow.settled_training_set
        drawn = reading is not None and reading.drawn is not None
        return drawn, bool(sp.sympify(workflow.workflow.pool_size(k)).is_integer)
    ahead = range(2, _LOOK_AHEAD + 1)
    drawn = any(workflow.workflow.training_set(iteration).drawn is not None for iteration in ahead)
    return drawn, all(workflow.workflow.size(Pool(iteration)).denominator == 1 for iteration in ahead)
