"""The test error of least squares refitted on its own labels, for any workflow: which law holds, and why.

Rows x ~ N(0, Sigma), labels y = x·w* + noise for real data and y = x·w_m + noise for data sampled from model m, noise
N(0, sigma^2). At *fresh* design each pool has covariates of its own; at *fixed* design one X of T rows serves every
pool (a pool of m·T rows is X stacked m times), and only the noises are new.

Exact at finite T: at fixed design every workflow whose pools are used whole, in whole multiples of T rows, with any
weights; at fresh design those of `whole_runs`, `fresh_real`, `accumulate_fresh` and `weighted_fresh_real`.
Elsewhere the law is the limit T -> oo: the workflow's gain c_n times sigma^2 d/(T - d - 1) (Dey and Donoho, 2410.22812,
for estimators at large).
"""

from collections.abc import Callable
from dataclasses import replace
from fractions import Fraction
from functools import partial

from ... import recursion
from ...algebra.reading import whole_run_objection
from ...derivation import EXACT, Derived, Step
from ...gain import gain
from ...generator import Generator
from ...symbolic_workflow import SymbolicWorkflow
from ...symbols import n
from ...workflow import Workflow
from . import accumulate_fresh, estimates, fresh_real, next_order, weighted, weighted_fresh_real, whole_runs
from .distribution import SquaredError

_WHITENING = Step(
    "whitening",
    r"E_n = \mathbb{E}\|\Sigma^{1/2}(\hat w_n - w^*)\|^2 = \mathbb{E}\|\delta_n\|^2",
    "x -> Sigma^(-1/2) x changes neither fits nor errors, so Sigma = I without loss, and w* drops out",
)

#: The first that does not object makes the law; the last never does.
RULES = (whole_runs, fresh_real, accumulate_fresh, weighted_fresh_real, weighted)


def derive(workflow: Workflow, design: str) -> Derived:
    """The law of E_n = E|x·(w_n - w*)|^2, the excess risk of model n (noise left out), n = 1 the fit to real data."""
    symbolic = SymbolicWorkflow(workflow)
    rule = next(rule for rule in RULES if rule.objection(symbolic, design) is None)
    found = rule.derive(symbolic, design)
    return replace(
        found,
        looked_at=symbolic.looked_at if found.validity == EXACT else None,
        derivation=replace(found.derivation, steps=(_WHITENING, *found.derivation)),
        gain=recursion.solve(symbolic).expr if found.gain is None else found.gain,
        estimates=()
        if found.validity == EXACT
        else estimates.of(workflow, design, partial(gain, workflow), Generator()),
        kappa=_kappa(symbolic, design),
        spread=SquaredError(
            found.expr, found.validity, design, symbolic.draws, _is_walk(symbolic), symbolic.fewest_rows
        ),
    )


def _kappa(workflow: SymbolicWorkflow, design: str) -> Callable[[int], list[Fraction]] | None:
    """The next order in 1/T: at fixed design the error is c_n times that of one fit, so that kappa_n = c_n."""
    if workflow.draws or workflow.workflow.is_symbolic or (design == "fixed" and not workflow.in_whole_multiples):
        return None
    return partial(next_order.kappa if design == "fresh" else gain, workflow.workflow)


def _is_walk(workflow: SymbolicWorkflow) -> bool:
    """Whether each model is fitted to the newest pool alone, of T rows: errors are sums of independent steps."""
    whole = whole_run_objection(workflow) is None
    reading = workflow.training_set
    return whole and reading is not None and reading.parts[0][0] == n and reading.size == 1
