"""Any workflow: its gain times the error of one fit. Exact at fixed design for whole pools, else the limit T -> oo.

At fixed design every pool shares one Gram matrix, so that fits are weighted means (laws for estimators at large:
Dey and Donoho, 2410.22812).
"""

from dataclasses import replace
from functools import cache

import sympy as sp

from ...algebra import reading
from ...algebra.families import Setting
from ...algebra.indices import N, own, public, put
from ...algebra.rules.designs import common_design, inverse_wishart_mean, large_numbers, thinning
from ...algebra.rules.equations import errors, isolate, labels, normal_equations
from ...algebra.rules.expectations import squared, white_noise
from ...algebra.rules.laws import law, number, one_fit, summation
from ...algebra.rules.sums import first_weight, resolvent, shares_add_up
from ...algebra.strategy import Rule, derivation, follow
from ...algebra.terms import Value
from ...derivation import EXACT, LARGE_T, Derived, Step
from ...gain_law import gain_law
from ...symbolic_workflow import SymbolicWorkflow


def objection(workflow: SymbolicWorkflow, design: str) -> None:
    """There is none: every workflow has this law."""
    del workflow, design


def derive(workflow: SymbolicWorkflow, design: str) -> Derived:
    """c_n·sigma^2 d/(T - d - 1), with its steps."""
    exact = design == "fixed" and not workflow.draws and workflow.in_whole_multiples
    setting, unit, steps = _derived(
        design, exact, workflow.draws, reading.collects_later(workflow), reading.has_sized_real(workflow)
    )
    found = gain_law(workflow, unit, validity=EXACT if exact else LARGE_T, steps=steps)
    *before, solved = found.derivation
    if found.gain is not None:
        solved = replace(solved, state=Value(number(own(found.expr)), 1, limit=not exact))
    return replace(found, derivation=derivation((*before, solved), replace(setting, workflow=workflow.workflow)))


@cache
def _derived(
    design: str, exact: bool, draws: bool, later_real: bool, sized_real: bool
) -> tuple[Setting, sp.Expr, tuple[Step, ...]]:
    """The setting, the unit of the gain, and the steps: the same terms for all workflows of a kind.

    Args:
        design: "fixed" or "fresh".
        exact: whether the law holds at finite T.
        draws: whether training sets are subsamples.
        later_real: whether real data of later iterations may be used.
        sized_real: whether these may be other than T rows.
    """
    setting = reading.weighted(design, draws=draws, later_real=later_real, sized_real=later_real and sized_real)
    value, steps = follow(setting, rules(setting, exact))
    # c_1 = 1, so the unit of the gain is the law at n = 1
    return setting, public(first_weight(put(law(value), {N: sp.S.One}))), steps


def rules(setting: Setting, exact: bool) -> tuple[Rule, ...]:
    """From the normal equations to the law with the gain as a sum over the noises."""
    start, end = (normal_equations, labels, errors), (resolvent, squared, white_noise)
    if exact:
        return (*start, common_design, shares_add_up, isolate, *end, common_design, inverse_wishart_mean, summation)
    drawn = (thinning,) if setting.draws else ()
    return (*start, large_numbers, shares_add_up, *drawn, *end, large_numbers, summation, one_fit)
