"""Laws that are a gain times the quantity of one fit: errors are weighted means of older errors and new noises."""

import sympy as sp

from . import recursion
from .derivation import EXACT, Derivation, Derived, Step
from .symbolic_workflow import SymbolicWorkflow
from .symbols import GAIN, n


def gain_law(
    workflow: SymbolicWorkflow, unit: sp.Expr, *, validity: str, steps: tuple[Step, ...], source: str | None = None
) -> Derived:
    """c_n · `unit`, with c_n as far as it can be solved for all n.

    Args:
        workflow: what each model is fitted to.
        unit: the quantity of one fit on T real rows.
        validity: `EXACT` where errors are such means at finite T, else `LARGE_T`. Where what decides that was looked at
            for the first iterations alone, an exact law says so.
        steps: why they are; the steps that solve for the gain follow.
        source: where the law is published; by default where the gain is.
    """
    solved = recursion.solve(workflow)
    gain = GAIN(n) if solved.expr is None else solved.expr
    value = sp.latex(gain) if solved.expr is not None else r"\text{a rational number for each } n"
    last = Step(solved.rule, f"c_n = {value}", solved.because)
    growth = None if solved.growth is None else solved.growth.scaled(unit)
    looked_at = workflow.looked_at if validity == EXACT else None
    derivation = Derivation((*steps, *([] if looked_at is None else [first_iterations(looked_at)]), last))
    return Derived(
        gain * unit,
        derivation,
        source or solved.source,
        validity,
        gain=solved.expr,
        growth=growth,
        looked_at=looked_at,
        recursion=None if solved.step is None else (solved.step[0], solved.step[1] * unit),
    )


def first_iterations(iterations: int) -> Step:
    """That the law was looked at up to there, where nothing shows it for every iteration."""
    because = "what the workflow's code does beyond was not shown: whether it draws, or samples part of T rows"
    return Step("first iterations", rf"n \le {iterations}", because)
