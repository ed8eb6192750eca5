"""The derivation of a law under a generator, at fixed design: temperature, bias and verifier, for any workflow.

The steps are those of `weighted`, with labels that hand on a share h of the labelling model's error, are shifted by b,
and have a noise of nu times the variance. They lead to

    E_n = sigma^2 d/(T - d - 1) (R_n1^2 + nu sum_{k >= 2} R_nk^2 T/T_k + sum_k R^r_nk^2 T/T^r_k) + |b|^2 D_n^2,

so that for one workflow the law is affine in nu, the square of the temperature, and in the square of the bias.
"""

from dataclasses import replace

import sympy as sp

from ...algebra import reading
from ...algebra.families import Setting
from ...algebra.indices import own
from ...algebra.rules.designs import common_design, inverse_wishart_mean
from ...algebra.rules.equations import errors, isolate, labels, normal_equations
from ...algebra.rules.expectations import squared, white_noise
from ...algebra.rules.laws import number
from ...algebra.rules.sampled import depth, one_shift, sampled_noise, shift_length
from ...algebra.rules.sums import resolvent, shares_add_up
from ...algebra.strategy import Rule, derivation, follow
from ...algebra.terms import Value
from ...derivation import Derivation, Step
from ...gain_law import first_iterations
from ...generator import Generator
from ...symbolic_workflow import SymbolicWorkflow

#: From the normal equations to the law, with the weights R and D of noises and shift as letters.
RULES: tuple[Rule, ...] = (
    normal_equations,
    labels,
    errors,
    common_design,
    shares_add_up,
    isolate,
    resolvent,
    one_shift,
    depth,
    squared,
    white_noise,
    common_design,
    inverse_wishart_mean,
    sampled_noise,
    shift_length,
)


def objection(generator: Generator, *, exact: bool) -> str | None:
    """Why there is no derivation; `None` where there is one."""
    if not exact:
        return "it is of laws that are exact at finite T: fixed design, and pools used and sampled whole."
    if generator.sizes or generator.noises:
        return "sizes and noises are those of the workflow in it; leave the generator's out."
    return None


def derive(workflow: SymbolicWorkflow, generator: Generator, expr: sp.Expr | None) -> Derivation:
    """The steps, where there is no objection.

    Args:
        workflow: what each model is fitted to.
        generator: how labels are sampled from a model.
        expr: the law with the weights solved for; `None` where no formula was proved, and R and D stay.
    """
    setting = setting_of(workflow, generator)
    _, steps = follow(setting, RULES)
    if workflow.looked_at is not None:
        steps = (*steps, first_iterations(workflow.looked_at))
    if expr is not None:
        because = "the weights R and D of this workflow solved for, and the generator's numbers put in"
        steps = (*steps, Step("weights", f"E_n = {sp.latex(expr)}", because, Value(number(own(expr)), 1)))
    return derivation(steps, setting)


def setting_of(workflow: SymbolicWorkflow, generator: Generator) -> Setting:
    """What the derivation is about."""
    later_real = reading.collects_later(workflow)
    sized_real = later_real and reading.has_sized_real(workflow)
    kind = reading.weighted("fixed", draws=False, later_real=later_real, sized_real=sized_real)
    return replace(kind, workflow=workflow.workflow, generator=generator)
