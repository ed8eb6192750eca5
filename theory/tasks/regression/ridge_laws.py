"""The test error with a ridge, or by the least norm: which law holds, and why.

Exact at finite T: with a ridge that does not grow with the rows, all pools so far at fresh design; at fixed design any
workflow of whole pools; without a ridge, for T <= d - 2, the same, and the newest pool alone at fresh design. All these
for features that are alike; else, and elsewhere, the law is the limit d/T -> gamma.
"""

from ...derivation import Derived
from ...symbolic_workflow import SymbolicWorkflow
from ...workflow import Workflow
from . import minimum_norm, ridge_chain, ridge_fixed, ridge_limit, ridge_nested
from .ridge import Ridge

#: The first that does not object makes the law.
RULES = (ridge_nested, minimum_norm, ridge_fixed, ridge_chain, ridge_limit)


def objection(workflow: Workflow, design: str, ridge: Ridge) -> str | None:
    """Why there is no law; `None` where there is one."""
    symbolic = SymbolicWorkflow(workflow)
    reasons = [rule.objection(symbolic, design, ridge) for rule in RULES]
    return None if None in reasons else reasons[-1]


def derive(workflow: Workflow, design: str, ridge: Ridge) -> Derived:
    """The law of E_n = E (w_n - w*)' covariance (w_n - w*), n = 1 the fit to real data, where there is no objection."""
    symbolic = SymbolicWorkflow(workflow)
    rule = next(rule for rule in RULES if rule.objection(symbolic, design, ridge) is None)
    return rule.derive(symbolic, design, ridge)
