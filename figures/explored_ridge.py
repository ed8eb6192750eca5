"""What the explorer needs of a workflow beyond least squares on enough rows: `page/ridge.js` computes the rest."""

from dataclasses import dataclass

import sympy as sp

from theory import Workflow
from theory.symbolic_workflow import SymbolicWorkflow
from theory.sympy_types import as_expression
from theory.tasks.regression import minimum_norm, ridge_fixed
from theory.tasks.regression.ridge import Ridge

from .controls import SIGNAL


@dataclass(frozen=True)
class Family:
    """A family of workflows.

    Attributes:
        run: "all" or "newest" where each training set is all pools so far, or the newest alone; else `None`.
        rows: those of training set n, in multiples of T, where there is a run.
        least: the law of least norm at fixed design, for T <= d - 2; `None` where there is none.
    """

    run: str | None
    rows: sp.Expr | None
    least: sp.Expr | None


def of_family(workflow: Workflow) -> Family:
    """What is known of this one."""
    symbolic = SymbolicWorkflow(workflow)
    run = ridge_fixed.run_of(symbolic)
    return Family(run, ridge_fixed.rows_of_run(symbolic, run), _least(symbolic))


def _least(workflow: SymbolicWorkflow) -> sp.Expr | None:
    """It is affine in |w*|^2, so that 0 and 1 suffice."""
    without, with_signal = (Ridge(0.0, True, signal, None) for signal in (0.0, 1.0))
    if minimum_norm.objection(workflow, "fixed", without) is not None:
        return None
    noise, every = (minimum_norm.derive(workflow, "fixed", each).expr for each in (without, with_signal))
    return as_expression(noise + SIGNAL**2 * (every - noise))
