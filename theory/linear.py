"""The test error of least squares refitted on its own labels, for any workflow: which law holds, and why.

Rows x ~ N(0, Sigma), labels y = x·w* + noise for real data and y = x·w_m + noise for data sampled from model m, noise
N(0, sigma^2). At *fresh* design each pool has covariates of its own; at *fixed* design one X of T rows serves every
pool (a pool of m·T rows is X stacked m times), and only the noises are new.

Exact at finite T: at fixed design every workflow whose pools are used whole, in whole multiples of T rows, with any
weights; at fresh design those of `chain` and `fresh_real`. Elsewhere the law is the limit T -> oo: the workflow's gain
c_n times sigma^2 d/(T - d - 1) (Dey and Donoho, 2410.22812, for estimators at large).
"""

import sympy as sp

from . import chain, fresh_real, recursion
from .asymptotics import Growth
from .derivation import Derivation, Step
from .law import Law
from .moments import RuleDoesNotApply, inverse_wishart_trace
from .reading import read
from .setting import DESIGNS as DESIGNS, check_design
from .symbols import ONE_FIT, T, d, k, n, sigma, tidy
from .workflow import Accumulate, FreshReal, Pool, Replace, ReplaceGrowing, Workflow, check_workflow

_WHITENING = Step(
    "whitening",
    r"E_n = \mathbb{E}\|\Sigma^{1/2}(\hat w_n - w^*)\|^2 = \mathbb{E}\|\delta_n\|^2",
    "x -> Sigma^(-1/2) x changes neither fits nor errors, so Sigma = I without loss, and w* drops out",
)

#: Unevaluated: the symbols are positive integers, so SymPy would print all but the first as True.
_ASSUMPTIONS = (
    sp.Ge(T, d + 2),
    sp.Ge(d, 1, evaluate=False),
    sp.Ge(n, 1, evaluate=False),
    sp.Gt(sigma, 0, evaluate=False),
)


def test_error(workflow: Workflow, *, design: str) -> Law:
    """The law of E_n = E|x·(w_n - w*)|^2, the excess risk of model n (noise left out), n = 1 the fit to real data.

    Args:
        workflow: what each model is fitted to.
        design: "fixed" (one X, only labels are new) or "fresh" (a new X each iteration).

    Raises:
        ValueError: unknown design, or an invalid training set.
    """
    check_workflow(workflow)
    check_design(design)
    if not workflow.is_symbolic:
        for iteration in (2, 3):  # an invalid workflow is refused here, with the iteration that shows it
            workflow.drawn(iteration)
            workflow.shares(iteration)
    solved = recursion.solve(workflow)
    exact, growth = True, None
    try:
        expr, steps = chain.derive(workflow, design)
    except RuleDoesNotApply:
        try:
            expr, steps, growth = fresh_real.derive(workflow, design)
        except RuleDoesNotApply:
            expr, steps, exact = _weighted(workflow, design, solved)
            if solved.growth is not None:
                growth = Growth(solved.growth.kind, tidy(solved.growth.constant * ONE_FIT))
    return Law(
        workflow=workflow,
        design=design,
        expr=expr,
        assumptions=_ASSUMPTIONS,
        derivation=Derivation((_WHITENING, *steps)),
        source=_source(workflow, design),
        exact=exact,
        gain_expr=solved.expr,
        known_growth=growth,
    )


def _weighted(workflow: Workflow, design: str, solved: recursion.Gain) -> tuple[sp.Expr, tuple[Step, ...], bool]:
    """c_n·sigma^2 d/(T - d - 1), its steps, and whether it is exact."""
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
    gain_expr = sp.Function("gain")(n) if solved.expr is None else solved.expr
    expr = gain_expr * sigma**2 * inverse_wishart_trace(T)
    value = sp.latex(gain_expr) if solved.expr is not None else r"\text{a rational number for each } n"
    steps = (
        Step(
            "normal equations",
            r"\sum_k \tfrac{p_{nk}}{T_k} W_k\, \hat w_n = \sum_k \tfrac{p_{nk}}{T_k} X_k^\top y_k,"
            r"\quad \sum_k p_{nk} = 1",
            f"{workflow}: pool k, of T_k rows, has the share p_nk of the loss of iteration n",
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
    return expr, steps, exact


_THINNING = Step(
    "overlap of draws",
    r"\operatorname{Var} \xi_n = v_n\,\sigma^2 W^{-1},\quad v_n = \tfrac{1}{r} - \tfrac{1}{S_n}",
    "a mean over r of S rows, drawn without replacement, is the mean over all S plus an independent noise",
)


#: How far a workflow is looked at where Python code alone says what it does.
_LOOK_AHEAD = 64


def _pools_as_used(workflow: Workflow) -> tuple[bool, bool]:
    """Whether any training set is a subsample, and whether every sampled pool is a whole multiple of T rows."""
    if workflow.is_symbolic:
        start = recursion.settled(workflow)
        reading = None if start is None else read(workflow, start)
        drawn = reading is not None and reading.drawn is not None
        return drawn, bool(sp.sympify(workflow.pool_size(k)).is_integer)
    ahead = range(2, _LOOK_AHEAD + 1)
    drawn = any(workflow.training_set(iteration).drawn is not None for iteration in ahead)
    return drawn, all(workflow.size(Pool(iteration)).denominator == 1 for iteration in ahead)


def _source(workflow: Workflow, design: str) -> str:
    if isinstance(workflow, Replace):
        return "Dohmatob et al. 2402.07712; Gerstgrasser et al. 2404.01413, eq. (4)"
    if isinstance(workflow, Accumulate) and design == "fixed":
        return "Gerstgrasser et al. 2404.01413, Thm 2, eq. (3)"
    if isinstance(workflow, ReplaceGrowing) and design == "fixed":
        return "O(log n) in Gerstgrasser et al. 2404.01413, App. E; the sum is new here"
    if isinstance(workflow, FreshReal):
        return "weights and their optimum: He, Xu and Cheng 2502.18049; this law is new here"
    return "new here"
