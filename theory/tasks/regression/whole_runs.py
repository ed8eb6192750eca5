"""Exact laws where each training set is the newest pool, or all pools so far, with every row counting alike.

Only the newest pool's noise is added at an iteration, so the error is a sum over the noises, and its expected square a
sum of traces of inverse Gram matrices.

Sources: replace, Dohmatob et al. (2402.07712); accumulate at fixed design, Gerstgrasser et al. (2404.01413), Thm 2.
"""

from ...algebra import reading
from ...algebra.families import Setting
from ...algebra.indices import FEATURES, N, at_least, is_whole_number, public
from ...algebra.rules.designs import common_design, exchangeability, inverse_wishart_mean
from ...algebra.rules.equations import difference, errors, isolate, labels, normal_equations, single_pool
from ...algebra.rules.expectations import squared, white_noise
from ...algebra.rules.laws import law, summation
from ...algebra.rules.sums import unroll
from ...algebra.strategy import Rule, derivation, follow
from ...derivation import EXACT, Derived
from ...symbolic_workflow import SymbolicWorkflow
from ...symbols import k, n


def objection(workflow: SymbolicWorkflow, design: str) -> str | None:
    """Why no law can be derived here; `None` where one can."""
    name, reason, read = workflow.workflow, reading.whole_run_objection(workflow), workflow.training_set
    if reason is not None or read is None:
        return reason
    if read.parts[0][0] not in (1, n):
        return f"{name} drops pools, and keeps more than one."
    if design == "fixed":
        return (
            None if is_whole_number(read.size, k) else f"{name}: pools may not be whole multiples of the T rows of X."
        )
    rows = reading.counted(workflow, design).training_rows(N)
    if at_least(rows, FEATURES + 2, 1):
        return None
    return f"the inverse-Wishart mean needs rows >= d + 2; {public(rows)} >= d + 2 does not follow from T >= d + 2."


def derive(workflow: SymbolicWorkflow, design: str) -> Derived:
    """The test error of model n, at finite T, where there is no objection."""
    setting = reading.counted(workflow, design)
    value, steps = follow(setting, rules(setting))
    return Derived(public(law(value)), derivation(steps, setting), _source(workflow, design), EXACT)


def rules(setting: Setting) -> tuple[Rule, ...]:
    """From the normal equations to the law."""
    return (
        normal_equations,
        labels,
        errors,
        single_pool if keeps_the_newest_alone(setting) else difference,
        isolate,
        unroll,
        squared,
        white_noise,
        exchangeability if setting.is_fresh else common_design,
        inverse_wishart_mean,
        summation,
    )


def keeps_the_newest_alone(setting: Setting) -> bool:
    """Whether the training set is the newest pool."""
    return setting.runs is not None and setting.runs[0].first == setting.runs[0].last


def _source(workflow: SymbolicWorkflow, design: str) -> str:
    read = workflow.training_set
    assert read is not None  # else there is an objection
    newest_alone, equal = read.parts[0][0] == n, read.size == 1
    if newest_alone and equal:
        return "Dohmatob et al. 2402.07712; Gerstgrasser et al. 2404.01413, eq. (4)"
    if design == "fixed" and equal:
        return "Gerstgrasser et al. 2404.01413, Thm 2, eq. (3)"
    if design == "fixed" and newest_alone and read.size == k:
        return "O(log n) in Gerstgrasser et al. 2404.01413, App. E; the sum is new here"
    return "new here"
