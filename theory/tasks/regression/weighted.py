"""Any workflow: its gain times the error of one fit. Exact at fixed design for whole pools, else the limit T -> oo.

At fixed design every pool shares one Gram matrix, so that fits are weighted means (laws for estimators at large:
Dey and Donoho, 2410.22812).
"""

import sympy as sp

from ...derivation import EXACT, LARGE_T, Derived, Step
from ...gain_law import gain_law
from ...symbolic_workflow import SymbolicWorkflow
from ...symbols import T
from .moments import inverse_wishart_trace
from .symbols import ONE_FIT, sigma

_THINNING = Step(
    "overlap of draws",
    r"\operatorname{Var} \xi_n = v_n\,\sigma^2 W^{-1},\quad v_n = \tfrac{1}{r} - \tfrac{1}{S_n}",
    "a mean over r of S rows, drawn without replacement, is the mean over all S plus an independent noise",
)


def objection(workflow: SymbolicWorkflow, design: str) -> None:
    """There is none: every workflow has this law."""
    del workflow, design


def derive(workflow: SymbolicWorkflow, design: str) -> Derived:
    """c_n·sigma^2 d/(T - d - 1), with its steps."""
    drawn = workflow.draws
    thinning = r" + \xi_n" if drawn else ""
    exact = design == "fixed" and not drawn and workflow.in_whole_multiples
    if exact:
        one_gram = Step("common design", "", "every pool's Gram matrix is a multiple of the one W = X'X")
    else:
        one_gram = Step("large numbers", "", "for T -> oo every Gram matrix over its rows tends to I, W to T·I")
    scalar = rf"\delta_n = \sum_k p_{{nk}}\,(\delta_{{k-1}} + u_k){thinning}"
    noise = r"u_k = \tfrac{T}{T_k} W^{-1} X_k^\top \varepsilon_k"
    gain = r"c_n = \sum_k R_{nk}^2\, T/T_k" + (r" + \sum_m Q_{nm}^2\, v_m" if drawn else "")
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
    )
    return gain_law(workflow, sigma**2 * inverse_wishart_trace(T), validity=EXACT if exact else LARGE_T, steps=steps)
